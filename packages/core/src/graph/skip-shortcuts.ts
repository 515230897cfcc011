/**
 * Job. Says for each node what a skip of it comes to, so that a branch not taken costs the same however long it is.
 *
 * When a node is skipped, everything that it dominates is skipped too, and only the edges that leave this region can
 * be noticed by anybody. Where there is none (`SKIP_ENDS`) or one (its index) the scheduler goes there directly;
 * otherwise it walks (`SKIP_SPREADS`).
 *
 * The count of a region's leaving edges, and the sum of their indexes (which is the index where the count is one), come
 * from one pass: each edge adds itself at its source and takes itself back at its target's dominator. Dominators on an
 * acyclic graph are lowest common ancestors of the predecessors; ancestors are found by jump pointers (Myers, "An
 * applicative random-access stack", 1983), so all of it is O(edges × log nodes).
 */
import type { Contexts } from './contexts.js';
import type { IndexedGraph } from './index-graph.js';
import type { LoopNesting } from './loop-nesting.js';
import { SKIP_ENDS, SKIP_SPREADS, TO_END } from './plan.js';

export function findSkipShortcuts(graph: IndexedGraph, nesting: LoopNesting, places: Contexts): Int32Array {
  const { nodeCount, from: sources, to: targets } = graph;
  const { starts, edges: into } = graph.into;
  const { order, isBack } = nesting;
  if (!canSkip(graph)) return new Int32Array(nodeCount).fill(SKIP_SPREADS);
  const { contexts, nodeContext, edgeContext } = places;
  /** Back edges, and edges that leave their source's context: noticed by the loop, wherever they lead. */
  const isNoticed = (edge: number): boolean => isBack[edge] === 1 || edgeContext[edge] !== nodeContext[sources[edge]!];

  const dominator = new Int32Array(nodeCount + 1).fill(nodeCount);
  const depth = new Int32Array(nodeCount + 1);
  const jump = new Int32Array(nodeCount + 1).fill(nodeCount);
  for (const node of order) {
    let nearest = -1;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      const edge = into[at]!;
      if (isBack[edge] === 1) continue;
      const source = isNoticed(edge) ? nodeCount : sources[edge]!;
      nearest = nearest === -1 ? source : lowestCommonAncestor(nearest, source);
    }
    dominator[node] = nearest === -1 ? nodeCount : nearest;
    adopt(node, dominator[node]!);
  }

  const count = new Float64Array(nodeCount + 1);
  const sum = new Float64Array(nodeCount + 1);
  for (let edge = 0; edge < targets.length; edge++) {
    const from = sources[edge]!;
    const to = targets[edge]!;
    if (to === TO_END) continue;
    count[from]! += 1;
    sum[from]! += edge;
    if (isNoticed(edge)) continue;
    count[dominator[to]!]! -= 1;
    sum[dominator[to]!]! -= edge;
  }
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at]!;
    count[dominator[node]!]! += count[node]!;
    sum[dominator[node]!]! += sum[node]!;
  }

  const skipTo = new Int32Array(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    const only = sum[node]!;
    if (count[node] === 0) skipTo[node] = SKIP_ENDS;
    else if (count[node] === 1 && encloses(edgeContext[only]!, nodeContext[node]!)) skipTo[node] = only;
    else skipTo[node] = SKIP_SPREADS;
  }
  return skipTo;

  /** Only an edge that is resolved in the skipped node's context, or around it, can be reached from there. */
  function encloses(outer: number, inner: number): boolean {
    while (contexts[inner]!.depth > contexts[outer]!.depth) inner = contexts[inner]!.parent;
    return inner === outer;
  }

  function adopt(node: number, parent: number): void {
    depth[node] = depth[parent]! + 1;
    const far = jump[parent]!;
    jump[node] = depth[parent]! - depth[far]! === depth[far]! - depth[jump[far]!]! ? jump[far]! : parent;
  }

  function lowestCommonAncestor(a: number, b: number): number {
    if (depth[a]! < depth[b]!) [a, b] = [b, a];
    while (depth[a]! > depth[b]!) a = depth[jump[a]!]! >= depth[b]! ? jump[a]! : dominator[a]!;
    while (a !== b) {
      const apart = jump[a] !== jump[b];
      a = apart ? jump[a]! : dominator[a]!;
      b = apart ? jump[b]! : dominator[b]!;
    }
    return a;
  }
}

/** Whether a branch may not be taken at all: in most long graphs none may. */
function canSkip({ definition, isError, routers, joins }: IndexedGraph): boolean {
  return routers.length > 0 || isError.includes(1) || joins.some((node) => definition.nodes[node]!.cancelOthers);
}
