import { type GraphDefinition, isEnd, isStart } from './definition.js';
import { TO_END } from './plan.js';

/** One edge by node index; the routes of one router to one target are one edge. */
export interface IndexedEdge {
  /** `nodeCount` for START. */
  readonly from: number;
  /** `TO_END` for END. */
  readonly to: number;
  readonly isError: boolean;
  readonly keys: string[];
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
  const out: number[][] = Array.from({ length: nodeCount + 1 }, () => []);
  const into: number[][] = Array.from({ length: nodeCount }, () => []);
  const byEnds = new Map<number, IndexedEdge>();

  for (const edge of definition.edges) {
    const from = isStart(edge.from) ? nodeCount : indexOf.get(edge.from);
    const to = isEnd(edge.to) ? TO_END : indexOf.get(edge.to);
    if (from === undefined || to === undefined) continue;
    const isError = edge.kind === 'error';
    const ends = ((from + 1) * (nodeCount + 2) + (to + 1)) * 2 + (isError ? 1 : 0);
    let indexed = byEnds.get(ends);
    if (indexed === undefined) {
      indexed = { from, to, isError, keys: [], isDefault: false };
      byEnds.set(ends, indexed);
      out[from]!.push(edges.length);
      if (to !== TO_END) into[to]!.push(edges.length);
      edges.push(indexed);
    }
    if (edge.kind === 'route') indexed.keys.push(edge.key);
    if (edge.kind === 'default') indexed.isDefault = true;
  }
  return { definition, nodeCount, indexOf, edges, out, into };
}
