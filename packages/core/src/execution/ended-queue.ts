import type { Ended } from './run-host.js';

/** What has ended and has not been reported, in its order; constant time, however much there is. */
export class EndedQueue {
  #ended: Ended[] = [];
  #reported = 0;

  push(ended: Ended): void {
    this.#ended.push(ended);
  }

  take(): Ended | undefined {
    const ended = this.#ended[this.#reported];
    if (ended === undefined) return undefined;
    this.#reported++;
    if (this.#reported === this.#ended.length) {
      this.#ended = [];
      this.#reported = 0;
    }
    return ended;
  }
}
