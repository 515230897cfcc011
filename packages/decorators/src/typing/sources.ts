import type { Join } from '../decorators/joins.js';
import type { CallOf, OutputOf, StepKey } from './step-shape.js';

/** How a join waits; a plain name waits for the one. */
export type JoinName = 'all' | 'any' | 'one' | 'first';

/** What `after` takes: a step's name, names that are waited for together (the same as `allOf`), or a join. */
export type After = string | readonly string[] | Join<JoinName>;

/** The names in `after`. */
export type SourceOf<A> = A extends string
  ? A
  : A extends readonly (infer S extends string)[]
    ? S
    : A extends Join<JoinName, infer S>
      ? S
      : never;

/** The join in `after`; `'name'` for a plain name. */
export type JoinOf<A> = A extends string
  ? 'name'
  : A extends readonly string[]
    ? 'all'
    : A extends Join<infer Name>
      ? Name
      : never;

/* eslint-disable @typescript-eslint/no-explicit-any -- a name that is wrong has one sentence of its own, not two */
/** What a source delivers. */
export type Delivered<T, S> = S extends StepKey<T> ? ([CallOf<T[S]>] extends [never] ? any : OutputOf<T[S]>) : any;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** What a step receives from its sources, by its join. */
export type Received<T, A> =
  JoinOf<A> extends 'all'
    ? { [S in SourceOf<A>]: Delivered<T, S> }
    : JoinOf<A> extends 'any'
      ? { [S in SourceOf<A>]?: Delivered<T, S> }
      : Delivered<T, SourceOf<A>>;
