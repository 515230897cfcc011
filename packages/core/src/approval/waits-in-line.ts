/**
 * Job. Changes waits, whoever else changes them at the same time: here one after the other, across processes by compare
 * and set.
 *
 * Invariant W. What was found of a wait is written only on the wait of which it was found. Where somebody was faster, it is
 * found anew.
 */
import type { Journal, Wait } from '../ports/journal.js';
import type { Clock } from '../values/clock.js';
import { changed, type Judgement, refused } from './judgement.js';

/** What a wait is known by. */
export interface WaitKey {
  readonly tenant: string;
  readonly id: string;
}

/** How often another process may be faster. */
const MAX_TRIES = 100;

/** What was found, and the wait as it is from then on; no wait where there is none. */
export interface Acted {
  readonly wait: Wait | undefined;
  readonly judgement: Judgement;
  /** Whether this very act has settled the wait. */
  readonly hasSettled: boolean;
}

export class WaitsInLine {
  readonly #journal: Journal;
  readonly #clock: Clock;
  /** What is under way, by what it is about: the next one waits for it. */
  readonly #lines = new Map<string, Promise<unknown>>();

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  /** @param find - the wait to act on; asked again for each try. */
  async act(
    line: WaitKey,
    find: () => Promise<Wait | undefined>,
    judge: (wait: Wait, now: number) => Judgement | Promise<Judgement>,
  ): Promise<Acted> {
    const name = JSON.stringify([line.tenant, line.id]);
    const before = this.#lines.get(name);
    const acting = Promise.resolve(before).then(
      () => this.#act(find, judge),
      () => this.#act(find, judge),
    );
    this.#lines.set(name, acting);
    try {
      return await acting;
    } finally {
      if (this.#lines.get(name) === acting) this.#lines.delete(name);
    }
  }

  async #act(
    find: () => Promise<Wait | undefined>,
    judge: (wait: Wait, now: number) => Judgement | Promise<Judgement>,
  ): Promise<Acted> {
    let wait: Wait | undefined;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      wait = await find();
      if (wait === undefined) break;
      const now = this.#clock.now();
      const judgement = await judge(wait, now);
      const change = 'change' in judgement ? judgement.change : undefined;
      if (change === undefined) return { wait, judgement, hasSettled: false };
      if (await this.#journal.changeWait(wait, wait.version, change, now)) {
        return { wait: changed(wait, change), judgement, hasSettled: change.status === 'settled' };
      }
    }
    return { wait, judgement: refused('contended'), hasSettled: false };
  }
}
