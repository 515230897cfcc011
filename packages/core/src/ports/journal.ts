/**
 * Job: where durable runs are kept: their records, what they wait for, and who carries them out. `InMemoryJournal` in this
 * package is for tests; `@drawloom/sqlite` keeps all of it in one file.
 *
 * Boundary: a journal keeps text and finds it again. What a record says, when a wait is settled and when a run goes on is
 * the executor's business. Times are given by the caller: a journal reads no clock.
 *
 * What every implementation holds, and `journalContract` of @drawloom/testing checks:
 *
 * A. The tenant is part of every key. Nothing of one tenant is found, changed or counted with another's.
 * B. What `commit` has answered `true` to is there after a crash, and whole: records, waits, status together or not at all.
 *    Only where less was asked for (`durability: 'normal'` of a store) may a power failure take the last ones.
 * C. The records of a run are numbered from 1 without a gap, and none is ever changed.
 * D. One owner at a time: a commit under a lease that was taken over writes nothing and answers `false`.
 * E. A change of a wait that somebody else has changed meanwhile writes nothing and answers `false`.
 * F. A message is taken by one wait, however often and to however many waits it is brought.
 */

import type { AuditLog, NewAuditEntry } from './audit-log.js';

/** Whose run is meant. Ids are well-formed text and are compared exactly; so are names, users and groups. */
export interface RunKey {
  /** Empty where the application has no tenants. */
  readonly tenant: string;
  readonly runId: string;
}

/** `suspended`: nothing can be done before a decision, a signal or a time. The last three are final. */
export type RunStatus = 'running' | 'suspended' | 'completed' | 'failed' | 'cancelled';

/** What never changes of a run. */
export interface RunFacts extends RunKey {
  readonly workflow: string;
  readonly version: string | undefined;
  /** Of the graph that the run was started with: `Runnable.hash`. */
  readonly graphHash: string;
  readonly userId: string | undefined;
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** The run that it shares its first records with. */
  readonly forkedFrom: string | undefined;
}

/** A run as the journal knows it. */
export interface RunInfo extends RunFacts {
  readonly status: RunStatus;
  /** How many records it has. */
  readonly length: number;
  /** Of the last commit. Milliseconds since the epoch. */
  readonly updatedAt: number;
  /** Of a suspended run: when it can go on; `undefined` while that depends on its waits. */
  readonly wakeAt: number | undefined;
  /** Who carries it out; `undefined` where nobody does. */
  readonly owner: string | undefined;
  /** Until when the owner may be alive without having said so again. */
  readonly leaseUntil: number;
  /** Goes up with each claim: the fencing number. */
  readonly epoch: number;
}

/** A run that begins. */
export interface NewRun extends RunFacts {
  /** The graph as JSON; kept once for all runs of one hash. */
  readonly graph: string;
}

/** The right to carry out a run: good until somebody claims the run with a higher epoch. */
export interface Lease extends RunKey {
  readonly owner: string;
  readonly epoch: number;
}

/** One fact of a run, in the order in which it became true. */
export interface JournalRecord {
  /** From 1. */
  readonly seq: number;
  /** `step.completed` and the like; see `RecordBody`. */
  readonly type: string;
  /** JSON in one line. */
  readonly text: string;
}

/** What somebody has to do before a run goes on. */
export type WaitKind = 'approval' | 'signal' | 'timer';

/** `settled`: it is known what came of it, and the run has not taken note yet. */
export type WaitStatus = 'open' | 'settled' | 'closed';

/** A wait that is opened. */
export interface NewWait extends RunKey {
  /** Unique within the tenant. One that is taken, even by a wait that is closed, is refused. */
  readonly id: string;
  readonly kind: WaitKind;
  readonly workflow: string;
  /** The user that the run belongs to. */
  readonly userId: string | undefined;
  readonly node: string;
  readonly visit: number;
  /** Of a signal: what it is called. */
  readonly signal: string | undefined;
  readonly openedAt: number;
  /** When something happens by itself: a deadline, a reminder, the end of a delay. */
  readonly dueAt: number | undefined;
  /** Who may act on it, each once, so that an inbox is one look-up. */
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** JSON: what never changes of it, such as what is shown to those who decide. */
  readonly about: string;
  /** JSON: what has happened to it so far. */
  readonly state: string;
}

/** A wait as the journal knows it. */
export interface Wait extends NewWait {
  readonly status: WaitStatus;
  /** From 1; goes up with each change. */
  readonly version: number;
}

