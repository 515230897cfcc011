import type { RunContext } from '../context/run-context.js';
import { copyGuardrails, guardrailProblems } from '../context/guardrails.js';
import type { Surroundings } from '../context/surroundings.js';
import { DefinitionError } from '../errors/definition-error.js';
import type { Plan } from '../graph/plan.js';
import type { Clock } from '../values/clock.js';
import type { EventQueue } from './event-queue.js';
import type { Program } from './program.js';
import { Run, type RunRequest } from './run.js';
import type { WorkflowResult } from './run-result.js';

/** A run that has not begun: what a handle and a stream need of it. */
export interface PreparedRun {
  readonly plan: Plan;
  readonly context: RunContext;
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled';
  /** Runs the workflow to its end; called once. */
  execute(): Promise<WorkflowResult<unknown>>;
  cancel(reason?: unknown): void;
  /** Sends the events of the run to a queue from now on. */
  observe(queue: EventQueue): void;
}

/** What accompanies runs whose workflow, and the runs around it, say nothing else. */
export interface ExecutorDefaults extends Surroundings {
  readonly clock?: Clock | undefined;
}

/** What carries out runs. A class, so that it is its own injection token. */
export abstract class Executor {
  abstract prepare(program: Program, request: RunRequest): PreparedRun;
}

/** Runs workflows in this process. */
export class LocalExecutor extends Executor {
  readonly #defaults: ExecutorDefaults;

  /** @throws {@link DefinitionError} INVALID_OPTION when the guardrails are wrong. */
  constructor(defaults: ExecutorDefaults = {}) {
    super();
    const { guardrails } = defaults;
    DefinitionError.throwIfAny(guardrailProblems('LocalExecutor', guardrails));
    this.#defaults = guardrails === undefined ? defaults : { ...defaults, guardrails: copyGuardrails(guardrails) };
  }

  override prepare(program: Program, request: RunRequest): PreparedRun {
    return new Run(program, request, this.#defaults);
  }
}

/** The executor of workflows that were given none. */
export const localExecutor: Executor = new LocalExecutor();
