/**
 * Job. The `@State` fields of one instance: each attempt of a step reads the state as it was when the attempt began,
 * its writes are kept aside, and become the run's when it succeeds.
 *
 * Boundary. Which steps run in parallel is told by the graph (`NodeOrder`), not by who happened to be faster.
 *
 * Invariants.
 * S1. An attempt that fails leaves no trace in the state.
 * S2. Two writers of a field that are not ordered by the graph, or that overlapped in time, are merged as declared, or
 *     the later one fails. No write is lost in silence.
 * S3. Values in the state are frozen (plain objects and lists, at every level): a change in place would be nobody's write.
 */
import { StepError, type StepContext } from '@drawloom/core';
import {
  currentStepOf,
  deepFreeze,
  isThenable,
  type Body,
  type ActivationPlace,
  type NodeOrder,
  type Place,
} from '@drawloom/core/front-end';
import type { StateMerge } from '../decorators/state.js';

/** A property that is kept per run and merged where parallel branches write it. */
export interface StateField {
  readonly name: string;
  readonly merge: StateMerge | undefined;
}

/** All fields of an instance with their values; replaced as a whole, never changed. */
type Values = Readonly<Record<string, unknown>>;

/** Who wrote a field last. */
interface Writer {
  readonly place: Place;
  readonly item: number | undefined;
  readonly name: string;
}

/** A write of fields: by whom, and what they saw before. */
interface Written {
  readonly writer: Writer;
  readonly base: Values;
  /** How many attempts had succeeded in writing when this one began. */
  readonly began: number;
  readonly facts: StepContext['facts'];
}

/** What one attempt wrote, as a journal keeps it. */
interface RecordedWrites {
  readonly item: number | undefined;
  readonly fields: Values;
  /** What the fields were before, for those that are merged with what others write. */
  readonly base: Values;
}

/** One attempt of a step: what the state was when it began, and what it has written. */
interface Attempt {
  readonly base: Values;
  /** How many attempts had succeeded in writing when it began. */
  readonly began: number;
  readonly writes: Map<string, unknown>;
  readonly place: Place;
}

const states = new WeakMap<object, RunState>();

/** Puts a body into a transaction over the state of its run's instance. */
export function inTransaction(body: Body): Body {
  return (input, context) => {
    const state = states.get(context.instance!)!;
    const attempt = state.begin(context);
    let output: unknown;
    try {
      output = body(input, context);
    } catch (error) {
      state.drop(context, attempt);
      throw error;
    }
    if (!isThenable(output)) {
      state.commit(context, attempt);
      return output;
    }
    return output.then(
      (value) => {
        state.commit(context, attempt);
        return value;
      },
      (error: unknown) => {
        state.drop(context, attempt);
        throw error;
      },
    );
  };
}

/** What an activation, or an item of it, wrote into the state of its run's instance, for the journal. */
export function writesOf(instance: object, place: ActivationPlace, item?: number): unknown {
  return states.get(instance)?.writesOf(place, item);
}

/** Writes again what a journal has of an activation, or of an item of one whose end is not recorded yet. */
export function restoreWrites(instance: object, place: ActivationPlace, writes: unknown, item?: number): void {
  states.get(instance)?.restore(place, writes as readonly RecordedWrites[], item);
}

function isJournaled(context: StepContext): boolean {
  return context.owner.journal !== undefined;
}

function activationOf(node: string, visit: number): string {
  return `${visit}#${node}`;
}

/** The `@State` fields of a class, as all its instances keep them. */
export class StateLayout {
  readonly fields: ReadonlyMap<string, StateField>;
  readonly order: NodeOrder;
  readonly workflow: string;
  /** The same functions for all instances: with functions of its own each instance would be of a shape of its own. */
  readonly accessors: ReadonlyMap<string, PropertyDescriptor>;

  constructor(workflow: string, fields: readonly StateField[], order: NodeOrder) {
    this.workflow = workflow;
    this.fields = new Map(fields.map((field) => [field.name, field]));
    this.order = order;
    this.accessors = new Map(fields.map(({ name }) => [name, accessorOf(name)]));
  }
}

function accessorOf(name: string): PropertyDescriptor {
  return {
    get(this: object) {
      return states.get(this)!.read(name);
    },
    set(this: object, value: unknown) {
      states.get(this)!.write(name, value);
    },
    enumerable: true,
    configurable: true,
  };
}

/** Makes an instance keep its `@State` fields in transactions; called when it is about to serve a run. */
export function keepState(instance: object, layout: StateLayout): void {
  const known = states.get(instance);
  if (known !== undefined) known.forget();
  else states.set(instance, new RunState(instance, layout));
}

class RunState {
  readonly #instance: object;
  readonly #layout: StateLayout;
  readonly #attempts = new Map<StepContext, Attempt>();
  /** Field → who wrote it last, and as the how-many-th commit. */
  readonly #written = new Map<string, { readonly writer: Writer; readonly commit: number }>();
  /** By activation, of a run with a journal: what has been written by those that have no record of their end yet. */
  readonly #unrecorded = new Map<string, RecordedWrites[]>();
  #values: Values;
  #commits = 0;

  constructor(instance: object, layout: StateLayout) {
    this.#instance = instance;
    this.#layout = layout;
    const values: Record<string, unknown> = {};
    for (const [name, accessor] of layout.accessors) {
      values[name] = deepFreeze((instance as Record<string, unknown>)[name]);
      Object.defineProperty(instance, name, accessor);
    }
    this.#values = values;
  }

  /** A new run begins: nobody of it has written anything, and what an earlier run gave up writes nothing any more. */
  forget(): void {
    this.#written.clear();
    this.#attempts.clear();
    this.#unrecorded.clear();
  }

