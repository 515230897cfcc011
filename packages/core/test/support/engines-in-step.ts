import { isDeepStrictEqual } from 'node:util';
import type { GraphDefinition } from '../../src/graph/definition.js';
import { ModelEngine, SchedulerEngine, type Engine, type Started } from './engine.js';
import type { ModelLimits } from './reference-model.js';

/**
 * The scheduler and the reference model driven as one: each call goes to both, and whatever they say must be the same at that
 * very moment. What is returned is the scheduler's.
 */
export class EnginesInStep implements Engine {
  readonly #scheduler: SchedulerEngine;
  readonly #model: ModelEngine;
  readonly #twins = new Map<Started, Started>();

  constructor(definition: GraphDefinition, limits: Partial<ModelLimits>) {
    this.#scheduler = new SchedulerEngine(definition, limits);
    this.#model = new ModelEngine(definition, limits);
  }

  begin(input: unknown): void {
    this.#both((engine) => engine.begin(input));
  }

  take(): Started | undefined {
    const [started, expected] = this.#both((engine) => engine.take());
    const agreed = started && expected && this.#model.agreeOnFirst(expected, started.input);
    if (!isDeepStrictEqual(started, agreed)) expect(started).toEqual(agreed);
    if (started) this.#twins.set(started, agreed!);
    return started;
  }

  complete(started: Started, value: unknown): void {
    this.#both((engine, its) => engine.complete(its(started), value));
  }

  route(started: Started, keys: readonly string[]): void {
    this.#both((engine, its) => engine.route(its(started), keys));
  }

  fail(started: Started, error: unknown): boolean {
    return this.#same((engine, its) => engine.fail(its(started), error));
  }

  skip(started: Started): void {
    this.#both((engine, its) => engine.skip(its(started)));
  }

  get lost(): ReadonlySet<Started> {
    const { lost } = this.#scheduler;
    const expected = this.#model.lost;
    if (lost.size > 0 || expected.size > 0)
      expect(new Set([...lost].map((one) => this.#twins.get(one)))).toEqual(expected);
    return lost;
  }

  get running(): number {
    return this.#same(({ running }) => running);
  }

  get unresolved(): number {
    return this.#scheduler.unresolved + this.#model.unresolved;
  }

  output(): unknown {
    return this.#same((engine) => engine.output());
  }

  perStep(): Readonly<Record<string, unknown>> {
    return this.#same((engine) => engine.perStep());
  }

  #same<T>(ask: (engine: Engine, its: (started: Started) => Started) => T): T {
    const [actual, expected] = this.#both(ask);
    if (!isDeepStrictEqual(actual, expected)) expect(actual).toEqual(expected);
    return actual;
  }

  /** Asks both; what one refuses the other must refuse for the same reason. */
  #both<T>(ask: (engine: Engine, its: (started: Started) => Started) => T): [T, T] {
    const [actual, expected] = [
      attempt(() => ask(this.#scheduler, (started) => started)),
      attempt(() => ask(this.#model, (started) => this.#twins.get(started)!)),
    ];
    if (actual.code !== expected.code) expect(actual).toEqual(expected);
    if ('error' in actual) throw actual.error;
    return [actual.value!, (expected as { value: T }).value];
  }
}

function attempt<T>(ask: () => T): {
  code?: string;
  error?: unknown;
  value?: T;
} {
  try {
    return { value: ask() };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return { code, error };
  }
}
