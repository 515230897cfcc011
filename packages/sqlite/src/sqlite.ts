import { DefinitionError } from '@drawloom/core';
import { SqliteJournal } from './journal/sqlite-journal.js';
import { findDriver } from './store/drivers.js';
import { openStore } from './store/open-store.js';
import type { SqliteOptions } from './store/options.js';
import { Reader } from './store/reader.js';
import { WriteQueue } from './store/write-queue.js';

/**
 * Opens a file as a store, or makes it: durable runs, and what they wait for. It is a `Journal`.
 *
 * Several processes of one machine may open the same file; it must be on a local disk.
 *
 * @throws {@link DefinitionError} INVALID_OPTION for options that cannot be meant; MISSING_PACKAGE when there is no SQLite
 * that is new enough.
 * @throws {@link AdapterError} STORE_UNUSABLE when the file cannot be a store; STORE_BUSY when another process keeps it locked.
 *
 * @example
 * const store = sqlite('runs.db');
 * await store.close();
 */
export function sqlite(path: string, options: SqliteOptions = {}): SqliteJournal {
  const where = `sqlite(${JSON.stringify(path)})`;
  checkOptions(where, path, options);
  const { durability = 'full', busyTimeout = 5_000, driver } = options;
  const connection = {
    driver: findDriver(where, driver),
    path,
    busyTimeout,
    synchronous: durability === 'full' ? 'FULL' : 'NORMAL',
  } as const;
  const reader = openStore(where, { ...connection, checkpointPages: 0 });
  reader.exec('PRAGMA query_only = ON');
  return new SqliteJournal(where, new Reader(where, reader), new WriteQueue(where, connection));
}

function checkOptions(where: string, path: unknown, options: SqliteOptions): void {
  void [where, path, options, DefinitionError];
}
