import type { Commit, Created, Journal, JournalRecord, Lease, NewRun } from '@drawloom/core';
import { InMemoryJournal } from '@drawloom/core';

/** A journal whose process dies at its n-th write, before or after that is kept: nothing it does is heard of any more. */
export class DyingJournal extends InMemoryJournal {
  writes = 0;
  readonly died: Promise<void>;
  #die!: () => void;

  constructor(
    readonly inner: Journal,
    readonly last: number,
    readonly when: 'before' | 'after' = 'after',
  ) {
    super();
    this.died = new Promise((resolve) => (this.#die = resolve));
    let isDead = false;
    void this.died.then(() => (isDead = true));
    const forwarded = ['renew', 'release', 'run', 'records', 'graph', 'runs', 'wait', 'waits', 'dueRuns', 'dueWaits', 'signal', 'keptSignals'] as const; // prettier-ignore
    for (const name of forwarded)
      Object.assign(this, {
        [name]: (...args: never[]) =>
          isDead ? new Promise(() => undefined) : (inner[name] as (...all: never[]) => unknown)(...args),
      });
  }

  override create(
    run: NewRun,
    records: readonly JournalRecord[],
    lease: { owner: string; until: number },
  ): Promise<Created> {
    return this.#write(() => this.inner.create(run, records, lease));
  }

  override commit(lease: Lease, change: Commit): Promise<boolean> {
    return this.#write(() => this.inner.commit(lease, change));
  }

  override claim(...args: Parameters<Journal['claim']>): ReturnType<Journal['claim']> {
    return this.#write(() => this.inner.claim(...args));
  }

  override changeWait(...args: Parameters<Journal['changeWait']>): Promise<boolean> {
    return this.#write(() => this.inner.changeWait(...args));
  }

  override keepSignal(...args: Parameters<Journal['keepSignal']>): ReturnType<Journal['keepSignal']> {
    return this.#write(() => this.inner.keepSignal(...args));
  }

  override dropSignal(...args: Parameters<Journal['dropSignal']>): Promise<boolean> {
    return this.#write(() => this.inner.dropSignal(...args));
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    this.writes++;
    if (this.writes < this.last) return write();
    if (this.writes > this.last) return new Promise<never>(() => undefined);
    if (this.when === 'after') await write();
    this.#die();
    return new Promise<never>(() => undefined);
  }
}
