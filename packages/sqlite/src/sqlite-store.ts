import { SqliteJournal } from './journal/sqlite-journal.js';
import { SqliteMemory, type SqliteMemoryOptions } from './memory/sqlite-memory.js';
import { StoredMemory } from './memory/stored-memory.js';
import type { Reader } from './store/reader.js';
import type { WriteQueue } from './store/write-queue.js';

/** A file with everything that durable runs leave behind: itself the journal, with a memory beside it. Made by `sqlite`. */
export class SqliteStore extends SqliteJournal {
  /** Of the file. */
  readonly path: string;
  /** What agents remember; it ends with the store. */
  readonly memory: SqliteMemory;

  constructor(path: string, where: string, reader: Reader, queue: WriteQueue, memory?: SqliteMemoryOptions) {
    super(where, reader, queue);
    this.path = path;
    this.memory = new SqliteMemory(new StoredMemory(reader), queue, memory);
  }
}
