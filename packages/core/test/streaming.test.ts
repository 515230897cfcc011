import { currentContext, Workflow, type RunEvent, type StepContext } from '@drawloom/core';
import { deferred } from '@drawloom/testing';
import { collectEvents, ofType, settled } from './collect-events.js';

const increment = (value: number): number => value + 1;
const isTerminal = ({ type }: RunEvent): boolean => ['run.completed', 'run.failed', 'run.cancelled'].includes(type);
const many = (count: number): Workflow<number, number> =>
  Workflow.chain(Array.from({ length: count }, () => increment)) as never;

describe('The stream of events', () => {
  it('B99, B100 has the start, both ends of every step, and the end, each with what belongs to it', async () => {
    const { events } = await collectEvents(
      Workflow.chain({ a: increment }).stream(1, { runId: 'r1', sessionId: 's1', userId: 'ada' }),
    );
    const common = { runId: 'r1', sessionId: 's1', workflow: 'chain', path: [], time: expect.any(Number) };
    const activation = { node: 'a', visit: 1 };
    expect(events).toEqual([
      { ...common, seq: 1, type: 'run.started', input: 1, userId: 'ada', parentRunId: undefined },
      { ...common, seq: 2, type: 'step.started', ...activation, input: 1 },
      { ...common, seq: 3, type: 'step.completed', ...activation, output: 2, attempts: 1 },
      { ...common, seq: 4, type: 'run.completed', output: 2 },
    ]);
  });

  it('B101 has one session for all events of a run: the caller’s, or one made for the run', async () => {
    const sessions = async (options?: object): Promise<Set<string>> =>
      new Set((await collectEvents(many(3).stream(1, options))).events.map(({ sessionId }) => sessionId));
    expect([...(await sessions({ sessionId: 's1' }))]).toEqual(['s1']);
    const [made, another] = [await sessions(), await sessions()];
    expect([made.size, another.size, new Set([...made, ...another]).size]).toEqual([1, 1, 2]);
  });

  it('B102, B106 announces the failure of a step, then the end of the run, then throws the error', async () => {
    const error = new TypeError('no');
    const { events, lines, thrown } = await collectEvents(Workflow.chain({ a: () => Promise.reject(error) }).stream(1));
    expect(lines).toEqual(['run.started', 'step.started a', 'step.failed a', 'run.failed']);
    expect(events[2]).toMatchObject({ error: { name: 'TypeError', message: 'no' }, isHandled: false, attempts: 1 });
    expect(events[3]).toMatchObject({ error: { name: 'StepError', code: 'STEP_FAILED' } });
    expect(thrown).toMatchObject({ code: 'STEP_FAILED', cause: error });
  });

  it('B103 has a start before the end of every node, also where branches interleave', async () => {
    const gates = Array.from({ length: 4 }, () => deferred());
    const collecting = collectEvents(
      Workflow.parallel(
        gates.map(
          ({ promise }) =>
            () =>
              promise,
        ),
      ).stream(1),
    );
    for (const index of [2, 0, 3, 1]) {
      await settled();
      gates[index]!.resolve();
    }
    const { lines } = await collecting;
    for (const node of ['branch_0', 'branch_1', 'branch_2', 'branch_3', 'merge']) {
      const at = (type: string): number => lines.indexOf(`${type} ${node}`);
      expect(at('step.started')).toBeLessThan(at('step.completed'));
      expect(at('step.started')).toBeGreaterThan(0);
    }
    expect(lines.filter((line) => line.startsWith('step.completed branch'))).toEqual(
      [2, 0, 3, 1].map((index) => `step.completed branch_${index}`),
    );
  });

  it('B104 lets the consumer stop early: steps are aborted, nothing is thrown, the workflow can be run again', async () => {
    const reasons: unknown[] = [];
    const body = (value: number, { signal }: StepContext): Promise<number> =>
      new Promise((resolve, reject) => {
        if (value > 1) resolve(value);
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        });
      });
    const built = Workflow.chain([body, increment]);
    for await (const event of built.stream(1)) if (event.type === 'step.started') break;
    expect(reasons).toMatchObject([{ code: 'RUN_CANCELLED', cause: 'the consumer of its events stopped' }]);
    expect((await built.run(2)).output).toBe(3);
  });

  it('B104 lets a consumer stop before the first event, and after the last', async () => {
    const called: number[] = [];
    const built = Workflow.chain([(value: number) => called.push(value)]);
    const unread = built.stream(1);
    await unread.return!();
    expect(await unread.next()).toEqual({ done: true, value: undefined });
    await settled();
    expect(called).toEqual([]);
    const read = built.stream(1);
    while (!(await read.next()).done);
    await read.return!();
    expect(called).toEqual([1]);
  });

  it('B105 gives the same as run', async () => {
    const built = many(5);
    const { events } = await collectEvents(built.stream(1));
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: (await built.run(1)).output });
  });

  it.each<[string, () => { stream(input: number): AsyncIterable<RunEvent> }, string]>([
    ['success', () => many(2), 'run.completed'],
    ['a failing step', () => Workflow.chain([() => Promise.reject(new Error('no'))]), 'run.failed'],
    [
      'a failing router',
      () =>
        new Workflow('w')
          .addNode('a', increment)
          .setStart('a')
          .addRouter('a', () => 'x', { y: 'a' }),
      'run.failed',
    ],
    ['a cap', () => Workflow.chain([increment, increment], { maxSteps: 1 }), 'run.failed'],
    [
      'a failing start',
      () => Workflow.parallel([() => Promise.reject(new Error('a')), () => Promise.reject(new Error('b'))]),
      'run.failed',
    ],
  ])('B106 ends in exactly one terminal event: %s', async (_, build, type) => {
    const { events } = await collectEvents(build().stream(1));
    expect(events.filter(isTerminal).map((event) => event.type)).toEqual([type]);
    expect(events.at(-1)!.type).toBe(type);
  });

  it('B107 closes every started step exactly once, cancelled siblings included', async () => {
    const stuck = (_: number, { signal }: StepContext): Promise<never> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const built = Workflow.parallel({ a: stuck, b: () => Promise.reject(new Error('no')), c: stuck, d: increment });
    const { events } = await collectEvents(built.stream(1));
    const closing = events.filter(({ type }) => /^step\.(completed|failed|cancelled)$/.test(type));
    const names = (list: readonly RunEvent[]): unknown[] => list.map((event) => 'node' in event && event.node).sort();
    expect(names(closing)).toEqual(names(ofType(events, 'step.started')));
    expect(names(ofType(events, 'step.cancelled'))).toEqual(['a', 'c']);
    expect(ofType(events, 'step.cancelled')[0]).toMatchObject({ isAbandoned: false, attempts: 1 });
  });

  it('B108 goes at the pace of the run: a consumer that does not read stalls nothing', async () => {
    let done = 0;
    const stream = Workflow.chain(Array.from({ length: 50 }, () => () => ++done)).stream(1);
    await stream.next();
    await settled();
    expect(done).toBe(50);
    await stream.return!();
  });

  it('B108 pauses the run before its next step when the buffer is full, and goes on with room', async () => {
    let done = 0;
    const stream = Workflow.chain(Array.from({ length: 50 }, () => () => ++done)).stream(1, { buffer: 10 });
    await settled();
    expect(done).toBe(5);
    let read = 0;
    for await (const event of stream) {
      read++;
      expect(event.seq).toBe(read);
      await settled();
      expect(2 * done - read).toBeLessThanOrEqual(12);
    }
    expect([read, done]).toEqual([102, 50]);
  });

  it('B108 gives up the oldest events with overflow "drop", which shows as a gap', async () => {
    const stream = many(50).stream(1, { buffer: 4, overflow: 'drop' });
    await settled();
    const { events } = await collectEvents(stream);
    expect(events.map(({ seq }) => seq)).toEqual([99, 100, 101, 102]);
  });

  it('B109 keeps the contexts of two streams apart that are pulled in turn from one task', async () => {
    const seen: string[] = [];
    const body = async (value: string): Promise<string> => {
      await null;
      seen.push(`${value} is ${currentContext().userId}`);
      return value;
    };
    const built = Workflow.chain([body, body, body]);
    const streams = ['alice', 'bob'].map((user) => built.stream(user, { userId: user, buffer: 1 }));
    for (let open = streams; open.length > 0;) {
      const pulled = await Promise.all(open.map(async (stream) => ((await stream.next()).done ? [] : [stream])));
      open = pulled.flat();
    }
    expect(seen.sort()).toEqual([...Array<string>(3).fill('alice is alice'), ...Array<string>(3).fill('bob is bob')]);
  });

  it('B110 never lets the consumer see the context of the run, nor afterwards', async () => {
    const seen = new Set<unknown>();
    const look = (): unknown => seen.add(currentContext().userId);
    const stream = many(3).stream(1, { userId: 'ada' });
    look();
    for await (const event of stream) {
      look();
      if (event.type === 'step.completed') break;
    }
    look();
    await stream.return!();
    await settled();
    look();
    expect([...seen]).toEqual([undefined]);
  });

  it('B110 leaves a consumer inside another run in its own', async () => {
    const inner = many(2);
    const outer = Workflow.chain([
      async () => {
        const users = new Set<unknown>();
        for await (const _event of inner.stream(1, { userId: 'inner' })) users.add(currentContext().userId);
        return [...users];
      },
    ]);
    expect((await outer.run(1, { userId: 'outer' })).output).toEqual(['outer']);
  });

  it('B112 carries failures as data, and numbers its events from 1 without gaps', async () => {
    const error = Object.assign(new Error('connection lost'), { code: 'ECONNRESET', secret: { live: true } });
    const { events } = await collectEvents(Workflow.chain([increment, () => Promise.reject(error)]).stream(1));
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    const failure = ofType(events, 'step.failed')[0]!.error;
    expect(failure).toEqual({ name: 'Error', message: 'connection lost', code: 'ECONNRESET' });
    expect(JSON.parse(JSON.stringify(events))).toHaveLength(events.length);
  });
});

