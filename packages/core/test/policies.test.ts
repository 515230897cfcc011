import { StepError, Workflow, type NodeOptions, type StepContext, type StepFailure } from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';

const HOUR = 3_600_000;

/** A workflow of one node that fails until its `works`th attempt, and the moments at which it was tried. */
function flaky(options: NodeOptions, works = Infinity, error: unknown = new Error('down')) {
  const clock = new VirtualClock({ startAt: 0 });
  const tries: number[] = [];
  const built = new Workflow<string>('w', { clock })
    .addNode(
      'a',
      async (input: string) => (tries.push(clock.now()) < works ? Promise.reject(error) : `${input} done`),
      options,
    )
    .setStart('a') as unknown as Workflow<string, string>;
  return { built, clock, tries };
}

describe('retry', () => {
  it('B115 tries again after waits that grow, and succeeds with a later attempt', async () => {
    const { built, clock, tries } = flaky({ retry: { maximumAttempts: 5, initialInterval: '1s' } }, 4);
    const running = built.run('work');
    await clock.advance('10m');
    const result = await running;
    expect(tries).toEqual([0, 1000, 3000, 7000]);
    expect(result.output).toBe('work done');
    expect(result.steps).toMatchObject([
      { node: 'a', visit: 1, attempts: 4, outcome: 'completed', startedAt: 0, endedAt: 7000 },
    ]);
  });

  it('tries three times with doubled waits from one second where nothing else is said', async () => {
    const { built, clock, tries } = flaky({ retry: {} });
    const failed = thrownBy(() => built.run('work'));
    await clock.advance(HOUR);
    expect(await failed).toMatchObject({ code: 'STEP_FAILED', attempt: 3, cause: { message: 'down' } });
    expect(tries).toEqual([0, 1000, 3000]);
  });

  it('waits no longer than maximumInterval, and by default a hundred times the first wait', async () => {
    const capped = flaky({
      retry: { maximumAttempts: 5, initialInterval: 100, backoffCoefficient: 10, maximumInterval: '2s' },
    });
    const failed = thrownBy(() => capped.built.run('work'));
    await capped.clock.advance(HOUR);
    await failed;
    expect(capped.tries).toEqual([0, 100, 1100, 3100, 5100]);
    const natural = flaky({ retry: { maximumAttempts: 5, initialInterval: 10, backoffCoefficient: 50 } });
    const failedToo = thrownBy(() => natural.built.run('work'));
    await natural.clock.advance(HOUR);
    await failedToo;
    expect(natural.tries).toEqual([0, 10, 510, 1510, 2510]);
  });

  it('leaves a part of each wait to chance with jitter, and never waits longer', async () => {
    const { built, clock, tries } = flaky({
      retry: { maximumAttempts: 30, initialInterval: 1000, backoffCoefficient: 1, jitter: 0.5 },
    });
    const failed = thrownBy(() => built.run('work'));
    await clock.advance(HOUR);
    await failed;
    const waits = tries.slice(1).map((time, index) => time - tries[index]!);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(500);
    expect(new Set(waits).size).toBeGreaterThan(10);
  });

  it.each<[string, readonly any[], unknown, number]>([
    ['by class', [TypeError], new TypeError('x'), 1],
    ['by name', ['TypeError'], new TypeError('x'), 1],
    ['by code', ['EPERM'], Object.assign(new Error('x'), { code: 'EPERM' }), 1],
    ['but not others', [TypeError, 'RangeError', 'EPERM'], new Error('x'), 3],
    ['but not what is no error', ['TypeError'], 'TypeError', 3],
  ])('does not try again what is excluded %s', async (_, nonRetryableErrors, error, attempts) => {
    const { built, clock, tries } = flaky({ retry: { nonRetryableErrors } }, Infinity, error);
    const failed = thrownBy(() => built.run('work'));
    await clock.advance(HOUR);
    await failed;
    expect(tries).toHaveLength(attempts);
  });

  it('asks retryIf with the error and the attempt that failed', async () => {
    const asked: unknown[] = [];
    const error = new Error('down');
    const retryIf = (given: unknown, attempt: number): boolean =>
      [asked.push([given, attempt]), attempt < 2][1] as boolean;
    const { built, clock } = flaky({ retry: { maximumAttempts: 9, retryIf } }, Infinity, error);
    const failed = thrownBy(() => built.run('work'));
    await clock.advance(HOUR);
    await failed;
    expect(asked).toEqual([
      [error, 1],
      [error, 2],
    ]);
  });

  it('fails the step with what retryIf throws', async () => {
    const { built } = flaky({ retry: { retryIf: () => fail(new Error('from retryIf')) } });
    await expect(built.run('work')).rejects.toMatchObject({ code: 'STEP_FAILED', cause: { message: 'from retryIf' } });
  });

  it('announces every attempt that another one follows, under one start and one end', async () => {
    const { built, clock } = flaky({ retry: {} });
    const collecting = collectEvents(built.stream('work'));
    await clock.advance(HOUR);
    const { events, lines } = await collecting;
    expect(lines).toEqual([
      'run.started',
      'step.started a',
      'step.retrying a',
      'step.retrying a',
      'step.failed a',
      'run.failed',
    ]);
    const error = { name: 'Error', message: 'down' };
    expect(ofType(events, 'step.retrying')).toMatchObject([
      { attempt: 1, delayMs: 1000, error },
      { attempt: 2, delayMs: 2000, error },
    ]);
    expect(ofType(events, 'step.failed')[0]).toMatchObject({ attempts: 3 });
  });

  it('counts as one activation, with one idempotency key', async () => {
    const keys = new Set<string>();
    const clock = new VirtualClock();
    const built = new Workflow('w', { clock, maxSteps: 1, maxVisitsPerNode: 1 })
      .addNode(
        'a',
        (_: unknown, { attempt, idempotencyKey }: StepContext) => {
          keys.add(idempotencyKey);
          return attempt < 3 ? fail(new Error('down')) : attempt;
        },
        { retry: {} },
      )
      .setStart('a');
    const running = built.run(1, { runId: 'r' });
    await clock.advance(HOUR);
    expect((await running).output).toBe(3);
    expect([...keys]).toEqual(['r/a/1']);
  });
});

