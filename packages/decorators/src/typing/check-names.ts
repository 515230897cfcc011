import type { EdgeError, IsNever, OneMember } from './edge-error.js';
import type { CallOf, OwnOfWorkflows, StepKey, StepName } from './step-shape.js';

/**
 * Whether every name is that of a public step. Private and protected members cannot be seen by other members' decorators,
 * so the sentence covers both a misspelt and a hidden one. Names that are not known (any text) are found at start-up.
 */
export type CheckNames<T, Names> = string extends Names
  ? unknown
  : [Exclude<Names, StepKey<T>>] extends [never]
    ? [IsNever<NotAStep<T, Names>>] extends [false]
      ? EdgeError<`'${OneMember<NotAStep<T, Names>>}' is neither a method nor something that runs, so it is no step`>
      : unknown
    : UnknownStep<T, OneMember<Exclude<Names, StepKey<T>>>>;

type UnknownStep<T, Name> = Name extends OwnOfWorkflows
  ? EdgeError<`'${Name & string}' belongs to every workflow and is no step`, Name, StepName<T>>
  : EdgeError<`This workflow has no public step named '${Name & string}'`, Name, StepName<T>>;

type NotAStep<T, Names> = Names extends keyof T & string ? ([CallOf<T[Names]>] extends [never] ? Names : never) : never;
