/**
 * What a workflow says of its shape, as plain data: both front ends (builder and classes) write it, `compileGraph`
 * reads it. It holds no function: what a node *does* is kept beside it, by node name.
 */

declare const sentinel: unique symbol;
/**
 * The type of START. A unique symbol at run time; not `typeof START`, which the compiler would widen to `symbol` as
 * soon as it stands in somebody's object. Tell it from a name by `typeof name === 'string'`.
 */
export interface Start {
  readonly [sentinel]: 'START';
}
/** The type of END. */
export interface End {
  readonly [sentinel]: 'END';
}

// Registered symbols, so that a second installed copy of the package means the same by them.

/** Where every run begins: the source of the first edges. Never a string, so no node can be mistaken for it. */
export const START = Symbol.for('drawloom.START') as unknown as Start;
/** Where a branch ends. Never a string, so no node can be mistaken for it. */
export const END = Symbol.for('drawloom.END') as unknown as End;

/** Whether an edge begins at START, for the compiler too. */
export function isStart(from: unknown): from is Start {
  return from === START;
}

/** Whether an edge leads to END, for the compiler too. */
export function isEnd(to: unknown): to is End {
  return to === END;
}

/** How a node with several in-edges waits; see the table in ARCHITECTURE.md. */
export type JoinMode = 'auto' | 'all' | 'any' | 'one' | 'first';
export const JOIN_MODES: readonly JoinMode[] = ['auto', 'all', 'any', 'one', 'first'];

/**
 * `step`: one call. `map`: one call per item of a list. `router`: chooses among its out-edges. `approval`, `wait` and `delay`
 * suspend the run: until enough people have decided, a signal has come, a time has passed.
 */
export type NodeKind = 'step' | 'map' | 'router' | WaitingKind;

/** What suspends a run. */
export type WaitingKind = 'approval' | 'wait' | 'delay';

/** Whether a node of this kind suspends the run. */
export function isWaiting(kind: NodeKind): kind is WaitingKind {
  return kind === 'approval' || kind === 'wait' || kind === 'delay';
}

/** One vertex. */
export interface NodeDefinition {
  readonly name: string;
  readonly kind: NodeKind;
  /** @defaultValue `'auto'` */
  readonly join?: JoinMode;
  /** With `join: 'first'`: abort what could only have delivered to this join. @defaultValue `false` */
  readonly cancelOthers?: boolean;
  /** The run's output is what this node returns. @defaultValue `false` */
  readonly output?: boolean;
  /** The node is given the input of the run instead of what arrives. @defaultValue `false` */
  readonly takesRunInput?: boolean;
  /** Of a node that waits: what for, as JSON text, so that a change of it shows. */
  readonly terms?: string;
  /** Nodes that its terms name: they have to exist. */
  readonly refersTo?: readonly string[];
  /** Whether there is something that undoes it when the run fails. @defaultValue `false` */
  readonly compensated?: boolean;
  /** A router that the author did not name: it is shown as its source, and drawn as labelled edges from it. */
  readonly anonymousRouterOf?: string | Start;
  /** What a diagram marks: an agent, or a nested workflow (`nested` has its graph). */
  readonly shows?: 'agent' | 'workflow';
  /** The graph of a nested workflow; drawn as a subgraph. */
  readonly nested?: GraphDefinition;
}

/** One edge. A route's `key` is what the router returns to take it; the default route has `isDefault`. */
export type EdgeDefinition =
  | { readonly kind: 'plain'; readonly from: string | Start; readonly to: string | End }
  | { readonly kind: 'route'; readonly from: string; readonly to: string | End; readonly key: string }
  | { readonly kind: 'default'; readonly from: string; readonly to: string | End }
  /** Taken, with `{ error, input }`, when the source fails for good. At most one a node. */
  | { readonly kind: 'error'; readonly from: string; readonly to: string };

/** A whole graph, nodes and edges in the order of declaration. */
export interface GraphDefinition {
  readonly name: string;
  readonly version?: string;
  readonly nodes: readonly NodeDefinition[];
  readonly edges: readonly EdgeDefinition[];
}
