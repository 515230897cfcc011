import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { Settled } from '../execution/map-items.js';
import { isStep, type RouteKey, type Step } from '../execution/step.js';
import { START } from '../graph/definition.js';
import { StepFailure } from '../values/step-failure.js';
import type { WorkflowOptions } from './options.js';
import type { EdgeError } from './typed-edges.js';
import { Workflow } from './workflow.js';

/** A list of steps, or steps by name. */
export type Steps = readonly Step[] | Readonly<Record<string, Step>>;
type InputOf<S> = S extends (input: infer I, ...rest: never[]) => unknown
  ? I
  : S extends { runStep(input: infer I, ...rest: never[]): unknown }
    ? I
    : unknown;
/** What a step gives; of several steps, what any of them gives. */
export type StepOutput<S> = S extends (...args: never[]) => infer O
  ? Awaited<O>
  : S extends { runStep(...args: never[]): infer O }
    ? Awaited<O>
    : unknown;

/* eslint-disable @typescript-eslint/no-explicit-any -- of a list of unknown length nothing is known, and everything is allowed */
/** What the first step of a chain takes. */
export type ChainInput<S> = S extends readonly [infer First, ...unknown[]] ? InputOf<First> : any;
/** What the last step of a chain gives. */
export type ChainOutput<S> = S extends readonly [...unknown[], infer Last] ? StepOutput<Last> : any;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Each step has to take what the one before gives; a list of unknown length cannot be judged. */
export type FitsChain<S> = S extends readonly [infer A, infer B, ...infer Rest]
  ? unknown extends StepOutput<A>
    ? FitsChain<readonly [B, ...Rest]>
    : [StepOutput<A>] extends [InputOf<B>]
      ? FitsChain<readonly [B, ...Rest]>
      : EdgeError<'A step of this chain does not accept what the step before it gives', StepOutput<A>, InputOf<B>>
  : unknown;

/** Results in the order of the branches. */
export type Outputs<S extends Steps> = S extends readonly Step[]
  ? { -readonly [K in keyof S]: StepOutput<S[K]> }
  : StepOutput<S[keyof S]>[];
/** Outcomes in the order of the branches. */
export type SettledOutputs<S extends Steps> = S extends readonly Step[]
  ? { -readonly [K in keyof S]: Settled<StepOutput<S[K]>> }
  : Settled<StepOutput<S[keyof S]>>[];
/** What every branch takes. */
export type CommonInput<S extends Steps> = (
  (S extends readonly Step[] ? S[number] : S[keyof S]) extends infer B
    ? B extends unknown
      ? (input: [InputOf<B>]) => void
      : never
    : never
) extends (input: infer All extends [unknown]) => void
  ? All[0]
  : never;

/** How `route` is built. */
export interface RouteOptions<D extends Step = Step> extends WorkflowOptions {
  /** @defaultValue `'route'` */
  readonly name?: string;
  /** Handles labels that have no handler. @defaultValue an error that names the label */
  readonly default?: D;
}

/** How `parallel` is built. */
export interface ParallelOptions<R = unknown[], M = unknown> extends WorkflowOptions {
  /** @defaultValue `'parallel'` */
  readonly name?: string;
  /** Makes the output from the results in declared order. */
  readonly merge?: (results: R) => M | PromiseLike<M>;
  /** Let every branch end, and give outcomes instead of failing with the first failure. @defaultValue `false` */
  readonly settled?: boolean;
}

export function buildChain(steps: Steps, given: WorkflowOptions & { readonly name?: string } = {}): Workflow {
  const { name, options } = split('chain', given);
  checkSteps(name, 'steps', steps);
  const named = nameSteps(name, steps, 'step', 'chain needs at least one step');
  const workflow = new Workflow(name, options);
  let previous: string | typeof START = START;
  for (const [node, step] of named) {
    workflow.addNode(node, step);
    workflow.addEdge(previous as never, node as never);
    previous = node;
  }
  return workflow;
}

