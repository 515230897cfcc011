import type { AuditQuery } from '@drawloom/core';
import { connect, type Connection } from '../src/connection/connect.js';
import { sqlite } from '../src/index.js';
import { findDriver } from '../src/store/drivers.js';
import { APPLICATION_ID, MIGRATIONS } from '../src/store/schema.js';
import { numberedRun } from './support/numbered-runs.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();

withSqlite('A file of an older release', () => {
  const open = (path: string): Connection =>
    connect({
      driver: findDriver('tests', undefined),
      path,
      synchronous: 'FULL',
      busyTimeout: 1_000,
      checkpointPages: 0,
    });

  /** What a release wrote that knew so many migrations. */
  const fileOf = (version: number, fill = ''): string => {
    const path = files.path();
    const old = open(path);
    for (const migration of MIGRATIONS.slice(0, version)) old.exec(migration);
    old.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${version}; ${fill}`);
    old.close();
    return path;
  };

  const schemaOf = (path: string): unknown[] => {
    const connection = open(path);
    const schema = connection.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
    connection.close();
    return schema;
  };

  it.each(MIGRATIONS.map((_, version) => version).slice(1))(
    'with %i migrations becomes one of this release, with the same tables as a new one, and is used',
    async (version) => {
      const path = fileOf(version);
      const store = sqlite(path);
      expect(await store.create(numberedRun('r'), [], { owner: 'tests', until: 1 })).toMatchObject({ isNew: true });
      await store.close();
      const fresh = files.path();
      await sqlite(fresh).close();
      expect(schemaOf(path)).toEqual(schemaOf(fresh));
    },
  );

  it('still has the lines of its audit logs, byte for byte, and finds them', async () => {
    const lines = [1, 2, 3].flatMap((seq) => [
      `('first', ${seq}, x'7b${seq}${seq}0a', NULL, ${seq === 2 ? "'u'" : 'NULL'}, 's', 'r', 'step.started')`,
      `('second', ${seq}, x'7b0a', 't', 'u', NULL, NULL, 'x')`,
    ]);
    const path = fileOf(
      4,
      `INSERT INTO audit_lines (log, seq, bytes, tenant, user, session, run, action) VALUES ${lines.join(', ')};`,
    );
    const store = sqlite(path);
    const read = async (log: string, query?: AuditQuery): Promise<string[]> => {
      const all: string[] = [];
      for await (const line of store.auditStore(log).read(query)) all.push(Buffer.from(line).toString('hex'));
      return all;
    };
    expect(await read('first')).toEqual(['7b110a', '7b220a', '7b330a']);
    expect(await read('first', { run: 'r' })).toEqual(['7b110a', '7b220a', '7b330a']);
    expect(await read('first', { run: 'r', user: 'u' })).toEqual(['7b220a']);
    expect(await read('second', { tenant: 't' })).toHaveLength(3);
    const { last } = await store.auditStore('first').open();
    expect(Buffer.from(last!).toString('hex')).toBe('7b330a');
    await store.close();
  });

  it('still knows which messages its waits have taken', async () => {
    const state = (id?: string): string => JSON.stringify({ v: 1, received: { payload: '1', sender: 's', id, at: 7 } });
    const wait = (name: string, kind: string, signal: string, said: string, status: string): string =>
      `INSERT INTO waits (tenant, wait, run, kind, workflow, user, node, visit, signal, opened, due, users, groups, about, state, status, version)
        VALUES ('t', '${name}', 1, '${kind}', 'w', NULL, 'n', 1, ${signal}, 1, NULL, '[]', '[]', '{}', '${said}', '${status}', 2);`;
    const nothing = '{"v":1,"received":null,"expiredAt":null}';
    const path = fileOf(
      3,
      `INSERT INTO runs (tenant, run, workflow, version, graph_hash, user, session, created, forked_from, status, length,
          updated, wake, owner, lease_until, epoch)
        VALUES ('t', 'r', 'w', NULL, 'h', NULL, 's', 1, NULL, 'suspended', 1, 1, NULL, NULL, -9e999, 1);
      ${wait('taken', 'signal', "'paid'", state('m-1'), 'closed')}
      ${wait('unnamed', 'signal', "'paid'", state(), 'settled')}
      ${wait('open', 'signal', "'paid'", nothing, 'open')}
      ${wait('asked', 'approval', 'NULL', '{"v":1}', 'open')}`,
    );
    const store = sqlite(path);
    const key = { tenant: 't', runId: 'r', signal: 'paid', id: 'm-1' };
    expect(await store.signal(key)).toEqual({ ...key, text: '', at: 7, waitId: 'taken' });
    const again = { state: state('m-1'), status: 'settled', takes: { id: 'm-1', isKept: false } } as const;
    expect(await store.changeWait({ tenant: 't', id: 'open' }, 2, again, 9)).toBe(false);
    expect(await store.keptSignals({ tenant: 't', runId: 'r' })).toEqual([]);
    await store.close();
  });
});
