import { currentContext, END, Workflow, type MapOptions, type StepContext, type StepFailure } from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';

const map = (
  item: (value: any, context: StepContext) => unknown,
  options: MapOptions = {},
  clock?: VirtualClock,
): Workflow => new Workflow('w', { clock }).addMap('each', item, options).setStart('each') as never;

describe('A map node', () => {
  it('calls its function once per item, with the item and its place, and keeps the order of the list', async () => {
    const gates = [deferred<string>(), deferred<string>(), deferred<string>()];
    const places: unknown[] = [];
    const running = map((value: number, { item, node, visit }) => {
      places.push([value, item, node, visit]);
      return gates[value]!.promise;
    }).run([0, 1, 2]);
    for (const place of [1, 2, 0]) {
      await settled();
      gates[place]!.resolve(`result ${place}`);
    }
    expect((await running).output).toEqual(['result 0', 'result 1', 'result 2']);
    expect(places).toEqual([0, 1, 2].map((place) => [place, place, 'each', 1]));
  });

  it('gives the empty list for an empty one, and calls nothing', async () => {
    const called: unknown[] = [];
    expect((await map((value) => called.push(value)).run([])).output).toEqual([]);
    expect((await map((value) => called.push(value), { settled: true }).run([])).output).toEqual([]);
    expect(called).toEqual([]);
  });

  it('runs as many items at a time as it is told, or as the workflow runs activations', async () => {
    const peakOf = async (options: MapOptions, workflow: object = {}): Promise<number> => {
      let [running, peak] = [0, 0];
      const item = async (): Promise<void> => {
        peak = Math.max(peak, ++running);
        await settled();
        running--;
      };
      await new Workflow('w', workflow).addMap('each', item, options).setStart('each').run(Array(20).fill(0));
      return peak;
    };
    expect([await peakOf({ concurrency: 3 }), await peakOf({}), await peakOf({}, { maxConcurrency: 2 })]).toEqual([
      3, 8, 2,
    ]);
    expect(await peakOf({ concurrency: 1 })).toBe(1);
    expect(await peakOf({ concurrency: Infinity })).toBe(20);
  });

  it('handles long lists of synchronous items without recursion', async () => {
    const list = Array.from({ length: 50_000 }, (_, index) => index);
    const { output } = await map((value: number) => value + 1, { concurrency: 2 }).run(list);
    expect((output as number[]).at(-1)).toBe(50_000);
  });

  it('fails with the first failure, aborts what runs, and begins no further item', async () => {
    const error = new Error('item 1');
    const seen: string[] = [];
    const { lines, thrown } = await collectEvents(
      map(
        async (value: number, { signal }) => {
          seen.push(`begin ${value}`);
          await settled();
          if (value === 1) throw error;
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => {
              seen.push(`abort ${value}`);
              reject(signal.reason);
            }),
          );
        },
        { concurrency: 2 },
      ).stream([0, 1, 2, 3]),
    );
    expect(thrown).toMatchObject({ code: 'STEP_FAILED', where: 'w.each', cause: error });
    expect(seen).toEqual(['begin 0', 'begin 1', 'abort 0']);
    expect(lines.slice(-2)).toEqual(['step.failed each', 'run.failed']);
  });

  it('with settled gives an outcome for each item instead', async () => {
    const error = new Error('item 1');
    const { output } = await map((value: number) => (value === 1 ? Promise.reject(error) : value * 10), {
      settled: true,
    }).run([0, 1, 2]);
    expect(output).toEqual([
      { status: 'fulfilled', value: 0 },
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: 20 },
    ]);
  });

  it('announces every item with its place, between the start and the end of the node', async () => {
    const { events, lines } = await collectEvents(
      map((value: number) => (value === 1 ? Promise.reject(new Error('no')) : value), {
        settled: true,
        concurrency: 1,
      }).stream([0, 1]),
    );
    expect(lines).toEqual([
      'run.started',
      'step.started each',
      'item.completed each',
      'item.failed each',
      'step.completed each',
      'run.completed',
    ]);
    expect(ofType(events, 'item.completed')[0]).toMatchObject({ index: 0, total: 2, visit: 1 });
    expect(ofType(events, 'item.failed')[0]).toMatchObject({ index: 1, total: 2, error: { message: 'no' } });
  });

  it('tries and times each item by itself', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const tries: string[] = [];
    const item = (value: number, { attempt, signal }: StepContext): unknown => {
      tries.push(`${value}.${attempt} at ${clock.now()}`);
      if (value === 0 && attempt === 1) throw new Error('once');
      if (value === 1 && attempt === 1)
        return new Promise((_r, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return `${value} done`;
    };
    const running = map(item, { timeout: '5s', retry: { initialInterval: '1s' } }, clock).run([0, 1, 2]);
    await clock.advance('1m');
    expect((await running).output).toEqual(['0 done', '1 done', '2 done']);
    expect(tries).toEqual(['0.1 at 0', '1.1 at 0', '2.1 at 0', '0.2 at 1000', '1.2 at 6000']);
  });

  it.each([
    ['undefined', undefined],
    ['"text"', 'text'],
    ['an object', { length: 1 }],
    ['an instance of Set', new Set([1])],
  ])('refuses %s, which is no list', async (shown, input) => {
    const error = await thrownBy(() => map(() => 1).run(input));
    expect(error).toMatchObject({ code: 'MAP_INPUT_NOT_A_LIST', where: 'w.each' });
    expect(error.message).toContain(`it received ${shown} (allowed: an array)`);
  });

  it('takes a workflow per item, which inherits the context', async () => {
    const inner = Workflow.chain([(value: number) => `${value} of ${currentContext().userId}`], { name: 'inner' });
    const outer = new Workflow('w').addMap('each', inner).setStart('each');
    const { events } = await collectEvents(outer.stream([1, 2], { userId: 'ada' }));
    expect(events.at(-1)).toMatchObject({ output: ['1 of ada', '2 of ada'] });
    const nested = ofType(events, 'run.started').filter(({ workflow }) => workflow === 'inner');
    expect(nested.map(({ path }) => path)).toEqual([['each'], ['each']]);
    expect(new Set(nested.map(({ runId }) => runId)).size).toBe(2);
  });

  it('is cancelled with the run: every item’s signal is aborted', async () => {
    let aborted = 0;
    const handle = map(
      (_, { signal }) =>
        new Promise((_r, reject) => signal.addEventListener('abort', () => (aborted++, reject(signal.reason)))),
    ).start([1, 2, 3]);
    await settled();
    handle.cancel();
    expect((await handle.result()).status).toBe('cancelled');
    expect(aborted).toBe(3);
  });

  it('counts as one activation in each iteration of a loop', async () => {
    const built = new Workflow<number[]>('w', { maxVisitsPerNode: 4 })
      .addMap('each', (value: number) => value * 2)
      .setStart('each')
      .addRouter('each', (values) => values[0]! < 16, { true: 'each', false: END });
    expect(await built.run([1, 2, 3])).toMatchObject({
      output: [16, 32, 48],
      visited: ['each', 'each', 'each', 'each'],
    });
  });

  it('leads on by an error edge with the failure of the whole', async () => {
    const built = new Workflow('w')
      .addMap('each', () => Promise.reject(new Error('no')), { onError: 'rescue' })
      .addNode('rescue', ({ error, input }: StepFailure) => [(error as Error).message, input])
      .setStart('each');
    expect((await built.run([1])).output).toEqual(['no', [1]]);
  });
});
