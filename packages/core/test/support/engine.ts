import { compileGraph } from '../../src/graph/compile-graph.js';
import type { GraphDefinition } from '../../src/graph/definition.js';
import type { Activation } from '../../src/schedule/activation.js';
import { Scheduler } from '../../src/schedule/scheduler.js';
import { ReferenceModel, type ModelActivation, type ModelLimits, type Tag } from './reference-model.js';

/** An activation that has started, as the scheduler and the model both describe it. */
export interface Started {
  readonly node: string;
  readonly isRouter: boolean;
  readonly tag: Tag;
  readonly visit: number;
  readonly input: unknown;
}

/** What the scheduler and the reference model have in common: whatever a test does to one, it can do to the other. */
export interface Engine {
  begin(input: unknown): void;
  take(): Started | undefined;
  complete(started: Started, value: unknown): void;
  route(started: Started, keys: readonly string[]): void;
  fail(started: Started, error: unknown): boolean;
  skip(started: Started): void;
  /** What runs although a `first` join with `cancelOthers` no longer needs it: it is to be skipped. */
  readonly lost: ReadonlySet<Started>;
  readonly running: number;
  readonly unresolved: number;
  output(): unknown;
  perStep(): Readonly<Record<string, unknown>>;
}

const UNLIMITED: ModelLimits = {
  maxConcurrency: 1000,
  maxSteps: 100_000,
  maxVisitsPerNode: 100_000,
};

export class SchedulerEngine implements Engine {
  /** Running activations that a `first` join with `cancelOthers` no longer needs. */
  readonly lost = new Set<Started>();

  readonly #definition: GraphDefinition;
  readonly #scheduler: Scheduler;
  readonly #activations = new Map<Started, Activation>();

  constructor(definition: GraphDefinition, limits: Partial<ModelLimits> = {}) {
    this.#definition = definition;
    this.#scheduler = new Scheduler(compileGraph(definition), {
      ...UNLIMITED,
      ...limits,
    });
    this.#scheduler.onLost = (lost) => {
      for (const [started, activation] of this.#activations) if (activation === lost) this.lost.add(started);
    };
  }

  begin(input: unknown): void {
    this.#scheduler.begin(input);
  }

  take(): Started | undefined {
    const activation = this.#scheduler.take();
    if (!activation) return undefined;
    const { name, kind } = this.#definition.nodes[activation.node]!;
    const { tag, visit, input } = activation;
    const started = {
      node: name,
      isRouter: kind === 'router',
      tag: [...tag],
      visit,
      input,
    };
    this.#activations.set(started, activation);
    return started;
  }

  complete(started: Started, value: unknown): void {
    this.#scheduler.complete(this.#activations.get(started)!, value);
  }

  route(started: Started, keys: readonly string[]): void {
    this.#scheduler.route(this.#activations.get(started)!, keys);
  }

  fail(started: Started, error: unknown): boolean {
    return this.#scheduler.fail(this.#activations.get(started)!, error);
  }

  skip(started: Started): void {
    this.lost.delete(started);
    this.#scheduler.skip(this.#activations.get(started)!);
  }

  get running(): number {
    return this.#scheduler.running;
  }

  get unresolved(): number {
    return this.#scheduler.openJoins;
  }

  output(): unknown {
    return this.#scheduler.output();
  }

  perStep(): Readonly<Record<string, unknown>> {
    const { values } = this.#scheduler;
    const ran = this.#definition.nodes.flatMap(({ name, kind }, index) =>
      kind !== 'router' && index in values ? [[name, values[index]] as const] : [],
    );
    return Object.fromEntries(ran);
  }
}

export class ModelEngine implements Engine {
  readonly #model: ReferenceModel;
  readonly #activations = new Map<Started, ModelActivation>();

  constructor(definition: GraphDefinition, limits: Partial<ModelLimits> = {}) {
    this.#model = new ReferenceModel(definition, { ...UNLIMITED, ...limits });
  }

  begin(input: unknown): void {
    this.#model.begin(input);
  }

  take(): Started | undefined {
    const activation = this.#model.take();
    if (!activation) return undefined;
    const { node, tag, visit, input } = activation;
    const started = {
      node: node.name,
      isRouter: node.kind === 'router',
      tag,
      visit,
      input,
    };
    this.#activations.set(started, activation);
    return started;
  }

  /** Tells the model which of the deliveries that reached a `first` join at once the scheduler took. */
  agreeOnFirst(started: Started, input: unknown): Started {
    const activation = this.#activations.get(started)!;
    const choice = activation.possibleInputs.findIndex(
      (possible) => JSON.stringify(possible) === JSON.stringify(input),
    );
    if (choice < 0 || activation.node.join !== 'first') return started;
    this.#model.settleFirst(activation, choice);
    const agreed = { ...started, input };
    this.#activations.delete(started);
    this.#activations.set(agreed, activation);
    return agreed;
  }

  get lost(): ReadonlySet<Started> {
    const lost = this.#model.lost();
    return new Set(
      [...this.#activations].filter(([, activation]) => lost.includes(activation)).map(([started]) => started),
    );
  }

  complete(started: Started, value: unknown): void {
    this.#model.complete(this.#activations.get(started)!, value);
  }

  route(started: Started, keys: readonly string[]): void {
    this.#model.route(this.#activations.get(started)!, keys);
  }

  fail(started: Started, error: unknown): boolean {
    return this.#model.fail(this.#activations.get(started)!, error);
  }

  skip(started: Started): void {
    this.#model.skip(this.#activations.get(started)!);
  }

  get running(): number {
    return this.#model.running;
  }

  get unresolved(): number {
    return this.#model.unresolved().length;
  }

  output(): unknown {
    return this.#model.outcome().output;
  }

  perStep(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.#model.outcome().perStep);
  }
}
