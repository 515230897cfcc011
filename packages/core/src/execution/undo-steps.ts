import { errorInfo } from '../errors/error-info.js';
import type { Activation } from '../schedule/activation.js';
import type { Run } from './run.js';
import { StepContext } from './step-context.js';
import type { Body } from './step.js';

/** A step that has completed, and can be undone. */
export interface Undoable {
  readonly activation: Activation;
  readonly output: unknown;
  readonly undo: Body;
}

/** Who keeps account of what was undone: a journal, where there is one. */
export interface UndoRecorder {
  isUndone(activation: Activation): boolean;
  undone(activation: Activation): Promise<void>;
  failed(activation: Activation, error: unknown): Promise<void>;
}

/**
 * Undoes what a run has done, the last first, each once; it is awaited, and cannot be cancelled. Where one fails for good the
 * others are undone all the same, and the run's error tells of it.
 */
export async function undoSteps(run: Run, steps: readonly Undoable[], recorder?: UndoRecorder): Promise<void> {
  for (const { activation, output, undo } of [...steps].reverse()) {
    if (recorder?.isUndone(activation) === true) continue;
    const position = { node: run.labelOf(activation.node), visit: activation.visit };
    if (run.isObserved) run.announce({ type: 'compensation.started', ...position });
    await run.onRecord; // where a record is required; whatever becomes of that, what was done is undone
    try {
      await new StepContext(run, activation).call(undo, output);
    } catch (error) {
      run.attach(error);
      if (run.isObserved) run.announce({ type: 'compensation.failed', ...position, error: errorInfo(error) });
      await recorder?.failed(activation, error);
      continue;
    }
    if (run.isObserved) run.announce({ type: 'compensation.completed', ...position });
    await recorder?.undone(activation);
  }
}
