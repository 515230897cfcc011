import type { ErrorCode } from './error-codes.js';
import type { RunRecord } from './run-record.js';
import { formatMessage, type MessageParts } from './format-message.js';

const BRAND = Symbol.for('drawloom.error');

/** What every Drawloom error is made of. */
export interface WorkflowErrorParts extends MessageParts {
  readonly cause?: unknown;
}

/**
 * The base of every error that Drawloom throws. Its message has one layout: code, place, what is wrong, the fix, and
 * where to read more; the same facts are fields.
 */
export abstract class WorkflowError extends Error {
  /** A key of the catalogue; stable across releases. */
  readonly code: ErrorCode;
  /** `Workflow` or `Workflow.node`. */
  readonly where: string;
  /** What to do about it. */
  readonly fix: string;
  /** What the run had done when it stopped; set on the error that a run rejects with. */
  declare partial?: RunRecord;

  constructor(parts: WorkflowErrorParts) {
    super(formatMessage(parts), 'cause' in parts ? { cause: parts.cause } : undefined);
    this.code = parts.code;
    this.where = parts.where;
    this.fix = parts.fix;
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true });
    Object.defineProperty(this, BRAND, { value: new.target.name });
  }

  /**
   * Whether a value is a Drawloom error, also one of a second installed copy of the package, where `instanceof` fails.
   * On a subclass (`StepError.is`) it tells that class.
   */
  static is<T extends abstract new (...args: never[]) => WorkflowError>(
    this: T,
    value: unknown,
  ): value is InstanceType<T> {
    if (typeof value !== 'object' || value === null) return false;
    try {
      if (value instanceof this) return true;
      return BRAND in value && (this.name === 'WorkflowError' || value[BRAND] === this.name);
    } catch {
      return false; // Anything can be thrown, also what throws when it is looked at.
    }
  }
}
