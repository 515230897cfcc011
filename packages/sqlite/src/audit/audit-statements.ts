import type { StatementText } from '../connection/run-batch.js';

/** What lines are found by beside their action, in the order in which it is bound. */
export const SUBJECT = ['run', 'user', 'tenant', 'session'] as const;

/** What is written to the tables of audit logs. A number is taken once: a second writer fails here at the latest. */
export const AUDIT_STATEMENTS = {
  addAuditLog: { sql: 'INSERT INTO audit_logs (name) VALUES (?) ON CONFLICT (name) DO NOTHING' },
  addAuditSubject: {
    sql: `INSERT INTO audit_subjects (log, run, user, tenant, session)
      SELECT id, ?, ?, ?, ? FROM audit_logs WHERE name = ? ON CONFLICT DO NOTHING`,
  },
  /** Bits, not a sum: a number that is bound is REAL, and sums of those are exact up to 53 bits only. */
  addAuditLine: {
    sql: `INSERT INTO audit_lines (id, subject, action, bytes)
      SELECT logs.id << 32 | ?, subjects.id, ?, ? FROM audit_logs AS logs JOIN audit_subjects AS subjects ON subjects.log = logs.id
      WHERE run = ? AND user = ? AND tenant = ? AND session = ? AND logs.name = ?`,
  },
} as const satisfies Readonly<Record<string, StatementText>>;
