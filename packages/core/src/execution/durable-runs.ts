/**
 * Job. All durable runs that this process carries out: it begins them, takes them up again, says now and then that it is
 * alive, looks what has become due, and lets everything come to rest before the process stops.
 *
 * Boundary. One run is `DurableRun`'s. What is kept, and whose it is, decides the store (`Journal`). One file, because whoever comes
 * (a start, a decision, a time, a sign of life) has to find the same live runs and known workflows.
 *
 * Invariants.
 * E1. A run is live here at most once, and only under a lease.
 * E2. Timers of this keep no process alive: what is waited for is in the journal.
 */
import type { KnownActor } from '../approval/actor.js';
import type { ActedOn } from '../approval/judgement.js';
import { keepTime } from '../approval/keep-time.js';
import type { PayloadJudge } from '../approval/judge-signal.js';
import { KeptSignals } from '../approval/kept-signals.js';
import { hasSchema } from '../approval/signal-wait.js';
import { effectiveAudit } from '../audit/audit-policy.js';
import type { WaitNotice } from '../approval/pass-time.js';
import { RunError } from '../errors/run-error.js';
import { structuralHash } from '../graph/structural-hash.js';
import type { Journal, RunInfo, RunKey, Wait } from '../ports/journal.js';
import { newId } from '../values/ids.js';
import type { Clock } from '../values/clock.js';
import type { ValueCodec } from '../values/codec.js';
import { DurableRun, isUnfit } from './durable-run.js';
import type { OpenedDefaults, People } from './executor.js';
import type { ForkPoint } from './fork-records.js';
import { isOfOutermost } from './new-wait.js';
import type { Program } from './program.js';
import type { RunRequest } from './run.js';
import type { Waiting } from './waiting.js';

/** How durable runs are kept and carried out. */
export interface DurableSettings {
  readonly store: Journal;
  readonly codec: ValueCodec;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly defaults: OpenedDefaults;
  readonly onError: (error: unknown, run: RunKey | undefined) => void;
  /** Told of reminders, escalations and times that are over. */
  readonly onNotice: ((wait: Wait, notice: WaitNotice) => unknown) | undefined;
}

/** What whoever takes up a run says of it. */
export interface ResumeRequest extends Pick<RunRequest, 'userId' | 'signal' | 'hasHandle' | 'around'> {
  /** Whether the run is taken from an owner whose lease has not ended. */
  readonly takesOver?: boolean | undefined;
}

/** What whoever forks a run says of it. */
export interface ForkRequest extends Pick<RunRequest, 'userId' | 'signal' | 'hasHandle' | 'around'> {
  readonly point: ForkPoint;
  /** Of the new run. */
  readonly runId: string | undefined;
}

/** What became of runs that were to be taken up again. */
export interface ResumeReport {
  /** Under way again, in the order in which they were found. */
  readonly resumed: readonly RunKey[];
}

/** Runs and waits that are looked at in one go. */
const BATCH = 100;
/** Runs that are kept in mind because they do not fit. */
const MOST_UNFIT = 10_000;
/** An idle process looks about once a minute. */
const LONGEST_IDLE_MS = 60_000;

export class DurableRuns {
  readonly settings: DurableSettings;
  /** Set by the executor, whose they are. */
  people: People | undefined;
  /** Signals that came before anything waited for them. */
  readonly keptSignals: KeptSignals;
  /** By this the journal knows this process, or rather this executor. */
  readonly owner = newId();
  readonly #programs = new Map<string, Program[]>();
  readonly #later = new Set<() => Program>();
  readonly #live = new Map<string, DurableRun>();
  /** Runs that are due, and do not fit the graphs that are known here. */
  readonly #unfit = new Set<string>();
  #stopHeartbeat: (() => void) | undefined;
  /** Times that something is due, after the next sweep and before it would be looked for in any case. */
  readonly #knownTimes = new Set<number>();
  #nextSweep: { readonly at: number; readonly stop: () => void } | undefined;
  #sweeping: Promise<void> | undefined;
  /** How long nothing is looked for next; doubles while there is nothing to do. */
  #idleMs: number;
  #isDraining = false;

  constructor(settings: DurableSettings) {
    this.settings = settings;
    this.#idleMs = settings.pollMs;
    const { store: journal, codec, clock } = settings;
    this.keptSignals = new KeptSignals({
      journal,
      codec,
      clock,
      judge: this.judge,
      onRefused: (about, actor, reason) => this.refused(about, actor, reason),
    });
  }

