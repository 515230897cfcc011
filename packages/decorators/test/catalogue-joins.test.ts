/** The catalogue in class form, group H (fan-out, joins, concurrency), and what of F (parallel) is not the sugar's. */
import { END, type StepContext } from '@drawloom/core';
import { allOf, anyOf, Configure, End, firstOf, oneOf, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred, type Deferred } from '@drawloom/testing';
import { collectEvents, settled, thrownBy } from '../../core/test/collect-events.js';
import { bothWays, type Workflows } from './support/both-ways.js';

type Joins = typeof allOf | typeof anyOf | typeof oneOf | typeof firstOf;

/** A diamond a → (b, c) → d, of which b and c wait for their gates. */
function gatedDiamond(join: Joins): {
  type: Workflows<string, { got: unknown }>;
  gates: Record<'b' | 'c', Deferred<any>>;
} {
  const gates = { b: deferred<any>(), c: deferred<any>() };
  @Configure({ name: 'w' })
  class Diamond extends WorkflowBase<string, { got: unknown }> {
    @Start() a(text: string): string {
      return text;
    }
    @Step({ after: 'a' }) async b(_: string): Promise<any> {
      return gates.b.promise;
    }
    @Step({ after: 'a' }) async c(_: string): Promise<any> {
      return gates.c.promise;
    }
    @End({ after: join('b', 'c') }) d(got: unknown): { got: unknown } {
      return { got };
    }
  }
  return { type: Diamond, gates };
}

/** Two of three branches reach `join`; `y` routes away. */
function partialJoin(join: Joins): Workflows<number, unknown> {
  @Configure({ name: 'w' })
  class Partial extends WorkflowBase<number, unknown> {
    @Start() x(n: number): number {
      return n + 1;
    }
    @Start() y(n: number): number {
      return n + 2;
    }
    @Router({ after: 'y', routes: { on: 'there', off: END } }) choose(n: number): 'on' | 'off' {
      return n > 100 ? 'on' : 'off';
    }
    @Step() there(n: number): number {
      return n;
    }
    @Start() z(n: number): number {
      return n + 3;
    }
    @Step({ after: join('x', 'there', 'z') }) join(got: unknown): { got: unknown } {
      return { got };
    }
  }
  return Partial;
}

const orders = [
  ['b', 'c'],
  ['c', 'b'],
] as const;

