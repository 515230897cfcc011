import type { Acknowledged } from '../approval/approvals.js';
import type { SpokenDecision } from '../approval/judge-decision.js';
import type { Signal, SignalReceipt } from '../approval/signals.js';
import { RunError } from '../errors/run-error.js';
import { WorkflowError } from '../errors/workflow-error.js';
import { EventQueue } from './event-queue.js';
import type { RunEvent } from './events.js';
import { checkEventOptions, type EventOptions } from './run-options.js';
import type { PreparedRun } from './executor.js';
import type { RunResult } from './run.js';
import type { WorkflowResult } from './run-result.js';
import type { SuspendedRun } from './suspended-run.js';
import type { RunStatus } from '../ports/journal.js';
import type { RunRecord } from '../errors/run-record.js';

/** A run that failed: its error, and what it had done. */
export interface FailedRun {
  readonly status: 'failed';
  readonly error: WorkflowError;
  readonly partial: RunRecord;
}

/** A run that was cancelled: by whom is the error's cause. */
export interface CancelledRun {
  readonly status: 'cancelled';
  readonly error: RunError;
  readonly partial: RunRecord;
}

/** How a run ended; `status` tells which it is. */
export type RunOutcome<O> = WorkflowResult<O> | SuspendedRun | FailedRun | CancelledRun;

const DEFAULT_BUFFER = 10_000;

/** A run in progress. */
export class RunHandle<O> {
  readonly #run: PreparedRun;
  readonly #outcome: Promise<RunOutcome<O>>;

  /** @internal `start` makes it. The run begins in the next microtask, so that nothing is missed by `events`. */
  constructor(run: PreparedRun) {
    this.#run = run;
    this.#outcome = Promise.resolve()
      .then(() => run.execute())
      .then((result) => result as RunResult<O>, failureOf);
  }

  get runId(): string {
    return this.#run.runId;
  }

  status(): RunStatus {
    return this.#run.status;
  }

  /** How the run ends; never rejects. */
  result(): Promise<RunOutcome<O>> {
    return this.#outcome;
  }

  /**
   * What happens from now on, the terminal event included. Leaving the loop early does not touch the run.
   *
   * @throws {@link RunError} INVALID_RUN_OPTION
   */
  events(options: EventOptions = {}): AsyncIterableIterator<RunEvent> {
    return followRun(this.#run, { overflow: 'drop', ...options }, () => undefined, false);
  }

  /**
   * Decides an approval that the run waits for, as `executor.approvals.decide` does.
   *
   * @throws {@link RunError} NO_JOURNAL, DECISION_REFUSED, WAIT_NOT_FOUND.
   */
  async decide(waitId: string, decision: SpokenDecision): Promise<Acknowledged> {
    const { approvals } = this.#run.people ?? this.#noJournal('a decision');
    await this.#run.begun;
    return approvals.decide(waitId, decision);
  }

  /**
   * Sends a signal to the run, as `executor.signals.send` does.
   *
   * @throws {@link RunError} NO_JOURNAL, SIGNAL_REFUSED, WAIT_NOT_FOUND.
   */
  async signal(signal: Omit<Signal, 'runId'>): Promise<SignalReceipt> {
    const { signals } = this.#run.people ?? this.#noJournal('a signal');
    await this.#run.begun;
    return signals.send({ ...signal, runId: this.runId });
  }

  #noJournal(what: string): never {
    throw RunError.noJournal(this.#run.plan.definition.name, `${what} was given to a run`);
  }

  /** Stops the run: what is in progress is aborted, nothing more begins. Without effect on a run that has ended. */
  cancel(reason?: unknown): void {
    this.#run.cancel(reason);
  }
}

/** Connects a consumer to a run. With `throws` the consumer also gets the failure of the run, after its last event. */
export function followRun(run: PreparedRun, options: EventOptions, onReturn: () => void, throws: boolean): EventQueue {
  checkEventOptions(run.plan.definition.name, options);
  const { buffer = DEFAULT_BUFFER, overflow = 'wait', depth = Infinity } = options;
  const queue = new EventQueue({ limit: buffer, overflow, depth, throws, onReturn });
  if (run.status === 'running') run.observe(queue);
  else queue.close();
  return queue;
}

function failureOf(error: unknown): FailedRun | CancelledRun {
  const partial = (error as WorkflowError).partial!;
  if (RunError.is(error) && error.code === 'RUN_CANCELLED') return { status: 'cancelled', error, partial };
  return { status: 'failed', error: error as WorkflowError, partial };
}
