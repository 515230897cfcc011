/**
 * Job: random graphs that validation accepts and whose loops end, and how their nodes behave.
 * Boundary: knows nothing of the scheduler. What is refused (impossible joins, router-only cycles) is never generated.
 *
 * A. What a node returns, chooses or whether it fails depends on (seed, node, tag) only, so the order in which activations
 *    finish cannot change it.
 * B. Every cycle passes through a route or an error edge that is not taken any more from the fourth iteration on.
 */
import fc from 'fast-check';
import {
  END,
  START,
  type EdgeDefinition,
  type End,
  type GraphDefinition,
  type JoinMode,
  type NodeDefinition,
  type NodeKind,
  type Start,
} from '../../src/graph/definition.js';
import { textOf } from './graph-text.js';
import { ReferenceStructure } from './reference-structure.js';
import type { Tag } from './reference-model.js';

/** What the nodes of a graph do, as far as a scheduler can see it. */
export interface Behaviour {
  fails(node: string, tag: Tag): boolean;
  keys(node: string, tag: Tag): readonly string[];
}

export interface RandomGraph extends Behaviour {
  readonly definition: GraphDefinition;
}

/** One node of a recipe: every number is taken modulo what there is to choose from, so that any recipe is a graph. */
interface NodeRecipe {
  readonly kind: NodeKind | 'anonymous router';
  readonly join: JoinMode;
  readonly cancelOthers: boolean;
  readonly isOutput: boolean;
  /** Only the failure of its first source leads to it. */
  readonly isHandler: boolean;
  /** Nodes (0: START) before this one that lead to it. */
  readonly sources: readonly number[];
  /** Nodes before this one, or itself, that it leads back to. */
  readonly backTo: readonly number[];
  readonly endsToo: boolean;
  readonly hasDefault: boolean;
  /** Where its error edge leads, if it has one: forwards or backwards. */
  readonly errorTo: number | undefined;
  readonly declaredAt: number;
}

interface Recipe {
  readonly nodes: readonly NodeRecipe[];
  readonly edgesDeclaredAt: readonly number[];
  readonly seed: number;
}

export interface GraphOptions {
  readonly joins?: readonly JoinMode[];
  readonly cancelOthers?: boolean;
  /** Now and then a node fails without an error edge, or a router returns a key without a route. */
  readonly mistakes?: boolean;
}

const CONFLUENT_JOINS = ['auto', 'auto', 'auto', 'any', 'any', 'all', 'all', 'one'] as const;
const LAST_FREE_ITERATION = 3;

/** Graphs of 3 to 14 nodes; without `first` joins unless asked for, since those depend on who is faster. */
export function arbitraryGraph(options: GraphOptions = {}): fc.Arbitrary<RandomGraph> {
  return arbitraryRecipe(options).map((recipe) => prepareGraph(recipe, options.mistakes === true));
}

function arbitraryRecipe({ joins = CONFLUENT_JOINS, cancelOthers = false }: GraphOptions): fc.Arbitrary<Recipe> {
  const node = fc.record({
    kind: fc.constantFrom('step', 'step', 'step', 'router', 'router', 'anonymous router', 'map') as fc.Arbitrary<
      NodeRecipe['kind']
    >,
    join: fc.constantFrom(...joins),
    cancelOthers: cancelOthers ? fc.boolean() : fc.constant(false),
    isOutput: rarely(40),
    isHandler: rarely(6),
    sources: fc.array(fc.nat(20), { minLength: 1, maxLength: 3 }),
    backTo: fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(fc.nat(20), { maxLength: 2 }) },
    ),
    endsToo: rarely(6),
    hasDefault: rarely(4),
    errorTo: fc.option(fc.nat(20), { freq: 6, nil: undefined }),
    declaredAt: fc.nat(5),
  });
  return fc.record({
    nodes: fc.array(node, { minLength: 3, maxLength: 14, size: 'max' }),
    edgesDeclaredAt: fc.array(fc.nat(7), {
      minLength: 1,
      maxLength: 20,
      size: 'max',
    }),
    seed: fc.nat(),
  });
}

function rarely(oneIn: number): fc.Arbitrary<boolean> {
  return fc.nat(oneIn - 1).map((number) => number === oneIn - 1);
}

