/**
 * Job. Says whether one activation is certain to have ended before another one began, whatever their timing: what is
 * not ordered by this runs in parallel branches.
 *
 * Invariants.
 * O1. The answer follows from the graph and the tags alone, never from what happened to end first.
 */
import { TO_END, type Plan } from './plan.js';

/** Where in a run an activation stands. */
export interface Place {
  /** Index into the plan. */
  readonly node: number;
  /** One iteration number per loop that the node runs in, from the outside. */
  readonly tag: readonly number[];
}

export class NodeOrder {
  readonly #plan: Plan;
  /** Innermost common context → node → what it leads to within one iteration of that context. */
  readonly #reached = new Map<number, Map<number, Uint8Array>>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  /** Whether `first` has ended before `second` begins; a `first` join, which does not wait for all its sources, aside. */
  isBefore(first: Place, second: Place): boolean {
    const ours = this.#contextsOf(first.node);
    const theirs = this.#contextsOf(second.node);
    let common = 0;
    for (let depth = 0; depth < ours.length && ours[depth] === theirs[depth]; depth++) {
      const [earlier, later] = [first.tag[depth]!, second.tag[depth]!];
      if (earlier !== later) return earlier < later; // an iteration begins when the one before is over
      common = ours[depth]!;
    }
    return this.#reachedFrom(first.node, common)[second.node] === 1;
  }

  /** The loops that a node runs in, from the outside, by context. */
  #contextsOf(node: number): number[] {
    const { contexts, nodeContext } = this.#plan;
    const around: number[] = [];
    for (let context = nodeContext[node]!; context !== 0; context = contexts[context]!.parent) around.unshift(context);
    return around;
  }

  #reachedFrom(node: number, common: number): Uint8Array {
    const known = this.#reached.get(common)?.get(node);
    if (known !== undefined) return known;
    const reached = this.#search(node, common);
    const byNode = this.#reached.get(common) ?? new Map<number, Uint8Array>();
    this.#reached.set(common, byNode.set(node, reached));
    return reached;
  }

  /** Everything that the node leads to without beginning another iteration of the common context or one around it. */
  #search(node: number, common: number): Uint8Array {
    const { contexts, edgeContext, edgeIsBack, edgeTo, errorEdge, nodeCount, out } = this.#plan;
    const reached = new Uint8Array(nodeCount);
    const open = [node];
    for (let from = open.pop(); from !== undefined; from = open.pop()) {
      const error = errorEdge[from]!;
      for (const edge of error === -1 ? out.of(from) : [...out.of(from), error]) {
        const to = edgeTo[edge]!;
        if (to === TO_END || reached[to] === 1) continue;
        if (edgeIsBack[edge] === 1 && contexts[edgeContext[edge]!]!.depth <= contexts[common]!.depth) continue;
        reached[to] = 1;
        open.push(to);
      }
    }
    return reached;
  }
}
