import type { ApprovalDecision, ApprovalRequest as Request } from '@drawloom/core';
import type { IsAny } from './edge-error.js';

declare const later: unique symbol;
interface LaterMark<T> {
  readonly [later]?: { readonly value: T };
}

/**
 * What a method with `@WaitFor` or `@Delay` returns: nothing now, and to later steps a `T`. (Why it is there: other steps see
 * the method and not its decorator, so what they receive has to be in its return type.)
 *
 * @example
 * class Order extends WorkflowBase<string, number> {
 *   \@Start() \@WaitFor({ signal: 'paid', payload: z.number() }) payment(): Later<number> {}
 *   \@End({ after: 'payment' }) book(cents: number): number { return cents; }
 * }
 */
export type Later<T> = void | LaterMark<T>;

/** What a method with `@Approval` returns: what is shown to those who decide. Later steps receive what they have decided. */
export type ApprovalRequest = Request & LaterMark<ApprovalDecision>;

/** The mark on what a method returns (awaited); `never` without one. */
type MarkOf<Returned> =
  IsAny<Returned> extends true
    ? never
    : Returned extends unknown
      ? typeof later extends keyof Returned
        ? NonNullable<Returned[typeof later & keyof Returned]>
        : never
      : never;

/** Whether later steps receive something else than what the method returns. */
export type IsLater<Returned> = [MarkOf<Returned>] extends [never] ? false : true;

/** What later steps receive of a method that waits; `never` of any other. */
export type LaterOf<Returned> = [MarkOf<Returned>] extends [never]
  ? never
  : MarkOf<Returned> extends { readonly value: infer Value }
    ? Value
    : never;
