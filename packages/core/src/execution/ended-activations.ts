import type { Activation } from '../schedule/activation.js';

/**
 * The last `limit` activations of a run, in the order in which they ended. They are linked to each other: a list beside them
 * would be larger than what most runs have to keep.
 */
export class EndedActivations {
  readonly #limit: number;
  #first: Activation | undefined;
  #last: Activation | undefined;
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(activation: Activation): void {
    this.#total++;
    if (this.#limit === 0) return;
    if (this.#last === undefined) this.#first = activation;
    else this.#last.next = activation;
    this.#last = activation;
    if (this.#total <= this.#limit) return;
    const first = this.#first!;
    this.#first = first.next;
    first.next = undefined; // somebody may still hold it, and must not keep all that follow
  }

  get items(): readonly Activation[] {
    const items: Activation[] = [];
    for (let at = this.#first; at !== undefined; at = at.next) items.push(at);
    return items;
  }

  /** How many have been pushed out. */
  get dropped(): number {
    return this.#total - Math.min(this.#total, this.#limit);
  }
}