describe.each(bothWays)('A join in a class, %s:', (_, make) => {
  it('all targets of a fan-out get the value, and run at the same time (B70, B51)', async () => {
    const { type, gates } = gatedDiamond(allOf);
    const handle = make(type).start('x');
    const collecting = collectEvents(handle.events());
    await settled();
    gates.c.resolve('C');
    await settled();
    gates.b.resolve('B');
    const { lines } = await collecting;
    expect(lines.slice(1, 7)).toEqual([
      'step.started a',
      'step.completed a',
      'step.started b',
      'step.started c',
      'step.completed c',
      'step.completed b',
    ]);
    expect(await handle.result()).toMatchObject({ output: { got: { b: 'B', c: 'C' } } });
  });

  it.each(orders)('a diamond joins once, in declared order, when %s ends before %s (B71)', async (...order) => {
    const { type, gates } = gatedDiamond(allOf);
    const running = make(type).run('x');
    for (const branch of order) {
      await settled();
      gates[branch].resolve(branch.toUpperCase());
    }
    const result = await running;
    expect(JSON.stringify(result.output)).toBe('{"got":{"b":"B","c":"C"}}');
    expect(result.visited).toEqual(['a', ...order, 'd']);
  });

  it('a step that one of several routes leads to gets the bare value (B72)', async () => {
    class Below extends WorkflowBase<string, unknown> {
      @Start() @Router({ routes: { b: 'b', c: 'c' } }) choose(key: string): 'b' | 'c' {
        return key as 'b' | 'c';
      }
      @Step() b(_: string): string[] {
        return ['from b'];
      }
      @Step() c(_: string): string[] {
        return ['from c'];
      }
      @End({ after: oneOf('b', 'c') }) d(got: string[]): unknown {
        return got;
      }
    }
    expect((await make(Below).run('c')).output).toEqual(['from c']);
  });

  it('a step that routes and one plain source lead to takes the one that delivers (B72, B79)', async () => {
    class Ways extends WorkflowBase<boolean, unknown> {
      @Start() @Router({ routes: { true: 'detour', false: 'last' } }) choose(detour: boolean): boolean {
        return detour;
      }
      @Step() detour(_: boolean): boolean {
        return false;
      }
      @End({ after: 'detour' }) last(value: boolean): unknown {
        return [value];
      }
    }
    expect(await make(Ways).run(true)).toMatchObject({ output: [false], visited: ['detour', 'last'] });
    expect(await make(Ways).run(false)).toMatchObject({ output: [false], visited: ['last'] });
  });

  it('a join does not wait for a branch that has gone elsewhere (B78)', async () => {
    const gate = deferred();
    const done: string[] = [];
    class Elsewhere extends WorkflowBase<number, unknown> {
      @Start() quick(_: number, { node }: StepContext): void {
        done.push(node);
      }
      @Start() @Router({ routes: { away: 'slow', here: 'near' } }) choose(n: number): 'away' | 'here' {
        return n > 0 ? 'away' : 'here';
      }
      @Step() async slow(_: number): Promise<void> {
        await gate.promise;
      }
      @Step() near(_: number): void {}
      @Step({ after: anyOf('quick', 'near') }) join(_: object, { node }: StepContext): void {
        done.push(node);
      }
    }
    const running = make(Elsewhere).run(1);
    await settled();
    expect(done).toEqual(['quick', 'join']);
    gate.resolve();
    await running;
  });

  it('anyOf fires with what was delivered, by name (B79)', async () => {
    expect((await make(partialJoin(anyOf)).run(1)).perStep['join']).toEqual({ got: { x: 2, z: 4 } });
    expect((await make(partialJoin(anyOf)).run(100)).perStep['join']).toEqual({ got: { x: 101, there: 102, z: 103 } });
  });

  it('allOf is skipped where a source routes away, and the result says why (B79)', async () => {
    const result = await make(partialJoin(allOf)).run(1);
    expect(result.visited).toEqual(['x', 'y', 'z']);
    expect(result.output).toEqual({ x: 2, y: 3, z: 4 });
    expect(result.explain()).toEqual([
      { node: 'there', reason: 'the router of "choose" returned "off", which does not lead here' },
      { node: 'join', reason: 'its join "all" was not complete: "there" did not run' },
    ]);
  });

  it('oneOf refuses several deliveries, and names them (B79)', async () => {
    const error = await thrownBy(() => make(partialJoin(oneOf)).run(1));
    expect(error).toMatchObject({ code: 'AMBIGUOUS_JOIN', where: 'w.join' });
    expect(error.message).toContain('"x", "z" delivered');
  });

  it('firstOf begins at once with the first delivery, and drops later ones (B79)', async () => {
    const { type, gates } = gatedDiamond(firstOf);
    const running = make(type).run('x');
    await settled();
    gates.c.resolve('C');
    await settled();
    gates.b.resolve('B');
    expect(await running).toMatchObject({ visited: ['a', 'c', 'd', 'b'], output: { got: 'C' } });
  });

  it('firstOf with cancelOthers aborts the losers and lets the others be (B79)', async () => {
    const aborted: string[] = [];
    const bystander = deferred<string>();
    const wait = (_: unknown, { signal, node }: StepContext): Promise<string> =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          aborted.push(node);
          reject(signal.reason as Error);
        }),
      );
    class Race extends WorkflowBase<number, unknown> {
      @Start() slow(n: number, context: StepContext): Promise<string> {
        return wait(n, context);
      }
      @Start() quick(_: number): string {
        return 'quick';
      }
      @Start() other(_: number): Promise<string> {
        return bystander.promise;
      }
      @Step({ after: firstOf('slow', 'quick'), cancelOthers: true }) race(text: string): string {
        return text;
      }
    }
    const collecting = collectEvents(make(Race).stream(1));
    await settled();
    expect(aborted).toEqual(['slow']);
    bystander.resolve('still there');
    const { events, lines } = await collecting;
    expect(lines).toContain('step.cancelled slow');
    expect(events.at(-1)).toMatchObject({ output: { race: 'quick', other: 'still there' } });
  });

  it.each([
    ['allOf', allOf],
    ['anyOf', anyOf],
  ])('%s names its sources, also where there is only one, and a list does as allOf (B79)', async (_name, join) => {
    class Alone extends WorkflowBase<number[], unknown> {
      @Start() a(list: number[]): number[] {
        return list;
      }
      @End({ after: join('a' as string) }) b(found: { a?: number[] }): unknown {
        return found;
      }
    }
    class Listed extends Alone {
      @End({ after: ['a'] }) override b(found: { a: number[] }): unknown {
        return found;
      }
    }
    expect((await make(Alone).run([1, 2])).output).toEqual({ a: [1, 2] });
    expect((await make(Listed).run([1, 2])).output).toEqual({ a: [1, 2] });
  });

  it('one branch that returns a list is kept apart from two branches, and nothing from a branch that is missing (B79)', async () => {
    const { type, gates } = gatedDiamond(allOf);
    gates.b.resolve(['B', 'B']);
    gates.c.resolve(undefined);
    expect((await make(type).run('x')).output).toStrictEqual({ got: { b: ['B', 'B'], c: undefined } });
  });

  it('a named join that further ways lead to is refused, and the ways are named (B79)', async () => {
    class Refused extends WorkflowBase<number, unknown> {
      @Start() @Router({ routes: { on: 'join' } }) choose(_: number): 'on' {
        return 'on';
      }
      @Start() a(n: number): number {
        return n;
      }
      @Step({ after: anyOf('a') }) join(found: any): unknown {
        return found;
      }
    }
    const error = await thrownBy(() => make(Refused).run(1));
    expect(error).toMatchObject({ code: 'JOIN_WITH_ROUTES', where: 'Refused.join' });
    expect(error.message).toMatch(/joins its sources by anyOf, but further ways lead to it: route "?on"? of "?choose/);
  });
});
