import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Violation } from '../errors/violation.js';
import { receivedAt } from './received.js';

/** What libraries add to an issue. The specification has only `path` and `message`. */
interface RichIssue extends StandardSchemaV1.Issue {
  readonly code?: unknown;
  readonly type?: unknown;
  readonly keys?: unknown;
  readonly expected?: unknown;
  readonly format?: unknown;
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly divisor?: unknown;
  readonly inclusive?: unknown;
}

/** Libraries whose issues say in fields of their own, filled from the schema, what was expected. */
const TELL_EXPECTATION: readonly string[] = ['zod', 'valibot'];

const CONSTRAINT = /^\w[\w .:-]{0,59}$/;
const WORD = /^[a-z][\w-]{0,29}$/i;

/**
 * Every issue that a library found, as violations: at least one. The library's messages are left out, because nobody
 * can tell which of them quote the value.
 */
export function violationsOf(
  issues: readonly StandardSchemaV1.Issue[],
  value: unknown,
  vendor: string,
): readonly Violation[] {
  const violations = issues.flatMap((issue: RichIssue) => {
    const path = (issue.path ?? []).map(keyOf);
    if (vendor === 'zod' && issue.code === 'unrecognized_keys' && Array.isArray(issue.keys)) {
      return issue.keys.map((key: unknown) => violation([...path, String(key)], 'unknown property', value));
    }
    const message = TELL_EXPECTATION.includes(vendor) ? expectationOf(issue) : undefined;
    return [violation(path, constraintOf(issue), value, message)];
  });
  return violations.length > 0 ? violations : [violation([], 'invalid', value)];
}

function violation(path: Violation['path'], constraint: string, value: unknown, message?: string): Violation {
  const received = receivedAt(value, path);
  return message === undefined ? { path, constraint, received } : { path, constraint, message, received };
}

/** `code` is what zod and arktype call it, `type` what valibot does. */
function constraintOf({ code, type }: RichIssue): string {
  const name = [code, type].find((text) => typeof text === 'string' && CONSTRAINT.test(text));
  return (name as string | undefined) ?? 'invalid';
}

function expectationOf({ expected, format, minimum, maximum, divisor, inclusive }: RichIssue): string | undefined {
  const isLimit = (limit: unknown): boolean => typeof limit === 'number' || typeof limit === 'bigint';
  const [least, most] = inclusive === false ? ['more than', 'less than'] : ['at least', 'at most'];
  if (typeof expected === 'string' && WORD.test(expected)) return `expected ${expected}`;
  if (typeof format === 'string' && WORD.test(format)) return `expected ${format}`;
  if (isLimit(minimum)) return `expected ${least} ${String(minimum)}`;
  if (isLimit(maximum)) return `expected ${most} ${String(maximum)}`;
  if (isLimit(divisor)) return `expected a multiple of ${String(divisor)}`;
  return undefined;
}

function keyOf(segment: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key: unknown = typeof segment === 'object' && segment !== null ? segment.key : segment;
  return typeof key === 'number' || typeof key === 'string' ? key : '(a key that is no text)';
}
