/**
 * Job. Drives one run: starts what the scheduler allows, hands back what came of it, until nothing is left.
 *
 * Boundary. The scheduler decides what runs, the host how it runs and in which order it ends, the reporter hears of it.
 * Here is neither a clock nor chance nor I/O.
 *
 * Invariants.
 * L1. The only thing that is awaited is the host: a held activation through `next`, a lone one by its own ticket (the
 *     order is the same, as nothing else could end first), or a pause. A ticket that never settles keeps the loop, not
 *     the run: where the host gives up a lone activation, the run is being stopped, and ends with that.
 * L2. Every activation that was begun is reported completed, failed or cancelled exactly once.
 * L3. After the run is told to stop, no activation begins.
 */
import type { RouteChoice } from '../graph/plan.js';
import type { Activation } from '../schedule/activation.js';
import type { Scheduler } from '../schedule/scheduler.js';
import { isThenable, type RouteKey } from './step.js';
import { type Ended, type RunHost, WaitOutcome } from './run-host.js';

/** Who is told what happens, and decides what it means for the run. */
export interface RunReporter<R> {
  readonly isStopping: boolean;
  /** Something was waited for that is not reported in another way: time has passed. */
  awoke(): void;
  started(activation: Activation): void;
  /** The run was told to stop while the activation was being called, and before anybody could know that it runs. */
  overtaken(activation: Activation): void;
  completed(activation: Activation, value: unknown): void;
  /** What an activation waited for has come, and with it a key. It has been reported as completed. */
  resolved(activation: Activation, key: string): void;
  routed(activation: Activation, choice: RouteChoice): void;
  /** Returns whether the failure counts as one: a step that was given up and says so has merely been cancelled. */
  failed(activation: Activation, error: unknown): 'failed' | 'cancelled';
  /** The run cannot go on. */
  stop(error: unknown): void;
  /** The activation waits for the world outside. */
  parked(activation: Activation): void;
  /** Nothing runs any more, and nothing that waits can go on here. Gives what the run came to, or throws why it failed. */
  finish(): R | Promise<R>;
}

export function driveRun<R>(scheduler: Scheduler, host: RunHost, reporter: RunReporter<R>): Promise<R> {
  const loop = drive(scheduler, host, reporter);
  if (host.abandoned === undefined) return loop;
  const abandoned = host.abandoned.then(({ activation, error }) => {
    fail(scheduler, reporter, activation, error);
    return reporter.finish();
  });
  return Promise.race([loop, abandoned]);
}

async function drive<R>(scheduler: Scheduler, host: RunHost, reporter: RunReporter<R>): Promise<R> {
  for (;;) {
    while (!reporter.isStopping && !host.isDraining) {
      const pause = host.pause();
      if (pause !== undefined) {
        await pause;
        reporter.awoke();
        continue;
      }
      let activation: Activation | undefined;
      try {
        activation = scheduler.take();
      } catch (error) {
        reporter.stop(error);
      }
      if (activation === undefined) break;
      reporter.started(activation);
      try {
        let result = host.begin(activation);
        if (isThenable(result)) {
          if (host.mustHold || !scheduler.isAlone) {
            host.hold(activation, result);
            if (reporter.isStopping) reporter.overtaken(activation);
            continue;
          }
          host.leave(activation);
          if (reporter.isStopping) reporter.overtaken(activation);
          result = await result;
          if (host.wasGivenUp(activation)) return ENDED_ELSEWHERE as R;
          reporter.awoke();
        } else if (!scheduler.isRouter(activation.node)) {
          reporter.awoke(); // a synchronous step may have taken long; a router decides, it does not work
        }
        succeed(scheduler, reporter, activation, result);
      } catch (error) {
        if (host.wasGivenUp(activation)) return ENDED_ELSEWHERE as R;
        reporter.awoke();
        fail(scheduler, reporter, activation, error);
      }
    }
    if (scheduler.running === 0 && (reporter.isStopping || isOver(scheduler, host))) return reporter.finish();
    let ended = host.next();
    if (ended instanceof Promise) {
      ended = await ended;
      reporter.awoke();
    }
    if (ended === undefined) return reporter.finish();
    settle(scheduler, reporter, ended);
  }
}

/** What the host says of a held activation. Apart from the loop, of which each run that waits keeps all variables. */
function settle(scheduler: Scheduler, reporter: RunReporter<unknown>, ended: Ended): void {
  try {
    if (ended.ok === 'waits') {
      scheduler.park(ended.activation);
      reporter.parked(ended.activation);
    } else if (!ended.ok) fail(scheduler, reporter, ended.activation, ended.error);
    else succeed(scheduler, reporter, ended.activation, ended.value);
  } catch (error) {
    fail(scheduler, reporter, ended.activation, error);
  }
}

/** Nothing is left that could go on: what is ready is left where the host drains, and is not over. */
function isOver(scheduler: Scheduler, host: RunHost): boolean {
  return scheduler.waiting === 0 && !(host.isDraining && scheduler.hasReady);
}

/** What a loop gives when its run has ended without it: nobody looks at it. */
const ENDED_ELSEWHERE: unknown = undefined;

/** May throw what the scheduler finds wrong with the outcome; `fail` takes it from there. */
function succeed(scheduler: Scheduler, reporter: RunReporter<unknown>, activation: Activation, value: unknown): void {
  if (scheduler.isRouter(activation.node)) {
    reporter.routed(activation, scheduler.route(activation, keysOf(value)));
  } else if (value instanceof WaitOutcome) {
    const known = value.value === undefined ? activation.input : value.value.known;
    reporter.completed(activation, known);
    reporter.resolved(activation, value.key);
    if (scheduler.passesOn(activation.node)) {
      reporter.routed(activation, scheduler.route(activation, value.key, known));
    } else {
      scheduler.complete(activation, known);
    }
  } else {
    reporter.completed(activation, value);
    scheduler.complete(activation, value);
  }
}

/** An activation failed; or it had ended well, and what it led to is wrong. */
function fail(scheduler: Scheduler, reporter: RunReporter<unknown>, activation: Activation, error: unknown): void {
  if (activation.scope === undefined) reporter.stop(error);
  else if (reporter.failed(activation, error) === 'cancelled') scheduler.skip(activation);
  else scheduler.fail(activation, error);
}

/** What a router returned, as text. `null` and `undefined` are no keys, so that they cannot take a route by accident. */
export function keysOf(value: unknown): string | string[] {
  if (typeof value === 'string') return value;
  const keys = (Array.isArray(value) ? value : [value]) as RouteKey[];
  return keys.filter((key) => key !== null && key !== undefined).map(String);
}
