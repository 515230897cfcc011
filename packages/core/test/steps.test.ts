import { currentContext, Workflow, type StepContext, type StepError } from '@drawloom/core';
import { deferred } from '@drawloom/testing';
import { collectEvents, settled, thrownBy } from './collect-events.js';

const single = <I, O>(step: (input: I, context: StepContext) => O): Workflow<I, Awaited<O>> =>
  new Workflow('w').addNode('only', step).setStart('only') as never;

describe('What counts as a step', () => {
  it('B19 an async function is awaited with the value that arrives, and its result is passed on', async () => {
    const built = Workflow.chain([async (value: number) => value + 1, async (value: number) => `${value}!`]);
    expect((await built.run(1)).output).toBe('2!');
  });

  it('B20 a synchronous function runs inline and sees the context of the run', async () => {
    const built = single((value: string) => `${value} of ${currentContext().userId}`);
    expect((await built.run('note', { userId: 'ada' })).output).toBe('note of ada');
  });

  it('B21 every step gets a signal, and the failure of a sibling aborts it at once', async () => {
    const reached = deferred<unknown>();
    const built = Workflow.parallel([
      async (_: number, { signal }: StepContext) => {
        signal.addEventListener('abort', () => reached.resolve(signal.reason));
        await reached.promise;
      },
      async () => Promise.reject(new Error('sibling')),
    ]);
    await expect(built.run(1)).rejects.toMatchObject({ code: 'STEP_FAILED', cause: { message: 'sibling' } });
    expect(await reached.promise).toMatchObject({ code: 'STEP_FAILED' });
  });

  it('B22 any thenable that a step returns is awaited', async () => {
    const foreign = { then: (resolve: (value: string) => void) => resolve('from a thenable') };
    const callable = Object.assign(() => undefined, {
      then: (resolve: (value: string) => void) => resolve('callable'),
    });
    const late = async (): Promise<string> => 'from an async function';
    expect((await single(() => foreign).run(1)).output).toBe('from a thenable');
    expect((await single(() => callable).run(1)).output).toBe('callable');
    expect((await single(() => late()).run(1)).output).toBe('from an async function');
  });

  it('B22 a thenable that rejects, and one that throws, fail the step', async () => {
    const rejecting = { then: (_: unknown, reject: (error: unknown) => void) => reject(new Error('rejected')) };
    const throwing = {
      then: () => {
        throw new Error('thrown');
      },
    };
    await expect(single(() => rejecting).run(1)).rejects.toMatchObject({ cause: { message: 'rejected' } });
    await expect(single(() => throwing).run(1)).rejects.toMatchObject({ cause: { message: 'thrown' } });
  });

  it('B23 anything with a method runStep is a step: it is called as a method, with input and context', async () => {
    const agent = {
      name: 'greeter',
      greeting: 'Hello',
      runStep(input: string, context: StepContext) {
        return `${this.greeting} ${input} at ${context.node}`;
      },
    };
    const result = await Workflow.chain([agent, agent]).run('Ada');
    expect(result.output).toBe('Hello Hello Ada at greeter at greeter_1');
  });

  it('B24 a workflow is a step: it runs whole, and its output becomes the output of the step', async () => {
    const inner = Workflow.chain([(value: number) => value + 1, (value: number) => value * 10], { name: 'inner' });
    const outer = Workflow.chain([inner, (value: number) => value + 1]);
    const result = await outer.run(1);
    expect(result.output).toBe(21);
    expect(result.visited).toEqual(['inner', 'step_1']);
  });

  it('B25 a step may return anything, nothing included, and the next one gets exactly that', async () => {
    for (const value of [undefined, null, 0, '', NaN, Symbol.for('s'), [], new Map([[1, 2]])]) {
      const result = await Workflow.chain([() => value, (given: unknown) => [given]]).run('x');
      expect(result.output).toEqual([value]);
    }
  });

  it('B25 the same function may stand under several names', async () => {
    const increment = (value: number): number => value + 1;
    const built = new Workflow<number>('w')
      .addNode('a', increment)
      .addNode('b', increment)
      .setStart('a')
      .addEdge('a', 'b');
    expect((await built.run(1)).perStep).toEqual({ a: 2, b: 3 });
  });

  it('B26 the targets of a fan-out get the same object, not copies', async () => {
    const value = { shared: true };
    const given: unknown[] = [];
    await Workflow.parallel([(input: object) => given.push(input), (input: object) => given.push(input)]).run(value);
    expect(given[0]).toBe(value);
    expect(given[1]).toBe(value);
  });

  it('B27 the sugar takes a name from the step, else from the function, else from its place', async () => {
    const named = Object.assign((value: number) => value, { runStep: undefined });
    Object.defineProperty(named, 'name', { value: 'explicit' });
    const nameless = [(value: number) => value][0]!;
    Object.defineProperty(nameless, 'name', { value: '' });
    function ownName(value: number): number {
      return value;
    }
    const agent = { runStep: (value: number) => value };
    const steps = [named, ownName, nameless, agent];
    expect((await Workflow.chain(steps).run(1)).visited).toEqual(['explicit', 'ownName', 'step_2', 'step_3']);
    const { visited } = await Workflow.parallel(steps).run(1);
    expect(visited).toEqual(['explicit', 'ownName', 'branch_2', 'branch_3', 'merge']);
  });

  it('B27 chain and parallel take steps by name', async () => {
    const same = (value: number): number => value;
    expect((await Workflow.chain({ first: same, second: same }).run(1)).visited).toEqual(['first', 'second']);
    expect((await Workflow.parallel({ left: same, right: same }).run(1)).visited).toEqual(['left', 'right', 'merge']);
  });
});

