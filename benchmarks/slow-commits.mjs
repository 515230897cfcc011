// Makes every commit of a SQLite driver take 5 ms longer, as on a slow disk, in the thread that commits:
// `node --import ./slow-commits.mjs …`. Threads load it as well.
import { createRequire } from 'node:module';
import process from 'node:process';

const SLOWER_MS = 5;
const nobody = new Int32Array(new SharedArrayBuffer(4));

for (const Database of drivers()) {
  const { prepare } = Database.prototype;
  Database.prototype.prepare = function (sql) {
    const statement = prepare.call(this, sql);
    if (sql !== 'COMMIT') return statement;
    const run = () => {
      const result = statement.run();
      Atomics.wait(nobody, 0, 0, SLOWER_MS); // the whole thread stands still, as in an fsync
      return result;
    };
    return { run, get: () => statement.get(), all: () => statement.all() };
  };
}

function drivers() {
  const found = [process.getBuiltinModule?.('node:sqlite')?.DatabaseSync];
  try {
    found.push(createRequire(import.meta.resolve('@drawloom/sqlite'))('better-sqlite3'));
  } catch {
    // It is optional.
  }
  return found.filter((Database) => Database !== undefined);
}
