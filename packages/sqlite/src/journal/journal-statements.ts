/**
 * What is written to the tables of runs and waits. A run is found by tenant and id, and where a lease is asked for by owner
 * and epoch as well: what does not find its run writes nothing.
 */
import type { StatementText } from '../connection/run-batch.js';

const RUN = 'tenant = ? AND run = ?';
const LEASE = `${RUN} AND owner = ? AND epoch = ?`;
/** Sorts before every time: a run that nobody carries out has been left for as long as can be. */
const NO_LEASE = '-9e999';
const WAIT = 'tenant = ? AND wait = ?';
const AWAITED = `EXISTS (SELECT 1 FROM waits
          WHERE waits.run = signals.run AND waits.status = 'open' AND waits.kind = 'signal' AND waits.signal = signals.signal)`;
const FORGOTTEN = 'SELECT id FROM runs WHERE tenant = ? AND user IS ? AND owner IS NULL';

/** Of a run, as `runOf` reads it. */
export const RUN_COLUMNS = `tenant, run, workflow, version, graph_hash, user, session, created, forked_from,
  status, length, updated, wake, owner, lease_until, epoch`;

/** By what they do; each has its parameters in the order in which they stand in its text. */
export const JOURNAL_STATEMENTS = {
  createRun: {
    sql: `INSERT INTO runs (${RUN_COLUMNS})
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running', ?, ?, NULL, ?, ?, 1) ON CONFLICT (tenant, run) DO NOTHING`,
  },
  keepGraph: { sql: 'INSERT INTO graphs (hash, graph) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING' },
  /** The fence of records: the lease holds, and they follow on those that are there. */
  extendRun: { sql: `UPDATE runs SET length = length + ?, updated = ? WHERE ${LEASE} AND length = ?` },
  touchRun: { sql: `UPDATE runs SET updated = ? WHERE ${LEASE}` },
  /** Bits, not a sum: a number that is bound is REAL, and sums of those are exact up to 53 bits only. */
  addRecord: { sql: `INSERT INTO records (id, type, text) SELECT id << 32 | ?, ?, ? FROM runs WHERE ${RUN}` },
  openWait: {
    sql: `INSERT INTO waits (tenant, wait, run, kind, workflow, user, node, visit, signal, opened, due, users, groups,
        about, state, status, version)
      SELECT ?, ?, id, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', 1 FROM runs WHERE ${RUN}`,
  },
  addActor: {
    sql: `INSERT OR IGNORE INTO wait_actors (tenant, kind, actor, status, wait)
      SELECT tenant, ?, ?, status, id FROM waits WHERE ${WAIT}`,
  },
  closeWait: {
    sql: `UPDATE waits SET status = 'closed', version = version + 1
      WHERE ${WAIT} AND status <> 'closed' AND run = (SELECT id FROM runs WHERE ${RUN})`,
  },
  /** A decision, or a signal that only the run can judge, may have come while it was on its way to sleep. */
  endTurn: {
    sql: `UPDATE runs SET status = ?, owner = NULL, lease_until = ${NO_LEASE}, wake = CASE
        WHEN ? <> 'suspended' THEN NULL
        WHEN EXISTS (SELECT 1 FROM waits WHERE waits.run = runs.id AND waits.status = 'settled') THEN ?
        WHEN EXISTS (SELECT 1 FROM signals WHERE signals.run = runs.id AND signals.wait IS NULL AND ${AWAITED}) THEN ?
        ELSE ?
      END
      WHERE ${RUN}`,
  },
  claimRun: {
    sql: `UPDATE runs SET status = 'running', wake = NULL, owner = ?, lease_until = ?, epoch = epoch + 1
      WHERE ${RUN} AND status IN ('running', 'suspended') AND lease_until < ? RETURNING ${RUN_COLUMNS}`,
    returns: true,
  },
  renewLease: { sql: `UPDATE runs SET lease_until = ? WHERE ${LEASE}` },
  releaseRun: { sql: `UPDATE runs SET owner = NULL, lease_until = ${NO_LEASE} WHERE ${LEASE}` },
  /** The fence of waits: nobody has changed it meanwhile, and the message that it takes, if it does, is what it is said to be. */
  changeWait: {
    sql: `UPDATE waits SET state = ?, version = version + 1, status = coalesce(?, status),
        due = CASE WHEN ? THEN ? ELSE due END, users = coalesce(?, users), groups = coalesce(?, groups)
      WHERE ${WAIT} AND version = ? AND status = 'open' AND ? = coalesce((
        SELECT CASE WHEN signals.wait IS NULL THEN 'kept' ELSE 'taken' END FROM signals
          WHERE signals.run = waits.run AND signals.signal = waits.signal AND signals.message = ?), 'new')`,
  },
  takeSignal: {
    sql: `INSERT INTO signals (run, signal, message, text, at, wait)
      SELECT run, signal, ?, '', ?, wait FROM waits WHERE ${WAIT}
      ON CONFLICT (run, signal, message) DO UPDATE SET text = '', wait = excluded.wait`,
  },
  keepSignal: {
    sql: `INSERT INTO signals (run, signal, message, text, at)
      SELECT id, ?, ?, ?, ? FROM runs WHERE ${RUN} AND status IN ('running', 'suspended')
        AND ? > (SELECT count(*) FROM signals WHERE signals.run = runs.id AND signals.wait IS NULL)
      ON CONFLICT (run, signal, message) DO NOTHING`,
  },
  /** Whoever carries the run out has to look at it. */
  wakeForSignal: {
    sql: `UPDATE runs SET wake = ? WHERE ${RUN} AND status = 'suspended' AND EXISTS (
      SELECT 1 FROM signals WHERE signals.run = runs.id AND signal = ? AND message = ? AND ${AWAITED})`,
  },
  dropSignal: {
    sql: `DELETE FROM signals WHERE run = (SELECT id FROM runs WHERE ${RUN}) AND signal = ? AND message = ? AND wait IS NULL`,
  },
  wakeRun: {
    sql: `UPDATE runs SET wake = ? WHERE status = 'suspended' AND id = (SELECT run FROM waits WHERE ${WAIT})`,
  },
  removeActors: {
    sql: `DELETE FROM wait_actors WHERE kind = ? AND wait = (SELECT id FROM waits WHERE ${WAIT})`,
  },
  /** Only where the wait was closed: it may be of another run. */
  closeActors: {
    sql: `UPDATE wait_actors SET status = 'closed' WHERE wait = (SELECT id FROM waits WHERE ${WAIT} AND status = 'closed')`,
  },
  moveActors: {
    sql: `UPDATE wait_actors SET status = ? WHERE wait = (SELECT id FROM waits WHERE ${WAIT})`,
  },
  forgetActors: {
    sql: `DELETE FROM wait_actors WHERE wait IN (SELECT id FROM waits WHERE run IN (${FORGOTTEN}))`,
  },
  forgetSignals: { sql: `DELETE FROM signals WHERE run IN (${FORGOTTEN})` },
  forgetWaits: { sql: `DELETE FROM waits WHERE run IN (${FORGOTTEN})` },
  forgetRecords: {
    sql: `DELETE FROM records WHERE id IN (
      SELECT records.id FROM (${FORGOTTEN}) AS forgotten
        CROSS JOIN records ON records.id > forgotten.id << 32 AND records.id < (forgotten.id + 1) << 32)`,
  },
  forgetRuns: { sql: `DELETE FROM runs WHERE tenant = ? AND user IS ? AND owner IS NULL` },
} as const satisfies Readonly<Record<string, StatementText>>;
