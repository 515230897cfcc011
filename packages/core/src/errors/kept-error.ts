/**
 * Job. What a journal keeps of one of Drawloom's own errors beside its message, code and cause, and the error made of that
 * again: whoever takes a run up again is to see the error that the run saw, of the same class and with the same fields.
 *
 * Boundary. Data in, data out; how it is written is the codec's business. What says what a run had done (`partial`,
 * `furtherErrors`, `output`) is the run's, and not kept: it is made again. A service's own words (`reply`, `answer`) are
 * nowhere written.
 */
import { AdapterError } from './adapter-error.js';
import { DefinitionError, type Problem } from './definition-error.js';
import { ERROR_CODES, type ErrorCode } from './error-codes.js';
import { type CapFacts, RunError } from './run-error.js';
import { StepError } from './step-error.js';
import type { Violation } from './violation.js';
import type { WorkflowError, WorkflowErrorParts } from './workflow-error.js';

/** Plain data, by the names of the error's fields. */
export type ErrorFacts = Readonly<Record<string, unknown>>;

const NOT_KEPT: ReadonlySet<string> = new Set(['code', 'partial', 'furtherErrors', 'output']);

/** What is kept of it. */
export function factsOf(error: WorkflowError): ErrorFacts {
  const isKept = ([name, value]: [string, unknown]): boolean => value !== undefined && !NOT_KEPT.has(name);
  return Object.fromEntries(Object.entries(error).filter(isKept));
}

/** Of what an error is made again. */
export interface KeptError {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
  readonly facts: ErrorFacts;
  /** Where it has one. */
  readonly cause?: unknown;
}

/** The error again; `undefined` where this is nothing that {@link factsOf} gave. */
export function restoredError(kept: KeptError): WorkflowError | undefined {
  const { name, message, code, facts } = kept;
  const { where, fix } = facts;
  const make = Object.hasOwn(MAKERS, name) ? MAKERS[name as keyof typeof MAKERS] : undefined;
  if (make === undefined || !isCode(code) || !isText(where) || !isText(fix)) return undefined;
  const parts = { code, where, fix, what: '' };
  const error = make('cause' in kept ? { ...parts, cause: kept.cause } : parts, facts);
  if (error !== undefined) error.message = message; // as it was made from what had been known
  return error;
}

const MAKERS = {
  StepError(parts: WorkflowErrorParts, { workflow, node, visit, attempt, violations }: ErrorFacts) {
    if (!isText(workflow) || !isText(node) || !isCount(visit) || !isCount(attempt)) return undefined;
    if (!isListOrMissing(violations)) return undefined;
    const found = violations === undefined ? undefined : Object.freeze(violations as readonly Violation[]);
    return new StepError({ workflow, node, visit, attempt }, parts, found);
  },
  RunError(parts: WorkflowErrorParts, { workflow, node, cap, ...more }: ErrorFacts) {
    if (!isText(workflow) || !(node === undefined || isText(node))) return undefined;
    if (!(cap === undefined || isObject(cap))) return undefined;
    const error = new RunError(workflow, parts, cap as CapFacts | undefined, node);
    for (const name of RUN_FACTS) if (more[name] !== undefined) Object.assign(error, { [name]: more[name] });
    return error;
  },
  AdapterError(parts: WorkflowErrorParts, { isTransient, retryAfterMs, status, requestId }: ErrorFacts) {
    if (!isNumberOrMissing(retryAfterMs) || !isNumberOrMissing(status)) return undefined;
    if (!(requestId === undefined || isText(requestId))) return undefined;
    return new AdapterError(parts, isTransient === true, { retryAfterMs, status, requestId });
  },
  DefinitionError(_: WorkflowErrorParts, { problems }: ErrorFacts) {
    const areProblems = Array.isArray(problems) && problems.length > 0 && problems.every(isProblem);
    return areProblems ? new DefinitionError(problems as [Problem, ...Problem[]]) : undefined;
  },
} as const;

/** The fields that only some of them have. */
const RUN_FACTS = ['retryAfterMs', 'spent', 'allowance', 'reason'] as const;

function isProblem(value: unknown): value is Problem {
  if (!isObject(value)) return false;
  const { code, where, what, fix } = value;
  return isCode(code) && isText(where) && isText(what) && isText(fix);
}

function isCode(value: unknown): value is ErrorCode {
  return isText(value) && Object.hasOwn(ERROR_CODES, value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isNumberOrMissing(value: unknown): value is number | undefined {
  return value === undefined || typeof value === 'number';
}

function isListOrMissing(value: unknown): boolean {
  return value === undefined || Array.isArray(value);
}

function isObject(value: unknown): value is ErrorFacts {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
