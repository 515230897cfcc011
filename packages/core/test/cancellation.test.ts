import { runInNewContext } from 'node:vm';
import { currentContext, RunError, START, Workflow, type StepContext } from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';
import { obedient } from './support/obedient.js';

const same = <T>(value: T): T => value;

describe('A run that is cancelled by its own step, before the step has first waited', () => {
  it('tells the step, alone or beside others', async () => {
    for (const branches of [1, 2]) {
      const controller = new AbortController();
      const log: unknown[] = [];
      const stops = (input: unknown, context: StepContext): Promise<never> => {
        controller.abort(new Error('enough'));
        return obedient(log)(input, context);
      };
      const built = Workflow.parallel(
        Array.from({ length: branches }, (_, index) => (index === 0 ? stops : obedient(log))),
      );
      const error = await thrownBy(() => built.run(1, { signal: controller.signal }));
      expect([error.code, log.length]).toEqual(['RUN_CANCELLED', 1]);
    }
  });

  it('ends after the grace where the step does not listen', async () => {
    const clock = new VirtualClock();
    const built = new Workflow('w', { clock, cancelGrace: '1s' })
      .addNode('deaf', (_: unknown, { run }: StepContext) => {
        controller.abort(run.runId);
        return new Promise<never>(() => undefined);
      })
      .setStart('deaf');
    const controller = new AbortController();
    const failed = thrownBy(() => built.run(1, { signal: controller.signal }));
    await clock.advance('1s');
    expect(await failed).toMatchObject({ code: 'RUN_CANCELLED' });
  });

  it('lets a step go on that finished the run', async () => {
    let isAborted: boolean | undefined;
    const built = new Workflow('w').addNode('a', async (_: unknown, context: StepContext) => {
      context.finish('early');
      await null;
      isAborted = context.signal.aborted;
    });
    expect((await built.setStart('a').run(1, { signal: new AbortController().signal })).output).toBe('early');
    expect(isAborted).toBe(false);
  });
});

describe('An error of another realm', () => {
  /** As a test runner or a worker has them: not an instance of this realm's Error. */
  const foreign = (code: string): unknown => runInNewContext(code);

  it('is the cancellation that its name says', async () => {
    const raced = new Workflow('w')
      .addNode('slow', async (_: unknown, { signal }: StepContext) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        throw foreign(`Object.assign(new Error('aborted'), { name: 'AbortError', code: 'ABORT_ERR' })`);
      })
      .addNode('fast', async () => 'won')
      .addNode('first', same, { join: 'first', cancelOthers: true })
      .addEdge(START, 'slow')
      .addEdge(START, 'fast')
      .addEdge('slow', 'first')
      .addEdge('fast', 'first');
    expect((await raced.run(1)).output).toBe('won');
  });

  it('is told by its name and message', async () => {
    const failing = new Workflow('w').addNode('a', () => Promise.reject(foreign(`new TypeError('odd')`) as Error));
    const error = await thrownBy(() => failing.setStart('a').run(1));
    expect(error.message).toContain('threw TypeError: odd');
  });
});

describe('Failure', () => {
  it('B113 aborts siblings, and rejects with the first failure, the step’s own error as its cause', async () => {
    const error = new Error('own');
    const aborted: unknown[] = [];
    const built = Workflow.parallel({ a: obedient(aborted), b: () => Promise.reject(error) });
    const rejection = await thrownBy(() => built.run(1));
    expect(rejection).toMatchObject({ code: 'STEP_FAILED', workflow: 'parallel', node: 'b', visit: 1, attempt: 1 });
    expect(rejection.cause).toBe(error);
    expect(aborted).toEqual(['a']);
  });

  it('starts nothing more after a failure', async () => {
    const started: string[] = [];
    const gate = deferred();
    const built = new Workflow('w')
      .addNode('fails', () => Promise.reject(new Error('no')))
      .addNode('slow', () => gate.promise)
      .addNode('afterSlow', (_: unknown, { node }: StepContext) => started.push(node))
      .setStart('fails')
      .setStart('slow')
      .addEdge('slow', 'afterSlow');
    const failed = thrownBy(() => built.run(1));
    await settled();
    gate.resolve();
    expect((await failed).partial!.visited).toEqual(['slow']);
    await settled();
    expect(started).toEqual([]);
  });

  it('B117 leaves the caller’s context as it was, after any failure', async () => {
    const failing = Workflow.chain([() => Promise.reject(new Error('no'))]);
    const outer = Workflow.chain([
      async () => {
        await failing.run(1, { userId: 'inner' }).catch(() => undefined);
        return currentContext().userId;
      },
    ]);
    expect((await outer.run(1, { userId: 'outer' })).output).toBe('outer');
    await failing.run(1, { userId: 'inner' }).catch(() => undefined);
    expect(currentContext().userId).toBeUndefined();
  });
});