export function buildRoute(
  classifier: Step<never, RouteKey>,
  handlers: Readonly<Record<string, Step>>,
  given: RouteOptions = {},
): Workflow {
  const { name, options: all } = split('route', given);
  const { default: fallback, ...options } = all;
  checkSteps(name, 'handlers', handlers);
  const keys = Object.keys(handlers);
  if (keys.length === 0) throw new DefinitionError([problem.emptyWorkflow(name, 'route needs at least one handler')]);
  const workflow = new Workflow(name, options);
  workflow.addNode('classify', classifier);
  workflow.setStart('classify');
  const routes: Record<string, string> = {};
  for (const key of keys) {
    const node = `route_${key}`;
    workflow.addNode(node, handlers[key]!);
    Object.defineProperty(routes, key, { value: node, enumerable: true });
  }
  let fallbackNode: string | undefined;
  if (fallback !== undefined) {
    fallbackNode = 'route_default';
    if (Object.hasOwn(handlers, 'default')) fallbackNode = 'route_default_1'; // a label may be "default", too
    workflow.addNode(fallbackNode, fallback);
  }
  workflow.addRouter(
    'classify',
    (label: unknown) => (typeof label === 'string' ? label.trim() : (label as RouteKey)),
    routes,
    { default: fallbackNode },
  );
  Workflow.takeRunInput(workflow, [...Object.values(routes), ...(fallbackNode === undefined ? [] : [fallbackNode])]);
  return workflow;
}

export function buildParallel(branches: Steps, given: ParallelOptions<never>): Workflow {
  const { name, options: all } = split('parallel', given);
  const { merge, settled = false, ...options } = all;
  const found: Problem[] = [];
  if (merge !== undefined && typeof merge !== 'function')
    found.push(problem.invalidOption(name, 'merge', merge, 'a function'));
  if (typeof settled !== 'boolean') found.push(problem.invalidOption(name, 'settled', settled, 'true, false'));
  DefinitionError.throwIfAny(found);
  checkSteps(name, 'branches', branches);
  const named = nameSteps(name, branches, 'branch', 'parallel needs at least one branch');
  const names = named.map(([node]) => node);
  const join = uniqueName('merge', new Set(names));
  const combine = (results: Readonly<Record<string, unknown>>): unknown => {
    const list = names.map((node) => (settled ? settledOf(results[node]) : results[node]));
    return merge === undefined ? list : merge(list as never);
  };
  const workflow = new Workflow(name, options);
  for (const [node, step] of named) {
    workflow.addNode(node, step, settled ? { onError: join } : {});
    workflow.addEdge(START, node as never);
  }
  workflow.addNode(join, combine, { join: settled ? 'any' : 'all', output: true });
  for (const node of names) workflow.addEdge(node as never, join as never);
  return workflow;
}

/** The name apart from the other options. */
function split<T extends { readonly name?: string }>(
  fallback: string,
  given: T,
): { name: string; options: Omit<T, 'name'> } {
  if (typeof given !== 'object' || given === null) {
    throw new DefinitionError([problem.invalidOption(fallback, 'options', given, 'an object')]);
  }
  const { name = fallback, ...options } = given;
  return { name, options };
}

function checkSteps(workflow: string, what: string, steps: unknown): void {
  if (typeof steps === 'object' && steps !== null && !isStep(steps)) return;
  const allowed = what === 'handlers' ? 'an object of steps by key' : 'a list of steps, or an object of steps by name';
  throw new DefinitionError([problem.invalidOption(String(workflow), what, steps, allowed)]);
}

function settledOf(result: unknown): Settled<unknown> {
  if (result instanceof StepFailure) return { status: 'rejected', reason: result.error };
  return { status: 'fulfilled', value: result };
}

/** Steps with the names that they bring, or that their place gives them, made unique. */
function nameSteps(workflow: string, steps: Steps, fallback: string, whenEmpty: string): [string, Step][] {
  const entries = Array.isArray(steps)
    ? (steps as readonly Step[]).map((step, index) => [nameOf(step) ?? `${fallback}_${index}`, step] as const)
    : Object.entries(steps as Readonly<Record<string, Step>>);
  if (entries.length === 0) throw new DefinitionError([problem.emptyWorkflow(workflow, whenEmpty)]);
  const taken = new Set<string>();
  const counts = new Map<string, number>();
  return entries.map(([name, step]) => {
    const unique = uniqueName(name, taken, counts);
    taken.add(unique);
    return [unique, step];
  });
}

function nameOf(step: unknown): string | undefined {
  const name: unknown =
    typeof step === 'function' || (typeof step === 'object' && step !== null)
      ? (step as { name?: unknown }).name
      : undefined;
  return typeof name === 'string' && name !== '' && name !== '__proto__' ? name : undefined;
}

/** `name`, or the first of `name_1`, `name_2` … that is free; `counts` remembers where to go on. */
function uniqueName(name: string, taken: ReadonlySet<string>, counts = new Map<string, number>()): string {
  let count = counts.get(name) ?? 0;
  let unique = count === 0 ? name : `${name}_${count}`;
  while (taken.has(unique)) unique = `${name}_${++count}`;
  counts.set(name, count);
  return unique;
}
