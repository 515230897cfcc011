import type { Settled } from '@drawloom/core';
import type { IsAny } from './edge-error.js';

declare const perItem: unique symbol;
interface ItemMark<List, Mode> {
  readonly [perItem]?: { readonly list: List; readonly mode: Mode };
}

/**
 * What a `@ForEach` method returns for one item. To the method, and to whoever calls it, it is just a `T`: nothing is
 * wrapped. To the compiler it says that later steps receive a `T[]`; with `'settled'`, a `Settled<T>[]`.
 *
 * (Why it is there: a decorator cannot add to the type of a class, so other steps see the method and not that it runs
 * once per item. Its return type is the one thing that they do see; named there once, every edge stays checked:
 * sources, joins, routes and the run's output, with nothing to write where the list is used.)
 *
 * @example
 * class Ranking extends WorkflowBase<string[], number> {
 *   \@Start() \@ForEach() score(text: string): PerItem<number> { return text.length; }
 *   \@End({ after: 'score' }) best(scores: number[]): number { return Math.max(...scores); }
 * }
 */
export type PerItem<T, Mode extends 'value' | 'settled' = 'value'> =
  | (T & ItemMark<Mode extends 'settled' ? Settled<T>[] : T[], Mode>)
  // Nothing can be added to these: `undefined & {}` is `never`.
  | (T & (null | undefined | void));

/** The mark on what a method returns (awaited); `never` without one. */
type MarkOf<Returned> =
  IsAny<Returned> extends true
    ? never
    : Returned extends unknown
      ? typeof perItem extends keyof Returned
        ? NonNullable<Returned[typeof perItem & keyof Returned]>
        : never
      : never;

/** Whether this is what a `@ForEach` method returns; what is `any` is not. */
export type IsPerItem<Returned> = [MarkOf<Returned>] extends [never] ? false : true;

/** `'value'` or `'settled'`. */
export type PerItemMode<Returned> = MarkOf<Returned> extends { readonly mode: infer Mode } ? Mode : never;

/** What later steps receive of a method that returns this. */
export type ListOrValue<Returned> = [MarkOf<Returned>] extends [never]
  ? Returned
  : MarkOf<Returned> extends { readonly list: infer List }
    ? List
    : never;