function prepareGraph(recipe: Recipe, mistakes: boolean): RandomGraph {
  const { definition, lastResorts } = buildGraph(recipe);
  const isSpent = (tag: Tag) => tag.some((iteration) => iteration > LAST_FREE_ITERATION);
  const behaviour: Behaviour = {
    fails(node, tag) {
      const isMistaken = mistakes && hash(recipe.seed, `${node} breaks`, tag) % 30 === 0;
      const canFail = definition.edges.some(({ kind, from }) => kind === 'error' && from === node);
      return isMistaken || (canFail && !isSpent(tag) && hash(recipe.seed, `${node} fails`, tag) % 3 === 0);
    },
    keys(node, tag) {
      const all = isSpent(tag) ? lastResorts.get(node)! : routeKeys(definition, node);
      const chance = hash(recipe.seed, node, tag);
      if (mistakes && chance % 31 === 0) return chance % 2 === 0 ? [] : ['unheard of', all[0]!];
      const second = chance % 3 === 0 ? [all[(chance >>> 8) % all.length]!] : [];
      return [...new Set([all[(chance >>> 16) % all.length]!, ...second])];
    },
  };
  const print = () => `\n${textOf(definition)}\n(seed ${recipe.seed})`;
  return {
    definition,
    ...behaviour,
    [fc.toStringMethod]: print,
  } as RandomGraph;
}

/** A number from 0 to 2^32 - 1 (FNV-1a with a final mix). */
export function hash(seed: number, node: string, tag: Tag): number {
  let state = 0x811c9dc5;
  for (const character of `${seed} ${node} ${tag.join('.')}`) {
    state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  }
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
  state = Math.imul(state ^ (state >>> 12), 0x297a2d39);
  return (state ^ (state >>> 15)) >>> 0;
}

/** All keys of a router; a key that no route handles stands for its default. */
function routeKeys({ edges }: GraphDefinition, router: string): string[] {
  return edges.flatMap((edge) => {
    if (edge.from !== router) return [];
    if (edge.kind === 'default') return ['otherwise'];
    return edge.kind === 'route' ? [edge.key] : [];
  });
}

// From recipe to graph.

interface Draft {
  readonly nodes: NodeDefinition[];
  readonly edges: EdgeDefinition[];
  /** Routers' keys that lead out of every cycle (invariant B). */
  readonly lastResorts: Map<string, string[]>;
}

function buildGraph(recipe: Recipe): {
  definition: GraphDefinition;
  lastResorts: ReadonlyMap<string, string[]>;
} {
  const draft: Draft = { nodes: [], edges: [], lastResorts: new Map() };
  recipe.nodes.forEach((node, position) => addNode(draft, node, position));
  const loopers = leadBack(draft, recipe.nodes);
  recipe.nodes.forEach((node, position) => addErrorEdge(draft, node, position, loopers));
  recipe.nodes.forEach((node, position) => addRouterEnds(draft, node, position, loopers));
  const edges = inOrder(draft.edges, recipe.edgesDeclaredAt);
  const nodes = inOrder(
    draft.nodes,
    recipe.nodes.map(({ declaredAt }) => declaredAt),
  );
  const definition = withPossibleJoins({ name: 'random', nodes, edges });
  return { definition, lastResorts: draft.lastResorts };
}

/** A node and the edges to it from nodes before it. */
function addNode({ nodes, edges }: Draft, recipe: NodeRecipe, position: number): void {
  const { kind, join, cancelOthers, isOutput } = recipe;
  const name = String.fromCharCode('a'.charCodeAt(0) + position);
  const isRouter = kind === 'router' || kind === 'anonymous router';
  const sources = recipe.sources.map((number) => {
    const choice = number % (position + 1);
    const source = choice === 0 ? START : nodes[choice - 1]!.name;
    // A source with routes of its own has no other edges: what it leads to, its router leads to.
    return nodes.find((node) => node.anonymousRouterOf === source)?.name ?? source;
  });
  const [source] = sources as [string | Start];
  const isFree = source === START || nodes.some((node) => node.name === source && node.kind !== 'router');
  const isAnonymous = kind === 'anonymous router' && isFree && !edges.some(({ from }) => from === source);
  nodes.push({
    name,
    kind: isRouter ? 'router' : kind,
    ...(isAnonymous ? { anonymousRouterOf: source } : { join }),
    ...(join === 'first' && cancelOthers && !isAnonymous ? { cancelOthers } : {}),
    ...(isOutput && !isRouter ? { output: true } : {}),
  });
  const canFail =
    isFree && typeof source === 'string' && !edges.some((edge) => edge.from === source && edge.kind === 'error');
  if (recipe.isHandler && canFail && !isAnonymous) edges.push({ kind: 'error', from: source, to: name });
  else for (const from of isAnonymous ? [source] : sources) link({ nodes, edges }, from, name);
}

