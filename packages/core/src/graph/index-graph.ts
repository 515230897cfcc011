import {
  type EdgeDefinition,
  type GraphDefinition,
  isEnd,
  isStart,
  isWaiting,
  type NodeDefinition,
} from './definition.js';
import { EdgeLists } from './edge-lists.js';
import { TO_END } from './plan.js';

/** A definition with its names replaced by indexes; edges whose ends do not exist are left out. */
export interface IndexedGraph {
  readonly definition: GraphDefinition;
  readonly nodeCount: number;
  /** Name → node; the first one where several have the name. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly routers: readonly number[];
  /** Nodes of which it was said how they wait. */
  readonly joins: readonly number[];
  /** Edge → source; `nodeCount` for START. The routes of one router to one target are one edge. */
  readonly from: Int32Array;
  /** Edge → target; `TO_END` for END. */
  readonly to: Int32Array;
  /** Edge → 1 where it is an error edge. */
  readonly isError: Uint8Array;
  /** Route → the keys that take it. */
  readonly keys: ReadonlyMap<number, readonly string[]>;
  /** Router → its default route. */
  readonly defaults: ReadonlyMap<number, number>;
  /** Node (START included) → out-edges, error edges too. */
  readonly out: EdgeLists;
  readonly into: EdgeLists;
  /** What has to be looked at: edges without an end, from START to END, and plain ones from what may have routes. */
  readonly doubtful: readonly EdgeDefinition[];
}

/** Whether routes lead on from a node, and not plain edges. */
export function hasRoutes({ out, keys, defaults }: IndexedGraph, node: number): boolean {
  return defaults.has(node) || Array.from(out.of(node)).some((edge) => keys.has(edge));
}

/** Numbers nodes and edges in declaration order. Plain edges that are declared twice count once. */
export function indexGraph(definition: GraphDefinition): IndexedGraph {
  const { nodes, edges } = definition;
  const nodeCount = nodes.length;
  const { indexOf, routers, joins } = indexNodes(definition);
  const from = new Int32Array(edges.length);
  const to = new Int32Array(edges.length);
  const isError = new Uint8Array(edges.length);
  const keys = new Map<number, string[]>();
  const defaults = new Map<number, number>();
  const doubtful: EdgeDefinition[] = [];
  /** Source → its first edge, or -1. Most have no other, so that nothing has to be kept by the ends of edges. */
  const firstOf = new Int32Array(nodeCount + 1).fill(-1);
  const byEnds = new Map<number, number>();
  let count = 0;

  for (const defined of edges) {
    const { kind } = defined;
    const source = typeof defined.from === 'string' ? indexOf.get(defined.from) : sentinel(defined.from, nodeCount);
    const target = typeof defined.to === 'string' ? indexOf.get(defined.to) : sentinel(defined.to, nodeCount);
    if (source === undefined || source === TO_END || target === undefined || target === nodeCount) {
      doubtful.push(defined);
      continue;
    }
    if (kind === 'plain' && (source === nodeCount ? target === TO_END : maySplit(nodes[source]!))) {
      doubtful.push(defined);
    }
    let edge = count;
    if (firstOf[source] === -1) {
      firstOf[source] = edge;
    } else {
      const ends = (source * (nodeCount + 1) + target + 1) * 2 + (kind === 'error' ? 1 : 0);
      const first = firstOf[source]!;
      if (to[first] === target && isError[first] === (kind === 'error' ? 1 : 0)) edge = first;
      else edge = byEnds.get(ends) ?? edge;
      if (edge === count) byEnds.set(ends, edge);
    }
    if (edge === count) {
      count++;
      from[edge] = source;
      to[edge] = target;
      if (kind === 'error') isError[edge] = 1;
    }
    if (kind === 'default' && !defaults.has(source)) defaults.set(source, edge);
    if (kind === 'route') addTo(keys, edge, defined.key);
  }
  return {
    definition,
    nodeCount,
    indexOf,
    routers,
    joins,
    from: from.subarray(0, count),
    to: to.subarray(0, count),
    isError: isError.subarray(0, count),
    keys,
    defaults,
    out: EdgeLists.group(from.subarray(0, count), nodeCount + 1),
    into: EdgeLists.group(to.subarray(0, count), nodeCount),
    doubtful,
  };
}

/** Whether routes may lead on from it, with which plain edges cannot stand. */
function maySplit({ kind }: NodeDefinition): boolean {
  return kind === 'router' || isWaiting(kind);
}

function sentinel(end: unknown, start: number): number | undefined {
  if (isStart(end)) return start;
  return isEnd(end) ? TO_END : undefined;
}

function addTo(keys: Map<number, string[]>, edge: number, key: string): void {
  const known = keys.get(edge);
  if (known === undefined) keys.set(edge, [key]);
  else known.push(key);
}

function indexNodes({ nodes }: GraphDefinition): Pick<IndexedGraph, 'indexOf' | 'routers' | 'joins'> {
  const indexOf = new Map<string, number>();
  const routers: number[] = [];
  const joins: number[] = [];
  for (let node = 0; node < nodes.length; node++) {
    const { name, kind, join, cancelOthers } = nodes[node]!;
    indexOf.set(name, node);
    if (kind === 'router') routers.push(node);
    if (join !== undefined || cancelOthers === true) joins.push(node);
  }
  if (indexOf.size < nodes.length) {
    // Where a name was given twice, the first node has it.
    for (let node = nodes.length - 1; node >= 0; node--) indexOf.set(nodes[node]!.name, node);
  }
  return { indexOf, routers, joins };
}
