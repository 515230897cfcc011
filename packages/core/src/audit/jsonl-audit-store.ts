import type { FileHandle } from 'node:fs/promises';
import { AdapterError } from '../errors/adapter-error.js';
import { describeReason } from '../errors/format-message.js';
import type { AuditStore, OpenedAuditStore, SealedLine } from '../ports/audit-log.js';
import { WriterLock } from './writer-lock.js';

const NAME = 'JsonlAuditStore';
const LINE_FEED = 10;
/** How much is read at a time. */
const CHUNK = 65_536;

/**
 * Lines in one file, each with its line feed: what `tail -f` and `jq` understand. An append is on the disk (`fdatasync`) when
 * it resolves. Beside it lies `<path>.lock` while somebody writes. For a local disk: network file systems do not keep these promises.
 */
export class JsonlAuditStore implements AuditStore {
  readonly #path: string;
  #file: FileHandle | undefined;
  #lock: WriterLock | undefined;
  /** Where the next line goes. */
  #end = 0;

  /** @param path - of the file; its folder is made where it is missing. */
  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<OpenedAuditStore> {
    const { mkdir, open } = fs();
    const folder = process.getBuiltinModule('node:path').dirname(this.#path);
    await mkdir(folder, { recursive: true });
    const lock = await WriterLock.claim(`${this.#path}.lock`, NAME);
    try {
      const file = await open(this.#path, 'a+', 0o600);
      await syncFolder(folder);
      const opened = await this.#mend(file);
      this.#file = file;
      this.#lock = lock;
      return opened;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async append(lines: readonly SealedLine[]): Promise<void> {
    const file = this.#file;
    if (file === undefined || this.#lock === undefined) throw AdapterError.auditUnavailable(NAME, 'it is not open');
    await this.#lock.confirm();
    const bytes = Buffer.concat(lines.map((line) => line.bytes));
    try {
      for (let done = 0; done < bytes.length;)
        done += (await file.write(bytes, done, bytes.length - done, null)).bytesWritten;
      await file.datasync();
      this.#end += bytes.length;
    } catch (error) {
      await this.#undo(file);
      throw AdapterError.auditUnavailable(NAME, `the file could not be written: ${describeReason(error)}`, error);
    }
  }

  async *read(): AsyncIterable<Uint8Array> {
    let stream: FileHandle;
    try {
      stream = await fs().open(this.#path, 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // nothing was ever appended
      throw AdapterError.auditUnavailable(NAME, `the file could not be read: ${describeReason(error)}`, error);
    }
    let rest: Buffer[] = [];
    try {
      for await (const chunk of stream.createReadStream({ highWaterMark: CHUNK, autoClose: false })) {
        const bytes = chunk as Buffer;
        let from = 0;
        for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
          yield rest.length === 0
            ? bytes.subarray(from, at + 1)
            : Buffer.concat([...rest, bytes.subarray(from, at + 1)]);
          rest = [];
          from = at + 1;
        }
        if (from < bytes.length) rest.push(bytes.subarray(from));
      }
    } finally {
      await stream.close();
    }
    if (rest.length > 0) yield Buffer.concat(rest);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
    await this.#lock?.release();
    this.#lock = undefined;
  }

  /** Takes off what an unfinished append has left, and finds the last line. */
  async #mend(file: FileHandle): Promise<OpenedAuditStore> {
    const { size } = await file.stat();
    const afterLast = await positionAfter(file, size);
    const torn = afterLast < size ? await bytesBetween(file, afterLast, size) : undefined;
    if (torn !== undefined) {
      await file.truncate(afterLast);
      await file.datasync();
    }
    this.#end = afterLast;
    if (afterLast === 0) return { last: undefined, torn };
    return { last: await bytesBetween(file, await positionAfter(file, afterLast - 1), afterLast), torn };
  }

  /** What a failed append may have left is taken off; where even that fails, nothing more is taken. */
  async #undo(file: FileHandle): Promise<void> {
    try {
      await file.truncate(this.#end);
      await file.datasync();
    } catch {
      await this.close().catch(() => undefined);
    }
  }
}

/** Where the line begins that goes on to `end`: after the last line feed before it. */
async function positionAfter(file: FileHandle, end: number): Promise<number> {
  for (let to = end; to > 0;) {
    const from = Math.max(0, to - CHUNK);
    const at = (await bytesBetween(file, from, to)).lastIndexOf(LINE_FEED);
    if (at >= 0) return from + at + 1;
    to = from;
  }
  return 0;
}

async function bytesBetween(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const bytes = Buffer.alloc(to - from);
  for (let done = 0; done < bytes.length;) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, from + done);
    if (bytesRead === 0) return bytes.subarray(0, done); // somebody has cut it meanwhile
    done += bytesRead;
  }
  return bytes;
}

/** So that a new file is still there after a power failure. Not every system can do it. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await fs().open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // Windows cannot open folders; the file itself is synchronised all the same.
  }
}

/** Loaded with the first store: importing it would cost everybody who starts up. */
function fs() {
  return process.getBuiltinModule('node:fs/promises');
}
