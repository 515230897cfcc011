import type { StepFailure } from '@drawloom/core';
import type { CheckNames } from './check-names.js';
import type { EdgeError, FirstError } from './edge-error.js';
import type { IsPerItem } from './per-item.js';
import type { SchemaInputOf } from './check-schema.js';
import type { Received } from './sources.js';
import type { Accepts, InputOf, ReturnOf, StepKey } from './step-shape.js';

/** Whether the step that `onError` names takes the failure of this one. */
export type CheckErrorEdge<T, Name extends string, M, A, Schema, E> = [E] extends [never]
  ? unknown
  : FirstError<CheckNames<T, E>, CheckTakesFailure<T, Name, E, StepFailure<Arriving<T, M, A, Schema>>>>;

type CheckTakesFailure<T, Name extends string, E, Failure> =
  E extends StepKey<T>
    ? [Accepts<T[E], Failure>] extends [false]
      ? EdgeError<
          `'${E}' does not accept the failure of '${Name}': a step that onError names receives a StepFailure`,
          Failure,
          InputOf<T[E]>
        >
      : unknown
    : unknown;

/**
 * What the failed step had been given, as far as it is known: what it declares to take, since more than its `after` may
 * lead to it; else what its sources give.
 */
type Arriving<T, M, A, Schema> = [Schema] extends [never]
  ? unknown extends InputOf<M>
    ? [A] extends [never]
      ? // eslint-disable-next-line @typescript-eslint/no-explicit-any -- not known, so not judged
        any
      : Received<T, A>
    : PerItemOrOne<M, InputOf<M>>
  : PerItemOrOne<M, SchemaInputOf<Schema>>;

type PerItemOrOne<M, Input> = IsPerItem<ReturnOf<M>> extends true ? readonly Input[] : Input;
