/**
 * Job. The host of a run that has a journal: first it gives what an earlier execution recorded, in the recorded order and
 * without calling anything; then it calls bodies, and reports what came of one when that is durable.
 *
 * Boundary. What is recorded when is decided here, the writing is `RunJournal`'s. The run says what a failure means. One file,
 * because giving what is recorded and doing what is not are two halves of one host, over the same open activations.
 *
 * Invariants.
 * D1. Nothing that depends on an activation begins before its outcome is durable: `next` gives it afterwards. Where each body
 *     waits by itself for what is on its way, `next` gives it at once, and what it leads to can be on record together with it. The
 *     order is always that of the records, as it is when these are given again.
 * D2. What is recorded is not done again; what was begun and has no record of its end is done again, under the same
 *     idempotency key.
 * D3. While records are given, no body is called and no event is announced.
 */
import { errorInfo } from '../errors/error-info.js';
import { RunError } from '../errors/run-error.js';
import type { EventBody } from './events.js';
import type { RunUsage } from '../errors/run-record.js';
import type { ActivationFacts } from '../errors/step-error.js';
import { activationKey, EncodedValue, type OfActivation, type RecordBody } from '../journal/records.js';
import type { ReplayedRun, ReplayedStep } from '../journal/replayed-records.js';
import type { NewWait, Wait } from '../ports/journal.js';
import type { Activation } from '../schedule/activation.js';
import { isThenable } from './step.js';
import { EndedQueue } from './ended-queue.js';
import type { HostedRun } from './local-host.js';
import { type Ended, type RunHost, WaitOutcome } from './run-host.js';
import type { Appended, RunJournal } from './run-journal.js';
import type { OpenWait } from './suspended-run.js';
import { TurnKeeper } from './turn-keeper.js';
import type { SettledWait, Waiting } from './waiting.js';

/** What the host needs to know of its run, beside what every host does. */
export interface DurablyHostedRun extends HostedRun {
  /** Of a nested run: the activations that lead to it. */
  readonly path: string | undefined;
  readonly workflow: string;
  readonly startedAt: number;
  /** Whether nothing more is to begin because the run fails or was cancelled. */
  readonly isBeingStopped: boolean;
  nameOf(node: number): string;
  isRouter(node: number): boolean;
  waitingOf(node: number): Waiting | undefined;
  passesOn(node: number): boolean;
  /** Whether the run goes on after a failure of it. */
  isHandled(activation: Activation): boolean;
  /** Whether a body that was aborted says no more than that it was. */
  isCancelled(activation: Activation, error: unknown): boolean;
  /** All records are given. Whether the run was over then, so that nothing is done any more. */
  isOver(): boolean;
  /** An activation that an earlier execution began begins once more. */
  startedAgain(activation: Activation): void;
  /** What the activation has left beside its output: what it has used, who acted in it, what it wrote into state. */
  tracesOf(activation: Activation): ActivationTraces;
  /** Takes over what an earlier execution recorded. */
  restore(activation: Activation, traces: ActivationTraces): void;
  newWait(activation: Activation, about: unknown): NewWait;
  /** Puts on record what is announced when the next record is durable. */
  recordAhead(event: EventBody): void;
  recordWait(wait: NewWait | Wait): void;
  /** How many entries an audit log has been told of the run, where there is one. */
  readonly audited: number | undefined;
  /** What a record of it has to wait for. */
  readonly beforeRecords: (() => Promise<unknown>) | undefined;
  /** Whether bodies wait by themselves until everything that was recorded before is durable. */
  readonly waitsByItself: boolean;
  /** The outcome that is reported now is durable later: nothing begins and nothing is announced until then. */
  waitFor(record: Promise<void>): void;
  now(): number;
}

/** What an activation leaves beside its output. */
export interface ActivationTraces {
  readonly usage?: RunUsage | undefined;
  readonly actors?: readonly string[] | undefined;
  readonly state?: unknown;
  readonly finished?: { readonly output: unknown } | undefined;
  /** The form in which it passes its input on. */
  readonly passedOn?: { readonly value: unknown } | undefined;
}

/** What is recorded of an activation. */
type HostedRecord = Extract<RecordBody<EncodedValue>, OfActivation>;

type Waited = Pick<OpenWait, 'id' | 'kind'> & { readonly dueAt?: number | undefined };