describe('A handle', () => {
  it('tells the run’s id and status, gives its events, and its outcome without ever rejecting', async () => {
    const gate = deferred<number>();
    const handle = Workflow.chain([() => gate.promise]).start(1, { runId: 'r1' });
    const collecting = collectEvents(handle.events());
    expect([handle.runId, handle.status()]).toEqual(['r1', 'running']);
    gate.reject(new Error('no'));
    const outcome = await handle.result();
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'STEP_FAILED' }, partial: { visited: [] } });
    expect(handle.status()).toBe('failed');
    expect(await collecting).toMatchObject({ lines: expect.arrayContaining(['run.failed']), thrown: undefined });
  });

  it('gives the events from now on to several consumers; leaving one touches neither the run nor the others', async () => {
    const gates = [deferred<number>(), deferred<number>()];
    const handle = Workflow.chain({ a: () => gates[0]!.promise, b: () => gates[1]!.promise }).start(1);
    const all = collectEvents(handle.events());
    for await (const _event of handle.events()) break;
    await settled();
    const late = collectEvents(handle.events());
    gates[0]!.resolve(1);
    gates[1]!.resolve(2);
    expect((await handle.result()).status).toBe('completed');
    expect((await all).lines).toHaveLength(6);
    expect((await late).lines[0]).toBe('step.completed a');
    expect((await collectEvents(handle.events())).lines).toEqual([]);
  });

  it('does not pause the run for a consumer that does not read, unless asked to', async () => {
    const handle = many(50).start(1);
    const unread = handle.events({ buffer: 2 });
    expect((await handle.result()).status).toBe('completed');
    expect((await collectEvents(unread)).events.map(({ seq }) => seq)).toEqual([101, 102]);
  });

  it('R2: a run that nobody follows makes neither events nor ids', async () => {
    const made = jest.spyOn(crypto, 'randomUUID');
    const workflow = Workflow.chain([(value: number) => value + 1, async (value: number) => value * 2]);
    const result = await workflow.run(1);
    expect(made).not.toHaveBeenCalled();
    expect(result.runId).toMatch(/^[0-9a-f-]{36}$/); // made now, because it is asked for
    expect(made).toHaveBeenCalledTimes(1);
    made.mockRestore();
  });
});
