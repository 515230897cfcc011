/** In place of a node: the edge is in no list. */
export const NO_NODE = -1;

/**
 * Edges by node, in declaration order, in two flat arrays: ten thousand lists of one edge each would cost more than
 * everything else that compiling does.
 */
export class EdgeLists {
  private constructor(
    /** Node → where its edges begin in `edges`. They end where those of the next node begin. */
    readonly starts: Int32Array,
    readonly edges: Int32Array,
  ) {}

  /** @param nodeOf - edge → node; an edge of a negative one is in no list */
  static group(nodeOf: Int32Array, nodeCount: number): EdgeLists {
    const starts = new Int32Array(nodeCount + 1);
    for (const node of nodeOf) if (node >= 0) starts[node + 1]!++;
    for (let node = 0; node < nodeCount; node++) starts[node + 1]! += starts[node]!;
    const edges = new Int32Array(starts[nodeCount]!);
    const next = starts.slice();
    for (let edge = 0; edge < nodeOf.length; edge++) {
      const node = nodeOf[edge]!;
      if (node >= 0) edges[next[node]!++] = edge;
    }
    return new EdgeLists(starts, edges);
  }

  /** A view of one list. Making it costs more than a look at the arrays. */
  of(node: number): Int32Array {
    return this.edges.subarray(this.starts[node], this.starts[node + 1]);
  }

  count(node: number): number {
    return this.starts[node + 1]! - this.starts[node]!;
  }
}