describe('What a step is handed', () => {
  it('is its input and a context that says which activation it is', async () => {
    const seen: unknown[] = [];
    const built = new Workflow<number>('loop')
      .addNode('again', (value: number, { workflow, node, visit, attempt, item, idempotencyKey }: StepContext) => {
        seen.push({ value, workflow, node, visit, attempt, item, idempotencyKey });
        return value + 1;
      })
      .setStart('again')
      .addNode('list', (value: number) => [value, value])
      .addMap('each', (_: number, { item, idempotencyKey }: StepContext) => seen.push({ item, idempotencyKey }))
      .addRouter('again', (value) => value < 3, { true: 'again' }, { default: 'list' })
      .addEdge('list', 'each');
    await built.run(1, { runId: 'r1' });
    const common = { workflow: 'loop', node: 'again', attempt: 1, item: undefined };
    expect(seen).toEqual([
      { ...common, value: 1, visit: 1, idempotencyKey: 'r1/again/1' },
      { ...common, value: 2, visit: 2, idempotencyKey: 'r1/again/2' },
      { item: 0, idempotencyKey: 'r1/each/1/0' },
      { item: 1, idempotencyKey: 'r1/each/1/1' },
    ]);
  });

  it('has a signal that is not aborted while the run goes well, nor afterwards', async () => {
    let signal: AbortSignal | undefined;
    await single((_: number, context) => void ({ signal } = context)).run(1);
    expect(signal?.aborted).toBe(false);
  });

  it('lets it announce something of its own to whoever follows the events', async () => {
    const built = single((_: string, context) => context.emit('progress', { percent: 50 }));
    const { events, lines } = await collectEvents(built.stream('x'));
    expect(lines).toEqual([
      'run.started',
      'step.started only',
      'step.emitted only',
      'step.completed only',
      'run.completed',
    ]);
    expect(events[2]).toMatchObject({ name: 'progress', data: { percent: 50 }, visit: 1 });
  });
});

describe('A step that never calls back', () => {
  it('keeps the run waiting without starting what follows', async () => {
    const gate = deferred<number>();
    let followed = false;
    const running = Workflow.chain([() => gate.promise, () => (followed = true)]).run(1);
    await settled();
    expect(followed).toBe(false);
    gate.resolve(1);
    await running;
    expect(followed).toBe(true);
  });
});

describe('The input of a step', () => {
  /** Takes `{ n: number }` and gives the number; as much of a schema library as these tests need. */
  const amount = {
    '~standard': {
      version: 1 as const,
      vendor: 'by-hand',
      validate: (value: unknown) => {
        const { n } = (value ?? {}) as { n?: unknown };
        return typeof n === 'number' ? { value: n } : { issues: [{ message: `no number: ${String(n)}`, path: ['n'] }] };
      },
    },
  };

  it('is what its schema makes of what arrives', async () => {
    const built = new Workflow('w').addNode('double', (n: number) => n * 2, { input: amount }).setStart('double');
    expect((await built.run({ n: 4 })).output).toBe(8);
  });

  it('fails the step where it does not fit: not tried again, and nothing of the value is told', async () => {
    let calls = 0;
    const retry = { maximumAttempts: 5, initialInterval: 0 };
    const built = new Workflow('w').addNode('double', () => ++calls, { input: amount, retry }).setStart('double');
    const error = (await thrownBy(() => built.run({ n: 'my secret' }))) as StepError;
    expect(error).toMatchObject({ code: 'INVALID_INPUT', where: 'w.double', attempt: 1 });
    expect(error.violations).toMatchObject([{ path: ['n'], received: 'text' }]);
    expect([calls, error.message.includes('secret')]).toEqual([0, false]);
  });

  it('is each item where the step is a map', async () => {
    const built = new Workflow('w')
      .addMap('double', (n: number) => n * 2, { input: amount, settled: true })
      .setStart('double');
    const { output } = await built.run([{ n: 1 }, {}]);
    expect(output).toMatchObject([{ status: 'fulfilled', value: 2 }, { reason: { code: 'INVALID_INPUT' } }]);
  });

  it('is refused what is no schema', async () => {
    const error = await thrownBy(() => new Workflow('w').addNode('a', String, { input: 3 as never }));
    expect(error).toMatchObject({ code: 'INVALID_SCHEMA', where: 'w.a' });
  });
});
