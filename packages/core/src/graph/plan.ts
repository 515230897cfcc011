import type { GraphDefinition, JoinMode } from './definition.js';
import type { EdgeLists } from './edge-lists.js';

/** What stands in `edgeTo` for END. */
export const TO_END = -1;

/** Entries of `Plan.skipTo` that are no edge. */
export const SKIP_ENDS = -1;
export const SKIP_SPREADS = -2;

/** A loop: a strongly connected component of the graph without the back edges of the loops around it. */
export interface Loop {
  /** Its context: an index into `Plan.contexts`. */
  readonly context: number;
  /** The node that every iteration begins with. */
  readonly head: number;
  /** Every node on its cycles, in declaration order. */
  readonly body: readonly number[];
  /** Edges from the body to the head, in the head's in-edge order. */
  readonly backEdges: readonly number[];
  /** Names of their sources, in the same order. */
  readonly backNames: readonly string[];
  /** Edges whose source runs in the loop and whose target is resolved outside it. */
  readonly leaving: readonly number[];
}

/** What a router chose: the keys that it returned, and the edges that they take. */
export interface RouteChoice {
  readonly router: number;
  readonly keys: readonly string[];
  readonly taken: readonly number[];
}

/** Where tags live: the root, or one loop nested in another context. */
export interface Context {
  /** The enclosing context; -1 for the root. */
  readonly parent: number;
  readonly depth: number;
  /** Index into `Plan.loops`; -1 for the root. */
  readonly loop: number;
}

/**
 * A compiled graph: flat arrays by node and edge index, shared by all runs and never changed. Node indexes are
 * declaration order; the index `nodeCount` stands for START as a source. Compiling is linear but for a logarithmic
 * factor in one step (skip shortcuts).
 */
export interface Plan {
  readonly definition: GraphDefinition;
  readonly nodeCount: number;
  readonly names: readonly string[];
  /** Node → 1 where it is a router. */
  readonly isRouter: Uint8Array;
  /** Node → 1 where routes lead on from it, so that it passes on what it received: a router, or a wait with routes. */
  readonly passesOn: Uint8Array;
  readonly joins: readonly JoinMode[];
  /** The nodes that are declared as the output. */
  readonly outputs: readonly number[];
  /** Node → 1 where it is given the run's input; undefined where none is. */
  readonly takesRunInput: Uint8Array | undefined;

  /** Edge → source node (`nodeCount` for START). Parallel routes of one router to one target are one edge. */
  readonly edgeFrom: Int32Array;
  /** Edge → target node, or `TO_END`. */
  readonly edgeTo: Int32Array;
  /** Edge → its position among the target's in-edges, in declaration order. */
  readonly edgePosition: Int32Array;
  /** Edge → the context in which it is resolved: the lowest common one of its ends (back edge: its loop's). */
  readonly edgeContext: Int32Array;
  /** Edge → 1 where source, target and edge share one context and it is no back edge: nothing to cross. */
  readonly edgeIsPlain: Uint8Array;
  /** Edge → 1 where it is a back edge. */
  readonly edgeIsBack: Uint8Array;

  /** Node (START included) → out-edges but for the error edge, in declaration order. */
  readonly out: EdgeLists;
  /**
   * Node → the node that follows it where nothing has to be decided: one plain out-edge to a direct target, no error
   * edge. -1 otherwise. The straight stretches of a graph are most of it, and cost the least.
   */
  readonly straightTo: Int32Array;
  /** Node → its error edge, or -1. */
  readonly errorEdge: Int32Array;
  /** Node → in-edges but for back edges, in declaration order. */
  readonly entries: EdgeLists;
  /** Node → 1 where its only forward in-edge hands over the bare value, so that no join state is needed. */
  readonly isDirect: Uint8Array;
  /** Node → names of its in-edges' sources by position: the keys of `all` and `any`. */
  readonly sourceNames: readonly (readonly string[])[];
  /** Node that passes on → route key → the choice of that key alone, ready-made: nearly every choice is one. */
  readonly routes: readonly (ReadonlyMap<string, RouteChoice> | undefined)[];
  /** Node that passes on → the edge of its default, or -1. */
  readonly defaultRoute: Int32Array;

  /** Node → its context. */
  readonly nodeContext: Int32Array;
  readonly contexts: readonly Context[];
  readonly loops: readonly Loop[];
  /** Node → slot of its join state within a scope of its context. */
  readonly joinSlot: Int32Array;
  /** Context → number of join slots. */
  readonly slotCount: Int32Array;
  /**
   * Node → what a skip of it comes to: nothing (`SKIP_ENDS`), the skip of one edge (its index), or the skip of each
   * of its out-edges (`SKIP_SPREADS`).
   */
  readonly skipTo: Int32Array;
  /** Node with `cancelOthers` → nodes whose every path leads to it. */
  readonly losers: ReadonlyMap<number, ReadonlySet<number>>;
}
