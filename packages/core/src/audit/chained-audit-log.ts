/**
 * Job. A log whose entries are linked and signed, over any store of lines.
 *
 * Boundary. The store keeps lines, the key signs them, anchors keep the head elsewhere. Here are their order, their writing
 * in batches, and what happens when one of the three does not work. One file, because all of it moves the same head of the chain.
 *
 * Invariants.
 * C1. An entry is sealed when it is written, and never earlier: the chain in memory is the one in the store. A write that
 *     fails leaves the head where it was, and its entries refused; the next one that succeeds says how many.
 * C2. One write at a time. What is told meanwhile waits, and shares the next one.
 * C3. An anchor is written only after the entry that it names is durable. One that fails costs no entry.
 */
import { AdapterError } from '../errors/adapter-error.js';
import { DefinitionError } from '../errors/definition-error.js';
import { describeReason } from '../errors/format-message.js';
import { problems as problem } from '../errors/problems.js';
import { WorkflowError } from '../errors/workflow-error.js';
import { AuditLog } from '../ports/audit-log.js';
import type {
  AuditAnchors,
  AuditEntry,
  AuditQuery,
  AuditReceipt,
  AuditStore,
  NewAuditEntry,
  SealedLine,
} from '../ports/audit-log.js';
import { systemClock, type Clock } from '../values/clock.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { readAnchor, sealAnchor } from './audit-anchor.js';
import type { AuditKey, AuditVerifier } from './audit-key.js';
import { entryText, GENESIS, hashOf, readLine, sealLine, type ChainHead } from './sealed-line.js';

/** What a log tells beside its entries. */
export type AuditNotice =
  /** What a crash had left of an unfinished entry was taken off; an entry `audit.repaired` says so, too. */
  | { readonly type: 'log.repaired'; readonly bytes: number }
  /** The head could not be kept elsewhere; it is tried again with the next entry. */
  | { readonly type: 'anchor.failed'; readonly error: unknown };

/** How a {@link ChainedAuditLog} is kept. */
export interface ChainedAuditLogOptions {
  readonly store: AuditStore;
  /** What signs: `hmacKey`, `ed25519Key`, or `unsigned` where nothing has to be proven. */
  readonly key: AuditKey;
  /** Keys that signed earlier entries of the store. @defaultValue none */
  readonly formerKeys?: readonly AuditVerifier[] | undefined;
  /** Where the head is kept, so that a log that was cut shows. Best where the writer of the store cannot write. @defaultValue nowhere */
  readonly anchors?: AuditAnchors | undefined;
  /**
   * How much time may pass before the head is kept elsewhere: what is cut off of the entries since then does not show. 0
   * for after each write. `close` and `anchor` always do it. @defaultValue `'1s'`
   */
  readonly anchorEvery?: Duration | undefined;
  /** @defaultValue nobody is told */
  readonly onNotice?: ((notice: AuditNotice) => void) | undefined;
  /** @defaultValue the machine's */
  readonly clock?: Clock | undefined;
}

/** Gives entries their place, in the transaction that writes them. What is told earlier comes first. */
export type SealEntries = (entries: readonly NewAuditEntry[]) => readonly SealedLine[];

interface Told {
  readonly entries: readonly { readonly text: string; readonly time: number; readonly about: SealedLine['about'] }[];
  readonly resolve: (receipt: AuditReceipt) => void;
  readonly reject: (error: unknown) => void;
}

/** Writes what was told after a head, and gives the new one. */
type WriteTold = (head: ChainHead, told: readonly Told[]) => Promise<ChainHead>;

const NAME = 'ChainedAuditLog';
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  store: ['open', 'append', 'read', 'close'],
  key: ['sign', 'verify'],
  anchors: ['read', 'write'],
  clock: ['now', 'setTimer'],
};
const REQUIRED: readonly string[] = ['store', 'key'];
const OPTIONS = [...Object.keys(NEEDED), 'formerKeys', 'anchorEvery', 'onNotice'];
/** Entries that one write takes at most, so that none has to wait for very many. */
const LARGEST_WRITE = 1_000;

/**
 * An audit log whose entries prove each other: each contains the hash of the one before and is signed. The store is opened
 * with the first entry.
 *
 * @example
 * const audit = new ChainedAuditLog({ store: new InMemoryAuditStore(), key: hmacKey('2026', 'a secret of many bytes') });
 * await audit.append({ action: 'letter.sent', actor: 'user:alice', facts: { to: 'bob' } });
 */
