import {
  ChainedAuditLog,
  hmacKey,
  LocalExecutor,
  verifyAuditLog,
  Workflow,
  type AuditEntry,
  type AuditQuery,
  type Lease,
} from '@drawloom/core';
import { auditStoreContract } from '@drawloom/testing';
import { sqlite, type SqliteAuditStore, type SqliteStore } from '../src/index.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();
const key = hmacKey('k1', 'a secret of many bytes');
const told = { action: 'test.told', actor: 'user:alice' };

const stores = new WeakMap<object, SqliteStore>();
function auditStoreAt(path: string): SqliteAuditStore {
  const store = sqlite(path);
  const auditStore = store.auditStore();
  stores.set(auditStore, store);
  return auditStore;
}
auditStoreContract('SQLite', () => auditStoreAt(files.path()), {
  again: (store) => auditStoreAt(stores.get(store)!.path),
  dispose: (store) => stores.get(store)!.close(),
  runner: { describe: withSqlite, it },
});

async function entriesOf(log: ChainedAuditLog, query?: AuditQuery): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of log.entries(query)) entries.push(entry);
  return entries;
}

withSqlite('An audit log in a SQLite file', () => {
  let store: SqliteStore;
  let log: ChainedAuditLog;
  beforeEach(() => {
    store = sqlite(files.path());
    log = new ChainedAuditLog({ store: store.auditStore(), key });
  });
  afterEach(async () => {
    await log.close();
    await store.close();
  });

  /** A run with a lease, to commit under. */
  async function newRun(runId: string): Promise<Lease> {
    const facts = { tenant: '', runId, workflow: 'w', version: undefined, graphHash: 'h', userId: undefined };
    const run = { ...facts, sessionId: 's', createdAt: 1, forkedFrom: undefined, graph: '{}' };
    const created = await store.create(run, [], { owner: 'me', until: 1_000 });
    if (!created.isNew) throw new TypeError('there is such a run');
    return created.lease;
  }
  const commit = (lease: Lease, seq: number, visit: number, isRequired = true) =>
    store.commit(lease, {
      records: [{ seq, type: 'step.completed', text: '{}' }],
      audit: { log, entries: [{ ...told, run: lease.runId, visit }], isRequired },
      at: 1,
    });

  it('B183 finds the entries of a run, of a user and of a tenant, by an index and not by reading the log', async () => {
    const some = Array.from({ length: 1_200 }, (_, index) => ({
      ...told,
      run: `r${index % 3}`,
      user: `u${index % 2}`,
    }));
    await log.append([...some, { ...told, run: 'r1', tenant: 'acme', visit: 7 }]);
    expect(await entriesOf(log, { run: 'r1' })).toHaveLength(401);
    expect(await entriesOf(log, { run: 'r1', user: 'u1' })).toHaveLength(200);
    expect((await entriesOf(log, { tenant: 'acme' })).map(({ visit }) => visit)).toEqual([7]);
    expect(await entriesOf(log, { tenant: '' })).toHaveLength(1_200);
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 1_201 });
  });

  it('has entries in the transaction of the records that they belong to, in one chain with all others', async () => {
    const leases = await Promise.all(['a', 'b', 'c'].map(newRun));
    await Promise.all([
      log.append(told),
      ...leases.map((lease) => commit(lease, 1, 1)),
      log.append(told),
      ...leases.map((lease) => commit(lease, 2, 2)),
    ]).catch(() => undefined); // a second commit may come before the first is durable, and is refused then
    for (const lease of leases) await commit(lease, (await store.records(lease, 0, 9)).length + 1, 3);
    const entries = await entriesOf(log);
    for (const { runId, ...lease } of leases) {
      const records = await store.records({ ...lease, runId }, 0, 9);
      expect(entries.filter(({ run }) => run === runId).length).toBeGreaterThanOrEqual(records.length);
    }
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: entries.length });
  });

  it('keeps what has happened where the lease of a run is lost: alone, and among others that share the transaction', async () => {
    const [a, b] = [await newRun('a'), await newRun('b')];
    const lost = { ...a, epoch: 7 };
    expect(await commit(lost, 1, 1)).toBe(false);
    expect(await Promise.all([commit(lost, 1, 2), commit(b, 1, 3), commit(lost, 1, 4)])).toEqual([false, true, false]);
    expect((await entriesOf(log)).map(({ visit }) => visit)).toEqual([1, 2, 3, 4]);
    expect(await store.records(a, 0, 9)).toEqual([]);
    expect(await store.records(b, 0, 9)).toHaveLength(1);
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 4 });
  });

  it('fails what requires it when it takes no entries, and nothing else', async () => {
    const lease = await newRun('a');
    await commit(lease, 1, 1);
    await log.close();
    await expect(commit(lease, 2, 2)).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    expect(await store.records(lease, 0, 9)).toHaveLength(1);
    expect(await commit(lease, 2, 2, false)).toBe(true);
    expect(await store.records(lease, 0, 9)).toHaveLength(2);
  });

  it('carries only logs that are in this very file', async () => {
    const other = sqlite(files.path());
    const elsewhere = new ChainedAuditLog({ store: other.auditStore(), key });
    expect([store.carries(log), store.carries(elsewhere), other.carries(elsewhere)]).toEqual([true, false, true]);
    await elsewhere.close();
    await other.close();
  });

  it('is one of several in a file, each with a chain and a writer of its own', async () => {
    const second = new ChainedAuditLog({ store: store.auditStore('second'), key });
    await Promise.all([log.append(told), second.append([told, told])]);
    expect([(await entriesOf(log)).length, (await entriesOf(second)).length]).toEqual([1, 2]);
    const third = new ChainedAuditLog({ store: store.auditStore('second'), key });
    await expect(third.append(told)).rejects.toMatchObject({ code: 'AUDIT_LOCKED' });
    await second.close();
    expect(await third.append(told)).toEqual({ seq: 4 }); // after the entry that says that one is missing
    await third.close();
    expect(() => store.auditStore('../x')).toThrow(/INVALID_OPTION/);
  });

  it.each(['required', 'best-effort'] as const)(
    'records 20 durable runs at once (%s), with every step in one chain',
    async (mode) => {
      const executor = new LocalExecutor({ journal: store, audit: { log, mode } });
      const workflow = new Workflow<number>('w')
        .addNode('a', async (n: number) => n + 1)
        .addNode('b', (n: number) => n + 1)
        .addEdge('a', 'b')
        .setStart('a');
      const runs = Array.from({ length: 20 }, (_, n) => workflow.run(n, { executor, runId: `r${n}` }));
      expect((await Promise.all(runs)).map(({ output }) => output)).toEqual(runs.map((_, n) => n + 2));
      const entries = await entriesOf(log);
      expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 20 * 6 });
      for (let n = 0; n < 20; n++) {
        const own = entries.filter(({ run }) => run === `r${n}`);
        expect(own.map(({ action }) => action)).toEqual([
          'run.started',
          'step.started',
          'step.completed',
          'step.started',
          'step.completed',
          'run.completed',
        ]);
      }
    },
  );

  it('shows what was changed in the file', async () => {
    await log.append([told, { ...told, facts: { euros: 40 } }, told]);
    await log.close();
    const { databaseOf } = await import('../src/connection/connect.js');
    const Database = (databaseOf('node:sqlite') ?? databaseOf('better-sqlite3'))!;
    const database = new Database(store.path);
    const line = database.prepare('SELECT bytes FROM audit_lines WHERE id & 255 = 2').get() as { bytes: Uint8Array };
    const changed = Buffer.from(Buffer.from(line.bytes).toString().replace('40', '90'));
    database.prepare('UPDATE audit_lines SET bytes = ? WHERE id & 255 = 2').run(changed);
    database.close();
    const verdict = await verifyAuditLog(store.auditStore(), { keys: key });
    expect(verdict.firstBreak).toMatchObject({ kind: 'edit', seq: 2 });
  });
});
