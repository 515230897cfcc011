import type { RunContext } from '../context/run-context.js';
import { accompanimentProblems, keptSurroundings, type Accompaniment } from '../context/check-surroundings.js';
import { openedMemory, type Surroundings } from '../context/surroundings.js';
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
export type ExecutorDefaults = Accompaniment;

/** The same, as runs take it. */
export interface OpenedDefaults extends Surroundings {
  readonly clock?: Clock | undefined;
}

/** What carries out runs. A class, so that it is its own injection token. */
export abstract class Executor {
  abstract prepare(program: Program, request: RunRequest): PreparedRun;
}

/** Runs workflows in this process. */
export class LocalExecutor extends Executor {
  readonly #defaults: OpenedDefaults;

  /** @throws {@link DefinitionError} INVALID_OPTION with everything that is wrong, UNKNOWN_MEMORY. */
  constructor(defaults: ExecutorDefaults = {}) {
    super();
    const where = 'LocalExecutor';
    DefinitionError.throwIfAny(accompanimentProblems(where, defaults));
    const kept = keptSurroundings(defaults);
    this.#defaults = { ...kept, memory: openedMemory(kept.memory, kept.memories, where), clock: defaults.clock };
  }

  override prepare(program: Program, request: RunRequest): PreparedRun {
    return new Run(program, request, this.#defaults);
  }
}

/** The executor of workflows that were given none. */
export const localExecutor: Executor = new LocalExecutor();
