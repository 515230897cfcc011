import type { StatementText } from '../connection/run-batch.js';

/** What is written to the table of audit logs. A number is taken once: a second writer fails here at the latest. */
export const AUDIT_STATEMENTS = {
  addAuditLine: {
    sql: `INSERT INTO audit_lines (log, seq, bytes, tenant, user, session, run, action)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  },
} as const satisfies Readonly<Record<string, StatementText>>;
