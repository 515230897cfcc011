/**
 * Job. Finds the loops of a graph and how they nest: Bourdoncle's weak topological order ("Efficient chaotic iteration
 * strategies with widenings", 1993), by Tarjan's components, repeated inside each one without its back edges.
 *
 * Invariants.
 * N1. Every edge but a back edge leads forward in `order`; so all edges but the back edges form an acyclic graph.
 * N2. The body of a loop is one unbroken stretch of `order`, its head first.
 * N3. A back edge leads from a loop's body to its head. Irreducible loops too have one head: the first node reached.
 */
import type { IndexedGraph } from './index-graph.js';
import { TO_END } from './plan.js';

/** A loop by its stretch of `LoopNesting.order`. */
export interface NestedLoop {
  readonly head: number;
  /** The loop around it, as an index into `loops`, or -1. */
  readonly parent: number;
  /** First and last place in `order`, both included. */
  readonly first: number;
  last: number;
}

export interface LoopNesting {
  /** Nodes that START reaches, in weak topological order. */
  readonly order: readonly number[];
  /** Node → place in `order`; -1 for START and for what is not reached. */
  readonly place: Int32Array;
  /** Outer loops before inner ones. */
  readonly loops: readonly NestedLoop[];
  /** Node → its innermost loop, or -1. */
  readonly loopOf: Int32Array;
  readonly isBack: Uint8Array;
}

export function nestLoops(graph: IndexedGraph): LoopNesting {
  const { nodeCount, edges, out } = graph;
  const isBack = new Uint8Array(edges.length);
  const loopOf = new Int32Array(nodeCount + 1).fill(-1);
  const place = new Int32Array(nodeCount + 1).fill(-1);
  const order: number[] = [];
  const loops: NestedLoop[] = [];
  const index = new Int32Array(nodeCount + 1);
  const low = new Int32Array(nodeCount + 1);
  const onStack = new Uint8Array(nodeCount + 1);
  const cursor = new Int32Array(nodeCount + 1);

  /** The components of a region that are reachable from `root`, in topological order, each with its first node first. */
  function components(root: number, region: number): number[][] {
    const found: number[][] = [];
    const stack: number[] = [];
    const path = [root];
    let counter = 0;
    const open = (node: number): void => {
      index[node] = low[node] = ++counter;
      cursor[node] = 0;
      onStack[node] = 1;
      stack.push(node);
    };
    open(root);
    while (path.length > 0) {
      const node = path[path.length - 1]!;
      const next = out[node]![cursor[node]!++];
      if (next !== undefined) {
        const to = edges[next]!.to;
        if (to === TO_END || isBack[next] === 1 || loopOf[to] !== region) continue;
        if (index[to] === 0) {
          open(to);
          path.push(to);
        } else if (onStack[to] === 1) {
          low[node] = Math.min(low[node]!, index[to]!);
        }
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent]!, low[node]!);
      if (low[node] !== index[node]) continue;
      const members = stack.splice(stack.lastIndexOf(node));
      for (const member of members) onStack[member] = 0;
      found.push(members);
    }
    return found.reverse();
  }

  function visit(root: number, region: number): void {
    for (const members of components(root, region)) {
      const head = members[0]!;
      const inside = members.length > 1 || out[head]!.some((edge) => edges[edge]!.to === head && isBack[edge] === 0);
      if (inside) nest(head, members, region);
      else if (head !== nodeCount) append(head);
    }
  }

  function append(node: number): void {
    place[node] = order.length;
    order.push(node);
  }

  function nest(head: number, members: readonly number[], region: number): void {
    const loop = loops.length;
    const record: NestedLoop = { head, parent: region, first: order.length, last: 0 };
    loops.push(record);
    for (const member of members) {
      loopOf[member] = loop;
      index[member] = 0;
    }
    for (const member of members) {
      for (const edge of out[member]!) if (edges[edge]!.to === head) isBack[edge] = 1;
    }
    visit(head, loop);
    record.last = order.length - 1;
  }

  visit(nodeCount, -1);
  return { order, place, loops, loopOf, isBack };
}
