import type { AuditQuery } from '@drawloom/core';
import { LAST_LINE, LINE_BY_ID, linesQuestion, LOG_BY_NAME } from '../src/audit/audit-queries.js';
import { connect, type Connection } from '../src/connection/connect.js';
import { sqlite, type SqliteStore } from '../src/index.js';
import {
  dueQuestions,
  keptQuestion,
  RECORDS_AFTER,
  RUN_BY_KEY,
  runsQuestion,
  SIGNAL_BY_KEY,
  WAIT_BY_KEY,
  waitsQuestion,
} from '../src/journal/journal-queries.js';
import { findDriver } from '../src/store/drivers.js';
import { STATEMENTS } from '../src/store/statements.js';
import { numberedRun } from './support/numbered-runs.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();
const tenant = 'acme';

/** Every combination of what may be asked. */
function combinations<T extends object>(base: T, parts: readonly Partial<T>[]): readonly T[] {
  return parts.reduce<readonly T[]>((all, part) => [...all, ...all.map((query) => ({ ...query, ...part }))], [base]);
}

const RUN_QUERIES = combinations<Parameters<typeof runsQuestion>[0]>({ tenant }, [
  { userId: 'u' },
  { workflow: 'w' },
  { status: 'suspended' },
  { from: 1, to: 2 },
  { after: { createdAt: 1, runId: 'r' } },
]);
const WAIT_QUERIES = combinations<Parameters<typeof waitsQuestion>[0]>({ tenant }, [
  { kind: 'approval' },
  { runId: 'r' },
  { workflow: 'w', signal: 's' },
  { actor: { userId: 'u', groups: ['g', 'h'] } },
  { after: { openedAt: 1, id: 'i' } },
]);
const AUDIT_QUERIES = combinations<AuditQuery>({}, [{ action: 'run.started' }, { run: 'r' }, { user: 'u' }]);
const due = { now: 1, workflows: ['w'] };

