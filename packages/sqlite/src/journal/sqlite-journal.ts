/**
 * Job: the journal of durable runs in a SQLite file, as the port asks it.
 *
 * Boundary: says what is written and asked. Transactions and threads belong to `write-queue.ts`, errors of the file to
 * `failures.ts`.
 *
 * A. Whatever is written is one write of the queue: all of it or nothing, and the caller hears of it when it is durable.
 * B. The first step of a write under a lease is the fence: tenant, run, owner and epoch, and for records the length of the
 *    run. Where it finds no run to change, nothing is written.
 */
import type {
  AuditLog,
  ChainedAuditLog,
  Commit,
  Created,
  DueQuery,
  ForgottenRuns,
  Journal,
  JournalRecord,
  KeepResult,
  KeptSignalQuery,
  KeptSignal,
  Lease,
  KnownSignal,
  SignalKey,
  NewRun,
  NewWait,
  RunInfo,
  RunKey,
  RunQuery,
  Wait,
  WaitChange,
  WaitQuery,
} from '@drawloom/core';
import {
  checkCommit,
  checkIds,
  checkKeptSignal,
  checkNewRun,
  checkWaitChange,
  doesNotFollowOn,
  waitIsTaken,
} from '@drawloom/core/front-end';
import { AuditedWrites } from '../audit/audited-writes.js';
import { SqliteAuditStore } from '../audit/sqlite-audit-store.js';
import type { Step } from '../connection/run-batch.js';
import { rowWithNul } from '../store/nul-text.js';
import type { Reader } from '../store/reader.js';
import { step } from '../store/statements.js';
import type { Results, WriteQueue } from '../store/write-queue.js';
import {
  bounded,
  dueQuestions,
  keptQuestion,
  SIGNAL_BY_KEY,
  readRuns,
  readWaits,
  RECORDS_AFTER,
  RUN_BY_KEY,
  runsQuestion,
  sought,
  WAIT_BY_KEY,
  waitsQuestion,
} from './journal-queries.js';
import {
  keptSignalOf,
  leaseOf,
  knownSignalOf,
  runOf,
  waitOf,
  type RunRow,
  type SignalRow,
  type WaitRow,
} from './rows.js';

/** The number of a record has 32 bits of its id. */
const MOST_RECORDS = 0xffff_ffff;
const FINAL: readonly string[] = ['completed', 'failed', 'cancelled'];

/** Durable runs in a SQLite file; see `sqlite`. */
export class SqliteJournal implements Journal {
  readonly #where: string;
  readonly #reader: Reader;
  readonly #queue: WriteQueue;
  readonly #audited = new WeakMap<ChainedAuditLog, AuditedWrites>();

  constructor(where: string, reader: Reader, queue: WriteQueue) {
    this.#where = where;
    this.#reader = reader;
    this.#queue = queue;
  }

