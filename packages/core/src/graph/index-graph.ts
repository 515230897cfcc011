import { type GraphDefinition, isEnd, isStart } from './definition.js';
import { TO_END } from './plan.js';

/** One edge by node index; the routes of one router to one target are one edge. */
export interface IndexedEdge {
  /** `nodeCount` for START. */
  readonly from: number;
  /** `TO_END` for END. */
  readonly to: number;
  readonly isError: boolean;
  keys: readonly string[];
  isDefault: boolean;
}

/** A definition with its names replaced by indexes; edges whose ends do not exist are left out. */
export interface IndexedGraph {
  readonly definition: GraphDefinition;
  readonly nodeCount: number;
  readonly indexOf: ReadonlyMap<string, number>;
  readonly edges: readonly IndexedEdge[];
  /** Node (START included) → out-edges, error edges too, in declaration order. */
  readonly out: readonly (readonly number[])[];
  /** Node → in-edges in declaration order. */
  readonly into: readonly (readonly number[])[];
}

/** Numbers nodes and edges in declaration order. Plain edges that are declared twice count once. */
export function indexGraph(definition: GraphDefinition): IndexedGraph {
  const nodeCount = definition.nodes.length;
  const indexOf = new Map<string, number>();
  definition.nodes.forEach((node, index) => indexOf.has(node.name) || indexOf.set(node.name, index));
  const edges: IndexedEdge[] = [];
  const byEnds = new Map<number, IndexedEdge>();

  for (const edge of definition.edges) {
    const from = isStart(edge.from) ? nodeCount : indexOf.get(edge.from);
    const to = isEnd(edge.to) ? TO_END : indexOf.get(edge.to);
    if (from === undefined || to === undefined) continue;
    const isError = edge.kind === 'error';
    const ends = ((from + 1) * (nodeCount + 2) + (to + 1)) * 2 + (isError ? 1 : 0);
    let indexed = byEnds.get(ends);
    if (indexed === undefined) {
      indexed = { from, to, isError, keys: NO_KEYS, isDefault: false };
      byEnds.set(ends, indexed);
      edges.push(indexed);
    }
    if (edge.kind === 'route') indexed.keys = [...indexed.keys, edge.key];
    if (edge.kind === 'default') indexed.isDefault = true;
  }
  const out = groupEdges(edges, nodeCount + 1, ({ from }) => from);
  const into = groupEdges(edges, nodeCount, ({ to }) => to);
  return { definition, nodeCount, indexOf, edges, out, into };
}

const NO_KEYS: readonly string[] = [];
const NO_EDGES: readonly number[] = [];

/**
 * Edges by node, in declaration order; what has no node is left out. The lists are made in their final size: ten
 * thousand lists that grow would cost more than everything else here.
 */
function groupEdges(
  edges: readonly IndexedEdge[],
  nodeCount: number,
  nodeOf: (edge: IndexedEdge) => number,
): (readonly number[])[] {
  const sizes = new Int32Array(nodeCount);
  for (const edge of edges) if (nodeOf(edge) !== TO_END) sizes[nodeOf(edge)]!++;
  const groups: number[][] = new Array<number[]>(nodeCount);
  for (let node = 0; node < nodeCount; node++) {
    groups[node] = sizes[node] === 0 ? (NO_EDGES as number[]) : new Array<number>(sizes[node]!);
  }
  for (let edge = edges.length - 1; edge >= 0; edge--) {
    const node = nodeOf(edges[edge]!);
    if (node !== TO_END) groups[node]![--sizes[node]!] = edge;
  }
  return groups;
}
