import type { AuditAnchors } from '../ports/audit-log.js';
import type { AuditKey, AuditVerifier } from './audit-key.js';
import { splitLine, withProof, type ChainHead } from './sealed-line.js';

/** What an anchor says: which entry the log had reached. */
export interface AuditAnchor {
  readonly seq: number;
  /** SHA-256 of the line. */
  readonly hash: string;
  /** Of the entry. Milliseconds since the epoch. */
  readonly time: number;
}

/** The head of a chain as it is kept elsewhere, signed like an entry. */
export function sealAnchor({ seq, hash, time }: ChainHead, key: AuditKey): Uint8Array {
  const text = JSON.stringify({ v: 1, anchor: true, seq, time, hash, key: key.id });
  return withProof(Buffer.from(text.slice(0, -1)), key);
}

/** Reads an anchor; `undefined` where it is none, or was not signed with one of the keys. */
export function readAnchor(bytes: Uint8Array, keys: ReadonlyMap<string, AuditVerifier>): AuditAnchor | undefined {
  const parts = splitLine(bytes);
  if (parts === undefined) return undefined;
  try {
    const said = JSON.parse(`${new TextDecoder().decode(parts.signed)}}`) as Record<string, unknown>;
    const { v, anchor, seq, time, hash, key } = said;
    if (v !== 1 || anchor !== true || keys.get(String(key))?.verify(parts.signed, parts.proof) !== true)
      return undefined;
    return { seq: seq as number, hash: hash as string, time: time as number };
  } catch {
    return undefined;
  }
}

/** An anchor that stays in this process: for tests. */
export class InMemoryAuditAnchors implements AuditAnchors {
  #anchor: Uint8Array | undefined;

  async read(): Promise<Uint8Array | undefined> {
    return this.#anchor;
  }

  async write(anchor: Uint8Array): Promise<void> {
    this.#anchor = anchor;
  }
}
