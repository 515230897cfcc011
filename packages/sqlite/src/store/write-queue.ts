/**
 * Job: let the writes of many runs share one transaction, and each caller wait for its own.
 *
 * Boundary: decides when a batch is written and by which thread; what a write is, is the business of who asks.
 *
 * A. First come, first written: the writes of one caller keep their order.
 * B. One batch at a time. What comes meanwhile is the next batch, so that the busier it is, the more of them share an fsync.
 * C. A batch that fails as a whole rejects all its callers; nothing of it is in the file.
 * D. The caller's thread writes itself only what takes no longer than handing it over: a batch of a few, while commits are
 *    fast. It never waits for a lock there, and never copies the log into the file.
 */
import { setImmediate } from 'node:timers';
import { Worker } from 'node:worker_threads';
import type { AdapterError } from '@drawloom/core';
import type { Answer, ThreadData } from '../connection/commit-thread.js';
import { connect, type ConnectionOptions } from '../connection/connect.js';
import { BatchWriter, faultOf, type StoreFault, type Write, type Written } from '../connection/run-batch.js';
import { closed, failed } from './failures.js';
import { STATEMENTS } from './statements.js';

/** What a write that was not held back came to, step by step. */
export type Results = Extract<Written, readonly unknown[]>;

interface Pending {
  readonly write: Write;
  readonly resolve: (results: Results | false) => void;
  readonly reject: (error: AdapterError) => void;
  /** Those that are to be in one transaction: the same object. */
  readonly together?: object | undefined;
}

/** How many writes at most share one transaction: one batch must not keep the next waiting for long. */
const BATCH = 1_000;
/** A commit that takes longer is left to the thread. Milliseconds. */
const FAST = 1;
/** The log is copied into the file when it has grown to this. 4 MiB. */
const CHECKPOINT_PAGES = 1_000;
const PAGE = 4_096;
/** Pages that a write touches beside those that its texts fill: a table and its indexes. */
const PAGES_PER_WRITE = 3;

