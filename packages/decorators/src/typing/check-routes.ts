import type { End } from '@drawloom/core';
import type { CheckNames } from './check-names.js';
import type { SchemaOutputOf } from './check-schema.js';
import type { EdgeError, FirstError, IsAny, IsNever, OneMember } from './edge-error.js';
import type { Received } from './sources.js';
import type { Accepts, InputOf, ReturnOf, StepKey } from './step-shape.js';

/** Where each key leads. */
export type Routes = Readonly<Record<string, string | End>>;

/** Whether every key has a route, every route a key, and every target takes what the router passes on. */
export type CheckRoutes<T, M, A, Schema, R, D> = string extends keyof R
  ? unknown // Routes that are not known to the compiler are checked at start-up.
  : FirstError<
      CheckKeys<KeyOf<ReturnOf<M>>, RouteText<R>, D>,
      FirstError<CheckNames<T, TargetOf<R, D>>, CheckTargets<T, TargetOf<R, D>, PassedOn<T, M, A, Schema>, 'router'>>
    >;

type TargetOf<R, D> = Extract<R[keyof R] | D, string>;

/** One sentence at a time: without real keys nothing can be said of routes, without all routes nothing of superfluous ones. */
type CheckKeys<Key, Routed extends string, D> = [IsNever<Extract<Key, NotAKey>>] extends [false]
  ? EdgeError<'A router returns the key of a route, or a list of keys', Key>
  : [IsNever<Unhandled<Key, Routed, D>>] extends [false]
    ? EdgeError<UnhandledSentence<OneMember<Unhandled<Key, Routed, D>>>, Key, Routed>
    : [IsNever<NeverTaken<Key, Routed>>] extends [false]
      ? EdgeError<
          `Route '${OneMember<NeverTaken<Key, Routed>>}' can never be taken: the router does not return it`,
          Routed,
          Key
        >
      : unknown;

type Unhandled<Key, Routed, D> = [D] extends [never] ? Exclude<Key, Routed> : never;

/** A router that never returns is not judged. */
type NeverTaken<Key, Routed extends string> = [Key] extends [never] ? never : Exclude<Routed, Key>;

type UnhandledSentence<Key> = [Key] extends [null]
  ? 'The router may return null or undefined, which takes no route, so it needs a default'
  : string extends Key
    ? 'The router may return any text, so it needs a default'
    : `${number}` extends Key
      ? 'The router may return any number, so it needs a default'
      : `The router may return '${Key & string}', but no route handles it`;

declare const notAKey: unique symbol;
interface NotAKey {
  readonly [notAKey]: true;
}

/** Keys as they are compared: as text. `null` stands for what takes no route; `never` where nothing is known. */
type KeyOf<Returned> =
  IsAny<Returned> extends true ? never : KeyText<Returned extends readonly (infer Each)[] ? Each : Returned>;
type KeyText<Key> = unknown extends Key
  ? IsAny<Key> extends true
    ? never
    : NotAKey
  : Key extends string | number | bigint | boolean
    ? Key extends object // a branded text, of which no literal is one
      ? string
      : `${Key}`
    : Key extends null | undefined | void
      ? null
      : NotAKey;

type RouteText<R> = `${keyof R & (string | number)}`;

/** Whether every target takes what `Who` passes on. */
export type CheckTargets<T, Targets extends string, V, Who extends string> = [IsNever<Unfit<T, Targets, V>>] extends [
  false,
]
  ? UnfitTarget<T, OneMember<Unfit<T, Targets, V>>, V, Who>
  : unknown;

/** Targets that cannot take the value. */
type Unfit<T, Targets extends string, V> = {
  [S in Targets]: S extends StepKey<T> ? ([Accepts<T[S], V>] extends [false] ? S : never) : never;
}[Targets];

type UnfitTarget<T, S, V, Who extends string> =
  S extends StepKey<T>
    ? EdgeError<`Route target '${S}' does not accept what the ${Who} passes on, its own input`, V, InputOf<T[S]>>
    : never;

/**
 * What a router, or what waits, passes on: its own input, in the form that its schema gives it. Without a schema that is what its
 * method declares to take, since more than its `after` may lead to it. Where there is no parameter it is what its sources
 * give; without sources it is not known, so not judged.
 */
export type PassedOn<T, M, A, Schema> = [Schema] extends [never]
  ? unknown extends InputOf<M>
    ? SourcesOr<T, A, any> // eslint-disable-line @typescript-eslint/no-explicit-any -- not judged
    : InputOf<M>
  : SchemaOutputOf<Schema>;

type SourcesOr<T, A, Otherwise> = [A] extends [never] ? Otherwise : Received<T, A>;
