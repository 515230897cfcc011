/**
 * Job: carry out many independent writes in one transaction, each whole or not at all.
 *
 * Boundary: knows statements by number and nothing of what they mean. The same code runs in the thread that commits and,
 * for a commit that would be alone in its batch, in the caller's.
 *
 * A. One transaction for one batch, in the order in which it was given: one fsync, and never two.
 * B. The first step of a write is its guard: where it says so and finds nothing to change, the write ends there, and nothing
 *    of it is written. The others are not touched.
 * C. A write that fails takes no other with it: the batch is done again without what failed.
 * D. Nothing is answered before the transaction is durable.
 */

/** @import { Connection, Row, SqlValue, Statement } from './connect.js' */

/**
 * @typedef {object} StatementText
 * @property {string} sql
 * @property {boolean} [returns] - Whether its first row is wanted, not how many it changed.
 *
 * @typedef {readonly [statement: number, ...values: SqlValue[]]} Step
 *
 * @typedef {object} Write - What becomes true together.
 * @property {boolean} isGuarded
 * @property {readonly Step[]} steps
 *
 * @typedef {{ readonly error: StoreFault }} Failed
 *
 * @typedef {readonly (number | Row | undefined)[] | false | Failed} Written - What each step came to; `false`: the guard held
 * the write back (B).
 *
 * @typedef {object} StoreFault - What a driver threw, in the words of SQLite.
 * @property {string} code - `SQLITE_FULL` and the like.
 * @property {string} message
 */

/** Of the result codes of SQLite, those that somebody can do something about. */
const RESULT_CODES = /** @type {Readonly<Record<number, string>>} */ ({
  1: 'SQLITE_ERROR',
  3: 'SQLITE_PERM',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  8: 'SQLITE_READONLY',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  19: 'SQLITE_CONSTRAINT',
  26: 'SQLITE_NOTADB',
});

/**
 * What a driver threw: node:sqlite has the number of the result, better-sqlite3 its extended name.
 *
 * @param {unknown} thrown
 * @returns {StoreFault}
 */
export function faultOf(thrown) {
  const { code, errcode, message } = /** @type {{ code?: unknown, errcode?: unknown, message?: unknown }} */ (thrown);
  const name = typeof errcode === 'number' ? RESULT_CODES[errcode & 0xff] : undefined;
  const extended = /^SQLITE_[A-Z]+/.exec(String(code))?.[0];
  // It looks for the directory itself, and has no code for that.
  const own = /directory does not exist/.test(String(message)) ? 'SQLITE_CANTOPEN' : undefined;
  return { code: name ?? extended ?? own ?? 'no code of SQLite', message: String(message) };
}

/** One connection that writes, with its statements. */
export class BatchWriter {
  /** @type {Connection} */
  #connection;
  /** @type {Statement[]} */
  #statements;
  /** @type {boolean[]} */
  #returns;
  /** @type {Statement} */
  #begin;
  /** @type {Statement} */
  #commit;
  /** @type {Statement} */
  #rollback;

  /**
   * @param {Connection} connection
   * @param {readonly StatementText[]} texts
   */
  constructor(connection, texts) {
    this.#connection = connection;
    this.#statements = texts.map(({ sql }) => connection.prepare(sql));
    this.#returns = texts.map(({ returns = false }) => returns);
    this.#begin = connection.prepare('BEGIN IMMEDIATE');
    this.#commit = connection.prepare('COMMIT');
    this.#rollback = connection.prepare('ROLLBACK');
  }

  /**
   * Carries out a batch. Throws what the driver throws where none of it could be written.
   *
   * @param {readonly Write[]} writes
   * @returns {Written[]}
   */
  write(writes) {
    /** @type {Map<number, Failed>} */
    const failed = new Map();
    for (;;) {
      this.#begin.run();
      let at = 0;
      try {
        /** @type {Written[]} */
        const written = [];
        for (; at < writes.length; at++) {
          written.push(failed.get(at) ?? this.#writeOne(/** @type {Write} */ (writes[at])));
        }
        at = -1;
        this.#commit.run();
        return written;
      } catch (thrown) {
        this.#undo();
        const fault = faultOf(thrown);
        // Only what the write itself is to blame for: a full disk or a broken file concerns them all.
        if (at === -1 || !['SQLITE_CONSTRAINT', 'SQLITE_ERROR'].includes(fault.code)) throw thrown;
        failed.set(at, { error: fault });
      }
    }
  }

  close() {
    this.#connection.close();
  }

  /**
   * @param {Write} write
   * @returns {Written}
   */
  #writeOne({ isGuarded, steps }) {
    /** @type {(number | Row | undefined)[]} */
    const results = [];
    for (const [index, ...values] of steps) {
      const statement = /** @type {Statement} */ (this.#statements[index]);
      const result = this.#returns[index]
        ? /** @type {Row | undefined} */ (statement.get(...values))
        : Number(statement.run(...values).changes);
      if (isGuarded && results.length === 0 && !result) return false;
      results.push(result);
    }
    return results;
  }

  /** SQLite itself has rolled back after some failures; then there is nothing to undo. */
  #undo() {
    try {
      this.#rollback.run();
    } catch {
      // As it should be.
    }
  }
}
