import { DefinitionError } from '@drawloom/core';
import { problems } from '@drawloom/core/front-end';
import { SqliteAuditStore } from './audit/sqlite-audit-store.js';
import { SqliteJournal } from './journal/sqlite-journal.js';
import { SqliteMemory, type SqliteMemoryOptions } from './memory/sqlite-memory.js';
import { StoredMemory } from './memory/stored-memory.js';
import type { Reader } from './store/reader.js';
import type { WriteQueue } from './store/write-queue.js';

const NAME = /^[\w.-]{1,64}$/;

/** A file with everything that durable runs leave behind: itself the journal, with a memory beside it. Made by `sqlite`. */
export class SqliteStore extends SqliteJournal {
  /** Of the file. */
  readonly path: string;
  /** What agents remember; it ends with the store. */
  readonly memory: SqliteMemory;
  readonly #parts: { readonly where: string; readonly reader: Reader; readonly queue: WriteQueue };

  constructor(path: string, where: string, reader: Reader, queue: WriteQueue, memory?: SqliteMemoryOptions) {
    super(where, reader, queue);
    this.path = path;
    this.memory = new SqliteMemory(new StoredMemory(reader), queue, memory);
    this.#parts = { where, reader, queue };
  }

  /**
   * A store for an audit log in the same file. Entries of durable runs whose journal this is are written in the transaction of
   * their records.
   *
   * @param name - of the log, where the file has several: letters, digits, `.`, `_` and `-`, at most 64. Each process that
   * writes needs one of its own.
   * @throws {@link DefinitionError} INVALID_OPTION
   *
   * @example
   * const store = sqlite('runs.db');
   * const log = new ChainedAuditLog({ store: store.auditStore(), key: hmacKey('2026', 'a secret of many bytes') });
   */
  auditStore(name = 'audit'): SqliteAuditStore {
    const { where, reader, queue } = this.#parts;
    if (!NAME.test(name)) {
      const allowed = '1 to 64 of the characters A-Z a-z 0-9 . _ -';
      throw new DefinitionError([problems.invalidOption(`${where}.auditStore`, 'name', name, allowed)]);
    }
    return new SqliteAuditStore(name, this.path, reader, queue);
  }
}
