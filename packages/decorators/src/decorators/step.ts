import type { SchemaSource } from '../schema/input-schema.js';
import type {
  CheckIsMethod,
  CheckReturnsOne,
  CheckRuns,
  Descriptor,
  InWorkflow,
  MemberOf,
} from '../typing/check-member.js';
import type { CheckReached } from '../typing/check-reached.js';
import type { EdgeError, FirstError } from '../typing/edge-error.js';
import type { After } from '../typing/sources.js';
import { mark } from './mark.js';
import type { NodeOptions, SourceOptions } from './step-options.js';

/** How a step is reached and called. */
export interface StepOptions<
  A extends After = After,
  S extends SchemaSource = SchemaSource,
  E extends string = string,
  Inline extends boolean = boolean,
>
  extends NodeOptions<S, E>, SourceOptions<A> {
  /**
   * Not a node: other steps call the method, which is async and takes whatever parameters it likes. Each call has its span
   * and its events like that of a function decorated with core's `step()`. Takes no `after`. @defaultValue `false`
   */
  readonly inline?: Inline | undefined;
}

/**
 * Makes a node of a method, or of a property that holds an agent or a workflow: it runs when its sources have delivered,
 * and what it returns is delivered to every step that names it in `after`.
 *
 * A step without `after` is reached by routes, by `onError`, or by a `@Start` beside it. The method takes what arrives, and
 * a `StepContext` where it wants one; it may be async. It is left as it is, so a test may simply call it.
 *
 * Not for a choice between steps (`@Router`), the items of a list (`@ForEach`), or a value that is the run's output
 * (`@End`).
 *
 * @example
 * class Reply extends WorkflowBase<string, string> {
 *   \@Start() draft(question: string): string { return `About ${question}: …`; }
 *   \@Step({ after: 'draft', timeout: '30s', retry: { maximumAttempts: 3 } })
 *   async polish(text: string): Promise<string> { return text.trim(); }
 *   \@End({ after: 'polish' }) send(text: string): string { return text; }
 * }
 */
export function Step<
  const A extends After = never,
  const S extends SchemaSource = never,
  const E extends string = never,
  const Inline extends boolean = false,
>(options?: StepOptions<A, S, E, Inline>): StepDecorator<A, S, E, Inline> {
  return mark('Step', options);
}

/** What `@Step` accepts. A wrong edge is reported at the decorator, as one sentence. */
export interface StepDecorator<A, S, E, Inline> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'Step', CheckStep<T, Name, MemberOf<T, Name, M>, M, A, S, E, Inline>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckStep<T, Name extends string, M, Described, A, S, E, Inline> = [Inline] extends [true]
  ? FirstError<CheckIsMethod<'Step({ inline: true })', Described>, CheckUnreached<A>>
  : FirstError<FirstError<CheckRuns<'Step', M, Described>, CheckReturnsOne<M>>, CheckReached<T, Name, M, A, S, E>>;

type CheckUnreached<A> = [A] extends [never]
  ? unknown
  : EdgeError<"An inline step is no node: other steps call it, so it takes no 'after'">;
