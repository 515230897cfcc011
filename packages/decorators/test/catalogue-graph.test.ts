/**
 * The catalogue of behaviours in class form: what a workflow that is written as a class does, entry by entry. The number of the
 * entry stands in brackets at the end of a test's name. This file: group A, the graph. The others are its neighbours
 * `catalogue-*.test.ts`. Where nothing else is said a test runs both on an instance constructed by hand and on a handle.
 *
 * | entries of A-M and X that have no class form | why |
 * |---|---|
 * | B27, B38, B39, B40, B47, B50, B58 | about the sugar (`chain`, `route`, `parallel`), which is the builder's; tested in core |
 * | B34, and of B29 a name of its own | `workflow(fn)` and `step(name, fn)` are for plain functions; a member has its name |
 * | B36, B59, B116, B122-B124, B244; of B111 tokens | agents and their tools |
 * | of B33, B67, B68, B114 audit and replay; of B97 usage | the audit log, the journal and usage come later |
 */
import { DefinitionError, END, START } from '@drawloom/core';
import { Configure, End, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';
import { settled, thrownBy } from '../../core/test/collect-events.js';
import { bothWays, decorate, type Workflows } from './support/both-ways.js';

/** Every problem that making or running a class reports. */
async function problemsOf(call: () => unknown): Promise<string[]> {
  const error = await thrownBy(call);
  expect(DefinitionError.is(error)).toBe(true);
  return (error as DefinitionError).problems.map(({ code, where, what, fix }) => `${code} ${where}: ${what}; ${fix}`);
}

describe.each(bothWays)('The graph of a class, %s,', (_, make) => {
  const mistakesOf = <I>(type: Workflows<I, unknown>, input: I): Promise<string[]> =>
    problemsOf(() => make(type).run(input));

  it('is what its decorators say, under the name of the class or of @Configure (B1)', async () => {
    class Sum extends WorkflowBase<number, number> {
      @Start() increment(n: number): number {
        return n + 1;
      }
      @Router({ after: 'increment', routes: { on: 'double' } }) choose(_: number): 'on' {
        return 'on';
      }
      @End() double(n: number): number {
        return n * 2;
      }
    }
    @Configure({ name: 'total' })
    class Named extends Sum {}
    const results = [await make(Sum).run(1), await make(Named).run(1)];
    expect(results.map(({ workflow, output }) => [workflow, output])).toEqual([
      ['Sum', 4],
      ['total', 4],
    ]);
  });

  it('has one node for a name, also where a subclass declares it again (B2)', async () => {
    class Parent extends WorkflowBase<number, unknown> {
      @Start() first(n: number): number {
        return n;
      }
      @End({ after: 'first' }) last(n: number): unknown {
        return `parent ${n}`;
      }
    }
    class Replaced extends Parent {
      override last(n: number): unknown {
        return `child ${n}`;
      }
    }
    class Moved extends Parent {
      @Step({ after: 'first' }) between(n: number): number {
        return n + 1;
      }
      @End({ after: 'between' }) override last(n: number): unknown {
        return `moved ${n}`;
      }
    }
    expect(await make(Replaced).run(1)).toMatchObject({ output: 'child 1', visited: ['first', 'last'] });
    expect(await make(Moved).run(1)).toMatchObject({ output: 'moved 2', visited: ['first', 'between', 'last'] });
    expect(await make(Parent).run(1)).toMatchObject({ output: 'parent 1', visited: ['first', 'last'] });
  });

  it('is the same with @Start alone and beside @Step (B4)', () => {
    @Configure({ name: 'w' })
    class Alone extends WorkflowBase<number, number> {
      @Start() first(n: number): number {
        return n;
      }
    }
    @Configure({ name: 'w' })
    class Beside extends WorkflowBase<number, number> {
      @Start() @Step() first(n: number): number {
        return n;
      }
    }
    expect(make(Beside).graph).toEqual(make(Alone).graph);
    expect(make(Beside).graph.edges).toEqual([{ kind: 'plain', from: START, to: 'first' }]);
  });

  it('delivers to every step that names one as its source, in the order of the class (B6)', async () => {
    @Configure({ maxConcurrency: 1 })
    class Fan extends WorkflowBase<number, unknown> {
      @Start() source(n: number): number {
        return n + 1;
      }
      @Step({ after: 'source' }) second(n: number): string {
        return `second ${n}`;
      }
      @Step({ after: 'source' }) first(n: number): string {
        return `first ${n}`;
      }
    }
    const result = await make(Fan).run(1);
    expect(result.visited).toEqual(['source', 'second', 'first']);
    expect(result.output).toEqual({ second: 'second 2', first: 'first 2' });
  });

  it('runs a target once that two chosen routes lead to, and refuses a source that is named twice (B7)', async () => {
    class Twice extends WorkflowBase<number, number> {
      @Start() @Router({ routes: { a: 'only', b: 'only' } }) choose(_: number): ('a' | 'b')[] {
        return ['a', 'b'];
      }
      @End() only(n: number): number {
        return n + 1;
      }
    }
    expect(await make(Twice).run(1)).toMatchObject({ output: 2, visited: ['only'] });
    class Doubled extends WorkflowBase<number, unknown> {
      @Start() source(n: number): number {
        return n;
      }
      @End({ after: ['source', 'source'] }) both(found: { source: number }): unknown {
        return found;
      }
    }
    expect(await mistakesOf(Doubled, 1)).toEqual([
      expect.stringContaining('CONFLICTING_DECORATORS Doubled.both: "source" stands twice in after'),
    ]);
  });

  it('keeps both a plain edge and a router after the same step: neither replaces the other (B8)', async () => {
    class Both extends WorkflowBase<number, unknown> {
      @Start() source(n: number): number {
        return n;
      }
      @Step({ after: 'source' }) always(n: number): number {
        return n + 1;
      }
      @Router({ after: 'source', routes: { here: 'chosen' } }) choose(_: number): 'here' {
        return 'here';
      }
      @Step() chosen(n: number): number {
        return n + 2;
      }
      @Router({ after: 'source', routes: { there: 'other' } }) chooseAgain(_: number): 'there' {
        return 'there';
      }
      @Step() other(n: number): number {
        return n + 3;
      }
    }
    expect((await make(Both).run(1)).output).toEqual({ always: 2, chosen: 3, other: 4 });
  });

  it('begins with a router and with a step at once: neither clears the other (B10)', async () => {
    class Entries extends WorkflowBase<number, unknown> {
      @Start() @Router({ routes: { on: 'chosen' } }) choose(_: number): 'on' {
        return 'on';
      }
      @Step() chosen(n: number): number {
        return n + 1;
      }
      @Start() first(n: number): number {
        return n + 2;
      }
    }
    expect((await make(Entries).run(1)).output).toEqual({ chosen: 2, first: 3 });
  });

  it('keeps START and END apart from steps of the same names (B13)', async () => {
    class Names extends WorkflowBase<number, number> {
      @Start() START(n: number): number {
        return n + 1;
      }
      @Router({ after: 'START', routes: { END: 'END', stop: END } }) choose(n: number): 'END' | 'stop' {
        return n > 5 ? 'stop' : 'END';
      }
      @Step() END(n: number): number {
        return n * 10;
      }
    }
    expect(await make(Names).run(1)).toMatchObject({ visited: ['START', 'END'], output: 20 });
    expect(await make(Names).run(5)).toMatchObject({ visited: ['START'], output: 6 });
  });

  it('ends a branch at a step that nobody names, as at a route to END (B16)', async () => {
    class Ends extends WorkflowBase<boolean, unknown> {
      @Start() first(flag: boolean): boolean {
        return flag;
      }
      @Router({ after: 'first', routes: { true: 'last', false: END } }) choose(flag: boolean): boolean {
        return flag;
      }
      @Step() last(_: boolean): string {
        return 'last';
      }
    }
    expect((await make(Ends).run(true)).output).toBe('last');
    expect((await make(Ends).run(false)).output).toBe(false);
  });

  it('cannot be changed: neither by a decorator that is put on while a run is in progress nor by its reader (B18)', async () => {
    const gate = deferred();
    class Live extends WorkflowBase<number, unknown> {
      @Start() async first(n: number): Promise<number> {
        await gate.promise;
        return n;
      }
      late(n: number): number {
        return n + 1;
      }
    }
    const live = make(Live);
    const running = live.run(1);
    await settled();
    decorate(Live, 'late', Step({ after: 'first' as string }));
    expect(() => (live.graph.nodes as unknown[]).push({ name: 'x', kind: 'step' })).toThrow(TypeError);
    expect(() => (live.graph.edges as unknown[]).pop()).toThrow(TypeError);
    gate.resolve();
    expect((await running).visited).toEqual(['first']);
    expect((await live.run(2)).visited).toEqual(['first']);
  });
});
