/**
 * Job: the properties of the scheduler, each a function from a number of runs to a passed or failed test; the quick test and
 * the long campaign share them.
 * Boundary: what is right is said by the reference model, never here.
 */
import fc from 'fast-check';
import type { EdgeDefinition, GraphDefinition } from '../../src/graph/definition.js';
import { arbitraryGraph, type Behaviour } from './arbitrary-graph.js';
import { ModelEngine, SchedulerEngine, type Engine, type Started } from './engine.js';
import { EnginesInStep } from './engines-in-step.js';

/** Larger runs teach nothing more, and cost the model a lot. */
const MAX_ACTIVATIONS = 120;
const EXPECTED_CODES = ['AMBIGUOUS_JOIN', 'NO_ROUTE', 'MAX_STEPS', 'MAX_VISITS'];

/** How a run went, in a form that can be compared. */
interface History {
  readonly trace: readonly string[];
  readonly ending: string;
  readonly output: unknown;
  readonly perStep: unknown;
  readonly counted: number;
}

/** Each number picks who finishes next among those that run. */
const completionOrder = fc.array(fc.nat(11), {
  minLength: 1,
  maxLength: 30,
  size: 'max',
});
const concurrency = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constant(1000));
const joinsWithFirst = ['first', 'first', 'first', 'auto', 'any', 'all', 'one'] as const;
/**
 * Where one event both decides a join and gives it up, the edge that was declared first tells whether a `one` join is
 * ambiguous, and whether a skipped `all` join ended a branch.
 */
const joinsThatCancel = ['first', 'first', 'auto', 'any'] as const;

// What decides whether a change may land tries the same cases every time; the long campaign tries new ones, and prints
// the seed of a counterexample (run it again with CAMPAIGN_SEED).
const seed = process.env['CAMPAIGN_SEED'] ?? '1';
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) });

/** S1, S3, S5: activations, inputs, routes and results are the model's, whatever the order in which activations finish. */
export function agreesWithTheModelInAnyOrder(numRuns: number): void {
  fc.assert(
    fc.property(arbitraryGraph(), completionOrder, concurrency, (graph, order, maxConcurrency) => {
      const { definition } = graph;
      const expected = run(new ModelEngine(definition), graph, [0]);
      const actual = run(new SchedulerEngine(definition, { maxConcurrency }), graph, order, maxConcurrency);
      expectSameButForOrder(actual, expected);
    }),
    { numRuns },
  );
}

/** S1, S2, S3: event by event, the scheduler starts what the model starts, in the same order. */
export function keepsStepWithTheModel(numRuns: number): void {
  const graphs = fc.oneof(
    arbitraryGraph({ mistakes: true }),
    arbitraryGraph({ joins: joinsWithFirst, mistakes: true }),
    arbitraryGraph({ joins: joinsThatCancel, cancelOthers: true }),
  );
  fc.assert(
    fc.property(graphs, completionOrder, concurrency, (graph, order, maxConcurrency) => {
      run(new EnginesInStep(graph.definition, { maxConcurrency }), graph, order, maxConcurrency);
    }),
    { numRuns },
  );
}

/** S5: in what order nodes are declared, and how they are called, changes nothing that a node receives. */
export function ignoresTheOrderOfNodes(numRuns: number): void {
  const places = fc.array(fc.nat(13), { minLength: 14, maxLength: 14 });
  fc.assert(
    fc.property(arbitraryGraph(), places, completionOrder, (graph, places, order) => {
      const renamed: Behaviour = {
        fails: (node, tag) => graph.fails(originalName(node), tag),
        keys: (node, tag) => graph.keys(originalName(node), tag),
      };
      const one = run(new SchedulerEngine(graph.definition), graph, order);
      const other = run(new SchedulerEngine(rename(shuffleNodes(graph.definition, places))), renamed, order);
      expectSameButForOrder(JSON.parse(originalName(JSON.stringify(other))) as History, one);
    }),
    { numRuns },
  );
}

/** S2, S4: never two activations of a node at once, never more than allowed, and exactly as many steps as the caps say. */
export function keepsItsLimits(numRuns: number): void {
  const graphs = fc.oneof(arbitraryGraph(), arbitraryGraph({ joins: joinsWithFirst }));
  const caps = fc.record({
    maxSteps: fc.integer({ min: 1, max: 20 }),
    maxVisitsPerNode: fc.integer({ min: 1, max: 6 }),
  });
  fc.assert(
    fc.property(
      graphs,
      completionOrder,
      concurrency,
      caps,
      (graph, order, maxConcurrency, { maxSteps, maxVisitsPerNode }) => {
        const limits = { maxConcurrency, maxSteps, maxVisitsPerNode };
        const free = run(new SchedulerEngine(graph.definition, { maxConcurrency }), graph, order, maxConcurrency);
        const bounded = run(new EnginesInStep(graph.definition, limits), graph, order, maxConcurrency);
        expect(bounded.trace).toEqual(free.trace.slice(0, bounded.trace.length));
        expect(bounded.counted).toBeLessThanOrEqual(maxSteps);
        if (bounded.ending === 'MAX_STEPS') expect(bounded.counted).toBe(maxSteps);
        else if (bounded.ending !== 'MAX_VISITS') expect(bounded).toEqual(free);
      },
    ),
    { numRuns },
  );
}

