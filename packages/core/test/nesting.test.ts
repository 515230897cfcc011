import { currentContext, Workflow, type SpanInfo, type StepContext, type Telemetry } from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';

const increment = (value: number): number => value + 1;
const whoAmI = (_: unknown, { run }: StepContext): unknown => ({
  userId: run.userId,
  sessionId: run.sessionId,
  metadata: run.metadata,
  parentRunId: run.parentRunId,
});
const obedient = (_: unknown, { signal }: StepContext): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('A nested workflow', () => {
  it('B125 inherits user, session and metadata, under a run id of its own with its parent’s beside it', async () => {
    const innermost = Workflow.chain({ deep: whoAmI }, { name: 'innermost' });
    const outer = Workflow.chain([Workflow.chain([innermost], { name: 'middle' })]);
    const identity = { userId: 'ada', sessionId: 's1', metadata: { tier: 'gold' } };
    const { events } = await collectEvents(outer.stream(1, { ...identity, runId: 'r1' }));
    const started = ofType(events, 'run.started');
    expect(started.map(({ workflow }) => workflow)).toEqual(['chain', 'middle', 'innermost']);
    expect(new Set(started.map(({ runId }) => runId)).size).toBe(3);
    expect(started.map(({ parentRunId }) => parentRunId)).toEqual([undefined, 'r1', started[1]!.runId]);
    expect(events.at(-1)).toMatchObject({ output: { ...identity, parentRunId: started[1]!.runId } });
    expect(new Set(events.map(({ sessionId }) => sessionId))).toEqual(new Set(['s1']));
  });

  it('B125 keeps its own explicit telemetry, and inherits the outer one where it has none', async () => {
    const log = (): Telemetry & { names: string[] } => {
      const names: string[] = [];
      return { names, span: (info: SpanInfo, body) => (names.push(info.name), body()) };
    };
    const [outer, own] = [log(), log()];
    const inherits = Workflow.chain({ a: increment }, { name: 'inherits' });
    const explicit = Workflow.chain({ b: increment }, { name: 'explicit', telemetry: own });
    await Workflow.chain([inherits, explicit], { telemetry: outer }).run(1);
    expect(outer.names).toEqual(['chain', 'inherits', 'inherits', 'a', 'explicit']);
    expect(own.names).toEqual(['explicit', 'b']);
  });

  it('inherits the clock, so that one virtual clock moves all of a run', async () => {
    const clock = new VirtualClock({ startAt: 5000 });
    const inner = new Workflow('inner').addNode('a', obedient, { timeout: '1s' }).setStart('a');
    const failed = thrownBy(() => Workflow.chain([inner], { clock }).run(1));
    await clock.advance('1s');
    const error = await failed;
    expect(error.cause).toMatchObject({
      code: 'STEP_TIMEOUT',
      where: 'inner.a',
      partial: { startedAt: 5000, endedAt: 6000 },
    });
  });

  it('B111 shows its events in the outer stream, with the path that leads to it', async () => {
    const inner = Workflow.chain({ x: increment }, { name: 'inner' });
    const outer = Workflow.chain({ one: Workflow.chain({ two: inner }), after: increment });
    const { lines } = await collectEvents(outer.stream(1));
    expect(lines).toEqual([
      'run.started',
      'step.started one',
      'run.started one',
      'step.started one/two',
      'run.started one/two',
      'step.started one/two/x',
      'step.completed one/two/x',
      'run.completed one/two',
      'step.completed one/two',
      'run.completed one',
      'step.completed one',
      'step.started after',
      'step.completed after',
      'run.completed',
    ]);
  });

  it('B111 is followed as deep as the consumer asks', async () => {
    const inner = Workflow.chain({ two: Workflow.chain({ three: increment }) });
    const paths = async (depth: number): Promise<unknown> => {
      const { events } = await collectEvents(Workflow.chain({ one: inner }).stream(1, { depth }));
      return [...new Set(events.map(({ path }) => path.join('/')))];
    };
    expect(await paths(0)).toEqual(['']);
    expect(await paths(1)).toEqual(['', 'one']);
    expect(await paths(2)).toEqual(['', 'one', 'one/two']);
  });

  it('B112 numbers the events of each run apart, without gaps', async () => {
    const outer = Workflow.parallel([Workflow.chain([increment, increment]), Workflow.chain([increment])]);
    const { events } = await collectEvents(outer.stream(1));
    const numbers = new Map<string, number[]>();
    for (const { runId, seq } of events) numbers.set(runId, [...(numbers.get(runId) ?? []), seq]);
    expect(numbers.size).toBe(3);
    for (const seqs of numbers.values()) expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  it('fails the step that it stands in: the outer error’s cause is the inner one, each with its partial result', async () => {
    const original = new Error('deep down');
    const inner = Workflow.chain({ ok: increment, bad: () => Promise.reject(original) }, { name: 'inner' });
    const { lines, thrown } = await collectEvents(Workflow.chain({ first: increment, nested: inner }).stream(1));
    expect(thrown).toMatchObject({
      code: 'STEP_FAILED',
      where: 'chain.nested',
      partial: { workflow: 'chain', visited: ['first'] },
      cause: {
        code: 'STEP_FAILED',
        where: 'inner.bad',
        cause: original,
        partial: { workflow: 'inner', visited: ['ok'] },
      },
    });
    expect(lines.slice(-4)).toEqual([
      'step.failed nested/bad',
      'run.failed nested',
      'step.failed nested',
      'run.failed',
    ]);
  });

  it('is cancelled with the outer run, down to the innermost step, and announces it at every level', async () => {
    const signals: AbortSignal[] = [];
    const deep = (input: unknown, context: StepContext): Promise<never> => (
      signals.push(context.signal),
      obedient(input, context)
    );
    const outer = Workflow.chain({ one: Workflow.chain({ two: Workflow.chain({ deep }) }) });
    const handle = outer.start(1);
    const collecting = collectEvents(handle.events());
    await settled();
    handle.cancel('enough');
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ status: 'cancelled', error: { cause: 'enough', furtherErrors: [] } });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect((await collecting).lines.slice(-6)).toEqual([
      'step.cancelled one/two/deep',
      'run.cancelled one/two',
      'step.cancelled one/two',
      'run.cancelled one',
      'step.cancelled one',
      'run.cancelled',
    ]);
  });

  it('is cancelled when a sibling fails, and by a timeout of its step', async () => {
    const clock = new VirtualClock();
    const inner = Workflow.chain({ deep: obedient }, { name: 'inner', clock });
    const sibling = Workflow.parallel({ nested: inner, fails: () => Promise.reject(new Error('no')) });
    const { lines } = await collectEvents(sibling.stream(1));
    expect(lines.slice(-5)).toEqual([
      'step.failed fails',
      'step.cancelled nested/deep',
      'run.cancelled nested',
      'step.cancelled nested',
      'run.failed',
    ]);
    const timed = new Workflow('w', { clock }).addNode('nested', inner, { timeout: '1s' }).setStart('nested');
    const collecting = collectEvents(timed.stream(1));
    await clock.advance('1s');
    const timedOut = await collecting;
    expect(timedOut.lines.slice(-4)).toEqual([
      'step.cancelled nested/deep',
      'run.cancelled nested',
      'step.failed nested',
      'run.failed',
    ]);
    expect(timedOut.thrown).toMatchObject({ code: 'STEP_TIMEOUT', where: 'w.nested' });
  });

  it('has its own concurrency', async () => {
    let running = 0;
    const gate = deferred();
    const inner = Workflow.parallel(
      Array.from({ length: 3 }, () => () => (running++, gate.promise)),
      { maxConcurrency: 2 },
    );
    const done = Workflow.parallel([inner, inner, inner], { maxConcurrency: 2 }).run(1);
    await settled();
    expect(running).toBe(4);
    gate.resolve();
    await done;
    expect(running).toBe(9);
  });

  it('pauses with the outer consumer’s buffer', async () => {
    let done = 0;
    const inner = Workflow.chain(Array.from({ length: 30 }, () => () => ++done));
    const stream = Workflow.chain([inner]).stream(1, { buffer: 6 });
    await settled();
    expect(done).toBeLessThan(6);
    await stream.return!();
    await settled();
    expect(done).toBeLessThan(6);
  });
});

