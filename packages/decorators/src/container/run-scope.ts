import { RunError, type RunContext } from '@drawloom/core';

/**
 * Whose run an instance is being made for. Making it is synchronous, so that the one run can be told from all others
 * without asynchronous context.
 */
export class RunScope {
  #context: RunContext | undefined;

  /** Calls `make` with the run's own objects at hand. */
  enter<T>(context: RunContext, make: () => T): T {
    const outer = this.#context;
    this.#context = context;
    try {
      return make();
    } finally {
      this.#context = outer;
    }
  }

  /** Whether something is being made for a run. */
  get isActive(): boolean {
    return this.#context !== undefined;
  }

  /** @throws {@link RunError} OUTSIDE_RUN */
  get context(): RunContext {
    if (this.#context === undefined) throw RunError.outsideRun('RunContext');
    return this.#context;
  }
}
