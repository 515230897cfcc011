import type { AuditedCommit, ChainedAuditLog } from '@drawloom/core';
import type { Write } from '../connection/run-batch.js';
import type { Results, WriteQueue } from '../store/write-queue.js';
import type { SqliteAuditStore } from './sqlite-audit-store.js';

interface Pending {
  readonly write: Write;
  readonly audit: AuditedCommit;
  readonly resolve: (results: Results | false) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes that share one transaction with their entries. */
const MOST = 500;

/**
 * Job: writes with entries for an audit log, each in one transaction with them. What comes while the log is busy shares the
 * next transaction.
 *
 * A. Records and entries are there together after a crash, or neither of them.
 * B. A write that its guard holds back costs the others nothing. Its entries stay: what they say has happened.
 * C. A log that takes no entries fails what requires it, and nothing else.
 */
export class AuditedWrites {
  readonly #log: ChainedAuditLog;
  readonly #store: SqliteAuditStore;
  readonly #queue: WriteQueue;
  #waiting: Pending[] = [];
  #isBusy = false;

  constructor(log: ChainedAuditLog, store: SqliteAuditStore, queue: WriteQueue) {
    this.#log = log;
    this.#store = store;
    this.#queue = queue;
  }

  write(write: Write, audit: AuditedCommit): Promise<Results | false> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, audit, resolve, reject });
      if (!this.#isBusy) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isBusy = true;
    while (this.#waiting.length > 0) {
      let batch: readonly Pending[] = [];
      try {
        await this.#log.within(async (seal) => {
          await this.#store.confirm();
          batch = this.#waiting.splice(0, MOST);
          const steps = this.#store.stepsOf(seal(batch.flatMap(({ audit }) => audit.entries)));
          await this.#writeBatch(batch, { isGuarded: false, steps });
        });
      } catch (error) {
        for (const pending of batch.length > 0 ? batch : this.#waiting.splice(0)) this.#failed(pending, error);
      }
    }
    this.#isBusy = false;
  }

  /** C. The records are written by themselves; the log says later how many entries are missing, where it ever works again. */
  #failed({ write, audit, resolve, reject }: Pending, error: unknown): void {
    if (audit.isRequired) reject(error);
    else {
      this.#queue.write(write).then(resolve, reject);
      audit.log.append(audit.entries).catch(() => undefined); // the log counts them where it cannot
    }
  }

  async #writeBatch(batch: readonly Pending[], lines: Write): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      // One write instead of two: the caller's thread may then do it itself.
      const { isGuarded, steps } = only.write;
      const written = await this.#queue.write({ isGuarded, steps: [...steps, ...lines.steps] });
      if (written === false) await this.#queue.write(lines); // B
      only.resolve(written === false ? false : written.slice(0, steps.length));
      return;
    }
    const outcomes = await this.#queue.writeTogether([...batch.map(({ write }) => write), lines]);
    const last = outcomes.at(-1)!;
    if (last.status === 'rejected') throw last.reason;
    for (const [index, { resolve, reject }] of batch.entries()) {
      const outcome = outcomes[index]!;
      if (outcome.status === 'fulfilled') resolve(outcome.value);
      else reject(outcome.reason);
    }
  }
}
