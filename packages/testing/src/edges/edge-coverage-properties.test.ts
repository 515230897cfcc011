/**
 * Random workflows whose steps see for themselves along which edges they were reached: each joins with `any`, which gives
 * the values by source. What a coverage concludes from the record has to be the same.
 */
import fc from 'fast-check';
import { END, StepFailure, Workflow, type StepContext } from '@drawloom/core';
import { edgeCoverage } from './edge-coverage.js';

/** One node; numbers that lead nowhere are left out, so that any list of them is a graph. */
interface NodeRecipe {
  readonly lead: 'edges' | 'router' | 'router with default';
  /** How far ahead it leads, beside the next node. */
  readonly ahead: readonly number[];
  /** How far its router leads back, if it does. */
  readonly back: number | undefined;
  readonly endsToo: boolean;
  /** It fails every other time, and so many nodes on, where nothing else of it leads, somebody takes over. */
  readonly errorTo: number | undefined;
  /** What its router returns, visit by visit, as positions among its keys. */
  readonly choices: readonly (readonly number[])[];
}

const nodeRecipe: fc.Arbitrary<NodeRecipe> = fc.record({
  lead: fc.constantFrom('edges', 'router', 'router with default'),
  ahead: fc.uniqueArray(fc.integer({ min: 2, max: 3 })),
  back: fc.option(fc.nat(2), { nil: undefined }),
  endsToo: fc.boolean(),
  errorTo: fc.option(fc.integer({ min: 2, max: 3 }), { nil: undefined }),
  choices: fc.array(fc.array(fc.nat(6), { maxLength: 2 }), { minLength: 1, maxLength: 3 }),
});

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const LAST_VISIT_TO_GO_BACK = 2;

/** An edge as the test names it, and what its ends saw. */
interface Watched {
  readonly name: string;
  wasTaken(): boolean;
}

function buildWorkflow(recipes: readonly NodeRecipe[]): { workflow: Workflow; edges: readonly Watched[] } {
  const workflow = new Workflow('random');
  const edges: Watched[] = [];
  const seen = new Set<string>();
  const watch = (name: string, ...signs: string[]): void => {
    edges.push({ name, wasTaken: () => signs.every((sign) => seen.has(sign)) });
  };

  for (const [index, { errorTo = 0 }] of recipes.entries()) {
    const name = NAMES[index]!;
    const onError = errorTo > 0 && index + errorTo < recipes.length ? NAMES[index + errorTo] : undefined;
    const run = (input: Readonly<Record<string, unknown>>, { visit }: StepContext): string => {
      for (const [source, value] of Object.entries(input)) {
        seen.add(`${source} ${value instanceof StepFailure ? 'failed' : 'delivered'} to ${name}`);
      }
      if (onError !== undefined && (index + visit) % 2 === 0) throw new Error('every other time');
      seen.add(`${name} returned`);
      return name;
    };
    workflow.addNode(name, run, { join: 'any', onError });
    if (onError !== undefined) watch(`${name} --error--> ${onError}`, `${name} failed to ${onError}`);
  }
  workflow.setStart('a');
  watch('START -> a', 'START delivered to a');

  for (const [index, { lead, ahead, back, endsToo, errorTo, choices }] of recipes.entries()) {
    const name = NAMES[index]!;
    const targets = [1, ...ahead.filter((by) => by !== errorTo)].flatMap((by) =>
      index + by < recipes.length ? NAMES[index + by]! : [],
    );
    if (lead === 'edges') {
      for (const target of targets) {
        workflow.addEdge(name, target);
        watch(`${name} -> ${target}`, `${name} delivered to ${target}`);
      }
      if (endsToo) {
        workflow.addEdge(name, END);
        watch(`${name} -> END`, `${name} returned`);
      }
      continue;
    }
    const routes: Record<string, string> = Object.fromEntries(targets.map((target) => [`to ${target}`, target]));
    if (back !== undefined) routes['back'] = NAMES[Math.max(0, index - back)]!;
    for (const [key, target] of Object.entries(routes)) {
      watch(`${name} --${key}--> ${target}`, `${name} chose ${key}`, `${name} delivered to ${target}`);
    }
    watch(`${name} --end--> END`, `${name} chose end`);
    const fallback = lead === 'router with default' ? targets.at(-1) : undefined;
    if (fallback !== undefined) {
      watch(`${name} --default--> ${fallback}`, `${name} chose another`, `${name} delivered to ${fallback}`);
    }
    const keys = ['end', ...Object.keys(routes), ...(fallback === undefined ? [] : ['another'])];
    const choose = (_: unknown, { visit }: StepContext): string[] => {
      const chosen = choices[(visit - 1) % choices.length]!.map((position) => keys[position % keys.length]!);
      const kept = chosen.filter((key) => key !== 'back' || visit <= LAST_VISIT_TO_GO_BACK);
      const returned = kept.length === 0 && fallback === undefined ? ['end'] : kept;
      for (const key of returned.length === 0 ? ['another'] : returned) seen.add(`${name} chose ${key}`);
      return returned;
    };
    workflow.addRouter(name, choose, { ...routes, end: END }, { default: fallback as never });
  }
  return { workflow, edges };
}

it('edgeCoverage concludes from the record of a run what its steps and routers saw', async () => {
  let complete = 0;
  const recipes = fc.array(nodeRecipe, { minLength: 2, maxLength: NAMES.length });
  await fc.assert(
    fc.asyncProperty(recipes, async (nodes) => {
      const { workflow, edges } = buildWorkflow(nodes);
      const coverage = edgeCoverage(workflow);
      const result = await workflow.run('in').catch(() => undefined);
      if (result === undefined) return; // a cap ends some loops in loops
      complete++;
      coverage.add(result);
      expect(coverage.edges.map(({ name }) => name).toSorted()).toEqual(edges.map(({ name }) => name).toSorted());
      const taken = edges.filter((edge) => edge.wasTaken()).map(({ name }) => name);
      expect(coverage.taken.map(({ name }) => name).toSorted()).toEqual(taken.toSorted());
    }),
    { seed: 1, numRuns: 300 },
  );
  expect(complete).toBeGreaterThan(250);
});
