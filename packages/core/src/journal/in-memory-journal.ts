/**
 * Job. The journal for tests, and what the port says in the fewest words: every other implementation is held to the same suite.
 *
 * Boundary. What may be written at all is checked by `journal-arguments.ts`. One file, because it is one class with a method for each of
 * the port, over three maps.
 */
import type {
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
} from '../ports/journal.js';
import {
  checkCommit,
  checkIds,
  checkKeptSignal,
  checkNewRun,
  checkWaitChange,
  doesNotFollowOn,
  waitIsTaken,
} from './journal-arguments.js';

interface HeldRun {
  info: RunInfo;
  readonly records: JournalRecord[];
  /** Keys of its waits. */
  readonly waits: Set<string>;
  /** Signals that are kept, in the order in which they came. */
  readonly kept: Map<string, KeptSignal>;
  /** Signals that were taken. */
  readonly taken: Map<string, KnownSignal>;
}

const WHERE = 'InMemoryJournal';

const FINAL: readonly string[] = ['completed', 'failed', 'cancelled'];

/**
 * A journal that lives as long as the process: for tests, and for waits of a program that does not have to survive.
 *
 * Everything is answered in a later microtask, as a store would, and in the order in which it was asked.
 */
export class InMemoryJournal implements Journal {
  readonly #runs = new Map<string, HeldRun>();
  readonly #waits = new Map<string, Wait>();
  readonly #graphs = new Map<string, string>();

