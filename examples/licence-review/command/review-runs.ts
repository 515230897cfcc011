import type { Journal, RunInfo } from '@drawloom/core';
import { createHash } from 'node:crypto';
import { appendFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The name of the workflow whose runs are meant. */
const WORKFLOW = 'licence-review';

/**
 * The reviews of a folder that a journal knows. They are numbered, so that the id of a run says which one it is.
 *
 * A. A review is over when its reports are written, not when its run has ended: a process may die in between.
 */
export class ReviewRuns {
  readonly #journal: Journal;
  readonly #name: string;
  readonly #reported: ReportedRuns;

  constructor(journal: Journal, folder: string, reported: ReportedRuns) {
    this.#journal = journal;
    this.#name = `${basename(folder)}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;
    this.#reported = reported;
  }

  /** The last review, if it is not over (invariant A): it is the one to go on with. One that failed has nothing to report. */
  async unfinished(): Promise<RunInfo | undefined> {
    const last = await this.#last();
    if (last?.status === 'completed') return (await this.#reported.has(last.runId)) ? undefined : last;
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

/** The runs whose reports are written, a line for each in a file beside them. */
export class ReportedRuns {
  readonly #file: string;

  constructor(output: string) {
    this.#file = join(output, 'reported.txt');
  }

  /** To be called when everything about a run is in its place. A second time does no harm. */
  async add(runId: string): Promise<void> {
    await appendFile(this.#file, `${runId}\n`);
  }

  async has(runId: string): Promise<boolean> {
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return '';
    });
    return text.split('\n').includes(runId);
  }
}