/** The same calls in the same order start the same activations in the same order: what a journal's replay stands on. */
export function replaysTheSame(numRuns: number): void {
  const graphs = arbitraryGraph({ joins: joinsWithFirst, cancelOthers: true });
  fc.assert(
    fc.property(graphs, completionOrder, concurrency, (graph, order, maxConcurrency) => {
      const once = () => run(new SchedulerEngine(graph.definition, { maxConcurrency }), graph, order, maxConcurrency);
      expect(once()).toEqual(once());
    }),
    { numRuns },
  );
}

// Driving engines.

/** Runs a graph to its end; checks what must hold at each moment whatever the graph. */
function run(engine: Engine, behaviour: Behaviour, order: readonly number[], maxConcurrency = Infinity): History {
  const trace: string[] = [];
  const running: Started[] = [];
  let counted = 0;
  let ending = 'completed';
  try {
    engine.begin('input');
    for (let step = 0; ending === 'completed'; step++) {
      for (let next = engine.take(); next; next = engine.take()) {
        check(!running.some(({ node }) => node === next!.node), `${placeOf(next)} runs beside itself`);
        running.push(next);
        check(running.length <= maxConcurrency, `${placeOf(next)} is one too many`);
        check(engine.running === running.length, `${engine.running} are said to run`);
        trace.push(describe(next));
        if (!next.isRouter) counted++;
        if (trace.length > MAX_ACTIVATIONS) fc.pre(false);
      }
      if (running.length === 0) break;
      const [chosen] = running.splice(order[step % order.length]! % running.length, 1);
      if (!finish(engine, chosen!, behaviour)) ending = `${placeOf(chosen!)} failed`;
    }
    check(ending !== 'completed' || engine.unresolved === 0, `${engine.unresolved} joins still wait`);
  } catch (error) {
    ending = codeOf(error);
  }
  const isComplete = ending === 'completed';
  return {
    trace,
    ending,
    counted,
    output: isComplete && engine.output(),
    perStep: isComplete && engine.perStep(),
  };
}

/** Whether the run goes on after it. */
function finish(engine: Engine, started: Started, { fails, keys }: Behaviour): boolean {
  const { node, tag } = started;
  if (engine.lost.has(started)) engine.skip(started);
  else if (fails(node, tag)) return engine.fail(started, `${placeOf(started)} failed`);
  else if (started.isRouter) engine.route(started, keys(node, tag));
  else engine.complete(started, `${placeOf(started)} result`);
  return true;
}

/** What `expect` would say, at a price that can be paid at each of some million activations. */
function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

/** The code of an error that a run may end with; everything else is a failure of the test. */
function codeOf(error: unknown): string {
  const { code } = error as { code?: string };
  if (code !== undefined && EXPECTED_CODES.includes(code)) return code;
  throw error;
}

function placeOf({ node, tag }: Started): string {
  return `${node}(${tag.join('.')})`;
}

function describe(started: Started): string {
  return `${placeOf(started)} visit ${started.visit} receives ${JSON.stringify(started.input)}`;
}

/** Which activations start, and with what, does not depend on the order of completions; the order in which they start does. */
function expectSameButForOrder(actual: History, expected: History): void {
  const withoutOrder = ({ trace, output, perStep }: History) => ({
    trace: trace.map((line) => line.replace(/ visit \d+/, '')).sort(),
    output,
    perStep,
  });
  expect(actual.ending).toBe(expected.ending);
  if (expected.ending === 'completed') expect(withoutOrder(actual)).toEqual(withoutOrder(expected));
}

// The same graph, written otherwise.

function shuffleNodes(definition: GraphDefinition, places: readonly number[]): GraphDefinition {
  const placed = definition.nodes.map((node, index) => ({
    node,
    place: places[index]!,
  }));
  return {
    ...definition,
    nodes: placed.sort((a, b) => a.place - b.place).map(({ node }) => node),
  };
}

function rename(definition: GraphDefinition): GraphDefinition {
  const renamed = <T>(name: T): T => (typeof name === 'string' ? (`renamed ${name}` as T) : name);
  const nodes = definition.nodes.map((node) => {
    const { name, anonymousRouterOf: source } = node;
    return {
      ...node,
      name: renamed(name),
      ...(source === undefined ? {} : { anonymousRouterOf: renamed(source) }),
    };
  });
  const edges = definition.edges.map(
    (edge) =>
      ({
        ...edge,
        from: renamed(edge.from),
        to: renamed(edge.to),
      }) as EdgeDefinition,
  );
  return { ...definition, nodes, edges };
}

function originalName(text: string): string {
  return text.replaceAll('renamed ', '');
}
