import type { ApprovalPolicy, Duration } from '@drawloom/core';
import type { SchemaSource } from '../schema/input-schema.js';
import type { CheckIsMethod, CheckRuns, Descriptor, InWorkflow } from '../typing/check-member.js';
import type { CheckNames } from '../typing/check-names.js';
import type { CheckReached } from '../typing/check-reached.js';
import type { CheckAsks, CheckWaitRoutes, NamesIn, OutcomeRoutes } from '../typing/check-waits.js';
import type { FirstError } from '../typing/edge-error.js';
import type { After } from '../typing/sources.js';
import { mark } from './mark.js';
import type { AfterOption, NodeOptions } from './step-options.js';

/** How an approval is reached, who decides, and where each outcome leads. */
export interface ApprovalOptions<
  A extends After = After,
  S extends SchemaSource = SchemaSource,
  E extends string = string,
  N extends readonly string[] = readonly string[],
  R extends OutcomeRoutes = OutcomeRoutes,
  X extends Duration = Duration,
>
  extends NodeOptions<S, E>, AfterOption<A>, Omit<ApprovalPolicy, 'notBy' | 'deadline'> {
  /** From then on nobody can decide any more: it is expired, which is never an approval. More than 0. @defaultValue none */
  readonly deadline?: X | undefined;
  /** Steps: whoever acted in one of them may not decide, nor stand in for somebody. @defaultValue none */
  readonly notBy?: N | undefined;
  /**
   * Where each outcome leads: `approved`, `rejected`, and with a `deadline` also `expired`. The steps that they lead to are given the
   * approval's own input; `context.decision(name)` gives what was decided. @defaultValue none: the step's output is the
   * decision, and an approval that expires fails
   */
  readonly routes?: R | undefined;
}

/**
 * Asks people. The method returns what is shown to them; the run is suspended, and goes on when as many as the policy says
 * have decided, days later and in another process if need be. It needs a journal.
 *
 * Without `routes` it is a step: what comes `after` it receives an `ApprovalDecision`, rejected ones too. With `routes` it
 * works like a router. Nobody decides by silence: at the deadline it is expired.
 *
 * Not for what a program decides (`@Router`), nor for what a model's tool may do (`approve` of an agent).
 *
 * @example
 * class Expense extends WorkflowBase<number, string> {
 *   \@Start() file(euros: number): number { return euros; }
 *   \@Approval({ after: 'file', groups: ['managers'], notBy: ['file'], deadline: '48h',
 *     routes: { approved: 'pay', rejected: 'refuse', expired: 'refuse' } })
 *   ask(euros: number): ApprovalRequest { return { title: `Pay ${euros} €?` }; }
 *   \@End() pay(euros: number): string { return `paid ${euros}`; }
 *   \@End() refuse(): string { return 'refused'; }
 * }
 */
export function Approval<
  const A extends After = never,
  const S extends SchemaSource = never,
  const E extends string = never,
  const N extends readonly string[] = never,
  const R extends OutcomeRoutes = never,
  const X extends Duration = never,
>(options: ApprovalOptions<A, S, E, N, R, X>): ApprovalDecorator<A, S, E, N, R, X> {
  return mark('Approval', options);
}

/** What `@Approval` accepts. A wrong edge is reported at the decorator, as one sentence. */
export interface ApprovalDecorator<A, S, E, N, R, X> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'Approval', CheckApproval<T, Name, M, A, S, E, N, R, X>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckApproval<T, Name extends string, M, A, S, E, N, R, X> = FirstError<
  FirstError<CheckIsMethod<'Approval', M>, FirstError<CheckRuns<'Approval', M, M>, CheckAsks<M>>>,
  FirstError<
    CheckReached<T, Name, M, A, S, E>,
    FirstError<CheckNames<T, NamesIn<N>>, CheckWaitRoutes<T, M, A, S, R, 'approval', X>>
  >
>;