/** Writes to one file. */
export class WriteQueue {
  readonly #where: string;
  readonly #connection: ConnectionOptions;
  readonly #isFsynced: boolean;
  readonly #directWrites: number;
  #waiting: Pending[] = [];
  #inFlight: readonly Pending[] | undefined;
  #isScheduled = false;
  #thread: Worker | undefined;
  #direct: BatchWriter | undefined;
  #lastTook = 0;
  #pages = 0;
  #ended: Promise<void> | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(where: string, connection: Omit<ConnectionOptions, 'checkpointPages'>) {
    this.#where = where;
    this.#connection = { ...connection, checkpointPages: CHECKPOINT_PAGES };
    this.#isFsynced = connection.synchronous === 'FULL';
    // Without an fsync nothing is gained by another thread.
    this.#directWrites = this.#isFsynced ? 1 : 50;
  }

  /** Resolves when it is durable, with what each step came to; with `false` where the guard held it back. */
  write(write: Write): Promise<Results | false> {
    if (this.#ended !== undefined) return Promise.reject(closed(this.#where));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      this.#schedule();
    });
  }

  /**
   * The same for writes that are to be in one transaction, at most as many as a batch takes. Each still stands for itself: one that is
   * held back, or fails, costs the others nothing.
   */
  writeTogether(writes: readonly Write[]): Promise<PromiseSettledResult<Results | false>[]> {
    const together = {};
    const written = writes.map((write) => {
      if (this.#ended !== undefined) return Promise.reject<Results | false>(closed(this.#where));
      return new Promise<Results | false>((resolve, reject) => {
        this.#waiting.push({ write, resolve, reject, together });
      });
    });
    if (this.#ended === undefined) this.#schedule();
    return Promise.allSettled(written);
  }

  /** Finishes what was asked before. */
  close(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    if (this.#waiting.length > 0 || this.#inFlight !== undefined) {
      await new Promise<void>((resolve) => (this.#whenIdle = resolve));
    }
    this.#direct?.close();
    const thread = this.#thread;
    if (thread === undefined) return;
    thread.ref();
    await new Promise<void>((resolve) => {
      thread.once('exit', () => resolve());
      thread.postMessage(null);
    });
  }

  /** At the end of this turn of the event loop, when all who can ask have asked. */
  #schedule(): void {
    if (this.#isScheduled || this.#inFlight !== undefined) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    const batch = this.#waiting.length <= BATCH ? this.#waiting : this.#waiting.slice(0, this.#cut());
    this.#waiting = this.#waiting.slice(batch.length);
    if (!this.#isForThread(batch) && this.#writeHere(batch)) this.#next();
    else this.#hand(batch);
  }

  /** Where the batch ends: not among writes that belong together. */
  #cut(): number {
    let cut = BATCH;
    const { together } = this.#waiting[cut]!;
    while (together !== undefined && cut > 1 && this.#waiting[cut - 1]!.together === together) cut--;
    return cut;
  }

  #next(): void {
    if (this.#waiting.length > 0) this.#schedule();
    else this.#whenIdle?.();
  }

  #isForThread(batch: readonly Pending[]): boolean {
    const isSlow = this.#isFsynced && this.#lastTook > FAST; // without an fsync it was not the disk that took long
    if (batch.length > this.#directWrites || isSlow) return true;
    this.#pages += batch.reduce((pages, { write }) => pages + pagesOf(write), 0);
    return this.#pages > CHECKPOINT_PAGES;
  }

  /** Whether it could be done without waiting (D). */
  #writeHere(batch: readonly Pending[]): boolean {
    const since = performance.now();
    try {
      this.#direct ??= new BatchWriter(
        connect({ ...this.#connection, busyTimeout: 0, checkpointPages: 0 }),
        STATEMENTS,
      );
      const written = this.#direct.write(batch.map(({ write }) => write));
      this.#settle(batch, written);
    } catch (error) {
      const fault = faultOf(error);
      if (fault.code === 'SQLITE_BUSY') return false;
      this.#fail(batch, fault);
    }
    this.#lastTook = performance.now() - since;
    return true;
  }

  #hand(batch: readonly Pending[]): void {
    this.#pages = 0;
    this.#inFlight = batch;
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#thread.postMessage(batch.map(({ write }) => write));
  }

  #start(): Worker {
    const workerData: ThreadData = { connection: this.#connection, statements: STATEMENTS };
    const thread = new Worker(new URL('../connection/commit-thread.js', import.meta.url), { workerData });
    thread.on('message', (answer: Answer) => this.#answered(answer));
    thread.on('error', (error) => this.#lost(thread, { code: 'the commit thread failed', message: String(error) }));
    thread.on('exit', () => this.#lost(thread, { code: 'the commit thread ended', message: '' }));
    return thread;
  }

  #answered(answer: Answer): void {
    const batch = this.#inFlight!;
    this.#inFlight = undefined;
    this.#thread!.unref();
    this.#lastTook = answer.took;
    if ('error' in answer) this.#fail(batch, answer.error);
    else this.#settle(batch, answer.written);
    this.#next();
  }

  /** What was in flight may have been written or not; the next batch has a new thread. */
  #lost(thread: Worker, fault: StoreFault): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    const batch = this.#inFlight ?? [];
    this.#inFlight = undefined;
    this.#fail(batch, fault);
    this.#next();
  }

  #settle(batch: readonly Pending[], written: readonly Written[]): void {
    for (const [index, { resolve, reject }] of batch.entries()) {
      const result = written[index]!;
      if (result !== false && 'error' in result) reject(failed(this.#where, result.error));
      else resolve(result);
    }
  }

  #fail(batch: readonly Pending[], fault: StoreFault): void {
    for (const { reject } of batch) reject(failed(this.#where, fault));
  }
}

function pagesOf({ steps }: Write): number {
  let characters = 0;
  for (const step of steps) {
    for (const value of step) {
      if (typeof value === 'string' || value instanceof Uint8Array) characters += value.length;
    }
  }
  return PAGES_PER_WRITE + characters / PAGE;
}