/** The ticket of every activation: `next` tells what came of it. */
const LATER: PromiseLike<never> = new Promise<never>(() => undefined);

export class DurableHost extends TurnKeeper implements RunHost {
  readonly mustHold = true;
  readonly abandoned = undefined;
  readonly #run: DurablyHostedRun;
  readonly #journal: RunJournal;
  /** What an earlier execution recorded, and how much of it has been given. */
  readonly #recorded: ReplayedRun;
  #given = 0;
  #isReplaying: boolean;
  /** What has begun and not ended, by key. */
  readonly #open = new Map<string, Activation>();
  /** What waits for the world outside. */
  readonly #waits = new Map<Activation, Waited>();
  readonly #ended = new EndedQueue();
  /** Outcomes that are recorded, and reported when that is durable. */
  #reportsLater = 0;
  #wake: ((ended: Ended | undefined) => void) | undefined;

  constructor(run: DurablyHostedRun, journal: RunJournal) {
    super();
    this.#run = run;
    this.#journal = journal;
    this.#recorded = journal.replayed!.ofRun(run.path);
    const { steps, failing, end } = this.#recorded;
    this.#isReplaying = steps.length > 0 || failing !== undefined || end !== undefined;
    journal.enter();
  }

  /** D3. */
  get isReplaying(): boolean {
    return this.#isReplaying;
  }

  /** Whether what is given just now happened within the span that goes on here, which nobody has exported. */
  get isOfThisSpan(): boolean {
    const { trace, tracedFrom } = this.#recorded;
    return this.#run.path === undefined && trace !== undefined && this.#given > tracedFrom;
  }

  get isDraining(): boolean {
    return this.#journal.isDraining && !this.#isReplaying;
  }

