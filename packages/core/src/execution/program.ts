import type { RunContext } from '../context/run-context.js';
import type { SaidSurroundings } from '../context/surroundings.js';
import type { Place } from '../graph/node-order.js';
import type { Plan } from '../graph/plan.js';
import type { Schema } from '../ports/schema.js';
import type { Clock } from '../values/clock.js';
import type { Executor } from './executor.js';
import type { StepContext } from './step-context.js';
import type { Body } from './step.js';
import type { Budget } from '../model/budget.js';
import type { Waiting } from './waiting.js';

/** What every run of a workflow is bounded and accompanied by, with all defaults filled in. */
export interface Settings extends SaidSurroundings {
  readonly maxConcurrency: number;
  readonly maxSteps: number;
  readonly maxVisitsPerNode: number;
  /** Entries that a result keeps of `visited`, `steps` and `routes`. */
  readonly history: number;
  readonly ambient: boolean;
  readonly cancelGraceMs: number;
  readonly timeoutMs: number | undefined;
  readonly clock: Clock | undefined;
  readonly budget?: Budget | undefined;
}

/** Which activation of a run is meant, and where in the run it stands. */
export interface ActivationPlace extends Place {
  readonly name: string;
  readonly visit: number;
}

/** Where a run of a workflow that is a class gets the object from on which its steps are called. */
export interface InstanceSource {
  /**
   * Called once a run, before its first step. What it throws fails the run.
   *
   * @param around the step that the run is nested in.
   */
  acquire(context: RunContext, around: StepContext | undefined): object;
  /** Called once for each instance, when its run has ended. */
  release(instance: object): void;
  /**
   * What an activation has written into the state of its run's instance, as data for a journal; `undefined` for nothing. With
   * an `item`: what that item of a map has written, which is part of what the activation has.
   */
  writesOf?(instance: object, place: ActivationPlace, item?: number): unknown;
  /** Writes again what a journal has, of an activation or of an item of it, in a run that is resumed. */
  restoreWrites?(instance: object, place: ActivationPlace, writes: unknown, item?: number): void;
}

/** A workflow that is ready to run: its plan, and what each node does. Both front ends compile to it. */
export interface Program {
  readonly plan: Plan;
  /** Node → what it does, policies included. */
  readonly bodies: readonly Body[];
  readonly settings: Settings;
  /** Node → how it waits for the world outside, for those that do. */
  readonly waiting?: readonly (Waiting | undefined)[] | undefined;
  /** Node → what undoes it when the run fails, for those that say so. */
  readonly compensations?: readonly (Body | undefined)[] | undefined;
  /** How many runs are in progress. */
  readonly activity: { runs: number };
  /** What the input of a run has to look like, where the step that it begins with says so. */
  readonly input?: Schema | undefined;
  /** For workflows that are classes. */
  readonly instances?: InstanceSource | undefined;
  /** An agent that is run by itself, as a workflow of one node. @defaultValue false */
  readonly isLoneAgent?: boolean | undefined;
  /** Of one call of an agent: the program of the agent, by which its runs are taken up again. @defaultValue itself */
  readonly standsFor?: Program | undefined;
  /** @defaultValue the one of this process */
  readonly executor?: Executor | undefined;
}
