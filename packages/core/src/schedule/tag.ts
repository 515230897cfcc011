import type { JoinState } from './join-state.js';

/**
 * The part of a tag that one context adds: an iteration of a loop, or the root. A scope holds what is waiting within
 * it and nothing of the iterations before it, so a long loop needs no more memory than a short one.
 */
export class Scope {
  /** Join states by slot, made when the first of their edges is resolved. */
  joins: (JoinState | undefined)[] | undefined;
  /** Loops that run within this scope, by context. */
  loops: Map<number, LoopInstance> | undefined;
  /** Nodes that can only lead to a `first` join which has fired and cancels the others: they do not start any more. */
  givenUp: Set<number> | undefined;
  /** What the back edges of this iteration bring; made when the first of them is resolved. */
  back: JoinState | undefined;

  constructor(
    readonly context: number,
    /** From 1; 0 for the root. */
    readonly iteration: number,
    /** The scope around it; undefined for the root. */
    readonly parent: Scope | undefined,
    /** The loop that it is an iteration of; undefined for the root. */
    readonly instance: LoopInstance | undefined,
    /** How many scopes from this one outwards are first iterations without a gap. */
    readonly firsts: number,
  ) {}
}

/** One execution of a loop, from its entry until it is over. */
export class LoopInstance {
  readonly first: Scope;
  iterations = 1;
  isOver = false;
  /** Edges that leave the loop: how often each was resolved so far, and what it carries. */
  readonly leaving = new Map<number, LeavingEdge>();

  constructor(
    readonly loop: number,
    readonly outer: Scope,
    context: number,
  ) {
    this.first = new Scope(context, 1, outer, this, outer.firsts + 1);
  }
}

/** An edge that leaves a loop carries the value of the last iteration that delivered on it. */
export interface LeavingEdge {
  resolved: number;
  /** 0 while nothing was delivered. */
  iteration: number;
  value: unknown;
  origin: number;
  madeIn: Scope;
}

/** The iteration numbers of a scope from the outermost loop inwards: the tag as semantics name it. */
export function tagOf(scope: Scope): number[] {
  const tag: number[] = [];
  for (let at: Scope | undefined = scope; at?.parent !== undefined; at = at.parent) tag.unshift(at.iteration);
  return tag;
}

/** Orders tags: iteration by iteration from the outside, the shorter one first. */
export function compareTags(a: Scope, b: Scope): number {
  if (a === b) return 0;
  if (a.parent === b.parent && a.parent !== undefined) return a.iteration - b.iteration;
  const left = tagOf(a);
  const right = tagOf(b);
  for (let at = 0; at < left.length && at < right.length; at++) {
    if (left[at] !== right[at]) return left[at]! - right[at]!;
  }
  return left.length - right.length;
}