export class ChainedAuditLog extends AuditLog {
  readonly #store: AuditStore;
  readonly #key: AuditKey;
  readonly #keys: ReadonlyMap<string, AuditVerifier>;
  readonly #anchors: AuditAnchors | undefined;
  readonly #anchorEveryMs: number;
  readonly #notify: ((notice: AuditNotice) => void) | undefined;
  readonly #clock: Clock;
  /** Undefined until the store is open. */
  #head: ChainHead | undefined;
  #told: Told[] = [];
  #writing: Promise<void> | undefined;
  /** Entries that were refused and of which the log does not know yet. */
  #lost = 0;
  #isClosed = false;
  #anchored = 0;
  #anchoredAt = -Infinity;
  #anchoring: Promise<void> | undefined;
  #stopTimer: (() => void) | undefined;

  /** @throws {@link DefinitionError} INVALID_OPTION */
  constructor(options: ChainedAuditLogOptions) {
    super();
    DefinitionError.throwIfAny(checkOptions(options));
    const { store, key, formerKeys = [], anchors, anchorEvery = '1s', onNotice, clock = systemClock } = options;
    this.#store = store;
    this.#key = key;
    this.#keys = new Map([...formerKeys, key].map((known) => [known.id, known]));
    this.#anchors = anchors;
    this.#anchorEveryMs = toMilliseconds(anchorEvery)!;
    this.#notify = onNotice;
    this.#clock = clock;
  }

  /** Where its lines are. */
  get store(): AuditStore {
    return this.#store;
  }