  begin(activation: Activation): unknown {
    const key = this.#keyOf(activation);
    if (this.#recorded.inputs.has(key)) activation.input = this.#read(this.#recorded.inputs.get(key), activation);
    this.#open.set(key, activation);
    if (!this.#isReplaying) this.#call(activation);
    return LATER;
  }

  hold(): void {
    // What was begun is held.
  }

  leave(): void {
    // Nothing is left to the loop: mustHold.
  }

  wasGivenUp(): boolean {
    return false; // as nothing is left to the loop
  }

  pause(): Promise<void> | undefined {
    if (this.#isReplaying) {
      const isOver = this.#given === this.#recorded.steps.length && this.#goLive();
      return isOver ? Promise.resolve() : undefined; // so that the loop looks again whether it is to stop
    }
    return this.#run.roomForEvents() ?? this.turn();
  }

  /** What has begun, has not ended, and does not wait. */
  inProgress(): Activation[] {
    return [...this.#open.values()].filter((activation) => !this.#waits.has(activation));
  }

  /** Ends activations although their bodies have not; what comes of these is ignored. */
  giveUp(error: unknown, which: (activation: Activation) => boolean): void {
    for (const activation of this.inProgress().filter(which)) this.#failed(activation, error);
  }

  next(): Ended | undefined | Promise<Ended | undefined> {
    const record = this.#recorded.steps[this.#given];
    if (record !== undefined) {
      this.#given++;
      try {
        return this.#replay(record);
      } catch (error) {
        this.#journal.break(error as Error);
        return undefined;
      }
    }
    if (this.#isReplaying) this.#goLive(); // a run that is stopping does not pause
    const ended = this.#ended.take();
    if (ended !== undefined) return ended;
    this.#journal.leave();
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** Everything is at rest: the loop has to end. */
  rest(): void {
    this.#wake?.(undefined);
    this.#wake = undefined;
  }

  /** The loop has ended by itself, or nobody follows it any more: nothing is waited for. Gives the ids of the waits. */
  close(): string[] {
    const ids = [...this.#waits.values()].map(({ id }) => id);
    for (const id of ids) this.#journal.forget(id);
    this.#waits.clear();
    return ids;
  }

  // --- What was recorded ---

  #replay(record: ReplayedStep): Ended {
    const key = activationKey(record.node, record.visit);
    const activation = this.#open.get(key);
    if (activation === undefined) throw RunError.recordsDoNotFit(this.#run.workflow, record.node, record.visit);
    if (record.type === 'wait.opened') this.#waits.set(activation, record);
    else this.#leave(key, activation);
    if ('attempts' in record) {
      activation.attempts = record.attempts;
      activation.startedAt = record.at - this.#run.startedAt;
      activation.endedAt = activation.startedAt + record.ms;
    }
    if (record.type !== 'step.completed' && 'usage' in record) this.#run.restore(activation, { usage: record.usage });
    if ('passes' in record && record.passes !== undefined) activation.input = this.#read(record.passes, activation);
    const error = 'error' in record && record.error !== undefined ? this.#read(record.error, activation) : undefined;
    switch (record.type) {
      case 'step.completed':
        this.#run.restore(activation, {
          usage: record.usage,
          actors: record.actors,
          state: this.#readIfAny(record.state, activation),
          finished: record.finished === undefined ? undefined : { output: this.#read(record.finished, activation) },
        });
        return { activation, ok: true, value: this.#read(record.output, activation) };
      case 'route.taken':
        return { activation, ok: true, value: record.keys };
      case 'step.failed':
        return { activation, ok: false, error };
      case 'step.cancelled':
        return { activation, ok: false, error: this.#notNeeded(activation) };
      case 'wait.opened':
        return { activation, ok: 'waits' };
      case 'wait.resolved':
        activation.endedAt = record.at - this.#run.startedAt;
        this.#run.restore(activation, { actors: record.actors });
        if (record.error !== undefined) return { activation, ok: false, error };
        return { activation, ok: true, value: new WaitOutcome(record.key, this.#known(record.value, activation)) };
    }
  }

  #notNeeded(activation: Activation): unknown {
    const context = this.#run.contextOf(activation);
    context.cancel(RunError.cancelled(this.#run.workflow, 'it was not needed any more'));
    return context.abortReason;
  }

  /** D2. What has begun and has no record of its end begins once more; what waits is waited for. */
  #goLive(): boolean {
    this.#isReplaying = false;
    if (this.#run.isOver()) {
      this.#endOpen();
      return true;
    }
    for (const activation of this.inProgress()) {
      this.#run.startedAgain(activation);
      this.#call(activation);
    }
    for (const [activation, waited] of this.#waits) this.#await(activation, waited);
    if (this.#waits.size > 0) void this.#journal.look().catch((error: unknown) => this.#journal.break(error as Error));
    return false;
  }

  /** What had begun when its run was to stop is not called again: it ends as if it had reacted at once. */
  #endOpen(): void {
    for (const activation of this.inProgress()) {
      this.#leave(this.#keyOf(activation), activation);
      this.#ended.push({ activation, ok: false, error: this.#notNeeded(activation) });
    }
  }

  #known(tree: unknown, activation: Activation): WaitOutcome['value'] {
    return tree === undefined ? undefined : { known: this.#read(tree, activation) };
  }

  #readIfAny(tree: unknown, activation: Activation): unknown {
    return tree === undefined ? undefined : this.#read(tree, activation);
  }

  #read(tree: unknown, { node }: Activation): unknown {
    return this.#journal.codec.read(tree, `${this.#run.workflow}.${this.#run.nameOf(node)}`);
  }

  // --- What is done ---

  #call(activation: Activation): void {
    const context = this.#run.contextOf(activation);
    this.#journal.enter();
    if (context.isAborted) {
      this.#failed(activation, context.abortReason);
      return;
    }
    try {
      const result = context.call(this.#run.bodyOf(activation.node), activation.input);
      if (!isThenable(result)) this.#succeeded(activation, result);
      else
        result.then(
          (value) => this.#succeeded(activation, value),
          (error: unknown) => this.#failed(activation, error),
        );
    } catch (error) {
      this.#failed(activation, error);
    }
  }

  #succeeded(activation: Activation, value: unknown): void {
    if (!this.#isOpen(activation) || this.#journal.isAtRest) return; // it was given up
    try {
      if (this.#run.isRouter(activation.node)) this.#recordRoute(activation, value);
      else if (this.#run.waitingOf(activation.node) !== undefined) this.#openWait(activation, value);
      else this.#recordOutput(activation, value);
    } catch (error) {
      this.#failed(activation, error); // what a step returned cannot be kept
    }
  }

  #recordRoute(activation: Activation, value: unknown): void {
    const keys = routeKeys(value);
    const { usage } = this.#run.tracesOf(activation);
    const passes = this.#passedOn(activation);
    const about = this.#about(activation);
    const record = { type: 'route.taken', ...about, keys, at: this.#run.now(), passes, usage } as const;
    this.#endWith(record, { activation, ok: true, value: keys });
  }

  #passedOn(activation: Activation): EncodedValue | undefined {
    const { passedOn } = this.#run.tracesOf(activation);
    return passedOn && this.#encode(activation, passedOn.value, 'validated input');
  }

  #recordOutput(activation: Activation, value: unknown): void {
    const { usage, actors, state, finished } = this.#run.tracesOf(activation);
    const record = {
      type: 'step.completed',
      ...this.#about(activation),
      ...this.#times(activation),
      output: this.#encode(activation, value),
      finished: finished === undefined ? undefined : this.#encode(activation, finished.output, 'output of the run'),
      state: state === undefined ? undefined : this.#encode(activation, state, 'state'),
      actors,
      usage,
    } as const;
    this.#run.recordAhead({
      type: 'step.completed',
      ...this.#position(activation),
      output: value,
      attempts: activation.attempts,
    });
    this.#endWith(record, { activation, ok: true, value });
  }

  /** The run stops, or goes on by the error edge; or the activation was given up, and the run goes on without it. */
  #failed(activation: Activation, error: unknown): void {
    if (!this.#isOpen(activation) || this.#journal.isAtRest) return;
    const ended = { activation, ok: false, error } as const;
    const { usage } = this.#run.tracesOf(activation);
    const about = { ...this.#about(activation), ...this.#times(activation), usage };
    if (this.#run.isBeingStopped) {
      this.#end(ended); // the end of the run is all that is recorded
    } else if (this.#run.isCancelled(activation, error)) {
      const waited = this.#waits.get(activation);
      const closes = waited === undefined ? undefined : [waited.id];
      this.#thenReport({ type: 'step.cancelled', ...about }, () => this.#end(ended), { closes });
    } else {
      const isHandled = this.#run.isHandled(activation);
      const record = { type: 'step.failed', ...about, error: this.#encodeError(activation, error), isHandled } as const;
      const { attempts } = activation;
      const failed = { ...this.#position(activation), attempts, error: errorInfo(error), isHandled };
      this.#run.recordAhead({ type: 'step.failed', ...failed });
      // Where nothing handles it, what depends on it is the end of the run, whose own record comes after this one.
      if (isHandled) {
        this.#thenReport(record, () => this.#end(ended));
      } else {
        this.#append(record);
        this.#end(ended);
      }
    }
  }

  // --- What is waited for ---

  #openWait(activation: Activation, about: unknown): void {
    const wait = this.#run.newWait(activation, about);
    const { id, kind, dueAt } = wait;
    this.#run.recordWait(wait);
    const record = {
      type: 'wait.opened',
      ...this.#about(activation),
      ...this.#times(activation),
      id,
      kind,
      dueAt,
      passes: this.#passedOn(activation),
    } as const;
    const report = (): void => {
      this.#waits.set(activation, { id, kind, dueAt });
      this.#await(activation, { id, kind, dueAt });
      this.#report({ activation, ok: 'waits' });
    };
    this.#thenReport(record, report, { opens: wait });
  }

  #await(activation: Activation, { id, kind, dueAt }: Waited): void {
    const { node, visit } = this.#about(activation);
    const take = (wait: Wait): void => {
      this.#journal.enter();
      this.#resolve(activation, wait);
    };
    this.#journal.await(
      { id, kind, node, visit, dueAt },
      { take, accept: this.#run.waitingOf(activation.node)?.accept },
    );
    // Whoever gives it up, such as a join that needs it no more, need not wait for it to react.
    this.#run.contextOf(activation).adopt({
      cancel: (reason) => {
        if (!this.#isOpen(activation) || this.#run.isBeingStopped) return;
        this.#journal.forget(id);
        this.#journal.enter();
        this.#failed(activation, reason);
      },
    });
  }

  #resolve(activation: Activation, wait: Wait): void {
    const fail = (error: unknown): void => {
      const record = { ...this.#aboutWait(activation, wait), key: '', error: this.#encodeError(activation, error) };
      this.#thenReport(record, () => this.#end({ activation, ok: false, error }), { closes: [wait.id] });
    };
    const take = ({ outcome, actors }: SettledWait): void => {
      this.#run.restore(activation, { actors });
      const value = outcome.value === undefined ? undefined : this.#encode(activation, outcome.value.known, 'outcome');
      const record = { ...this.#aboutWait(activation, wait), key: outcome.key, value, actors };
      this.#endWith(record, { activation, ok: true, value: outcome }, [wait.id]);
    };
    const { node } = activation;
    try {
      this.#run.recordWait(wait);
      const settled = this.#run.waitingOf(node)!.outcomeOf(wait, this.#run.passesOn(node), this.#journal.codec);
      if (isThenable(settled)) settled.then(take).then(undefined, fail);
      else take(settled as SettledWait);
    } catch (error) {
      fail(error);
    }
  }

  #aboutWait(activation: Activation, { id }: Wait) {
    return { type: 'wait.resolved', ...this.#about(activation), id, at: this.#run.now() } as const;
  }

  // --- Reporting ---

  #append(record: HostedRecord, more: Appended = {}): void {
    const { audited, beforeRecords: after } = this.#run;
    this.#journal.append(audited === undefined ? record : { ...record, audited }, { ...more, after });
  }

  /** D1. */
  #thenReport(record: HostedRecord, report: () => void, more: Pick<Appended, 'opens' | 'closes'> = {}): void {
    this.#reportsLater++;
    const then = (): void => {
      this.#reportsLater--;
      report();
    };
    const otherwise = (): void => void this.#reportsLater--;
    this.#append(record, { ...more, then, otherwise });
  }

  /** D1. At once only where nothing that was recorded before is still to be reported: the order is that of the records. */
  #endWith(record: HostedRecord, ended: Ended, closes?: readonly string[]): void {
    if (!this.#run.waitsByItself || this.#reportsLater > 0) {
      this.#thenReport(record, () => this.#end(ended), { closes });
    } else if (this.#journal.takesRecords) {
      this.#run.waitFor(
        new Promise((resolve, reject) => this.#append(record, { closes, then: resolve, otherwise: reject })),
      );
      this.#end(ended);
    }
  }

  /** D1. */
  #end(ended: Ended): void {
    const { activation } = ended;
    if (!this.#isOpen(activation)) return;
    this.#leave(this.#keyOf(activation), activation);
    this.#report(ended);
  }

  #report(ended: Ended): void {
    const wake = this.#wake;
    if (wake === undefined) {
      this.#ended.push(ended);
    } else {
      this.#wake = undefined;
      this.#journal.enter(); // the loop, which has something to do
      wake(ended);
    }
    this.#journal.leave(); // the body, or what came of a wait
  }

  #leave(key: string, activation: Activation): void {
    this.#open.delete(key);
    this.#waits.delete(activation);
  }

  #isOpen(activation: Activation): boolean {
    return this.#open.get(this.#keyOf(activation)) === activation;
  }

  #keyOf({ node, visit }: Activation): string {
    return activationKey(this.#run.nameOf(node), visit);
  }

  #position({ node, visit }: Activation): { readonly node: string; readonly visit: number } {
    return { node: this.#run.nameOf(node), visit };
  }

  #about({ node, visit }: Activation): OfActivation {
    return { path: this.#run.path, node: this.#run.nameOf(node), visit };
  }

  #times({ startedAt, attempts }: Activation): { at: number; ms: number; attempts: number } {
    const at = this.#run.startedAt + startedAt;
    return { at, ms: this.#run.now() - at, attempts };
  }

  #encode(activation: Activation, value: unknown, role?: string): EncodedValue {
    return new EncodedValue(this.#journal.codec.encode(value, this.#factsOf(activation), role));
  }

  #encodeError({ node }: Activation, error: unknown): EncodedValue {
    return this.encodeError(error, this.#run.nameOf(node));
  }

  /** What was thrown may be anything. What cannot be kept as it is, is kept by name, message and code. */
  encodeError(error: unknown, node: string): EncodedValue {
    const facts = { workflow: this.#run.workflow, node, visit: 1, attempt: 1 };
    try {
      return new EncodedValue(this.#journal.codec.encode(error, facts, 'error'));
    } catch {
      return new EncodedValue(this.#journal.codec.encodeError(error));
    }
  }

  #factsOf({ node, visit, attempts }: Activation): ActivationFacts {
    return { workflow: this.#run.workflow, node: this.#run.nameOf(node), visit, attempt: attempts };
  }
}

/** What a router returned, as a journal keeps it: keys are compared as text. */
function routeKeys(value: unknown): string[] {
  const keys: unknown[] = Array.isArray(value) ? value : [value];
  return keys.filter((key) => key !== null && key !== undefined).map(String);
}
