/**
 * Job. One durable run as whoever started it, or takes it up again, holds it: it finds out whether the run is new, under way
 * here, at rest, over, or somebody else's, and carries it out where it may.
 *
 * Boundary. Which runs there are is `DurableRuns`' business; the running is `Run`'s. One file, because a run that begins, one
 * that is taken up and one that is forked differ in their first step only.
 */
import { RunError } from '../errors/run-error.js';
import { WorkflowError } from '../errors/workflow-error.js';
import { graphChanges } from '../graph/graph-changes.js';
import type { GraphDefinition } from '../graph/definition.js';
import type { Plan } from '../graph/plan.js';
import { structuralHash } from '../graph/structural-hash.js';
import { EncodedValue, readRecord, type RecordOf, writeRecord } from '../journal/records.js';
import type { JournalRecord, Lease, RunInfo, RunKey, RunStatus } from '../ports/journal.js';
import type { DurableRuns } from './durable-runs.js';
import type { EventQueue } from './event-queue.js';
import type { PreparedRun } from './executor.js';
import { forkRecords, type ForkPoint } from './fork-records.js';
import type { Program } from './program.js';
import { Run, type RunRequest, type RunResult } from './run.js';
import { RunJournal } from './run-journal.js';
import { carrierOf, listening, nextCarrierOf } from './spans.js';
import { startRecord } from './start-record.js';
import type { Budget } from '../model/budget.js';

/** How somebody came to hold the run. */
type Origin =
  | { readonly kind: 'start'; readonly request: RunRequest }
  | {
      readonly kind: 'resume';
      readonly key: RunKey;
      readonly request: Pick<RunRequest, 'userId' | 'signal' | 'hasHandle' | 'around'>;
      /** Whether the run is taken from an owner whose lease has not ended. */
      readonly takesOver?: boolean | undefined;
    }
  | {
      readonly kind: 'fork';
      /** Of the new run. */
      readonly key: RunKey;
      /** Of the run that it is forked from. */
      readonly source: string;
      readonly point: ForkPoint;
      readonly request: Pick<RunRequest, 'userId' | 'signal' | 'hasHandle' | 'around'>;
    };

/** Records that are read at a time. */
const PAGE = 10_000;

