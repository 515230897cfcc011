import { deepFreeze } from '../values/freeze.js';
import type { StepContext } from './step-context.js';

/** A plain function as a step: it gets the value that arrives and what it may want to know of the run. */
export type StepFunction<I = never, O = unknown> = (input: I, context: StepContext) => O | PromiseLike<O>;

/** Something that knows how to run as a step: a Workflow, an agent, an adapter. */
export interface RunnableStep<I = never, O = unknown> {
  /** The name that `chain`, `route` and `parallel` give its node. */
  readonly name?: string;
  /** What a diagram marks its node as. */
  readonly shows?: 'agent';
  runStep(input: I, context: StepContext): O | PromiseLike<O>;
}

/** What may stand in a node. */
export type Step<I = never, O = unknown> = StepFunction<I, O> | RunnableStep<I, O>;

/** What a router decides with: it returns the key of a route, or several. */
export type RouterFunction<I = never> = (
  value: I,
  context: StepContext,
) => RouteKey | readonly RouteKey[] | PromiseLike<RouteKey | readonly RouteKey[]>;

/** Keys are compared as text: `1` takes route `"1"`, `true` takes route `"true"`; `null` and `undefined` take none. */
export type RouteKey = string | number | boolean | bigint | null | undefined;

/** What the engine calls for a node, whatever it was declared as. */
export type Body = (input: unknown, context: StepContext) => unknown;

/** Whether a value can stand in a node. */
export function isStep(value: unknown): value is Step {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && 'runStep' in value && typeof value.runStep === 'function';
}

/** Where a function that was decorated with `step()` keeps the original. */
export const UNDECORATED: unique symbol = Symbol.for('drawloom.undecorated') as never;

/** The one function that runs a step. A decorated function stands for itself: its node is the record of its call. */
export function bodyOf(step: Step): Body {
  if (typeof step === 'function') return ((step as { [UNDECORATED]?: Step })[UNDECORATED] ?? step) as Body;
  return (input, context) => step.runStep(input as never, context);
}

/** Freezes what a body gives. */
export function freezing(body: Body): Body {
  return (input, context) => {
    const output = body(input, context);
    return isThenable(output) ? output.then(deepFreeze) : deepFreeze(output);
  };
}

/** Whether something has to be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as { then?: unknown }).then === 'function'
  );
}
