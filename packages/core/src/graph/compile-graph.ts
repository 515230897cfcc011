import { DefinitionError } from '../errors/definition-error.js';
import { checkDefinition, checkShape, sourceName } from './check-graph.js';
import { assignContexts, type Contexts } from './contexts.js';
import type { GraphDefinition } from './definition.js';
import { indexGraph, type IndexedGraph } from './index-graph.js';
import { nestLoops, type LoopNesting } from './loop-nesting.js';
import { TO_END, type Loop, type Plan, type RouteChoice } from './plan.js';
import { findSkipShortcuts } from './skip-shortcuts.js';

/**
 * Compiles a definition into the plan that all its runs share. Calls no user code.
 *
 * @throws {@link DefinitionError} with every mistake of the graph at once.
 */
export function compileGraph(definition: GraphDefinition): Plan {
  const problems = checkDefinition(definition);
  const graph = indexGraph(definition);
  const nesting = nestLoops(graph);
  const places = assignContexts(graph, nesting);
  DefinitionError.throwIfAny([...problems, ...checkShape(graph, nesting, places)]);
  return buildPlan(graph, nesting, places);
}

function buildPlan(graph: IndexedGraph, nesting: LoopNesting, places: Contexts): Plan {
  const { definition, nodeCount, edges } = graph;
  const { contexts, nodeContext, edgeContext } = places;
  const { nodes } = definition;
  const { isBack } = nesting;
  const entries = nesting.loops.length === 0 ? graph.into : without(graph.into, (edge) => isBack[edge] === 1);
  const errorEdge = new Int32Array(nodeCount).fill(-1);
  edges.forEach((edge, index) => edge.isError && (errorEdge[edge.from] = index));

  const edgePosition = new Int32Array(edges.length);
  for (const into of entries) into.forEach((edge, position) => (edgePosition[edge] = position));
  const loops = buildLoops(graph, nesting, places);
  for (const { backEdges } of loops) backEdges.forEach((edge, position) => (edgePosition[edge] = position));

  const joinSlot = new Int32Array(nodeCount);
  const slotCount = new Int32Array(contexts.length);
  const isDirect = new Uint8Array(nodeCount);
  const isRouter = new Uint8Array(nodeCount);
  const joins = nodes.map((node) => node.join ?? 'auto');
  for (let node = 0; node < nodeCount; node++) {
    if (nodes[node]!.kind === 'router') isRouter[node] = 1;
    isDirect[node] = entries[node]!.length === 1 && joins[node] !== 'all' && joins[node] !== 'any' ? 1 : 0;
    if (isDirect[node] === 0) joinSlot[node] = slotCount[nodeContext[node]!]!++;
  }

  const edgeIsPlain = new Uint8Array(edges.length);
  edges.forEach(({ from, to }, edge) => {
    if (to === TO_END || isBack[edge] === 1 || nodeContext[from] !== nodeContext[to]) return;
    edgeIsPlain[edge] = edgeContext[edge] === nodeContext[from] ? 1 : 0;
  });
  const straightTo = indexes(nodeCount, (node) => {
    const only = graph.out[node]![0];
    if (only === undefined || graph.out[node]!.length > 1) return -1;
    const { to, isError } = edges[only]!;
    return edgeIsPlain[only] === 1 && !isError && isDirect[to] === 1 ? to : -1;
  });

  // No getter may stand in this literal: it would make a dictionary of the plan, and a search by name of each of the
  // dozens of looks that a step takes at it.
  const plan: Plan = {
    definition,
    nodeCount,
    names: nodes.map((node) => node.name),
    kinds: nodes.map((node) => node.kind),
    isRouter,
    joins,
    outputs: nodes.map((node) => node.output === true),
    takesRunInput: nodes.some((node) => node.takesRunInput)
      ? nodes.map((node) => node.takesRunInput === true)
      : undefined,
    hasOutputs: nodes.some((node) => node.output === true),
    edgeFrom: indexes(edges.length, (edge) => edges[edge]!.from),
    edgeTo: indexes(edges.length, (edge) => edges[edge]!.to),
    edgePosition,
    edgeContext,
    edgeIsPlain,
    edgeIsBack: isBack,
    out: edges.some(({ isError }) => isError) ? without(graph.out, (edge) => edges[edge]!.isError) : graph.out,
    straightTo,
    errorEdge,
    entries,
    isDirect,
    sourceNames: entries.map((into, node) =>
      isDirect[node] === 1 ? NONE : into.map((edge) => sourceName(graph, edge)),
    ),
    routes: nodes.map((node, index) => (node.kind === 'router' ? routesOf(graph, index) : undefined)),
    defaultRoute: indexes(nodeCount, (node) =>
      isRouter[node] === 1 ? (graph.out[node]!.find((edge) => edges[edge]!.isDefault) ?? -1) : -1,
    ),
    nodeContext,
    contexts,
    loops,
    joinSlot,
    slotCount,
    skipTo: findSkipShortcuts(graph, nesting, places),
    losers: findLosers(graph, isBack, places),
  };
  return Object.freeze(plan);
}

