import type { Clock, Memory, MemoryLimits } from '@drawloom/core';
import type { SuiteRunner } from '../models/language-model-contract.js';
import { VirtualClock } from '../virtual-clock.js';
import { argumentCases } from './argument-cases.js';
import { blockAndProfileCases } from './block-and-profile-cases.js';
import { episodeCases } from './episode-cases.js';
import { factCases } from './fact-cases.js';
import { forgetAndExportCases } from './forget-and-export-cases.js';
import { limitCases } from './limit-cases.js';
import { partitionCases } from './partition-cases.js';

/** What a memory under test is to be made with. */
export interface MemorySetup {
  /** Where it has its time from. */
  readonly clock: Clock;
  /** Those that the test is about; the others are to be the memory's own. */
  readonly limits: Partial<MemoryLimits>;
}

/** How the suite gets rid of memories, and where it runs. */
export interface MemoryContractOptions {
  /** Called with each memory when its test has ended: a place to close files. */
  readonly close?: ((memory: Memory) => void | Promise<void>) | undefined;
  /** @defaultValue the globals: those of jest and vitest will do */
  readonly runner?: SuiteRunner | undefined;
}

/** One test of the suite, with a memory of its own and a clock that stands still. */
export type MemoryCase = (
  name: string,
  body: (memory: Memory, clock: VirtualClock) => Promise<void>,
  limits?: Partial<MemoryLimits>,
) => void;

/**
 * The tests that every memory must pass. Call it where `describe` may stand, with a function that makes an empty memory
 * which takes those without a user id.
 *
 * @example
 * memoryContract('InMemoryMemory', ({ clock, limits }) => new InMemoryMemory({ ...limits, clock }));
 */
export function memoryContract(
  name: string,
  makeMemory: (setup: MemorySetup) => Memory | Promise<Memory>,
  { close, runner = globalThis as unknown as SuiteRunner }: MemoryContractOptions = {},
): void {
  const test: MemoryCase = (title, body, limits = {}) => {
    runner.it(title, async () => {
      const clock = new VirtualClock();
      const memory = await makeMemory({ clock, limits });
      try {
        await body(memory, clock);
      } finally {
        await close?.(memory);
      }
    });
  };
  runner.describe(`${name} as a memory`, () => {
    episodeCases(test);
    factCases(test);
    blockAndProfileCases(test);
    partitionCases(test);
    forgetAndExportCases(test);
    limitCases(test);
    argumentCases(test);
  });
}
