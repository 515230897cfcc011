/**
 * Job. The journal of one run and of all that is nested in it: numbers its records, commits them in their order, has what
 * an earlier execution left, knows what is waited for, and lays the run to rest when nothing else is going on.
 *
 * Boundary. What a record means for a run is its host's business (`DurableHost`), where records are kept the store's
 * (`Journal`), when a run is taken up again the executor's. One file, because writing, waiting and resting watch the same state: what is
 * pending, what is open, and how much is in progress.
 *
 * Invariants.
 * J1. Records become durable in the order in which they were appended, and are acknowledged in that order.
 * J2. One commit of a run is under way at a time; what is appended meanwhile gathers for the next.
 * J3. When a commit fails, or the lease is lost, nothing is acknowledged any more, and the run is told once.
 * J4. The run is laid to rest only when nothing is in progress anywhere in it, and no wait of it is settled. From when that is
 *     being written on, nothing is taken up or written: what comes too late wakes the run.
 */
import { AdapterError } from '../errors/adapter-error.js';
import { RunError } from '../errors/run-error.js';
import { type EncodedValue, readRecord, type RecordBody, writeRecord } from '../journal/records.js';
import { ReplayedRecords } from '../journal/replayed-records.js';
import type { AuditLog } from '../ports/audit-log.js';
import type {
  AuditedCommit,
  Journal,
  JournalRecord,
  Lease,
  NewWait,
  RunKey,
  RunStatus,
  Wait,
} from '../ports/journal.js';
import type { Clock } from '../values/clock.js';
import type { Activation } from '../schedule/activation.js';
import type { ValueCodec } from '../values/codec.js';
import type { OpenWait } from './suspended-run.js';
import type { PayloadJudge } from '../approval/judge-signal.js';
import type { Waiting } from './waiting.js';

/** What a run's journal needs of whoever carries the run out. */
export interface RunJournalParts {
  readonly store: Journal;
  readonly codec: ValueCodec;
  readonly clock: Clock;
  /** Empty where the application has no tenants. */
  readonly tenant: string;
  readonly workflow: string;
  /** Told of a wait that ends by itself. */
  readonly onDue: (at: number) => void;
  /** Brings signals that came early to the waits of the run, which are known to the judge. */
  readonly deliverKept: (run: RunKey, judge: PayloadJudge) => Promise<unknown>;
}

/** Something that is in progress by itself within an activation: an item of a map, or a call that is recorded. */
export class Part {
  /** It has ended, or was given up. */
  isOver = false;

  constructor(readonly around: Part | undefined) {}
}

/** Who is told of what the journal finds out. */
export interface JournaledRun {
  /** Nothing can be written any more: the run has to stop, and has not ended as far as its journal knows. */
  onBroken(error: Error): void;
  /** Everything is at rest: the run has to leave its loop. */
  onRest(): void;
}

/** Who waits for what comes from outside. */
export interface Awaited {
  /** Called once, with what came of it. */
  readonly take: (wait: Wait) => void;
  /** What somebody sends, as the wait takes it. @defaultValue everything as it is */
  readonly accept?: Waiting['accept'];
}

/** What belongs to a record that is appended. */
export interface Appended {
  readonly opens?: NewWait | undefined;
  readonly closes?: readonly string[] | undefined;
  readonly status?: RunStatus | undefined;
  /** What has to be durable elsewhere before it is written; asked for when its commit begins. */
  readonly after?: (() => Promise<unknown>) | undefined;
  readonly then?: (() => void) | undefined;
  readonly otherwise?: ((error: Error) => void) | undefined;
}

interface Pending {
  readonly records: JournalRecord[];
  readonly opens: NewWait[];
  readonly closes: string[];
  readonly after: Set<() => Promise<unknown>>;
  readonly waiting: Pick<Appended, 'then' | 'otherwise'>[];
  status: RunStatus | undefined;
  audit: AuditedCommit | undefined;
  /** Whether the run is laid to rest with it, if nothing is in progress then. */
  rests: boolean;
}

