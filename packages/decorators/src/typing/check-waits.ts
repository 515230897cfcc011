import type { ApprovalDecision, ApprovalOutcome, End } from '@drawloom/core';
import type { CheckNames } from './check-names.js';
import type { CheckTargets, PassedOn } from './check-routes.js';
import type { SchemaOutputOf } from './check-schema.js';
import type { EdgeError, FirstError, IsAny, IsNever, OneMember } from './edge-error.js';
import type { LaterOf } from './later.js';
import type { InputOf, OutputOf, ReturnOf, StepKey } from './step-shape.js';

/** Where each outcome of what waits leads. */
export type OutcomeRoutes = Readonly<Partial<Record<ApprovalOutcome | 'received', string | End>>>;

/**
 * Whether each outcome has a route, and each route leads to a step that takes what is passed on: its own input. `Limit` is
 * after how long it expires; without one it never does.
 */
export type CheckWaitRoutes<T, M, A, Schema, R, Who extends keyof Outcomes, Limit> = [R] extends [never]
  ? unknown
  : FirstError<
      CheckOutcomes<R, Who, Outcomes[Who] | ([Limit] extends [never] ? never : 'expired')>,
      FirstError<
        CheckNames<T, Extract<R[keyof R], string>>,
        CheckTargets<T, Extract<R[keyof R], string>, PassedOn<T, M, A, Schema>, Who>
      >
    >;

interface Outcomes {
  readonly approval: 'approved' | 'rejected';
  readonly wait: 'received';
}

type CheckOutcomes<R, Who extends string, Outcome> = [IsNever<Exclude<Outcome, keyof R>>] extends [false]
  ? EdgeError<`Outcome '${OneMember<Exclude<Outcome, keyof R>> & string}' has no route: each of them leads somewhere`>
  : [IsNever<Exclude<keyof R, Outcome>>] extends [false]
    ? EdgeError<
        `Route '${OneMember<Exclude<keyof R, Outcome>> & string}' can never be taken: it is no outcome of the ${Who}`,
        keyof R,
        Outcome
      >
    : unknown;

/** What a method returns is shown to people, and is all that says that later steps receive a decision. */
export type CheckAsks<M> =
  IsAny<ReturnOf<M>> extends true
    ? unknown
    : [IsSame<LaterOf<ReturnOf<M>>, ApprovalDecision>] extends [false]
      ? EdgeError<'An @Approval method returns ApprovalRequest, of @drawloom/decorators: what is shown to those who decide'>
      : unknown;

type IsSame<Left, Right> = [Left] extends [never] ? false : [Left, Right] extends [Right, Left] ? true : false;

/** Whether a method says what the signal brings. */
export type CheckBrings<Name extends string, M, Schema> = [CheckSaysLater<'WaitFor', M>] extends [EdgeError<string>]
  ? CheckSaysLater<'WaitFor', M>
  : [Schema] extends [never]
    ? [unknown] extends [LaterOf<ReturnOf<M>>]
      ? unknown
      : EdgeError<'Without a payload schema anything may come with the signal: a @WaitFor method returns Later<unknown>'>
    : [Fits<SchemaOutputOf<Schema>, LaterOf<ReturnOf<M>>>] extends [false]
      ? EdgeError<`'${Name}' does not say what its payload schema gives`, LaterOf<ReturnOf<M>>, SchemaOutputOf<Schema>>
      : unknown;

/** A delay passes on what it was given. */
export type CheckPasses<Name extends string, M> = [CheckSaysLater<'Delay', M>] extends [EdgeError<string>]
  ? CheckSaysLater<'Delay', M>
  : [Fits<InputOf<M>, LaterOf<ReturnOf<M>>>] extends [false]
    ? EdgeError<`'${Name}' passes on what it is given, and says something else`, LaterOf<ReturnOf<M>>, InputOf<M>>
    : unknown;

/** Whether what says how long a delay takes is a function of what the delay is given; `never` where there is no such function. */
export type CheckMeasures<Name extends string, M, I> = [I] extends [never]
  ? unknown
  : [Fits<InputOf<M>, I>] extends [false]
    ? EdgeError<`The function that says how long '${Name}' takes does not accept what that is given`, InputOf<M>, I>
    : unknown;

type CheckSaysLater<D extends string, M> =
  IsAny<ReturnOf<M>> extends true
    ? unknown
    : [IsNever<LaterOf<ReturnOf<M>>>] extends [true]
      ? EdgeError<`A @${D} method returns Later<…>, so that later steps know what they receive`>
      : unknown;

type Fits<Given, Wanted> = [Given] extends [Wanted] ? true : false;

/** Whether what undoes a step exists for one, and takes what that step has given. */
export type CheckUndoes<T, Name extends string, M, S> = FirstError<CheckNames<T, S>, CheckTakesBack<T, Name, M, S>>;

type CheckTakesBack<T, Name extends string, M, S> =
  S extends StepKey<T>
    ? [TakesOutput<M, OutputOf<T[S]>>] extends [false]
      ? EdgeError<`'${Name}' does not accept what '${S}' gives`, OutputOf<T[S]>, InputOf<M>>
      : unknown
    : unknown;

/* eslint-disable @typescript-eslint/no-explicit-any -- of any method */
type TakesOutput<M, V> = [M] extends [(output: V, ...rest: any) => unknown] ? true : false;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The names in `notBy`. */
export type NamesIn<N> = N extends readonly (infer Each)[] ? Each : never;
