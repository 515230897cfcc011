/** What is asked of the tables of audit logs, as SQL. The lines of a log have ids after its own, in their order. */
import type { AuditQuery } from '@drawloom/core';
import { SUBJECT } from './audit-statements.js';

/** What is asked, and what is bound. */
export interface AuditQuestion {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** How many lines a log can have; above them its number is in an id. */
const LINES = 2 ** 32;
export const LOG_BY_NAME = 'SELECT id FROM audit_logs WHERE name = ?';
export const LINE_BY_ID = 'SELECT bytes FROM audit_lines WHERE id = ?';
/** Of the lines up to an id, and after another. */
export const LAST_LINE = 'SELECT bytes FROM audit_lines WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1';

/** Between which ids the lines of a log are. */
export function idsOf(log: number): readonly [after: number, before: number] {
  return [log * LINES, (log + 1) * LINES];
}

/** The next lines of a log that may belong to a query, with their ids; where it says whom or what they are about, their ids alone. */
export function linesQuestion(log: number, query: AuditQuery, after: number, limit: number): AuditQuestion {
  const of = query.action === undefined ? [] : [query.action];
  const action = of.length === 0 ? '' : 'AND action = ?';
  const asked = SUBJECT.filter((column) => query[column] !== undefined && query[column] !== '');
  if (asked.length === 0) {
    const sql = `SELECT id, bytes FROM audit_lines WHERE id > ? AND id < ? ${action} ORDER BY id LIMIT ${limit}`;
    return { sql, values: [after, idsOf(log)[1], ...of] };
  }
  // The subjects first: there are few of them, and each has its lines in the index. So no page is read for lines of others.
  const where = asked.map((column) => `AND subjects.${column} = ?`).join(' ');
  const sql = `SELECT lines.id AS id FROM audit_subjects AS subjects CROSS JOIN audit_lines AS lines ON lines.subject = subjects.id
    WHERE subjects.log = ? ${where} AND lines.id > ? ${action} ORDER BY lines.id LIMIT ${limit}`;
  return { sql, values: [log, ...asked.map((column) => query[column]!), after, ...of] };
}
