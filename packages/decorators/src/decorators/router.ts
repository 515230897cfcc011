import type { End } from '@drawloom/core';
import type { SchemaSource } from '../schema/input-schema.js';
import type { CheckIsMethod, CheckReturnsOne, CheckRuns, Descriptor, InWorkflow } from '../typing/check-member.js';
import type { CheckRoutes, Routes } from '../typing/check-routes.js';
import type { CheckReached } from '../typing/check-reached.js';
import type { FirstError } from '../typing/edge-error.js';
import type { After } from '../typing/sources.js';
import { mark } from './mark.js';
import type { AfterOption } from './step-options.js';

/** Where a router's keys lead. */
export interface RouterOptions<
  A extends After = After,
  R extends Routes = Routes,
  D extends string | End = string | End,
  S extends SchemaSource = SchemaSource,
> extends AfterOption<A> {
  /** Key → the step that it leads to, or core's `END`. Keys are compared as text: `true` takes route `'true'`. */
  readonly routes: R;
  /** Where keys without a route lead, `null` and `undefined` among them. @defaultValue an error that names the key */
  readonly default?: D | undefined;
  /**
   * Checks what arrives before the router sees it: a class-validator class, or a schema of any library that follows
   * Standard Schema. Its routes lead on what arrived, as it arrived: to make something else of it, put a step before.
   * @defaultValue no check
   */
  readonly input?: S | undefined;
}

/**
 * Chooses where its input goes. The method returns the key of a route, or a list of keys for several routes at once; the
 * steps that they lead to are given the router's own input, not the key; with `input` in the form that the schema gave it.
 *
 * Keep it to choosing: what it computes is lost. Work belongs in a step before it. Steps cannot come `after` a router; they
 * are reached by its routes.
 *
 * Without a `default` every key that the method's return type allows needs a route, so declare that type as narrow as it
 * is: `'small' | 'large'`, not `string`.
 *
 * @example
 * class Triage extends WorkflowBase<string, string> {
 *   \@Start() \@Router({ routes: { bill: 'billing', fault: 'repair' }, default: END })
 *   topic(text: string): 'bill' | 'fault' | undefined {
 *     return text.includes('invoice') ? 'bill' : text.includes('broken') ? 'fault' : undefined;
 *   }
 *   \@End() billing(text: string): string { return `to billing: ${text}`; }
 *   \@End() repair(text: string): string { return `to repair: ${text}`; }
 * }
 */
export function Router<
  const A extends After = never,
  const R extends Routes = Routes,
  const D extends string | End = never,
  const S extends SchemaSource = never,
>(options: RouterOptions<A, R, D, S>): RouterDecorator<A, R, D, S> {
  return mark('Router', options);
}

/** What `@Router` accepts. A wrong edge is reported at the decorator, as one sentence. */
export interface RouterDecorator<A, R, D, S> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'Router', CheckRouter<T, Name, M, A, R, D, S>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckRouter<T, Name extends string, M, A, R, D, S> = FirstError<
  FirstError<CheckIsMethod<'Router', M>, FirstError<CheckRuns<'Router', M, M>, CheckReturnsOne<M>>>,
  FirstError<CheckReached<T, Name, M, A, S, never>, CheckRoutes<T, M, A, S, R, D>>
>;
