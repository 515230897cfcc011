import { journalContract } from '@drawloom/testing';
import { sqlite, type SqliteStore } from '../src/index.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();

for (const durability of ['full', 'normal'] as const) {
  const open = (path: string): SqliteStore => sqlite(path, { durability });
  journalContract(`SQLite, durability ${durability}`, () => open(files.path()), {
    reopen: (journal) => open((journal as SqliteStore).path),
    runner: { describe: withSqlite, it },
  });
}
