/**
 * Job. One run from its start to its one terminal event: identity, limits, events, history, cancellation, result.
 *
 * Boundary. One file, because everything here is one run's state: its life first, then what the loop reports, what the
 * host asks, and its events. The order of activations is the scheduler's, the loop over them `driveRun`'s, the calling of bodies the
 * host's. A run belongs to one call of `execute`.
 *
 * Invariants.
 * R1. A run ends in exactly one terminal event, and each started step in exactly one closing event.
 * R2. Nobody listens, nothing is made: neither events nor ids.
 * R3. The first failure decides; later ones are attached to it, never swallowed.
 * R4. Whatever waits for the run to react to a cancellation is bounded by the grace.
 */
import { RunContext, type RunIdentity } from '../context/run-context.js';
import { effectiveSurroundings, type SaidSurroundings, type Surroundings } from '../context/surroundings.js';
import { RunError } from '../errors/run-error.js';
import { StepError } from '../errors/step-error.js';
import type { RunUsage } from '../errors/run-record.js';
import { WorkflowError } from '../errors/workflow-error.js';
import { isWaiting } from '../graph/definition.js';
import type { Plan, RouteChoice } from '../graph/plan.js';
import type { SpanAttributes, Telemetry } from '../ports/telemetry.js';
import type { Activation } from '../schedule/activation.js';
import { Scheduler, type StepBudget } from '../schedule/scheduler.js';
import { routerLabel } from '../graph/router-label.js';
import type { Budget } from '../model/budget.js';
import { DRAWLOOM } from '../telemetry/semantic-conventions.js';
import { systemClock, type Clock } from '../values/clock.js';
import { isCancellation } from './cancellation.js';
import { changedInput, DurableSide, nestedKey, nestedOccurrence, nestedPath } from './durable-side.js';
import type { EventQueue } from './event-queue.js';
import { announceExceeded } from './exceeded-budget.js';
import { errorInfo, type EventBody, type RunEvent, type RunForked } from './events.js';
import { BoundedList } from './bounded-list.js';
import { EndedActivations } from './ended-activations.js';
import type { OpenedDefaults } from './executor.js';
import type { DurableHost } from './durable-host.js';
import { LocalHost, type HostedRun } from './local-host.js';
import type { ActivationPlace, InstanceSource, Program } from './program.js';
import { driveRun, type RunReporter } from './run-loop.js';
import { routeRecord, RunReport, WorkflowResult, type RecordedRun } from './run-result.js';
import { auditedOutcome, auditedRequest } from './audited-waits.js';
import { RunAudit } from './run-audit.js';
import { describeRun, RunSpans } from './run-spans.js';
import { listening, noteEvent } from './spans.js';
import type { RunJournal } from './run-journal.js';
import { SuspendedRun } from './suspended-run.js';
import { undoSteps, type Undoable } from './undo-steps.js';
import type { NewWait, RunStatus, Wait } from '../ports/journal.js';
import { NO_USAGE, UsageMeter } from './usage-meter.js';
import type { Body } from './step.js';
import { StepContext, type Stoppable } from './step-context.js';

/** What a call may say of what accompanies its run. */
export type CallSurroundings = Pick<
  SaidSurroundings,
  'memory' | 'tone' | 'telemetry' | 'rateLimit' | 'guardrails' | 'allowances' | 'audit'
>;

/** What a run is started with, checked. */
export interface RunRequest extends RunIdentity, CallSurroundings {
  readonly input: unknown;
  /** The step that the run is nested in. */
  readonly parent?: StepContext | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly maxTotalSteps?: number | undefined;
  readonly budget?: Budget | undefined;
  /** Whether somebody may cancel the run through a handle. */
  readonly hasHandle?: boolean | undefined;
  /** Whether the run is what its `parent` is a node for, and not begun by the code of a step. */
  readonly isNode?: boolean;
  /** Of a fork that begins: what it is made of. */
  readonly forked?: Pick<RunForked, 'sourceRunId' | 'from'> | undefined;
  /** Of the step in which a run is taken up that was begun earlier: it is not nested in that, but accompanied as if it were. */
  readonly around?: Surroundings | undefined;
}

/** What a run comes to, where it does not fail. */
export type RunResult<O> = WorkflowResult<O> | SuspendedRun;

/** In place of the time that has passed: it has to be read again. */
const STALE = -1;
const NO_PATH: readonly string[] = Object.freeze([]);
const NO_DEFAULTS: OpenedDefaults = Object.freeze({});

type Mutable<T> = T extends unknown ? { -readonly [K in keyof T]: T[K] } : never;

