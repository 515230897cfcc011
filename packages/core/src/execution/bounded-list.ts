/** The last `limit` entries of what is appended, in order; amortised constant time. */
export class BoundedList<T> {
  readonly #limit: number;
  #items: T[] | undefined;
  #total = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(item: T): void {
    this.#total++;
    if (this.#limit === 0) return;
    const items = (this.#items ??= []);
    items.push(item);
    if (items.length >= 2 * this.#limit) items.splice(0, items.length - this.#limit);
  }

  get items(): readonly T[] {
    const items = this.#items ?? [];
    return items.length <= this.#limit ? items : items.slice(-this.#limit);
  }

  /** How many have been pushed out. */
  get dropped(): number {
    return this.#total - Math.min(this.#total, this.#limit);
  }
}
