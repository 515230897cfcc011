import { tagOf, type Scope } from './tag.js';

/** How an activation ended, or that it has not. */
export type ActivationOutcome = 'running' | 'completed' | 'failed' | 'cancelled';

/**
 * One execution of one node. The scheduler makes it and decides when it starts; whoever runs it fills in attempts,
 * times and outcome. It stays as the record of the activation, without its scope and input.
 */
export class Activation {
  /** From 1; 0 until it is started. */
  visit = 0;
  attempts = 1;
  /** Milliseconds since the run began: small integers, which an engine keeps without a box. */
  startedAt = 0;
  endedAt = 0;
  outcome: ActivationOutcome = 'running';
  /** Whatever the one who runs it keeps for it while it runs. */
  context: unknown;
  /** The one that ended after it, where somebody keeps them. */
  next: Activation | undefined;

  constructor(
    /** Index into the plan. */
    readonly node: number,
    /** Undefined once it has ended: a record must not keep the run's past alive. */
    public scope: Scope | undefined,
    public input: unknown,
    /** The node that made the input: for a router the step whose value it passes on. */
    readonly origin: number,
    /** Where in the run that node made it. Undefined once this has ended, like `scope`. */
    public madeIn: Scope | undefined,
  ) {}

  /** One iteration number per loop that the node runs in. */
  get tag(): readonly number[] {
    return this.scope === undefined ? [] : tagOf(this.scope);
  }
}
