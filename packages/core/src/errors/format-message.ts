import type { ErrorCode } from './error-codes.js';

/** What every message consists of. */
export interface MessageParts {
  readonly code: ErrorCode;
  /** `Workflow` or `Workflow.node`. */
  readonly where: string;
  /** What is wrong: actual value, then allowed values. No final period. */
  readonly what: string;
  /** What to do about it, in the imperative. */
  readonly fix: string;
}

/** The one place where a message is laid out. */
export function formatMessage({ code, where, what, fix }: MessageParts): string {
  return `[${code}] ${where}: ${what}\n  Fix: ${fix}\n  More: docs/errors.md#${code.toLowerCase()}`;
}

/** A value as it may stand in a message: short, quoted where it is text, and never throwing. */
export function describeValue(value: unknown): string {
  try {
    return describe(value);
  } catch {
    return 'something that cannot be shown';
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return value.name ? `function ${value.name}` : 'a function without a name';
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  return typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : 'an object';
}

/** Whether something is an error, also one of another realm, where `instanceof` fails: that of a test runner, a worker. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** The message of an error, or any other value as it may stand in a message. */
export function describeReason(reason: unknown): string {
  try {
    if (isError(reason)) return `${reason.message}`;
  } catch {
    // Anything can be thrown, also what throws when it is looked at.
  }
  return describeValue(reason);
}

/** `"a", "b", "c"`, cut after twelve names. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => describeValue(name));
  if (names.length > shown.length) shown.push(`and ${names.length - shown.length} more`);
  return shown.length === 0 ? 'none' : shown.join(', ');
}
