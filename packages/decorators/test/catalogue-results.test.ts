/** The catalogue in class form, group J: the result of a run. */
import { END, type RunRecord, type StepContext } from '@drawloom/core';
import { Configure, End, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred, VirtualClock } from '@drawloom/testing';
import { settled, thrownBy } from '../../core/test/collect-events.js';
import { bothWays, type Workflows } from './support/both-ways.js';

class Chain extends WorkflowBase<number, number> {
  @Start() a(n: number): number {
    return n + 1;
  }
  @Step({ after: 'a' }) b(n: number): number {
    return n + 1;
  }
}

function countTo(limit: number, history?: number): Workflows<number, number> {
  @Configure({ name: 'count', maxSteps: Infinity, maxVisitsPerNode: Infinity, history })
  class Count extends WorkflowBase<number, number> {
    @Start() @Step() up(n: number): number {
      return n + 1;
    }
    @Router({ after: 'up', routes: { true: 'up', false: END } }) turn(n: number): boolean {
      return n < limit;
    }
  }
  return Count;
}

const reasons = (record: RunRecord): string[] => record.explain().map(({ node, reason }) => `${node}: ${reason}`);

describe.each(bothWays)('The result of a run of a class, %s,', (_, make) => {
  it('has the output, what was visited, and the value of each step (B93, B37)', async () => {
    const expected = { status: 'completed', output: 3, visited: ['a', 'b'], perStep: { a: 2, b: 3 } };
    expect(await make(Chain).run(1)).toMatchObject(expected);
  });

  it('lists every visit with attempts, start, end and outcome, in order of ending (B94)', async () => {
    const clock = new VirtualClock({ startAt: 1000 });
    const gates = { slow: deferred(), quick: deferred() };
    @Configure({ clock })
    class Two extends WorkflowBase<number, unknown> {
      @Start() slow(_: number): Promise<void> {
        return gates.slow.promise;
      }
      @Start() quick(_: number): Promise<void> {
        return gates.quick.promise;
      }
    }
    const running = make(Two).run(1);
    await clock.advance(10);
    gates.quick.resolve();
    await clock.advance(10);
    gates.slow.resolve();
    const common = { visit: 1, attempts: 1, outcome: 'completed', startedAt: 1000 };
    expect((await running).steps).toEqual([
      { ...common, node: 'quick', endedAt: 1010 },
      { ...common, node: 'slow', endedAt: 1020 },
    ]);
  });

  it('keeps repeats, visit by visit; perStep has the last value (B94, B95)', async () => {
    const result = await make(countTo(3)).run(0);
    expect(result.visited).toEqual(['up', 'up', 'up']);
    expect(result.steps.map(({ visit }) => visit)).toEqual([1, 2, 3]);
    expect(result.perStep).toEqual({ up: 3 });
  });

  it('holds values by reference, or with freeze as each step gave them (B96)', async () => {
    type Value = { readonly count: number };
    class Touch extends WorkflowBase<Value, Value> {
      @Start() a(value: Value): Value {
        return Object.assign(value, { count: value.count + 1 });
      }
      @End({ after: 'a' }) b(value: Value): Value {
        return Object.assign(value, { count: value.count + 1 });
      }
    }
    @Configure({ freeze: true })
    class Frozen extends Touch {
      override b(value: Value): Value {
        return { count: value.count + 1 };
      }
    }
    const input = { count: 0 };
    const result = await make(Touch).run(input);
    expect(result.output).toBe(input);
    expect(result.perStep).toEqual({ a: { count: 2 }, b: { count: 2 } });
    const frozen = await make(Frozen).run({ count: 0 });
    expect(frozen.perStep).toEqual({ a: { count: 1 }, b: { count: 2 } });
    expect(Object.values(frozen.perStep).every(Object.isFrozen)).toBe(true);
  });

  it('has the ids of the run and how long it took (B97)', async () => {
    const clock = new VirtualClock({ startAt: 5000 });
    const gate = deferred();
    @Configure({ name: 'timed', clock })
    class Timed extends WorkflowBase<number, unknown> {
      @Start() wait(_: number): Promise<void> {
        return gate.promise;
      }
    }
    const running = make(Timed).run(1, { userId: 'ada', sessionId: 's1' });
    await clock.advance(250);
    gate.resolve();
    const result = await running;
    expect(result).toMatchObject({ workflow: 'timed', userId: 'ada', sessionId: 's1', parentRunId: undefined });
    expect(result).toMatchObject({ startedAt: 5000, endedAt: 5250, durationMs: 250 });
    const other = await make(Chain).run(1);
    expect(new Set([result.runId, other.runId, result.sessionId, other.sessionId]).size).toBe(4);
  });

  it('keeps as much history as it is told to, and counts what it let go (B98)', async () => {
    const some = await make(countTo(50, 3)).run(0);
    expect(some.steps.map(({ visit }) => visit)).toEqual([48, 49, 50]);
    expect([some.visited, some.routes.length, some.dropped]).toEqual([['up', 'up', 'up'], 3, 94]);
    expect(some).toMatchObject({ output: 50, perStep: { up: 50 } });
    const none = await make(countTo(5, 0)).run(0);
    expect([none.visited, none.steps, none.routes, none.dropped, none.output]).toEqual([[], [], [], 10, 5]);
    const usual = await make(countTo(10_005)).run(0);
    expect([usual.visited.length, usual.routes.length, usual.dropped]).toEqual([10_000, 10_000, 10]);
  });

  it('does not change any more, neither by its reader nor by the next run (B93)', async () => {
    const chain = make(Chain);
    const result = await chain.run(1);
    (result.visited as string[]).push('forged');
    (result.perStep as Record<string, unknown>)['a'] = 'forged';
    await chain.run(100);
    expect(result).toMatchObject({ visited: ['a', 'b'], perStep: { a: 2, b: 3 }, output: 3 });
    expect(JSON.parse(JSON.stringify(result))).toMatchObject({ status: 'completed', output: 3, visited: ['a', 'b'] });
  });

  it('tells of each step that did not run why (B79)', async () => {
    class Explains extends WorkflowBase<number, unknown> {
      @Start() a(n: number): number {
        return n;
      }
      @Router({ after: 'a', routes: { b: 'b', c: 'c' } }) choose(n: number): 'b' | 'c' {
        return n > 0 ? 'b' : 'c';
      }
      @Step({ onError: 'rescue' }) b(n: number): number {
        return n;
      }
      @Step() c(n: number): number {
        return n;
      }
      @Step({ after: 'c' }) afterC(n: number): number {
        return n;
      }
      @Step() rescue(_: unknown): number {
        return 0;
      }
    }
    expect(reasons(await make(Explains).run(1))).toEqual([
      'c: the router of "choose" returned "b", which does not lead here',
      'afterC: "c" did not run',
      'rescue: "b" did not fail',
    ]);
    expect(reasons(await make(Chain).run(1))).toEqual([]);
  });

  it('is told in part by the error of a run that failed, and by the outcome of one that was cancelled (B90)', async () => {
    class Partial extends WorkflowBase<boolean, unknown> {
      @Start() a(fails: boolean): boolean {
        return fails;
      }
      @Step({ after: 'a' }) b(fails: boolean, { signal }: StepContext): Promise<never> {
        if (fails) throw new Error('no');
        return new Promise((_r, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      }
      @Step({ after: 'b' }) c(value: unknown): unknown {
        return value;
      }
    }
    const { partial } = await thrownBy(() => make(Partial).run(true));
    expect(partial).toMatchObject({ visited: ['a'], perStep: { a: true } });
    expect(partial!.steps.map(({ node, outcome }) => `${node} ${outcome}`)).toEqual(['a completed', 'b failed']);
    expect(reasons(partial!)).toEqual(['c: the run ended before it could start']);
    const handle = make(Partial).start(false);
    await settled();
    handle.cancel();
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ status: 'cancelled', partial: { visited: ['a'] } });
    expect(outcome.status === 'cancelled' && outcome.partial.steps.at(-1)).toMatchObject({
      node: 'b',
      outcome: 'cancelled',
    });
  });
});
