import type { Journal, RunInfo } from '@drawloom/core';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/** The name of the workflow whose runs are meant. */
const WORKFLOW = 'licence-review';

/** The reviews of a folder that a journal knows. They are numbered, so that the id of a run says which one it is. */
export class ReviewRuns {
  readonly #journal: Journal;
  readonly #name: string;

  constructor(journal: Journal, folder: string) {
    this.#journal = journal;
    this.#name = `${basename(folder)}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;
  }

  /** The last review, if it is not over: it is the one to go on with. */
  async unfinished(): Promise<RunInfo | undefined> {
    const last = await this.#last();
    return last?.status === 'running' || last?.status === 'suspended' ? last : undefined;
  }

  /** The id of the review that comes next. */
  async nextId(): Promise<string> {
    return `${this.#name}-${numberOf(await this.#last()) + 1}`;
  }

  async #last(): Promise<RunInfo | undefined> {
    let after: RunInfo | undefined;
    for (;;) {
      const page = await this.#journal.runs({ tenant: '', workflow: WORKFLOW, limit: 100, after });
      const found = page.find(({ runId }) => runId.startsWith(`${this.#name}-`));
      if (found !== undefined || page.length === 0) return found;
      after = page.at(-1);
    }
  }
}

function numberOf(run: RunInfo | undefined): number {
  return run === undefined ? 0 : Number(run.runId.split('-').at(-1));
}
