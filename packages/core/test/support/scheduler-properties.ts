/**
 * Job: the properties of the scheduler, each a function from a number of runs to a passed or failed test; the quick test and
 * the long campaign share them.
 * Boundary: what is right is said by the reference model, never here.
 */
import fc from 'fast-check';
import type { GraphDefinition } from '../../src/graph/definition.js';
import { arbitraryGraph, type Behaviour, type RandomGraph } from './arbitrary-graph.js';
import { ModelEngine, SchedulerEngine, type Engine, type Started } from './engine.js';
import type { ModelLimits } from './reference-model.js';

/** Larger runs teach nothing more, and cost the model a lot. */
const MAX_ACTIVATIONS = 120;

/** How a run went, in a form that can be compared. */
interface History {
  readonly trace: readonly string[];
  readonly ending: string;
  readonly output: unknown;
  readonly perStep: unknown;
  readonly counted: number;
}

/** Each number picks who finishes next among those that run. */
const completionOrder = fc.array(fc.nat(11), { minLength: 1, maxLength: 30, size: 'max' });
const concurrency = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1000));
const firstJoins = ['first', 'first', 'auto', 'any', 'one', 'all'] as const;

/** S1, S3, S5: activations, inputs, routes and results are the model's, whatever the order in which activations finish. */
export function agreesWithTheModelInAnyOrder(numRuns: number): void {
  fc.assert(
    fc.property(arbitraryGraph(), completionOrder, concurrency, (graph, order, maxConcurrency) => {
      const expected = runAlone(new ModelEngine(graph.definition), graph, [0]);
      const actual = runAlone(new SchedulerEngine(graph.definition, { maxConcurrency }), graph, order);
      if (expected.ending !== 'completed' || actual.ending !== 'completed') {
        expect(actual.ending).toBe(expected.ending);
        return;
      }
      expect(withoutOrder(actual)).toEqual(withoutOrder(expected));
    }),
    { numRuns },
  );
}

/** S1, S2, S3: event by event, the scheduler starts what the model starts, in the same order; `first` joins included. */
export function keepsStepWithTheModel(numRuns: number): void {
  const graphs = fc.oneof(arbitraryGraph(), arbitraryGraph({ joins: firstJoins }));
  fc.assert(
    fc.property(graphs, completionOrder, concurrency, (graph, order, maxConcurrency) => {
      runInStep(graph, order, { maxConcurrency });
    }),
    { numRuns },
  );
}

/** S5: in what order nodes are declared, and how they are called, changes nothing that a node receives. */
export function ignoresTheOrderOfNodes(numRuns: number): void {
  const places = fc.array(fc.nat(13), { minLength: 14, maxLength: 14 });
  fc.assert(
    fc.property(arbitraryGraph(), places, completionOrder, (graph, order, completions) => {
      const renamed = rename(shuffleNodes(graph.definition, order));
      const behaviour: Behaviour = {
        fails: (node, tag) => graph.fails(node.slice(2), tag),
        keys: (node, tag) => graph.keys(node.slice(2), tag),
      };
      const one = runAlone(new SchedulerEngine(graph.definition), graph, completions);
      const other = runAlone(new SchedulerEngine(renamed), behaviour, completions);
      const readable = JSON.parse(JSON.stringify(withoutOrder(other)).replaceAll('n-', '')) as { trace: string[] };
      if (one.ending !== 'completed') expect(other.ending).toBe(one.ending);
      else expect({ ...readable, trace: readable.trace.sort() }).toEqual(JSON.parse(JSON.stringify(withoutOrder(one))));
    }),
    { numRuns },
  );
}

