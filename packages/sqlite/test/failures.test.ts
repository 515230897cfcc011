import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AdapterError, DefinitionError } from '@drawloom/core';
import { sqlite, type SqliteStore } from '../src/index.js';
import { connect, type Connection } from '../src/connection/connect.js';
import { findDriver } from '../src/store/drivers.js';
import { MIGRATIONS } from '../src/store/schema.js';
import { buildChild, startChild } from './support/child-program.js';
import { begin, commitNumber, openAll } from './support/numbered-runs.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();

/** A connection that is not of a store: somebody else's. */
function stranger(path: string): Connection {
  const options = { driver: findDriver('tests', undefined), synchronous: 'FULL', busyTimeout: 1_000 } as const;
  return connect({ ...options, path, checkpointPages: 0 });
}

async function written(path: string, commits: number): Promise<void> {
  const store = sqlite(path);
  const lease = await begin(store, 'run-0');
  for (let count = 0; count < commits; count++) await commitNumber(store, lease);
  await store.close();
}

/** The error that a call ends in, in the one layout. */
async function failure(call: () => unknown): Promise<AdapterError> {
  try {
    await call();
  } catch (error) {
    expect(AdapterError.is(error)).toBe(true);
    const { code, message, fix } = error as AdapterError;
    expect(message).toMatch(
      new RegExp(`^\\[${code}\\] sqlite\\(".*"\\): .+[^.]\\n  Fix: .*[^.]\\n  More: docs/errors`),
    );
    expect(message).toContain(`Fix: ${fix}`);
    return error as AdapterError;
  }
  throw new Error('It did not fail');
}

withSqlite('A file that cannot be a store', () => {
  it.each([
    ['text', 'This is no database, but it is long enough to be read as the header of one. '.repeat(80), 'no database'],
    ['noise', Buffer.alloc(8_192, 0xa5), 'no database'],
  ])('is refused and left as it is: %s', async (_, content, what) => {
    const path = files.path();
    writeFileSync(path, content);
    const error = await failure(() => sqlite(path));
    expect([error.code, error.isTransient]).toEqual(['STORE_UNUSABLE', false]);
    expect(error.message).toContain(what);
    expect(readFileSync(path)).toEqual(Buffer.from(content));
  });

  it('is refused and left as it is: a database of something else', async () => {
    const path = files.path();
    const other = stranger(path);
    other.exec('CREATE TABLE notes (text TEXT)');
    const error = await failure(() => sqlite(path));
    expect(error).toMatchObject({ code: 'STORE_UNUSABLE' });
    expect(error.message).toContain('the file is a database of something else');
    expect(other.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()).toMatchObject({ tables: 1 });
    other.close();
  });

  it('is refused and left as it is: one that a later release has written', async () => {
    const path = files.path();
    await written(path, 2);
    const later = stranger(path);
    later.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    const error = await failure(() => sqlite(path));
    expect(error.code).toBe('STORE_UNUSABLE');
    expect(error.message).toContain(
      `its schema has version ${MIGRATIONS.length + 1}, this release knows ${MIGRATIONS.length}`,
    );
    expect(error.fix).toContain('update @drawloom/sqlite');
    expect(later.prepare('SELECT count(*) AS records FROM records').get()).toMatchObject({ records: 2 });
    later.close();
  });

  it('is refused: a directory, and a path into nowhere, which is not made', async () => {
    const directory = files.path();
    mkdirSync(directory);
    expect((await failure(() => sqlite(directory))).code).toBe('STORE_UNUSABLE');
    const nowhere = join(files.path(), 'runs.db');
    const error = await failure(() => sqlite(nowhere));
    expect(error.fix).toContain('make the directory');
    expect(existsSync(dirname(nowhere))).toBe(false);
  });

  it('is refused: one that may not be written', async () => {
    const directory = files.path();
    mkdirSync(directory);
    const path = join(directory, 'runs.db');
    await written(path, 1);
    chmodSync(files.directory, 0o755);
    chmodSync(path, 0o444);
    chmodSync(directory, 0o555);
    const child = startChild(buildChild('opener', files.directory), [path]);
    expect(await child.ended).toEqual({ code: 0, errors: '' });
    chmodSync(directory, 0o755);
    expect(child.lines).toEqual([expect.stringMatching(/^STORE_UNUSABLE: .*Fix: give the process the right to/)]);
  });

  it('tells a torn file, when it is opened or when it is read, and never makes a new one of it', async () => {
    const path = files.path();
    await written(path, 60);
    const { size } = statSync(path);
    for (const left of [100, 4_096, size / 2, size - 4_096]) {
      const torn = files.path();
      writeFileSync(torn, readFileSync(path).subarray(0, left));
      const error = await failure(async () => {
        const store = sqlite(torn);
        try {
          await openAll(store, 1);
          await commitNumber(store, { tenant: '', runId: 'run-0', owner: 'tests', epoch: 1 });
        } finally {
          await store.close();
        }
      });
      expect(['STORE_UNUSABLE', 'STORE_FAILED']).toContain(error.code);
      expect(error.message).toMatch(/the file is (damaged|no database)/);
    }
  });
});

