/** The catalogue in class form: what of group F (a fixed or a free number of branches) a step per item is for. */
import { type RunnableStep, type Settled } from '@drawloom/core';
import { Configure, End, ForEach, Start, WorkflowBase, type PerItem } from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';
import { settled } from '../../core/test/collect-events.js';
import { bothWays } from './support/both-ways.js';

describe.each(bothWays)('A step per item of a class, %s,', (_, make) => {
  it('keeps the order of the list, whatever ends first, and runs as many as it is told (B51, B57)', async () => {
    const gates = [deferred<string>(), deferred<string>(), deferred<string>()];
    const begun: number[] = [];
    class Each extends WorkflowBase<number[], string[]> {
      @Start() @ForEach({ concurrency: 2 }) @End() async each(n: number): Promise<PerItem<string>> {
        begun.push(n);
        return gates[n]!.promise;
      }
    }
    const running = make(Each).run([0, 1, 2]);
    await settled();
    expect(begun).toEqual([0, 1]);
    for (const n of [1, 2, 0]) {
      gates[n]!.resolve(`result ${n}`);
      await settled();
    }
    expect((await running).output).toEqual(['result 0', 'result 1', 'result 2']);
  });

  it('with settled gives an outcome for each item, else fails with the first failure (B52, B54)', async () => {
    const failure = new Error('item 1');
    class Settles extends WorkflowBase<number[], unknown> {
      @Start() @ForEach({ settled: true }) @End() each(n: number): PerItem<number, 'settled'> {
        if (n === 1) throw failure;
        return n * 10;
      }
    }
    class Fails extends WorkflowBase<number[], unknown> {
      @Start() @ForEach() @End() each(n: number): PerItem<number> {
        if (n === 1) throw failure;
        return n * 10;
      }
    }
    const outcomes: Settled<number>[] = [
      { status: 'fulfilled', value: 0 },
      { status: 'rejected', reason: failure },
      { status: 'fulfilled', value: 20 },
    ];
    expect((await make(Settles).run([0, 1, 2])).output).toEqual(outcomes);
    await expect(make(Fails).run([0, 1, 2])).rejects.toMatchObject({
      code: 'STEP_FAILED',
      where: 'Fails.each',
      cause: failure,
    });
  });

  it('gives an empty list for an empty one, counts as one visit, and refuses what is no list (B88)', async () => {
    @Configure({ maxSteps: 1 })
    class Lists extends WorkflowBase<unknown[], unknown[]> {
      @Start() @ForEach() @End() each(item: unknown): PerItem<unknown[]> {
        return [item];
      }
    }
    expect((await make(Lists).run([])).output).toEqual([]);
    expect(await make(Lists).run([1, 2, 3])).toMatchObject({ output: [[1], [2], [3]], visited: ['each'] });
    await expect(make(Lists).run('text' as never)).rejects.toMatchObject({ code: 'MAP_INPUT_NOT_A_LIST' });
  });

  it('calls what a property holds for each item (B24)', async () => {
    class Inner extends WorkflowBase<number, number> {
      @Start() double(n: number): number {
        return n * 2;
      }
    }
    class Outer extends WorkflowBase<number[], number[]> {
      @Start() @ForEach({ concurrency: 1 }) @End() readonly inner: RunnableStep<number, PerItem<number>> = new Inner();
    }
    expect((await make(Outer).run([1, 2])).output).toEqual([2, 4]);
  });
});
