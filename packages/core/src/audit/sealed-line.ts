/**
 * Job: one entry as the bytes that are stored, and back. A line is the JSON of an entry, a line feed after it:
 *
 * `{"v":1,"seq":2,"time":…,"prev":"…","key":"k1","action":…,…,"mac":"…"}`
 *
 * Invariants.
 * B1. What is signed are the very bytes that are stored, up to `,"mac":`; nothing is written anew to be verified.
 * B2. Every byte of a line counts: those before `,"mac":` are signed, those after it are compared with the only ones that
 *     can stand there.
 * B3. `prev` is the SHA-256 of the whole line before, its proof and its line feed included.
 */
import type { AuditEntry, NewAuditEntry, SealedLine } from '../ports/audit-log.js';
import type { AuditKey, AuditVerifier } from './audit-key.js';

/** The end of a chain: what the next entry is linked to. */
export interface ChainHead {
  /** Of the last entry; 0 where there is none. */
  readonly seq: number;
  /** SHA-256 of the last line. */
  readonly hash: string;
  /** Of the last entry. */
  readonly time: number;
}

/** Where every chain begins. */
export const GENESIS: ChainHead = Object.freeze({ seq: 0, hash: '0'.repeat(64), time: 0 });

/** What a line says of its own place. */
export interface LineLinks {
  readonly seq: number;
  readonly time: number;
  readonly prev: string;
  readonly key: string;
}

/** A line that could be read. */
export interface ReadLine extends LineLinks {
  readonly entry: AuditEntry;
  /** Whether its proof is right; `undefined` where there is no verifier for its key. */
  readonly isProven: boolean | undefined;
}

const VERSION = 1;
const PROOF_AT = ',"mac":"';
const LINE_END = '"}\n';
const PROOF = /^[\w-]{1,128}$/;

/** The part of a line that does not depend on its place; made when an entry is told, so that a wrong one fails alone. */
export function entryText({ action, actor, time: _, facts, digest, content, ...about }: NewAuditEntry): string {
  const { tenant, user, session, run, workflow, node, visit } = about;
  const subject = { tenant, user, session, run, workflow, node, visit };
  return JSON.stringify({ action, actor, ...subject, facts, digest, content }).slice(1, -1);
}

/** Gives an entry its place in a chain. */
export function sealLine(
  { seq, hash, time: before }: ChainHead,
  { text, time, about }: { readonly text: string; readonly time: number; readonly about: SealedLine['about'] },
  key: AuditKey,
): { readonly line: SealedLine; readonly head: ChainHead } {
  const links = { seq: seq + 1, time: Math.max(before, time), prev: hash };
  const signed = Buffer.from(
    `{"v":${VERSION},"seq":${links.seq},"time":${links.time},"prev":"${hash}","key":"${key.id}",${text}`,
  );
  const bytes = withProof(signed, key);
  return { line: { seq: links.seq, bytes, about }, head: { seq: links.seq, hash: hashOf(bytes), time: links.time } };
}

/** Adds a proof to the beginning of a line. */
export function withProof(signed: Uint8Array, key: AuditKey): Buffer {
  return Buffer.concat([signed, Buffer.from(`${PROOF_AT}${key.sign(signed)}${LINE_END}`)]);
}

/** The signed part of a line, and its proof; `undefined` where it is no whole line. */
export function splitLine(bytes: Uint8Array): { readonly signed: Uint8Array; readonly proof: string } | undefined {
  const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = line.lastIndexOf(PROOF_AT);
  if (at < 0) return undefined;
  const rest = line.toString('latin1', at + PROOF_AT.length);
  const proof = rest.slice(0, -LINE_END.length);
  if (!rest.endsWith(LINE_END) || !PROOF.test(proof)) return undefined;
  return { signed: line.subarray(0, at), proof };
}

/** Reads a line; `undefined` where it is none. */
export function readLine(bytes: Uint8Array, keys: ReadonlyMap<string, AuditVerifier>): ReadLine | undefined {
  const parts = splitLine(bytes);
  if (parts === undefined) return undefined;
  const entry = parseEntry(parts.signed);
  if (entry === undefined) return undefined;
  const { v: _, prev, key, ...kept } = entry;
  const isProven = keys.get(key)?.verify(parts.signed, parts.proof);
  return { seq: kept.seq, time: kept.time, prev, key, isProven, entry: Object.freeze(kept) };
}

/** SHA-256 of a line, in hexadecimal digits. */
export function hashOf(bytes: Uint8Array): string {
  return process.getBuiltinModule('node:crypto').createHash('sha256').update(bytes).digest('hex');
}

type Parsed = { readonly v: number; readonly prev: string; readonly key: string } & AuditEntry;

function parseEntry(signed: Uint8Array): Parsed | undefined {
  let parsed: Partial<Parsed> | null;
  try {
    parsed = JSON.parse(`${new TextDecoder().decode(signed)}}`) as Partial<Parsed> | null;
  } catch {
    return undefined; // The parser's message quotes it.
  }
  const { v, seq, time, prev, key } = parsed ?? {};
  const isLine =
    v === VERSION &&
    Number.isSafeInteger(seq) &&
    typeof time === 'number' &&
    typeof prev === 'string' &&
    typeof key === 'string';
  return isLine ? (parsed as Parsed) : undefined;
}
