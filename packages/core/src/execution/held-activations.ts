import type { Activation } from '../schedule/activation.js';
import { EndedQueue } from './ended-queue.js';
import type { Ended } from './run-host.js';

/** From how many entries on the list of what is held is swept. */
const SWEEP_FROM = 64;

interface Held {
  readonly activation: Activation;
  isOpen: boolean;
}

/** The activations that a host waits for at the same time: which of them go on, and in which order the others ended. */
export class HeldActivations {
  /**
   * As they began, swept of those that have ended when these are the larger part. Only a run that is stopped looks at
   * it: a set, from which each would go when it ends, would be a sixth of a fan-out.
   */
  #all: Held[] = [];
  #open = 0;
  readonly #ended = new EndedQueue();
  #wake: ((ended: Ended) => void) | undefined;

  hold(activation: Activation, ticket: PromiseLike<unknown>): void {
    if (this.#all.length >= 2 * this.#open + SWEEP_FROM) this.#all = this.#openOnes();
    const held: Held = { activation, isOpen: true };
    this.#all.push(held);
    this.#open++;
    ticket.then(
      (value) => this.#end(held, { activation, ok: true, value }),
      (error: unknown) => this.#end(held, { activation, ok: false, error }),
    );
  }

  /** The next one that ended. */
  next(): Ended | Promise<Ended> {
    return this.#ended.take() ?? new Promise((resolve) => (this.#wake = resolve));
  }

  /** Those that have not ended, as they began. */
  get open(): Activation[] {
    return this.#openOnes().map(({ activation }) => activation);
  }

  /** Ends some that are open, although their bodies are not; what comes of these is ignored. Returns which ones. */
  giveUp(error: unknown, which: (activation: Activation) => boolean): Activation[] {
    const givenUp = this.#openOnes().filter(({ activation }) => which(activation));
    for (const held of givenUp) this.#end(held, { activation: held.activation, ok: false, error });
    return givenUp.map(({ activation }) => activation);
  }

  #openOnes(): Held[] {
    return this.#all.filter(({ isOpen }) => isOpen);
  }

  #end(held: Held, ended: Ended): void {
    if (!held.isOpen) return; // it was given up
    held.isOpen = false;
    this.#open--;
    const wake = this.#wake;
    if (wake === undefined) {
      this.#ended.push(ended);
      return;
    }
    this.#wake = undefined;
    wake(ended);
  }
}