/** Waits that are looked up at a time. */
const MANY = 1_000;

export class RunJournal {
  readonly codec: ValueCodec;
  readonly tenant: string;
  /** When a suspended run has to be looked at although nothing it waits for has come: its own deadline. */
  wakeAt: number | undefined;
  readonly #parts: RunJournalParts;
  readonly #waits = new Map<string, Awaited & { readonly about: OpenWait }>();
  readonly #judge: PayloadJudge = {
    knows: ({ id }) => this.#waits.has(id),
    validate: (wait, payload) => {
      const accept = this.#waits.get(wait.id)?.accept;
      return accept === undefined ? payload : accept(wait, payload);
    },
  };
  /** The run itself first, then those that are nested in it. */
  readonly #runs = new Set<JournaledRun>();
  /** Activations and parts of these in which nested runs are under way, and how many. */
  readonly #lent = new Map<Activation | Part, number>();
  #lease: Lease | undefined;
  #length = 0;
  #replayed: ReplayedRecords | undefined;
  #pending: Pending | undefined;
  #isCommitting = false;
  #broken: Error | undefined;
  #active = 0;
  #look: Promise<void> | undefined;
  #mustLookAgain = false;
  #isDraining = false;
  /** Whether it is being written that the run rests, or it does. */
  #isLyingDown = false;
  #isAtRest = false;
  /** Whether the record is appended after which there is none. */
  #hasEnded = false;

  constructor(parts: RunJournalParts) {
    this.#parts = parts;
    this.codec = parts.codec;
    this.tenant = parts.tenant;
  }

  /** The run has these records, and is carried out under this lease; without one it is over, and nothing is written. */
  begin(lease: Lease | undefined, records: readonly JournalRecord[]): void {
    this.#lease = lease;
    this.#length = records.length;
    this.#replayed = new ReplayedRecords(records.map((record) => this.#read(record)));
  }

  #read(record: JournalRecord): RecordBody<unknown> {
    const body = readRecord(record);
    if (body === undefined) throw AdapterError.recordUnreadable(this.#parts.workflow, record.seq);
    return body;
  }

  /** Of the run whose journal it is, not of one nested in it. */
  get workflow(): string {
    return this.#parts.workflow;
  }

  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** What an earlier execution left. */
  get replayed(): ReplayedRecords | undefined {
    return this.#replayed;
  }

  /** Why nothing can be written any more. */
  get broken(): Error | undefined {
    return this.#broken;
  }

  /** Whether the run was laid to rest: its records are all there is of it. */
  get isAtRest(): boolean {
    return this.#isAtRest;
  }

  /** Whether the run is laid to rest, or on its way there: nothing is taken up any more. */
  get isLyingDown(): boolean {
    return this.#isLyingDown;
  }

  /** Whether nothing more is to begin. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  get openWaits(): readonly OpenWait[] {
    return [...this.#waits.values()].map(({ about }) => about);
  }

  // --- Writing ---

  /** Whether anything more can be written. */
  get takesRecords(): boolean {
    return this.#broken === undefined && !this.#isLyingDown && this.#lease !== undefined;
  }

  /** J1. What comes after the run has ended, or was given up, is written by nobody. */
  append(body: RecordBody<EncodedValue>, { opens, closes, status, after, then, otherwise }: Appended = {}): void {
    if (!this.takesRecords) {
      otherwise?.(this.#broken ?? RunError.cancelled(this.#parts.workflow, 'the run was laid to rest'));
      return;
    }
    const pending = (this.#pending ??= nothing());
    pending.records.push({ seq: ++this.#length, type: body.type, text: writeRecord(body) });
    if (opens !== undefined) pending.opens.push(opens);
    if (closes !== undefined) pending.closes.push(...closes);
    pending.status ??= status;
    if (status !== undefined) this.#hasEnded = true;
    if (after !== undefined) pending.after.add(after);
    if (then !== undefined || otherwise !== undefined) pending.waiting.push({ then, otherwise });
    this.#commitSoon();
  }

  /** Resolves when the record is durable. */
  appended(body: RecordBody<EncodedValue>, more: Omit<Appended, 'then' | 'otherwise'> = {}): Promise<void> {
    return new Promise((resolve, reject) => this.append(body, { ...more, then: resolve, otherwise: reject }));
  }

  /**
   * Puts entries on record with the next commit, where the log is in the same place as the journal. With `isRequired` that
   * commit is made at once; else it is the next one that there is. `undefined` where the log has to write them itself.
   */
  tell(audit: AuditedCommit): Promise<void> | undefined {
    if (!this.takesRecords) return undefined;
    if (this.#hasEnded && this.#pending === undefined) return undefined; // nothing is committed any more
    if (!this.carries(audit.log)) return undefined;
    const before = this.#pending?.audit;
    if (before !== undefined && before.log !== audit.log) return undefined;
    const pending = (this.#pending ??= nothing());
    const isRequired = audit.isRequired || before?.isRequired === true;
    pending.audit = { log: audit.log, entries: [...(before?.entries ?? []), ...audit.entries], isRequired };
    if (audit.isRequired) this.#commitSoon();
    return new Promise((resolve, reject) => pending.waiting.push({ then: resolve, otherwise: reject }));
  }

  /** Whether a log is in the same place as the journal, so that entries ride with commits. */
  carries(log: AuditLog): boolean {
    return this.#parts.store.carries?.(log) === true;
  }

  /** J2. What is appended in one turn is committed together, and with it what a loop that hears of it at once appends next. */
  #commitSoon(): void {
    if (this.#isCommitting) return;
    this.#isCommitting = true;
    queueMicrotask(() => queueMicrotask(() => void this.#commitAll()));
  }

  async #commitAll(): Promise<void> {
    for (let next = this.#pending; next !== undefined; next = this.#pending) {
      this.#pending = undefined;
      const { after, waiting } = next;
      if (after.size > 0) await Promise.all([...after].map((durable) => durable()));
      if (this.#broken !== undefined) {
        const { broken } = this;
        waiting.forEach(({ otherwise }) => otherwise?.(broken!));
        return;
      }
      const rests = next.rests && this.#active === 0; // else it was taken up again meanwhile
      if (rests) this.#isLyingDown = true;
      if (rests && !this.#isDraining) next.status ??= 'suspended';
      const failure = await this.#commit(next);
      if (failure !== undefined) {
        this.break(failure);
        waiting.forEach(({ otherwise }) => otherwise?.(failure));
        return;
      }
      for (const { then } of waiting) then?.();
      if (rests) void this.#liesStill();
    }
    this.#isCommitting = false;
  }

  async #commit({ records, opens, closes, status, audit }: Pending): Promise<Error | undefined> {
    const { store, clock, workflow } = this.#parts;
    const change = { records, opens, closes, status, audit, wakeAt: this.wakeAt, at: clock.now() };
    try {
      const isKept = await store.commit(this.#lease!, change);
      return isKept ? undefined : RunError.leaseLost(workflow);
    } catch (error) {
      return error as Error;
    }
  }

  /**
   * The store has not renewed a lease. It may be that of an earlier execution here; and where the commit that gives it back is on
   * its way, that one tells itself whether it was lost before.
   */
  loseLease({ epoch }: Lease): void {
    if (this.#lease?.epoch !== epoch || this.#hasEnded || this.#isLyingDown) return;
    this.break(RunError.leaseLost(this.#parts.workflow));
  }

  /** J3. */
  break(error: Error): void {
    if (this.#broken !== undefined || this.#isAtRest) return;
    this.#broken = error;
    const gathered = this.#pending?.waiting ?? [];
    this.#pending = undefined;
    for (const run of this.#runs) run.onBroken(error);
    gathered.forEach(({ otherwise }) => otherwise?.(error));
  }

  // --- Waiting ---

  /** Something waits for the world outside. */
  await(about: OpenWait, awaited: Awaited): void {
    this.#waits.set(about.id, { about, ...awaited });
    if (about.dueAt !== undefined) this.#parts.onDue(about.dueAt);
    if (about.kind === 'signal') this.look().catch((error: unknown) => this.break(error as Error));
  }

  /** It does so no more. */
  forget(id: string): void {
    this.#waits.delete(id);
  }

  /** Somebody may have settled a wait: takes up what came of it. */
  look(): Promise<void> {
    this.#mustLookAgain = true;
    return (this.#look ??= this.#takeSettled().finally(() => (this.#look = undefined)));
  }

  async #takeSettled(): Promise<void> {
    while (this.#mustLookAgain && !this.#isLyingDown && this.#waits.size > 0 && this.#lease !== undefined) {
      this.#mustLookAgain = false;
      const { tenant, runId } = this.#lease;
      if (this.openWaits.some(({ kind }) => kind === 'signal')) {
        await this.#parts.deliverKept({ tenant, runId }, this.#judge);
      }
      const settled = await this.#parts.store.waits({ tenant, runId, status: 'settled', limit: MANY });
      if (this.#isLyingDown) return;
      for (const wait of settled) {
        const open = this.#waits.get(wait.id);
        this.#waits.delete(wait.id);
        open?.take(wait);
      }
    }
  }

  // --- Resting ---

  /** A run, nested or not, is under way. */
  join(run: JournaledRun): void {
    this.#runs.add(run);
  }

  /** The loop of a run has ended by itself. The run whose journal it is has then nothing to be laid to rest for. */
  leaveLoop(run: JournaledRun): void {
    const [outermost] = this.#runs;
    if (run === outermost) return;
    this.#runs.delete(run);
    this.leave();
  }

  /** What does nothing but wait for nested runs, whose own loops and bodies count. */
  lend(parts: readonly (Activation | Part)[]): void {
    for (const part of parts) {
      if (part instanceof Part && part.isOver) continue;
      const before = this.#lent.get(part) ?? 0;
      this.#lent.set(part, before + 1);
      if (before === 0) this.leave();
    }
  }

  takeBack(parts: readonly (Activation | Part)[]): void {
    for (const part of parts) {
      const before = this.#lent.get(part);
      if (before === undefined) continue; // it is over
      if (before > 1) this.#lent.set(part, before - 1);
      else this.#lent.delete(part);
      if (before === 1) this.enter();
    }
  }

  leavePart(part: Part): void {
    if (part.isOver) return;
    part.isOver = true;
    if (!this.#lent.delete(part)) this.leave();
  }

  /** Something is in progress: a body that was called, a loop that has something to do. */
  enter(): void {
    this.#active++;
  }

  /** It is so no more. */
  leave(): void {
    this.#active--;
    if (this.#active === 0) void this.#rest();
  }

  /** J4. */
  async #rest(): Promise<void> {
    try {
      if (!this.#isDraining) await this.look();
    } catch (error) {
      this.break(error as Error);
    }
    if (this.#active > 0 || this.#broken !== undefined || this.#isLyingDown) return;
    (this.#pending ??= nothing()).rests = true;
    this.#commitSoon();
  }

  async #liesStill(): Promise<void> {
    this.#isAtRest = true;
    if (this.#isDraining) await this.#parts.store.release(this.#lease!).catch(() => undefined); // it ends by itself
    for (const run of this.#runs) run.onRest();
  }

  /** The process is about to stop: nothing more begins, and what is in progress may end. */
  drain(): void {
    this.#isDraining = true;
    if (this.#active === 0) void this.#rest();
  }
}

function nothing(): Pending {
  return {
    records: [],
    opens: [],
    closes: [],
    after: new Set(),
    waiting: [],
    status: undefined,
    audit: undefined,
    rests: false,
  };
}
