import type { Activation } from './activation.js';
import { compareTags } from './tag.js';

/** The order in which ready activations start: by tag, then by declaration. */
export function compareActivations(a: Activation, b: Activation): number {
  return (a.scope === b.scope ? 0 : compareTags(a.scope!, b.scope!)) || a.node - b.node;
}

/** Most runs never need a list of their own. Never written to. */
const NONE: Activation[] = [];

/**
 * A priority queue for input that is nearly always in order already: what comes in order is appended to a list, what
 * does not goes to a binary heap, and the smaller of the two heads leaves first.
 */
export class ReadyQueue {
  /** In a sequence only one is ever ready; it needs no list. */
  #only: Activation | undefined;
  #sorted: Activation[] = NONE;
  #head = 0;
  #heap: Activation[] | undefined;

  get isEmpty(): boolean {
    return this.#only === undefined && this.#areListsEmpty();
  }

  /** A method and no getter: a private getter is a call into the engine's runtime, each time. */
  #areListsEmpty(): boolean {
    return this.#head === this.#sorted.length && (this.#heap === undefined || this.#heap.length === 0);
  }

  push(activation: Activation): void {
    if (this.#only !== undefined) {
      this.#insert(this.#only);
      this.#only = undefined;
      this.#insert(activation);
    } else if (this.#areListsEmpty()) {
      this.#only = activation;
    } else {
      this.#insert(activation);
    }
  }

  #insert(activation: Activation): void {
    if (this.#sorted === NONE) this.#sorted = [];
    const sorted = this.#sorted;
    if (this.#head === sorted.length || compareActivations(sorted[sorted.length - 1]!, activation) <= 0) {
      sorted.push(activation);
    } else {
      pushToHeap((this.#heap ??= []), activation);
    }
  }

  pop(): Activation | undefined {
    const only = this.#only;
    if (only !== undefined) {
      this.#only = undefined;
      return only;
    }
    const heap = this.#heap;
    if (this.#head === this.#sorted.length) return heap === undefined ? undefined : popFromHeap(heap);
    const first = this.#sorted[this.#head]!;
    if (heap !== undefined && heap.length > 0 && compareActivations(heap[0]!, first) < 0) return popFromHeap(heap);
    this.#head++;
    this.#forget();
    return first;
  }

  /** What has left must not stay in memory: at once where the list is empty, else when most of it has left. */
  #forget(): void {
    if (this.#head === this.#sorted.length) this.#sorted.length = 0;
    else if (this.#head < 1_024 || this.#head * 2 < this.#sorted.length) return;
    else this.#sorted.splice(0, this.#head);
    this.#head = 0;
  }

  /** Removes and returns what fits, in order. */
  drain(fits: (activation: Activation) => boolean): Activation[] {
    const all: Activation[] = [];
    for (let next = this.pop(); next !== undefined; next = this.pop()) all.push(next);
    for (const activation of all) if (!fits(activation)) this.push(activation);
    return all.filter(fits);
  }
}

function pushToHeap(heap: Activation[], activation: Activation): void {
  let at = heap.push(activation) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (compareActivations(heap[parent]!, activation) <= 0) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = activation;
}

function popFromHeap(heap: Activation[]): Activation | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && compareActivations(heap[child + 1]!, heap[child]!) < 0) child++;
    if (compareActivations(heap[child]!, last) >= 0) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return top;
}
