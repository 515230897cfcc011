import { DefinitionError } from '@drawloom/core';
import { describeValue, problems } from '@drawloom/core/front-end';
import { SqliteStore } from './sqlite-store.js';
import { findDriver } from './store/drivers.js';
import { openStore } from './store/open-store.js';
import { memoryLimits } from './memory/sqlite-memory.js';
import type { SqliteOptions } from './store/options.js';
import { Reader } from './store/reader.js';
import { WriteQueue } from './store/write-queue.js';

const OPTIONS: readonly string[] = ['durability', 'busyTimeout', 'driver', 'memory'];
/** SQLite counts in 32 bits. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/**
 * Opens a file as a store, or makes it: durable runs and what they wait for. What it gives is a `Journal`.
 *
 * Several processes of one machine may open the same file; it must be on a local disk.
 *
 * @throws {@link DefinitionError} INVALID_OPTION for options that cannot be meant; MISSING_PACKAGE when there is no SQLite
 * that is new enough.
 * @throws {@link AdapterError} STORE_UNUSABLE when the file cannot be a store; STORE_BUSY when another process keeps it locked.
 *
 * @example
 * const store = sqlite('runs.db');
 * const [latest] = await store.runs({ tenant: '', limit: 1 });
 * await store.close();
 */
export function sqlite(path: string, options: SqliteOptions = {}): SqliteStore {
  const where = `sqlite(${describeValue(path)})`;
  checkOptions(where, path, options);
  memoryLimits(options.memory ?? {}); // before anything is opened
  const { durability = 'full', busyTimeout = 5_000, driver } = options;
  const connection = {
    driver: findDriver(where, driver),
    path,
    busyTimeout,
    synchronous: durability === 'full' ? 'FULL' : 'NORMAL',
  } as const;
  const reader = openStore(where, { ...connection, checkpointPages: 0 });
  reader.exec('PRAGMA query_only = ON');
  return new SqliteStore(path, where, new Reader(where, reader), new WriteQueue(where, connection), options.memory);
}

/** @throws {@link DefinitionError} INVALID_OPTION */
function checkOptions(where: string, path: unknown, options: SqliteOptions): void {
  const { durability, busyTimeout, driver } = options;
  const isTimeout = Number.isSafeInteger(busyTimeout) && busyTimeout! >= 0 && busyTimeout! <= LONGEST_TIMEOUT;
  const checks: readonly (readonly [option: string, value: unknown, isRight: boolean, allowed: string])[] = [
    ['path', path, isFile(path), 'the path of a file; for tests there are InMemoryJournal and InMemoryMemory'],
    ['durability', durability, ['full', 'normal', undefined].includes(durability), '"full", "normal"'],
    ['busyTimeout', busyTimeout, busyTimeout === undefined || isTimeout, 'milliseconds, a whole number of 0 or more'],
    [
      'driver',
      driver,
      ['node:sqlite', 'better-sqlite3', undefined].includes(driver),
      '"node:sqlite", "better-sqlite3"',
    ],
  ];
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  DefinitionError.throwIfAny([
    ...checks.flatMap(([option, value, isRight, allowed]) =>
      isRight ? [] : [problems.invalidOption(where, option, value, allowed, option === 'path')],
    ),
    ...unknown.map((name) => problems.unknownOption(where, name, OPTIONS)),
  ]);
}

/** What SQLite would take for something else than a file is refused: it would be gone with the process. */
function isFile(path: unknown): boolean {
  return typeof path === 'string' && path !== '' && !path.includes('\0') && !/^(:memory:|file:)/i.test(path);
}
