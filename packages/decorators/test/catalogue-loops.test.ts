/** The catalogue in class form: group I, loops and caps. */
import { END, RunError, type StepContext, type WorkflowOptions } from '@drawloom/core';
import { Configure, End, oneOf, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { VirtualClock } from '@drawloom/testing';
import { collectEvents, settled, thrownBy } from '../../core/test/collect-events.js';
import { bothWays, decorate, type Workflows } from './support/both-ways.js';

/** a → a for as long as the value is below `until`. */
function selfLoop(until: number, options: WorkflowOptions, began: number[] = []): Workflows<number, number> {
  @Configure({ name: 'loop', ...options })
  class Loop extends WorkflowBase<number, number> {
    @Start() @Step() a(n: number): number {
      began.push(n);
      return n + 1;
    }
    @Router({ after: 'a', routes: { true: 'a', false: END } }) turn(n: number): boolean {
      return n < until;
    }
  }
  return Loop;
}

const waitForAbort = (signal: AbortSignal, aborted: unknown[]): Promise<never> =>
  new Promise((_resolve, reject) =>
    signal.addEventListener('abort', () => {
      aborted.push(signal.reason);
      reject(signal.reason as Error);
    }),
  );

describe.each(bothWays)('A loop of a class, %s,', (_, make) => {
  it('of the seed runs in exactly its order (B85)', async () => {
    class Seed extends WorkflowBase<string, unknown> {
      readonly choices = ['C', 'D', 'out'] as const;
      turn = 0;
      @Start() A(text: string): string {
        return text;
      }
      @Step({ after: oneOf('A', 'C', 'D') }) B(text: string): string {
        return text;
      }
      @Step({ after: 'B' }) classify(_: string): 'C' | 'D' | 'out' {
        return this.choices[this.turn++]!;
      }
      @Router({ after: 'classify', routes: { C: 'C', D: 'D', out: END } }) choose(
        label: 'C' | 'D' | 'out',
      ): 'C' | 'D' | 'out' {
        return label;
      }
      @Step() C(text: string): string {
        return text;
      }
      @Step() D(text: string): string {
        return text;
      }
    }
    const { visited } = await make(Seed).run('x');
    expect(visited.join(' ')).toBe('A B classify C B classify D B classify');
  });

  it('maxSteps of N allows exactly N, and refuses the next before it begins (B86, B88)', async () => {
    expect((await make(selfLoop(10, { maxSteps: 10 })).run(0)).output).toBe(10);
    const began: number[] = [];
    const error = await thrownBy(() => make(selfLoop(10, { maxSteps: 9 }, began)).run(0));
    expect(began).toHaveLength(9);
    expect(error).toMatchObject({ code: 'MAX_STEPS', where: 'loop.a', workflow: 'loop', node: 'a', cap: { cap: 9 } });
    expect(error.message).toContain('maxSteps of 9 is used up, and this node was about to run');
  });

  it('maxVisitsPerNode of N allows exactly N, and tells what kept the cycle turning (B87, B88)', async () => {
    @Configure({ name: 'loop', maxVisitsPerNode: 3 })
    class Turns extends WorkflowBase<number, unknown> {
      @Start() @Step() a(n: number): number {
        return n + 1;
      }
      @Step({ after: 'a' }) b(n: number): number {
        return n;
      }
      @Router({ after: 'b', routes: { again: 'a', done: END } }) turn(n: number): 'again' | 'done' {
        return n < 100 ? 'again' : 'done';
      }
    }
    const error = await thrownBy(() => make(Turns).run(0));
    expect(RunError.is(error) && error.cap).toMatchObject({
      node: 'a',
      cap: 3,
      lastKeys: [{ router: 'turn', keys: ['again'] }],
    });
    expect(error).toMatchObject({
      code: 'MAX_VISITS',
      where: 'loop.a',
      partial: { visited: ['a', 'b', 'a', 'b', 'a', 'b'] },
    });
    expect(error.message).toContain('turn returned "again"');
    expect(error.fix).toBe('let the router pick its exit, or raise maxVisitsPerNode');
  });

  it('is bounded by 100 steps and 25 visits where nothing else is said (B86, B87)', async () => {
    await expect(make(selfLoop(Infinity, {})).run(0)).rejects.toMatchObject({ code: 'MAX_VISITS', cap: { cap: 25 } });
    expect((await make(selfLoop(25, {})).run(0)).visited).toHaveLength(25);
    const many = { maxVisitsPerNode: 1000 };
    await expect(make(selfLoop(Infinity, many)).run(0)).rejects.toMatchObject({ code: 'MAX_STEPS', cap: { cap: 100 } });
  });

  it('is needed to meet the default cap: a class of more than 100 steps runs through (B41)', async () => {
    class Long extends WorkflowBase<number, unknown> {}
    for (let index = 0; index < 130; index++) {
      Object.defineProperty(Long.prototype, `s${index}`, { value: (n: number) => n + 1 });
      decorate(Long, `s${index}`, index === 0 ? Start() : Step({ after: `s${index - 1}` as string }));
    }
    expect((await make(Long).run(0)).output).toBe(130);
  });

  it.each([1, 3, 8])('counts exactly with %d slots (B88)', async (maxConcurrency) => {
    const began: string[] = [];
    @Configure({ name: 'wide', maxSteps: 7, maxConcurrency })
    class Wide extends WorkflowBase<number, unknown> {}
    for (let index = 0; index < 12; index++) {
      Object.defineProperty(Wide.prototype, `s${index}`, {
        value: async (_n: number, { node }: StepContext) => (began.push(node), settled()),
      });
      decorate(Wide, `s${index}`, Start());
    }
    await expect(make(Wide).run(1)).rejects.toMatchObject({ code: 'MAX_STEPS', node: 's7' });
    expect(began).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6']);
  });

  it('that meets a cap aborts what runs, announces the failure, then throws it (B89)', async () => {
    const aborted: unknown[] = [];
    @Configure({ maxSteps: 2 })
    class Capped extends WorkflowBase<number, unknown> {
      @Start() waits(_: number, { signal }: StepContext): Promise<never> {
        return waitForAbort(signal, aborted);
      }
      @Start() quick(n: number): number {
        return n;
      }
      @Step({ after: 'quick' }) next(n: number): number {
        return n;
      }
    }
    const { events, lines, thrown } = await collectEvents(make(Capped).stream(1));
    expect(lines.slice(-3)).toEqual(['step.completed quick', 'step.cancelled waits', 'run.failed']);
    expect(events.at(-1)).toMatchObject({ error: { name: 'RunError', code: 'MAX_STEPS' } });
    expect(thrown).toMatchObject({ code: 'MAX_STEPS', node: 'next' });
    expect(aborted).toEqual([thrown]);
  });

  it('that meets a cap carries the partial result (B90)', async () => {
    const type = selfLoop(Infinity, { maxVisitsPerNode: 3 });
    const { partial } = await thrownBy(() => make(type).run(0, { runId: 'r1', userId: 'ada' }));
    const expected = { workflow: 'loop', runId: 'r1', userId: 'ada', visited: ['a', 'a', 'a'], perStep: { a: 3 } };
    expect(partial).toMatchObject(expected);
    expect(partial!.routes).toHaveLength(3);
    expect(partial!.steps.map(({ visit, outcome }) => `${visit} ${outcome}`)).toEqual([
      '1 completed',
      '2 completed',
      '3 completed',
    ]);
  });

  it('may lead from a step to itself, with a router or without (B91)', async () => {
    expect((await make(selfLoop(5, {})).run(0)).visited).toEqual(['a', 'a', 'a', 'a', 'a']);
    class Endless extends WorkflowBase<number, number> {
      @Start() before(n: number): number {
        return n;
      }
      @Step({ after: oneOf('before', 'again') }) again(n: number): number {
        return n + 1;
      }
    }
    await expect(make(Endless).run(0)).rejects.toMatchObject({ code: 'MAX_VISITS', node: 'again' });
  });

  it('has caps of its own where it is nested; a budget and a timeout are for all (B92)', async () => {
    const Inner = selfLoop(20, { maxSteps: 20 });
    const outer = (type: Workflows<number, number>, options: WorkflowOptions): Workflows<number, number> => {
      @Configure({ name: 'outer', ...options })
      class Outer extends WorkflowBase<number, number> {
        @Start() @End() readonly inner = new type();
      }
      return Outer;
    };
    expect((await make(outer(Inner, { maxSteps: 1 })).run(0)).output).toBe(20);
    await expect(make(outer(selfLoop(20, { maxSteps: 5 }), {})).run(0)).rejects.toMatchObject({
      where: 'outer.inner',
      cause: { code: 'MAX_STEPS', where: 'loop.a' },
    });
    expect((await make(outer(selfLoop(4, {}), {})).run(0, { maxTotalSteps: 5 })).output).toBe(4);
    await expect(make(outer(selfLoop(4, {}), {})).run(0, { maxTotalSteps: 4 })).rejects.toMatchObject({
      cause: { code: 'MAX_TOTAL_STEPS', where: 'loop.a', cap: { cap: 4 } },
    });
    const clock = new VirtualClock();
    const aborted: unknown[] = [];
    class Waits extends WorkflowBase<number, number> {
      @Start() wait(_: number, { signal }: StepContext): Promise<never> {
        return waitForAbort(signal, aborted);
      }
    }
    const failed = thrownBy(() => make(outer(Waits, { clock, timeout: '30s' })).run(1));
    await clock.advance('29s');
    expect(aborted).toEqual([]);
    await clock.advance('1s');
    expect(await failed).toMatchObject({ code: 'RUN_TIMEOUT', where: 'outer' });
    expect(aborted).toHaveLength(1);
  });
});
