/**
 * Job. What a step takes and gives, read off the type of a class's member.
 *
 * Boundary. No sentence is made here; the `check-` files do that.
 *
 * Invariants.
 * T1. What depends on a type parameter of a generic class is left undecided: a conditional type that the compiler puts off.
 *     Checks ask `[Verdict] extends [false] ? EdgeError : unknown`, never the other way round: a put-off condition with the
 *     error in its true branch is no error, because `any` in place of the parameter would fit.
 * T2. Nothing here walks over all members of a class for an edge that is right, so time grows with the edges alone.
 */
import type { StepContext } from '@drawloom/core';
import type { WorkflowBase } from '../instance/workflow-base.js';
import type { IsAny } from './edge-error.js';
import type { IsLater, LaterOf } from './later.js';
import type { IsPerItem, ListOrValue } from './per-item.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- `any` stands for what a check must not judge */
type AnyMethod = (...args: any) => unknown;

/** What every workflow has: none of it is a step. */
export type OwnOfWorkflows = keyof WorkflowBase<any, any>;

/** What a step may be called as far as other steps can see: keys of private members are not among them. */
export type StepKey<T> = Exclude<keyof T & string, OwnOfWorkflows>;

/** The public steps of a class. Walks over all members (T2): for messages only. */
export type StepName<T> = { [K in StepKey<T>]: [CallOf<T[K]>] extends [never] ? never : K }[StepKey<T>];

/** The function that runs when the member is a step: the method itself, or `runStep` of what a property holds. */
export type CallOf<M> = unknown extends M
  ? any
  : M extends AnyMethod
    ? M
    : M extends { runStep(...args: any): unknown }
      ? M['runStep']
      : never;

/** What it returns, awaited. */
export type ReturnOf<M> =
  IsAny<CallOf<M>> extends true ? any : CallOf<M> extends (...args: any) => infer R ? Awaited<R> : never;

/** What later steps receive of it: a list where the method runs once per item, what comes of it where it waits. */
export type OutputOf<M> = IsLater<ReturnOf<M>> extends true ? LaterOf<ReturnOf<M>> : ListOrValue<ReturnOf<M>>;

/** What it declares to take; `unknown` without a parameter. */
export type InputOf<M> =
  IsAny<CallOf<M>> extends true
    ? any
    : CallOf<M> extends (...args: infer P) => unknown
      ? P extends readonly []
        ? unknown
        : Required<P>[0 & keyof P]
      : never;

/** Whether the member's function can be called with a value, whatever else it takes. */
export type Fits<M, V> = [CallOf<M>] extends [(input: V, ...rest: any) => unknown] ? true : false;

/** Whether a step can be given a value: one that runs per item wants a list. */
export type Accepts<M, V> =
  IsPerItem<ReturnOf<M>> extends true ? ([V] extends [readonly unknown[]] ? Fits<M, V[number]> : false) : Fits<M, V>;

/** Whether the engine, which gives the input and a StepContext and nothing else, can call it. */
export type IsCallable<M> = [CallOf<M>] extends [(input: never, context: StepContext) => unknown] ? true : false;
/* eslint-enable @typescript-eslint/no-explicit-any */
