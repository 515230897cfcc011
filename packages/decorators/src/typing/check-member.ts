import type { WorkflowBase } from '../instance/workflow-base.js';
import type { EdgeError, IsAny } from './edge-error.js';
import type { IsLater } from './later.js';
import type { IsPerItem, PerItemMode } from './per-item.js';
import type { CallOf, IsCallable, ReturnOf } from './step-shape.js';

/** Structural on purpose: the setter in `TypedPropertyDescriptor` would make a method's parameter invariant. */
export interface Descriptor<M> {
  readonly value?: M;
}

/**
 * The type of a decorated member. A method comes with its descriptor, also where it is private. A property has none and
 * is looked up by name; a private one cannot be, and is not judged (`unknown`).
 */
export type MemberOf<T, Name, Described> = unknown extends Described
  ? Name extends keyof T
    ? T[Name]
    : unknown
  : Described;

/* eslint-disable @typescript-eslint/no-explicit-any -- of any workflow, and of any method */
/**
 * What is found wrong, provided that the decorator stands in an instance of a workflow class at all.
 *
 * Looked up in an object, under a key that depends on the class, because the compiler looks for type parameters in whatever
 * a parameter is compared with: in every branch of every check, which took twice as long. Behind a lookup it does not look.
 */
export type InWorkflow<T, D extends string, Found> = {
  readonly verdict: T extends WorkflowBase<any, any>
    ? Found
    : T extends abstract new (...args: any) => unknown
      ? EdgeError<`@${D} stands on a member of the instance, not on a static one`>
      : EdgeError<`@${D} stands in a class that extends WorkflowBase`, T>;
}[T extends object ? 'verdict' : never];

/** Whether the member can run, and be called as the engine calls it. */
export type CheckRuns<D extends string, M, Described> = [IsRunnable<M, Described>] extends [false]
  ? EdgeError<`@${D} stands on a method, or on a property that holds an agent or a workflow`, M>
  : [IsCallable<M>] extends [false]
    ? EdgeError<'A step takes its input and a StepContext, and nothing more', CallOf<M>>
    : unknown;

/** An accessor comes with a descriptor of what it gives. */
type IsRunnable<M, Described> = [CallOf<M>] extends [never]
  ? false
  : unknown extends Described
    ? true
    : IsMethod<Described>;

/** Whether the member is a method, and nothing else that could run. */
export type CheckIsMethod<D extends string, Described> = [IsMethod<Described>] extends [false]
  ? EdgeError<`@${D} stands on a method`>
  : unknown;

type IsMethod<Described> = unknown extends Described
  ? IsAny<Described>
  : [Described] extends [(...args: any) => unknown]
    ? true
    : false;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Only `@ForEach` makes a list of what a method returns, and only what waits gives something else later. */
export type CheckReturnsOne<M> =
  IsPerItem<ReturnOf<M>> extends true
    ? EdgeError<'Only a @ForEach method returns PerItem: nothing else makes a list of it'>
    : IsLater<ReturnOf<M>> extends true
      ? EdgeError<'Only @Approval, @WaitFor and @Delay wait: what this method returns is delivered as it is'>
      : unknown;

/** What a method returns is all that later steps see, so it has to say that they receive a list, and of what. */
export type CheckPerItem<M, Settled extends boolean> = Settled extends true
  ? [SaysPerItem<ReturnOf<M>, 'settled'>] extends [false]
    ? EdgeError<"With settled: true a @ForEach method returns PerItem<…, 'settled'>, so that later steps know of the list">
    : unknown
  : [SaysPerItem<ReturnOf<M>, 'value'>] extends [false]
    ? EdgeError<'A @ForEach method returns PerItem<…>, so that later steps know of the list'>
    : unknown;

type SaysPerItem<Returned, Mode> =
  IsAny<Returned> extends true
    ? true
    : [PerItemMode<Returned>] extends [never]
      ? false
      : [PerItemMode<Returned>] extends [Mode]
        ? true
        : false;
