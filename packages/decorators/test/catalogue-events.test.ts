/** The catalogue in class form, group K: streaming and events. */
import { currentContext, type RunEvent, type StepContext } from '@drawloom/core';
import { Configure, End, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';
import { collectEvents, ofType, settled } from '../../core/test/collect-events.js';
import { bothWays, decorate, handleOf, type Workflows } from './support/both-ways.js';

const isTerminal = ({ type }: RunEvent): boolean => ['run.completed', 'run.failed', 'run.cancelled'].includes(type);
const stuck = (_: unknown, { signal }: StepContext): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

/** Steps `s0`, `s1`, … that run one after the other, or at once. */
function stepsOf(
  shape: 'chain' | 'fan-out',
  bodies: readonly ((value: any, context: StepContext) => unknown)[],
  options: object = {},
): Workflows<any, unknown> {
  @Configure({ name: 'many', ...options })
  class Many extends WorkflowBase<any, unknown> {}
  bodies.forEach((value, index) => {
    Object.defineProperty(Many.prototype, `s${index}`, { value });
    const isFirst = shape === 'fan-out' || index === 0;
    decorate(Many, `s${index}`, isFirst ? Start() : Step({ after: `s${index - 1}` as string }));
  });
  return Many;
}

const increment = (n: number): number => n + 1;
const many = (count: number): Workflows<number, unknown> =>
  stepsOf(
    'chain',
    Array.from({ length: count }, () => increment),
  );

class Inner extends WorkflowBase<number, number> {
  @Start() x(n: number): number {
    return n + 1;
  }
}
class Middle extends WorkflowBase<number, number> {
  @Start() @End() readonly inner = new Inner();
}
class Outer extends WorkflowBase<number, number> {
  @Start() @Step() readonly middle = new Middle();
  @End({ after: 'middle' }) after(n: number): number {
    return n + 1;
  }
}

describe.each(bothWays)('The events of a run of a class, %s,', (_, make) => {
  it('are the start, both ends of every step, and the end, each with what belongs to it (B99, B100)', async () => {
    const { events } = await collectEvents(make(Inner).stream(1, { runId: 'r1', sessionId: 's1', userId: 'ada' }));
    const common = { runId: 'r1', sessionId: 's1', workflow: 'Inner', path: [], time: expect.any(Number) };
    const activation = { node: 'x', visit: 1 };
    expect(events).toEqual([
      { ...common, seq: 1, type: 'run.started', input: 1, userId: 'ada', parentRunId: undefined },
      { ...common, seq: 2, type: 'step.started', ...activation, input: 1 },
      { ...common, seq: 3, type: 'step.completed', ...activation, output: 2, attempts: 1 },
      { ...common, seq: 4, type: 'run.completed', output: 2 },
    ]);
  });

  it('have one session: the caller’s, or one made for the run (B101)', async () => {
    const sessions = async (options?: object): Promise<Set<string>> =>
      new Set((await collectEvents(make(Outer).stream(1, options))).events.map(({ sessionId }) => sessionId));
    expect([...(await sessions({ sessionId: 's1' }))]).toEqual(['s1']);
    const [made, another] = [await sessions(), await sessions()];
    expect([made.size, another.size, new Set([...made, ...another]).size]).toEqual([1, 1, 2]);
  });

  it('tell of the failure of a step, then of the run; then the error is thrown (B102, B106)', async () => {
    const error = new TypeError('no');
    const { events, lines, thrown } = await collectEvents(
      make(stepsOf('chain', [() => Promise.reject(error)])).stream(1),
    );
    expect(lines).toEqual(['run.started', 'step.started s0', 'step.failed s0', 'run.failed']);
    expect(events[2]).toMatchObject({ error: { name: 'TypeError', message: 'no' }, isHandled: false, attempts: 1 });
    expect(events[3]).toMatchObject({ error: { name: 'StepError', code: 'STEP_FAILED' } });
    expect(thrown).toMatchObject({ code: 'STEP_FAILED', where: 'many.s0', cause: error });
  });

  it('have a start before the end of every step, where branches interleave (B103)', async () => {
    const gates = Array.from({ length: 4 }, () => deferred());
    const type = stepsOf(
      'fan-out',
      gates.map(
        ({ promise }) =>
          () =>
            promise,
      ),
    );
    const collecting = collectEvents(make(type).stream(1));
    for (const index of [2, 0, 3, 1]) {
      await settled();
      gates[index]!.resolve();
    }
    const { lines } = await collecting;
    expect(lines.filter((line) => line.startsWith('step.completed'))).toEqual(
      [2, 0, 3, 1].map((index) => `step.completed s${index}`),
    );
    for (const index of [0, 1, 2, 3]) {
      const started = lines.indexOf(`step.started s${index}`);
      expect([started > 0, started < lines.indexOf(`step.completed s${index}`)]).toEqual([true, true]);
    }
  });

  it('may be left early: steps are aborted, nothing is thrown, the workflow can be run again (B104)', async () => {
    const reasons: unknown[] = [];
    const body = (n: number, { signal }: StepContext): unknown =>
      n > 1
        ? n
        : new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => {
              reasons.push(signal.reason);
              reject(signal.reason as Error);
            }),
          );
    const workflow = make(stepsOf('chain', [body, increment]));
    for await (const event of workflow.stream(1)) if (event.type === 'step.started') break;
    expect(reasons).toMatchObject([{ code: 'RUN_CANCELLED', cause: 'the consumer of its events stopped' }]);
    await settled();
    expect((await workflow.run(2)).output).toBe(3);
  });

  it('may be left before the first one: no step begins (B104)', async () => {
    const called: unknown[] = [];
    const workflow = make(stepsOf('chain', [(n) => called.push(n)]));
    const unread = workflow.stream(1);
    await unread.return!();
    expect(await unread.next()).toEqual({ done: true, value: undefined });
    await settled();
    expect(called).toEqual([]);
    expect((await workflow.run(1)).status).toBe('completed');
  });

  it('end with what run gives (B105)', async () => {
    const { events } = await collectEvents(make(Outer).stream(1));
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: (await make(Outer).run(1)).output });
  });

  class NoRoute extends WorkflowBase<number, unknown> {
    @Start() @Router({ routes: { y: 'next' } as Record<string, string> }) choose(_: number): string {
      return 'x';
    }
    @Step() next(n: number): number {
      return n;
    }
  }
  class Unmade extends WorkflowBase<number, unknown> {
    @Start() @Step() readonly agent: any = undefined;
  }
  const failing = (): Promise<never> => Promise.reject(new Error('no'));
  it.each<[string, Workflows<any, unknown>, string]>([
    ['success', Outer, 'run.completed'],
    ['a failing step', stepsOf('chain', [failing]), 'run.failed'],
    ['a failing router', NoRoute, 'run.failed'],
    ['a cap', stepsOf('chain', [increment, increment], { maxSteps: 1 }), 'run.failed'],
    ['two failing branches', stepsOf('fan-out', [failing, failing]), 'run.failed'],
    ['a property that holds no step', Unmade, 'run.failed'],
  ])('end in exactly one terminal event: %s (B106)', async (_name, type, terminal) => {
    const { events } = await collectEvents(make(type).stream(1, { depth: 0 }));
    expect(events.filter(isTerminal).map((event) => event.type)).toEqual([terminal]);
    expect(events.at(-1)!.type).toBe(terminal);
    expect(events[0]!.type).toBe('run.started');
  });

  it('close every started step exactly once, cancelled siblings included (B107)', async () => {
    const type = stepsOf('fan-out', [stuck, failing, stuck, increment]);
    const { events } = await collectEvents(make(type).stream(1));
    const closing = events.filter(({ type: name }) => /^step\.(completed|failed|cancelled)$/.test(name));
    const names = (list: readonly RunEvent[]): unknown[] => list.map((event) => 'node' in event && event.node).sort();
    expect(names(closing)).toEqual(names(ofType(events, 'step.started')));
    expect(names(ofType(events, 'step.cancelled'))).toEqual(['s0', 's2']);
    expect(ofType(events, 'step.cancelled')[0]).toMatchObject({ isAbandoned: false, attempts: 1 });
  });

  it('do not stall the run where nobody reads them, but pause it when their buffer is full (B108)', async () => {
    let done = 0;
    const counting = (): Workflows<number, unknown> =>
      stepsOf(
        'chain',
        Array.from({ length: 50 }, () => () => ++done),
      );
    const unread = make(counting()).stream(1);
    await unread.next();
    await settled();
    expect(done).toBe(50);
    await unread.return!();
    done = 0;
    const paused = make(counting()).stream(1, { buffer: 10 });
    await settled();
    expect(done).toBe(5);
    expect((await collectEvents(paused)).events).toHaveLength(102);
    expect(done).toBe(50);
  });

  it('never let their consumer see the context of the run, nor afterwards (B110)', async () => {
    const seen = new Set<unknown>();
    const look = (): unknown => seen.add(currentContext().userId);
    const stream = make(many(3)).stream(1, { userId: 'ada' });
    look();
    for await (const event of stream) {
      look();
      if (event.type === 'step.completed') break;
    }
    look();
    await settled();
    look();
    expect([...seen]).toEqual([undefined]);
  });

  it('have those of nested classes among them, with the path that leads there, as deep as is asked (B111)', async () => {
    const { lines } = await collectEvents(make(Outer).stream(1));
    expect(lines).toEqual([
      'run.started',
      'step.started middle',
      'run.started middle',
      'step.started middle/inner',
      'run.started middle/inner',
      'step.started middle/inner/x',
      'step.completed middle/inner/x',
      'run.completed middle/inner',
      'step.completed middle/inner',
      'run.completed middle',
      'step.completed middle',
      'step.started after',
      'step.completed after',
      'run.completed',
    ]);
    const paths = async (depth: number): Promise<unknown> => [
      ...new Set((await collectEvents(make(Outer).stream(1, { depth }))).events.map(({ path }) => path.join('/'))),
    ];
    expect([await paths(0), await paths(1), await paths(2)]).toEqual([
      [''],
      ['', 'middle'],
      ['', 'middle', 'middle/inner'],
    ]);
  });

  it('carry failures as data, and are numbered for each run from 1 without gaps (B112)', async () => {
    const error = Object.assign(new Error('connection lost'), { code: 'ECONNRESET', secret: { live: true } });
    const { events } = await collectEvents(make(stepsOf('chain', [increment, () => Promise.reject(error)])).stream(1));
    expect(ofType(events, 'step.failed')[0]!.error).toEqual({
      name: 'Error',
      message: 'connection lost',
      code: 'ECONNRESET',
    });
    expect(JSON.parse(JSON.stringify(events))).toHaveLength(events.length);
    const numbers = new Map<string, number[]>();
    for (const { runId, seq } of (await collectEvents(make(Outer).stream(1))).events) {
      numbers.set(runId, [...(numbers.get(runId) ?? []), seq]);
    }
    expect([...numbers.values()].map((seqs) => seqs.length)).toEqual([6, 4, 4]);
    for (const seqs of numbers.values()) expect(seqs).toEqual(seqs.map((_seq, index) => index + 1));
  });

  it('have what a step says of itself among them (B99)', async () => {
    const type = stepsOf('chain', [(_n, context) => context.emit('progress', { percent: 50 })]);
    const { events, lines } = await collectEvents(make(type).stream(1));
    expect(lines.slice(1, 4)).toEqual(['step.started s0', 'step.emitted s0', 'step.completed s0']);
    expect(events[2]).toMatchObject({ name: 'progress', data: { percent: 50 }, visit: 1 });
  });
});

describe('Two streams of one handle', () => {
  it('that are pulled in turn from one task keep their contexts and instances apart (B109)', async () => {
    const seen: string[] = [];
    class Looks extends WorkflowBase<string, unknown> {
      own: string | undefined;
      @Start() async a(user: string): Promise<string> {
        this.own = user;
        return this.look(user);
      }
      @Step({ after: 'a' }) async b(user: string): Promise<string> {
        return this.look(user);
      }
      async look(user: string): Promise<string> {
        await null;
        seen.push(`${user} is ${currentContext().userId}, ${this.context.userId} and ${this.own}`);
        return user;
      }
    }
    const handle = handleOf(Looks);
    const streams = ['alice', 'bob'].map((user) => handle.stream(user, { userId: user, buffer: 1 }));
    for (let open = streams; open.length > 0;) {
      const pulled = await Promise.all(
        open.map(async (stream) => ((await stream.next()).done === true ? [] : [stream])),
      );
      open = pulled.flat();
    }
    const [alice, bob] = ['alice is alice, alice and alice', 'bob is bob, bob and bob'];
    expect(seen.sort()).toEqual([alice, alice, bob, bob]);
  });
});
