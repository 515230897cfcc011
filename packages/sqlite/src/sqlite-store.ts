import { SqliteJournal } from './journal/sqlite-journal.js';
import type { Reader } from './store/reader.js';
import type { WriteQueue } from './store/write-queue.js';

/** A file with everything that durable runs leave behind: itself the journal. Made by `sqlite`. */
export class SqliteStore extends SqliteJournal {
  /** Of the file. */
  readonly path: string;

  constructor(path: string, where: string, reader: Reader, queue: WriteQueue) {
    super(where, reader, queue);
    this.path = path;
  }
}
