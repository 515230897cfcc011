import { currentContext, END, step, Workflow, type StepContext } from '@drawloom/core';
import { settled } from './collect-events.js';

const unhandled: unknown[] = [];
const listen = (reason: unknown): number => unhandled.push(reason);
beforeAll(() => process.on('unhandledRejection', listen));
afterAll(() => process.off('unhandledRejection', listen));

/** Lets node report the rejections that nobody handled. */
async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn++) await settled();
}

describe('Isolation', () => {
  it('keeps a thousand concurrent runs apart: context, metadata and values', async () => {
    const leaks: string[] = [];
    const expectOwn = (what: string, own: string, found: unknown): void => {
      if (found !== own) leaks.push(`${what}: ${own} found ${String(found)}`);
    };
    const check = (value: { canary: string }, context: StepContext): { canary: string } => {
      const { canary } = value;
      for (const run of [currentContext(), context.run]) {
        expectOwn('user', canary, run.userId);
        expectOwn('metadata', canary, run.get('canary'));
        expectOwn('session', canary, run.sessionId);
      }
      return { canary };
    };
    const helper = step('helper', async (value: { canary: string }) => {
      await null;
      expectOwn('helper', value.canary, currentContext().userId);
      return value;
    });
    const wait = async (value: { canary: string }, context: StepContext): Promise<{ canary: string }> => {
      for (let turn = Number(value.canary.slice(-1)); turn > 0; turn--) await settled();
      return helper(check(value, context));
    };
    const inner = Workflow.parallel(
      { a: wait, b: wait },
      {
        merge: (results) => {
          for (const { canary } of results) expectOwn('branch', canary, currentContext().userId);
          return results[0]!;
        },
      },
    );
    const built = new Workflow<{ canary: string }>('w')
      .addNode('first', wait)
      .addNode('nested', inner)
      .addMap('each', wait)
      .addNode('list', (value: { canary: string }) => [value, value])
      .addNode('ambient', async (values: { canary: string }[]) => (await inner.run(values[1]!)).output)
      .setStart('first')
      .addEdge('first', 'nested')
      .addRouter('nested', (value, { visit, run }) => (expectOwn('router', value.canary, run.userId), visit < 2), {
        true: 'first',
        false: 'list',
      })
      .addEdge('list', 'each')
      .addEdge('each', 'ambient');
    const canaries = Array.from({ length: 1000 }, (_, index) => `canary ${index}`);
    const results = await Promise.all(
      canaries.map((canary) => built.run({ canary }, { userId: canary, sessionId: canary, metadata: { canary } })),
    );
    results.forEach((result, index) => {
      expectOwn('output', canaries[index]!, (result.output as { canary: string }).canary);
      expectOwn('result', canaries[index]!, result.userId);
      if (result.visited.length !== 7) leaks.push(`visited: ${result.visited.join()}`);
    });
    expect(leaks.slice(0, 5)).toEqual([]);
    expect(currentContext().userId).toBeUndefined();
  }, 60_000);

  it('keeps a failing run from the runs beside it', async () => {
    const built = Workflow.chain([
      async (value: number) => {
        await settled();
        if (value % 3 === 0) throw new Error(`run ${value}`);
        return value;
      },
    ]);
    const outcomes = await Promise.allSettled(Array.from({ length: 300 }, (_, value) => built.run(value)));
    outcomes.forEach((outcome, value) => {
      if (value % 3 === 0)
        expect(outcome).toMatchObject({ status: 'rejected', reason: { cause: { message: `run ${value}` } } });
      else expect(outcome).toMatchObject({ status: 'fulfilled', value: { output: value } });
    });
  });
});

describe('A loop of very many steps', () => {
  const spin = (limit: number, options: object = {}): Workflow<number, number> =>
    new Workflow<number>('spin', { maxSteps: Infinity, maxVisitsPerNode: Infinity, ...options })
      .addNode('up', async (value: number) => value + 1)
      .setStart('up')
      .addRouter('up', (value) => value < limit, { true: 'up', false: END }) as never;

  it('keeps the timers of the process going, and its history bounded', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    try {
      const result = await spin(200_000, { history: 100 }).run(0);
      expect(result.output).toBe(200_000);
      expect([result.steps.length, result.visited.length, result.routes.length]).toEqual([100, 100, 100]);
      expect(result.dropped).toBe(399_800);
      expect(ticks).toBeGreaterThan(5);
    } finally {
      clearInterval(timer);
    }
  }, 60_000);

  it('can be stopped from a timer', async () => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort('time is up'), 20);
    await expect(spin(Infinity).run(0, { signal: controller.signal })).rejects.toMatchObject({
      code: 'RUN_CANCELLED',
      cause: 'time is up',
    });
    clearTimeout(timer);
  });
});

describe('No rejection is left unhandled', () => {
  const failing = (): Promise<never> => Promise.reject(new Error('no'));
  const late = (_: unknown, { signal }: StepContext): Promise<never> =>
    new Promise((_r, reject) =>
      signal.addEventListener('abort', () => void settled().then(() => reject(new Error('late')))),
    );

  it.each<[string, () => unknown]>([
    ['a stream that nobody reads', () => Workflow.chain([failing]).stream(1)],
    ['a handle that nobody asks', () => Workflow.chain([failing]).start(1)],
    ['a stream that is left early', () => Workflow.parallel([failing, late]).stream(1).return!()],
    [
      'several failing branches',
      () =>
        Workflow.parallel([failing, failing, late])
          .run(1)
          .catch(() => undefined),
    ],
    [
      'several failing items',
      () =>
        new Workflow('w')
          .addMap('m', failing)
          .setStart('m')
          .run([1, 2])
          .catch(() => undefined),
    ],
    [
      'an abandoned step',
      () =>
        Workflow.parallel([failing, late], { cancelGrace: 0 })
          .run(1)
          .catch(() => undefined),
    ],
    ['a decorated call', () => Workflow.chain([() => step(failing)().catch(() => 1)]).run(1)],
    ['a failing nested run', () => Workflow.chain([Workflow.parallel([failing, failing])]).start(1)],
    [
      'a router that rejects',
      () =>
        new Workflow('w')
          .addNode('a', failing, { onError: 'b' })
          .addNode('b', () => 1)
          .setStart('a')
          .addRouter('b', failing, { x: END })
          .start(1),
    ],
    ['a cancelled run', () => void Workflow.chain([late]).start(1).cancel(new Error('reason'))],
    [
      'telemetry that rejects',
      () =>
        Workflow.chain([failing], {
          telemetry: { span: (_, body) => Promise.resolve(body()).then(failing) as never },
        }).start(1),
    ],
    [
      'a timed-out step',
      () =>
        new Workflow('w', { cancelGrace: 0 })
          .addNode('a', late, { timeout: 1 })
          .setStart('a')
          .run(1)
          .catch(() => undefined),
    ],
  ])('%s', async (_, begin) => {
    await begin();
    await turns(5);
    expect(unhandled).toEqual([]);
  });
});
