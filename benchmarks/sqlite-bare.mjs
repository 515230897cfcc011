// The limit of durable steps: the driver itself, one row with the same texts for each step. A run that is alone commits for each
// step; many share a transaction for each turn of the event loop.
import { createRequire } from 'node:module';

const DURABILITY = { full: 'FULL', normal: 'NORMAL' };

/** @returns { run(name): appends(text) for one run, close() } */
export function openDurable(path, { durability, isAlone }) {
  const Database =
    process.getBuiltinModule?.('node:sqlite')?.DatabaseSync ?? createRequire(import.meta.url)('better-sqlite3');
  const database = new Database(path);
  database.exec('PRAGMA journal_mode = WAL');
  database.exec(`PRAGMA synchronous = ${DURABILITY[durability]}`);
  database.exec(
    'CREATE TABLE journal (run TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (run, seq)) WITHOUT ROWID',
  );
  const insert = database.prepare('INSERT INTO journal VALUES (?, ?, ?, ?)');
  const [begin, commit] = ['BEGIN IMMEDIATE', 'COMMIT'].map((sql) => database.prepare(sql));
  let waiting = [];
  const flush = () => {
    const batch = waiting;
    waiting = [];
    begin.run();
    for (const { row } of batch) insert.run(...row);
    commit.run();
    for (const { resolve } of batch) resolve();
  };
  const append = isAlone
    ? async (...row) => {
        begin.run();
        insert.run(...row);
        commit.run();
      }
    : (...row) =>
        new Promise((resolve) => {
          if (waiting.push({ row, resolve }) === 1) setImmediate(flush);
        });
  return {
    run: async (name) => (seq, text) => append(name, seq, 'step.completed', text),
    close: () => database.close(),
  };
}

/** Runs of plain steps, one after the other, each with a row of its own before the next. */
export function openRuns(path, steps, { durability }) {
  const file = openDurable(path, { durability, isAlone: true });
  let runs = 0;
  return {
    run: async (input) => {
      const append = await file.run(`run-${(runs += 1)}`);
      let value = input;
      for (const [seq, step] of steps.entries()) {
        value = await step(value);
        await append(seq, JSON.stringify({ node: `step-${seq}`, output: value }));
      }
      return value;
    },
    close: file.close,
  };
}