  override append(entries: NewAuditEntry | readonly NewAuditEntry[]): Promise<AuditReceipt> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw AdapterError.auditUnavailable(NAME, 'the log is closed');
      const list = Array.isArray(entries) ? (entries as readonly NewAuditEntry[]) : [entries as NewAuditEntry];
      const now = this.#clock.now();
      this.#told.push({ entries: list.map((entry) => preparedEntry(entry, now)), resolve, reject });
      this.#write();
    });
  }

  override async *entries(query: AuditQuery = {}): AsyncIterable<AuditEntry> {
    await this.flush();
    const asked = Object.entries(query).filter(([, value]) => value !== undefined);
    for await (const bytes of this.#store.read(query)) {
      const entry = readLine(bytes, this.#keys)?.entry;
      if (entry === undefined) throw AdapterError.auditDamaged(NAME, 'a line in it is no entry');
      if (asked.every(([key, value]) => fieldOf(entry, key) === value)) yield entry;
    }
  }

  override async *read(): AsyncIterable<Uint8Array> {
    await this.flush();
    yield* this.#store.read();
  }

  override async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  override async close(): Promise<void> {
    if (this.#isClosed) return this.flush();
    this.#isClosed = true;
    await this.flush();
    this.#stopTimer?.();
    if (this.#head === undefined) return;
    try {
      await this.anchor();
    } finally {
      await this.#store.close();
      this.#head = undefined;
    }
  }

  /** Keeps the head elsewhere now. Resolves with the anchor, for copies of your own; `undefined` where the log has no entry. */
  async anchor(): Promise<Uint8Array | undefined> {
    await this.flush();
    while (this.#anchoring !== undefined) await this.#anchoring;
    if (this.#head === undefined || this.#head.seq === 0) return undefined;
    const { seq } = this.#head;
    const bytes = sealAnchor(this.#head, this.#key);
    try {
      if (this.#anchored !== seq) await this.#anchors?.write(bytes);
    } catch (error) {
      throw AdapterError.auditUnavailable(NAME, `the anchor could not be written: ${describeReason(error)}`, error);
    }
    this.#anchored = seq;
    return bytes;
  }

  /**
   * For stores that are part of something larger: `write` has this log to itself until its promise is settled. It seals entries
   * within its own transaction and writes the lines there, all of them, in order; where it rejects, nothing was written. So
   * entries are there exactly where the rest of the transaction is.
   */
  async within<T>(write: (seal: SealEntries) => T | Promise<T>): Promise<T> {
    // In one go with what follows, so that two of them cannot both find that nobody writes.
    while (this.#writing !== undefined) await this.#writing;
    if (this.#isClosed) throw AdapterError.auditUnavailable(NAME, 'the log is closed');
    let result!: T;
    const told = this.#told.splice(0);
    await this.#exclusively(told, async (head, first) => {
      let sealed = head;
      let before: readonly Pick<Told, 'entries'>[] = first;
      result = await write((entries) => {
        const now = this.#clock.now();
        const own = { entries: entries.map((entry) => preparedEntry(entry, now)) };
        const batch = sealAll(sealed, [...before, own], this.#key);
        before = [];
        sealed = batch.head;
        return batch.lines;
      });
      // What was told before, and was not taken along, is still to be written.
      const rest = sealAll(sealed, before, this.#key);
      if (rest.lines.length > 0) await this.#store.append(rest.lines);
      return rest.head;
    });
    return result;
  }

  #write(): void {
    if (this.#writing !== undefined) return;
    // In a later microtask, so that what is told at the same time shares one write.
    this.#writing = Promise.resolve().then(async () => {
      while (this.#told.length > 0) await this.#writeNext();
      this.#writing = undefined;
      this.#anchorSoon();
    });
  }

  async #writeNext(): Promise<void> {
    let count = 0;
    const size = this.#told.findIndex(({ entries }) => (count += entries.length) > LARGEST_WRITE);
    const told = this.#told.splice(0, size === -1 ? this.#told.length : Math.max(1, size));
    await this.#attempt(told, async (head, all) => {
      const batch = sealAll(head, all, this.#key);
      await this.#store.append(batch.lines);
      return batch.head;
    }).catch(() => undefined); // each of them has been told
  }

  async #exclusively(told: readonly Told[], write: WriteTold): Promise<void> {
    const attempt = this.#attempt(told, write);
    const writing = attempt.then(
      () => undefined,
      () => undefined,
    );
    this.#writing = writing.then(() => {
      this.#writing = undefined;
      if (this.#told.length > 0) this.#write();
      else this.#anchorSoon();
    });
    await attempt;
  }

  /** C1. */
  async #attempt(told: readonly Told[], write: WriteTold): Promise<void> {
    const lost = this.#lost;
    const all = lost === 0 ? told : [this.#noteOf(lost), ...told];
    try {
      const before = (this.#head ??= await this.#open());
      this.#head = await write(before, all);
      this.#lost -= lost;
      let { seq } = before;
      for (const { entries, resolve } of all) resolve({ seq: (seq += entries.length) });
    } catch (error) {
      this.#lost += told.reduce((sum, { entries }) => sum + entries.length, 0);
      const failure = WorkflowError.is(error)
        ? error
        : AdapterError.auditUnavailable(NAME, `the store failed: ${describeReason(error)}`, error);
      for (const { reject } of told) reject(failure);
      throw error;
    }
  }

  #noteOf(entries: number): Told {
    const note = { action: 'audit.lost', actor: 'audit', facts: { entries } };
    return { entries: [preparedEntry(note, this.#clock.now())], resolve: () => undefined, reject: () => undefined };
  }

  /** Goes on where the log ends, unless it does not end where it did. */
  async #open(): Promise<ChainHead> {
    const { last, torn } = await this.#store.open();
    try {
      const head = last === undefined ? GENESIS : this.#headOf(last);
      const anchor = await this.#anchors?.read();
      if (anchor !== undefined) this.#compare(head, anchor);
      if (torn === undefined) return head;
      const facts = { bytes: torn.byteLength, sha256: hashOf(torn) };
      const repaired = preparedEntry({ action: 'audit.repaired', actor: 'audit', facts }, this.#clock.now());
      const { line, head: next } = sealLine(head, repaired, this.#key);
      await this.#store.append([line]);
      this.#tell({ type: 'log.repaired', bytes: torn.byteLength });
      return next;
    } catch (error) {
      await this.#store.close();
      throw error;
    }
  }

  #headOf(last: Uint8Array): ChainHead {
    const line = readLine(last, this.#keys);
    if (line === undefined) throw AdapterError.auditDamaged(NAME, 'its last line is no entry');
    if (line.isProven === undefined)
      throw AdapterError.auditDamaged(NAME, `its last entry names another key, "${line.key}"`);
    if (!line.isProven) throw AdapterError.auditDamaged(NAME, 'its last entry is not what was signed');
    return { seq: line.seq, hash: hashOf(last), time: line.time };
  }

  #compare(head: ChainHead, bytes: Uint8Array): void {
    const anchor = readAnchor(bytes, this.#keys);
    if (anchor === undefined)
      throw AdapterError.auditDamaged(NAME, 'its anchor cannot be read, or another key signed it');
    const { seq, hash } = anchor;
    if (seq > head.seq)
      throw AdapterError.auditDamaged(NAME, `it ends after entry ${head.seq}, and its anchor says that it had ${seq}`);
    if (seq === head.seq && hash !== head.hash)
      throw AdapterError.auditDamaged(NAME, `entry ${seq} is another one than its anchor says`);
    this.#anchored = seq;
  }

  /** C3. In the background: no entry waits for it. */
  #anchorSoon(): void {
    const { seq = 0 } = this.#head ?? {};
    if (this.#anchors === undefined || seq === this.#anchored || this.#isClosed) return;
    if (this.#anchoring !== undefined || this.#stopTimer !== undefined) return;
    const left = this.#anchoredAt + this.#anchorEveryMs - this.#clock.now();
    if (left > 0) {
      this.#stopTimer = this.#clock.setTimer(left, () => {
        this.#stopTimer = undefined;
        this.#anchorSoon();
      });
      return;
    }
    this.#anchoredAt = this.#clock.now();
    this.#anchoring = this.#anchors.write(sealAnchor(this.#head!, this.#key)).then(
      () => {
        this.#anchored = seq;
        this.#anchoring = undefined;
        this.#anchorSoon();
      },
      (error: unknown) => {
        this.#anchoring = undefined;
        this.#tell({ type: 'anchor.failed', error });
      },
    );
  }

  #tell(notice: AuditNotice): void {
    try {
      this.#notify?.(notice);
    } catch {
      // A notice changes no outcome.
    }
  }
}

function sealAll(
  head: ChainHead,
  told: readonly Pick<Told, 'entries'>[],
  key: AuditKey,
): { readonly lines: readonly SealedLine[]; readonly head: ChainHead } {
  const lines: SealedLine[] = [];
  let last = head;
  for (const { entries } of told) {
    for (const entry of entries) {
      const sealed = sealLine(last, entry, key);
      lines.push(sealed.line);
      last = sealed.head;
    }
  }
  return { lines, head: last };
}

/** No tenant is the empty one. */
function fieldOf(entry: AuditEntry, key: string): unknown {
  const value = (entry as unknown as Readonly<Record<string, unknown>>)[key];
  return key === 'tenant' ? (value ?? '') : value;
}

/** What can be said of an entry before it has its place; a wrong one fails here, alone. */
function preparedEntry(entry: NewAuditEntry, now: number): Told['entries'][number] {
  const { action, actor, time = now, tenant, user, session, run, workflow, node, visit } = entry;
  const check = (isRight: boolean, option: string, value: unknown, allowed: string): void => {
    if (!isRight) throw new DefinitionError([problem.invalidOption(`${NAME}.append`, option, value, allowed)]);
  };
  for (const [option, value] of Object.entries({ action, actor }))
    check(typeof value === 'string' && value !== '', option, value, 'text of at least one character');
  check(Number.isFinite(time), 'time', time, 'milliseconds since the epoch');
  let text: string | undefined;
  try {
    text = entryText(entry);
  } catch {
    // The message of what was thrown may quote the content.
  }
  check(text !== undefined, 'facts, content', 'what JSON cannot hold', 'what JSON can hold');
  return { text: text!, time, about: { action, tenant, user, session, run, workflow, node, visit } };
}

function checkOptions(options: ChainedAuditLogOptions) {
  if (typeof options !== 'object' || options === null)
    return [problem.invalidOption(NAME, 'options', options, 'an object with store and key')];
  const given = options as unknown as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).filter((name) => !OPTIONS.includes(name));
  const found = unknown.map((name) => problem.unknownOption(NAME, name, OPTIONS));
  for (const [option, methods] of Object.entries(NEEDED)) {
    const value = given[option];
    if (value === undefined && !REQUIRED.includes(option)) continue;
    const able = value as Readonly<Record<string, unknown>> | null | undefined;
    if (methods.every((method) => typeof able?.[method] === 'function')) continue;
    // A key is not shown, whatever it is.
    const shown = option === 'key' && value !== undefined ? 'no key' : value;
    const allowed = `an object with ${methods.map((method) => `${method}()`).join(', ')}`;
    found.push(problem.invalidOption(NAME, option, shown, allowed));
  }
  const { anchorEvery, formerKeys, onNotice } = options;
  if (anchorEvery !== undefined && toMilliseconds(anchorEvery) === undefined)
    found.push(problem.invalidOption(NAME, 'anchorEvery', anchorEvery, DURATION_FORMS));
  if (
    formerKeys !== undefined &&
    !(Array.isArray(formerKeys) && formerKeys.every((key) => typeof key?.verify === 'function'))
  )
    found.push(problem.invalidOption(NAME, 'formerKeys', 'something else', 'a list of keys'));
  if (onNotice !== undefined && typeof onNotice !== 'function')
    found.push(problem.invalidOption(NAME, 'onNotice', onNotice, 'a function'));
  return found;
}