/** S2, S4: never two activations of a node at once, never more than allowed, and exactly as many steps as the caps say. */
export function keepsItsLimits(numRuns: number): void {
  const joins = fc.constantFrom(undefined, firstJoins);
  const graphs = joins.chain((some) => arbitraryGraph(some ? { joins: some } : {}));
  const limits = fc.record({
    maxConcurrency: concurrency,
    maxSteps: fc.integer({ min: 1, max: 20 }),
    maxVisitsPerNode: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(graphs, completionOrder, limits, (graph, order, some) => {
      const free = runAlone(new SchedulerEngine(graph.definition, { maxConcurrency: some.maxConcurrency }), graph, order);
      const bounded = runAlone(new SchedulerEngine(graph.definition, some), graph, order, some);
      expect(bounded.trace).toEqual(free.trace.slice(0, bounded.trace.length));
      expect(bounded.counted).toBeLessThanOrEqual(some.maxSteps);
      if (bounded.ending === 'MAX_STEPS') expect(bounded.counted).toBe(some.maxSteps);
      else if (bounded.ending !== 'MAX_VISITS') expect(bounded).toEqual(free);
      runInStep(graph, order, some);
    }),
    { numRuns },
  );
}

/** The same calls in the same order start the same activations in the same order: what a journal's replay stands on. */
export function replaysTheSame(numRuns: number): void {
  fc.assert(
    fc.property(arbitraryGraph({ joins: firstJoins }), completionOrder, concurrency, (graph, order, maxConcurrency) => {
      const run = () => runAlone(new SchedulerEngine(graph.definition, { maxConcurrency }), graph, order);
      expect(run()).toEqual(run());
    }),
    { numRuns },
  );
}

// Driving engines.

/** Runs a graph to its end; checks what must hold at each moment whatever the graph. */
function runAlone(engine: Engine, behaviour: Behaviour, order: readonly number[], limits: Partial<ModelLimits> = {}): History {
  const trace: string[] = [];
  const running: Started[] = [];
  let counted = 0;
  let ending = 'completed';
  try {
    engine.begin('input');
    for (let step = 0; ; step++) {
      for (let next = engine.take(); next; next = engine.take()) {
        expect(running.map(({ node }) => node)).not.toContain(next.node);
        running.push(next);
        expect(running.length).toBeLessThanOrEqual(limits.maxConcurrency ?? Infinity);
        expect(engine.running).toBe(running.length);
        trace.push(describe(next));
        if (!next.isRouter) counted++;
        if (trace.length > MAX_ACTIVATIONS) fc.pre(false);
      }
      if (running.length === 0) break;
      const [chosen] = running.splice(order[step % order.length]! % running.length, 1);
      finish(engine, chosen!, behaviour);
    }
    expect(engine.unresolved).toBe(0);
  } catch (error) {
    ending = codeOf(error);
  }
  const isComplete = ending === 'completed';
  return { trace, ending, counted, output: isComplete && engine.output(), perStep: isComplete && engine.perStep() };
}

/** Drives scheduler and model with the same completions; they start the same activations at the same moments. */
function runInStep(graph: RandomGraph, order: readonly number[], limits: Partial<ModelLimits>): void {
  const scheduler = new SchedulerEngine(graph.definition, limits);
  const model = new ModelEngine(graph.definition, limits);
  const running: (readonly [Started, Started])[] = [];
  let activations = 0;
  if (inBoth(() => scheduler.begin('input'), () => model.begin('input'))) return;
  for (let step = 0; ; step++) {
    for (;;) {
      let started: Started | undefined;
      let expected: Started | undefined;
      if (inBoth(() => (started = scheduler.take()), () => (expected = model.take()))) return;
      if (started && expected) expected = model.agreeOnFirst(expected, started.input);
      expect(started).toEqual(expected);
      if (!started || !expected) break;
      running.push([started, expected]);
      if (++activations > MAX_ACTIVATIONS) fc.pre(false);
    }
    if (running.length === 0) break;
    const [chosen] = running.splice(order[step % order.length]! % running.length, 1);
    const [started, expected] = chosen!;
    if (inBoth(() => finish(scheduler, started, graph), () => finish(model, expected, graph))) return;
  }
  expect(model.unresolved).toBe(0);
  expect(scheduler.unresolved).toBe(0);
  expect({ output: scheduler.output(), perStep: scheduler.perStep() }).toEqual({ output: model.output(), perStep: model.perStep() });
}

/** Does the same to both; whether both refused it, for the same reason. */
function inBoth(toScheduler: () => void, toModel: () => void): boolean {
  const [actual, expected] = [toScheduler, toModel].map((act) => {
    try {
      act();
      return 'fine';
    } catch (error) {
      return codeOf(error);
    }
  });
  expect(actual).toBe(expected);
  return actual !== 'fine';
}

function finish(engine: Engine, started: Started, { fails, keys }: Behaviour): void {
  const { node, tag } = started;
  if (started.isRouter) engine.route(started, keys(node, tag));
  else if (fails(node, tag)) expect(engine.fail(started, `${placeOf(started)} failed`)).toBe(true);
  else engine.complete(started, `${placeOf(started)} result`);
}

/** The code of an error that a run may end with; everything else is a failure of the test. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: string };
  if (code === 'AMBIGUOUS_JOIN' || code === 'MAX_STEPS' || code === 'MAX_VISITS') return code;
  throw error;
}

function placeOf({ node, tag }: Started): string {
  return `${node}(${tag.join('.')})`;
}

function describe(started: Started): string {
  return `${placeOf(started)} visit ${started.visit} receives ${JSON.stringify(started.input)}`;
}

/** What the order of completions must not change; visits count in the order of starting. */
function withoutOrder({ trace, output, perStep }: History) {
  return { trace: trace.map((line) => line.replace(/ visit \d+/, '')).sort(), output, perStep };
}

// The same graph, written otherwise.

function shuffleNodes(definition: GraphDefinition, places: readonly number[]): GraphDefinition {
  const placed = definition.nodes.map((node, index) => ({ node, place: places[index]! }));
  return { ...definition, nodes: placed.sort((a, b) => a.place - b.place).map(({ node }) => node) };
}

function rename(definition: GraphDefinition): GraphDefinition {
  const renamed = <T>(name: T) => (typeof name === 'string' ? `n-${name}` : name);
  const nodes = definition.nodes.map((node) => ({
    ...node,
    name: renamed(node.name),
    ...(node.anonymousRouterOf === undefined ? {} : { anonymousRouterOf: renamed(node.anonymousRouterOf) }),
  }));
  const edges = definition.edges.map((edge) => ({ ...edge, from: renamed(edge.from), to: renamed(edge.to) }));
  return { ...definition, nodes, edges: edges as typeof definition.edges };
}

