import type { Duration, StepContext } from '@drawloom/core';
import type { CheckIsMethod, CheckRuns, Descriptor, InWorkflow } from '../typing/check-member.js';
import type { CheckReached } from '../typing/check-reached.js';
import type { CheckMeasures, CheckPasses } from '../typing/check-waits.js';
import type { FirstError } from '../typing/edge-error.js';
import type { After } from '../typing/sources.js';
import { mark } from './mark.js';
import type { AfterOption } from './step-options.js';

/** How a delay is reached, and how long it takes: either `for` or `until` is given. `I` is what a function of it takes. */
export interface DelayOptions<A extends After = After, I = never> extends AfterOption<A> {
  /** How long, from when it is reached; or a function of what the delay is given that says so. */
  readonly for?: Duration | ((input: I, context: StepContext) => Duration | PromiseLike<Duration>) | undefined;
  /** A function of what the delay is given that says until when. A time that has passed is over at once. */
  readonly until?: ((input: I, context: StepContext) => Date | PromiseLike<Date>) | undefined;
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
 *
 * @example
 * class Invitation extends WorkflowBase<{ at: Date }, string> {
 *   \@Start() \@Delay({ until: ({ at }: { at: Date }) => at }) waitForIt(event: { at: Date }): Later<{ at: Date }> {}
 *   \@End({ after: 'waitForIt' }) begin(): string { return 'It begins.'; }
 * }
 */
export function Delay<const A extends After = never, I = never>(options: DelayOptions<A, I>): DelayDecorator<A, I> {
  return mark('Delay', options);
}

/** What `@Delay` accepts. A wrong edge is reported at the decorator, as one sentence. */
export interface DelayDecorator<A, I = never> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'Delay', CheckDelay<T, Name, M, A, I>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckDelay<T, Name extends string, M, A, I> = FirstError<
  FirstError<
    CheckIsMethod<'Delay', M>,
    FirstError<CheckRuns<'Delay', M, M>, FirstError<CheckPasses<Name, M>, CheckMeasures<Name, M, I>>>
  >,
  CheckReached<T, Name, M, A, never, never>
>;
