import type { Duration, SignalPolicy } from '@drawloom/core';
import type { SchemaSource } from '../schema/input-schema.js';
import type { CheckIsMethod, CheckRuns, Descriptor, InWorkflow } from '../typing/check-member.js';
import type { CheckReached } from '../typing/check-reached.js';
import type { CheckBrings, CheckWaitRoutes, OutcomeRoutes } from '../typing/check-waits.js';
import type { FirstError } from '../typing/edge-error.js';
import type { After } from '../typing/sources.js';
import { mark } from './mark.js';
import type { AfterOption } from './step-options.js';

/** How a wait is reached, what for, and where each outcome leads. */
export interface WaitForOptions<
  A extends After = After,
  P extends SchemaSource = SchemaSource,
  E extends string = string,
  R extends OutcomeRoutes = OutcomeRoutes,
  X extends Duration = Duration,
>
  extends AfterOption<A>, Omit<SignalPolicy, 'expiresAfter'> {
  /**
   * Checks what comes with the signal before it is taken: a class-validator class, or a schema of any library that follows
   * Standard Schema. A payload that does not fit is refused, and the wait stays open. @defaultValue no check
   */
  readonly payload?: P | undefined;
  /** After which the wait is over without it. More than 0. @defaultValue none */
  readonly expiresAfter?: X | undefined;
  /** The step that takes over when the wait expires and there are no routes. @defaultValue the run fails */
  readonly onError?: E | undefined;
  /**
   * Where each outcome leads: `received`, and with `expiresAfter` also `expired`. The steps that they lead to are given the wait's own input;
   * `context.decision(name)` gives the payload. @defaultValue none: the step's output is the payload
   */
  readonly routes?: R | undefined;
}

/**
 * Waits for a signal from outside: a payment, a webhook, another system. The run is suspended until `signals.send(…)`
 * brings it. It needs a journal. The method is called when the wait begins, for what there is to do then; what it returns
 * is nothing but a type: {@link Later} says what later steps receive.
 *
 * Not for people who decide (`@Approval`), nor for a time (`@Delay`).
 *
 * @example
 * class Order extends WorkflowBase<string, number> {
 *   \@Start() \@WaitFor({ signal: 'paid', payload: z.number() }) payment(): Later<number> {}
 *   \@End({ after: 'payment' }) book(cents: number): number { return cents; }
 * }
 */
export function WaitFor<
  const A extends After = never,
  const P extends SchemaSource = never,
  const E extends string = never,
  const R extends OutcomeRoutes = never,
  const X extends Duration = never,
>(options: WaitForOptions<A, P, E, R, X> = {}): WaitForDecorator<A, P, E, R, X> {
  return mark('WaitFor', options);
}

/** What `@WaitFor` accepts. A wrong edge is reported at the decorator, as one sentence. */
export interface WaitForDecorator<A, P, E, R, X> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'WaitFor', CheckWaitFor<T, Name, M, A, P, E, R, X>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckWaitFor<T, Name extends string, M, A, P, E, R, X> = FirstError<
  FirstError<CheckIsMethod<'WaitFor', M>, FirstError<CheckRuns<'WaitFor', M, M>, CheckBrings<Name, M, P>>>,
  FirstError<CheckReached<T, Name, M, A, never, E>, CheckWaitRoutes<T, M, A, never, R, 'wait', X>>
>;
