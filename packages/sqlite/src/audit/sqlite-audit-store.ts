import { AdapterError, type AuditQuery, type AuditStore, type OpenedAuditStore, type SealedLine } from '@drawloom/core';
import { WriterLock } from '@drawloom/core/front-end';
import type { Step } from '../connection/run-batch.js';
import type { Reader } from '../store/reader.js';
import { step } from '../store/statements.js';
import type { WriteQueue } from '../store/write-queue.js';

/** Lines that are read at a time. */
const PAGE = 500;
const INDEXED = ['tenant', 'user', 'session', 'run', 'action'] as const;

/**
 * The lines of an audit log in the file of a store, with an index by run and by user. The entries of a durable run whose
 * journal is the same store are written in the transaction of its records.
 *
 * One process writes a log, while many may share the store: beside the file lies `<path>.audit-<name>.lock` then.
 */
export class SqliteAuditStore implements AuditStore {
  readonly name: string;
  readonly #where: string;
  readonly #path: string;
  readonly #reader: Reader;
  readonly #queue: WriteQueue;
  #lock: WriterLock | undefined;

  /** @internal `auditStore` of a store makes it. */
  constructor(name: string, path: string, reader: Reader, queue: WriteQueue) {
    this.name = name;
    this.#where = `sqlite(${JSON.stringify(path)}).auditStore(${JSON.stringify(name)})`;
    this.#path = path;
    this.#reader = reader;
    this.#queue = queue;
  }

  /** @internal Whether it is written through this queue, and so in the transactions of it. */
  isWrittenBy(queue: WriteQueue): boolean {
    return this.#queue === queue;
  }

  async open(): Promise<OpenedAuditStore> {
    if (this.#lock !== undefined) throw AdapterError.auditLocked(this.#where, 'another log over this very store');
    const lock = await WriterLock.claim(`${this.#path}.audit-${this.name}.lock`, this.#where);
    try {
      const last = this.#reader.first<{ readonly bytes: Uint8Array }>(LAST, this.name);
      this.#lock = lock;
      return { last: last && bytesOf(last.bytes) };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async append(lines: readonly SealedLine[]): Promise<void> {
    await this.confirm();
    if (lines.length > 0) await this.#queue.write({ isGuarded: false, steps: this.stepsOf(lines) });
  }

  async *read(query: AuditQuery = {}): AsyncIterable<Uint8Array> {
    const asked = INDEXED.filter((column) => query[column] !== undefined && query[column] !== '');
    const where = asked.map((column) => `AND ${column} = ?`).join(' ');
    const sql = `SELECT seq, bytes FROM audit_lines WHERE log = ? AND seq > ? ${where} ORDER BY seq LIMIT ${PAGE}`;
    const values = asked.map((column) => query[column]);
    for (let after = 0; ;) {
      const page = this.#reader.all<{ readonly seq: number; readonly bytes: Uint8Array }>(
        sql,
        this.name,
        after,
        ...values,
      );
      for (const { bytes } of page) yield bytesOf(bytes);
      if (page.length < PAGE) return;
      after = page.at(-1)!.seq;
    }
  }

  async close(): Promise<void> {
    const lock = this.#lock;
    this.#lock = undefined;
    await lock?.release();
  }

  /** @internal Whether this writer may still write. @throws {@link AdapterError} AUDIT_UNAVAILABLE, AUDIT_LOCKED */
  async confirm(): Promise<void> {
    if (this.#lock === undefined) throw AdapterError.auditUnavailable(this.#where, 'it is not open');
    await this.#lock.confirm();
  }

  /** @internal What writes lines, in whatever transaction. */
  stepsOf(lines: readonly SealedLine[]): readonly Step[] {
    return lines.map(({ seq, bytes, about }) => {
      // Bytes of their own: what is handed to a thread takes along the whole memory that it is part of.
      return step('addAuditLine', this.name, seq, Uint8Array.from(bytes), ...INDEXED.map((column) => about[column]));
    });
  }
}

const LAST = 'SELECT bytes FROM audit_lines WHERE log = ? ORDER BY seq DESC LIMIT 1';

/** Of this realm, and the caller's own: drivers differ in what they give. */
function bytesOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}
