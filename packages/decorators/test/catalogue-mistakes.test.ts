/** The catalogue in class form, group A: what is refused, and how it is said. */
import { DefinitionError, END, START } from '@drawloom/core';
import { Configure, End, Router, Start, Step, WorkflowBase, workflows } from '@drawloom/decorators';
import { thrownBy } from '../../core/test/collect-events.js';
import { bothWays, decorate, handleOf, type Workflows } from './support/both-ways.js';

/** Every problem that making or running a class reports. */
async function problemsOf(call: () => unknown): Promise<string[]> {
  const error = await thrownBy(call);
  expect(DefinitionError.is(error)).toBe(true);
  return (error as DefinitionError).problems.map(({ code, where, what, fix }) => `${code} ${where}: ${what}; ${fix}`);
}

describe.each(bothWays)('A class, %s,', (_, make) => {
  const mistakesOf = <I>(type: Workflows<I, unknown>, input: I): Promise<string[]> =>
    problemsOf(() => make(type).run(input));

  it('refuses the names that every workflow has for itself, and the same decorator twice (B2)', async () => {
    class Taken extends WorkflowBase<number, number> {
      @Start() first(n: number): number {
        return n;
      }
      @Step({ after: 'first' }) @Step() twice(n: number): number {
        return n;
      }
    }
    decorate(Taken, 'run', Step({ after: 'first' as string }));
    expect(await mistakesOf(Taken, 1)).toEqual([
      expect.stringContaining('CONFLICTING_DECORATORS Taken.twice: @Step stands on it twice'),
      expect.stringContaining('INVALID_MEMBER Taken.run: "run" is a member of every workflow'),
    ]);
  });

  it('reports sources that are no steps, and says how to make them some (B3)', async () => {
    class Loose extends WorkflowBase<number, unknown> {
      @Start() first(n: number): number {
        return n;
      }
      @Step({ after: 'ghost' as string }) one(n: number): number {
        return n;
      }
      @Step({ after: 'plain' as string }) two(n: number): number {
        return n;
      }
      @Step({ after: 'called' as string }) three(n: number): number {
        return n;
      }
      plain(n: number): number {
        return n;
      }
      @Step({ inline: true }) async called(n: number): Promise<number> {
        return n;
      }
    }
    const steps = '(steps: "first", "one", "two", "three")';
    expect(await mistakesOf(Loose, 1)).toEqual([
      `UNKNOWN_NODE Loose.one: the source "ghost" does not exist ${steps}; add a method ghost() decorated with @Step()`,
      `UNKNOWN_NODE Loose.two: the source "plain" does not exist ${steps}; decorate plain with @Step()`,
      expect.stringMatching(/^UNKNOWN_NODE Loose.three: the source "called" .*; drop inline from @Step on called\(\)/),
    ]);
  });

  it('refuses START and END as sources, and START as a target (B5, B13)', async () => {
    class Ends extends WorkflowBase<number, unknown> {
      @Start() first(n: number): number {
        return n;
      }
      @Step({ after: START as never }) one(n: number): number {
        return n;
      }
      @Step({ after: END as never }) two(n: number): number {
        return n;
      }
      @Router({ after: 'first', routes: { x: START as never }, default: START as never }) choose(_: number): 'x' {
        return 'x';
      }
    }
    const found = await mistakesOf(Ends, 1);
    expect(found.map((line) => line.split(' (')[0])).toEqual([
      expect.stringContaining('INVALID_OPTION Ends.one: option after is'),
      expect.stringContaining('INVALID_OPTION Ends.two: option after is'),
      expect.stringContaining('UNKNOWN_NODE Ends.choose: the target of route "x"'),
      expect.stringContaining('UNKNOWN_NODE Ends.choose: the default target'),
    ]);
  });

  it('refuses edges out of a router, and a router that is a step as well (B9)', async () => {
    class After extends WorkflowBase<number, unknown> {
      @Start() @Router({ routes: { on: 'next' } }) choose(_: number): 'on' {
        return 'on';
      }
      @Step({ after: 'choose' as string }) next(n: number): number {
        return n;
      }
    }
    expect(await mistakesOf(After, 1)).toEqual([
      expect.stringMatching(/^EDGES_AND_ROUTER After.next: its source "choose" is a router.*in the routes of "choose"/),
    ]);
    class Mixed extends WorkflowBase<number, unknown> {
      @Start() first(n: number): number {
        return n;
      }
      @Step({ after: 'first' }) @Router({ routes: { on: END } }) choose(_: number): 'on' {
        return 'on';
      }
    }
    expect(await mistakesOf(Mixed, 1)).toEqual([
      expect.stringContaining('CONFLICTING_DECORATORS Mixed.choose: @Router and @Step stand on it'),
    ]);
  });

  it('reports every name that leads nowhere at once, with source, key and what was meant (B11, B12)', async () => {
    class Misspelt extends WorkflowBase<string, unknown> {
      @Start()
      @Router({ routes: { ask: 'anwser' as string, stop: END }, default: 'nowhere' as string })
      choose(text: string): string {
        return text;
      }
      @Step({ onError: 'rescue' as string }) answer(text: string): string {
        return text;
      }
      @End({ after: ['answer', 'escalte' as string] }) close(_: object): unknown {
        return undefined;
      }
    }
    const found = await mistakesOf(Misspelt, 'ask');
    expect(found.map((line) => line.split(' (steps')[0])).toEqual([
      'UNKNOWN_NODE Misspelt.choose: the target of route "ask" "anwser" does not exist',
      'UNKNOWN_NODE Misspelt.choose: the default target "nowhere" does not exist',
      'UNKNOWN_NODE Misspelt.answer: the step of onError "rescue" does not exist',
      'UNKNOWN_NODE Misspelt.close: the source "escalte" does not exist',
    ]);
    expect(found[0]).toContain('change it to "answer", or add a method anwser() decorated with @Step()');
  });

  it('refuses to run without a start, in the call itself, and says how to set one (B14)', async () => {
    const called: number[] = [];
    class Lost extends WorkflowBase<number, number> {
      @End() only(n: number): number {
        return called.push(n);
      }
    }
    const calls = ['run', 'stream', 'start'] as const;
    for (const call of calls) {
      const found = await problemsOf(() => make(Lost)[call](1));
      expect(found).toEqual([
        'NO_START Lost: no method begins the run; decorate the method that takes the input with @Start()',
      ]);
    }
    expect(() => make(Lost).stream(1)).toThrow(DefinitionError);
    expect(called).toEqual([]);
  });

  it.each(['maxSteps', 'maxVisitsPerNode', 'maxConcurrency'])(
    'refuses a %s that is no whole number of 1 or more, and names it (B15)',
    async (cap) => {
      const capped = (value: unknown): Workflows<number, number> => {
        @Configure({ [cap]: value })
        class Capped extends WorkflowBase<number, number> {
          @Start() same(n: number): number {
            return n;
          }
        }
        return Capped;
      };
      for (const value of [0, -1, 1.5, NaN, '3', null]) {
        const found = await mistakesOf(capped(value), 1);
        expect(found).toEqual([expect.stringContaining(`INVALID_OPTION Capped: option ${cap} is`)]);
      }
      expect((await make(capped(1)).run(1)).output).toBe(1);
      expect((await make(capped(Infinity)).run(1)).output).toBe(1);
    },
  );

  it.each([
    ['undefined', undefined],
    ['42', 42],
    ['an object', { run: () => 1 }],
    ['an instance of Promise', Promise.resolve(1)],
  ])('refuses a property that holds %s as a step, naming both (B17)', async (shown, held) => {
    class Holds extends WorkflowBase<number, unknown> {
      @Start() @Step() readonly agent: any = held;
    }
    const [found, ...others] = await mistakesOf(Holds, 1);
    expect(found).toContain(`INVALID_STEP Holds.agent: the property holds ${shown} (allowed: an agent, a workflow`);
    expect(others).toEqual([]);
  });

  it('refuses decorators on what can be no step (B17)', async () => {
    class Odd extends WorkflowBase<number, unknown> {
      @Start() first(n: number): number {
        return n;
      }
      get accessor(): number {
        return 1;
      }
      static fixed(n: number): number {
        return n;
      }
      readonly chooses = (): string => 'x';
    }
    decorate(Odd, 'accessor', Step({ after: 'first' as string }));
    decorate(Odd, 'chooses', Router({ after: 'first' as string, routes: { x: END } }));
    (Step() as unknown as (target: object, name: string) => void)(Odd, 'fixed');
    expect((await mistakesOf(Odd, 1)).map((line) => line.split(' (')[0]).sort()).toEqual([
      'INVALID_MEMBER Odd.accessor: @Step stands on an accessor',
      'INVALID_MEMBER Odd.chooses: @Router stands on a property',
      'INVALID_MEMBER Odd.fixed: @Step stands on a static member',
    ]);
  });
});