/** Which message is meant: a signal to a run, by the name of the signal and an id of its own. */
export interface SignalKey extends RunKey {
  readonly signal: string;
  readonly id: string;
}

/** A signal that is kept, because nothing waits for it yet. */
export interface KeptSignal extends SignalKey {
  /** JSON: who has sent it, what, and until when it is good. Empty once it is taken. */
  readonly text: string;
  /** When it was sent. Milliseconds since the epoch. */
  readonly at: number;
}

/** What became of a message. */
export interface KnownSignal extends KeptSignal {
  /** The wait that has taken it; `undefined` while it is kept. */
  readonly waitId: string | undefined;
}

/**
 * What came of keeping a signal. `known`: the run has, or had, a message of this key; `full`: as many as there may be are kept;
 * `over`: the run has ended, or there is none.
 */
export type KeepResult = 'kept' | 'known' | 'full' | 'over';

/** What becomes true of a run in one piece. */
export interface Commit {
  /** Numbered on from what the run has; others are refused. May be empty. */
  readonly records: readonly JournalRecord[];
  readonly opens?: readonly NewWait[] | undefined;
  /** Ids of waits of the run whose outcome is in the records. */
  readonly closes?: readonly string[] | undefined;
  /** Anything but `running` gives the lease back. @defaultValue as it is */
  readonly status?: RunStatus | undefined;
  /**
   * With `suspended`. Where a wait of the run is settled already, or a signal is kept beside an open wait for it, it is `at`, whatever
   * is said here. @defaultValue `undefined`
   */
  readonly wakeAt?: number | undefined;
  /** What goes on record in the same transaction; only where the journal `carries` that log. */
  readonly audit?: AuditedCommit | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Entries that are written with a commit. Where its lease is lost they may be written all the same: they tell what has happened. */
export interface AuditedCommit {
  readonly log: AuditLog;
  readonly entries: readonly NewAuditEntry[];
  /** Whether the commit is to fail where the log takes no entries; else it goes without them. */
  readonly isRequired: boolean;
}

/** How a wait changes; what is left out stays. */
export interface WaitChange {
  readonly state: string;
  readonly status?: WaitStatus | undefined;
  readonly dueAt?: number | null | undefined;
  readonly users?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  /** The message that settles a wait for a signal: one that `isKept`, or one that the run has not had before. */
  readonly takes?: { readonly id: string; readonly isKept: boolean } | undefined;
}

/** Which runs are asked for. What is left out does not narrow. */
export interface RunQuery {
  readonly tenant: string;
  readonly userId?: string | undefined;
  readonly workflow?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** Only runs created at or after. Milliseconds since the epoch. */
  readonly from?: number | undefined;
  /** Only runs created before. */
  readonly to?: number | undefined;
  /** At least 1. @defaultValue 100 */
  readonly limit?: number | undefined;
  /** The last run of the page before: the order is (`createdAt`, `runId`), newest first; how ids are ordered is the journal's own. */
  readonly after?: Pick<RunInfo, 'createdAt' | 'runId'> | undefined;
}

/** Which waits are asked for. What is left out does not narrow. */
export interface WaitQuery {
  readonly tenant: string;
  readonly kind?: WaitKind | undefined;
  /** @defaultValue `'open'` */
  readonly status?: WaitStatus | undefined;
  readonly runId?: string | undefined;
  readonly workflow?: string | undefined;
  readonly signal?: string | undefined;
  /** Only what this user or a member of one of these groups may act on. */
  readonly actor?:
    { readonly userId?: string | undefined; readonly groups?: readonly string[] | undefined } | undefined;
  /** At least 1. @defaultValue 100 */
  readonly limit?: number | undefined;
  /** The last wait of the page before: the order is (`openedAt`, `id`), oldest first; how ids are ordered is the journal's own. */
  readonly after?: Pick<Wait, 'openedAt' | 'id'> | undefined;
}

/** Which kept signals are asked for. What is left out does not narrow. */
export interface KeptSignalQuery extends RunKey {
  readonly signal?: string | undefined;
  /** At least 1. @defaultValue 100 */
  readonly limit?: number | undefined;
}

/** What is to be looked at now, of all tenants: for who carries runs out, never for who asks from outside. */
export interface DueQuery {
  readonly now: number;
  /** Only of these workflows. */
  readonly workflows: readonly string[];
  /** At least 1. @defaultValue 100 */
  readonly limit?: number | undefined;
}

/** What was erased of a user. */
export interface ForgottenRuns {
  readonly runs: number;
  readonly records: number;
  readonly waits: number;
}

/** How `create` went. */
export type Created =
  | { readonly isNew: true; readonly lease: Lease }
  /** There is such a run already, and nothing was changed. */
  | { readonly isNew: false; readonly run: RunInfo };

/**
 * Where durable runs are kept. A class, so that it is its own injection token; any object with the methods will do.
 *
 * Every method rejects with an {@link AdapterError}: JOURNAL_MISMATCH, before anything is written, for what cannot be kept
 * (an id that is not well-formed, records that do not follow on, a wait whose id is taken); STORE_FAILED or STORE_BUSY when
 * the store does not work. Writes are carried out in the order in which they were asked for. What was asked for before a
 * `close` is finished.
 */
export abstract class Journal {
  /** Begins a run under a lease of `owner`, with its first records, and tells whether it is new. */
  abstract create(
    run: NewRun,
    records: readonly JournalRecord[],
    lease: { readonly owner: string; readonly until: number },
  ): Promise<Created>;

