import type { StepPolicies } from '@drawloom/core';
import type { CheckIsMethod, CheckRuns, Descriptor, InWorkflow } from '../typing/check-member.js';
import type { CheckUndoes } from '../typing/check-waits.js';
import type { FirstError } from '../typing/edge-error.js';
import { mark } from './mark.js';

/**
 * Undoes a step that has completed, when the run fails or is cancelled later on. The method is given what the step gave, and
 * a `StepContext` where it wants one. What a run has done is undone the last first, each once; with a journal that survives
 * the end of the process.
 *
 * Let it be safe to call twice: a process may end between the undoing and its record. Not for a step that has failed itself:
 * that cleans up before it throws.
 *
 * @param step - the step that it undoes.
 * @param policies - `retry` and `timeout` of the undoing. Without a `retry` it is tried three times.
 * @example
 * class Order extends WorkflowBase<number, string> {
 *   \@Start() charge(cents: number): string { return `charge-${cents}`; }
 *   \@Compensate('charge') refund(id: string): void { void id; }
 *   \@End({ after: 'charge' }) ship(id: string): string { return id; }
 * }
 */
export function Compensate<const S extends string>(step: S, policies: StepPolicies = {}): CompensateDecorator<S> {
  return mark('Compensate', { ...policies, undoes: step });
}

/** What `@Compensate` accepts. A wrong name, or one of a step that gives something else, is reported as one sentence. */
export interface CompensateDecorator<S> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'Compensate', CheckCompensate<T, Name, M, S>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckCompensate<T, Name extends string, M, S> = FirstError<
  FirstError<CheckIsMethod<'Compensate', M>, CheckRuns<'Compensate', M, M>>,
  CheckUndoes<T, Name, M, S>
>;