describe('A class with mistakes', () => {
  class NoStart extends WorkflowBase<number, number> {
    @End() only(n: number): number {
      return n;
    }
  }
  class Misspelt extends WorkflowBase<number, number> {
    @Start() first(n: number): number {
      return n;
    }
    @End({ after: 'frist' as string }) last(n: number): number {
      return n;
    }
  }
  class Empty extends WorkflowBase<number, number> {}

  it('is found with all others when they are registered, before anything is made (B12, B14)', async () => {
    expect(await problemsOf(() => workflows(NoStart, Misspelt, Empty))).toEqual([
      expect.stringContaining('NO_START NoStart:'),
      expect.stringContaining('UNKNOWN_NODE Misspelt.last:'),
      expect.stringContaining('EMPTY_WORKFLOW Empty:'),
    ]);
  });

  it('that is nested is refused before any step runs, by its own name (B12)', async () => {
    class Outer extends WorkflowBase<number, number> {
      @Start() @End() readonly inner = new Misspelt();
    }
    for (const outer of [new Outer(), handleOf(Outer)]) {
      const error = await thrownBy(() => outer.run(1));
      expect(error).toMatchObject({ code: 'UNKNOWN_NODE', where: 'Misspelt.last', partial: { steps: [] } });
    }
  });
});

describe('A name that is looked up', () => {
  it('is never found among what every object has (B12)', async () => {
    class Proto extends WorkflowBase<number, unknown> {
      @Start()
      @Router({ routes: { x: 'constructor' as string, y: 'toString' as string, z: '__proto__' as string } })
      choose(_: number): 'x' | 'y' | 'z' {
        return 'x';
      }
    }
    const found = await problemsOf(() => new Proto().run(1));
    expect(found.map((line) => line.split(' does not')[0])).toEqual([
      'UNKNOWN_NODE Proto.choose: the target of route "x" "constructor"',
      'UNKNOWN_NODE Proto.choose: the target of route "y" "toString"',
      'UNKNOWN_NODE Proto.choose: the target of route "z" "__proto__"',
    ]);
  });
});