/** Like `Int32Array.from`, which goes through iterators and is several times slower. */
function indexes(length: number, valueOf: (index: number) => number): Int32Array {
  const values = new Int32Array(length);
  for (let index = 0; index < length; index++) values[index] = valueOf(index);
  return values;
}

const NONE: readonly never[] = [];

/** Each list itself where nothing has to go: most nodes have no back edge and no error edge. */
function without(
  lists: readonly (readonly number[])[],
  goes: (edge: number) => boolean,
): readonly (readonly number[])[] {
  return lists.map((list) => (list.some(goes) ? list.filter((edge) => !goes(edge)) : list));
}

function routesOf(graph: IndexedGraph, router: number): Map<string, RouteChoice> {
  const routes = new Map<string, RouteChoice>();
  for (const edge of graph.out[router]!) {
    for (const key of graph.edges[edge]!.keys) {
      routes.set(key, Object.freeze({ router, keys: Object.freeze([key]), taken: Object.freeze([edge]) }));
    }
  }
  return routes;
}

function buildLoops(
  graph: IndexedGraph,
  nesting: LoopNesting,
  { contexts, nodeContext, edgeContext }: Contexts,
): Loop[] {
  const leaving: number[][] = nesting.loops.map(() => []);
  graph.edges.forEach(({ from, to }, edge) => {
    if (to === TO_END) return;
    for (let context = nodeContext[from]!; context !== edgeContext[edge]; context = contexts[context]!.parent) {
      leaving[contexts[context]!.loop]!.push(edge);
    }
  });
  return nesting.loops.map(({ head, first, last }, index) => {
    const backEdges = graph.into[head]!.filter((edge) => nesting.isBack[edge] === 1);
    return {
      context: index + 1,
      head,
      body: nesting.order.slice(first, last + 1).sort((a, b) => a - b),
      backEdges,
      backNames: backEdges.map((edge) => sourceName(graph, edge)),
      leaving: leaving[index]!,
    };
  });
}

/**
 * For each `first` join that cancels the others: the nodes of its context whose every way on leads to it within the
 * iteration: what leads back to the head leads to the join of the next one. A step with nothing but an error edge is none
 * of them either: when it returns, its branch ends.
 */
function findLosers(
  graph: IndexedGraph,
  isBack: Uint8Array,
  { nodeContext, edgeContext }: Contexts,
): Map<number, Set<number>> {
  const losers = new Map<number, Set<number>>();
  graph.definition.nodes.forEach((node, join) => {
    if (node.cancelOthers !== true) return;
    const found = new Set<number>();
    const leadsOnly = (from: number): boolean =>
      graph.out[from]!.every((edge) => {
        const { to } = graph.edges[edge]!;
        const leadsThere = to === join || (found.has(to) && isBack[edge] === 0);
        return leadsThere && edgeContext[edge] === nodeContext[join];
      }) && graph.out[from]!.some((edge) => !graph.edges[edge]!.isError);
    const open = [join];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const edge of graph.into[node]!) {
        const { from } = graph.edges[edge]!;
        if (from === graph.nodeCount || found.has(from) || nodeContext[from] !== nodeContext[join]) continue;
        if (graph.definition.nodes[from]!.output === true || !leadsOnly(from)) continue;
        found.add(from);
        open.push(from);
      }
    }
    losers.set(join, found);
  });
  return losers;
}
