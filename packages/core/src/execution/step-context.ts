/**
 * Job. The context of a step: what its code is handed, and what the engine keeps for one attempt of it.
 *
 * Boundary. It holds where the step stands and asks the run for everything else. One file, because it is one class of short
 * members: those without `@internal` are the users', the others how policies, maps, agents and recorded calls reach the run.
 */
import { currentAmbient, withAmbient, type Ambient } from '../context/ambient.js';
import type { MemoryUse } from '../context/observed-memory.js';
import type { RunContext } from '../context/run-context.js';
import type { Surroundings } from '../context/surroundings.js';
import type { ActivationFacts } from '../errors/step-error.js';
import { EncodedValue, placeKey } from '../journal/records.js';
import type { Place } from '../graph/node-order.js';
import type { Activation } from '../schedule/activation.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Clock } from '../values/clock.js';
import type { EventBody } from './events.js';
import { errorInfo } from './events.js';
import type { Run } from './run.js';
import { withinMemorySpan } from './memory-span.js';
import { Part } from './run-journal.js';
import { listening } from './spans.js';
import type { Body } from './step.js';
import type { UsageMeter } from './usage-meter.js';

/** Something that ends with the activation that it was begun in. */
export interface Stoppable {
  cancel(reason: unknown): void;
}

interface NeededState {
  controller?: AbortController | undefined;
  /** Why the attempt was aborted; with `isFinal` the whole activation was given up. */
  abortion?: { readonly reason: unknown; readonly isFinal: boolean } | undefined;
  nested?: Set<Stoppable>;
  occurrences?: Map<string, number>;
  passedOn?: { readonly value: unknown };
}

/** What a tool of an agent has of its own, or of its agent; and any call of which a journal keeps what it gave. */
interface AroundTool {
  readonly attempt: StepContext;
  readonly meter: UsageMeter;
  /** The run with what accompanies the agent. */
  readonly run: RunContext;
  /** Of a call of which a journal keeps what it gave. */
  readonly call?: KeptCall | undefined;
}

/** Where a call stands in its journal, and how what it begins is named. */
interface KeptCall {
  readonly place: string;
  readonly key: string;
}

/** What sets a context apart from that of the first attempt of its activation. */
interface Apart {
  readonly item: number | undefined;
  readonly attempt: number;
  /** Within a tool of an agent: the attempt that the agent runs in, and what the agent counts with. */
  readonly around: AroundTool | undefined;
  /** Within an item of a map, or a call that is recorded. */
  readonly part: Part | undefined;
}

const FIRST_ATTEMPT: Apart = Object.freeze({ item: undefined, attempt: 1, around: undefined, part: undefined });

/**
 * What a step is handed beside its input: who the run belongs to, which activation this is, and the signal to pass on
 * to whatever it waits for.
 */
export class StepContext implements Ambient, Stoppable {
  readonly #run: Run;
  readonly #activation: Activation;
  /** In one field, as are the parts of `#needed`: each of many waiting runs has a context, and most are of a first attempt. */
  readonly #apart: Apart;
  // Made when needed: most steps never look at their signal, begin a run or call a decorated function.
  #needed: NeededState | undefined;

  /** @internal Steps are handed one; nobody else makes it. */
  constructor(run: Run, activation: Activation, apart: Apart = FIRST_ATTEMPT) {
    this.#run = run;
    this.#activation = activation;
    this.#apart = apart;
  }

  /** The run that this step belongs to. */
  get run(): RunContext {
    return this.#apart.around?.run ?? this.#run.context;
  }

  /** The workflow's name. */
  get workflow(): string {
    return this.#run.plan.definition.name;
  }

  /** The node's name. */
  get node(): string {
    return this.#run.labelOf(this.#activation.node);
  }

  /** Which activation of the node in this run, from 1. */
  get visit(): number {
    return this.#activation.visit;
  }

  /** Which try of this activation, or of this item of a map, from 1. */
  get attempt(): number {
    return this.#apart.attempt;
  }

  /** In a map node: the place of the item in the list, from 0. */
  get item(): number | undefined {
    return this.#apart.item;
  }

  /**
   * `runId/node/visit`, with `/item` in a map: the same for every attempt of this activation, also after a crash, and
   * for no other one. In a nested run the key of the step around stands in place of the run's id, so it is the same for every attempt
   * of that step, too. Give it to services that take an idempotency key.
   */
  get idempotencyKey(): string {
    const key = `${this.#run.key}/${this.node}/${this.visit}`;
    return this.#apart.item === undefined ? key : `${key}/${this.#apart.item}`;
  }