describe('Cancellation', () => {
  it('B114 by a signal aborts the steps, announces them as cancelled, and rejects with the reason as cause', async () => {
    const controller = new AbortController();
    const reason = new Error('the client went away');
    const aborted: unknown[] = [];
    const collecting = collectEvents(
      Workflow.parallel({ a: obedient(aborted), b: obedient(aborted) }).stream(1, { signal: controller.signal }),
    );
    await settled();
    controller.abort(reason);
    const { events, lines, thrown } = await collecting;
    expect(aborted).toEqual(['a', 'b']);
    expect(lines.slice(-3)).toEqual(['step.cancelled a', 'step.cancelled b', 'run.cancelled']);
    expect(thrown).toMatchObject({ code: 'RUN_CANCELLED', where: 'parallel', cause: reason });
    expect(String(thrown)).toContain('the run was cancelled (reason: the client went away)');
    expect(events.at(-1)).toMatchObject({ error: { code: 'RUN_CANCELLED' } });
  });

  it('by a signal that is aborted already starts no step', async () => {
    const started: unknown[] = [];
    const built = Workflow.chain([(value: number) => started.push(value)]);
    const { lines, thrown } = await collectEvents(built.stream(1, { signal: AbortSignal.abort('too late') }));
    expect(lines).toEqual(['run.started', 'run.cancelled']);
    expect([started, thrown]).toMatchObject([[], { code: 'RUN_CANCELLED', cause: 'too late' }]);
  });

  it('leaves no listener on a signal that outlives the run', async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
    signal.removeEventListener = (...args: Parameters<typeof remove>) => (listeners--, remove(...args));
    await Workflow.chain([same]).run(1, { signal });
    await Workflow.chain([() => Promise.reject(new Error('no'))])
      .run(1, { signal })
      .catch(() => undefined);
    expect(listeners).toBe(0);
  });

  it('by a handle ends the run as cancelled, also before it began; afterwards it does nothing', async () => {
    const early = Workflow.chain([obedient()]).start(1);
    early.cancel('at once');
    expect(await early.result()).toMatchObject({
      status: 'cancelled',
      error: { code: 'RUN_CANCELLED', cause: 'at once' },
    });
    const handle = Workflow.chain([obedient()]).start(1);
    await settled();
    handle.cancel('changed my mind');
    handle.cancel('twice');
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ status: 'cancelled', error: { cause: 'changed my mind' } });
    handle.cancel('late');
    expect(handle.status()).toBe('cancelled');
    const completed = Workflow.chain([same]).start(1);
    await completed.result();
    completed.cancel();
    expect(completed.status()).toBe('completed');
  });

  it('after which no step starts, though one that was running completes', async () => {
    const gate = deferred<string>();
    const started: unknown[] = [];
    const built = Workflow.chain({ a: () => gate.promise, b: (value: string) => started.push(value) });
    const handle = built.start(1);
    const collecting = collectEvents(handle.events());
    await settled();
    handle.cancel();
    gate.resolve('in spite of it');
    const outcome = await handle.result();
    expect((await collecting).lines).toEqual(['run.started', 'step.started a', 'step.completed a', 'run.cancelled']);
    expect(outcome).toMatchObject({
      status: 'cancelled',
      partial: { visited: ['a'], perStep: { a: 'in spite of it' } },
    });
    expect(started).toEqual([]);
  });

  it('attaches what goes wrong while the run is being stopped', async () => {
    const error = new Error('while cleaning up');
    const built = Workflow.chain([
      (_: unknown, { signal }: StepContext) =>
        new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(error))),
    ]);
    const handle = built.start(1);
    const collecting = collectEvents(handle.events());
    await settled();
    handle.cancel('enough');
    const outcome = await handle.result();
    expect(outcome.status === 'cancelled' && outcome.error.furtherErrors).toMatchObject([
      { code: 'STEP_FAILED', cause: error },
    ]);
    expect((await collecting).lines.slice(-2)).toEqual(['step.failed step_0', 'run.cancelled']);
  });

  it('waits for steps that do not react no longer than the grace, and announces them as abandoned', async () => {
    const clock = new VirtualClock();
    const built = Workflow.parallel(
      { stuck: () => new Promise(() => undefined), good: obedient() },
      { clock, cancelGrace: '2s' },
    );
    const handle = built.start(1);
    const collecting = collectEvents(handle.events());
    await settled();
    handle.cancel();
    await clock.advance(1999);
    expect(handle.status()).toBe('running');
    await clock.advance(1);
    expect(handle.status()).toBe('cancelled');
    const { events } = await collecting;
    expect(ofType(events, 'step.cancelled').map(({ node, isAbandoned }) => [node, isAbandoned])).toEqual([
      ['good', false],
      ['stuck', true],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('ignores what an abandoned step comes to in the end', async () => {
    const clock = new VirtualClock();
    const gates = [deferred<string>(), deferred<string>()];
    const built = Workflow.parallel(
      { a: () => gates[0]!.promise, b: () => gates[1]!.promise },
      { clock, cancelGrace: 0 },
    );
    const handle = built.start(1);
    await settled();
    handle.cancel();
    await clock.advance(0);
    const outcome = await handle.result();
    gates[0]!.resolve('late');
    gates[1]!.reject(new Error('late'));
    await settled();
    expect(outcome).toMatchObject({
      status: 'cancelled',
      error: { furtherErrors: [] },
      partial: { visited: [], perStep: {} },
    });
  });

  it.each(['a value', 'an error'])(
    'gives up a step that runs alone in the same way, and ignores that it ends in %s',
    async (late) => {
      const clock = new VirtualClock();
      const gate = deferred<string>();
      const started: unknown[] = [];
      const handle = Workflow.chain(
        { stuck: () => gate.promise, next: (value: string) => started.push(value) },
        { clock, cancelGrace: '2s' },
      ).start(1);
      const collecting = collectEvents(handle.events());
      await settled();
      handle.cancel('enough');
      await clock.advance(1999);
      expect(handle.status()).toBe('running');
      await clock.advance(1);
      const outcome = await handle.result();
      if (late === 'a value') gate.resolve('late');
      else gate.reject(new Error('late'));
      await settled();
      const { events, lines } = await collecting;
      expect(lines).toEqual(['run.started', 'step.started stuck', 'step.cancelled stuck', 'run.cancelled']);
      expect(ofType(events, 'step.cancelled')).toMatchObject([{ isAbandoned: true }]);
      expect(outcome).toMatchObject({ status: 'cancelled', error: { cause: 'enough', furtherErrors: [] } });
      expect(started).toEqual([]);
      expect(clock.pending).toBe(0);
    },
  );

  it('aborts a step that runs alone when one before it finishes the run, and waits for it', async () => {
    const gate = deferred<string>();
    let first: StepContext | undefined;
    let second: StepContext | undefined;
    const running = Workflow.chain([
      (_: unknown, context: StepContext) => void (first = context),
      (_: unknown, context: StepContext) => ((second = context), gate.promise),
    ]).run(1);
    await settled();
    first!.finish('early');
    expect(second!.signal.aborted).toBe(true);
    gate.resolve('late');
    expect((await running).output).toBe('early');
  });

  it('ends a wait for a retry, and a wait for a slow consumer', async () => {
    const clock = new VirtualClock();
    const failing = new Workflow('w', { clock })
      .addNode('a', () => Promise.reject(new Error('no')), { retry: { initialInterval: '1h' } })
      .setStart('a');
    const waiting = failing.start(1);
    await settled();
    waiting.cancel();
    expect((await waiting.result()).status).toBe('cancelled');
    expect(clock.pending).toBe(0);
    const controller = new AbortController();
    const stream = Workflow.chain([same, same, same]).stream(1, { buffer: 1, signal: controller.signal });
    await settled();
    controller.abort();
    const { lines, thrown } = await collectEvents(stream);
    expect(lines.at(-1)).toBe('run.cancelled');
    expect(RunError.is(thrown)).toBe(true);
  });

  it('by the run’s timeout has a code of its own, and counts as a failure', async () => {
    const clock = new VirtualClock();
    const aborted: unknown[] = [];
    const handle = Workflow.chain({ a: obedient(aborted) }, { clock, timeout: '1h' }).start(1, { timeout: '30s' });
    const collecting = collectEvents(handle.events());
    await clock.advance(29_999);
    expect(handle.status()).toBe('running');
    await clock.advance(1);
    expect(await handle.result()).toMatchObject({ status: 'failed', error: { code: 'RUN_TIMEOUT' } });
    expect((await collecting).lines.slice(-2)).toEqual(['step.cancelled a', 'run.failed']);
    expect([aborted, clock.pending]).toEqual([['a'], 0]);
  });

  it('shows any reason in its message, whatever it is', async () => {
    const hostile = new Proxy({}, { get: () => fail(), getPrototypeOf: () => fail(), has: () => fail() });
    const unreadable = Object.defineProperty(new Error('x'), 'message', { get: () => fail() });
    for (const reason of [null, 0, 'text', Symbol('s'), { a: 1 }, hostile, unreadable]) {
      const handle = Workflow.chain([obedient()]).start(1);
      await settled();
      handle.cancel(reason);
      const outcome = await handle.result();
      expect(outcome.status).toBe('cancelled');
      expect(outcome.status === 'cancelled' && Object.is(outcome.error.cause, reason)).toBe(true);
    }
  });
});

function fail(): never {
  throw new Error('do not look at me');
}
