/**
 * Job. What a run does for its journal, beside running: it says what its records hold, takes over what an earlier execution
 * left, opens waits, and writes how the run ended.
 *
 * Boundary. The order of things is the host's (`DurableHost`), the writing the journal's (`RunJournal`).
 */
import { RunError } from '../errors/run-error.js';
import type { WorkflowError } from '../errors/workflow-error.js';
import { activationKey, callKey, EncodedValue, type RecordBody } from '../journal/records.js';
import type { ReplayedRun } from '../journal/replayed-records.js';
import { structuralHash } from '../graph/structural-hash.js';
import type { NewWait, RunStatus, Wait } from '../ports/journal.js';
import type { Activation } from '../schedule/activation.js';
import { type ActivationTraces, DurableHost, type DurablyHostedRun } from './durable-host.js';
import { errorInfo, type EventBody } from './events.js';
import type { Program } from './program.js';
import type { Run } from './run.js';
import type { JournaledRun, RunJournal } from './run-journal.js';
import type { Body } from './step.js';
import type { StepContext } from './step-context.js';
import type { UndoRecorder } from './undo-steps.js';
import { newWait } from './new-wait.js';
import { encodedInput, startRecord } from './start-record.js';
import type { OpenWait } from './suspended-run.js';
import type { Waiting } from './waiting.js';

/** Where a nested run stands in the journal: below the activation it was begun in, or in a call that this has made. */
export function nestedPath(parent: StepContext, workflow: string, occurrence: number | undefined): string {
  if (occurrence === undefined) return parent.journalPlace;
  return callKey(parent.journalPlace, nestedName(workflow), occurrence);
}

/**
 * Which run of a workflow this is among those that a step has begun by itself, from 1; `undefined` for what the step is a node
 * for. To be asked for once, when it is begun.
 */
export function nestedOccurrence(parent: StepContext, workflow: string, isNode: boolean): number | undefined {
  return isNode ? undefined : parent.nextOccurrence(nestedName(workflow));
}

/** What is the same for a nested run in every attempt of the step that it was begun in, and for no other one. */
export function nestedKey(parent: StepContext, workflow: string, occurrence: number | undefined): string {
  return occurrence === undefined ? parent.idempotencyKey : `${parent.nestedKey}/${workflow}/${occurrence}`;
}

/**
 * That a step which runs again begins a run with another input than before: what is recorded of that is the answer to no other
 * question.
 */
export function changedInput(
  journal: RunJournal,
  {
    path,
    occurrence,
    step,
  }: { readonly path: string | undefined; readonly occurrence: number; readonly step: StepContext },
  { workflow, input }: { readonly workflow: string; readonly input: unknown },
): RunError | undefined {
  const { started } = journal.replayed!.ofRun(path);
  if (started === undefined) return undefined;
  const text = encodedInput(input, workflow, journal.codec).text;
  if (JSON.stringify(JSON.parse(text)) === JSON.stringify(started.input)) return undefined;
  return RunError.callChanged(step.workflow, nestedName(workflow), occurrence);
}

function nestedName(workflow: string): string {
  return `run:${workflow}`;
}

export class DurableSide implements DurablyHostedRun, JournaledRun, UndoRecorder {
  readonly path: string | undefined;
  readonly journal: RunJournal;
  readonly host: DurableHost;
  readonly recorded: ReplayedRun;
  readonly #run: Run;
  readonly #program: Program;
  readonly #actors = new Map<number, readonly string[]>();

  constructor(run: Run, program: Program, journal: RunJournal, path: string | undefined) {
    this.#run = run;
    this.#program = program;
    this.journal = journal;
    this.path = path;
    this.recorded = journal.replayed!.ofRun(path);
    this.host = new DurableHost(this, journal);
  }

