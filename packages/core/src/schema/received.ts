import type { Violation } from '../errors/violation.js';
import { isClassName } from '../values/class-name.js';
import { isPlain } from '../values/freeze.js';
import type { Validated } from '../ports/schema.js';

/**
 * The type of what stands at a path of a value: `text`, `a number`, `a list of 3`, `an instance of Date`, `undefined`
 * where nothing is. Never its content, and never throwing, whatever the value does when it is looked at.
 */
export function receivedAt(value: unknown, path: Violation['path'] = []): string {
  try {
    let found = value;
    for (const key of path) found = memberOf(found, key);
    return typeName(found);
  } catch {
    return 'something that cannot be looked at';
  }
}

/** What a schema says of a value that its library broke on. Only the error's class is told: its message may quote. */
export function couldNotJudge(value: unknown, error: unknown): Validated<never> {
  const name = error instanceof Error ? (classOf(error) ?? 'Error') : 'something that is not an Error';
  return { ok: false, violations: [{ path: [], constraint: `threw ${name}`, received: receivedAt(value) }] };
}

/** What is inherited (`constructor`, methods) is no part of a plain value. */
function memberOf(value: unknown, key: string | number): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof Map) return value.get(key);
  if (value instanceof Set) return [...value][key as number];
  if (Object.hasOwn(value, key) || (!isPlain(value) && key in value)) return (value as Record<string, unknown>)[key];
  return undefined;
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : 'a number';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isPlain(value)) return 'an object';
  const name = classOf(value);
  return name === undefined ? 'an object' : `an instance of ${name}`;
}

/** Asked of the prototype: an object may carry anything as its own `constructor`. */
function classOf(value: object): string | undefined {
  try {
    const name: unknown = (Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null)?.constructor
      ?.name;
    return isClassName(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
