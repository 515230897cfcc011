import { AUDIT_STATEMENTS } from '../audit/audit-statements.js';
import type { StatementText, Step } from '../connection/run-batch.js';
import type { SqlValue } from '../connection/connect.js';
import { JOURNAL_STATEMENTS } from '../journal/journal-statements.js';
import { MEMORY_STATEMENTS } from '../memory/memory-statements.js';
import { withoutNul } from './nul-text.js';

const ALL = { ...JOURNAL_STATEMENTS, ...MEMORY_STATEMENTS, ...AUDIT_STATEMENTS } as const satisfies Readonly<
  Record<string, StatementText>
>;

/** Everything that is ever written, prepared once by each connection that writes. */
export const STATEMENTS: readonly StatementText[] = Object.values(ALL);

const PLACES: ReadonlyMap<string, number> = new Map(Object.keys(ALL).map((name, index) => [name, index]));

/** One step of a write; what is `undefined` is NULL. */
export function step(name: keyof typeof ALL, ...values: readonly (SqlValue | undefined)[]): Step {
  return [PLACES.get(name)!, ...values.map(stored)];
}

/** A value as it is bound. */
export function stored(value: SqlValue | undefined): SqlValue {
  return typeof value === 'string' ? withoutNul(value) : (value ?? null);
}