  begin(context: StepContext): Attempt {
    const attempt = {
      base: this.#values,
      began: this.#commits,
      writes: new Map<string, unknown>(),
      place: context.place,
    };
    this.#attempts.set(context, attempt);
    return attempt;
  }

  drop(context: StepContext, attempt: Attempt): void {
    if (this.#attempts.get(context) === attempt) this.#attempts.delete(context);
  }

  commit(context: StepContext, attempt: Attempt): void {
    const isLate = this.#attempts.get(context) !== attempt;
    if (!isLate) this.#attempts.delete(context);
    const [first] = attempt.writes.keys();
    if (first === undefined || context.abortReason !== undefined) return; // what was aborted has not succeeded
    if (isLate) throw StepError.stateWrittenLate(context.facts, first);
    const writer = { place: attempt.place, item: context.item, name: nameOf(context) };
    this.#write(attempt.writes, { writer, base: attempt.base, began: attempt.began, facts: context.facts });
    if (isJournaled(context)) this.#keepForJournal(context, attempt);
  }

  /** S2. Fields that are written become the run's, merged with what was written beside them. */
  #write(writes: ReadonlyMap<string, unknown>, by: Written): void {
    const merged: Record<string, unknown> = {};
    for (const [name, mine] of writes) merged[name] = this.#merge(name, mine, by);
    this.#values = { ...this.#values, ...merged };
    const commit = ++this.#commits;
    for (const name of writes.keys()) this.#written.set(name, { writer: by.writer, commit });
  }

  #merge(name: string, mine: unknown, { writer, base, began, facts }: Written): unknown {
    const last = this.#written.get(name);
    const isOrdered = last === undefined || (last.commit <= began && this.#isBefore(last.writer, writer));
    if (isOrdered) return mine;
    const { merge } = this.#layout.fields.get(name)!;
    const merged = mergeWrites(merge, this.#values[name], mine, base[name]);
    if (merged === undefined) throw StepError.stateConflict(facts, name, [last.writer.name, writer.name]);
    return deepFreeze(merged.value);
  }

  /** What the attempt wrote, not what came of it: merged again, in the order of the records, it gives the same. */
  #keepForJournal({ position: { node, visit }, item }: StepContext, { writes, base }: Attempt): void {
    const needsBase = (name: string): boolean =>
      ![undefined, 'last'].includes(this.#layout.fields.get(name)!.merge as 'last');
    const kept: RecordedWrites = {
      item,
      fields: Object.fromEntries(writes),
      base: Object.fromEntries([...writes.keys()].filter(needsBase).map((name) => [name, base[name]])),
    };
    this.#keep(activationOf(node, visit), kept);
  }

  #keep(activation: string, kept: RecordedWrites): void {
    const before = this.#unrecorded.get(activation);
    if (before === undefined) this.#unrecorded.set(activation, [kept]);
    else before.push(kept);
  }

  writesOf({ name, visit }: ActivationPlace, item: number | undefined): readonly RecordedWrites[] | undefined {
    const kept = this.#unrecorded.get(activationOf(name, visit));
    if (item === undefined) this.#unrecorded.delete(activationOf(name, visit));
    return item === undefined ? kept : kept?.filter((writes) => writes.item === item);
  }

  restore(
    { node, tag, name, visit }: ActivationPlace,
    all: readonly RecordedWrites[],
    ofItem: number | undefined,
  ): void {
    for (const writes of all) {
      const { item, fields, base } = writes;
      const writer = { place: { node, tag }, item, name: item === undefined ? name : `${name}[${item}]` };
      const facts = { workflow: this.#layout.workflow, node: name, visit, attempt: 1 };
      deepFreeze(fields);
      this.#write(new Map(Object.entries(fields)), { writer, base, began: this.#commits, facts });
      if (ofItem !== undefined) this.#keep(activationOf(name, visit), writes); // the record of the whole map is still to come
    }
  }

  #isBefore(last: Writer, writer: Writer): boolean {
    return this.#layout.order.isBefore(last.place, writer.place);
  }

  read(name: string): unknown {
    const attempt = this.#attemptOf(currentStepOf(this.#instance));
    if (attempt === undefined) return this.#values[name];
    return attempt.writes.has(name) ? attempt.writes.get(name) : attempt.base[name];
  }

  write(name: string, value: unknown): void {
    const step = currentStepOf(this.#instance);
    const attempt = this.#attemptOf(step);
    deepFreeze(value);
    if (attempt !== undefined) attempt.writes.set(name, value);
    else if (step !== undefined) throw StepError.stateWrittenLate(step.facts, name);
    else this.#values = { ...this.#values, [name]: value }; // outside of any run: a test, or whoever constructed it
  }

  #attemptOf(step: StepContext | undefined): Attempt | undefined {
    return step === undefined ? undefined : this.#attempts.get(step);
  }
}

/** What two parallel writes come to; `undefined` where nothing says so. */
function mergeWrites(
  merge: StateMerge | undefined,
  current: unknown,
  mine: unknown,
  base: unknown,
): { readonly value: unknown } | undefined {
  if (merge === 'last') return { value: mine };
  if (typeof merge === 'function') return { value: merge(current, mine, base) as unknown };
  if (merge === undefined || !Array.isArray(current) || !Array.isArray(mine) || !Array.isArray(base)) return undefined;
  // What a branch appended is what follows the list that it began with.
  const isAppended = base.every((item, index) => Object.is(item, mine[index]));
  return isAppended ? { value: [...(current as unknown[]), ...(mine as unknown[]).slice(base.length)] } : undefined;
}

function nameOf({ node, item }: StepContext): string {
  return item === undefined ? node : `${node}[${item}]`;
}
