/**
 * The time, as everything in Drawloom that needs it sees it; tests put a virtual one in its place. A class, so that it
 * is its own injection token; any object with the methods will do.
 */
export abstract class Clock {
  /** Milliseconds since the epoch. */
  abstract now(): number;
  /**
   * Calls `fire` once after `ms` milliseconds; the returned function cancels it. One in the background keeps no process
   * alive.
   */
  abstract setTimer(ms: number, fire: () => void, options?: TimerOptions): () => void;
}

/** How a timer is kept. */
export interface TimerOptions {
  readonly background?: boolean;
}

/** `setTimeout` fires at once for longer delays (its limit is a signed 32-bit number). */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** The machine's clock. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  setTimer(ms: number, fire: () => void, { background = false }: TimerOptions = {}): () => void {
    const due = Date.now() + ms;
    let timer: NodeJS.Timeout;
    const wait = (): void => {
      const left = due - Date.now();
      timer = left > LONGEST_TIMEOUT ? setTimeout(wait, LONGEST_TIMEOUT) : setTimeout(fire, Math.max(0, left));
      if (background) timer.unref();
    };
    wait();
    return () => clearTimeout(timer);
  },
});
