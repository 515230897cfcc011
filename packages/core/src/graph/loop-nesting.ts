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
  const { nodeCount, to: targets } = graph;
  const { starts, edges: out } = graph.out;
  const isBack = new Uint8Array(targets.length);
  const loopOf = new Int32Array(nodeCount + 1).fill(-1);
  const place = new Int32Array(nodeCount + 1).fill(-1);
  const loops: NestedLoop[] = [];
  const ordered = orderWithoutLoops(graph);
  if (ordered !== undefined) {
    for (let at = 0; at < ordered.length; at++) place[ordered[at]!] = at;
    return { order: ordered, place, loops, loopOf, isBack };
  }
  const order: number[] = [];
  const index = new Int32Array(nodeCount + 1);
  const low = new Int32Array(nodeCount + 1);
  const onStack = new Uint8Array(nodeCount + 1);
  const cursor = new Int32Array(nodeCount + 1);
  /** First node of a component → how many nodes it has. */
  const size = new Int32Array(nodeCount + 1);

  /**
   * The components of a region that are reachable from `root`, one after the other in one list, which is to be read from
   * its end: so read they are in topological order, each with its first node first.
   */
  function components(root: number, region: number): number[] {
    const found: number[] = [];
    const stack = [root];
    const path = [root];
    let counter = 1;
    index[root] = low[root] = counter;
    cursor[root] = starts[root]!;
    onStack[root] = 1;
    for (let node = root; ;) {
      if (cursor[node]! < starts[node + 1]!) {
        const edge = out[cursor[node]!++]!;
        const to = targets[edge]!;
        if (to === TO_END || isBack[edge] === 1 || loopOf[to] !== region) continue;
        if (index[to] === 0) {
          index[to] = low[to] = ++counter;
          cursor[to] = starts[to]!;
          onStack[to] = 1;
          stack.push(to);
          path.push(to);
          node = to;
        } else if (onStack[to] === 1 && index[to]! < low[node]!) {
          low[node] = index[to]!;
        }
        continue;
      }
      if (low[node] === index[node]) {
        let members = 0;
        for (let member = -1; member !== node; members++) {
          member = stack.pop()!;
          onStack[member] = 0;
          found.push(member);
        }
        size[node] = members;
      }
      path.pop();
      if (path.length === 0) return found;
      const parent = path[path.length - 1]!;
      if (low[node]! < low[parent]!) low[parent] = low[node]!;
      node = parent;
    }
  }

  function visit(root: number, region: number): void {
    const found = components(root, region);
    for (let at = found.length - 1; at >= 0;) {
      const head = found[at]!;
      const first = at;
      at -= size[head]!;
      if (first - at > 1 || leadsToItself(head)) nest(head, found.slice(at + 1, first + 1).reverse(), region);
      else if (head !== nodeCount) append(head);
    }
  }

  function leadsToItself(node: number): boolean {
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      if (targets[out[at]!] === node && isBack[out[at]!] === 0) return true;
    }
    return false;
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
      for (const edge of graph.out.of(member)) if (targets[edge] === head) isBack[edge] = 1;
    }
    visit(head, loop);
    record.last = order.length - 1;
  }

  visit(nodeCount, -1);
  return { order, place, loops, loopOf, isBack };
}

/**
 * Most graphs have no loop: a search that never meets a node on its own way ends the nodes in the reverse of the order
 * that the components would have. Undefined where there is a loop.
 */
function orderWithoutLoops({ nodeCount, to: targets, out }: IndexedGraph): number[] | undefined {
  const { starts, edges } = out;
  const NEW = 0;
  const ON_THE_WAY = 1;
  const ENDED = 2;
  const states = new Uint8Array(nodeCount + 1);
  const cursor = starts.slice();
  const ended: number[] = [];
  const path: number[] = [];
  states[nodeCount] = ON_THE_WAY;
  for (let node = nodeCount; ;) {
    const at = cursor[node]!;
    if (at < starts[node + 1]!) {
      cursor[node] = at + 1;
      const to = targets[edges[at]!]!;
      if (to === TO_END || states[to] === ENDED) continue;
      if (states[to] !== NEW) return undefined;
      states[to] = ON_THE_WAY;
      path.push(node);
      node = to;
    } else {
      states[node] = ENDED;
      if (path.length === 0) return ended.reverse(); // START itself is in no order
      ended.push(node);
      node = path.pop()!;
    }
  }
}
