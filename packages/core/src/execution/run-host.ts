import type { Activation } from '../schedule/activation.js';

/** What came of an activation. */
export type Ended =
  | { readonly activation: Activation; readonly ok: true; readonly value: unknown }
  | { readonly activation: Activation; readonly ok: false; readonly error: unknown };

/**
 * The outside world of a run, and all of it: the loop touches nothing else that could differ between two executions. A
 * host that records the order in which `next` reports can replay a run.
 */
export interface RunHost {
  /** Whether even a lone activation has to be held, because the host may have to give it up. */
  readonly mustHold: boolean;
  /** Begins an activation. The ticket is its result, or a promise of it. May throw as the body does. */
  begin(activation: Activation): unknown;
  /** Keeps a promise ticket until `next` reports what came of it. */
  hold(activation: Activation, ticket: PromiseLike<unknown>): void;
  /** The next held activation that ended. Something is held whenever it is called. */
  next(): Ended | Promise<Ended>;
  /** What to wait for before the next activation begins: a slow consumer, or a turn for the rest of the process. */
  pause(): Promise<void> | undefined;
}