describe('A run inside a step function', () => {
  it('is nested in the run around it: it inherits, shows its events, and has its path', async () => {
    const inner = Workflow.chain({ who: whoAmI }, { name: 'inner' });
    const outer = Workflow.chain({ code: async () => (await inner.run(1)).output });
    const identity = { userId: 'ada', sessionId: 's1', metadata: { tier: 'gold' } };
    const { events, lines } = await collectEvents(outer.stream(1, { ...identity, runId: 'r1' }));
    expect(events.at(-1)).toMatchObject({ output: { ...identity, parentRunId: 'r1' } });
    expect(lines).toEqual([
      'run.started',
      'step.started code',
      'run.started code',
      'step.started code/who',
      'step.completed code/who',
      'run.completed code',
      'step.completed code',
      'run.completed',
    ]);
  });

  it('is cancelled with the step', async () => {
    const inner = Workflow.chain({ deep: obedient }, { name: 'inner' });
    const failures: unknown[] = [];
    const handle = Workflow.chain({
      code: () =>
        inner.run(1).catch((error: unknown) => {
          failures.push(error);
          throw error;
        }),
    }).start(1);
    await settled();
    handle.cancel('enough');
    expect(await handle.result()).toMatchObject({ status: 'cancelled', error: { furtherErrors: [] } });
    expect(failures).toMatchObject([{ code: 'RUN_CANCELLED', workflow: 'inner' }]);
  });

  it('counts towards maxTotalSteps', async () => {
    const inner = Workflow.chain([increment, increment]);
    const outer = Workflow.chain([async () => (await inner.run(1)).output]);
    expect((await outer.run(1, { maxTotalSteps: 3 })).output).toBe(3);
    const error = await thrownBy(() => outer.run(1, { maxTotalSteps: 2 }));
    expect(error.cause).toMatchObject({ code: 'MAX_TOTAL_STEPS', where: 'chain.increment_1' });
  });

  it('of a workflow by itself is a recursion that its caps bound', async () => {
    const depths: number[] = [];
    const recursive: Workflow<number> = Workflow.chain([
      async (depth: number): Promise<unknown> => {
        depths.push(depth);
        return depth === 0 ? currentContext().userId : (await recursive.run(depth - 1)).output;
      },
    ]) as never;
    expect((await recursive.run(5, { userId: 'ada' })).output).toBe('ada');
    expect(depths).toEqual([5, 4, 3, 2, 1, 0]);
    await expect(recursive.run(Infinity, { maxTotalSteps: 50 })).rejects.toMatchObject({ code: 'STEP_FAILED' });
    expect(depths).toHaveLength(6 + 50);
  });

  it('that is started and left to itself does not outlive the cancellation of its run, nor break a finished one', async () => {
    const gate = deferred<number>();
    const inner = Workflow.chain([() => gate.promise]);
    let left: Promise<unknown> | undefined;
    const result = await Workflow.chain([() => void (left = inner.run(1).then(({ output }) => output))]).run(1);
    expect(result.output).toBeUndefined();
    gate.resolve(7);
    expect(await left).toBe(7);
  });
});
