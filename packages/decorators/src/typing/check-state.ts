import type { EdgeError, FirstError, IsAny, IsNever, OneMember } from './edge-error.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- `any` is a Map of anything, and what is not judged */
/** Whether a property can be state: its values are replaced, never changed in place, and its merge suits it. */
export type CheckState<T, Name, M> = Name extends keyof T
  ? FirstError<CheckReplaced<MutableIn<T[Name]>>, CheckMerge<T[Name], M>>
  : unknown; // A private property cannot be looked up.

type CheckReplaced<Kind> = [IsNever<Kind>] extends [false]
  ? EdgeError<`A state ${OneMember<Kind> & string} is replaced, never changed in place: declare it ${Declared<OneMember<Kind>>}`>
  : unknown;

type Declared<Kind> = Kind extends 'list' ? 'readonly' : `a Readonly${Kind & string}`;

/** What a value may be that can be changed in place. */
type MutableIn<V> =
  IsAny<V> extends true
    ? never
    : V extends unknown[]
      ? 'list'
      : V extends Map<any, any>
        ? 'Map'
        : V extends Set<any>
          ? 'Set'
          : never;

type CheckMerge<V, M> = 'last' extends M
  ? unknown
  : M extends 'append'
    ? [IsList<V>] extends [false]
      ? EdgeError<"merge: 'append' is for lists: this property does not hold one", V, readonly unknown[]>
      : unknown
    : M extends (...args: any) => unknown
      ? [Merges<V, M>] extends [false]
        ? EdgeError<
            'The merge function does not take and return what this property holds',
            M,
            (current: V, mine: V, base: V) => V
          >
        : unknown
      : unknown;

type IsList<V> = [V] extends [readonly unknown[]] ? true : false;

type Merges<V, M> = [M] extends [(current: V, mine: V, base: V) => V] ? true : false;
/* eslint-enable @typescript-eslint/no-explicit-any */
