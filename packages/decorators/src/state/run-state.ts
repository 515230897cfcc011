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
import { currentStepOf, deepFreeze, isThenable, type Body, type NodeOrder, type Place } from '@drawloom/core/front-end';
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

/** The `@State` fields of a class, as all its instances keep them. */
export class StateLayout {
  readonly fields: ReadonlyMap<string, StateField>;
  readonly order: NodeOrder;
  /** The same functions for all instances: with functions of its own each instance would be of a shape of its own. */
  readonly accessors: ReadonlyMap<string, PropertyDescriptor>;

  constructor(fields: readonly StateField[], order: NodeOrder) {
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
    const merged: Record<string, unknown> = {};
    for (const [name, mine] of attempt.writes) merged[name] = this.#merge(name, mine, attempt, writer, context);
    this.#values = { ...this.#values, ...merged };
    const commit = ++this.#commits;
    for (const name of attempt.writes.keys()) this.#written.set(name, { writer, commit });
  }

  #merge(name: string, mine: unknown, attempt: Attempt, writer: Writer, context: StepContext): unknown {
    const last = this.#written.get(name);
    const isOrdered = last === undefined || (last.commit <= attempt.began && this.#isBefore(last.writer, writer));
    if (isOrdered) return mine;
    const { merge } = this.#layout.fields.get(name)!;
    const merged = mergeWrites(merge, this.#values[name], mine, attempt.base[name]);
    if (merged === undefined) throw StepError.stateConflict(context.facts, name, [last.writer.name, writer.name]);
    return deepFreeze(merged.value);
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