  async create(
    { graph, ...facts }: NewRun,
    records: readonly JournalRecord[],
    { owner, until }: { readonly owner: string; readonly until: number },
  ): Promise<Created> {
    await Promise.resolve();
    checkNewRun(WHERE, { ...facts, graph }, records, owner);
    const known = this.#runs.get(keyOf(facts));
    if (known !== undefined) return { isNew: false, run: known.info };
    const info: RunInfo = Object.freeze({
      ...facts,
      status: 'running',
      length: records.length,
      updatedAt: facts.createdAt,
      wakeAt: undefined,
      owner,
      leaseUntil: until,
      epoch: 1,
    });
    this.#runs.set(keyOf(facts), {
      info,
      records: records.map(frozen),
      waits: new Set(),
      kept: new Map(),
      taken: new Map(),
    });
    this.#graphs.set(facts.graphHash, graph);
    return { isNew: true, lease: leaseOf(info, owner) };
  }

  async commit(lease: Lease, change: Commit): Promise<boolean> {
    await Promise.resolve();
    checkCommit(WHERE, lease, change);
    const { records, opens = [], closes = [], status, wakeAt, at } = change;
    const held = this.#heldUnder(lease);
    if (held === undefined) return false;
    const [first] = records;
    if (first !== undefined && first.seq !== held.records.length + 1) {
      throw doesNotFollowOn(WHERE, lease.runId, held.records.length, first.seq);
    }
    this.#open(held, opens);
    held.records.push(...records.map(frozen));
    for (const id of closes) this.#close(held, waitKey({ tenant: lease.tenant, id }));
    const isOver = status !== undefined && status !== 'running';
    held.info = Object.freeze({
      ...held.info,
      length: held.records.length,
      updatedAt: at,
      ...(isOver ? { status, wakeAt: this.#wakeAt(held, status, wakeAt, at), owner: undefined, leaseUntil: 0 } : {}),
    });
    return true;
  }

  /** All of them or none. */
  #open(held: HeldRun, opens: readonly NewWait[]): void {
    const keys = opens.map(waitKey);
    const taken = keys.findIndex((key, index) => this.#waits.has(key) || keys.indexOf(key) !== index);
    if (taken !== -1) throw waitIsTaken(WHERE, opens[taken]!.id);
    for (const [index, wait] of opens.entries()) {
      held.waits.add(keys[index]!);
      this.#waits.set(keys[index]!, frozenWait({ ...wait, status: 'open', version: 1 }));
    }
  }

  /** A decision may have come while the run was on its way to sleep. */
  #wakeAt(held: HeldRun, status: string, wakeAt: number | undefined, at: number): number | undefined {
    if (status !== 'suspended') return undefined;
    const isSettled = [...held.waits].some((key) => this.#waits.get(key)!.status === 'settled');
    const isKept = [...held.kept.values()].some(({ signal }) => this.#isAwaited(held, signal));
    return isSettled || isKept ? at : wakeAt;
  }

  #isAwaited(held: HeldRun, signal: string): boolean {
    return [...held.waits].some((key) => {
      const wait = this.#waits.get(key)!;
      return wait.status === 'open' && wait.kind === 'signal' && wait.signal === signal;
    });
  }

  #close(held: HeldRun, key: string): void {
    const wait = this.#waits.get(key);
    if (wait === undefined || wait.status === 'closed' || !held.waits.has(key)) return;
    this.#waits.set(key, Object.freeze({ ...wait, status: 'closed', version: wait.version + 1 }));
  }

  async claim(
    key: RunKey,
    { owner, until, now }: { readonly owner: string; readonly until: number; readonly now: number },
  ): Promise<{ readonly lease: Lease; readonly run: RunInfo } | undefined> {
    await Promise.resolve();
    checkIds(WHERE, { owner });
    const held = this.#runs.get(keyOf(key));
    if (held === undefined || FINAL.includes(held.info.status) || !isFree(held.info, now)) return undefined;
    const { epoch } = held.info;
    held.info = Object.freeze({
      ...held.info,
      status: 'running',
      wakeAt: undefined,
      owner,
      leaseUntil: until,
      epoch: epoch + 1,
    });
    return { lease: leaseOf(held.info, owner), run: held.info };
  }

  async renew(leases: readonly Lease[], until: number): Promise<readonly Lease[]> {
    await Promise.resolve();
    return leases.filter((lease) => {
      const held = this.#heldUnder(lease);
      if (held !== undefined) held.info = Object.freeze({ ...held.info, leaseUntil: until });
      return held === undefined;
    });
  }

  async release(lease: Lease): Promise<void> {
    await Promise.resolve();
    const held = this.#heldUnder(lease);
    if (held !== undefined) held.info = Object.freeze({ ...held.info, owner: undefined, leaseUntil: 0 });
  }

  async run(key: RunKey): Promise<RunInfo | undefined> {
    await Promise.resolve();
    return this.#runs.get(keyOf(key))?.info;
  }

  async records(key: RunKey, after: number, limit: number): Promise<readonly JournalRecord[]> {
    await Promise.resolve();
    return this.#runs.get(keyOf(key))?.records.slice(after, after + limit) ?? [];
  }

  async graph(hash: string): Promise<string | undefined> {
    await Promise.resolve();
    return this.#graphs.get(hash);
  }

  async runs(query: RunQuery): Promise<readonly RunInfo[]> {
    await Promise.resolve();
    const { tenant, userId, workflow, status, from, to, after, limit = 100 } = query;
    return [...this.#runs.values()]
      .map(({ info }) => info)
      .filter(
        (info) =>
          info.tenant === tenant &&
          (userId === undefined || info.userId === userId) &&
          (workflow === undefined || info.workflow === workflow) &&
          (status === undefined || info.status === status) &&
          (from === undefined || info.createdAt >= from) &&
          (to === undefined || info.createdAt < to) &&
          (after === undefined || newestFirst(after, info) < 0),
      )
      .sort(newestFirst)
      .slice(0, limit);
  }

  async wait(key: { readonly tenant: string; readonly id: string }): Promise<Wait | undefined> {
    await Promise.resolve();
    return this.#waits.get(waitKey(key));
  }

  async waits(query: WaitQuery): Promise<readonly Wait[]> {
    await Promise.resolve();
    const { tenant, kind, status = 'open', runId, workflow, signal, actor, after, limit = 100 } = query;
    return [...this.#waits.values()]
      .filter(
        (wait) =>
          wait.tenant === tenant &&
          wait.status === status &&
          (kind === undefined || wait.kind === kind) &&
          (runId === undefined || wait.runId === runId) &&
          (workflow === undefined || wait.workflow === workflow) &&
          (signal === undefined || wait.signal === signal) &&
          (actor === undefined || mayAct(wait, actor)) &&
          (after === undefined || oldestFirst(after, wait) < 0),
      )
      .sort(oldestFirst)
      .slice(0, limit);
  }

  async changeWait(
    key: { readonly tenant: string; readonly id: string },
    version: number,
    change: WaitChange,
    at: number,
  ): Promise<boolean> {
    await Promise.resolve();
    checkWaitChange(WHERE, change);
    const { state, status, dueAt, users, groups, takes } = change;
    const wait = this.#waits.get(waitKey(key));
    if (wait?.version !== version || wait.status !== 'open') return false;
    if (takes !== undefined && !this.#take(wait, takes, at)) return false;
    this.#waits.set(
      waitKey(key),
      frozenWait({
        ...wait,
        state,
        version: version + 1,
        status: status ?? wait.status,
        dueAt: dueAt === undefined ? wait.dueAt : (dueAt ?? undefined),
        users: users ?? wait.users,
        groups: groups ?? wait.groups,
      }),
    );
    const held = this.#runs.get(keyOf(wait));
    if (status === 'settled' && held?.info.status === 'suspended')
      held.info = Object.freeze({ ...held.info, wakeAt: at });
    return true;
  }

  /** Whether the message is there to be taken; it is the wait's from then on. */
  #take(wait: Wait, { id, isKept }: NonNullable<WaitChange['takes']>, at: number): boolean {
    const { tenant, runId, signal = '' } = wait;
    const { kept, taken } = this.#runs.get(keyOf(wait))!;
    const key = signalKey({ signal, id });
    const known = kept.get(key);
    if (taken.has(key) || (known !== undefined) !== isKept) return false;
    kept.delete(key);
    taken.set(key, Object.freeze({ tenant, runId, signal, id, at: known?.at ?? at, text: '', waitId: wait.id }));
    return true;
  }

  async keepSignal(signal: KeptSignal, most: number): Promise<KeepResult> {
    await Promise.resolve();
    checkKeptSignal(WHERE, signal);
    const held = this.#runs.get(keyOf(signal));
    if (held === undefined || FINAL.includes(held.info.status)) return 'over';
    const key = signalKey(signal);
    if (held.kept.has(key) || held.taken.has(key)) return 'known';
    if (held.kept.size >= most) return 'full';
    held.kept.set(key, Object.freeze({ ...signal }));
    if (held.info.status === 'suspended' && this.#isAwaited(held, signal.signal))
      held.info = Object.freeze({ ...held.info, wakeAt: signal.at });
    return 'kept';
  }

  async keptSignals({ signal, limit = 100, ...key }: KeptSignalQuery): Promise<readonly KeptSignal[]> {
    await Promise.resolve();
    const kept = [...(this.#runs.get(keyOf(key))?.kept.values() ?? [])];
    return kept.filter((one) => signal === undefined || one.signal === signal).slice(0, limit);
  }

  async signal(key: SignalKey): Promise<KnownSignal | undefined> {
    await Promise.resolve();
    const held = this.#runs.get(keyOf(key));
    const kept = held?.kept.get(signalKey(key));
    return kept === undefined ? held?.taken.get(signalKey(key)) : Object.freeze({ ...kept, waitId: undefined });
  }

  async dropSignal(key: SignalKey): Promise<boolean> {
    await Promise.resolve();
    return this.#runs.get(keyOf(key))?.kept.delete(signalKey(key)) === true;
  }

  async dueRuns({ now, workflows, limit = 100 }: DueQuery): Promise<readonly RunInfo[]> {
    await Promise.resolve();
    return [...this.#runs.values()]
      .map(({ info }) => info)
      .filter(
        (info) =>
          workflows.includes(info.workflow) &&
          (info.status === 'suspended'
            ? info.wakeAt !== undefined && info.wakeAt <= now
            : info.status === 'running' && isFree(info, now)),
      )
      .sort((left, right) => dueSince(left) - dueSince(right))
      .slice(0, limit);
  }

  async dueWaits({ now, workflows, limit = 100 }: DueQuery): Promise<readonly Wait[]> {
    await Promise.resolve();
    return [...this.#waits.values()]
      .filter(
        ({ workflow, status, dueAt }) =>
          workflows.includes(workflow) && status === 'open' && (dueAt ?? Infinity) <= now,
      )
      .sort((left, right) => left.dueAt! - right.dueAt!)
      .slice(0, limit);
  }

  async forgetUser({
    tenant,
    userId,
  }: {
    readonly tenant: string;
    readonly userId: string | undefined;
  }): Promise<ForgottenRuns> {
    await Promise.resolve();
    let [runs, records, waits] = [0, 0, 0];
    for (const [key, held] of this.#runs) {
      const { info } = held;
      if (info.tenant !== tenant || info.userId !== userId || info.owner !== undefined) continue;
      this.#runs.delete(key);
      runs++;
      records += held.records.length;
      waits += held.waits.size;
      for (const wait of held.waits) this.#waits.delete(wait);
    }
    return { runs, records, waits };
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  #heldUnder(lease: Lease): HeldRun | undefined {
    const held = this.#runs.get(keyOf(lease));
    return held?.info.owner === lease.owner && held.info.epoch === lease.epoch ? held : undefined;
  }
}

function leaseOf({ tenant, runId, epoch }: RunInfo, owner: string): Lease {
  return Object.freeze({ tenant, runId, owner, epoch });
}

/** No two pairs have one key: lengths are told apart. */
function keyOf({ tenant, runId }: RunKey): string {
  return `${tenant.length}:${tenant}${runId}`;
}

function waitKey({ tenant, id }: { readonly tenant: string; readonly id: string }): string {
  return keyOf({ tenant, runId: id });
}

function signalKey({ signal, id }: Pick<SignalKey, 'signal' | 'id'>): string {
  return keyOf({ tenant: signal, runId: id });
}

/** Nobody who holds what was given, or what is given back, can change what is kept. */
function frozen(record: JournalRecord): JournalRecord {
  return Object.freeze({ ...record });
}

function frozenWait(wait: Wait): Wait {
  return Object.freeze({
    ...wait,
    users: Object.freeze([...new Set(wait.users)]),
    groups: Object.freeze([...new Set(wait.groups)]),
  });
}

/** A run that was let go of has been due for as long as can be. */
function dueSince({ wakeAt, owner, leaseUntil }: RunInfo): number {
  return wakeAt ?? (owner === undefined ? -Infinity : leaseUntil);
}

function isFree({ owner, leaseUntil }: RunInfo, now: number): boolean {
  return owner === undefined || leaseUntil < now;
}

function mayAct(wait: Wait, { userId, groups = [] }: NonNullable<WaitQuery['actor']>): boolean {
  return (userId !== undefined && wait.users.includes(userId)) || groups.some((group) => wait.groups.includes(group));
}

function newestFirst(left: Pick<RunInfo, 'createdAt' | 'runId'>, right: Pick<RunInfo, 'createdAt' | 'runId'>): number {
  return right.createdAt - left.createdAt || compare(right.runId, left.runId);
}

function oldestFirst(left: Pick<Wait, 'openedAt' | 'id'>, right: Pick<Wait, 'openedAt' | 'id'>): number {
  return left.openedAt - right.openedAt || compare(left.id, right.id);
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
