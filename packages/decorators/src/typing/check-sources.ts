import type { CheckNames } from './check-names.js';
import type { EdgeError, FirstError, OneMember } from './edge-error.js';
import type { IsPerItem } from './per-item.js';
import type { AcceptedBySchema, SchemaInputOf } from './check-schema.js';
import type { Delivered, JoinOf, Received, SourceOf } from './sources.js';
import type { Accepts, InputOf, ReturnOf } from './step-shape.js';

/** Whether a step can take what its sources give. With a schema it is the schema that takes it. */
export type CheckSources<T, Name extends string, M, A, Schema> = [A] extends [never]
  ? unknown
  : string extends SourceOf<A>
    ? unknown // Names that are known at run time only are checked at start-up.
    : FirstError<
        CheckNames<T, SourceOf<A>>,
        [Takes<M, Schema, Received<T, A>>] extends [false] ? Refused<T, Name, M, A, Schema> : unknown
      >;

/** Whether a step, or its schema, can be given a value. */
export type Takes<M, Schema, V> = [Schema] extends [never] ? Accepts<M, V> : AcceptedBySchema<M, Schema, V>;

type Refused<T, Name extends string, M, A, Schema> =
  JoinOf<A> extends 'all' | 'any'
    ? RefusedTogether<T, Name, M, A, Schema>
    : RefusedAlone<T, Name, M, OneMember<Culprit<T, M, Schema, SourceOf<A>>>, Schema>;

/** Of several sources whose bare values arrive, those that do not fit. */
type Culprit<T, M, Schema, S> = S extends string
  ? [Takes<M, Schema, Delivered<T, S>>] extends [false]
    ? S
    : never
  : never;

type RefusedAlone<T, Name extends string, M, S, Schema> = [Schema] extends [never]
  ? IsPerItem<ReturnOf<M>> extends true
    ? [Delivered<T, S>] extends [readonly unknown[]]
      ? EdgeError<
          `'${Name}' does not accept the items of the list that '${S & string}' gives`,
          Delivered<T, S>,
          InputOf<M>
        >
      : EdgeError<
          `'${Name}' runs once per item, but '${S & string}' does not give a list`,
          Delivered<T, S>,
          readonly InputOf<M>[]
        >
    : EdgeError<`'${Name}' does not accept what '${S & string}' gives`, Delivered<T, S>, InputOf<M>>
  : EdgeError<
      `What '${S & string}' gives does not fit the input schema of '${Name}'`,
      Delivered<T, S>,
      SchemaInputOf<Schema>
    >;

type RefusedTogether<T, Name extends string, M, A, Schema> =
  IsPerItem<ReturnOf<M>> extends true
    ? EdgeError<
        `'${Name}' runs once per item, but ${JoinOf<A> & string}Of gives an object`,
        Received<T, A>,
        readonly InputOf<M>[]
      >
    : [Schema] extends [never]
      ? [NamedCulprit<T, A, InputOf<M>>] extends [never]
        ? JoinOf<A> extends 'any'
          ? EdgeError<
              `'${Name}' does not accept what anyOf gives: an object in which results may be missing`,
              Received<T, A>,
              InputOf<M>
            >
          : EdgeError<
              `'${Name}' does not accept what allOf gives: an object with a result for each source`,
              Received<T, A>,
              InputOf<M>
            >
        : RefusedNamed<T, Name, OneMember<NamedCulprit<T, A, InputOf<M>>>, InputOf<M>>
      : EdgeError<
          `What ${JoinOf<A> & string}Of gives does not fit the input schema of '${Name}'`,
          Received<T, A>,
          SchemaInputOf<Schema>
        >;

/** Of several sources that arrive by name, those whose place in the step's input does not accept them. */
type NamedCulprit<T, A, Input> = {
  [S in SourceOf<A>]: S extends keyof Input ? ([Delivered<T, S>] extends [Input[S]] ? never : S) : never;
}[SourceOf<A>];

type RefusedNamed<T, Name extends string, S, Input> = S extends keyof Input
  ? EdgeError<`'${Name}' does not accept what '${S & string}' gives`, Delivered<T, S>, Input[S]>
  : never;