withSqlite('What a journal asks of its tables', () => {
  let store: SqliteStore;
  let connection: Connection;
  beforeAll(() => {
    const path = files.path();
    store = sqlite(path);
    const driver = findDriver('tests', undefined);
    connection = connect({ driver, path, synchronous: 'FULL', busyTimeout: 1_000, checkpointPages: 0 });
  });
  afterAll(async () => {
    connection.close();
    await store.close();
  });

  /** How SQLite will go about it, line by line. */
  const planOf = (sql: string): readonly string[] => {
    const values = Array<null>((sql.match(/\?/g) ?? []).length).fill(null);
    const rows = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { readonly detail: string }[];
    return rows.map(({ detail }) => detail);
  };

  /** A table of runs, records, waits or actors that is read from one end to the other. */
  const scans = (sql: string): readonly string[] =>
    planOf(sql).filter(
      (line) => /^SCAN (?!theirs|forgotten|CONSTANT|\(|\d)/.test(line) && !/SCAN .* VIRTUAL/.test(line),
    );

  it.each([
    ['due runs', dueQuestions('runs', due)],
    ['due waits', dueQuestions('waits', due)],
  ] as const)('C. finds %s in a range of an index, in their order', (_, questions) => {
    for (const { sql } of questions) {
      const plan = planOf(sql);
      expect(plan[0]).toMatch(
        /^SEARCH (runs|waits) USING INDEX (runs_to_wake|runs_left|waits_due) \(workflow=\? AND (wake|lease_until|due)<\?\)$/,
      );
      expect(plan.filter((line) => line.includes('TEMP B-TREE'))).toEqual([]);
    }
  });

  it('C. finds runs by any combination of what is known of them in an index, in their order', () => {
    for (const question of RUN_QUERIES) {
      const plan = planOf(runsQuestion(question).sql);
      expect(plan).toEqual([expect.stringMatching(/^SEARCH runs USING INDEX runs_by_\w+ \(tenant=\?/)]);
    }
  });

  it('C. finds waits by any combination of what is known of them in an index', () => {
    for (const question of WAIT_QUERIES) {
      const { sql } = waitsQuestion(question);
      expect([question, scans(sql)]).toEqual([question, []]);
      if (question.actor !== undefined) {
        expect(planOf(sql).filter((line) => /wait_actors/.test(line))).toEqual(
          Array(2).fill('SEARCH wait_actors USING PRIMARY KEY (tenant=? AND kind=? AND actor=? AND status=?)'),
        );
      }
    }
  });

  it('C. finds kept signals in an index, in their order', () => {
    const run = { tenant, runId: 'r' };
    for (const { sql } of [keptQuestion(run), keptQuestion({ ...run, signal: 's' })]) {
      const plan = planOf(sql);
      expect(plan[0]).toBe('SEARCH signals USING INDEX signals_kept (run=?)');
      expect(plan.filter((line) => line.includes('TEMP B-TREE'))).toEqual([]);
    }
  });

  it('C. finds lines of an audit log by whom and what they are about in indexes, and reads no others', () => {
    for (const query of AUDIT_QUERIES) {
      const plan = planOf(linesQuestion(1, query, 0, 9).sql);
      const isOfAll = query.run === undefined && query.user === undefined;
      const expected = isOfAll
        ? [expect.stringMatching(/^SEARCH audit_lines USING INTEGER PRIMARY KEY/)]
        : [
            expect.stringMatching(/^SEARCH subjects USING (COVERING )?INDEX \S+ \(log=\? AND (run|user)=\?/),
            expect.stringMatching(
              /^SEARCH lines USING (COVERING )?INDEX audit_lines_by_subject \(subject=\? AND id>\?\)$/,
            ),
            'USE TEMP B-TREE FOR ORDER BY',
          ];
      expect([query, plan]).toEqual([query, expected]);
    }
  });

  it.each([
    LAST_LINE,
    LINE_BY_ID,
    LOG_BY_NAME,
    RUN_BY_KEY,
    RECORDS_AFTER,
    WAIT_BY_KEY,
    SIGNAL_BY_KEY,
    ...STATEMENTS.map(({ sql }) => sql),
  ])('C. reads no table from end to end: %s', (sql) => {
    expect(scans(sql)).toEqual([]);
  });

  it('begins at once with a hundred thousand runs that sleep', async () => {
    const path = files.path();
    const full = sqlite(path, { durability: 'normal' });
    await full.create(numberedRun('first'), [], { owner: 'tests', until: 1 });
    await full.close();
    const driver = findDriver('tests', undefined);
    const filler = connect({ driver, path, synchronous: 'NORMAL', busyTimeout: 1_000, checkpointPages: 1_000 });
    filler.exec(`
      BEGIN;
      WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
      INSERT INTO runs (tenant, run, workflow, version, graph_hash, user, session, created, forked_from, status, length,
          updated, wake, owner, lease_until, epoch)
        SELECT '', 'run-' || i, 'w' || (i % 10), NULL, 'h', 'user-' || (i % 100), 's', i, NULL, 'suspended', 1, i, 1e6 + i, NULL, -9e999, 1 FROM n;
      INSERT INTO records (id, type, text) SELECT (id << 32) + 1, 'run.started', '{}' FROM runs;
      INSERT INTO waits (tenant, wait, run, kind, workflow, user, node, visit, signal, opened, due, users, groups, about, state, status, version)
        SELECT '', 'wait-' || run, id, 'approval', workflow, user, 'ask', 1, NULL, created, wake, '[]', '["g"]', '{}', '{}', 'open', 1 FROM runs;
      INSERT INTO wait_actors (tenant, kind, actor, status, wait) SELECT '', 'group', 'g' || (id % 1000), 'open', id FROM waits;
      COMMIT;`);
    filler.close();

    const since = performance.now();
    const again = sqlite(path);
    const workflows = Array.from({ length: 10 }, (_, index) => `w${index}`);
    expect(await again.dueRuns({ now: 1e6 + 3, workflows })).toHaveLength(3);
    expect(await again.dueWaits({ now: 1e6 + 3, workflows })).toHaveLength(3);
    expect(await again.waits({ tenant: '', actor: { groups: ['g7'] } })).toHaveLength(100);
    expect(await again.runs({ tenant: '', userId: 'user-7', status: 'suspended' })).toHaveLength(100);
    expect(performance.now() - since).toBeLessThan(1_000);
    await again.close();
  }, 60_000);
});
