import type { Activation } from '../schedule/activation.js';

/** What came of an activation: its value, its failure, or that it waits for the world outside. */
export type Ended =
  | { readonly activation: Activation; readonly ok: true; readonly value: unknown }
  | { readonly activation: Activation; readonly ok: false; readonly error: unknown }
  | { readonly activation: Activation; readonly ok: 'waits' };

/** What came of a wait: the route that it takes, where it has routes, and what is known of it from then on. */
export class WaitOutcome {
  constructor(
    readonly key: string,
    /** `undefined` where there is nothing to know, as of a delay: what the node received goes on. */
    readonly value: { readonly known: unknown } | undefined,
  ) {}
}

/** An activation that is not waited for any longer, and why. */
export interface GivenUp {
  readonly activation: Activation;
  readonly error: unknown;
}

/**
 * The outside world of a run, and all of it: the loop touches nothing else that could differ between two executions. A
 * host that records the order in which `next` reports can replay a run.
 */
export interface RunHost {
  /** Whether even a lone activation has to be held: by a host that itself decides what ends next. */
  readonly mustHold: boolean;
  /** Resolves when the host gives up an activation that the loop awaits by itself; undefined where it never does. */
  readonly abandoned: Promise<GivenUp> | undefined;
  /** Begins an activation. The ticket is its result, or a promise of it. May throw as the body does. */
  begin(activation: Activation): unknown;
  /** Keeps a promise ticket until `next` reports what came of it. */
  hold(activation: Activation, ticket: PromiseLike<unknown>): void;
  /** Says that the loop awaits this lone activation by its own ticket, and nothing else until it has ended. */
  leave(activation: Activation): void;
  /** Whether an activation was reported as ended although its body was not. */
  wasGivenUp(activation: Activation): boolean;
  /** The next held activation that ended; nothing where the host has laid the run to rest. Something is held, or waits, whenever it is called. */
  next(): Ended | undefined | Promise<Ended | undefined>;
  /** Whether nothing more is to begin, because the process is about to stop. */
  readonly isDraining: boolean;
  /** What to wait for before the next activation begins: a slow consumer, or a turn for the rest of the process. */
  pause(): Promise<void> | undefined;
}
