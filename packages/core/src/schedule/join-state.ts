import type { JoinMode } from '../graph/definition.js';
import type { Scope } from './tag.js';

/** What a join has received so far within one scope. */
export class JoinState {
  delivered = 0;
  isFired = false;
  /** Values by in-edge position; holes where nothing was delivered. */
  readonly values: unknown[];
  /** Who made them, in the same way; known of `all` joins only, since no other one lets a delivery end. */
  sources: MadeBy[] | undefined;

  /** In-edges that are not resolved yet. */
  waiting: number;

  constructor(
    /** In-edges that are resolved in this scope, one way or the other. */
    readonly expected: number,
  ) {
    this.waiting = expected;
    this.values = new Array<unknown>(expected);
  }

  receive(position: number, value: unknown): void {
    this.delivered++;
    this.values[position] = value;
  }
}

/** The node that made a value, and the scope in which it did. */
export interface MadeBy {
  readonly origin: number;
  readonly madeIn: Scope;
}

/** What `receive` gives where the join does not fire. */
export const NOTHING: unique symbol = Symbol('nothing');

/**
 * What a node is given by a join that is decided (all its edges are resolved), or `NOTHING` where it is skipped. That
 * `one` got exactly one is for the caller to check.
 */
export function joinedValue(mode: JoinMode, state: JoinState, names: readonly string[]): unknown {
  const { delivered, values } = state;
  if (delivered === 0 || (mode === 'all' && delivered < state.expected)) return NOTHING;
  if (mode === 'all' || mode === 'any') {
    const named: Record<string, unknown> = {};
    values.forEach((value, position) => (named[names[position]!] = value)); // forEach passes over the holes
    return named;
  }
  if (mode === 'auto' && delivered > 1 && delivered === values.length) return values;
  const present: unknown[] = [];
  values.forEach((value) => present.push(value));
  return mode === 'auto' && delivered > 1 ? present : present[0];
}
