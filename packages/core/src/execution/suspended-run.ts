import { RunError } from '../errors/run-error.js';
import type { WaitKind } from '../ports/journal.js';
import { RunReport, type RecordedRun } from './run-result.js';

/** Something that a suspended run waits for. */
export interface OpenWait {
  /** For `approvals.decide` and `signals.send`. */
  readonly id: string;
  readonly kind: WaitKind;
  readonly node: string;
  readonly visit: number;
  /** When something happens by itself: the deadline or a reminder, the end of a delay. Milliseconds since the epoch. */
  readonly dueAt: number | undefined;
}

/** A run that cannot go on before something has come, and is kept in its journal until then: nothing of it is in memory. */
export class SuspendedRun extends RunReport {
  readonly status = 'suspended';
  /** What it waits for. Empty where the process is about to stop, and the run can be resumed by another at once. */
  readonly waits: readonly OpenWait[];

  constructor(run: RecordedRun, waits: readonly OpenWait[]) {
    super(run);
    this.waits = Object.freeze([...waits]);
  }

  /**
   * There is none yet: look at `status` first.
   *
   * @throws {@link RunError} RUN_SUSPENDED
   */
  get output(): never {
    throw RunError.suspended(this.workflow, this.runId, this.waits);
  }

  override toJSON(): Record<string, unknown> {
    return { status: this.status, waits: this.waits, ...super.toJSON() };
  }
}
