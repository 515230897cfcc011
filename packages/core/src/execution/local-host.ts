import type { Activation } from '../schedule/activation.js';
import { HeldActivations } from './held-activations.js';
import type { Ended, GivenUp, RunHost } from './run-host.js';
import type { Body } from './step.js';
import type { StepContext } from './step-context.js';
import { TurnKeeper } from './turn-keeper.js';

/** What the host needs to know of its run. */
export interface HostedRun {
  bodyOf(node: number): Body;
  contextOf(activation: Activation): StepContext;
  /** What to wait for because a consumer of events is behind. */
  roomForEvents(): Promise<void> | undefined;
}

/** The in-memory host: completions are reported in the order in which they happen. */
export class LocalHost extends TurnKeeper implements RunHost {
  readonly abandoned: Promise<GivenUp> | undefined;
  readonly #run: HostedRun;
  #abandon: ((givenUp: GivenUp) => void) | undefined;
  /** The one that the loop awaits by itself, or did so last. */
  #left: Activation | undefined;
  /** Most runs never hold anything. */
  #held: HeldActivations | undefined;
  #givenUp: Set<Activation> | undefined;

  /** @param canGiveUp - whether anybody could stop the run while a single activation runs */
  constructor(run: HostedRun, canGiveUp: boolean) {
    super();
    this.#run = run;
    if (canGiveUp) this.abandoned = new Promise((resolve) => (this.#abandon = resolve));
  }

  begin(activation: Activation): unknown {
    return this.#run.contextOf(activation).call(this.#run.bodyOf(activation.node), activation.input);
  }

  get mustHold(): boolean {
    return false;
  }

  hold(activation: Activation, ticket: PromiseLike<unknown>): void {
    (this.#held ??= new HeldActivations()).hold(activation, ticket);
  }

  leave(activation: Activation): void {
    this.#left = activation;
  }

  /** What has begun and not ended. */
  inProgress(): Activation[] {
    const held = this.#held?.open ?? [];
    return this.#left?.context === undefined ? held : [...held, this.#left];
  }

  get isDraining(): boolean {
    return false;
  }

  next(): Ended | Promise<Ended> {
    return this.#held!.next();
  }

  /** Reports activations as ended although their bodies are not; what comes of these is ignored. */
  giveUp(error: unknown, which: (activation: Activation) => boolean): void {
    const givenUp = this.#held?.giveUp(error, which) ?? [];
    const lone = this.#left;
    // Where nobody can stop the run, but a step that ended long ago finished it, the lone one is waited for.
    if (this.#abandon !== undefined && lone?.context !== undefined && which(lone)) {
      this.#abandon({ activation: lone, error });
      givenUp.push(lone);
    }
    for (const activation of givenUp) (this.#givenUp ??= new Set()).add(activation);
  }

  wasGivenUp(activation: Activation): boolean {
    return this.#givenUp?.has(activation) === true;
  }

  pause(): Promise<void> | undefined {
    return this.#run.roomForEvents() ?? this.turn();
  }
}