export class Run implements RunReporter<RunResult<unknown>>, RecordedRun, HostedRun, Stoppable {
  readonly plan: Plan;
  readonly context: RunContext;
  readonly clock: Clock;
  readonly #program: Program;
  readonly #request: RunRequest;
  readonly #scheduler: Scheduler;
  #host: LocalHost | DurableHost;
  /** Where the run has a journal. */
  #durable: DurableSide | undefined;
  readonly #journal: RunJournal | undefined;
  readonly #journalPath: string | undefined;
  /** Where it was begun, unless it has a journal of its own. */
  readonly #nested: { readonly step: StepContext; readonly occurrence: number | undefined } | undefined;
  #key: string | undefined;
  readonly #budget: StepBudget | undefined;
  /** `undefined` where nobody wants any. */
  readonly #spans: RunSpans | undefined;
  readonly #activations: EndedActivations;
  #choices: BoundedList<RouteChoice> | undefined;
  #queues: EventQueue[] | undefined;
  #path: readonly string[] | undefined;
  #seq = 0;
  #startedAt = 0;
  #elapsed = 0;
  #endedAt: number | undefined;
  #failure: WorkflowError | undefined;
  /** The output of a run that a step finished before its end. */
  #early: { readonly output: unknown; readonly by: StepContext } | undefined;
  #abortReason: unknown;
  /** On which the steps of a workflow that is a class are called. */
  #instance: object | undefined;
  #status: RunStatus = 'running';
  /** What has completed and can be undone. */
  #undoable: Undoable[] | undefined;
  /** Why the run is to stop as soon as it is known what an earlier execution has done. */
  #stopAfterReplay: WorkflowError | undefined;
  #actors: WeakMap<Activation, readonly string[]> | undefined;
  #meter: UsageMeter | undefined;
  /** For each outcome that is on its way into the journal what is announced when it is there; in that order. */
  #held: RunEvent[][] | undefined;
  /** Where a log is bound. */
  readonly #audit: RunAudit | undefined;
  /** What undoes the ties to timers, signals and the step around when the run ends. */
  #ties: (() => void)[] | undefined;
  /** What stops the timers of steps: of a run that was laid to rest, the bodies are never heard of again. */
  #stopTimers: Set<() => void> | undefined;

  /** @param journal - of this very run; one that is nested has that of the run around it. */
  constructor(program: Program, request: RunRequest, defaults: OpenedDefaults = NO_DEFAULTS, journal?: RunJournal) {
    const { plan, settings } = program;
    const parent = request.parent?.owner;
    this.plan = plan;
    this.clock = settings.clock ?? parent?.clock ?? defaults.clock ?? systemClock;
    const outer = request.parent?.surroundings ?? request.around;
    const { name: where } = plan.definition;
    const surroundings = effectiveSurroundings({ where, call: request, workflow: settings, outer, executor: defaults });
    this.#journal = journal ?? parent?.journal;
    let identity: RunIdentity = request;
    const { parent: step } = request;
    if (step !== undefined && journal === undefined) {
      const occurrence = nestedOccurrence(step, where, request.isNode === true);
      this.#nested = { step, occurrence };
      if (this.#journal !== undefined) {
        this.#journalPath = nestedPath(step, where, occurrence);
        identity = { ...request, runId: request.runId ?? nestedKey(step, where, occurrence) };
      }
    }
    this.context = new RunContext(identity, parent?.context, surroundings);
    this.#audit = RunAudit.of(this, surroundings.audit);
    this.#program = program;
    this.#request = request;
    const telemetry = listening(this.context.telemetry);
    this.#spans = telemetry && new RunSpans(telemetry, this);
    const { maxTotalSteps } = request;
    const around = parent?.budget;
    this.#budget = maxTotalSteps === undefined ? around : { cap: maxTotalSteps, used: 0, outer: around };
    this.#scheduler = new Scheduler(plan, settings, this.#budget);
    this.#activations = new EndedActivations(settings.history);
    const canBeStopped =
      request.hasHandle === true ||
      parent !== undefined ||
      request.signal !== undefined ||
      this.#timeoutMs() !== undefined;
    this.#host = new LocalHost(this, canBeStopped);
    if (this.#spans !== undefined) this.#scheduler.onReady = (activation) => this.#spans!.ready(activation);
    if (plan.losers.size > 0) this.#scheduler.onLost = (activation) => this.#giveUp(activation);
  }

  /** What counts the calls of language models; made at the first one. */
  get meter(): UsageMeter {
    const { parent, budget = this.#program.settings.budget } = this.#request;
    return (this.#meter ??= new UsageMeter({
      where: this.plan.definition.name,
      budget,
      clock: this.clock,
      startedAt: this.#startedAt,
      outer: parent?.meter,
      onExceeded: (use) => announceExceeded(this, this.telemetry, use),
      onRefused: (error) => this.stop(error),
      onWarning: (warning) => {
        if (this.isObserved)
          this.announce({ type: 'budget.warning', agent: undefined, allowance: undefined, ...warning });
      },
    }));
  }

