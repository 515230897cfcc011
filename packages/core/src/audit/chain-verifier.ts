import type { AuditEntry } from '../ports/audit-log.js';
import type { AuditVerifier } from './audit-key.js';
import { GENESIS, hashOf, readLine, type ChainHead } from './sealed-line.js';

/** What can be wrong with a log. `key`: nothing can be said of an entry, because its verifier was not given. */
export type AuditBreakKind = 'edit' | 'deletion' | 'reorder' | 'insertion' | 'truncation' | 'fork' | 'key' | 'anchor';

/** Where a log stops being what was written. */
export interface AuditBreak {
  readonly kind: AuditBreakKind;
  /** The entry that should stand there. */
  readonly seq: number;
  readonly message: string;
}

/** Follows a chain line by line. It stops at the first line that does not belong there. */
export class ChainVerifier {
  readonly #keys: ReadonlyMap<string, AuditVerifier>;
  #head: ChainHead;

  constructor(keys: ReadonlyMap<string, AuditVerifier>, head: ChainHead = GENESIS) {
    this.#keys = keys;
    this.#head = head;
  }

  /** The end of what is proven so far. */
  get head(): ChainHead {
    return this.#head;
  }

  /** The entry of the next line, which is proven then; or what is wrong with it. */
  next(bytes: Uint8Array): AuditEntry | AuditBreak {
    const seq = this.#head.seq + 1;
    const line = readLine(bytes, this.#keys);
    if (line === undefined) return { kind: 'edit', seq, message: `what stands in place of entry ${seq} is no entry` };
    if (line.isProven === undefined) {
      const message = `entry ${seq} names the key ${JSON.stringify(line.key.slice(0, 64))}, which is not among those given`;
      return { kind: 'key', seq, message };
    }
    if (!line.isProven) return { kind: 'edit', seq, message: `entry ${seq} is not what was signed` };
    if (line.seq !== seq || line.prev !== this.#head.hash || line.time < this.#head.time)
      return { kind: 'fork', seq, message: `entry ${line.seq} does not follow entry ${seq - 1}` };
    this.#head = { seq, hash: hashOf(bytes), time: line.time };
    return line.entry;
  }
}
