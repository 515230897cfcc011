import { END, START, Workflow, type RunEvent, type StepContext } from '@drawloom/core';
import { deferred } from '@drawloom/testing';

describe('context.finish', () => {
  it('B77 ends the whole run with its value, where an edge to END ends its branch only', async () => {
    const never = deferred<string>();
    const signals: AbortSignal[] = [];
    const workflow = new Workflow<string>('first-answer')
      .addNode('slow', (_: string, context: StepContext) => {
        signals.push(context.signal);
        context.signal.addEventListener('abort', () => never.reject(context.signal.reason));
        return never.promise;
      })
      .addNode('quick', (question: string, context: StepContext) => {
        context.finish(`answer to ${question}`);
        return 'ignored';
      })
      .addNode('later', () => 'never runs')
      .addEdge(START, 'slow')
      .addEdge(START, 'quick')
      .addEdge('quick', 'later');
    const events: RunEvent[] = [];
    for await (const event of workflow.stream('why')) events.push(event);
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: 'answer to why' });
    expect(signals[0]!.aborted).toBe(true);
    expect(events.filter((event) => event.type === 'step.cancelled')).toMatchObject([{ node: 'slow' }]);
    expect(events.some((event) => event.type === 'step.started' && event.node === 'later')).toBe(false);
  });

  it('takes the value of the first step that finishes', async () => {
    const finish = (value: number, context: StepContext): void => context.finish(value);
    const workflow = new Workflow<number>('race')
      .addNode('a', finish)
      .addNode('b', (value: number, context: StepContext) => context.finish(value + 1))
      .addEdge(START, 'a')
      .addEdge(START, 'b');
    expect((await workflow.run(1)).output).toBe(1);
  });

  it('has no effect on a run that has ended', async () => {
    let kept: StepContext | undefined;
    const result = await Workflow.chain([
      (value: number, context: StepContext) => {
        kept = context;
        return value;
      },
    ]).run(7);
    kept!.finish('too late');
    expect(result.output).toBe(7);
  });
});

describe('option freeze', () => {
  const build = (freeze: boolean) =>
    new Workflow<number>('shared', { freeze })
      .addNode('make', (count: number) => ({ items: [count] }))
      .addNode('spoil', (value: { items: number[] }) => {
        value.items.push(99);
        return 'spoilt';
      })
      .addNode('read', async (value: { items: number[] }) => value.items.length)
      .setStart('make')
      .addEdge('make', 'spoil')
      .addEdge('make', 'read');

  it('B26 hands the same object to all branches without it', async () => {
    expect((await build(false).run(1)).perStep).toMatchObject({ read: 2, make: { items: [1, 99] } });
  });

  it('B26 keeps a branch from changing what another one sees', async () => {
    const failure = await build(true)
      .run(1)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'STEP_FAILED',
      node: 'spoil',
      partial: { perStep: { make: { items: [1] } } },
    });
  });

  it('B96 freezes what asynchronous steps and maps give, too', async () => {
    const workflow = new Workflow<number[]>('maps', { freeze: true })
      .addMap('wrap', async (value: number) => ({ value }))
      .setStart('wrap')
      .addEdge('wrap', END);
    const { output } = await workflow.run([1, 2]);
    expect((output as object[]).every((item) => Object.isFrozen(item))).toBe(true);
  });
});

describe('A nested workflow', () => {
  it('has its mistakes reported with those around it', () => {
    const inner = new Workflow('inner').addNode('lonely', () => 1);
    const outer = new Workflow('outer').addNode('inner', inner).setStart('innr');
    expect(() => outer.validate()).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({ code: 'NO_START', where: 'inner' }),
          expect.objectContaining({ code: 'UNKNOWN_NODE', where: 'outer' }),
        ],
      }) as Error,
    );
  });

  it('is taken as it is when the outer one is compiled: plan, drawing and hash agree', async () => {
    const inner = new Workflow<number>('inner').addNode('one', (value: number) => value + 1).setStart('one');
    const outer = new Workflow<number>('outer').addNode('inner', inner).setStart('inner').validate();
    const drawn = outer.toMermaid();
    inner.addNode('two', (value: number) => value * 10).addEdge('one', 'two');
    expect((await outer.run(1)).output).toBe(2);
    expect(outer.toMermaid()).toBe(drawn);
    expect((await inner.run(1)).output).toBe(20);
  });

  it('is bound by its own budget and by the one around it', async () => {
    const inner = Workflow.chain([(value: number) => value, (value: number) => value]);
    const own = new Workflow<number>('own').addNode('call', async (value: number) => {
      const { output } = await inner.run(value, { maxTotalSteps: 1 });
      return output;
    });
    await expect(own.setStart('call').run(1, { maxTotalSteps: 100 })).rejects.toMatchObject({
      cause: { code: 'MAX_TOTAL_STEPS', cap: { cap: 1 } },
    });
    await expect(Workflow.chain([inner]).run(1, { maxTotalSteps: 2 })).rejects.toMatchObject({
      cause: { code: 'MAX_TOTAL_STEPS', cap: { cap: 2 } },
    });
  });
});
