import { AdapterError, type AuditQuery, type AuditStore, type OpenedAuditStore, type SealedLine } from '@drawloom/core';
import { WriterLock } from '@drawloom/core/front-end';
import { SUBJECT } from './audit-statements.js';
import { idsOf, LAST_LINE, LINE_BY_ID, linesQuestion, LOG_BY_NAME } from './audit-queries.js';
import type { Step } from '../connection/run-batch.js';
import type { Reader } from '../store/reader.js';
import { step } from '../store/statements.js';
import type { WriteQueue } from '../store/write-queue.js';

/** Lines that are read at a time, and numbers of lines. */
const PAGE = 500;
const MANY = 50_000;

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
      await this.#queue.write({ isGuarded: false, steps: [step('addAuditLog', this.name)] });
      const last = this.#reader.first<{ readonly bytes: Uint8Array }>(LAST_LINE, ...idsOf(this.#log()!));
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
    const log = this.#log();
    if (log === undefined) return; // nothing was ever appended
    let [after] = idsOf(log);
    for (;;) {
      const page = this.#page(log, query, after);
      for (const { id, bytes } of page) {
        yield bytesOf(bytes ?? this.#reader.first<{ readonly bytes: Uint8Array }>(LINE_BY_ID, id)!.bytes);
        after = id;
      }
      if (page.length === 0) return;
    }
  }

  #page(
    log: number,
    query: AuditQuery,
    after: number,
  ): readonly { readonly id: number; readonly bytes?: Uint8Array }[] {
    const limit = SUBJECT.every((column) => (query[column] ?? '') === '') ? PAGE : MANY;
    const { sql, values } = linesQuestion(log, query, after, limit);
    return this.#reader.all(sql, ...values);
  }

  /** Its number; `undefined` where it was never opened. */
  #log(): number | undefined {
    return this.#reader.first<{ readonly id: number }>(LOG_BY_NAME, this.name)?.id;
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
    const subjects = new Map<string, Step>();
    const steps = lines.map(({ seq, bytes, about }) => {
      const subject = SUBJECT.map((column) => about[column] ?? '');
      const key = JSON.stringify(subject);
      if (!subjects.has(key)) subjects.set(key, step('addAuditSubject', ...subject, this.name));
      // Bytes of their own: what is handed to a thread takes along the whole memory that it is part of.
      return step('addAuditLine', seq, about.action, Uint8Array.from(bytes), ...subject, this.name);
    });
    return [...subjects.values(), ...steps];
  }
}

/** Of this realm, and the caller's own: drivers differ in what they give. */
function bytesOf(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes);
}