  /**
   * Whether the entries of an audit log can be part of a commit: its store is in the same place. @defaultValue of none
   */
  carries?(log: AuditLog): boolean;

  /** Resolves with `true` when all of it is durable; with `false`, and nothing written, when the lease is lost (D). */
  abstract commit(lease: Lease, change: Commit): Promise<boolean>;

  /**
   * Takes over a run that is not final and that nobody carries out: it has no owner, or its lease ended before `now`.
   * It is `running` from then on. `undefined` where it is not to be had.
   */
  abstract claim(
    key: RunKey,
    lease: { readonly owner: string; readonly until: number; readonly now: number },
  ): Promise<{ readonly lease: Lease; readonly run: RunInfo } | undefined>;

  /** Says that the owner is alive. Gives the leases that are lost. */
  abstract renew(leases: readonly Lease[], until: number): Promise<readonly Lease[]>;

  /** Gives a lease back without a change: the run can be claimed at once. */
  abstract release(lease: Lease): Promise<void>;

  abstract run(key: RunKey): Promise<RunInfo | undefined>;

  /** The records after `after` in their order, at most `limit`. */
  abstract records(key: RunKey, after: number, limit: number): Promise<readonly JournalRecord[]>;

  /** The graph that a run was started with, as JSON. */
  abstract graph(hash: string): Promise<string | undefined>;

  abstract runs(query: RunQuery): Promise<readonly RunInfo[]>;

  abstract wait(key: { readonly tenant: string; readonly id: string }): Promise<Wait | undefined>;

  abstract waits(query: WaitQuery): Promise<readonly Wait[]>;

  /**
   * Changes a wait that still has this version and is open. One that is settled wakes its run: its `wakeAt` is `at` from
   * then on. Resolves with `false`, and nothing written, where the wait was changed meanwhile (E), or where the message that it
   * `takes` is not there to be taken (F).
   */
  abstract changeWait(
    key: { readonly tenant: string; readonly id: string },
    version: number,
    change: WaitChange,
    at: number,
  ): Promise<boolean>;

  /**
   * Keeps a signal for a run that has not ended, behind those that are kept already, of which there may be `most` in a run. Beside an
   * open wait for it, it wakes a suspended run: its `wakeAt` is the signal's `at` from then on.
   */
  abstract keepSignal(signal: KeptSignal, most: number): Promise<KeepResult>;

  /** The signals that are kept for a run, in the order in which they came. */
  abstract keptSignals(query: KeptSignalQuery): Promise<readonly KeptSignal[]>;

  /** A message that is kept, or was taken; those that were taken without an id are not known. */
  abstract signal(key: SignalKey): Promise<KnownSignal | undefined>;

  /** Lets go of a signal that is kept. Resolves with `false` where it is not. */
  abstract dropSignal(key: SignalKey): Promise<boolean>;

  /** Runs that could go on, the longest overdue first: suspended ones whose `wakeAt` has come, running ones whose owner is gone. */
  abstract dueRuns(query: DueQuery): Promise<readonly RunInfo[]>;

  /** Open waits whose `dueAt` has come, the longest overdue first. */
  abstract dueWaits(query: DueQuery): Promise<readonly Wait[]>;

  /** Erases the runs of a user that have no owner, as final and suspended ones have none. `undefined` are the runs of nobody. */
  abstract forgetUser(owner: { readonly tenant: string; readonly userId: string | undefined }): Promise<ForgottenRuns>;

  /** After it, nothing may be asked any more. What was asked before is finished. */
  abstract close(): Promise<void>;
}