withSqlite('A store that is locked', () => {
  it('fails for now, loses nothing, and goes on when it is free again', async () => {
    const path = files.path();
    const store = sqlite(path, { busyTimeout: 20 });
    const lease = await begin(store, 'run-0');
    await commitNumber(store, lease);
    const other = stranger(path);
    other.exec('BEGIN IMMEDIATE');
    const error = await failure(() => commitNumber(store, lease));
    expect([error.code, error.isTransient]).toEqual(['STORE_BUSY', true]);
    expect(await openAll(store, 1)).toEqual(new Map([['run-0', 1]]));
    other.exec('ROLLBACK');
    other.close();
    expect(await commitNumber(store, lease)).toBe(2);
    await store.close();
  });

  it('waits for a lock as long as it was told to', async () => {
    const path = files.path();
    const store = sqlite(path, { busyTimeout: 60_000 });
    const lease = await begin(store, 'run-0');
    const other = stranger(path);
    other.exec('BEGIN IMMEDIATE');
    const waiting = commitNumber(store, lease);
    const turns = new Promise((resolve) => setTimeout(resolve, 50, 'the event loop goes on'));
    expect(await Promise.race([waiting, turns])).toBe('the event loop goes on');
    other.exec('COMMIT');
    expect(await waiting).toBe(1);
    other.close();
    await store.close();
  });

  it('cannot be opened while somebody keeps it to himself', async () => {
    const path = files.path();
    await written(path, 1);
    const other = stranger(path);
    other.exec('PRAGMA locking_mode = EXCLUSIVE');
    other.exec('BEGIN IMMEDIATE');
    expect((await failure(() => sqlite(path, { busyTimeout: 20 }))).code).toBe('STORE_BUSY');
    other.close();
    const store = sqlite(path);
    expect(await openAll(store, 1)).toEqual(new Map([['run-0', 1]]));
    await store.close();
  });
});

withSqlite('A disk that is full', () => {
  it('B. fails with a code, loses nothing that was acknowledged, and goes on when there is room', async () => {
    const program = buildChild('filler', files.directory);
    const path = files.path();
    await written(path, 0);
    const first = startChild(program, [path, 'first'], 2_000);
    expect(await first.ended).toEqual({ code: 0, errors: '' });
    const told = first.lines.at(-1);
    expect(told).toMatch(/^STORE_FAILED: /);
    const acknowledged = first.lines.slice(0, -1).length;
    expect(acknowledged).toBeGreaterThan(50);

    const store = sqlite(path);
    const records = await store.records({ tenant: '', runId: 'first' }, 0, Infinity);
    expect(records.length).toBeGreaterThanOrEqual(acknowledged);
    expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
    await begin(store, 'second');
    await store.close();
  }, 60_000);
});

withSqlite('A store that was closed', () => {
  it('answers nothing any more, and may be closed twice', async () => {
    const store = sqlite(files.path());
    const lease = await begin(store, 'run-0');
    await Promise.all([store.close(), store.close()]);
    await store.close();
    const calls: ((store: SqliteStore) => unknown)[] = [
      (closed) => closed.commit(lease, { records: [], at: 1 }),
      (closed) => closed.run(lease),
      (closed) => closed.runs({ tenant: '' }),
      (closed) => closed.release(lease),
    ];
    for (const call of calls) {
      const error = await failure(() => call(store));
      expect(error.code).toBe('STORE_FAILED');
      expect(error.message).toContain('the store is closed');
    }
  });
});

withSqlite('The options of a store', () => {
  it.each([
    ['', {}, 'path'],
    [':memory:', {}, 'path'],
    ['file:runs.db?mode=memory', {}, 'path'],
    ['a\0b', {}, 'path'],
    [7, {}, 'path'],
    ['runs.db', { durability: 'fast' }, 'durability'],
    ['runs.db', { busyTimeout: -1 }, 'busyTimeout'],
    ['runs.db', { busyTimeout: 1.5 }, 'busyTimeout'],
    ['runs.db', { busyTimeout: 2 ** 31 }, 'busyTimeout'],
    ['runs.db', { driver: 'sqlite3' }, 'driver'],
    ['runs.db', { busytimeout: 1 }, 'busytimeout'],
  ])('refuse %j with %j', (path, options, option) => {
    let error: unknown;
    try {
      sqlite(path as string, options as object);
    } catch (thrown) {
      error = thrown;
    }
    expect(DefinitionError.is(error)).toBe(true);
    expect(error).toMatchObject({ code: 'INVALID_OPTION' });
    expect((error as Error).message).toContain(option);
  });
});

withSqlite('A store with a very long history', () => {
  it('keeps the records of runs apart whose numbers are beyond what a float can count', async () => {
    const path = files.path();
    await written(path, 3);
    const other = stranger(path);
    other.exec(`INSERT INTO runs SELECT 2147483000, tenant, 'old', workflow, version, graph_hash, user, session, created,
      forked_from, status, 0, updated, wake, owner, lease_until, epoch FROM runs`);
    other.close();
    const store = sqlite(path);
    const leases = await Promise.all(['run-1', 'run-2', 'run-3'].map((runId) => begin(store, runId)));
    for (let seq = 1; seq <= 5; seq++) {
      const records = [{ seq, type: 't', text: `${seq}` }];
      for (const lease of leases) expect(await store.commit(lease, { records, at: seq })).toBe(true);
    }
    for (const lease of leases) {
      const seqs = async (after: number) => (await store.records(lease, after, 100)).map(({ seq }) => seq);
      expect(await seqs(0)).toEqual([1, 2, 3, 4, 5]);
      expect([await seqs(3), await seqs(5), await seqs(-9), await seqs(Infinity), await seqs(2 ** 40)]).toEqual([
        [4, 5],
        [],
        [1, 2, 3, 4, 5],
        [],
        [],
      ]);
    }
    await store.commit(leases[1]!, { records: [], status: 'completed', at: 9 });
    expect(await store.forgetUser({ tenant: '', userId: 'alice' })).toEqual({ runs: 1, records: 5, waits: 0 });
    expect(await store.records(leases[0]!, 0, 9)).toHaveLength(5);
    await store.close();
  });
});
