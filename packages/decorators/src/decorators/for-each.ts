import type { MapPolicy } from '@drawloom/core';
import type { SchemaSource } from '../schema/input-schema.js';
import type { CheckPerItem, CheckRuns, Descriptor, InWorkflow, MemberOf } from '../typing/check-member.js';
import type { CheckReached } from '../typing/check-reached.js';
import type { FirstError } from '../typing/edge-error.js';
import type { After } from '../typing/sources.js';
import { mark } from './mark.js';
import type { AfterOption, NodeOptions } from './step-options.js';

/** How a list arrives, and how the method is called for its items; `input`, `retry` and `timeout` hold for each item. */
export interface ForEachOptions<
  A extends After = After,
  S extends SchemaSource = SchemaSource,
  E extends string = string,
  Settled extends boolean = boolean,
>
  extends NodeOptions<S, E>, AfterOption<A>, Pick<MapPolicy, 'concurrency'> {
  /**
   * Gives an outcome for each item (core's `Settled`) instead of failing with the first item that fails. The method then
   * returns `PerItem<…, 'settled'>`. @defaultValue `false`
   */
  readonly settled?: Settled | undefined;
}

/**
 * Runs the method once for each item of the list that arrives, several at a time. Later steps receive the results as a
 * list, in the order of the items; an empty list gives an empty list.
 *
 * The method declares that it returns {@link PerItem}: by that later steps know of the list. It returns a plain value all
 * the same. A property may hold the agent or workflow that is called for each item: it is declared as a
 * `RunnableStep<In, PerItem<Out>>`. May stand beside `@Start` (the input of the run is the list) and `@End` (the output is).
 *
 * Not for a fixed set of different steps: give those the same `after`, and join them with `allOf`. Not for a list that one
 * call handles at once: that is a `@Step`.
 *
 * @example
 * class Digest extends WorkflowBase<string[], string> {
 *   \@Start() \@ForEach({ concurrency: 4, retry: { maximumAttempts: 2 } })
 *   async summarize(article: string): Promise<PerItem<string>> { return article.slice(0, 100); }
 *   \@End({ after: 'summarize' }) join(summaries: string[]): string { return summaries.join('\n'); }
 * }
 */
export function ForEach<
  const A extends After = never,
  const S extends SchemaSource = never,
  const E extends string = never,
  const Settled extends boolean = false,
>(options?: ForEachOptions<A, S, E, Settled>): ForEachDecorator<A, S, E, Settled> {
  return mark('ForEach', options);
}

/** What `@ForEach` accepts. A wrong edge is reported at the decorator, as one sentence. */
export interface ForEachDecorator<A, S, E, Settled extends boolean> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'ForEach', CheckForEach<T, Name, MemberOf<T, Name, M>, M, A, S, E, Settled>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckForEach<T, Name extends string, M, Described, A, S, E, Settled extends boolean> = FirstError<
  FirstError<CheckRuns<'ForEach', M, Described>, CheckPerItem<M, Settled>>,
  CheckReached<T, Name, M, A, S, E>
>;
