import { DefinitionError } from '../errors/definition-error.js';
import { checkDefinition, checkShape, sourceName } from './check-graph.js';
import { assignContexts, type Contexts } from './contexts.js';
import type { GraphDefinition } from './definition.js';
import { EdgeLists, NO_NODE } from './edge-lists.js';
import { indexGraph, type IndexedGraph } from './index-graph.js';
import { nestLoops, type LoopNesting } from './loop-nesting.js';
import { TO_END, type Loop, type Plan } from './plan.js';
import { planNodes } from './plan-nodes.js';
import { findSkipShortcuts } from './skip-shortcuts.js';

/**
 * Compiles a definition into the plan that all its runs share. Calls no user code.
 *
 * @throws {@link DefinitionError} with every mistake of the graph at once.
 */
export function compileGraph(definition: GraphDefinition): Plan {
  const graph = indexGraph(definition);
  const problems = checkDefinition(graph);
  const nesting = nestLoops(graph);
  const places = assignContexts(graph, nesting);
  DefinitionError.throwIfAny([...problems, ...checkShape(graph, nesting, places)]);
  return buildPlan(graph, nesting, places);
}

function buildPlan(graph: IndexedGraph, nesting: LoopNesting, places: Contexts): Plan {
  const { definition, nodeCount, from, to, isError } = graph;
  const { isBack } = nesting;
  const out = isError.includes(1) ? EdgeLists.group(without(from, isError), nodeCount + 1) : graph.out;
  const entries = nesting.loops.length === 0 ? graph.into : EdgeLists.group(without(to, isBack), nodeCount);
  const loops = buildLoops(graph, nesting, places);
  const nodes = planNodes(graph, entries, places);
  const edgeIsPlain = findPlainEdges(graph, isBack, places);
  // Neither a getter nor a spread may stand in this literal: it would make a dictionary of the plan, and a search by
  // name of each of the dozens of looks that a step takes at it.
  const plan: Plan = {
    definition,
    nodeCount,
    names: nodes.names,
    isRouter: nodes.isRouter,
    passesOn: nodes.passesOn,
    joins: nodes.joins,
    outputs: nodes.outputs,
    takesRunInput: nodes.takesRunInput,
    edgeFrom: from,
    edgeTo: to,
    edgePosition: findPositions(graph, entries, loops),
    edgeContext: places.edgeContext,
    edgeIsPlain,
    edgeIsBack: isBack,
    out,
    straightTo: findStraightStretches(graph, edgeIsPlain, nodes.isDirect),
    errorEdge: findErrorEdges(graph),
    entries,
    isDirect: nodes.isDirect,
    sourceNames: nodes.sourceNames,
    routes: nodes.routes,
    defaultRoute: nodes.defaultRoute,
    nodeContext: places.nodeContext,
    contexts: places.contexts,
    loops,
    joinSlot: nodes.joinSlot,
    slotCount: nodes.slotCount,
    skipTo: findSkipShortcuts(graph, nesting, places),
    losers: findLosers(graph, isBack, places),
  };
  return Object.freeze(plan);
}

/** Edge → node, with no node for some edges. */
function without(nodeOf: Int32Array, isLeftOut: Uint8Array): Int32Array {
  return nodeOf.map((node, edge) => (isLeftOut[edge] === 1 ? NO_NODE : node));
}

function findPositions({ to }: IndexedGraph, { starts, edges }: EdgeLists, loops: readonly Loop[]): Int32Array {
  const positions = new Int32Array(to.length);
  for (let at = 0; at < edges.length; at++) positions[edges[at]!] = at - starts[to[edges[at]!]!]!;
  for (const { backEdges } of loops) backEdges.forEach((edge, position) => (positions[edge] = position));
  return positions;
}

function findPlainEdges({ from, to }: IndexedGraph, isBack: Uint8Array, places: Contexts): Uint8Array {
  const { nodeContext, edgeContext } = places;
  const isPlain = new Uint8Array(to.length);
  for (let edge = 0; edge < to.length; edge++) {
    if (to[edge] === TO_END || isBack[edge] === 1) continue;
    const context = nodeContext[from[edge]!]!;
    if (context === nodeContext[to[edge]!] && context === edgeContext[edge]) isPlain[edge] = 1;
  }
  return isPlain;
}

function findStraightStretches(graph: IndexedGraph, edgeIsPlain: Uint8Array, isDirect: Uint8Array): Int32Array {
  const { nodeCount, to, isError } = graph;
  const { starts, edges } = graph.out;
  const straightTo = new Int32Array(nodeCount).fill(-1);
  for (let node = 0; node < nodeCount; node++) {
    if (starts[node + 1]! - starts[node]! !== 1) continue;
    const only = edges[starts[node]!]!;
    if (edgeIsPlain[only] === 1 && isError[only] === 0 && isDirect[to[only]!] === 1) straightTo[node] = to[only]!;
  }
  return straightTo;
}

function findErrorEdges({ nodeCount, from, isError }: IndexedGraph): Int32Array {
  const errorEdge = new Int32Array(nodeCount).fill(-1);
  for (let edge = isError.indexOf(1); edge !== -1; edge = isError.indexOf(1, edge + 1)) errorEdge[from[edge]!] = edge;
  return errorEdge;
}

function buildLoops(
  graph: IndexedGraph,
  nesting: LoopNesting,
  { contexts, nodeContext, edgeContext }: Contexts,
): Loop[] {
  if (nesting.loops.length === 0) return [];
  const leaving: number[][] = nesting.loops.map(() => []);
  graph.to.forEach((to, edge) => {
    if (to === TO_END) return;
    const from = graph.from[edge]!;
    for (let context = nodeContext[from]!; context !== edgeContext[edge]; context = contexts[context]!.parent) {
      leaving[contexts[context]!.loop]!.push(edge);
    }
  });
  return nesting.loops.map(({ head, first, last }, index) => {
    const backEdges = [...graph.into.of(head)].filter((edge) => nesting.isBack[edge] === 1);
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
  { definition, nodeCount, joins, from: sources, to: targets, isError, out, into }: IndexedGraph,
  isBack: Uint8Array,
  { nodeContext, edgeContext }: Contexts,
): Map<number, Set<number>> {
  const losers = new Map<number, Set<number>>();
  for (const join of joins) {
    if (definition.nodes[join]!.cancelOthers !== true) continue;
    const found = new Set<number>();
    const leadsOnly = (from: number): boolean =>
      out.of(from).every((edge) => {
        const to = targets[edge]!;
        const leadsThere = to === join || (found.has(to) && isBack[edge] === 0);
        return leadsThere && edgeContext[edge] === nodeContext[join];
      }) && out.of(from).some((edge) => isError[edge] === 0);
    const open = [join];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      for (const edge of into.of(node)) {
        const from = sources[edge]!;
        if (from === nodeCount || found.has(from) || nodeContext[from] !== nodeContext[join]) continue;
        if (definition.nodes[from]!.output === true || !leadsOnly(from)) continue;
        found.add(from);
        open.push(from);
      }
    }
    losers.set(join, found);
  }
  return losers;
}
