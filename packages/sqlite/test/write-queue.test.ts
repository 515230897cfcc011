import { setTimeout } from 'node:timers/promises';
import { connect } from '../src/connection/connect.js';
import { BatchWriter, type Write } from '../src/connection/run-batch.js';
import { findDriver } from '../src/store/drivers.js';
import { sqlite } from '../src/index.js';
import { buildChild, startChild } from './support/child-program.js';
import { begin, commitNumber, openAll } from './support/numbered-runs.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();

function connection(path: string) {
  const options = { driver: findDriver('tests', undefined), synchronous: 'FULL', busyTimeout: 1_000 } as const;
  return connect({ ...options, path, checkpointPages: 0 });
}

const STATEMENTS = [
  { sql: 'INSERT INTO notes (id, text) VALUES (?, ?)' },
  { sql: 'UPDATE notes SET text = ? WHERE id = ?' },
  { sql: 'UPDATE notes SET text = ? WHERE id = ? RETURNING id, text', returns: true },
];

withSqlite('A batch of writes', () => {
  function writer() {
    const path = files.path();
    const reader = connection(path);
    reader.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)');
    const batch = new BatchWriter(connection(path), STATEMENTS);
    const notes = () =>
      (reader.prepare('SELECT id, text FROM notes ORDER BY id').all() as { id: number; text: string }[]).map(
        ({ id, text }) => `${id}${text}`,
      );
    return { write: (writes: readonly Write[]) => batch.write(writes), notes };
  }
  const plain = (...steps: Write['steps']): Write => ({ isGuarded: false, steps });
  const guarded = (...steps: Write['steps']): Write => ({ isGuarded: true, steps });

  it('says what each step of each write came to', () => {
    const { write, notes } = writer();
    const answers = write([
      plain([0, 1, 'a'], [1, 'b', 1], [1, 'c', 9]),
      plain([2, 'd', 1]),
      plain([2, 'e', 9]),
      guarded([2, 'f', 1]),
      plain(),
    ]);
    expect(answers.slice(0, 1)).toEqual([[1, 1, 0]]);
    expect({ ...(answers[1] as object[])[0] }).toEqual({ id: 1, text: 'd' });
    expect(answers.slice(2, 3)).toEqual([[undefined]]);
    expect({ ...(answers[3] as object[])[0] }).toEqual({ id: 1, text: 'f' });
    expect(answers[4]).toEqual([]);
    expect(notes()).toEqual(['1f']);
  });

  it('B. ends a write whose guard changes nothing, and no other', () => {
    const { write, notes } = writer();
    const answers = write([
      plain([0, 1, 'a']),
      guarded([1, 'x', 9], [0, 2, 'x']),
      guarded([2, 'x', 9], [0, 3, 'x']),
      guarded([1, 'b', 1], [0, 4, 'c']),
      guarded([1, 'd', 1], [1, 'e', 9]),
    ]);
    expect(answers).toEqual([[1], false, false, [1, 1], [1, 0]]);
    expect(notes()).toEqual(['1d', '4c']);
  });

  it('C. takes out what fails, whole, and writes the others', () => {
    const { write, notes } = writer();
    const answers = write([
      plain([0, 1, 'a']),
      plain([0, 2, 'b'], [0, 1, 'twice']),
      guarded([1, 'c', 1], [0, 3, null]),
      plain([0, 4, 'd']),
      plain([0, 4, 'twice']),
    ]);
    const failed = { error: { code: 'SQLITE_CONSTRAINT', message: expect.any(String) } };
    expect(answers).toEqual([[1], failed, failed, [1], failed]);
    expect(notes()).toEqual(['1a', '4d']);
  });
});

withSqlite('The queue of a store', () => {
  it('lets the event loop go on while many runs commit, and while one does', async () => {
    const store = sqlite(files.path());
    const leases = await Promise.all(Array.from({ length: 20 }, (_, index) => begin(store, `run-${index}`)));
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    await Promise.all(
      leases.map(async (lease) => {
        for (let count = 0; count < 10; count++) await commitNumber(store, lease);
      }),
    );
    expect(ticks).toBeGreaterThan(0);
    ticks = 0;
    for (let count = 0; count < 100; count++) await commitNumber(store, leases[0]!);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
    expect((await openAll(store, 20)).get('run-0')).toBe(110);
    await store.close();
  });

  it('A. writes first what was asked first, whichever thread does it', async () => {
    const store = sqlite(files.path(), { durability: 'normal' });
    const lease = await begin(store, 'run-0');
    const write = (seq: number) => store.commit(lease, { records: [{ seq, type: 't', text: `${seq}` }], at: seq });
    const answers: Promise<boolean>[] = [];
    for (let seq = 1; seq <= 400; seq++) {
      answers.push(write(seq));
      // One at a time, a few, or more than the caller's thread takes.
      if (seq % 97 === 0 || seq < 20) await answers.at(-1);
    }
    expect(new Set(await Promise.all(answers))).toEqual(new Set([true]));
    expect((await store.run(lease))!.length).toBe(400);
    await store.close();
  });

  it('copies the log into the file before it grows long, also for a run that is alone', async () => {
    const path = files.path();
    const store = sqlite(path, { durability: 'normal' });
    const lease = await begin(store, 'run-0');
    const reader = connection(path);
    let longest = 0;
    for (let seq = 1; seq <= 3_000; seq++) {
      await store.commit(lease, { records: [{ seq, type: 't', text: 'x'.repeat(2_000) }], at: seq });
      if (seq % 100 > 0) continue;
      longest = Math.max(longest, (reader.prepare('PRAGMA wal_checkpoint(NOOP)').get() as { log: number }).log);
    }
    expect(longest).toBeLessThan(2_500);
    reader.close();
    await store.close();
  }, 30_000);

  it('ends when the program has nothing else to do, though it was not closed', async () => {
    const child = startChild(buildChild('unclosed', files.directory), [files.path()]);
    const isOver = await Promise.race([child.ended, setTimeout(20_000, 'it goes on', { ref: false })]);
    child.process.kill('SIGKILL');
    expect(isOver).toEqual({ code: 0, errors: '' });
  }, 30_000);
});
