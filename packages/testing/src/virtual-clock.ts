import { setImmediate } from 'node:timers';
import { DefinitionError, DURATION_FORMS, toMilliseconds, type Clock, type Duration } from '@drawloom/core';

/** Midnight at the start of the year 2000 in UTC. */
const DEFAULT_START = Date.UTC(2000, 0, 1);

/** Where and when a {@link VirtualClock} begins. */
export interface VirtualClockOptions {
  /**
   * The first reading, in milliseconds since the epoch.
   * @defaultValue 946684800000, that is 2000-01-01T00:00:00.000Z
   */
  readonly startAt?: number;
}

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/**
 * A clock that stands still until the test moves it, so that tests of retries, timeouts and deadlines take no time and
 * come out the same on every machine.
 *
 * Timers fire only inside {@link VirtualClock.advance} and {@link VirtualClock.advanceToNext}, also those of 0 ms. They fire
 * in the order of their time, those of the same time in the order of their making. Between two of them everything runs
 * that was only waiting for promises: what a timer sets off has happened, and has set its own timers, before the next fires.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * const ask = new Workflow<string>('ask', { clock })
 *   .addNode('call', callModel, { retry: { initialInterval: '30s' } }) // its first attempt fails
 *   .setStart('call');
 * const running = ask.run('question');
 * await clock.advance('30s');
 * await running;
 * ```
 */
export class VirtualClock implements Clock {
  /** Sorted by due time; those of equal time in the order of their making. */
  readonly #timers: Timer[] = [];
  #now: number;
  /** The last movement asked for: movements that overlap happen one after the other. */
  #movement: Promise<unknown> = Promise.resolve();

  /** @throws {@link DefinitionError} INVALID_OPTION when `startAt` is not a finite number. */
  constructor({ startAt = DEFAULT_START }: VirtualClockOptions = {}) {
    this.#now = finite(startAt, 'constructor', 'startAt');
  }

  /** Milliseconds since the epoch. While a timer fires, exactly the time it was set for. */
  now(): number {
    return this.#now;
  }

  /**
   * Calls `fire` once when the clock has been moved by `ms` milliseconds; a negative `ms` counts as 0. The returned function
   * cancels it, and does nothing later on.
   *
   * @throws {@link DefinitionError} INVALID_OPTION when `ms` is not a finite number.
   */
  setTimer(ms: number, fire: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, finite(ms, 'setTimer', 'ms')), fire };
    const later = this.#timers.findIndex((other) => other.due > timer.due);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return () => {
      const position = this.#timers.indexOf(timer);
      if (position !== -1) this.#timers.splice(position, 1);
    };
  }

  /** How many timers are set, neither fired nor cancelled. A test that ends with 0 has leaked none. */
  get pending(): number {
    return this.#timers.length;
  }

  /**
   * Moves the clock forward and fires what falls due, timers set on the way included. `advance(0)` fires what is due now.
   * Resolves when everything that was only waiting for promises has run. A timer that sets itself again without delay keeps
   * it from ever resolving.
   *
   * @param duration - milliseconds, or text such as `'30s'`.
   * @throws {@link DefinitionError} INVALID_OPTION when `duration` is not a duration.
   * @throws whatever a timer throws; the clock then stands at the time of that timer, and the timers after it are kept.
   */
  async advance(duration: Duration): Promise<void> {
    const ms = toMilliseconds(duration);
    if (ms === undefined) throw invalidOption('advance', 'duration', duration, DURATION_FORMS);
    await this.#afterOtherMovements(async () => {
      await settle();
      await this.#moveTo(this.#now + ms);
    });
  }

  /**
   * Moves the clock to the earliest timer and fires it, with all others of the same time.
   *
   * @returns whether there was a timer, so that `while (await clock.advanceToNext());` runs to the end.
   * @throws whatever a timer throws, as {@link VirtualClock.advance} does.
   */
  async advanceToNext(): Promise<boolean> {
    return this.#afterOtherMovements(async () => {
      await settle();
      const [next] = this.#timers;
      if (next === undefined) return false;
      await this.#moveTo(next.due);
      return true;
    });
  }

  async #moveTo(end: number): Promise<void> {
    for (let next = this.#timers[0]; next !== undefined && next.due <= end; next = this.#timers[0]) {
      this.#timers.shift();
      this.#now = next.due;
      next.fire();
      await settle();
    }
    this.#now = end;
  }

  #afterOtherMovements<T>(move: () => Promise<T>): Promise<T> {
    const moved = this.#movement.then(move);
    this.#movement = moved.catch(() => {});
    return moved;
  }
}

/**
 * Lets everything run that waits for promises only, however long the chain. Taken from `node:timers`, because jest's fake
 * timers replace the global one.
 */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function finite(value: number, method: string, name: string): number {
  if (!Number.isFinite(value)) throw invalidOption(method, name, value, 'a finite number of milliseconds');
  return value;
}

function invalidOption(method: string, name: string, value: unknown, allowed: string): DefinitionError {
  const where = `VirtualClock.${method}`;
  return new DefinitionError([
    {
      code: 'INVALID_OPTION',
      where,
      what: `${name} is ${String(value)} (allowed: ${allowed})`,
      fix: `give ${allowed}`,
    },
  ]);
}