  /** Workflows whose runs are taken up again by themselves, each by the newest program of its graph. */
  register(given: Program): void {
    const program = given.standsFor ?? given;
    const { definition } = program.plan;
    const known = this.#programs.get(definition.name) ?? [];
    if (known.includes(program)) return;
    // A handle of a container is made anew for whoever asks for it: its program takes the place of the one before.
    const others = known.filter(({ plan }) => structuralHash(plan.definition) !== structuralHash(definition));
    this.#programs.set(definition.name, [program, ...others]);
    if (others.length === known.length) this.#unfit.clear();
  }

  /** The same, when runs are looked for. */
  registerLater(compile: () => Program): void {
    this.#later.add(compile);
  }

  #programsOf(workflow: string): readonly Program[] {
    this.#registerAll((error) => this.settings.onError(error, undefined));
    return this.#programs.get(workflow) ?? [];
  }

  /** Tells of each that something is wrong with, which is tried again the next time. */
  #registerAll(failed: (error: unknown) => void): void {
    for (const compile of this.#later) {
      try {
        this.register(compile());
        this.#later.delete(compile);
      } catch (error) {
        failed(error);
      }
    }
  }

  /** A run that begins, or goes on where its id is that of one that has begun. */
  prepare(program: Program, request: RunRequest): DurableRun {
    this.register(program);
    return new DurableRun(this, program, { kind: 'start', request });
  }

  /** A run that was begun earlier. */
  prepareResume(program: Program, { tenant, runId }: RunKey, { takesOver, ...request }: ResumeRequest): DurableRun {
    this.register(program);
    return new DurableRun(this, program, { kind: 'resume', key: { tenant, runId }, request, takesOver });
  }

  /** A run that begins with what another one has done. */
  prepareFork(
    program: Program,
    { tenant, runId: source }: RunKey,
    { point, runId, ...request }: ForkRequest,
  ): DurableRun {
    this.register(program);
    return new DurableRun(this, program, {
      kind: 'fork',
      key: { tenant, runId: runId ?? newId() },
      source,
      point,
      request,
    });
  }

  /** Takes up whatever can go on. Resolves when each of these runs is under way. */
  async resumeAll(takesOver: boolean): Promise<ResumeReport> {
    const { store, clock } = this.settings;
    this.#registerAll((error) => {
      throw error;
    });
    const workflows = [...this.#programs.keys()];
    const resumed: RunKey[] = [];
    const now = takesOver ? Number.MAX_SAFE_INTEGER : clock.now();
    this.#unfit.clear();
    await this.#keepAllTime(workflows); // what came while nobody was there makes runs due
    await this.#resumeDue((limit) => store.dueRuns({ now, workflows, limit }), takesOver, resumed);
    await this.sweep();
    return { resumed };
  }

  /** Nothing more begins; what has not come to rest by then is given up. */
  async drain(deadlineMs: number): Promise<void> {
    this.#isDraining = true;
    this.#nextSweep?.stop();
    this.#nextSweep = undefined;
    const live = [...this.#live.values()];
    const stop = this.settings.clock.setTimer(deadlineMs, () => live.forEach((run) => run.abandon()));
    await Promise.all(live.map((run) => run.drain()));
    stop();
  }

  /** Cancels a run that is under way here, or that can be taken up; resolves when it has ended. */
  async cancel(program: Program, key: RunKey, request: ResumeRequest, reason: unknown): Promise<void> {
    const live = this.live(key);
    await live?.begun;
    const { name } = program.plan.definition;
    if (live?.isOf(name, request.userId) === false) throw RunError.notFound(name, key.runId);
    const run = live ?? this.prepareResume(program, key, request);
    run.cancel(reason);
    try {
      const { status } = await run.outcome;
      // It was on its way to rest, and could not be stopped any more.
      if (live !== undefined && status === 'suspended') await this.cancel(program, key, request, reason);
    } catch (error) {
      if (!run.hasEnded) throw error; // however it did: that it has ended is what was asked for
    }
  }

  // --- Live runs ---

  live(key: RunKey): DurableRun | undefined {
    return this.#live.get(nameOf(key));
  }

  /** E1. */
  enter(key: RunKey, run: DurableRun): void {
    if (this.#isDraining) throw RunError.draining(run.plan.definition.name);
    this.#live.set(nameOf(key), run);
    this.#idleMs = this.settings.pollMs;
    this.#stopHeartbeat ??= this.#beatLater();
    this.#sweepAt(this.settings.clock.now() + this.settings.pollMs);
  }

  leave(key: RunKey): void {
    this.#live.delete(nameOf(key));
    if (this.#live.size > 0) return;
    this.#stopHeartbeat?.();
    this.#stopHeartbeat = undefined;
  }

  #beatLater(): () => void {
    const { clock, leaseMs } = this.settings;
    return clock.setTimer(leaseMs / 3, () => void this.#beat(), { background: true });
  }

  /** Says that this process is alive, and hears which runs are not its own any more. */
  async #beat(): Promise<void> {
    const { store, clock, leaseMs, onError } = this.settings;
    const leases = [...this.#live.values()].flatMap(({ lease }) => lease ?? []);
    try {
      for (const lost of await store.renew(leases, clock.now() + leaseMs)) this.live(lost)?.loseLease(lost);
      for (const run of this.#live.values()) await run.look(); // somebody elsewhere may have decided
    } catch (error) {
      onError(error, undefined); // the next one may go through, and commits are fenced in any case
    }
    if (this.#live.size > 0) this.#stopHeartbeat = this.#beatLater();
  }

  // --- What is due ---

  /** A wait ends by itself at this time. */
  due(at: number): void {
    this.#sweepAt(at);
  }

  /** What waits take whose nodes are known here; what the others take, the run finds out. */
  readonly judge: PayloadJudge = {
    knows: (wait) => this.#acceptOf(wait) !== undefined || !hasSchema(wait),
    validate: (wait, payload) => {
      const accept = this.#acceptOf(wait);
      return accept === undefined ? payload : accept(wait, payload);
    },
  };

  #acceptOf(wait: Wait): Waiting['accept'] {
    if (!isOfOutermost(wait)) return undefined; // what is nested is known to the run alone
    for (const { plan, waiting } of this.#programsOf(wait.workflow)) {
      const accept = waiting?.[plan.names.indexOf(wait.node)]?.accept;
      if (accept !== undefined) return accept;
    }
    return undefined;
  }

  /** What somebody was refused goes on record where their run is recorded; without a number, as it is nothing that the run did. */
  async refused(acted: ActedOn, { userId }: KnownActor, reason: string): Promise<void> {
    const { tenant, workflow, node, visit, runId: run, userId: user, id: wait, signal } = acted;
    const [program] = this.#programsOf(workflow);
    const executor = this.settings.defaults.audit;
    const levels = { call: undefined, workflow: program?.settings.audit, outerWorkflow: undefined, executor };
    const action = acted.kind === 'signal' ? 'signal.refused' : 'approval.refused';
    const about = { tenant, user, run, workflow, node, visit, time: this.settings.clock.now() };
    const entry = { action, actor: `user:${userId}`, ...about, facts: { wait, signal, reason } };
    try {
      await effectiveAudit(levels)?.log?.append(entry);
    } catch (error) {
      this.settings.onError(error, acted);
    }
  }

  /** A run has ended: what was kept for it is let go of. Never rejects. */
  async over(run: Pick<RunInfo, 'tenant' | 'runId' | 'workflow' | 'userId'>): Promise<void> {
    try {
      await this.keptSignals.runOver(run);
    } catch (error) {
      this.settings.onError(error, run);
    }
  }

  /** A wait has been settled: whoever carries its run out goes on, or the run is taken up again here. */
  settled({ tenant, runId }: RunKey): void {
    const live = this.live({ tenant, runId });
    if (live !== undefined) void live.look().catch((error: unknown) => this.settings.onError(error, { tenant, runId }));
    else this.#sweepAt(this.settings.clock.now());
  }

  /** E2. */
  #sweepAt(at: number): void {
    if (this.#isDraining) return;
    const { clock, pollMs } = this.settings;
    if (this.#nextSweep !== undefined) {
      const later = Math.max(at, this.#nextSweep.at);
      if (later < clock.now() + Math.max(LONGEST_IDLE_MS, pollMs)) this.#knownTimes.add(later);
      const isOverdue = this.#nextSweep.at < clock.now() - pollMs; // the machine's clock was set forward
      if (this.#nextSweep.at <= at && !isOverdue) return;
      this.#nextSweep.stop();
    }
    const fire = (): void => {
      this.#nextSweep = undefined;
      // One that is under way may have looked already where something has come meanwhile.
      void (this.#sweeping ?? Promise.resolve()).then(() => this.sweep());
    };
    this.#nextSweep = { at, stop: clock.setTimer(Math.max(0, at - clock.now()), fire, { background: true }) };
  }

  /** Ends waits whose time has come, and takes up every run that can go on. Never rejects. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#sweep()
      .catch((error: unknown) => this.settings.onError(error, undefined))
      .finally(() => {
        this.#sweeping = undefined;
        this.#sweepAt(this.#nextTime());
        this.#idleMs = Math.min(2 * this.#idleMs, Math.max(LONGEST_IDLE_MS, this.settings.pollMs));
      });
    return this.#sweeping;
  }

  /** The earliest of the times that are known, or when it is time to look again in any case. */
  #nextTime(): number {
    const now = this.settings.clock.now();
    let next = now + this.#idleMs;
    for (const time of this.#knownTimes) {
      if (time <= now) this.#knownTimes.delete(time);
      else next = Math.min(next, time);
    }
    return next;
  }

  async #sweep(): Promise<void> {
    const { store, clock, onError } = this.settings;
    this.#registerAll((error) => onError(error, undefined));
    const workflows = [...this.#programs.keys()];
    await this.#keepAllTime(workflows);
    await this.#resumeDue((limit) => store.dueRuns({ now: clock.now(), workflows, limit }));
  }

  /**
   * Takes up what is due, each once: what cannot be taken up, because its graph has changed say, stays due, and must not hide the others.
   * So twice as much is asked for each time.
   */
  async #resumeDue(
    dueRuns: (limit: number) => Promise<readonly RunInfo[]>,
    takesOver = false,
    resumed: RunKey[] = [],
  ): Promise<void> {
    const seen = new Set<string>();
    for (let limit = BATCH; ; limit *= 2) {
      const runs = await dueRuns(limit);
      const fresh = runs.filter((run) => !seen.has(nameOf(run)) && !this.#unfit.has(nameOf(run)) && !this.live(run));
      for (let from = 0; from < fresh.length; from += BATCH) {
        const page = fresh.slice(from, from + BATCH);
        for (const { tenant, runId } of page) {
          seen.add(nameOf({ tenant, runId }));
          resumed.push({ tenant, runId });
        }
        await Promise.all(page.map((run) => this.#resumeInBackground(run, takesOver)));
      }
      if (runs.length < limit) break;
    }
  }

  async #keepAllTime(workflows: readonly string[]): Promise<void> {
    while ((await this.#keepTime(workflows)) === BATCH);
  }

  #keepTime(workflows: readonly string[]): Promise<number> {
    const { store, clock, onNotice, onError } = this.settings;
    return keepTime({
      journal: store,
      workflows,
      now: clock.now(),
      limit: BATCH,
      onNotice: (wait, notice) => {
        if (wait.dueAt !== undefined) this.due(wait.dueAt);
        return onNotice?.(wait, notice);
      },
      onSettled: (wait) => this.settled(wait),
      onUnreadable: (wait, error) => onError(error, wait),
    });
  }

  /** Resolves when it is known whether the run is carried out here. */
  #resumeInBackground(run: RunInfo, takesOver = false): Promise<void> {
    const resumed = this.prepareResume(this.#programOf(run), run, { takesOver });
    resumed.execute().catch((error: unknown) => {
      if (RunError.is(error) && error.code === 'RUN_ELSEWHERE') return;
      if (isUnfit(error)) this.#forgoUnfit(run);
      this.settings.onError(error, run);
    });
    return resumed.begun;
  }

  /** It would fit no better the next time. Asked for by name, or after `resumeAll()`, it is tried again. */
  #forgoUnfit(run: RunKey): void {
    if (this.#unfit.size >= MOST_UNFIT) this.#unfit.clear(); // rather tried again than kept in mind without end
    this.#unfit.add(nameOf(run));
  }

  /** That of the graph the run was started with, else the newest. */
  #programOf({ workflow, graphHash }: Pick<RunInfo, 'workflow' | 'graphHash'>): Program {
    const known = this.#programs.get(workflow)!; // only runs of known workflows are asked for
    return known.find((program) => structuralHash(program.plan.definition) === graphHash) ?? known[0]!;
  }
}

function nameOf({ tenant, runId }: RunKey): string {
  return JSON.stringify([tenant, runId]);
}
