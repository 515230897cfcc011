/**
 * Job: the questions that a journal answers, as SQL.
 *
 * A. Values are bound, never written into the text. A text is put together from fixed parts alone.
 * B. The tenant is the first condition of each, except of those that ask what is due for whoever carries runs out.
 * C. Each is an index look-up: what it reads grows with what it gives, not with the file. A test reads the plans.
 */
import type { DueQuery, KeptSignalQuery, RunInfo, RunQuery, Wait, WaitQuery } from '@drawloom/core';
import { isStorableId } from '@drawloom/core/front-end';
import type { SqlValue } from '../connection/connect.js';
import type { Reader } from '../store/reader.js';
import { RUN_COLUMNS } from './journal-statements.js';
import { runOf, waitOf, type RunRow, type WaitRow } from './rows.js';

/** A text with the values that are bound to it. */
export interface Question {
  readonly sql: string;
  readonly values: readonly (SqlValue | undefined)[];
}

const PAGE = 100;
const WAIT_COLUMNS = `waits.tenant, waits.wait, runs.run AS run_name, waits.kind, waits.workflow, waits.user, waits.node, waits.visit,
  waits.signal, waits.opened, waits.due, waits.users, waits.groups, waits.about, waits.state, waits.status, waits.version`;
const WAIT_RUN = 'CROSS JOIN runs ON runs.id = waits.run';

export const RUN_BY_KEY = `SELECT ${RUN_COLUMNS} FROM runs WHERE tenant = ? AND run = ?`;

/** Those of one run are one range of ids. */
export const RECORDS_AFTER = `SELECT records.id & 0xffffffff AS seq, type, text FROM runs
  CROSS JOIN records ON records.id > (runs.id << 32 | ?) AND records.id < (runs.id + 1) << 32
  WHERE tenant = ? AND run = ? ORDER BY records.id LIMIT ?`;

export const WAIT_BY_KEY = `SELECT ${WAIT_COLUMNS} FROM waits ${WAIT_RUN} WHERE waits.tenant = ? AND waits.wait = ?`;

/** What became of a message. */
export const SIGNAL_BY_KEY = `SELECT signal, message, text, at, wait FROM runs CROSS JOIN signals ON signals.run = runs.id
  WHERE runs.tenant = ? AND runs.run = ? AND signal = ? AND message = ?`;

/** In the order in which they came. */
export function keptQuestion({ tenant, runId, signal, limit = PAGE }: KeptSignalQuery): Question {
  const { where, values } = all([
    ['signals.run = (SELECT id FROM runs WHERE tenant = ? AND run = ?)', sought(tenant), sought(runId)],
    ['signals.wait IS NULL'],
    signal !== undefined && ['signal = ?', sought(signal)],
  ]);
  return {
    sql: `SELECT signal, message, text, at, wait FROM signals INDEXED BY signals_kept WHERE ${where} ORDER BY id LIMIT ?`,
    values: [...values, bounded(limit)],
  };
}

/** Newest first. */
export function runsQuestion(query: RunQuery): Question {
  const { tenant, userId, workflow, status, from, to, after, limit = PAGE } = query;
  const conditions: readonly (readonly [sql: string, ...values: SqlValue[]] | false)[] = [
    ['tenant = ?', sought(tenant)],
    userId !== undefined && ['user = ?', sought(userId)],
    workflow !== undefined && ['workflow = ?', sought(workflow)],
    status !== undefined && ['status = ?', status],
    from !== undefined && ['created >= ?', from],
    to !== undefined && ['created < ?', to],
    after !== undefined && ['(created, run) < (?, ?)', after.createdAt, after.runId],
  ];
  const { where, values } = all(conditions);
  return {
    sql: `SELECT ${RUN_COLUMNS} FROM runs WHERE ${where} ORDER BY created DESC, run DESC LIMIT ?`,
    values: [...values, bounded(limit)],
  };
}

