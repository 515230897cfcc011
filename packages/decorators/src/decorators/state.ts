import type { CheckState } from '../typing/check-state.js';
import type { Descriptor, InWorkflow } from '../typing/check-member.js';
import type { EdgeError } from '../typing/edge-error.js';
import { mark } from './mark.js';

/** How two branches' values of one property become one. */
export type StateMerge = 'last' | 'append' | MergeFunction;

/* eslint-disable @typescript-eslint/no-explicit-any -- the property says what it holds; the decorator compares */
/**
 * @param current the value so far, with what other branches made of it
 * @param mine what this step made of it
 * @param base what this step had found when it began
 */
type MergeFunction = (current: any, mine: any, base: any) => any;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** How a property is kept. */
export interface StateOptions<M extends StateMerge = StateMerge> {
  /**
   * What two branches come to that run in parallel and both replaced the value: that of the one which ends last (`'last'`),
   * the new items of both lists in the order in which the branches end (`'append'`), or what a function makes of the value
   * so far, this step's, and the one that this step had begun with. Which steps are parallel is told by the graph, never
   * by which is faster. @defaultValue an error (STATE_CONFLICT) that names both steps
   */
  readonly merge?: M | undefined;
}

/**
 * Keeps a property in transactions: an attempt of a step sees it as it was when the attempt began, and what it assigns
 * counts when it succeeds. An attempt that fails leaves no trace.
 *
 * Assign a new value to change it: `this.notes = [...this.notes, note]`. Plain objects and lists in it are frozen, because
 * a change in place (`push`) would be nobody's; so lists, maps and sets are declared `readonly`.
 *
 * Not for what steps hand to one another, which belongs in what they return; nor for services, which are injected.
 *
 * @example
 * class Interview extends WorkflowBase<string, readonly string[]> {
 *   \@State({ merge: 'append' }) notes: readonly string[] = [];
 *   \@Start() ask(name: string): void { this.notes = [...this.notes, `asked ${name}`]; }
 *   \@End({ after: 'ask' }) report(): readonly string[] { return this.notes; }
 * }
 */
export function State<const M extends StateMerge = StateMerge>(options?: StateOptions<M>): StateDecorator<M> {
  return mark('State', options);
}

/** What `@State` accepts. What is wrong is reported at the decorator, as one sentence. */
export interface StateDecorator<Merge> {
  <T extends object, Name extends string, M>(
    target: T & InWorkflow<T, 'State', CheckStateProperty<T, Name, M, Merge>>,
    name: Name,
    descriptor?: Descriptor<M>,
  ): void;
}

type CheckStateProperty<T, Name, Described, Merge> = unknown extends Described
  ? CheckState<T, Name, Merge>
  : EdgeError<'@State stands on a property'>;
