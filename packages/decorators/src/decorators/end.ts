import type { SchemaSource } from '../schema/input-schema.js';
import type { CheckEnd } from '../typing/check-ends.js';
import type { CheckRuns, Descriptor, InWorkflow, MemberOf } from '../typing/check-member.js';
import type { CheckReached } from '../typing/check-reached.js';
import type { FirstError } from '../typing/edge-error.js';
import type { After } from '../typing/sources.js';
import { mark } from './mark.js';
import type { NodeOptions, SourceOptions } from './step-options.js';

/** How a step is reached and called whose result is the output of the run. */
export interface EndOptions<A extends After = After, S extends SchemaSource = SchemaSource, E extends string = string>
  extends NodeOptions<S, E>, SourceOptions<A> {}

/**
 * A step whose result is the output of the run. It is a `@Step` otherwise, so it takes the place of one; it may stand
 * beside `@Start` and `@ForEach`.
 *
 * Of several `@End` steps the one that ran gives the output. Nothing stops when it did: other branches run to their end.
 * Not needed where a workflow has one last step only.
 *
 * @example
 * class Answer extends WorkflowBase<string, string> {
 *   \@Start() \@Router({ routes: { true: 'refuse', false: 'answer' } })
 *   isRude(question: string): boolean { return question.includes('!'); }
 *   \@End() refuse(): string { return 'Please ask again.'; }
 *   \@End() answer(question: string): string { return `It depends: ${question}`; }
 * }
 */
export function End<
  const A extends After = never,
  const S extends SchemaSource = never,
  const E extends string = never,
>(options?: EndOptions<A, S, E>): EndDecorator<A, S, E> {
  return mark('End', options);
}

/** What `@End` accepts. A wrong edge is reported at the decorator, as one sentence. */
export interface EndDecorator<A, S, E> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'End', CheckLast<T, Name, MemberOf<T, Name, M>, M, A, S, E>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckLast<T, Name extends string, M, Described, A, S, E> = FirstError<
  CheckRuns<'End', M, Described>,
  FirstError<CheckReached<T, Name, M, A, S, E>, CheckEnd<T, Name, M>>
>;