/** Oldest first. */
export function waitsQuestion(query: WaitQuery): Question {
  const { tenant, kind, status = 'open', runId, workflow, signal, actor, after, limit = PAGE } = query;
  const run = runId === undefined ? undefined : sought(runId);
  const { where, values } = all([
    ['waits.tenant = ?', sought(tenant)],
    ['waits.status = ?', status],
    kind !== undefined && ['waits.kind = ?', kind],
    run !== undefined && ['waits.run = (SELECT id FROM runs WHERE tenant = ? AND run = ?)', sought(tenant), run],
    workflow !== undefined && ['waits.workflow = ?', sought(workflow)],
    signal !== undefined && ['waits.signal = ?', sought(signal)],
    after !== undefined && ['(waits.opened, waits.wait) > (?, ?)', after.openedAt, after.id],
  ]);
  const actors = actor === undefined ? undefined : actorsQuestion(sought(tenant), status, actor);
  const from = actors === undefined ? 'waits' : `(${actors.sql}) AS theirs CROSS JOIN waits ON waits.id = theirs.wait`;
  return {
    sql: `SELECT ${WAIT_COLUMNS} FROM ${from} ${WAIT_RUN} WHERE ${where} ORDER BY waits.opened, waits.wait LIMIT ?`,
    values: [...(actors?.values ?? []), ...values, bounded(limit)],
  };
}

/** The waits that somebody may act on, each once. */
function actorsQuestion(
  tenant: SqlValue,
  status: string,
  { userId, groups = [] }: NonNullable<WaitQuery['actor']>,
): Question {
  const select = (kind: string, count: number): string =>
    `SELECT wait FROM wait_actors WHERE tenant = ? AND kind = '${kind}' AND actor IN (${Array(count).fill('?').join(', ')}) AND status = ?`;
  const users = userId === undefined ? [] : [userId];
  return {
    sql: `${select('user', users.length)} UNION ${select('group', groups.length)}`,
    values: [tenant, ...users.map(sought), status, tenant, ...groups.map(sought), status],
  };
}

const SUSPENDED_DUE = `SELECT ${RUN_COLUMNS} FROM runs
  WHERE workflow = ? AND status = 'suspended' AND wake <= ? ORDER BY wake LIMIT ?`;
const LEFT_BEHIND = `SELECT ${RUN_COLUMNS} FROM runs
  WHERE workflow = ? AND status = 'running' AND lease_until < ? ORDER BY lease_until LIMIT ?`;
const WAITS_DUE = `SELECT ${WAIT_COLUMNS} FROM waits ${WAIT_RUN}
  WHERE waits.workflow = ? AND waits.status = 'open' AND waits.due <= ? ORDER BY waits.due LIMIT ?`;

/** A question for each workflow: so each is one range of an index, however many runs of others are due. */
export function dueQuestions(what: 'runs' | 'waits', { now, workflows, limit = PAGE }: DueQuery): readonly Question[] {
  const texts = what === 'runs' ? [SUSPENDED_DUE, LEFT_BEHIND] : [WAITS_DUE];
  return [...new Set(workflows)].flatMap((workflow) =>
    texts.map((sql) => ({ sql, values: [sought(workflow), now, bounded(limit)] })),
  );
}

export function readRuns(reader: Reader, { sql, values }: Question): readonly RunInfo[] {
  return reader.all<RunRow>(sql, ...values).map(runOf);
}

export function readWaits(reader: Reader, { sql, values }: Question): readonly Wait[] {
  return reader.all<WaitRow>(sql, ...values).map(waitOf);
}

/** An id that is looked for; NULL, which equals nothing, where there can be none like it. */
export function sought(id: string): string | null {
  return isStorableId(id) ? id : null;
}

/** SQL has no infinity to count to. */
export function bounded(limit: number): number {
  return Math.min(limit, Number.MAX_SAFE_INTEGER);
}

function all(conditions: readonly (readonly [sql: string, ...values: SqlValue[]] | false)[]): {
  readonly where: string;
  readonly values: readonly SqlValue[];
} {
  const held = conditions.filter((condition) => condition !== false);
  return {
    where: held.map(([sql]) => sql).join(' AND '),
    values: held.flatMap(([, ...values]) => values),
  };
}
