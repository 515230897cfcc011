/**
 * Job: open a SQLite file with either of two drivers, so that nothing else knows which of them it is.
 *
 * Boundary: five methods of a connection and three of a statement. Which connection is for what, and what is written, is
 * decided elsewhere.
 *
 * This file and its neighbours are JavaScript with types in comments, because the thread that commits starts from a file
 * that Node has to run as it is: from `src` in tests as well as from `dist`.
 *
 * A. Each connection says again how durable its commits are: the drivers differ in what they begin with, and better-sqlite3
 *    falls back to `synchronous=NORMAL` in a file that is in WAL mode.
 * B. What a file holds is never trusted to call functions (`trusted_schema=OFF`).
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';

/**
 * @typedef {'node:sqlite' | 'better-sqlite3'} DriverName
 * @typedef {string | number | null | Uint8Array} SqlValue
 * @typedef {Readonly<Record<string, SqlValue>>} Row
 *
 * @typedef {object} Statement - One prepared statement.
 * @property {(...values: SqlValue[]) => { readonly changes: number | bigint }} run
 * @property {(...values: SqlValue[]) => unknown} get - The first row, or `undefined`.
 * @property {(...values: SqlValue[]) => unknown[]} all
 *
 * @typedef {object} Connection
 * @property {(sql: string) => void} exec
 * @property {(sql: string) => Statement} prepare
 * @property {() => void} close
 *
 * @typedef {object} ConnectionOptions
 * @property {DriverName} driver
 * @property {string} path
 * @property {'FULL' | 'NORMAL'} synchronous
 * @property {number} busyTimeout - How long to wait for a lock that another connection holds. Milliseconds.
 * @property {number} checkpointPages - After how many pages in the log a commit copies them into the file; 0 for never.
 * @property {boolean} [isQueryOnly] - Whether it must not write.
 *
 * @typedef {new (path: string, options?: object) => Connection} Database
 */

/**
 * The class that opens files; `undefined` where this Node, or this installation, has none.
 *
 * @param {DriverName} driver
 * @returns {Database | undefined}
 */
export function databaseOf(driver) {
  if (driver === 'node:sqlite') {
    const module = /** @type {{ DatabaseSync: Database } | undefined} */ (
      /** @type {unknown} */ (process.getBuiltinModule?.('node:sqlite'))
    );
    return module?.DatabaseSync;
  }
  try {
    // Where the package was bundled into CommonJS there is no such URL, and the program's own packages are meant.
    return createRequire(import.meta.url ?? join(process.cwd(), 'package.json'))('better-sqlite3');
  } catch (error) {
    if (/** @type {{ code?: unknown }} */ (error).code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/**
 * Opens a connection (A, B).
 *
 * @param {ConnectionOptions} options
 * @returns {Connection}
 */
export function connect({ driver, path, synchronous, busyTimeout, checkpointPages, isQueryOnly = false }) {
  const Database = /** @type {Database} */ (databaseOf(driver));
  const connection = new Database(path, driver === 'better-sqlite3' ? { timeout: busyTimeout } : {});
  try {
    connection.exec(`PRAGMA busy_timeout = ${busyTimeout}`);
    connection.exec('PRAGMA trusted_schema = OFF');
    connection.exec('PRAGMA foreign_keys = ON');
    connection.exec('PRAGMA journal_mode = WAL');
    connection.exec(`PRAGMA synchronous = ${synchronous}`);
    if (process.platform === 'darwin' && synchronous === 'FULL') {
      connection.exec('PRAGMA fullfsync = ON');
      connection.exec('PRAGMA checkpoint_fullfsync = ON');
    }
    connection.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages}`);
    if (isQueryOnly) connection.exec('PRAGMA query_only = ON');
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}
