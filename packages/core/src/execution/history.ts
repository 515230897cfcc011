import type { RouteRecord } from '../errors/run-record.js';
import type { Activation } from '../schedule/activation.js';

/** The last `limit` entries of what is appended, in order; amortised constant time. */
export class BoundedList<T> {
  readonly #limit: number;
  #items: T[] = [];
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(item: T): void {
    this.#total++;
    if (this.#limit === 0) return;
    this.#items.push(item);
    if (this.#items.length >= 2 * this.#limit) this.#items.splice(0, this.#items.length - this.#limit);
  }

  get items(): readonly T[] {
    return this.#items.length <= this.#limit ? this.#items : this.#items.slice(-this.#limit);
  }

  /** How many have been pushed out. */
  get dropped(): number {
    return this.#total - Math.min(this.#total, this.#limit);
  }
}

/** What a run keeps of its past, bounded so that a long loop needs no more memory than a short one. */
export interface History {
  readonly activations: BoundedList<Activation>;
  readonly routes: BoundedList<RouteRecord>;
}
