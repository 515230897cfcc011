import type { RunEvent } from './events.js';

/** What happens when a consumer has not taken `limit` events yet. */
export type Overflow = 'wait' | 'drop';

export interface EventQueueOptions {
  readonly limit: number;
  readonly overflow: Overflow;
  /** Levels of nested runs that are passed on. */
  readonly depth: number;
  /** Whether the consumer gets the run's failure thrown after the last event. */
  readonly throws: boolean;
  /** Called when the consumer stops before the end. */
  readonly onReturn: () => void;
}

/**
 * What lies between a run and one consumer of its events, so that each goes at its own pace: the run only ever pushes,
 * the consumer only ever takes. It is bounded: at the limit the run pauses before its next step (`wait`), or the
 * oldest events are given up, which shows as a gap in `seq` (`drop`).
 */
export class EventQueue implements AsyncIterableIterator<RunEvent> {
  readonly #limit: number;
  readonly #overflow: Overflow;
  readonly #onReturn: () => void;
  readonly #depth: number;
  readonly #throws: boolean;
  #events: RunEvent[] = [];
  #head = 0;
  #isClosed = false;
  #failure: { readonly error: unknown } | undefined;
  /** Consumers that wait for the next event. */
  #waiting: ((result: IteratorResult<RunEvent> | Promise<never>) => void)[] = [];
  #room: (() => void)[] = [];

  constructor(options: EventQueueOptions) {
    this.#limit = options.limit;
    this.#overflow = options.overflow;
    this.#depth = options.depth;
    this.#throws = options.throws;
    this.#onReturn = options.onReturn;
  }

  /** A method and no getter: a private getter is a call into the engine's runtime, each time. */
  #length(): number {
    return this.#events.length - this.#head;
  }

  /** Whether the run is to pause. */
  get isFull(): boolean {
    return this.#overflow === 'wait' && !this.#isClosed && this.#length() >= this.#limit;
  }

  /** Resolves when there is room again. */
  room(): Promise<void> {
    return new Promise((resolve) => (this.isFull ? this.#room.push(resolve) : resolve()));
  }

  push(event: RunEvent): void {
    if (this.#isClosed || event.path.length > this.#depth) return;
    if (this.#waiting.length > 0) {
      // Nearly always there is one, and taking it from the front would go through the engine's runtime.
      const waiting = this.#waiting.length === 1 ? this.#waiting.pop()! : this.#waiting.shift()!;
      waiting({ done: false, value: event });
      return;
    }
    this.#events.push(event);
    if (this.#overflow === 'drop' && this.#length() > this.#limit) this.#take();
  }

  /** No more events will come; after the last one the consumer is done, or gets the failure thrown. */
  close(failure?: { readonly error: unknown }): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#throws) this.#failure = failure;
    for (const waiting of this.#waiting.splice(0)) waiting(this.#end());
    this.#makeRoom();
  }

  next(): Promise<IteratorResult<RunEvent>> {
    if (this.#length() > 0) {
      const value = this.#take();
      if (!this.isFull) this.#makeRoom();
      return Promise.resolve({ done: false, value });
    }
    if (this.#isClosed) return Promise.resolve(this.#end());
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The consumer stops early. */
  return(): Promise<IteratorResult<RunEvent>> {
    const wasOpen = !this.#isClosed;
    this.#failure = undefined;
    this.#events = [];
    this.#head = 0;
    this.close();
    if (wasOpen) this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): RunEvent {
    const event = this.#events[this.#head]!;
    this.#head++;
    if (this.#head > 256 && this.#head * 2 > this.#events.length) {
      this.#events.splice(0, this.#head);
      this.#head = 0;
    }
    return event;
  }

  /** What comes after the last event: the failure, once, or nothing more. */
  #end(): IteratorResult<RunEvent> | Promise<never> {
    const failure = this.#failure;
    this.#failure = undefined;
    return failure === undefined ? { done: true, value: undefined } : Promise.reject(failure.error as Error);
  }

  #makeRoom(): void {
    if (this.#room.length === 0) return;
    for (const resume of this.#room.splice(0)) resume();
  }
}