  /** Aborted when the attempt times out, and when the run is cancelled or fails elsewhere. */
  get signal(): AbortSignal {
    const needed = (this.#needed ??= {});
    needed.controller ??= new AbortController();
    if (needed.abortion !== undefined && !needed.controller.signal.aborted) {
      needed.controller.abort(needed.abortion.reason);
    }
    return needed.controller.signal;
  }

  /** Announces something of this step to whoever follows the run's events. Costs nothing where nobody does. */
  emit(name: string, data?: unknown): void {
    if (this.#run.isObserved) this.announce({ type: 'step.emitted', ...this.position, name, data });
  }

  /**
   * Ends the whole run now, with this output: no further step begins, and what else runs is aborted and announced as
   * cancelled. The step itself goes on to its end. An edge to END, in contrast, ends only its own branch.
   */
  finish(output: unknown): void {
    this.#run.finishEarly(output, this);
  }

  /** @internal */
  isOf(activation: Activation): boolean {
    return this.#activation === activation;
  }

  /**
   * Who has acted in this step, beside the user of the run: a person who filled in a form, say. Approvals with `notBy` keep
   * these people from deciding.
   */
  actedBy(...userIds: readonly string[]): void {
    this.#run.actedIn(this.#activation, userIds);
  }

  /**
   * What came of a node that waits: of an approval its decision, of a wait the payload of the signal. Of several visits the
   * last; `undefined` before the first.
   */
  decision<T = unknown>(node: string): T | undefined {
    return this.#run.outcomeOfWait(node) as T | undefined;
  }

  /** @internal The form that a schema has given the input: where the node passes its input on, that is what it passes on. */
  passOn(value: unknown): void {
    if (value === this.#activation.input || !this.#run.passesOn(this.#activation)) return;
    this.#activation.input = value;
    (this.#needed ??= {}).passedOn = { value };
  }

  /** @internal Where it is not what has arrived. */
  get passedOn(): { readonly value: unknown } | undefined {
    return this.#needed?.passedOn;
  }

  /** @internal */
  get activation(): Activation {
    return this.#activation;
  }

  /** @internal Where in the journal what is begun here stands. */
  get journalPlace(): string {
    const { node, visit, item, attempt } = this;
    return this.#apart.around?.call?.place ?? placeKey({ path: this.#run.journalPath, node, visit, item, attempt });
  }

  /** @internal What stands before the number of a run that is begun here. */
  get nestedKey(): string {
    return this.#apart.around?.call?.key ?? this.idempotencyKey;
  }

  /**
   * @internal Makes a call of which the journal keeps what it gave. What it begins in turn is counted within it: where it is not
   * made again, nothing else changes its number. It is in progress until `keep` has ended.
   */
  async within<T>(
    meter: UsageMeter,
    call: KeptCall,
    body: (own: StepContext) => PromiseLike<T>,
    keep: (value: T) => Promise<void>,
  ): Promise<T> {
    // It is made when the run goes on: nothing that is begun now would be heard of.
    if (this.#run.journal?.isLyingDown === true) return new Promise<never>(() => undefined);
    const around = { attempt: this.ownAttempt, meter, run: this.run, call };
    const part = new Part(this.#apart.part);
    const own = new StepContext(this.#run, this.#activation, { ...this.#apart, around, part });
    const release = this.adopt(own);
    const leave = enterPart(this, part);
    try {
      const value = (await own.call(() => body(own), undefined)) as T;
      await keep(value);
      return value;
    } finally {
      release();
      leave();
    }
  }

  /** @internal What does nothing but wait while a run does that was begun here. */
  get parts(): readonly (Activation | Part)[] {
    const all: (Activation | Part)[] = [this.#activation];
    for (let part = this.#apart.part; part !== undefined; part = part.around) all.push(part);
    return all;
  }

  /** @internal The item is in progress, until the returned function is called or it is given up: until then the run does not rest. */
  enterItem(): () => void {
    return enterPart(this, this.#apart.part!);
  }

  /** @internal */
  get position(): { readonly node: string; readonly visit: number } {
    return { node: this.node, visit: this.visit };
  }

  /** @internal */
  get facts(): ActivationFacts {
    return { workflow: this.workflow, node: this.node, visit: this.visit, attempt: this.attempt };
  }

  /** @internal Of a memory that was asked for here. A write that has failed is none. */
  async usesMemory<T>(use: MemoryUse, call: () => Promise<T>): Promise<T> {
    const result = await withinMemorySpan(this, use, call);
    if (use.write !== undefined && this.#run.isObserved)
      this.announce({ type: 'memory.written', ...this.position, agent: undefined, ...use.write });
    return result;
  }

  /** @internal */
  get queuedFor(): number | undefined {
    return this.#run.queuedFor(this.#activation);
  }

  /** @internal */
  get owner(): Run {
    return this.#run;
  }

  /** @internal Where in the run it stands; to be asked for while it runs. */
  get place(): Place {
    return { node: this.#activation.node, tag: this.#activation.tag };
  }

  /** @internal The step that its run is nested in. */
  get around(): StepContext | undefined {
    return this.#run.around;
  }

  /** @internal The nodes that lead here, this one included; after a map node the place of the item. */
  get trail(): readonly (string | number)[] {
    const here = this.#apart.item === undefined ? [this.node] : [this.node, this.#apart.item];
    return this.around === undefined ? here : [...this.around.trail, ...here];
  }

  /** @internal On which the steps of a workflow that is a class are called. */
  get instance(): object | undefined {
    return this.#run.instance;
  }

  /** @internal */
  get clock(): Clock {
    return this.#run.clock;
  }

  /** @internal */
  get cancelGraceMs(): number {
    return this.#run.cancelGraceMs;
  }

  /** @internal A timer for what is done here: it ends with the run at the latest. */
  setTimer(ms: number, fire: () => void): () => void {
    return this.#run.setTimer(ms, fire);
  }

  /** @internal Whether the run gave this activation up; a timed-out attempt alone is not that. */
  get isAborted(): boolean {
    return this.#needed?.abortion?.isFinal === true;
  }

  /** @internal */
  get abortReason(): unknown {
    return this.#needed?.abortion?.reason;
  }

  /**
   * @internal Calls a body with this context, which it then also finds without being handed it. Tools always do: by it the
   * runs that they begin are nested in the agent's.
   */
  call(body: Body, input: unknown): unknown {
    return this.#run.isAmbient || this.#apart.around !== undefined
      ? withAmbient(this, body, input, this)
      : body(input, this);
  }

  /** @internal */
  announce(event: EventBody): void {
    this.#run.announce(event);
  }

  /** @internal */
  announceRetry(error: unknown, delayMs: number): void {
    if (!this.#run.isObserved) return;
    this.announce({ type: 'step.retrying', ...this.position, attempt: this.attempt, delayMs, error: errorInfo(error) });
  }

  /** @internal What an earlier execution has recorded of this item of a map. */
  recordedItem(): { readonly output: unknown } | undefined {
    const { journal, journalPath } = this.#run;
    const recorded = journal?.replayed?.item(journalPath, this.node, this.visit, this.#apart.item!);
    if (recorded === undefined) return undefined;
    const where = `${this.workflow}.${this.node}`;
    if (recorded.usage !== undefined) this.#run.meter.partOf(this.#activation).restore(recorded.usage);
    if (recorded.state !== undefined)
      this.#run.restoreWrites(this.#activation, journal!.codec.read(recorded.state, where), this.#apart.item);
    return { output: journal!.codec.read(recorded.output, where) };
  }

  /** @internal The record of the whole map comes after it, so nobody has to wait for it. */
  recordItem(output: unknown): void {
    const { journal, journalPath: path } = this.#run;
    if (journal === undefined) return;
    const { node, visit, facts } = this;
    const item = this.#apart.item!;
    const encode = (value: unknown, role: string): EncodedValue =>
      new EncodedValue(journal.codec.encode(value, facts, `${role} of item ${item}`));
    const writes = this.#run.writesOf(this.#activation, item);
    const state = writes === undefined ? undefined : encode(writes, 'state');
    const usage = this.#run.usageOfItem(this.#activation, item);
    journal.append({ type: 'item.completed', path, node, visit, item, output: encode(output, 'output'), state, usage });
  }

  /** @internal How many attempts an earlier execution has recorded as failed. What they used counts from now on. */
  takeOverAttempts(): number {
    const { journal, journalPath } = this.#run;
    const failed = journal?.replayed?.failedAttempt(journalPath, this.node, this.visit, this.#apart.item);
    if (failed?.usage !== undefined) this.ownMeter.restore(failed.usage);
    return failed?.attempt ?? 0;
  }

  /** @internal */
  async recordRetry(error: unknown): Promise<void> {
    const { journal, journalPath: path } = this.#run;
    if (journal === undefined) return;
    const { node, visit, item, attempt } = this;
    const usage = this.ownMeter.usageIfAny;
    await journal.appended({
      type: 'attempt.failed',
      path,
      node,
      visit,
      item,
      attempt,
      error: errorInfo(error),
      usage,
    });
  }

  /** @internal */
  abortAttempt(reason: unknown, isFinal = false): void {
    const needed = (this.#needed ??= {});
    if (needed.abortion === undefined || isFinal) needed.abortion = { reason, isFinal };
    needed.controller?.abort(reason);
    for (const nested of needed.nested ?? []) nested.cancel(reason);
  }

  /** @internal Gives the activation up: no attempt follows. */
  cancel(reason: unknown): void {
    if (!this.isAborted) this.abortAttempt(reason, true);
  }

  /** @internal What was begun in this step ends with it at the latest. The returned function lets it go. */
  adopt(nested: Stoppable): () => void {
    const needed = (this.#needed ??= {});
    const all = (needed.nested ??= new Set());
    all.add(nested);
    if (needed.abortion !== undefined) nested.cancel(needed.abortion.reason);
    return () => all.delete(nested);
  }

  /** @internal The context of one item of a map. */
  forItem(item: number): StepContext {
    const part = this.#run.journal === undefined ? undefined : new Part(this.#apart.part);
    return new StepContext(this.#run, this.#activation, { ...FIRST_ATTEMPT, item, part });
  }

  /** @internal The context of one attempt, of the activation or of an item. */
  forAttempt(attempt: number): StepContext {
    if (this.#apart.item === undefined) this.#activation.attempts = attempt;
    return new StepContext(this.#run, this.#activation, { ...this.#apart, attempt, around: undefined });
  }

  /**
   * @internal The context of a tool of an agent in this step: its own signal, the agent's meter and what accompanies the
   * agent, which the runs that the tool begins inherit; the rest as it is.
   */
  forTool(meter: UsageMeter, run: RunContext): StepContext {
    const around = { attempt: this.ownAttempt, meter, run, call: this.#apart.around?.call };
    return new StepContext(this.#run, this.#activation, { ...this.#apart, around });
  }

  /** @internal What runs inherit that are begun from here. */
  get surroundings(): Surroundings {
    return this.run.surroundings;
  }

  /** @internal Where spans of what is done here go. */
  get telemetry(): Telemetry | undefined {
    if (this.#apart.around === undefined) return this.#run.telemetry;
    const { telemetry } = this.#apart.around.run.surroundings;
    return telemetry === this.#run.context.telemetry ? this.#run.telemetry : listening(telemetry);
  }

  /** @internal Who decided that this is done: the developer, or a model by calling a tool. */
  get pattern(): 'workflow' | 'agent' {
    return this.#apart.around === undefined ? 'workflow' : 'agent';
  }

  /** @internal The context that the step itself was handed. */
  get ownAttempt(): StepContext {
    return this.#apart.around?.attempt ?? this;
  }

  /** @internal What counts the calls of models that are made from here. */
  get meter(): UsageMeter {
    return this.#apart.around?.meter ?? this.ownMeter;
  }

  /** @internal That of the activation; with a journal, which keeps what each item used, that of the item. */
  get ownMeter(): UsageMeter {
    const meter = this.#run.meter.partOf(this.#activation);
    return this.#apart.item === undefined || this.#run.journal === undefined ? meter : meter.itemOf(this.#apart.item);
  }

  /** @internal Which call of a decorated function this is within the activation, from 1. */
  nextOccurrence(name: string): number {
    if (this.#apart.around !== undefined && this.#apart.around.call === undefined)
      return this.#apart.around.attempt.nextOccurrence(name);
    const occurrences = ((this.#needed ??= {}).occurrences ??= new Map());
    const occurrence = (occurrences.get(name) ?? 0) + 1;
    occurrences.set(name, occurrence);
    return occurrence;
  }

  /** @internal Waits between attempts; an abort ends the wait with its reason. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal } = this;
      const stop = this.setTimer(ms, () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
      const onAbort = (): void => {
        stop();
        reject(signal.reason as Error);
      };
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}

// Functions and no private methods: an object of a class with any carries a mark of that, and there is one for each activation.

/** A part of a step is in progress, until the returned function is called or the step is given up. */
function enterPart(context: StepContext, part: Part): () => void {
  const { journal } = context.owner;
  if (journal === undefined) return () => undefined;
  journal.enter();
  const release = context.adopt({ cancel: () => journal.leavePart(part) });
  return () => {
    release();
    journal.leavePart(part);
  };
}

/** The step of this instance's run that the calling code is part of, also where another run is nested in it. */
export function currentStepOf(instance: object): StepContext | undefined {
  let step = currentStep();
  while (step !== undefined && step.instance !== instance) step = step.around;
  return step?.ownAttempt;
}

/** The step that the calling code is part of; `undefined` outside of any, and where a workflow's `ambient` is off. */
export function currentStep(): StepContext | undefined {
  // Nothing else is ever entered. No `instanceof`: it may be the step of another installed copy of this package.
  return currentAmbient() as StepContext | undefined;
}
