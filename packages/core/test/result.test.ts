import { END, StepError, Workflow, type RunRecord } from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { settled, thrownBy } from './collect-events.js';

const increment = (value: number): number => value + 1;

function countTo(limit: number, options: object = {}): Workflow<number, number> {
  return new Workflow<number>('count', { maxSteps: Infinity, maxVisitsPerNode: Infinity, ...options })
    .addNode('up', increment)
    .setStart('up')
    .addRouter('up', (value) => value < limit, { true: 'up', false: END }) as never;
}

describe('The result of a run', () => {
  it('B93 has the output, what was visited, and the value of each step', async () => {
    const result = await Workflow.chain({ a: increment, b: increment }).run(1);
    expect(result).toMatchObject({ status: 'completed', output: 3, visited: ['a', 'b'], perStep: { a: 2, b: 3 } });
  });

  it('B94 lists every activation with node, visit, attempts, start, end and outcome', async () => {
    const clock = new VirtualClock({ startAt: 1000 });
    const gates = { slow: deferred(), quick: deferred() };
    const built = Workflow.parallel({ slow: () => gates.slow.promise, quick: () => gates.quick.promise }, { clock });
    const running = built.run(1);
    await clock.advance(10);
    gates.quick.resolve();
    await clock.advance(10);
    gates.slow.resolve();
    const { steps, visited } = await running;
    const common = { visit: 1, attempts: 1, outcome: 'completed' };
    expect(steps).toEqual([
      { ...common, node: 'quick', startedAt: 1000, endedAt: 1010 },
      { ...common, node: 'slow', startedAt: 1000, endedAt: 1020 },
      { ...common, node: 'merge', startedAt: 1020, endedAt: 1020 },
    ]);
    expect(visited).toEqual(['quick', 'slow', 'merge']);
  });

  it('B94, B95 keeps repeats, by activation; perStep has the last value', async () => {
    const result = await countTo(3).run(0);
    expect(result.visited).toEqual(['up', 'up', 'up']);
    expect(result.steps.map(({ visit }) => visit)).toEqual([1, 2, 3]);
    expect(result.perStep).toEqual({ up: 3 });
  });

  it('B96 holds values by reference, as the steps made them', async () => {
    const value = { count: 0 };
    const touch = (given: typeof value): typeof value => Object.assign(given, { count: given.count + 1 });
    const result = await Workflow.chain({ a: touch, b: touch }).run(value);
    expect(result.output).toBe(value);
    expect(result.perStep).toEqual({ a: { count: 2 }, b: { count: 2 } });
  });

  it('B97 has the ids of the run and how long it took', async () => {
    const clock = new VirtualClock({ startAt: 5000 });
    const gate = deferred();
    const running = Workflow.chain([() => gate.promise], { clock }).run(1, { userId: 'ada', sessionId: 's1' });
    await clock.advance(250);
    gate.resolve();
    const result = await running;
    const times = { startedAt: 5000, endedAt: 5250, durationMs: 250 };
    expect(result).toMatchObject({
      workflow: 'chain',
      userId: 'ada',
      sessionId: 's1',
      parentRunId: undefined,
      ...times,
    });
    expect(result.runId).toMatch(/^[0-9a-f-]{36}$/);
    const another = await Workflow.chain([increment]).run(1);
    expect(new Set([result.runId, another.runId, another.sessionId]).size).toBe(3);
    expect(another.runId).toBe(another.runId);
  });

  it('B98 keeps as much history as it is told to, and counts what it let go', async () => {
    const result = await countTo(50, { history: 3 }).run(0);
    expect(result.steps.map(({ visit }) => visit)).toEqual([48, 49, 50]);
    expect([result.visited, result.routes.length, result.dropped]).toEqual([['up', 'up', 'up'], 3, 94]);
    expect(result).toMatchObject({ output: 50, perStep: { up: 50 } });
    const none = await countTo(5, { history: 0 }).run(0);
    expect([none.visited, none.steps, none.routes, none.dropped, none.output]).toEqual([[], [], [], 10, 5]);
    const unbounded = await countTo(12_000, { history: Infinity }).run(0);
    expect([unbounded.visited.length, unbounded.dropped]).toEqual([12_000, 0]);
  });

  it('B98 keeps 10,000 entries where nothing is said', async () => {
    const result = await countTo(10_005).run(0);
    expect([result.visited.length, result.routes.length, result.dropped]).toEqual([10_000, 10_000, 10]);
  });

  it('is plain data as JSON', async () => {
    const result = await Workflow.chain({ a: increment }).run(1, { runId: 'r', sessionId: 's', userId: 'u' });
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      status: 'completed',
      output: 2,
      workflow: 'chain',
      runId: 'r',
      sessionId: 's',
      userId: 'u',
      startedAt: result.startedAt,
      endedAt: result.endedAt,
      durationMs: result.durationMs,
      visited: ['a'],
      perStep: { a: 2 },
      routes: [],
      steps: [expect.objectContaining({ node: 'a', outcome: 'completed' })],
      dropped: 0,
    });
  });

  it('does not change any more once the run is over', async () => {
    const result = await Workflow.chain({ a: increment }).run(1);
    (result.visited as string[]).push('forged');
    (result.perStep as Record<string, unknown>)['a'] = 'forged';
    (result.steps as unknown[]).length = 0;
    (result.routes as unknown[]).push('forged');
    expect(result).toMatchObject({ visited: ['a'], perStep: { a: 2 }, routes: [] });
    expect(result.steps).toHaveLength(1);
  });
});

describe('Why a node did not run', () => {
  const explain = (record: RunRecord): string[] => record.explain().map(({ node, reason }) => `${node}: ${reason}`);

  it('is told for each: routes not taken, sources that did not run or fail', async () => {
    const built = new Workflow<number>('w')
      .addNode('a', increment)
      .addNode('b', increment, { onError: 'rescue' })
      .addNode('c', increment)
      .addNode('afterC', increment)
      .addNode('rescue', () => 0)
      .setStart('a')
      .addRouter('a', () => 'b', { b: 'b', c: 'c' })
      .addEdge('c', 'afterC');
    expect(explain(await built.run(1))).toEqual([
      'c: the router of "a" returned "b", which does not lead here',
      'afterC: "c" did not run',
      'rescue: "b" did not fail',
    ]);
  });

  it('is nothing where all ran', async () => {
    expect((await Workflow.chain([increment, increment]).run(1)).explain()).toEqual([]);
  });

  it('is told by the partial record of a run that failed', async () => {
    const error = await thrownBy(() =>
      Workflow.chain({ a: increment, b: () => Promise.reject(new Error('no')), c: increment }).run(1),
    );
    expect(StepError.is(error)).toBe(true);
    expect(error.partial).toMatchObject({ visited: ['a'], perStep: { a: 2 } });
    expect(error.partial!.steps.map(({ node, outcome }) => `${node} ${outcome}`)).toEqual(['a completed', 'b failed']);
    expect(explain(error.partial!)).toEqual(['c: the run ended before it could start']);
  });

  it('is told by the partial record of a run that was cancelled', async () => {
    const gate = deferred();
    const handle = Workflow.chain({ a: () => gate.promise, b: increment }, { cancelGrace: 0 }).start(1);
    await settled();
    handle.cancel();
    const outcome = await handle.result();
    expect(outcome.status).toBe('cancelled');
    const record = outcome.status === 'cancelled' ? outcome.partial : undefined;
    expect(record?.steps).toMatchObject([{ node: 'a', outcome: 'cancelled' }]);
    expect(explain(record!)).toEqual(['b: the run ended before it could start']);
  });
});
