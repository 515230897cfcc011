import { AdapterError, type Clock } from '@drawloom/core';

/** What ends a call before its answer does: the caller's signal, and a service that is silent for too long. */
export class CallLimits {
  readonly #controller = new AbortController();
  readonly #service: string;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #caller: AbortSignal | undefined;
  readonly #giveUp = (): void => this.#controller.abort();
  #stopTimer: () => void = () => undefined;
  #isTooSilent = false;

  constructor(service: string, timeoutMs: number, clock: Clock, caller: AbortSignal | undefined) {
    this.#service = service;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#caller = caller;
    caller?.addEventListener('abort', this.#giveUp, { once: true });
    if (caller?.aborted === true) this.#giveUp();
    this.signOfLife();
  }

  /** For the client. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The service has sent something: its time begins anew. */
  signOfLife(): void {
    this.#stopTimer();
    this.#stopTimer = this.#clock.setTimer(this.#timeoutMs, () => {
      this.#isTooSilent = true;
      this.#controller.abort();
    });
  }

  /** What the call is to reject with where a limit ended it. A reason may be any value, so it stands in a list. */
  exceeded(): unknown {
    if (this.#caller?.aborted === true) return this.#caller.reason;
    if (!this.#isTooSilent) return undefined;
    return AdapterError.model('MODEL_UNAVAILABLE', {
      model: this.#service,
      what: `the service sent nothing for ${this.#timeoutMs} ms`,
      fix: 'raise timeout of the model if it may think longer; otherwise put a RetryingModel around it',
    });
  }

  /** Throws what {@link exceeded} gives. */
  check(): void {
    const reason = this.exceeded();
    if (reason !== undefined) throw reason;
  }

  /** Leaves neither timer nor listener. */
  end(): void {
    this.#stopTimer();
    this.#caller?.removeEventListener('abort', this.#giveUp);
  }
}
