/**
 * Job. Drives one run: starts what the scheduler allows, hands back what came of it, until nothing is left.
 *
 * Boundary. The scheduler decides what runs, the host how it runs and in which order it ends, the reporter hears of it.
 * Here is neither a clock nor chance nor I/O.
 *
 * Invariants.
 * L1. The only thing that is awaited is the host: a held activation through `next`, a lone one by its own ticket (the
 *     order is the same, as nothing else could end first), or a pause.
 * L2. Every activation that was begun is reported completed, failed or cancelled exactly once.
 * L3. After the run is told to stop, no activation begins.
 */
import type { Activation } from '../schedule/activation.js';
import type { Scheduler } from '../schedule/scheduler.js';
import { isThenable, type RouteKey } from './step.js';
import type { RunHost } from './run-host.js';

/** Who is told what happens, and decides what it means for the run. */
export interface RunReporter {
  readonly isStopping: boolean;
  started(activation: Activation): void;
  completed(activation: Activation, value: unknown): void;
  routed(activation: Activation, keys: readonly string[], taken: readonly number[]): void;
  /** Returns whether the failure counts as one: a step that was given up and says so has merely been cancelled. */
  failed(activation: Activation, error: unknown): 'failed' | 'cancelled';
  /** The run cannot go on. */
  stop(error: unknown): void;
}

export async function driveRun(scheduler: Scheduler, host: RunHost, reporter: RunReporter): Promise<void> {
  const isRouter = (activation: Activation): boolean => scheduler.isRouter(activation.node);
  for (;;) {
    while (!reporter.isStopping) {
      const pause = host.pause();
      if (pause !== undefined) {
        await pause;
        continue;
      }
      const activation = take();
      if (activation === undefined) break;
      reporter.started(activation);
      try {
        let result = host.begin(activation);
        if (isThenable(result)) {
          if (host.mustHold || scheduler.running > 1 || !scheduler.isIdle) {
            host.hold(activation, result);
            continue;
          }
          result = await result;
        }
        succeed(activation, result);
      } catch (error) {
        fail(activation, error);
      }
    }
    if (scheduler.running === 0) return;
    const next = host.next();
    const ended = next instanceof Promise ? await next : next;
    if (ended.ok) succeed(ended.activation, ended.value);
    else fail(ended.activation, ended.error);
  }

  function take(): Activation | undefined {
    try {
      return scheduler.take();
    } catch (error) {
      reporter.stop(error);
      return undefined;
    }
  }

  function succeed(activation: Activation, value: unknown): void {
    try {
      if (isRouter(activation)) {
        const keys = keysOf(value);
        const taken = scheduler.route(activation, keys);
        reporter.routed(activation, keys, taken);
      } else {
        reporter.completed(activation, value);
        scheduler.complete(activation, value);
      }
    } catch (error) {
      if (activation.scope !== undefined) fail(activation, error);
      else reporter.stop(error);
    }
  }

  function fail(activation: Activation, error: unknown): void {
    const { scope } = activation;
    if (scope === undefined) {
      reporter.stop(error);
    } else if (reporter.failed(activation, error) === 'cancelled') {
      scheduler.skip(activation);
    } else {
      scheduler.fail(activation, error);
    }
  }
}

/** What a router returned, as text. `null` and `undefined` are no keys, so that they cannot take a route by accident. */
function keysOf(value: unknown): string[] {
  const keys = (Array.isArray(value) ? value : [value]) as RouteKey[];
  return keys.filter((key) => key !== null && key !== undefined).map(String);
}
