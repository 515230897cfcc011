/** The catalogue in class form, group G (routers), and what of E (choosing a branch) is not the sugar's. */
import { END, type RouteKey, type StepContext } from '@drawloom/core';
import { Configure, End, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';
import { collectEvents, ofType, settled, thrownBy } from '../../core/test/collect-events.js';
import { bothWays, handleOf, type Workflows } from './support/both-ways.js';

type Keys = RouteKey | readonly RouteKey[];

/** first → choose, which returns what `key` gives → toB, toC or END, with a default where one is given. */
function routed(
  key: (value: string, context: StepContext) => unknown,
  fallback?: string | typeof END,
): Workflows<string, any> {
  @Configure({ name: 'routed' })
  class Routed extends WorkflowBase<string, any> {
    @Start() first(text: string): string {
      return `${text}!`;
    }
    @Router({ after: 'first', routes: { toB: 'b', toC: 'c', stop: END } as Record<string, any>, default: fallback })
    choose(value: string, context: StepContext): any {
      return key(value, context);
    }
    @Step() b(text: string): string {
      return `b got ${text}`;
    }
    @Step() c(text: string): string {
      return `c got ${text}`;
    }
  }
  return Routed;
}

/** A router at the start whose routes are made up by the test. */
function entry(
  key: (input: any) => unknown,
  routes: Record<string, string | typeof END>,
  fallback?: string | typeof END,
) {
  @Configure({ name: 'entry' })
  class Entry extends WorkflowBase<any, any> {
    @Start() @Router({ routes, default: fallback }) choose(input: unknown): any {
      return key(input);
    }
    @Step() a(input: unknown): unknown {
      return `a got ${String(input)}`;
    }
    @Step() b(input: unknown): unknown {
      return `b got ${String(input)}`;
    }
  }
  return Entry;
}

describe.each(bothWays)('A router of a class, %s,', (_, make) => {
  it('runs exactly one target, once; the others leave no trace (B60, B42)', async () => {
    const { lines, events } = await collectEvents(make(routed(() => 'toC')).stream('x'));
    expect(lines).toEqual([
      'run.started',
      'step.started first',
      'step.completed first',
      'route.taken choose',
      'step.started c',
      'step.completed c',
      'run.completed',
    ]);
    expect(events.at(-1)).toMatchObject({ output: 'c got x!' });
  });

  it('is asked once, with the value, the context and the instance (B60)', async () => {
    const asked: unknown[] = [];
    class Asks extends WorkflowBase<string, unknown> {
      readonly own = 'own';
      @Start() first(text: string): string {
        return `${text}!`;
      }
      @Router({ after: 'first', routes: { end: END } }) choose(text: string, { node, run }: StepContext): 'end' {
        asked.push([this.own, text, node, run.userId, this.context.userId]);
        return 'end';
      }
    }
    await make(Asks).run('x', { userId: 'ada' });
    expect(asked).toEqual([['own', 'x!', 'choose', 'ada', 'ada']]);
  });

  it('gives its targets its own input, not the key (B43)', async () => {
    expect((await make(entry(() => 'x', { x: 'a', y: 'b' })).run('the question')).output).toBe('a got the question');
  });

  it('ends its branch with END: the value that it was given is the output (B60)', async () => {
    const result = await make(routed(() => 'stop')).run('x');
    expect(result).toMatchObject({ output: 'x!', visited: ['first'] });
    expect(result.routes).toEqual([{ router: 'choose', keys: ['stop'], targets: [], ends: true }]);
  });

  it.each([
    ['a step', 'b', 'b got x!'],
    ['END', END, 'x!'],
  ] as const)('leads other keys to the default, which may be %s (B61, B44)', async (_name, fallback, output) => {
    expect((await make(routed(() => 'other', fallback)).run('x')).output).toBe(output);
  });

  it('fails where no route takes the key, naming itself and the key (B62, B45)', async () => {
    const error = await thrownBy(() => make(routed(() => 'toD')).run('x'));
    expect(error).toMatchObject({ code: 'NO_ROUTE', where: 'routed.choose', node: 'choose' });
    expect(error.message).toContain('its router returned "toD": no matching route and no default');
    const first = await thrownBy(() => make(entry(() => 'x', { y: 'a', z: 'b' })).run(1));
    expect(first).toMatchObject({ code: 'NO_ROUTE', where: 'entry.choose', workflow: 'entry' });
  });

  it('may be async, or return any thenable (B63)', async () => {
    const thenable = { then: (resolve: (key: string) => void) => resolve('toB') };
    for (const key of [async () => 'toB', () => thenable]) {
      expect((await make(routed(key)).run('x')).visited).toEqual(['first', 'b']);
    }
  });

  it('at the start sees the input of the run, and is not among the visited (B64)', async () => {
    const parity = entry((n: number) => n % 2, { 0: 'a', 1: 'b' });
    const { lines } = await collectEvents(make(parity).stream(3));
    expect(lines).toEqual(['run.started', 'route.taken choose', 'step.started b', 'step.completed b', 'run.completed']);
    expect(await make(parity).run(4)).toMatchObject({ output: 'a got 4', visited: ['a'] });
  });

  it.each([
    ['by a route', { leave: END, go: 'a', on: 'b' }, undefined],
    ['by default', { go: 'a', on: 'b' }, END],
  ] as const)(
    'at the start that chooses END %s runs no step, and the output is the input (B65)',
    async (_name, routes, fallback) => {
      const input = { original: true };
      const result = await make(entry(() => 'leave', routes, fallback)).run(input);
      expect(result.output).toBe(input);
      expect([result.visited, result.perStep, result.steps]).toEqual([[], {}, []]);
    },
  );

  it('that leads to END past every @End step leaves the run without an output (B65)', async () => {
    class Past extends WorkflowBase<string, string | undefined> {
      @Start() @Router({ routes: { go: 'last' }, default: END }) choose(text: string): string {
        return text;
      }
      @End() last(text: string): string {
        return text;
      }
    }
    expect((await make(Past).run('go')).output).toBe('go');
    expect(await make(Past).run('leave')).toMatchObject({ output: undefined, visited: [] });
  });

  it('compares keys as text, case and spaces included (B66, B46)', async () => {
    const keys: [RouteKey, string][] = [
      [1, '1'],
      [1.5, '1.5'],
      [true, 'true'],
      [false, 'false'],
      [10n, '10'],
      ['', ''],
      [' A ', ' A '],
    ];
    for (const [key, route] of keys) {
      expect((await make(entry(() => key, { [route]: 'a' }, 'b')).run('x')).visited).toEqual(['a']);
    }
    expect((await make(entry(() => 'A', { a: 'a' }, 'b')).run('x')).visited).toEqual(['b']);
  });

  it.each<[string, Keys]>([
    ['null', null],
    ['undefined', undefined],
    ['an empty list', []],
    ['a list of nothing', [null]],
  ])('lets %s take no route but the default (B66)', async (_name, nothing) => {
    const routes = { null: 'b', undefined: 'b', '': 'b' };
    expect((await make(entry(() => nothing, routes, 'a')).run('x')).visited).toEqual(['a']);
    await expect(make(entry(() => nothing, { ...routes, go: 'a' })).run('x')).rejects.toMatchObject({
      code: 'NO_ROUTE',
    });
  });

  it('never finds a route among what every object has (B66)', async () => {
    for (const key of ['constructor', '__proto__', 'toString']) {
      expect((await make(entry(() => key, { go: 'b' }, 'a')).run('x')).visited).toEqual(['a']);
    }
  });

  it('may have a route named default beside its default (B49)', async () => {
    const both = (key: string) => make(entry(() => key, { default: 'a' }, 'b')).run('x');
    expect([(await both('default')).visited, (await both('other')).visited]).toEqual([['a'], ['b']]);
  });

  it('that throws fails the run with its own event, error and code (B67)', async () => {
    const error = new Error('cannot decide');
    const throwing = (): never => {
      throw error;
    };
    for (const key of [throwing, () => Promise.reject(error)]) {
      const { events, lines, thrown } = await collectEvents(make(routed(key)).stream('x'));
      expect(lines.slice(-2)).toEqual(['route.failed choose', 'run.failed']);
      expect(ofType(events, 'route.failed')[0]!.error).toEqual({ name: 'Error', message: 'cannot decide' });
      expect(thrown).toMatchObject({ code: 'ROUTER_FAILED', where: 'routed.choose', cause: error });
    }
  });

  it('is recorded with key and target, in the events and in the result (B68)', async () => {
    const record = { router: 'choose', keys: ['other'], targets: ['b'], ends: false };
    const { events } = await collectEvents(make(routed(() => 'other', 'b')).stream('x'));
    expect(ofType(events, 'route.taken')).toEqual([expect.objectContaining(record)]);
    expect((await make(routed(() => 'other', 'b')).run('x')).routes).toEqual([record]);
  });

  it('that is slow does not hold up other branches (B69)', async () => {
    const gate = deferred<'on'>();
    const done: string[] = [];
    class Slow extends WorkflowBase<number, unknown> {
      @Start() @Router({ routes: { on: 'chosen' } }) choose(_: number): Promise<'on'> {
        return gate.promise;
      }
      @Step() chosen(_: number): void {
        done.push('chosen');
      }
      @Start() other(_: number): void {
        done.push('other');
      }
      @Step({ after: 'other' }) afterOther(): void {
        done.push('afterOther');
      }
    }
    const running = make(Slow).run(1);
    await settled();
    expect(done).toEqual(['other', 'afterOther']);
    gate.resolve('on');
    await running;
    expect(done).toEqual(['other', 'afterOther', 'chosen']);
  });

  it('may choose several routes; a target that is named twice runs once (B60)', async () => {
    const result = await make(routed(() => ['toC', 'toB', 'toC', 'stop'])).run('x');
    expect(result.visited).toEqual(['first', 'b', 'c']);
    expect(result.routes).toEqual([
      { router: 'choose', keys: ['toC', 'toB', 'toC', 'stop'], targets: ['c', 'b'], ends: true },
    ]);
    expect(result.output).toEqual({ first: 'x!', b: 'b got x!', c: 'c got x!' });
  });

  it('counts in no cap (B88)', async () => {
    @Configure({ maxSteps: 1, maxVisitsPerNode: 1 })
    class Capped extends WorkflowBase<number, number> {
      @Start() @Router({ routes: { on: 'choose' } }) before(_: number): 'on' {
        return 'on';
      }
      @Router({ routes: { on: 'only' } }) choose(_: number): 'on' {
        return 'on';
      }
      @End() only(n: number): number {
        return n;
      }
    }
    expect((await make(Capped).run(1)).visited).toEqual(['only']);
  });
});

describe('A router from a container', () => {
  it('sees its own run’s input and instance in each of many concurrent runs (B48)', async () => {
    class Many extends WorkflowBase<number, string> {
      seen: number | undefined;
      @Start() async look(n: number): Promise<number> {
        this.seen = n;
        for (let turn = n % 3; turn >= 0; turn--) await settled();
        return n;
      }
      @Router({ after: 'look', routes: { true: 'even', false: 'odd' } }) async choose(n: number): Promise<boolean> {
        await null;
        return n % 2 === 0 && this.seen === n;
      }
      @End() even(n: number): string {
        return `${n} ${this.seen} even`;
      }
      @End() odd(n: number): string {
        return `${n} ${this.seen} odd`;
      }
    }
    const handle = handleOf(Many);
    const numbers = Array.from({ length: 24 }, (_, n) => n);
    const outputs = (await Promise.all(numbers.map((n) => handle.run(n)))).map(({ output }) => output);
    expect(outputs).toEqual(numbers.map((n) => `${n} ${n} ${n % 2 === 0 ? 'even' : 'odd'}`));
  });
});
