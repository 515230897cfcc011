import { RunContext } from './run-context.js';
import type { Surroundings } from './surroundings.js';

/**
 * The context of a run as an agent's tools, hooks and guardrails see it: the same run, with what accompanies the agent. So
 * what a tool learns goes where the agent looks.
 */
export class AccompaniedContext extends RunContext {
  readonly #of: RunContext;

  /** @internal */
  constructor(of: RunContext, surroundings: Surroundings) {
    const { tenant, userId = null, sessionId, runId } = of;
    super({ tenant, userId, sessionId, runId, metadata: null }, undefined, surroundings);
    this.#of = of;
  }

  override get metadata(): Readonly<Record<string, unknown>> {
    return this.#of.metadata;
  }

  override get parentRunId(): string | undefined {
    return this.#of.parentRunId;
  }

  override get signal(): AbortSignal {
    return this.#of.signal;
  }
}
