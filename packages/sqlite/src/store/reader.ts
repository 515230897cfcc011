import type { Connection, SqlValue, Statement } from '../connection/connect.js';
import { faultOf } from '../connection/run-batch.js';
import { closed, failed } from './failures.js';
import { rowWithNul } from './nul-text.js';
import { stored } from './statements.js';

/** How many texts stay prepared. They are put together from fixed parts, so there are few. */
const KEPT = 200;

/** The connection that answers questions, in the caller's thread: in a log that is written ahead readers wait for nobody. */
export class Reader {
  readonly #where: string;
  readonly #connection: Connection;
  readonly #statements = new Map<string, Statement>();
  #isClosed = false;

  constructor(where: string, connection: Connection) {
    this.#where = where;
    this.#connection = connection;
  }

  /** @throws {@link AdapterError} STORE_FAILED, STORE_BUSY */
  all<T>(sql: string, ...values: readonly (SqlValue | undefined)[]): readonly T[] {
    return this.#asked(() => {
      // A list of this realm: that of the driver is not the `Array` of a test.
      return Array.from(this.#prepared(sql).all(...values.map(stored)) as T[], rowWithNul);
    });
  }

  first<T>(sql: string, ...values: readonly (SqlValue | undefined)[]): T | undefined {
    return this.all<T>(sql, ...values)[0];
  }

  /** Answers of one moment: what is committed meanwhile, by the commit thread or another process, is not seen. */
  snapshot<T>(read: () => T): T {
    this.#exec('BEGIN');
    try {
      return read();
    } finally {
      this.#exec('COMMIT');
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }

  #exec(sql: string): void {
    this.#asked(() => this.#connection.exec(sql));
  }

  #asked<T>(ask: () => T): T {
    if (this.#isClosed) throw closed(this.#where);
    try {
      return ask();
    } catch (error) {
      throw failed(this.#where, faultOf(error));
    }
  }

  #prepared(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= KEPT) this.#statements.clear();
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
