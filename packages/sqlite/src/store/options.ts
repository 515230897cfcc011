import type { DriverName } from '../connection/connect.js';
import type { SqliteMemoryOptions } from '../memory/sqlite-memory.js';

/** How a store is opened. */
export interface SqliteOptions {
  /**
   * What has to happen before something counts as written.
   *
   * `full`: it is on the disk; a power failure takes nothing that was acknowledged.
   * `normal`: it is with the operating system. A crash of the process takes nothing; a power failure or a crash of the
   * system may take the last commits, of all runs alike, so that steps whose completion was acknowledged run again. The
   * file stays whole. Many times faster for a run that is alone.
   *
   * @defaultValue `'full'`
   */
  readonly durability?: 'full' | 'normal' | undefined;
  /** How long to wait for a lock that another process holds. Milliseconds, a whole number of 0 or more. @defaultValue 5,000 */
  readonly busyTimeout?: number | undefined;
  /** @defaultValue `node:sqlite` where Node has one that is new enough, else better-sqlite3 */
  readonly driver?: DriverName | undefined;
  /** Limits of the memory in the file, and what a memory without a user is. */
  readonly memory?: SqliteMemoryOptions | undefined;
}