describe('timeout', () => {
  /** A node that waits for its gate, or for its signal where it is obedient. */
  function waiting(options: NodeOptions, isObedient = true, cancelGrace: number | '1s' = '1s') {
    const clock = new VirtualClock({ startAt: 0 });
    const gate = deferred<string>();
    const signals: AbortSignal[] = [];
    const body = (_: unknown, { signal }: StepContext): Promise<string> => {
      signals.push(signal);
      if (!isObedient) return gate.promise;
      return new Promise((resolve, reject) => {
        void gate.promise.then(resolve);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    };
    const built = new Workflow('w', { clock, cancelGrace }).addNode('a', body, options).setStart('a');
    return { built, clock, gate, signals };
  }

  it('B115 aborts the attempt’s signal and fails the step with its own code', async () => {
    const { built, clock, signals } = waiting({ timeout: '30s' });
    const failed = thrownBy(() => built.run(1));
    await clock.advance(29_999);
    expect(signals[0]!.aborted).toBe(false);
    await clock.advance(1);
    const error = await failed;
    expect(StepError.is(error)).toBe(true);
    expect(error).toMatchObject({ code: 'STEP_TIMEOUT', where: 'w.a', visit: 1, attempt: 1 });
    expect(error.message).toContain('visit 1, attempt 1 took longer than its timeout of 30000 ms');
    expect(signals[0]!.reason).toBe(error);
    expect(clock.pending).toBe(0);
  });

  it('leaves a step alone that is quick enough, and leaves no timer behind', async () => {
    const { built, clock, gate } = waiting({ timeout: '30s' });
    const running = built.run(1);
    await clock.advance('29s');
    gate.resolve('in time');
    expect((await running).output).toBe('in time');
    expect(clock.pending).toBe(0);
  });

  it('is for each attempt: a timed-out attempt is tried again, with a fresh signal', async () => {
    const { built, clock, signals } = waiting({ timeout: '10s', retry: { maximumAttempts: 3, initialInterval: '1s' } });
    const failed = thrownBy(() => built.run(1));
    await clock.advance(HOUR);
    expect(await failed).toMatchObject({ code: 'STEP_TIMEOUT', attempt: 3 });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    expect(new Set(signals).size).toBe(3);
    expect(clock.now()).toBe(HOUR);
  });

  it('is for each attempt: one that is quick enough succeeds', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const built = new Workflow('w', { clock })
      .addNode(
        'a',
        (_: unknown, { attempt, signal }: StepContext) =>
          attempt === 2
            ? `attempt ${attempt}`
            : new Promise((_r, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        { timeout: '10s', retry: { initialInterval: '1s' } },
      )
      .setStart('a');
    const running = built.run(1);
    await clock.advance('11s');
    expect(await running).toMatchObject({ output: 'attempt 2', steps: [{ attempts: 2, endedAt: 11_000 }] });
  });

  it('waits for a body that does not react no longer than the grace', async () => {
    const { built, clock, gate } = waiting({ timeout: '10s' }, false);
    const handle = built.start(1);
    await clock.advance(10_999);
    expect(handle.status()).toBe('running');
    await clock.advance(1);
    expect(await handle.result()).toMatchObject({ status: 'failed', error: { code: 'STEP_TIMEOUT' } });
    gate.resolve('too late');
    await settled();
    expect(handle.status()).toBe('failed');
  });

  it('shows an attempt that asks only afterwards that its time is up', async () => {
    const clock = new VirtualClock();
    const gate = deferred();
    let isAborted: boolean | undefined;
    const built = new Workflow('w', { clock, cancelGrace: '1h' })
      .addNode(
        'a',
        (_: unknown, context: StepContext) => gate.promise.then(() => (isAborted = context.signal.aborted)),
        { timeout: '1s' },
      )
      .setStart('a');
    const failed = thrownBy(() => built.run(1));
    await clock.advance('1s');
    gate.resolve();
    expect(await failed).toMatchObject({ code: 'STEP_TIMEOUT' });
    expect(isAborted).toBe(true);
  });
});

describe('onError', () => {
  it('B115 hands the failure to a step, with error and input, after the last attempt; the run goes on', async () => {
    const error = new Error('down');
    const clock = new VirtualClock();
    const built = new Workflow<string>('w', { clock })
      .addNode('a', (_: string): Promise<string> => Promise.reject(error), {
        retry: { maximumAttempts: 2 },
        onError: 'rescue',
      })
      .addNode('next', (value: string) => `next got ${value}`)
      .addNode('rescue', (failure: StepFailure<string>) => [failure.input, failure.error])
      .setStart('a')
      .addEdge('a', 'next');
    const collecting = collectEvents(built.stream('work'));
    await clock.advance(HOUR);
    const { events, lines } = await collecting;
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: ['work', error] });
    expect(ofType(events, 'step.failed')[0]).toMatchObject({ isHandled: true, attempts: 2 });
    expect(lines).not.toContain('step.started next');
    const running = built.run('work');
    await clock.advance(HOUR);
    expect((await running).steps.map(({ node, outcome }) => `${node} ${outcome}`)).toEqual([
      'a failed',
      'rescue completed',
    ]);
  });

  it('takes a timeout as well, and does not run where nothing fails', async () => {
    const clock = new VirtualClock();
    const never = new Promise(() => undefined);
    const build = (body: () => unknown): Workflow =>
      new Workflow('w', { clock, cancelGrace: 0 })
        .addNode('a', body, { timeout: '1s', onError: 'rescue' })
        .addNode('rescue', ({ error }: StepFailure) => (error as StepError).code)
        .setStart('a') as never;
    const running = build(() => never).run(1);
    await clock.advance('1s');
    expect((await running).output).toBe('STEP_TIMEOUT');
    expect((await build(() => 'fine').run(1)).visited).toEqual(['a']);
  });

  it('does not take the cancellation of the run for a failure', async () => {
    const built = new Workflow('w')
      .addNode(
        'a',
        (_: unknown, { signal }: StepContext) =>
          new Promise((_r, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        {
          onError: 'rescue',
        },
      )
      .addNode('rescue', () => 'rescued')
      .setStart('a');
    const handle = built.start(1);
    await settled();
    handle.cancel();
    expect(await handle.result()).toMatchObject({ status: 'cancelled', partial: { visited: [] } });
  });

  it('may lead back to the step itself, as a loop that the caps bound', async () => {
    const inputs: unknown[] = [];
    const built = new Workflow('w', { maxVisitsPerNode: 3 })
      .addNode('a', (input: unknown) => [inputs.push(input), fail(new Error('again'))], { onError: 'a' })
      .setStart('a');
    await expect(built.run('x')).rejects.toMatchObject({ code: 'MAX_VISITS' });
    expect(inputs).toMatchObject(['x', { input: 'x' }, { input: { input: 'x' } }]);
  });
});

function fail(error: unknown): never {
  throw error;
}
