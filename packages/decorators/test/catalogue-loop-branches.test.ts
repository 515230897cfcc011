/** The catalogue in class form: what of group H is about branches and joins within a loop. */
import { END, type StepContext } from '@drawloom/core';
import { allOf, anyOf, Configure, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';
import { settled, thrownBy } from '../../core/test/collect-events.js';
import { bothWays, decorate } from './support/both-ways.js';

describe.each(bothWays)('Branches within a loop of a class, %s:', (_, make) => {
  it('a step never runs twice at once; a second visit waits its turn (B74)', async () => {
    const gates = [deferred(), deferred(), deferred()];
    const visits: number[] = [];
    let [running, peak] = [0, 0];
    class Logs extends WorkflowBase<number, unknown> {
      @Start() @Step() draft(n: number): number {
        return n + 1;
      }
      @Step({ after: 'draft' }) async log(_: number, { visit }: StepContext): Promise<void> {
        peak = Math.max(peak, ++running);
        visits.push(visit);
        await gates[visit - 1]!.promise;
        running--;
      }
      @Router({ after: 'draft', routes: { true: 'draft', false: END } }) turn(n: number): boolean {
        return n < 3;
      }
    }
    const done = make(Logs).run(0);
    await settled();
    expect(visits).toEqual([1]);
    gates[0]!.resolve();
    await settled();
    expect(visits).toEqual([1, 2]);
    gates.forEach(({ resolve }) => resolve());
    await done;
    expect([visits, peak]).toEqual([[1, 2, 3], 1]);
  });

  it('those of one iteration run at the same time (B80)', async () => {
    const meeting = { a: deferred(), b: deferred() };
    class Meets extends WorkflowBase<number, unknown> {
      @Start() @Step() head(n: number): number {
        return n;
      }
      @Step({ after: 'head' }) async a(n: number): Promise<number> {
        meeting.a.resolve();
        await meeting.b.promise;
        return n + 1;
      }
      @Step({ after: 'head' }) async b(n: number): Promise<number> {
        meeting.b.resolve();
        await meeting.a.promise;
        return n;
      }
      @Step({ after: allOf('a', 'b') }) join({ a }: { a: number; b: number }): number {
        return a;
      }
      @Router({ after: 'join', routes: { true: 'head', false: END } }) turn(n: number): boolean {
        return n < 3;
      }
    }
    expect((await make(Meets).run(0)).output).toBe(3);
  });

  it('a diamond joins the same, however its members are ordered (B81)', async () => {
    const bodies: Record<string, (value: any) => unknown> = {
      head: (n: number) => n,
      left: (n: number) => n + 1,
      right: (n: number) => n * 10,
      join: ({ left, right }: { left: number; right: number }) => Math.max(left, right / 10),
      turn: (n: number) => n < 4,
    };
    const decorators: Record<string, readonly unknown[]> = {
      head: [Start(), Step()],
      left: [Step({ after: 'head' as string })],
      right: [Step({ after: 'head' as string })],
      join: [Step({ after: allOf('left' as string, 'right' as string) })],
      turn: [Router({ after: 'join' as string, routes: { true: 'head', false: END } as Record<string, any> })],
    };
    const names = Object.keys(bodies);
    const seen = new Set<string>();
    for (let turn = 0; turn < 2 * names.length; turn++) {
      const step = turn < names.length ? 1 : names.length - 1;
      const inputs: unknown[] = [];
      class Diamond extends WorkflowBase<number, unknown> {}
      for (let at = 0; at < names.length; at++) {
        const name = names[(turn + at * step) % names.length]!;
        const value = (given: unknown): unknown => {
          if (name === 'join') inputs.push(given);
          return bodies[name]!(given);
        };
        Object.defineProperty(Diamond.prototype, name, { value });
        decorate(Diamond, name, ...decorators[name]!);
      }
      expect((await make(Diamond).run(1)).output).toBe(4);
      seen.add(JSON.stringify(inputs));
    }
    expect([...seen]).toEqual(['[{"left":2,"right":10},{"left":3,"right":20},{"left":4,"right":30}]']);
  });

  it('a second value along an edge is a second visit, not a list (B82)', async () => {
    const logged: unknown[] = [];
    class Twice extends WorkflowBase<number, unknown> {
      @Start() @Step() draft(n: number): number {
        return n + 1;
      }
      @Router({ after: 'draft', routes: { again: 'draft', log: 'log' } }) turn(n: number): ('again' | 'log')[] {
        return n < 3 ? ['log', 'again'] : ['log'];
      }
      @Step() log(n: number): void {
        logged.push(n);
      }
    }
    await make(Twice).run(0);
    expect(logged).toEqual([1, 2, 3]);
  });

  it('joins that wait for each other are refused, and the fix is named (B83)', async () => {
    class Mutual extends WorkflowBase<number, unknown> {
      @Start() a(n: number): unknown {
        return n;
      }
      @Step({ after: allOf('a', 'y') }) x(found: unknown): unknown {
        return found;
      }
      @Step({ after: allOf('a', 'x') }) y(found: unknown): unknown {
        return found;
      }
    }
    const error = await thrownBy(() => make(Mutual).run(1));
    expect(error).toMatchObject({ code: 'IMPOSSIBLE_JOIN', where: 'Mutual.x' });
    expect(error.message).toContain('so after the first iteration they never all deliver');
  });

  it('mutually dependent steps get the same, however they are ordered (B83)', async () => {
    const seen = new Set<string>();
    for (const order of [
      ['x', 'y'],
      ['y', 'x'],
    ]) {
      const inputs: unknown[] = [];
      @Configure({ maxVisitsPerNode: 3 })
      class Mutual extends WorkflowBase<number, unknown> {
        @Start() a(_: number): string {
          return 'a';
        }
      }
      const after: Record<string, unknown> = { x: anyOf('a' as string, 'y' as string), y: 'x' };
      for (const name of order) {
        const value = (given: unknown): string => {
          inputs.push([name, given]);
          return name;
        };
        Object.defineProperty(Mutual.prototype, name, { value });
        decorate(Mutual, name, Step({ after: after[name] as string }));
      }
      await expect(make(Mutual).run(1)).rejects.toMatchObject({ code: 'MAX_VISITS' });
      seen.add(JSON.stringify(inputs));
    }
    expect(seen.size).toBe(1);
    expect([...seen][0]).toContain('["x",{"a":"a"}],["y","x"],["x",{"y":"y"}]');
  });

  it('a cycle of routers alone is refused (B85)', async () => {
    class Spins extends WorkflowBase<number, unknown> {
      @Start() @Router({ routes: { on: 'there' } }) here(_: number): 'on' {
        return 'on';
      }
      @Router({ routes: { back: 'here' } }) there(_: number): 'back' {
        return 'back';
      }
    }
    await expect((async () => make(Spins).run(1))()).rejects.toMatchObject({ code: 'CYCLE_WITHOUT_STEP' });
  });
});