export class DurableRun implements PreparedRun {
  readonly plan: Plan;
  readonly key: RunKey;
  readonly #runs: DurableRuns;
  readonly #program: Program;
  readonly #origin: Origin;
  readonly #queues: EventQueue[] = [];
  #journal: RunJournal;
  #run: Run | undefined;
  #cancelled: { readonly reason: unknown } | undefined;
  #status: RunStatus = 'running';
  #outcome: Promise<RunResult<unknown>> | undefined;
  /** Whose run it is, as soon as that is known. */
  #owner: { readonly userId: string | undefined } | undefined;
  #begun!: () => void;
  /** Resolves when it is known whether the run is carried out here. */
  readonly begun = new Promise<void>((resolve) => (this.#begun = resolve));

  constructor(runs: DurableRuns, program: Program, origin: Origin) {
    this.plan = program.plan;
    this.#runs = runs;
    this.#program = program;
    this.#origin = origin;
    const tenant = origin.kind === 'start' ? tenantOf(origin.request) : origin.key.tenant;
    this.#journal = this.#newJournal(tenant);
    if (origin.kind === 'start') {
      this.#run = new Run(program, origin.request, runs.settings.defaults, this.#journal);
      this.#owner = this.#run.context;
    }
    this.key = origin.kind === 'start' ? { tenant, runId: this.#run!.context.runId } : origin.key;
  }

  get people(): DurableRuns['people'] {
    return this.#runs.people;
  }

  get runId(): string {
    return this.key.runId;
  }

  get status(): RunStatus {
    return this.#run === undefined || this.#status !== 'running' ? this.#status : this.#run.status;
  }

  get lease(): Lease | undefined {
    return this.#journal.lease;
  }

  /** Whether the run is over, and its journal says so. */
  get hasEnded(): boolean {
    return this.status !== 'running' && this.status !== 'suspended' && this.#journal.broken === undefined;
  }

  /** Carries the run out, to its end or until it rests; called once. */
  execute(): Promise<RunResult<unknown>> {
    return (this.#outcome ??= this.#execute().finally(() => this.#begun()));
  }

  /** What came of it, for whoever else wants to know. */
  get outcome(): Promise<RunResult<unknown>> {
    return this.execute();
  }

  cancel(reason?: unknown): void {
    this.#cancelled ??= { reason };
    this.#run?.cancel(reason);
  }

  observe(queue: EventQueue): void {
    if (this.#run === undefined) this.#queues.push(queue);
    else this.#run.observe(queue);
  }

  /** Somebody may have settled a wait. What comes too late for this execution is looked for when it has ended. */
  async look(): Promise<void> {
    await this.#journal.look();
    if (!this.#journal.isLyingDown) return;
    const again = (): void => this.#runs.due(this.#runs.settings.clock.now());
    void this.#outcome?.then(again, again);
  }

  loseLease(lost: Lease): void {
    this.#journal.loseLease(lost);
  }

  /** Nothing more begins; resolves when everything rests. */
  async drain(): Promise<void> {
    await this.begun;
    this.#journal.drain();
    await this.#outcome?.catch(() => undefined);
  }

  /** What does not come to rest by itself is left as it is: it runs again when the run is resumed. */
  abandon(): void {
    this.#journal.break(RunError.draining(this.plan.definition.name));
  }

  #newJournal(tenant: string): RunJournal {
    const { store, codec, clock } = this.#runs.settings;
    const workflow = this.plan.definition.name;
    return new RunJournal({
      store,
      codec,
      clock,
      tenant,
      workflow,
      onDue: (at) => this.#runs.due(at),
      deliverKept: (run, judge) => this.#runs.keptSignals.deliver(run, judge),
    });
  }

  async #execute(): Promise<RunResult<unknown>> {
    const origin = this.#origin;
    const live = this.#runs.live(this.key);
    if (live !== undefined) return this.#join(live);
    this.#runs.enter(this.key, this);
    try {
      if (origin.kind === 'fork') return await this.#fork(origin);
      return await (origin.kind === 'start' ? this.#start(origin.request) : this.#resume(origin));
    } finally {
      this.#runs.leave(this.key);
    }
  }

  // --- A run that begins ---

  async #start(request: RunRequest): Promise<RunResult<unknown>> {
    const { settings, owner } = this.#runs;
    const { store, clock, codec, leaseMs } = settings;
    const run = this.#run!;
    const { definition } = this.plan;
    const body = startRecord(run, { input: request.input, codec, request, at: clock.now() });
    const record = { seq: 1, type: body.type, text: writeRecord(body) };
    const created = await store.create(
      {
        ...this.key,
        workflow: definition.name,
        version: definition.version,
        graphHash: body.graphHash,
        graph: JSON.stringify(definition, withoutSymbols),
        userId: run.context.userId,
        sessionId: run.context.sessionId,
        createdAt: body.at,
        forkedFrom: undefined,
      },
      [record],
      { owner, until: clock.now() + leaseMs },
    );
    if (!created.isNew) return this.#startedBefore(created.run, record);
    this.#journal.begin(created.lease, [record]);
    return this.#carryOut(run);
  }

  /** The same id means the same run; and only that. */
  async #startedBefore(info: RunInfo, mine: JournalRecord): Promise<RunResult<unknown>> {
    const { name } = this.plan.definition;
    const taken = (why: string): RunError => RunError.idTaken(name, this.runId, why);
    if (info.workflow !== name) throw taken('it belongs to a run of another workflow');
    if (info.userId !== this.#run!.context.userId) throw taken('it belongs to a run of somebody else');
    const [first] = await this.#runs.settings.store.records(this.key, 0, 1);
    if (first === undefined || inputOf(first) !== inputOf(mine)) throw taken('that run was started with another input');
    this.#run = undefined;
    return this.#takeUp(info, false);
  }

  /** Whether a run is what somebody of this user asks for; `undefined` asks for whoever's it is. */
  isOf(workflow: string, userId: string | null | undefined): boolean {
    if (workflow !== this.plan.definition.name) return false;
    return userId === undefined || this.#owner === undefined || this.#owner.userId === (userId ?? undefined);
  }

  async #join(live: DurableRun): Promise<RunResult<unknown>> {
    const { name } = this.plan.definition;
    if (this.#origin.kind === 'fork') throw this.#taken();
    await live.begun; // until then it is not known here whose it is
    if (this.#origin.kind === 'resume') {
      if (!live.isOf(name, this.#origin.request.userId)) throw RunError.notFound(name, this.runId);
    } else if (!live.isOf(name, this.#run!.context.userId ?? null)) {
      throw RunError.idTaken(name, this.runId, 'it belongs to another run');
    }
    return live.outcome;
  }

  // --- A run that begins with what another one has done ---

  async #fork({ source, point, request }: Origin & { kind: 'fork' }): Promise<RunResult<unknown>> {
    const { settings, owner } = this.#runs;
    const { store, clock, leaseMs } = settings;
    const { definition } = this.plan;
    const { name: workflow, version } = definition;
    const info = await this.#found({ tenant: this.key.tenant, runId: source }, request.userId);
    const graphHash = structuralHash(definition);
    const now = clock.now();
    const encode = (value: unknown, node: string, visit: number): EncodedValue =>
      new EncodedValue(settings.codec.encode(value, { workflow, node, visit, attempt: 1 }, 'input'));
    const said = [this.#program.settings, request.around, settings.defaults].map((level) => level?.telemetry);
    const telemetry = listening(said.find((one) => one !== undefined));
    const trace = carrierOf(telemetry, 'new');
    const forking = { workflow, version, graphHash, runId: source, now, trace, encode };
    const { records, visit } = forkRecords(await this.#records(info), point, forking);
    const { userId, sessionId } = info;
    const graph = JSON.stringify(definition, withoutSymbols);
    const facts = { workflow, version, graphHash, graph, userId, sessionId, createdAt: now, forkedFrom: source };
    const created = await store.create({ ...this.key, ...facts }, records, { owner, until: now + leaseMs });
    if (!created.isNew) throw this.#taken();
    const forked = { sourceRunId: source, from: { node: point.node, visit } };
    const run = this.#again(info, records[0], created.lease, records, forked);
    try {
      return await this.#carryOut(run);
    } catch (error) {
      const why = await this.#explained(error, info);
      if (isUnfit(error)) await this.#endUnfit(created.lease, records.length, why);
      throw why;
    }
  }

  #taken(): RunError {
    return RunError.idTaken(this.plan.definition.name, this.runId, 'a fork is a new run, and that one exists');
  }

  /** A fork whose records do not fit the graph never can go on, whoever takes it up. */
  async #endUnfit(lease: Lease, length: number, why: unknown): Promise<void> {
    const { store, clock, codec } = this.#runs.settings;
    const at = clock.now();
    const error = new EncodedValue(codec.encodeError(why));
    const text = writeRecord({ type: 'run.failed', at, error });
    const change = { records: [{ seq: length + 1, type: 'run.failed', text }], status: 'failed', at } as const;
    await store.commit(lease, change).catch(() => undefined); // why it does not fit is told in any case
  }

  // --- A run that has begun ---

  async #resume({ request, takesOver = false }: Origin & { kind: 'resume' }): Promise<RunResult<unknown>> {
    return this.#takeUp(await this.#found(this.key, request.userId), takesOver);
  }

  async #found(key: RunKey, userId: string | null | undefined): Promise<RunInfo> {
    const { name } = this.plan.definition;
    const info = await this.#runs.settings.store.run(key);
    const isTheirs = userId === undefined || info?.userId === (userId ?? undefined);
    if (info?.workflow !== name || !isTheirs) throw RunError.notFound(name, key.runId);
    return info;
  }

  async #takeUp(info: RunInfo, takesOver: boolean): Promise<RunResult<unknown>> {
    const { settings, owner } = this.#runs;
    const { store, clock, leaseMs } = settings;
    const isOver = info.status === 'completed' || info.status === 'failed' || info.status === 'cancelled';
    const now = takesOver ? Number.MAX_SAFE_INTEGER : clock.now();
    const claim = isOver ? undefined : await store.claim(this.key, { owner, until: clock.now() + leaseMs, now });
    if (claim === undefined && !isOver) throw RunError.elsewhere(this.plan.definition.name, this.runId);
    const records = await this.#records(this.key);
    const run = this.#again(info, records[0], claim?.lease, records);
    if (claim !== undefined) {
      const graphHash = structuralHash(this.plan.definition);
      const trace = this.#nextTrace(run, info);
      this.#journal.append({ type: 'run.resumed', at: clock.now(), owner, graphHash, trace });
    }
    try {
      return await this.#carryOut(run);
    } catch (error) {
      if (claim !== undefined) await this.#giveBack(claim.lease, info, error);
      throw await this.#explained(error, info);
    }
  }

  /** Of a run that was let go of, and not killed, the span may have ended. */
  #nextTrace({ telemetry }: Run, { owner }: RunInfo): string | undefined {
    const own = this.#journal.replayed!.ofRun(undefined);
    if (owner !== undefined || own.trace === undefined) return undefined;
    const next = nextCarrierOf(telemetry, own.trace);
    if (next === own.trace) return undefined;
    this.#journal.replayed!.traced(next);
    return next;
  }

  async #records(key: RunKey): Promise<JournalRecord[]> {
    const all: JournalRecord[] = [];
    for (;;) {
      const page = await this.#runs.settings.store.records(key, all.length, PAGE);
      all.push(...page);
      if (page.length < PAGE) return all;
    }
  }

  /** The run as it was begun, with what its caller asked for then. */
  #again(
    info: RunInfo,
    first: JournalRecord | undefined,
    lease: Lease | undefined,
    records: readonly JournalRecord[],
    forked?: RunRequest['forked'],
  ): Run {
    const { name } = this.plan.definition;
    const body = first === undefined ? undefined : readRecord(first);
    if (body?.type !== 'run.started') throw RunError.notFound(name, this.runId);
    this.#journal.begin(lease, records);
    const { codec, defaults } = this.#runs.settings;
    const { signal, hasHandle, around, parent } = this.#origin.request as RunRequest;
    const run = new Run(
      this.#program,
      {
        ...requestOf(body, codec, name),
        runId: this.runId,
        tenant: info.tenant,
        signal,
        hasHandle,
        forked,
        around: around ?? parent?.surroundings,
      },
      defaults,
      this.#journal,
    );
    for (const queue of this.#queues) run.observe(queue);
    this.#run = run;
    this.#owner = info;
    return run;
  }

  async #carryOut(run: Run): Promise<RunResult<unknown>> {
    this.#begun();
    if (this.#cancelled !== undefined) run.cancel(this.#cancelled.reason);
    try {
      const result = await run.execute();
      if (result.status === 'suspended') await this.#lookOnceMore();
      return result;
    } finally {
      if (this.hasEnded)
        await this.#runs.over({ ...this.key, workflow: this.plan.definition.name, userId: run.context.userId });
    }
  }

  /** A decision that came while the run was on its way to sleep has woken it. */
  async #lookOnceMore(): Promise<void> {
    const info = await this.#runs.settings.store.run(this.key);
    if (info?.wakeAt !== undefined) this.#runs.due(info.wakeAt);
  }

