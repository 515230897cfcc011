import { END, RunError, Workflow, type StepContext } from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import { collectEvents, settled, thrownBy } from './collect-events.js';

const same = <T>(value: T): T => value;
const increment = (value: number): number => value + 1;

/** a → a for as long as the value is below `until`. */
function selfLoop(until: number, options: object, count: number[] = []): Workflow<number, number> {
  return new Workflow<number>('loop', options)
    .addNode('a', (value: number) => (count.push(value), value + 1))
    .setStart('a')
    .addRouter('a', (value) => value < until, { true: 'a', false: END }) as never;
}

describe('Cycles and caps', () => {
  it('B85 runs the seed’s cycle in exactly its order', async () => {
    const choices = ['C', 'D', 'out'];
    const built = new Workflow('seed')
      .addNode('A', same)
      .addNode('B', same)
      .addNode('classify', () => choices.shift())
      .addNode('C', same)
      .addNode('D', same)
      .setStart('A')
      .addEdge('A', 'B')
      .addEdge('B', 'classify')
      .addRouter('classify', same as never, { C: 'C', D: 'D', out: END })
      .addEdge('C', 'B')
      .addEdge('D', 'B');
    const { visited } = await built.run('x');
    expect(visited.join(' ')).toBe('A B classify C B classify D B classify');
  });

  it('B86, B88 maxSteps of N allows exactly N, and refuses the next before it starts', async () => {
    const count: number[] = [];
    expect((await selfLoop(10, { maxSteps: 10 }).run(0)).output).toBe(10);
    const error = await thrownBy(() => selfLoop(10, { maxSteps: 9 }, count).run(0));
    expect(count).toHaveLength(9);
    expect(error).toMatchObject({ code: 'MAX_STEPS', where: 'loop.a', workflow: 'loop', node: 'a', cap: { cap: 9 } });
    expect(error.message).toContain('maxSteps of 9 is used up, and this node was about to run');
  });

  it('B86, B87 bounds runs by 100 steps and 25 visits where nothing else is said', async () => {
    await expect(selfLoop(Infinity, {}).run(0)).rejects.toMatchObject({ code: 'MAX_VISITS', cap: { cap: 25 } });
    const visited = await selfLoop(25, {}).run(0);
    expect(visited.visited).toHaveLength(25);
    await expect(selfLoop(Infinity, { maxVisitsPerNode: 1000 }).run(0)).rejects.toMatchObject({
      code: 'MAX_STEPS',
      cap: { cap: 100 },
    });
  });

  it('B87, B88 maxVisitsPerNode of N allows exactly N, and tells what kept the cycle turning', async () => {
    const built = new Workflow<number>('loop', { maxVisitsPerNode: 3 })
      .addNode('before', same<number>)
      .addNode('a', increment)
      .addNode('b', same<number>)
      .setStart('before')
      .addEdge('before', 'a')
      .addEdge('a', 'b')
      .addRouter('b', () => 'again', { again: 'a', done: END });
    const error = await thrownBy(() => built.run(0));
    expect(RunError.is(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'MAX_VISITS',
      where: 'loop.a',
      cap: {
        node: 'a',
        cap: 3,
        cycle: [
          { node: 'a', visits: 3 },
          { node: 'b', visits: 3 },
        ],
      },
    });
    expect((error as RunError).cap!.lastKeys).toEqual([{ router: 'b', keys: ['again'] }]);
    expect(error.message).toContain('(cycle: a ×3 → b ×3; last b returned "again")');
    expect(error.fix).toBe('let the router pick its exit, or raise maxVisitsPerNode');
  });

  it.each([
    ['a wide fan-out', 1],
    ['one slot', 8],
    ['many slots', 3],
  ])('B88 counts exactly under concurrency: %s', async (_, maxConcurrency) => {
    const started: string[] = [];
    const branch = async (_: number, { node }: StepContext): Promise<void> => {
      started.push(node);
      await settled();
    };
    const built = Workflow.parallel(
      Array.from({ length: 12 }, () => branch),
      { maxSteps: 7, maxConcurrency },
    );
    await expect(built.run(1)).rejects.toMatchObject({ code: 'MAX_STEPS', node: 'branch_7' });
    expect(started).toHaveLength(7);
  });

  it('B88 does not count routers, skipped nodes and the items of a map', async () => {
    const built = new Workflow<number[]>('w', { maxSteps: 2 })
      .addMap('each', increment)
      .addNode('skipped', same)
      .addNode('end', same)
      .setStart('each')
      .addRouter('each', () => 'end', { end: 'end', other: 'skipped' });
    expect((await built.run([1, 2, 3, 4, 5])).output).toEqual([2, 3, 4, 5, 6]);
  });

  it('B89 aborts what runs when a cap trips, announces the failure, then throws it', async () => {
    const aborted: unknown[] = [];
    const built = new Workflow<number>('w', { maxSteps: 2 })
      .addNode('waits', (_: number, { signal }: StepContext) => waitForAbort(signal, aborted))
      .addNode('quick', same<number>)
      .addNode('next', same<number>)
      .setStart('waits')
      .setStart('quick')
      .addEdge('quick', 'next');
    const { events, lines, thrown } = await collectEvents(built.stream(1));
    expect(lines).toEqual([
      'run.started',
      'step.started waits',
      'step.started quick',
      'step.completed quick',
      'step.cancelled waits',
      'run.failed',
    ]);
    expect(events.at(-1)).toMatchObject({ error: { name: 'RunError', code: 'MAX_STEPS' } });
    expect(thrown).toMatchObject({ code: 'MAX_STEPS', node: 'next' });
    expect(aborted).toEqual([thrown]);
  });

  it('B90 carries the partial result: what was visited, every value, every route', async () => {
    const error = await thrownBy(() =>
      selfLoop(Infinity, { maxVisitsPerNode: 3 }).run(0, { runId: 'r1', userId: 'ada' }),
    );
    expect(error.partial).toMatchObject({
      workflow: 'loop',
      runId: 'r1',
      userId: 'ada',
      visited: ['a', 'a', 'a'],
      perStep: { a: 3 },
    });
    expect(error.partial!.routes).toHaveLength(3);
    expect(error.partial!.steps.map(({ visit, outcome }) => `${visit} ${outcome}`)).toEqual([
      '1 completed',
      '2 completed',
      '3 completed',
    ]);
  });

  it('B91 runs a self-loop and an endless cycle without a router, capped like any other', async () => {
    expect((await selfLoop(5, {}).run(0)).visited).toEqual(['a', 'a', 'a', 'a', 'a']);
    const endless = new Workflow<number>('w').addNode('a', increment).setStart('a').addEdge('a', 'a');
    await expect(endless.run(0)).rejects.toMatchObject({ code: 'MAX_VISITS' });
  });

  it('B92 gives a nested workflow caps of its own: its steps do not count in the outer run', async () => {
    const inner = selfLoop(20, { maxSteps: 20 });
    const outer = Workflow.chain([inner, inner], { maxSteps: 2 });
    expect((await outer.run(0)).output).toBe(21);
    const tight = Workflow.chain([selfLoop(20, { maxSteps: 5 })]);
    const error = await thrownBy(() => tight.run(0));
    expect(error).toMatchObject({
      code: 'STEP_FAILED',
      where: 'chain.loop',
      cause: { code: 'MAX_STEPS', where: 'loop.a' },
    });
  });

  it('B92 bounds a run and all that is nested in it with maxTotalSteps', async () => {
    const inner = selfLoop(4, {});
    const outer = (): Workflow<number, number> => Workflow.chain([(value: number) => value, inner]) as never;
    expect((await outer().run(0, { maxTotalSteps: 6 })).output).toBe(4);
    const error = await thrownBy(() => outer().run(0, { maxTotalSteps: 5 }));
    expect(error).toMatchObject({
      code: 'STEP_FAILED',
      cause: { code: 'MAX_TOTAL_STEPS', where: 'loop.a', cap: { cap: 5 } },
    });
    await expect(selfLoop(4, {}).run(0, { maxTotalSteps: 3 })).rejects.toMatchObject({ code: 'MAX_TOTAL_STEPS' });
  });

  it('B92 bounds a run and all that is nested in it with a timeout', async () => {
    const clock = new VirtualClock();
    const aborted: unknown[] = [];
    const inner = Workflow.chain([(_: number, { signal }: StepContext) => waitForAbort(signal, aborted)], { clock });
    const failed = thrownBy(() => Workflow.chain([inner], { clock, timeout: '30s' }).run(1));
    await clock.advance('29s');
    expect(aborted).toEqual([]);
    await clock.advance('1s');
    expect(await failed).toMatchObject({ code: 'RUN_TIMEOUT', where: 'chain' });
    expect(aborted).toHaveLength(1);
  });
});

function waitForAbort(signal: AbortSignal, aborted: unknown[]): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => {
      aborted.push(signal.reason);
      reject(signal.reason);
    }),
  );
}
