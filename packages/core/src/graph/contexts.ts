/**
 * Job. Gives every node its context (the loop whose iterations its activations belong to) and every edge the context
 * in which it is resolved.
 *
 * Invariants.
 * C1. A loop's head and body have at least the loop's context; any other node has the lowest common context of its
 *     sources, so that what is fed only from inside a loop runs once per iteration, and a join with something outside
 *     waits outside. A loop as a whole takes its place in the same way.
 * C2. The order of declaration changes no context.
 */
import type { IndexedGraph } from './index-graph.js';
import type { LoopNesting } from './loop-nesting.js';
import { TO_END, type Context } from './plan.js';

export interface Contexts {
  /** The root first, then one per loop: loop `i` has context `i + 1`. */
  readonly contexts: readonly Context[];
  /** Node (START included) → context. */
  readonly nodeContext: Int32Array;
  /** Edge → the context in which it is resolved. */
  readonly edgeContext: Int32Array;
}

const ROOT_CONTEXT = 0;

export function assignContexts(graph: IndexedGraph, nesting: LoopNesting): Contexts {
  const { nodeCount, from: sources, to: targets, into } = graph;
  const { order, place, loops, loopOf, isBack } = nesting;
  const contexts: Context[] = [{ parent: -1, depth: 0, loop: -1 }];
  const nodeContext = new Int32Array(nodeCount + 1);
  const edgeContext = new Int32Array(sources.length);
  if (loops.length === 0) return { contexts, nodeContext, edgeContext };
  const isInside = (node: number, loop: number): boolean =>
    loop === -1 || (place[node]! >= loops[loop]!.first && place[node]! <= loops[loop]!.last);

  /** The lowest common context of the sources of a node's forward edges that lie in `within` but not in `outside`. */
  function contextOfSources(node: number, within: number, outside: number, start: number): number {
    let context = start;
    for (const edge of into.of(node)) {
      const from = sources[edge]!;
      if (isBack[edge] === 1 || (from !== nodeCount && place[from] === -1) || !isInside(from, within)) continue;
      if (outside !== -1 && isInside(from, outside)) continue;
      context = context === -1 ? nodeContext[from]! : lowestCommonContext(contexts, context, nodeContext[from]!);
    }
    return context;
  }

  function contextOfLoop(loop: number): number {
    const { parent, first, last } = loops[loop]!;
    let context = -1;
    for (let at = first; at <= last; at++) context = contextOfSources(order[at]!, parent, loop, context);
    return context;
  }

  // In weak topological order all sources of a node, and all that enter a loop, come before it (N1, N2).
  let nextLoop = 0;
  order.forEach((node, at) => {
    while (nextLoop < loops.length && loops[nextLoop]!.first === at) {
      const parent = contextOfLoop(nextLoop);
      contexts.push({ parent, depth: contexts[parent]!.depth + 1, loop: nextLoop });
      nextLoop++;
    }
    const loop = loopOf[node]!;
    const isHead = loop !== -1 && loops[loop]!.head === node;
    nodeContext[node] = isHead ? loop + 1 : Math.max(ROOT_CONTEXT, contextOfSources(node, loop, -1, -1));
  });

  targets.forEach((to, edge) => {
    const source = nodeContext[sources[edge]!]!;
    if (to === TO_END) edgeContext[edge] = source;
    else if (isBack[edge] === 1) edgeContext[edge] = nodeContext[to]!;
    else edgeContext[edge] = lowestCommonContext(contexts, source, nodeContext[to]!);
  });
  return { contexts, nodeContext, edgeContext };
}

function lowestCommonContext(contexts: readonly Context[], a: number, b: number): number {
  while (a !== b) {
    if (contexts[a]!.depth >= contexts[b]!.depth) a = contexts[a]!.parent;
    else b = contexts[b]!.parent;
  }
  return a;
}