/** Adds back edges; returns the steps among their sources, which only routes and failures lead to. */
function leadBack(draft: Draft, recipes: readonly NodeRecipe[]): Set<string> {
  const loopers = new Set<string>();
  recipes.forEach(({ backTo }, position) => {
    const { name, kind } = draft.nodes[position]!;
    const isRouter = kind === 'router';
    const sources = draft.edges.filter(({ to }) => to === name);
    if (!isRouter && sources.some((edge) => edge.kind === 'plain')) return;
    for (const target of backTo.map((number) => draft.nodes[number % (position + 1)]!)) {
      if (target.anonymousRouterOf !== undefined || (target.name === name && !isRouter)) continue;
      if (isRouter && reachesByRouters(draft, target.name, name)) continue;
      if (draft.nodes.some((node) => node.anonymousRouterOf === name)) continue;
      link(draft, name, target.name);
      if (!isRouter) loopers.add(name);
    }
  });
  return loopers;
}

function addErrorEdge(draft: Draft, { errorTo }: NodeRecipe, position: number, loopers: ReadonlySet<string>): void {
  const { name, kind } = draft.nodes[position]!;
  if (errorTo === undefined || kind === 'router') return;
  if (draft.edges.some((edge) => edge.from === name && edge.kind === 'error')) return;
  const target = draft.nodes[errorTo % draft.nodes.length]!;
  if (target.name === name || target.anonymousRouterOf !== undefined || loopers.has(target.name)) return;
  draft.edges.push({ kind: 'error', from: name, to: target.name });
}

/** A default or END edge where the recipe has one, and END wherever a router could not leave its cycles (invariant B). */
function addRouterEnds(draft: Draft, recipe: NodeRecipe, position: number, loopers: ReadonlySet<string>): void {
  const { name, kind } = draft.nodes[position]!;
  if (kind !== 'router') {
    const hasRouter = draft.nodes.some((node) => node.anonymousRouterOf === name);
    if (recipe.endsToo && !hasRouter) draft.edges.push({ kind: 'plain', from: name, to: END });
    return;
  }
  const earlier = new Set<string | End>(draft.nodes.slice(0, position + 1).map((node) => node.name));
  const leadsOn = ({ from, to }: EdgeDefinition) => from === name && !earlier.has(to) && !loopers.has(to as string);
  if (recipe.endsToo || !draft.edges.some(leadsOn)) link(draft, name, END);
  const routes = draft.edges.filter((edge) => edge.kind === 'route').filter(leadsOn);
  draft.lastResorts.set(
    name,
    routes.map(({ key }) => key),
  );
  const target = routes[0]!;
  // A default may share the target of a route, and a route that of another: each pair is one edge.
  if (recipe.hasDefault)
    draft.edges.push({
      kind: 'default',
      from: name,
      to: recipe.endsToo ? END : target.to,
    });
  if (recipe.declaredAt === 5) draft.edges.push({ ...target, key: 'same' });
}

function link({ nodes, edges }: Pick<Draft, 'nodes' | 'edges'>, from: string | Start, to: string | End): void {
  if (edges.some((edge) => edge.from === from && edge.to === to)) return;
  const isRouter = nodes.find(({ name }) => name === from)?.kind === 'router';
  if (!isRouter || typeof from !== 'string') edges.push({ kind: 'plain', from, to });
  else
    edges.push({
      kind: 'route',
      from,
      to,
      key: to === END ? 'end' : `to-${String(to)}`,
    });
}

function reachesByRouters({ nodes, edges }: Draft, from: string, to: string): boolean {
  const isRouter = (name: string | Start | End) => nodes.some((node) => node.name === name && node.kind === 'router');
  const seen = new Set<string>();
  const visit = (name: string): boolean => {
    if (!isRouter(name) || seen.has(name)) return false;
    seen.add(name);
    return name === to || edges.some((edge) => edge.from === name && isRouter(edge.to) && visit(edge.to as string));
  };
  return visit(from);
}

function inOrder<T>(items: readonly T[], places: readonly number[]): T[] {
  const placed = items.map((item, index) => ({
    item,
    place: places[index % places.length]!,
  }));
  return placed.sort((a, b) => a.place - b.place).map(({ item }) => item);
}

/** Replaces what validation refuses: `all` over the entry and the inside of a loop, and two sources under one key. */
function withPossibleJoins(definition: GraphDefinition): GraphDefinition {
  const structure = new ReferenceStructure(definition);
  const nodes = definition.nodes.map((node) => {
    const context = structure.contextOf(node.name);
    const sources = structure.edges.filter(({ to }) => to === node.name);
    const names = sources.map(
      ({ from }) => definition.nodes.find(({ name }) => name === from)?.anonymousRouterOf ?? from,
    );
    if ((node.join === 'all' || node.join === 'any') && new Set(names).size < names.length)
      return { ...node, join: 'auto' as const };
    const isHead = structure.loopOfHead(node.name) !== undefined;
    const enters = sources.some((edge) => structure.contextOfEdge(edge).length < context.length);
    return node.join === 'all' && (isHead || enters) ? { ...node, join: 'any' as const } : node;
  });
  return { ...definition, nodes };
}
