import type { Activation } from '../schedule/activation.js';
import type { Ended, GivenUp, RunHost } from './run-host.js';
import type { Body } from './step.js';
import type { StepContext } from './step-context.js';

/** How often a run of trivial steps looks whether it keeps the rest of the process waiting, in activations. */
const LOOK_EVERY = 64;
/** How long it may keep the process's timers and sockets waiting, in milliseconds. */
const LONGEST_TURN_MS = 10;

/** How many held activations that have ended are kept beside those that have not. */
const SWEEP_FROM = 64;

interface Held {
  readonly activation: Activation;
  isOpen: boolean;
}

/** What the host needs to know of its run. */
export interface HostedRun {
  bodyOf(node: number): Body;
  contextOf(activation: Activation): StepContext;
  /** What to wait for because a consumer of events is behind. */
  roomForEvents(): Promise<void> | undefined;
}

/** The in-memory host: completions are reported in the order in which they happen. */
export class LocalHost implements RunHost {
  readonly mustHold = false;
  readonly abandoned: Promise<GivenUp> | undefined;
  readonly #run: HostedRun;
  #abandon: ((givenUp: GivenUp) => void) | undefined;
  /** The one that the loop awaits by itself, or did so last. */
  #left: Activation | undefined;
  /**
   * Held activations as they began, swept of those that have ended when these are the larger part. Only a run that is
   * stopped looks at it: a set, from which each would go when it ends, would be a sixth of a fan-out.
   */
  #held: Held[] | undefined;
  #open = 0;
  #givenUp: Set<Activation> | undefined;
  #ended: Ended[] | undefined;
  #reported = 0;
  #wake: ((ended: Ended) => void) | undefined;
  #begun = 0;
  #turnBegan = 0;

  /** @param canGiveUp - whether anybody could stop the run while a single activation runs */
  constructor(run: HostedRun, canGiveUp: boolean) {
    this.#run = run;
    if (canGiveUp) this.abandoned = new Promise((resolve) => (this.#abandon = resolve));
  }

  begin(activation: Activation): unknown {
    return this.#run.contextOf(activation).call(this.#run.bodyOf(activation.node), activation.input);
  }

  hold(activation: Activation, ticket: PromiseLike<unknown>): void {
    const held: Held = { activation, isOpen: true };
    const all = (this.#held ??= []);
    if (all.length >= 2 * this.#open + SWEEP_FROM) this.#held = all.filter(({ isOpen }) => isOpen);
    this.#held.push(held);
    this.#open++;
    ticket.then(
      (value) => this.#end(held, { activation, ok: true, value }),
      (error: unknown) => this.#end(held, { activation, ok: false, error }),
    );
  }

  leave(activation: Activation): void {
    this.#left = activation;
  }

  /** What has begun and not ended. */
  inProgress(): Activation[] {
    const running = this.#openOnes().map(({ activation }) => activation);
    return this.#left?.context === undefined ? running : [...running, this.#left];
  }

  next(): Ended | Promise<Ended> {
    const ended = this.#ended?.[this.#reported];
    if (ended !== undefined) {
      this.#reported++;
      if (this.#reported === this.#ended!.length) {
        this.#ended = undefined;
        this.#reported = 0;
      }
      return ended;
    }
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** Reports activations as ended although their bodies are not; what comes of these is ignored. */
  giveUp(error: unknown, which: (activation: Activation) => boolean): void {
    for (const held of this.#openOnes()) {
      const { activation } = held;
      if (!which(activation)) continue;
      (this.#givenUp ??= new Set()).add(activation);
      this.#end(held, { activation, ok: false, error });
    }
    const lone = this.#left;
    // Where nobody could stop the run, but a step that ended long ago finished it, the lone one is waited for.
    if (lone?.context === undefined || !which(lone) || this.#abandon === undefined) return;
    (this.#givenUp ??= new Set()).add(lone);
    this.#abandon({ activation: lone, error });
  }

  wasGivenUp(activation: Activation): boolean {
    return this.#givenUp?.has(activation) === true;
  }

  pause(): Promise<void> | undefined {
    const room = this.#run.roomForEvents();
    if (room !== undefined) return room;
    // Trivial steps resolve in microtasks, before any timer or socket of the process gets its turn.
    if (++this.#begun % LOOK_EVERY !== 0) return undefined;
    const now = performance.now();
    if (this.#begun === LOOK_EVERY) this.#turnBegan = now;
    if (now - this.#turnBegan < LONGEST_TURN_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#turnBegan = performance.now();
        resolve();
      });
    });
  }

  #openOnes(): Held[] {
    return this.#held?.filter(({ isOpen }) => isOpen) ?? [];
  }

  #end(held: Held, ended: Ended): void {
    if (!held.isOpen) return; // it was given up
    held.isOpen = false;
    this.#open--;
    const wake = this.#wake;
    if (wake === undefined) {
      (this.#ended ??= []).push(ended);
      return;
    }
    this.#wake = undefined;
    wake(ended);
  }
}