  get usage(): RunUsage {
    return this.#meter?.usage ?? NO_USAGE;
  }

  /** What an item of a map has used, which has ended. */
  usageOfItem(activation: Activation, item: number): RunUsage | undefined {
    return this.#meter?.partOf(activation).endItem(item);
  }

  usageOf(part: Activation | RouteChoice): RunUsage | undefined {
    return this.#meter?.usageOf(part);
  }

  get isAmbient(): boolean {
    return this.#program.settings.ambient;
  }

  get telemetry(): Telemetry | undefined {
    return this.#spans?.telemetry;
  }

  /** How long an activation has waited for its turn, in seconds; `undefined` where nobody measures. */
  queuedFor(activation: Activation): number | undefined {
    return this.#spans?.queuedFor(activation);
  }

  get budget(): StepBudget | undefined {
    return this.#budget;
  }

  get cancelGraceMs(): number {
    return this.#program.settings.cancelGraceMs;
  }

  get maxConcurrency(): number {
    return this.#program.settings.maxConcurrency;
  }

  get status(): RunStatus {
    return this.#status;
  }

  /** Whether anybody hears of events. */
  get isObserved(): boolean {
    return this.#isHeard() && !this.isReplaying;
  }

  /** A method and no getter: a private getter is a call into the engine's runtime, each time. */
  #isHeard(): boolean {
    return this.#queues !== undefined || this.#audit !== undefined || this.#request.parent?.owner.isObserved === true;
  }

  /** Whether what is known of it comes from its journal: nothing is announced a second time. */
  get isReplaying(): boolean {
    return this.#durable?.host.isReplaying === true;
  }

  /** Whether anybody follows the run as it goes on. */
  get isFollowed(): boolean {
    return this.#queues !== undefined || this.#request.parent?.owner.isFollowed === true;
  }

  /** The step that the run is nested in. */
  get around(): StepContext | undefined {
    return this.#request.parent;
  }

  get instance(): object | undefined {
    return this.#instance;
  }

  get runId(): string {
    return this.context.runId;
  }

  /** What the keys of its steps begin with: its id, or what is the same in every attempt of the step that it is nested in. */
  get key(): string {
    if (this.#nested === undefined || this.#request.runId !== undefined) return this.context.runId;
    const { step, occurrence } = this.#nested;
    return (this.#key ??= nestedKey(step, this.plan.definition.name, occurrence));
  }

  /** Of a nested run with a journal: where it stands in that. */
  get journalPath(): string | undefined {
    return this.#journalPath;
  }

  /** The journal of the run, or of the one around it. */
  get journal(): RunJournal | undefined {
    return this.#journal;
  }

  /** Who has acted in an activation, where somebody said so. */
  actorsIn(activation: Activation): readonly string[] | undefined {
    return this.#actors?.get(activation);
  }

  actedIn(activation: Activation, userIds: readonly string[]): void {
    const all = (this.#actors ??= new WeakMap());
    all.set(activation, [...new Set([...(all.get(activation) ?? []), ...userIds])]);
  }

  /** What an activation, or an item of it, has written into the state of the run's instance. */
  writesOf(activation: Activation, item?: number): unknown {
    if (this.#instance === undefined) return undefined;
    return this.#program.instances?.writesOf?.(this.#instance, this.#placeOf(activation), item);
  }

  restoreWrites(activation: Activation, writes: unknown, item?: number): void {
    if (this.#instance !== undefined)
      this.#program.instances?.restoreWrites?.(this.#instance, this.#placeOf(activation), writes, item);
  }

  #placeOf({ node, tag, visit }: Activation): ActivationPlace {
    return { node, tag, visit, name: this.plan.names[node]! };
  }

  /** Whether what leads on from a node is given what the node was: routers, and what waits. */
  passesOn({ node }: Activation): boolean {
    return this.plan.isRouter[node] === 1 || isWaiting(this.plan.definition.nodes[node]!.kind);
  }

  outcomeOfWait(name: string): unknown {
    return this.#scheduler.values[this.plan.names.indexOf(name)];
  }

  get isStopping(): boolean {
    return this.#failure !== undefined || this.#early !== undefined;
  }

  #timeoutMs(): number | undefined {
    return this.#request.timeoutMs ?? this.#program.settings.timeoutMs;
  }

  /**
   * Runs the workflow; called once.
   *
   * @throws {@link StepError} the first failure of a step or router.
   * @throws {@link RunError} when a cap, the timeout or a cancellation ended the run.
   */
  execute(): Promise<RunResult<unknown>> {
    if (this.#journal?.isLyingDown === true) return new Promise(() => undefined); // it begins when the run around it goes on
    const changed = this.#changedInput();
    if (changed !== undefined) return Promise.reject(changed);
    if (this.#audit?.isRequired === true) return this.#audit.concluded(this.#spanned());
    return this.#spanned();
  }

  #spanned(): Promise<RunResult<unknown>> {
    if (this.#spans === undefined || this.isLoneAgent) return this.#execute();
    const recorded = this.#journal?.replayed?.ofRun(this.#journalPath);
    if (recorded?.end !== undefined) return this.#execute(); // it is over, and its span has been told
    return this.#spans.around(this.#request.input, recorded?.trace, () => this.#execute());
  }

  #execute(): Promise<RunResult<unknown>> {
    const { input } = this.#request;
    this.#startedAt = this.clock.now();
    if (this.#journal === undefined) this.#refuseWaits();
    else this.#beginDurably(this.#journal);
    this.#announceStart(input);
    this.#program.activity.runs++;
    this.#tie();
    if (this.#program.instances !== undefined && !this.isStopping) this.#acquire(this.#program.instances);
    if (!this.isStopping) this.#scheduler.begin(input);
    return driveRun(this.#scheduler, this.#host, this);
  }

  #changedInput(): RunError | undefined {
    const { step, occurrence } = this.#nested ?? {};
    if (this.#journal === undefined || step === undefined || occurrence === undefined) return undefined;
    const about = { workflow: this.plan.definition.name, input: this.#request.input };
    return changedInput(this.#journal, { path: this.#journalPath, occurrence, step }, about);
  }

  #acquire(instances: InstanceSource): void {
    try {
      this.#instance = instances.acquire(this.context, this.#request.parent);
    } catch (error) {
      this.stop(WorkflowError.is(error) ? error : StepError.noInstance(this.plan.definition.name, error));
    }
  }

  /** Without a journal nothing waits longer than the process lives, and nobody could come and decide. */
  #refuseWaits(): void {
    if (this.#program.waiting === undefined) return; // not even a look at each node, in every run
    const waiting = this.plan.definition.nodes.findIndex(({ kind }) => isWaiting(kind));
    if (waiting !== -1)
      this.stop(RunError.noJournal(this.plan.definition.name, `its node "${this.plan.names[waiting]!}" waits`));
  }

  /** What an earlier execution left is given first: the run began when that began. */
  #beginDurably(journal: RunJournal): void {
    const durable = new DurableSide(this, this.#program, journal, this.#journalPath);
    this.#durable = durable;
    this.#host = durable.host;
    const { started } = durable.recorded;
    if (started !== undefined) this.#startedAt = started.at;
    durable.begin(this.#request.input);
    if (!durable.host.isReplaying) this.replayed();
  }

  #announceStart(input: unknown): void {
    if (!this.#isHeard()) return;
    const { userId } = this.context;
    if (this.#request.forked !== undefined)
      this.announce({ type: 'run.forked', input, userId, ...this.#request.forked });
    else if (this.#durable?.host.isReplaying === true) this.announce({ type: 'run.resumed', userId });
    else this.announce({ type: 'run.started', input, ...this.#identity() });
  }

  /** Nothing runs any more: the one terminal event, and the result or the failure. */
  finish(): RunResult<unknown> | Promise<RunResult<unknown>> {
    const { openJoins } = this.#scheduler;
    if (this.#durable?.isAtRest === true) return this.#suspend(this.#durable);
    if (!this.isStopping && openJoins > 0) this.stop(RunError.stalled(this.plan.definition.name, openJoins));
    const mustUndo = this.#failure !== undefined && this.#undoable !== undefined;
    return this.#durable === undefined && !mustUndo ? this.#end() : this.#conclude(this.#durable, mustUndo);
  }

  /** The end of a run that has something to undo, or a journal in which its end has to stand. */
  async #conclude(durable: DurableSide | undefined, mustUndo: boolean): Promise<RunResult<unknown>> {
    if (mustUndo && durable?.isBroken !== true) {
      await durable?.failing(this.#failure!);
      await undoSteps(this, this.#undoable!, durable);
    }
    await durable?.conclude(this.#failure, () => this.#output());
    return this.#end();
  }

  #end(): WorkflowResult<unknown> {
    this.lieDown();
    return this.#failure === undefined ? this.#succeed() : this.#giveFailure(this.#failure);
  }

  /** Nothing goes on here any more. */
  lieDown(): void {
    this.#program.activity.runs--;
    this.#ties?.forEach((untie) => untie());
    this.#stopTimers?.forEach((stop) => stop());
    if (this.#instance !== undefined) this.#program.instances!.release(this.#instance);
    this.#endedAt = this.clock.now();
  }

  #suspend(durable: DurableSide): SuspendedRun {
    this.lieDown();
    this.#status = 'suspended';
    const { waits } = durable;
    if (this.isObserved) this.announce({ type: 'run.suspended', waits });
    this.#closeQueues();
    return new SuspendedRun(this, waits);
  }

  /** Lets a deadline, the step around and a caller stop the run. */
  #tie(): void {
    const { signal, parent } = this.#request;
    const timeoutMs = this.#timeoutMs();
    if (timeoutMs !== undefined) {
      const expire = (): void => this.#stopFromOutside(RunError.timedOut(this.plan.definition.name, timeoutMs));
      const left = this.#startedAt + timeoutMs - this.clock.now(); // a run that is resumed began earlier
      (this.#ties ??= []).push(this.clock.setTimer(Math.max(0, left), expire));
      this.#durable?.expiresAt(this.#startedAt + timeoutMs);
    }
    if (parent !== undefined) (this.#ties ??= []).push(parent.adopt(this));
    if (signal === undefined) return;
    const onAbort = (): void => this.cancel(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    (this.#ties ??= []).push(() => signal.removeEventListener('abort', onAbort));
  }

  /** A timer of a step, which keeps no process alive that carries the run out no more. */
  setTimer(ms: number, fire: () => void): () => void {
    const all = (this.#stopTimers ??= new Set());
    const stop = (): void => {
      all.delete(stop);
      stopTimer();
    };
    const stopTimer = this.clock.setTimer(ms, () => {
      all.delete(stop);
      fire();
    });
    all.add(stop);
    return stop;
  }

  #output(): unknown {
    return this.#early === undefined ? this.#scheduler.output() : this.#early.output;
  }

  #succeed(): WorkflowResult<unknown> {
    const output = this.#output();
    this.#status = 'completed';
    if (this.isObserved) this.announce({ type: 'run.completed', output });
    this.#closeQueues();
    return new WorkflowResult(this, output);
  }

  #giveFailure(failure: WorkflowError): never {
    const isCancelled = failure.code === 'RUN_CANCELLED';
    this.#status = isCancelled ? 'cancelled' : 'failed';
    failure.partial = new RunReport(this);
    if (this.isObserved)
      this.announce({ type: isCancelled ? 'run.cancelled' : 'run.failed', error: errorInfo(failure) });
    this.#closeQueues({ error: failure });
    throw failure;
  }

  // --- What its record is made from ---

  get startedAt(): number {
    return this.#startedAt;
  }

  get endedAt(): number {
    return this.#endedAt ?? 0;
  }

  get activations(): EndedActivations {
    return this.#activations;
  }

  get choices(): BoundedList<RouteChoice> | undefined {
    return this.#choices;
  }

  get values(): readonly unknown[] {
    return this.#scheduler.values;
  }

  visitsOf(node: number): number {
    return this.#scheduler.visitsOf(node);
  }

  lastKeysOf(router: number): readonly string[] | undefined {
    return this.#scheduler.lastKeysOf(router);
  }

  /** Stops the run from outside; without effect on one that has ended. */
  cancel(reason?: unknown): void {
    if (this.#status === 'running') this.#stopFromOutside(RunError.cancelled(this.plan.definition.name, reason));
  }

  /** What an earlier execution has done is known first: only then can be undone, and closed, what it left. */
  #stopFromOutside(error: WorkflowError): void {
    const knowsAll = this.#journal === undefined || this.#durable?.host.isReplaying === false;
    if (knowsAll) this.stop(error);
    else this.#stopAfterReplay ??= error;
  }

  /** All that an earlier execution has done is known. */
  replayed(): void {
    if (this.#stopAfterReplay !== undefined) this.stop(this.#stopAfterReplay);
  }

  // --- What the loop reports ---

  /** The run cannot go on: nothing more begins, what runs is aborted and, after the grace, given up. */
  stop(error: unknown): void {
    if (this.#failure !== undefined) {
      this.attach(error);
      return;
    }
    if (this.#early !== undefined) return; // the output is known; its event and record say what went wrong
    const name = this.plan.definition.name;
    this.#failure = WorkflowError.is(error)
      ? error
      : StepError.failed({ workflow: name, node: '(engine)', visit: 1, attempt: 1 }, error);
    this.#abortReason = error;
    this.#abort(this.#host.inProgress(), error);
  }

  /** A step says that the run is done. Nothing more begins; what else runs is aborted. The first one counts. */
  finishEarly(output: unknown, by: StepContext): void {
    if (this.isStopping || this.#status !== 'running') return;
    this.#early = { output, by };
    const others = this.#host.inProgress().filter((activation) => !by.isOf(activation));
    this.#abort(others, RunError.cancelled(this.plan.definition.name, 'a step finished the run'));
  }

  /** What the run's output is by this activation, which has ended it. */
  finishedBy(activation: Activation): { readonly output: unknown } | undefined {
    return this.#early?.by.isOf(activation) === true ? this.#early : undefined;
  }

  overtaken(activation: Activation): void {
    if (this.#failure !== undefined) this.#abort([activation], this.#abortReason); // one that finished the run goes on
  }

  #abort(running: readonly Activation[], reason: unknown): void {
    RunContext.abort(this.context, reason);
    if (running.length === 0) return;
    for (const activation of running) this.contextOf(activation).cancel(reason);
    this.#afterGrace(() => this.#host.giveUp(reason, (activation) => running.includes(activation)));
  }

  /** Time has passed: it is read once per turn of the loop, and only when somebody needs it. */
  awoke(): void {
    this.#elapsed = STALE;
  }

  started(activation: Activation): void {
    if (this.#elapsed === STALE) this.#readClock();
    activation.startedAt = this.#elapsed;
    activation.context = new StepContext(this, activation);
    if (this.plan.isRouter[activation.node] === 0 && this.isObserved) this.#announceStarted(activation);
  }

  /** An activation that an earlier execution has begun begins once more. */
  startedAgain(activation: Activation): void {
    this.#readClock();
    activation.startedAt = this.#elapsed;
    if (this.plan.isRouter[activation.node] === 0 && this.isObserved) this.#announceStarted(activation);
  }

  parked(activation: Activation): void {
    if (this.isObserved) this.announce({ type: 'step.waiting', ...this.#position(activation) });
  }

  completed(activation: Activation, output: unknown): void {
    const undo = this.#program.compensations?.[activation.node];
    if (undo !== undefined) (this.#undoable ??= []).push({ activation, output, undo });
    this.#close(activation, 'completed');
    if (this.isObserved) this.#announceCompleted(activation, output);
  }

  /** What an earlier execution has noted in a span that is exported here only is noted once more. */
  resolved({ node, endedAt }: Activation, key: string): void {
    if (this.isReplaying && this.#durable?.host.isOfThisSpan !== true) return;
    const at = this.isReplaying ? this.#startedAt + endedAt : undefined;
    const isApproval = this.plan.definition.nodes[node]!.kind === 'approval';
    const name = isApproval ? DRAWLOOM.approvalDecided : DRAWLOOM.waitResolved;
    noteEvent(
      this.telemetry,
      name,
      {
        [DRAWLOOM.approvalSubject]: this.plan.names[node]!,
        [DRAWLOOM.approvalDecision]: key,
      },
      at,
    );
  }

  routed(activation: Activation, choice: RouteChoice): void {
    activation.context = undefined;
    this.#meter?.passOn(activation, choice);
    (this.#choices ??= new BoundedList(this.#program.settings.history)).push(choice);
    if (this.isObserved) this.announce({ type: 'route.taken', ...routeRecord(this.plan, choice) });
  }

  failed(activation: Activation, error: unknown): 'failed' | 'cancelled' {
    const context = this.contextOf(activation);
    if (this.plan.isRouter[activation.node] === 1) return this.#routerFailed(activation, context, error);
    if (this.isCancelled(activation, error)) {
      this.#close(activation, 'cancelled');
      const isAbandoned = this.#host.wasGivenUp(activation);
      if (this.isObserved) {
        this.announce({
          type: 'step.cancelled',
          ...this.#position(activation),
          attempts: activation.attempts,
          isAbandoned,
        });
      }
      return 'cancelled';
    }
    const isHandled = this.isHandled(activation);
    this.#close(activation, 'failed');
    if (this.isObserved) {
      const { attempts } = activation;
      this.announce({
        type: 'step.failed',
        ...this.#position(activation),
        attempts,
        error: errorInfo(error),
        isHandled,
      });
    }
    if (!isHandled) this.stop(this.#asStepError(activation, error));
    return 'failed';
  }

  isHandled({ node }: Activation): boolean {
    return this.plan.errorEdge[node] !== -1 && !this.isStopping;
  }

  isCancelled(activation: Activation, error: unknown): boolean {
    const context = this.contextOf(activation);
    return context.isAborted && isCancellation(error, context.abortReason);
  }

  #routerFailed(activation: Activation, context: StepContext, error: unknown): 'failed' | 'cancelled' {
    activation.context = undefined;
    if (context.isAborted && isCancellation(error, context.abortReason)) return 'cancelled';
    const router = this.labelOf(activation.node);
    if (this.isObserved) this.announce({ type: 'route.failed', router, error: errorInfo(error) });
    const facts = { workflow: this.plan.definition.name, node: router, visit: activation.visit, attempt: 1 };
    this.stop(isOwn(error, facts.workflow, router) ? error : StepError.routerFailed(facts, error));
    return 'failed';
  }

  #asStepError(activation: Activation, error: unknown): StepError {
    const { workflow, node } = { workflow: this.plan.definition.name, node: this.labelOf(activation.node) };
    if (isOwn(error, workflow, node)) return error;
    return StepError.failed({ workflow, node, visit: activation.visit, attempt: activation.attempts }, error);
  }

  #readClock(): void {
    const elapsed = this.clock.now() - this.#startedAt;
    const whole = elapsed | 0; // a difference of large numbers is kept in a box of its own, however small it is
    this.#elapsed = whole === elapsed ? whole : elapsed;
  }

  #close(activation: Activation, outcome: 'completed' | 'failed' | 'cancelled'): void {
    if (this.#durable?.host.isReplaying !== true) {
      if (this.#elapsed === STALE) this.#readClock();
      activation.endedAt = this.#elapsed;
    }
    activation.outcome = outcome;
    activation.context = undefined;
    this.#activations.push(activation);
  }

  /** What a `first` join made pointless. */
  #giveUp(activation: Activation): void {
    const reason = RunError.cancelled(this.plan.definition.name, 'another source delivered first');
    this.contextOf(activation).cancel(reason);
    this.#afterGrace(() => this.#host.giveUp(reason, (held) => held === activation));
  }

  #afterGrace(giveUp: () => void): void {
    (this.#ties ??= []).push(this.clock.setTimer(this.cancelGraceMs, giveUp));
  }

  /** R3: what goes wrong while the run is being stopped. */
  attach(error: unknown): void {
    const failure = this.#failure!;
    if (failure === error || error === this.#abortReason) return;
    if (StepError.is(failure) || RunError.is(failure)) failure.furtherErrors.push(error);
  }

  // --- What the host asks ---

  bodyOf(node: number): Body {
    const body = this.#program.bodies[node]!;
    return this.#audit?.isRequired === true ? this.#audit.guarded(body) : body;
  }

  contextOf(activation: Activation): StepContext {
    return activation.context as StepContext;
  }

  roomForEvents(): Promise<void> | undefined {
    const full = this.#queues?.find((queue) => queue.isFull);
    return full === undefined ? this.#request.parent?.owner.roomForEvents() : full.room();
  }

  // --- Events ---

  observe(queue: EventQueue): void {
    (this.#queues ??= []).push(queue);
  }

  /** Completes an event, which the caller made for it, and passes it on. */
  announce(body: EventBody): void {
    const { context } = this;
    const event = body as Mutable<RunEvent>;
    event.runId = context.runId;
    event.sessionId = context.sessionId;
    event.seq = ++this.#seq;
    event.time = this.clock.now();
    event.workflow = this.plan.definition.name;
    event.path = this.path;
    this.#tell(event);
  }

  /** Puts on record what is announced when it is durable, so that both become so together. */
  recordAhead(body: EventBody): void {
    if (this.#audit === undefined || this.isReplaying) return;
    const { runId, sessionId } = this.context;
    const workflow = this.plan.definition.name;
    const event = { ...body, runId, sessionId, seq: 0, time: this.clock.now(), workflow, path: this.path };
    this.#audit.recordAhead(event as RunEvent);
  }

  /** Puts on record that somebody is asked, or has decided. */
  recordWait(wait: NewWait | Wait): void {
    if (this.#audit === undefined) return;
    const recorded = 'status' in wait ? auditedOutcome(wait) : auditedRequest(wait);
    this.#audit.recordWait(recorded, { time: this.clock.now(), path: this.path, visit: wait.visit });
  }

  // The two events of every step are made in one piece: it costs half of what an object does that grows afterwards.

  #announceStarted({ node, visit, input, startedAt }: Activation): void {
    const { runId, sessionId } = this.context;
    const { definition, names } = this.plan;
    this.#tell({
      type: 'step.started',
      node: names[node]!,
      visit,
      input,
      runId,
      sessionId,
      seq: ++this.#seq,
      time: this.#startedAt + startedAt,
      workflow: definition.name,
      path: this.path,
    });
  }

  #announceCompleted({ node, visit, attempts, endedAt }: Activation, output: unknown): void {
    const { runId, sessionId } = this.context;
    const { definition, names } = this.plan;
    this.#tell({
      type: 'step.completed',
      node: names[node]!,
      visit,
      output,
      attempts,
      runId,
      sessionId,
      seq: ++this.#seq,
      time: this.#startedAt + endedAt,
      workflow: definition.name,
      path: this.path,
    });
  }

  /** The nodes of the outer runs that lead here. */
  get path(): readonly string[] {
    const { parent } = this.#request;
    return (this.#path ??= parent === undefined ? NO_PATH : Object.freeze([...parent.owner.path, parent.node]));
  }

  #tell(event: RunEvent): void {
    this.#audit?.record(event);
    this.publish(event);
  }

  /** How many entries were told of it, by earlier executions as well. */
  get audited(): number | undefined {
    return this.#audit?.entries;
  }

  /** The same of the earlier ones alone, as far as the journal knows. */
  get auditedBefore(): number {
    return this.#journal?.replayed?.ofRun(this.#journalPath).audited ?? 0;
  }

  /** What its records have to wait for, where a log in another place is to have it all first. */
  get beforeRecords(): (() => Promise<unknown>) | undefined {
    return this.#audit?.beforeRecords;
  }

  /** Where a record is required: resolves when everything that was announced is on it, or was refused. */
  get onRecord(): Promise<unknown> | undefined {
    return this.#audit?.isRequired === true ? this.#audit.told : undefined;
  }

  /** Whether every body waits until what was recorded before it is durable. */
  get guardsRecords(): boolean {
    return this.#audit?.guardsRecords === true;
  }

  /** What this outcome leads to is decided now, and neither begun nor announced before its record is durable. */
  waitFor(record: Promise<void>): void {
    this.#audit!.waitFor(record);
    (this.#held ??= []).push([]);
    const release = (): void => this.#held?.shift()?.forEach((event) => this.#give(event));
    record.then(release, release); // one turn after it: before all that awaits more than this
  }

  /** Gives an event to who follows this run, and the runs around it. */
  publish(event: RunEvent): void {
    const held = this.#held?.at(-1);
    if (held === undefined) this.#give(event);
    else held.push(event);
  }

  #give(event: RunEvent): void {
    for (const queue of this.#queues ?? []) queue.push(event);
    const { parent } = this.#request;
    if (parent !== undefined) parent.owner.publish(event);
  }

  #closeQueues(failure?: { readonly error: unknown }): void {
    this.#held
      ?.splice(0)
      .flat()
      .forEach((event) => this.#give(event)); // of a journal that takes nothing more
    for (const queue of this.#queues ?? []) queue.close(failure);
  }

  /** The name under which people know a node. */
  labelOf(node: number): string {
    return routerLabel(this.plan, node);
  }

  #position({ node, visit }: Activation): { readonly node: string; readonly visit: number } {
    return { node: this.plan.names[node]!, visit };
  }

  #identity(): { readonly userId: string | undefined; readonly parentRunId: string | undefined } {
    return { userId: this.context.userId, parentRunId: this.context.parentRunId };
  }

  /** What every span of the run says of it. */
  get spanAttributes(): SpanAttributes {
    return this.#spans?.attributes ?? describeRun(this); // an agent may have a telemetry where its run has none
  }

  /** Of an agent that is run by itself: by which its span is begun, here and elsewhere. */
  get loneTrace(): string | undefined {
    return this.isLoneAgent ? this.#durable?.recorded.trace : undefined;
  }

  /** Whether it is an agent that is run by itself: the span of the agent is the root. */
  /** What its caller said of what accompanies it. */
  get said(): CallSurroundings {
    return this.#request;
  }

  get isLoneAgent(): boolean {
    return this.#program.isLoneAgent === true;
  }
}

/** Errors that the engine itself made for this very activation need no wrapping. */
function isOwn(error: unknown, workflow: string, node: string): error is StepError {
  if (!StepError.is(error) || Object.isFrozen(error)) return false;
  return error.workflow === workflow && error.node === node && error.partial === undefined;
}
