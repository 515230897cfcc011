import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { AuditEntry, AuditSource } from '../ports/audit-log.js';
import { readAnchor, type AuditAnchor } from './audit-anchor.js';
import type { AuditVerifier } from './audit-key.js';
import { ChainVerifier, type AuditBreak } from './chain-verifier.js';
import { hashOf, readLine } from './sealed-line.js';

/** What a log is verified with. */
export interface VerifyOptions {
  /** One for each key that entries were signed with. */
  readonly keys: AuditVerifier | readonly AuditVerifier[];
  /**
   * The head of the log as it was kept elsewhere, or all such heads that are known: without one nobody can tell whether the
   * end of the log is missing.
   */
  readonly anchor?: Uint8Array | readonly Uint8Array[] | undefined;
  /** Called with each entry that is proven, in order. */
  readonly onEntry?: ((entry: AuditEntry) => void) | undefined;
}

/** What verifying found. */
export interface AuditVerdict {
  /** Whether every entry is what was written, and none is missing as far as can be known. */
  readonly ok: boolean;
  /** Entries that are proven, from the first one on. */
  readonly entries: number;
  /** The hash of the last of them; `undefined` where there is none. */
  readonly head: string | undefined;
  /** Up to which entry an anchor says that the log is whole; 0 without one. */
  readonly anchored: number;
  /** The first thing that is wrong. */
  readonly firstBreak: AuditBreak | undefined;
}

/**
 * Reads a log from its beginning and tells whether it is what was written: no entry changed, left out, moved, put in, or cut
 * off at the end. A log in which something is wrong is a verdict, not an error. Linear in time; the log is read as a stream.
 *
 * @throws {@link DefinitionError} INVALID_OPTION when there is no key.
 *
 * @example
 * const check = async (log: AuditLog, secret: string): Promise<string> => {
 *   const { ok, entries, firstBreak } = await verifyAuditLog(log, { keys: hmacKey('2026', secret) });
 *   return ok ? `${entries} entries are proven` : firstBreak!.message;
 * };
 */
export async function verifyAuditLog(source: AuditSource, options: VerifyOptions): Promise<AuditVerdict> {
  const keys = keysOf(options.keys);
  const anchors = listOf(options.anchor).map((bytes) => readAnchor(bytes, keys));
  const verifier = new ChainVerifier(keys);
  const hashes = new Map<number, string>();
  for (const anchor of anchors) if (anchor !== undefined) hashes.set(anchor.seq, '');
  let found: AuditBreak | undefined;
  for await (const bytes of source.read()) {
    const result = verifier.next(bytes);
    if ('kind' in result) {
      found = await classified(result, source, verifier.head, keys);
      break;
    }
    if (hashes.has(result.seq)) hashes.set(result.seq, verifier.head.hash);
    options.onEntry?.(result);
  }
  const { seq, hash } = verifier.head;
  found ??= anchorBreak(anchors, seq, hashes);
  const anchored = anchors.reduce((last, anchor) => Math.max(last, anchor?.seq ?? 0), 0);
  return Object.freeze({
    ok: found === undefined,
    entries: seq,
    head: seq === 0 ? undefined : hash,
    anchored: Math.min(anchored, seq),
    firstBreak: found === undefined ? undefined : Object.freeze(found),
  });
}

function keysOf(given: AuditVerifier | readonly AuditVerifier[]): ReadonlyMap<string, AuditVerifier> {
  const keys = listOf(given);
  if (keys.length === 0 || keys.some((key) => typeof key?.verify !== 'function')) {
    const allowed = 'what hmacKey, ed25519Key or ed25519Verifier gives, or unsigned; or a list of these';
    throw new DefinitionError([problem.invalidOption('verifyAuditLog', 'keys', given, allowed)]);
  }
  return new Map(keys.map((key) => [key.id, key]));
}

function listOf<T extends object>(given: T | readonly T[] | undefined): readonly T[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? (given as readonly T[]) : [given as T];
}

function anchorBreak(
  anchors: readonly (AuditAnchor | undefined)[],
  last: number,
  hashes: ReadonlyMap<number, string>,
): AuditBreak | undefined {
  for (const anchor of anchors) {
    if (anchor === undefined)
      return { kind: 'anchor', seq: last + 1, message: 'an anchor cannot be read, or was not signed with these keys' };
    const { seq, hash } = anchor;
    if (seq > last) {
      const message = `the log ends after entry ${last}, and its anchor says that it had ${seq}`;
      return { kind: 'truncation', seq: last + 1, message };
    }
    if (hashes.get(seq) !== hash) {
      const message = `entry ${seq} is another one than the anchor says, and both are signed: there are two logs`;
      return { kind: 'fork', seq, message };
    }
  }
  return undefined;
}

/** What the first wrong line is, told by what else is in the log. */
async function classified(
  found: AuditBreak,
  source: AuditSource,
  head: ChainVerifier['head'],
  keys: ReadonlyMap<string, AuditVerifier>,
): Promise<AuditBreak> {
  const { seq } = found;
  const after = new Map<number, { readonly hash: string; readonly prev: string }>();
  let bad: Uint8Array | undefined;
  let isRepeated = false;
  let follower: ReturnType<typeof readLine>;
  let isLast = true;
  let position = 0;
  for await (const bytes of source.read()) {
    position++;
    if (position === seq) bad = bytes;
    else if (position > seq) {
      isLast = false;
      const line = readLine(bytes, keys);
      if (position === seq + 1) follower = line;
      if (line?.isProven === true && !after.has(line.seq))
        after.set(line.seq, { hash: hashOf(bytes), prev: line.prev });
    }
  }
  const read = bad === undefined ? undefined : readLine(bad, keys);
  const goesOn = follower?.isProven === true && follower.seq === seq && follower.prev === head.hash;
  if (read?.isProven === undefined && read !== undefined) return found;
  if (read?.isProven !== true) {
    if (goesOn) return { ...found, kind: 'insertion', message: `a line that nobody signed stands before entry ${seq}` };
    const isTorn = isLast && bad?.at(-1) !== LINE_FEED;
    return isTorn ? { ...found, kind: 'truncation', message: `the log ends in the middle of entry ${seq}` } : found;
  }
  if (read.seq > seq) {
    const missing = after.get(seq);
    if (missing?.prev === head.hash)
      return { ...found, kind: 'reorder', message: `entry ${read.seq} stands before entry ${seq}` };
    const last = read.seq - 1;
    const which = last === seq ? `entry ${seq} is missing` : `entries ${seq} to ${last} are missing`;
    return { ...found, kind: 'deletion', message: which };
  }
  if (read.seq < seq) {
    position = 0;
    const hash = hashOf(bad!);
    for await (const bytes of source.read()) {
      if (++position >= seq) break;
      if (position === read.seq) isRepeated = hashOf(bytes) === hash;
    }
    const message = isRepeated ? `entry ${read.seq} stands here once more` : twoWriters(read.seq);
    return { ...found, kind: isRepeated ? 'insertion' : 'fork', message };
  }
  return { ...found, kind: 'fork', message: twoWriters(seq) };
}

const LINE_FEED = 10;

function twoWriters(seq: number): string {
  return `entry ${seq} was written twice, and both are signed: the log had two writers, or parts of two logs`;
}
