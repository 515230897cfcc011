import type { SchemaSource } from '../schema/input-schema.js';
import type { CheckStart } from '../typing/check-ends.js';
import type { CheckRuns, Descriptor, InWorkflow, MemberOf } from '../typing/check-member.js';
import type { CheckReached } from '../typing/check-reached.js';
import type { FirstError } from '../typing/edge-error.js';
import { mark } from './mark.js';
import type { NodeOptions } from './step-options.js';

/** How the first step is called. */
export interface StartOptions<S extends SchemaSource = SchemaSource, E extends string = string> extends NodeOptions<
  S,
  E
> {}

/**
 * Begins every run here: the step is given the input of the run. Several `@Start` steps begin at the same time, each with
 * the same input.
 *
 * A step by itself; or beside `@Step` (that runs first, and again later in a loop), `@Router`, `@ForEach` or `@End` on the
 * same method. Not needed on steps that come after others.
 *
 * @example
 * class Greeting extends WorkflowBase<{ name: string }, string> {
 *   \@Start({ input: z.object({ name: z.string().min(1) }) })
 *   \@End()
 *   greet({ name }: { name: string }): string { return `Hello, ${name}`; }
 * }
 */
export function Start<const S extends SchemaSource = never, const E extends string = never>(
  options?: StartOptions<S, E>,
): StartDecorator<S, E> {
  return mark('Start', options);
}

/** What `@Start` accepts. A wrong edge is reported at the decorator, as one sentence. */
export interface StartDecorator<S, E> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'Start', CheckFirst<T, Name, MemberOf<T, Name, M>, M, S, E>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckFirst<T, Name extends string, M, Described, S, E> = FirstError<
  CheckRuns<'Start', M, Described>,
  FirstError<CheckStart<T, Name, M, S>, CheckReached<T, Name, M, never, S, E>>
>;
