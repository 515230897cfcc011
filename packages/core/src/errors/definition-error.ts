import { formatMessage, type MessageParts } from './format-message.js';
import { WorkflowError } from './workflow-error.js';

/** One mistake in a definition, as plain data. `problems.ts` has a named constructor for each. */
export type Problem = MessageParts;

/**
 * The workflow is defined wrongly; its author acts. All mistakes of a graph are in one error: `problems` has each of
 * them, the error's own `code`, `where` and `fix` are those of the first.
 */
export class DefinitionError extends WorkflowError {
  /** Every mistake that was found, in the order of the definition; at least one. */
  readonly problems: readonly Problem[];

  constructor(problems: readonly [Problem, ...Problem[]]) {
    super(problems[0]);
    this.problems = Object.freeze([...problems]);
    if (problems.length > 1) {
      this.message = `${problems.length} problems\n\n${problems.map(formatMessage).join('\n\n')}`;
    }
  }

  /** Throws one error with all problems, or returns where there are none. */
  static throwIfAny(problems: readonly Problem[]): void {
    if (problems.length === 0) return; // asked for every edit of a workflow
    const [first, ...rest] = problems;
    if (first !== undefined) throw new DefinitionError([first, ...rest]);
  }
}
