import type { Journal } from '@drawloom/core';
import type { SuiteRunner } from '../models/language-model-contract.js';
import { commitCases } from './commit-cases.js';
import { dueCases } from './due-cases.js';
import { forgettingCases } from './forgetting-cases.js';
import { hostileCases } from './hostile-cases.js';
import { leaseCases } from './lease-cases.js';
import { runQueryCases } from './run-query-cases.js';
import { signalCases } from './signal-cases.js';
import { tenantCases } from './tenant-cases.js';
import { waitCases } from './wait-cases.js';
import { waitQueryCases } from './wait-query-cases.js';

/** How the suite gets rid of journals, and where it runs. */
export interface JournalContractOptions {
  /** Called with each journal when its test has ended: a place to close files. @defaultValue `journal.close()` */
  readonly close?: ((journal: Journal) => void | Promise<void>) | undefined;
  /**
   * Of a journal that is kept outside the process: a second one over the same store, opened while the first is open. With
   * it every answer is looked at from there. @defaultValue the journal itself
   */
  readonly reopen?: ((journal: Journal) => Journal | Promise<Journal>) | undefined;
  /** @defaultValue the globals: those of jest and vitest will do */
  readonly runner?: SuiteRunner | undefined;
}

/** One test of the suite, with an empty journal, and another look at the same one. */
export type JournalCase = (name: string, body: (journal: Journal, seen: Journal) => Promise<void>) => void;

/**
 * The tests that every journal must pass. Call it where `describe` may stand, with a function that makes an empty journal.
 *
 * @example
 * journalContract('InMemoryJournal', () => new InMemoryJournal());
 */
export function journalContract(
  name: string,
  makeJournal: () => Journal | Promise<Journal>,
  {
    close = (journal) => journal.close(),
    reopen = (journal) => journal,
    runner = globalThis as unknown as SuiteRunner,
  }: JournalContractOptions = {},
): void {
  const test: JournalCase = (title, body) => {
    runner.it(title, async () => {
      const journal = await makeJournal();
      const seen = await reopen(journal);
      try {
        await body(journal, seen);
      } finally {
        if (seen !== journal) await close(seen);
        await close(journal);
      }
    });
  };
  runner.describe(`${name} as a journal`, () => {
    commitCases(test);
    leaseCases(test);
    waitCases(test);
    signalCases(test);
    tenantCases(test);
    runQueryCases(test);
    waitQueryCases(test);
    dueCases(test);
    forgettingCases(test);
    hostileCases(test);
  });
}
