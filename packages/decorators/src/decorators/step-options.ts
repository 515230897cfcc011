import type { StepPolicies } from '@drawloom/core';
import type { SchemaSource } from '../schema/input-schema.js';
import type { EdgeError } from '../typing/edge-error.js';
import type { After } from '../typing/sources.js';
import type { Join } from './joins.js';

/** How a step is called, whichever way it is reached. */
export interface NodeOptions<S extends SchemaSource = SchemaSource, E extends string = string> extends StepPolicies {
  /**
   * Checks what arrives before the step sees it: a class-validator class, or a schema of any library that follows
   * Standard Schema (zod, valibot, …). The step is given what the schema makes of it. @defaultValue no check
   */
  readonly input?: S | undefined;
  /**
   * The step that takes over when this one fails for good, after its retries. It is given a `StepFailure`: the `error`, and
   * the `input` that this step had been given. @defaultValue the run fails
   */
  readonly onError?: E | undefined;
}

/** Where a step comes in. */
export interface AfterOption<A extends After = After> {
  /**
   * Whose results arrive: a step's name; a list of names, which is the same as `allOf`; or `allOf`, `anyOf`, `oneOf`,
   * `firstOf`. @defaultValue nobody's: it is reached by `@Start`, by routes or by `onError`
   */
  readonly after?: A | undefined;
}

/** Where a step comes in, and what becomes of those that were too late. */
export interface SourceOptions<A extends After = After> extends AfterOption<A> {
  /** With `after: firstOf(…)`: abort what could only have delivered to this step. @defaultValue `false` */
  readonly cancelOthers?: CancelOthers<A> | undefined;
}

type CancelOthers<A> = [A] extends [never]
  ? false | EdgeError<'cancelOthers needs after: firstOf(…), the one join that does not wait for all its sources'>
  : [A] extends [Join<'first'>]
    ? boolean
    : [After] extends [A] // nobody's in particular
      ? boolean
      : false | EdgeError<'cancelOthers needs after: firstOf(…), the one join that does not wait for all its sources'>;