  /** A run of its own has its first record already; one that is nested writes it now. */
  begin(input: unknown): void {
    const { around } = this.#run;
    if (around !== undefined && this.path !== undefined) this.journal.lend(around.parts);
    this.journal.join(this);
    if (this.path === undefined || this.recorded.started !== undefined) return;
    this.journal.append(
      startRecord(this.#run, { input, codec: this.journal.codec, path: this.path, at: this.startedAt }),
    );
  }

  // --- What its host asks ---

  get workflow(): string {
    return this.#run.plan.definition.name;
  }

  get startedAt(): number {
    return this.#run.startedAt;
  }

  get isBeingStopped(): boolean {
    return this.#run.isStopping;
  }

  now(): number {
    return this.#run.clock.now();
  }

  bodyOf(node: number): Body {
    return this.#run.bodyOf(node);
  }

  contextOf(activation: Activation): StepContext {
    return this.#run.contextOf(activation);
  }

  roomForEvents(): Promise<void> | undefined {
    return this.#run.roomForEvents();
  }

  nameOf(node: number): string {
    return this.#run.plan.names[node]!;
  }

  isRouter(node: number): boolean {
    return this.#run.plan.isRouter[node] === 1;
  }

  passesOn(node: number): boolean {
    return this.#run.plan.passesOn[node] === 1;
  }

  waitingOf(node: number): Waiting | undefined {
    return this.#program.waiting?.[node];
  }

  isHandled(activation: Activation): boolean {
    return this.#run.isHandled(activation);
  }

  isCancelled(activation: Activation, error: unknown): boolean {
    return this.#run.isCancelled(activation, error);
  }

  recordAhead(event: EventBody): void {
    this.#run.recordAhead(event);
  }

  recordWait(wait: NewWait | Wait): void {
    this.#run.recordWait(wait);
  }

  get audited(): number | undefined {
    return this.#run.audited;
  }

  get beforeRecords(): (() => Promise<unknown>) | undefined {
    return this.#run.beforeRecords;
  }

  get waitsByItself(): boolean {
    return this.#run.guardsRecords;
  }

  waitFor(record: Promise<void>): void {
    this.#run.waitFor(record);
  }

  startedAgain(activation: Activation): void {
    this.#run.startedAgain(activation);
  }

  get isAtRest(): boolean {
    return this.journal.isAtRest;
  }

  get isBroken(): boolean {
    return this.journal.broken !== undefined;
  }

  get waits(): readonly OpenWait[] {
    return this.journal.openWaits;
  }

  /** Of a run of its own: when it has to be looked at, whatever it waits for. */
  expiresAt(time: number): void {
    if (this.path === undefined) this.journal.wakeAt = time;
  }

  /** All records are given. Whether the run is over: it had failed, or begun to. */
  isOver(): boolean {
    const { failing, end } = this.recorded;
    const last = end?.type === 'run.completed' ? undefined : (end ?? failing);
    if (last === undefined) this.#run.replayed();
    if (last === undefined || this.isBeingStopped) return this.isBeingStopped;
    this.#run.stop(this.journal.codec.read(last.error, this.workflow));
    return true;
  }

  tracesOf(activation: Activation): ActivationTraces {
    return {
      usage: this.#run.usageOf(activation),
      actors: this.#run.actorsIn(activation),
      state: this.#run.writesOf(activation),
      finished: this.#run.finishedBy(activation),
      passedOn: this.#run.contextOf(activation).passedOn,
    };
  }

  restore(activation: Activation, { usage, actors, state, finished }: ActivationTraces): void {
    if (usage !== undefined) this.#run.meter.partOf(activation).restore(usage);
    if (actors !== undefined)
      this.#actors.set(activation.node, [...(this.#actors.get(activation.node) ?? []), ...actors]);
    if (state !== undefined) this.#run.restoreWrites(activation, state);
    if (finished !== undefined) this.#run.finishEarly(finished.output, this.#run.contextOf(activation));
  }

  /** Who has acted in a node: those that are recorded, else whose run it is. */
  actorsOf(name: string): readonly (string | undefined)[] {
    const { plan, context } = this.#run;
    const node = plan.names.indexOf(name);
    if (node === -1 || this.#run.visitsOf(node) === 0) return [];
    return this.#actors.get(node) ?? [context.userId];
  }

  newWait(activation: Activation, about: unknown): NewWait {
    const { lease } = this.journal;
    return newWait(this.#program.waiting![activation.node]!, about, {
      tenant: lease!.tenant,
      runId: lease!.runId,
      path: this.path,
      workflow: this.journal.workflow,
      graphHash: structuralHash(this.#run.plan.definition),
      node: this.nameOf(activation.node),
      visit: activation.visit,
      userId: this.#run.context.userId,
      now: this.now(),
      codec: this.journal.codec,
      actorsOf: (name) => this.actorsOf(name),
    });
  }

  // --- What its journal tells ---

  onBroken(error: Error): void {
    this.#run.stop(error);
    this.host.rest();
  }

  onRest(): void {
    if (this.path === undefined) this.host.rest();
    else this.#run.lieDown(); // its own loop, and the step around it, are never heard of again
  }

  // --- How it ends ---

  /**
   * Resolves when the end of the run is in the journal; of a nested run nothing depends on that, but what its last step has come to
   * may be on its way.
   */
  async conclude(failure: WorkflowError | undefined, output: () => unknown): Promise<void> {
    const { path, journal } = this;
    const closes = this.host.close();
    const { around } = this.#run;
    if (around !== undefined && path !== undefined) journal.takeBack(around.parts);
    journal.leaveLoop(this);
    if (this.recorded.end !== undefined || this.isBroken) return;
    const status = failure === undefined ? 'completed' : failure.code === 'RUN_CANCELLED' ? 'cancelled' : 'failed';
    const at = this.now();
    const record: RecordBody<EncodedValue> =
      status === 'completed'
        ? { type: 'run.completed', path, at, output: this.#encodeOutput(output()) }
        : { type: `run.${status}`, path, at, error: this.host.encodeError(failure, this.workflow) };
    this.#run.recordAhead(
      failure === undefined
        ? { type: 'run.completed', output: output() }
        : { type: status === 'cancelled' ? 'run.cancelled' : 'run.failed', error: errorInfo(failure) },
    );
    const own: RunStatus | undefined = path === undefined ? status : undefined;
    const more = { closes, status: own, after: this.beforeRecords };
    const appended = journal.appended(record, more).catch(() => undefined);
    if (own !== undefined || this.waitsByItself) await appended; // where it fails the run is told
  }

  /** From here on a resumed run does not try again, but goes on undoing. */
  async failing(error: WorkflowError): Promise<void> {
    if (this.recorded.failing !== undefined) return;
    const value = this.host.encodeError(error, this.workflow);
    await this.journal.appended({
      type: 'run.failing',
      path: this.path,
      at: this.now(),
      error: value,
      audited: this.audited,
    });
  }

  isUndone({ node, visit }: Activation): boolean {
    return this.recorded.undone.has(activationKey(this.nameOf(node), visit));
  }

  undone({ node, visit }: Activation): Promise<void> {
    const about = { path: this.path, node: this.nameOf(node), visit, at: this.now(), audited: this.audited };
    return this.journal.appended({ type: 'compensation.completed', ...about });
  }

  failed({ node, visit }: Activation, error: unknown): Promise<void> {
    const about = { path: this.path, node: this.nameOf(node), visit, at: this.now(), audited: this.audited };
    return this.journal.appended({
      type: 'compensation.failed',
      ...about,
      error: this.host.encodeError(error, this.workflow),
    });
  }

  #encodeOutput(output: unknown): EncodedValue {
    const facts = { workflow: this.workflow, node: '(output)', visit: 1, attempt: 1 };
    return new EncodedValue(this.journal.codec.encode(output, facts, 'output of the run'));
  }
}