  async create(
    run: NewRun,
    records: readonly JournalRecord[],
    { owner, until }: { readonly owner: string; readonly until: number },
  ): Promise<Created> {
    const { tenant, runId, workflow, version, graphHash, userId, sessionId, createdAt, forkedFrom, graph } = run;
    checkNewRun(this.#where, run, records, owner);
    const facts = [tenant, runId, workflow, version, graphHash, userId, sessionId, createdAt, forkedFrom];
    const written = await this.#queue.write({
      isGuarded: true,
      steps: [
        step('createRun', ...facts, records.length, createdAt, owner, until),
        step('keepGraph', graphHash, graph),
        ...records.map((record) => added(run, record)),
      ],
    });
    if (written !== false) return { isNew: true, lease: Object.freeze({ tenant, runId, owner, epoch: 1 }) };
    return { isNew: false, run: (await this.run(run))! };
  }

  carries(log: AuditLog): boolean {
    return this.#storeOf(log) !== undefined;
  }

  /** Where the lines of a log are, where that is here. */
  #storeOf(log: AuditLog): SqliteAuditStore | undefined {
    if (!('store' in log && 'within' in log)) return undefined;
    const { store } = log as ChainedAuditLog;
    return store instanceof SqliteAuditStore && store.isWrittenBy(this.#queue) ? store : undefined;
  }

  async commit(lease: Lease, change: Commit): Promise<boolean> {
    checkCommit(this.#where, lease, change);
    const { records, opens, closes, status, wakeAt, at } = change;
    const { tenant, runId, owner, epoch } = lease;
    const [first] = records;
    const steps = [
      first === undefined
        ? step('touchRun', at, tenant, runId, owner, epoch)
        : step('extendRun', records.length, at, tenant, runId, owner, epoch, first.seq - 1),
    ];
    for (const record of records) steps.push(added(lease, record));
    for (const wait of opens ?? []) steps.push(...opened(wait));
    for (const id of closes ?? []) {
      steps.push(step('closeWait', tenant, id, tenant, runId), step('closeActors', tenant, id));
    }
    if (status !== undefined && status !== 'running')
      steps.push(step('endTurn', status, status, at, at, wakeAt, tenant, runId));
    const written = await this.#written(steps, lease, change);
    if (written === false && first !== undefined) await this.#checkFollowsOn(lease, first);
    return written !== false;
  }

  /** A wait whose id is taken is all that a commit can be refused for by the tables. */
  async #written(
    steps: readonly Step[],
    { tenant }: Lease,
    { opens = [], audit }: Pick<Commit, 'opens' | 'audit'>,
  ): Promise<Results | false> {
    const write = { isGuarded: true, steps };
    const store = audit === undefined ? undefined : this.#storeOf(audit.log);
    try {
      if (audit === undefined || store === undefined) return await this.#queue.write(write);
      return await this.#auditedWrites(audit.log as ChainedAuditLog, store).write(write, audit);
    } catch (error) {
      for (const { id } of opens) {
        const isTwice = opens.filter((wait) => wait.id === id).length > 1;
        if (isTwice || (await this.wait({ tenant, id })) !== undefined) throw waitIsTaken(this.#where, id);
      }
      throw error;
    }
  }

  #auditedWrites(log: ChainedAuditLog, store: SqliteAuditStore): AuditedWrites {
    let writes = this.#audited.get(log);
    if (writes === undefined) this.#audited.set(log, (writes = new AuditedWrites(log, store, this.#queue)));
    return writes;
  }

  async claim(
    key: RunKey,
    { owner, until, now }: { readonly owner: string; readonly until: number; readonly now: number },
  ): Promise<{ readonly lease: Lease; readonly run: RunInfo } | undefined> {
    checkIds(this.#where, { owner });
    const { tenant, runId } = key;
    const written = await this.#queue.write({
      isGuarded: true,
      steps: [step('claimRun', owner, until, sought(tenant), sought(runId), now)],
    });
    if (written === false) return undefined;
    const run = runOf(rowWithNul(written[0] as unknown as RunRow));
    return { lease: leaseOf(run, owner), run };
  }

  async renew(leases: readonly Lease[], until: number): Promise<readonly Lease[]> {
    if (leases.length === 0) return [];
    const steps = leases.map(({ tenant, runId, owner, epoch }) =>
      step('renewLease', until, tenant, runId, owner, epoch),
    );
    const written = await this.#queue.write({ isGuarded: false, steps });
    return leases.filter((_, index) => written === false || written[index] === 0);
  }

  async release({ tenant, runId, owner, epoch }: Lease): Promise<void> {
    await this.#queue.write({ isGuarded: false, steps: [step('releaseRun', tenant, runId, owner, epoch)] });
  }

  async run({ tenant, runId }: RunKey): Promise<RunInfo | undefined> {
    const row = this.#reader.first<RunRow>(RUN_BY_KEY, sought(tenant), sought(runId));
    return row && runOf(row);
  }

  async records({ tenant, runId }: RunKey, after: number, limit: number): Promise<readonly JournalRecord[]> {
    return this.#reader
      .all<JournalRecord>(
        RECORDS_AFTER,
        Math.min(Math.max(0, after), MOST_RECORDS),
        sought(tenant),
        sought(runId),
        bounded(limit),
      )
      .map(({ seq, type, text }) => ({ seq, type, text }));
  }

  async graph(hash: string): Promise<string | undefined> {
    const row = this.#reader.first<{ readonly graph: string }>('SELECT graph FROM graphs WHERE hash = ?', sought(hash));
    return row?.graph;
  }

  async runs(query: RunQuery): Promise<readonly RunInfo[]> {
    return readRuns(this.#reader, runsQuestion(query));
  }

  async wait({ tenant, id }: { readonly tenant: string; readonly id: string }): Promise<Wait | undefined> {
    const row = this.#reader.first<WaitRow>(WAIT_BY_KEY, sought(tenant), sought(id));
    return row && waitOf(row);
  }

  async waits(query: WaitQuery): Promise<readonly Wait[]> {
    return readWaits(this.#reader, waitsQuestion(query));
  }

  async changeWait(
    { tenant, id }: { readonly tenant: string; readonly id: string },
    version: number,
    change: WaitChange,
    at: number,
  ): Promise<boolean> {
    checkWaitChange(this.#where, change);
    const { state, status, dueAt, users, groups, takes } = change;
    const key = [sought(tenant), sought(id)];
    const lists = [users && listed(users), groups && listed(groups)];
    const message = [takes?.isKept === true ? 'kept' : 'new', takes?.id];
    const steps = [
      step('changeWait', state, status, dueAt === undefined ? 0 : 1, dueAt, ...lists, ...key, version, ...message),
      ...(takes === undefined ? [] : [step('takeSignal', takes.id, at, ...key)]),
      ...(status === undefined ? [] : [step('moveActors', status, ...key)]),
      ...(users === undefined ? [] : [step('removeActors', 'user', ...key), ...acting('user', users, key)]),
      ...(groups === undefined ? [] : [step('removeActors', 'group', ...key), ...acting('group', groups, key)]),
      ...(status === 'settled' ? [step('wakeRun', at, ...key)] : []),
    ];
    return (await this.#queue.write({ isGuarded: true, steps })) !== false;
  }

  async keepSignal(kept: KeptSignal, most: number): Promise<KeepResult> {
    checkKeptSignal(this.#where, kept);
    const { tenant, runId, signal, id, text, at } = kept;
    const steps = [
      step('keepSignal', signal, id, text, at, tenant, runId, most),
      step('wakeForSignal', at, tenant, runId, signal, id),
    ];
    if ((await this.#queue.write({ isGuarded: true, steps })) !== false) return 'kept';
    const run = await this.run(kept);
    if (run === undefined || FINAL.includes(run.status)) return 'over';
    return (await this.signal(kept)) === undefined ? 'full' : 'known';
  }

  async keptSignals(query: KeptSignalQuery): Promise<readonly KeptSignal[]> {
    const { sql, values } = keptQuestion(query);
    return this.#reader.all<SignalRow>(sql, ...values).map((row) => keptSignalOf(query, row));
  }

  async signal({ tenant, runId, signal, id }: SignalKey): Promise<KnownSignal | undefined> {
    const key = [sought(tenant), sought(runId), sought(signal), sought(id)];
    const row = this.#reader.first<SignalRow>(SIGNAL_BY_KEY, ...key);
    return row && knownSignalOf({ tenant, runId }, row);
  }

  async dropSignal({ tenant, runId, signal, id }: SignalKey): Promise<boolean> {
    const steps = [step('dropSignal', sought(tenant), sought(runId), sought(signal), sought(id))];
    return (await this.#queue.write({ isGuarded: true, steps })) !== false;
  }

  async dueRuns(query: DueQuery): Promise<readonly RunInfo[]> {
    const since = ({ wakeAt, leaseUntil }: RunInfo): number => wakeAt ?? leaseUntil;
    return dueQuestions('runs', query)
      .flatMap((question) => readRuns(this.#reader, question))
      .sort((left, right) => since(left) - since(right))
      .slice(0, query.limit ?? 100);
  }

  async dueWaits(query: DueQuery): Promise<readonly Wait[]> {
    return dueQuestions('waits', query)
      .flatMap((question) => readWaits(this.#reader, question))
      .sort((left, right) => left.dueAt! - right.dueAt!)
      .slice(0, query.limit ?? 100);
  }

  async forgetUser({
    tenant,
    userId,
  }: {
    readonly tenant: string;
    readonly userId: string | undefined;
  }): Promise<ForgottenRuns> {
    checkIds(this.#where, { tenant, userId });
    const names = ['forgetActors', 'forgetSignals', 'forgetWaits', 'forgetRecords', 'forgetRuns'] as const;
    const steps = names.map((name) => step(name, tenant, userId));
    const [, , waits, records, runs] = (await this.#queue.write({ isGuarded: false, steps })) as number[];
    return { runs: runs!, records: records!, waits: waits! };
  }

  async close(): Promise<void> {
    await this.#queue.close();
    this.#reader.close();
  }

  /** Why the fence held records back, where it was not the lease. */
  async #checkFollowsOn(lease: Lease, { seq }: JournalRecord): Promise<void> {
    const run = await this.run(lease);
    if (run === undefined || run.owner !== lease.owner || run.epoch !== lease.epoch) return;
    throw doesNotFollowOn(this.#where, lease.runId, run.length, seq);
  }
}

function added({ tenant, runId }: RunKey, { seq, type, text }: JournalRecord): Step {
  return step('addRecord', seq, type, text, tenant, runId);
}

function opened(wait: NewWait): readonly Step[] {
  const { tenant, runId, id, kind, workflow, userId, node, visit, signal, openedAt, dueAt, users, groups } = wait;
  const lists = [listed(users), listed(groups), wait.about, wait.state];
  const key = [tenant, id];
  return [
    step('openWait', tenant, id, kind, workflow, userId, node, visit, signal, openedAt, dueAt, ...lists, tenant, runId),
    ...acting('user', users, key),
    ...acting('group', groups, key),
  ];
}

function acting(kind: 'user' | 'group', actors: readonly string[], key: readonly (string | null)[]): readonly Step[] {
  return actors.map((actor) => step('addActor', kind, actor, ...key));
}

/** Each once. */
function listed(actors: readonly string[]): string {
  return JSON.stringify([...new Set(actors)]);
}