  /** What could not even be replayed is as it was. */
  async #giveBack(lease: Lease, { status, wakeAt }: RunInfo, error: unknown): Promise<void> {
    if (this.#journal.broken !== error) return;
    const { store, clock } = this.#runs.settings;
    const given =
      status === 'suspended'
        ? store.commit(lease, { records: [], status, wakeAt, at: clock.now() })
        : store.release(lease);
    await given.catch(() => undefined); // the lease ends by itself
  }

  async #explained(error: unknown, { graphHash, runId }: RunInfo): Promise<unknown> {
    if (!isUnfit(error) || graphHash === structuralHash(this.plan.definition)) return error;
    const before = await this.#runs.settings.store.graph(graphHash);
    const changes =
      before === undefined ? [] : graphChanges(JSON.parse(before) as GraphDefinition, this.plan.definition);
    return RunError.graphChanged(this.plan.definition.name, runId, changes);
  }
}

/** Whether a run cannot be taken up because its records are not those of the graph. */
export function isUnfit(error: unknown): boolean {
  return WorkflowError.is(error) && (error.code === 'RECORDS_DO_NOT_FIT' || error.code === 'GRAPH_CHANGED');
}

/** A run that is begun within another one belongs to the organisation of that. */
function tenantOf({ parent, tenant }: RunRequest): string {
  return parent?.run.tenant ?? tenant ?? '';
}

/** The input and nothing else: a later start says another time. */
function inputOf({ text }: JournalRecord): string {
  return JSON.stringify((JSON.parse(text) as RecordOf<'run.started'>).input);
}

/** What the caller of a run asked for, as far as it is data; the rest is that of workflow and executor. */
function requestOf(
  { input, metadata, userId, sessionId, options }: RecordOf<'run.started'>,
  codec: RunJournal['codec'],
  where: string,
): RunRequest {
  return {
    input: codec.read(input, where),
    userId: userId ?? null,
    sessionId,
    metadata: metadata === undefined ? {} : (codec.read(metadata, where) as Record<string, unknown>),
    timeoutMs: options?.timeoutMs,
    maxTotalSteps: options?.maxTotalSteps,
    budget: options?.budget as Budget | undefined,
    tone: options?.tone,
    memory: options?.memory,
  };
}

/** START and END as JSON has them. */
function withoutSymbols(_: string, value: unknown): unknown {
  return typeof value === 'symbol' ? value.description : value;
}
