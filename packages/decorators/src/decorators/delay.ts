import type { Duration } from '@drawloom/core';
import type { CheckIsMethod, CheckRuns, Descriptor, InWorkflow } from '../typing/check-member.js';
import type { CheckReached } from '../typing/check-reached.js';
import type { CheckPasses } from '../typing/check-waits.js';
import type { FirstError } from '../typing/edge-error.js';
import type { After } from '../typing/sources.js';
import { mark } from './mark.js';
import type { AfterOption } from './step-options.js';

/** How a delay is reached, and how long it takes. */
export interface DelayOptions<A extends After = After> extends AfterOption<A> {
  /** How long, from when it is reached. */
  readonly for: Duration;
}

/**
 * Waits for a time, and passes on what it was given. The run is suspended, and holds nothing meanwhile. It needs a journal.
 * The method is called when the delay begins; what it returns is nothing but a type: {@link Later} of what it is given.
 *
 * Not for a pause of seconds within a step, nor between attempts (`retry`).
 *
 * @example
 * class Reminder extends WorkflowBase<string, string> {
 *   \@Start() \@Delay({ for: '3d' }) pause(address: string): Later<string> {}
 *   \@End({ after: 'pause' }) remind(address: string): string { return `Dear ${address}, …`; }
 * }
 */
export function Delay<const A extends After = never>(options: DelayOptions<A>): DelayDecorator<A> {
  return mark('Delay', options);
}

/** What `@Delay` accepts. A wrong edge is reported at the decorator, as one sentence. */
export interface DelayDecorator<A> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'Delay', CheckDelay<T, Name, M, A>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckDelay<T, Name extends string, M, A> = FirstError<
  FirstError<CheckIsMethod<'Delay', M>, FirstError<CheckRuns<'Delay', M, M>, CheckPasses<Name, M>>>,
  CheckReached<T, Name, M, A, never, never>
>;
