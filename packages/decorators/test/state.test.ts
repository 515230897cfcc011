import type { StepContext, StepError } from '@drawloom/core';
import {
  allOf,
  Configure,
  End,
  ForEach,
  Router,
  Start,
  State,
  Step,
  WorkflowBase,
  type PerItem,
  type StateMerge,
} from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';

/** Two branches that begin together and write the same field; the one that is told to ends last. */
function branches(merge?: StateMerge): {
  workflow: WorkflowBase<number, readonly string[]>;
  let: Record<'left' | 'right', () => void>;
} {
  const gates = { left: deferred<void>(), right: deferred<void>() };
  class Branches extends WorkflowBase<number, readonly string[]> {
    @State(merge === undefined ? {} : ({ merge } as object)) notes: readonly string[] = ['start'];

    @Start() async left(): Promise<void> {
      this.notes = [...this.notes, 'left'];
      await gates.left.promise;
    }
    @Start() async right(): Promise<void> {
      await gates.right.promise;
      this.notes = [...this.notes, 'right'];
    }
    @End({ after: allOf('left', 'right') }) both(_: object): readonly string[] {
      return this.notes;
    }
  }
  return { workflow: new Branches(), let: { left: () => gates.left.resolve(), right: () => gates.right.resolve() } };
}

describe('State that parallel branches write', () => {
  const orders = [['left', 'right'] as const, ['right', 'left'] as const];

  it.each(orders)('is refused without a merge, both branches named, whichever ends first: %s, %s', async (...order) => {
    const { workflow, let: end } = branches();
    const running = workflow.run(1);
    end[order[0]]();
    await null;
    end[order[1]]();
    const error = (await running.catch((thrown: unknown) => thrown)) as StepError;
    expect(error).toMatchObject({ code: 'STATE_CONFLICT', workflow: 'Branches', node: order[1] });
    expect(error.message).toContain(
      `"${order[0]}", "${order[1]}" run in parallel, and both wrote the state field "notes"`,
    );
  });

  it.each(orders)('is appended in the order in which they end: %s, %s', async (...order) => {
    const { workflow, let: end } = branches('append');
    const running = workflow.run(1);
    end[order[0]]();
    await new Promise(setImmediate);
    end[order[1]]();
    expect((await running).output).toEqual(['start', ...order]);
  });

  it.each(orders)('is that of the last one to end: %s, %s', async (...order) => {
    const { workflow, let: end } = branches('last');
    const running = workflow.run(1);
    end[order[0]]();
    await new Promise(setImmediate);
    end[order[1]]();
    expect((await running).output).toEqual(['start', order[1]]);
  });

  it('is what a function makes of the value so far, the own one and the one begun with', async () => {
    const seen: unknown[] = [];
    const { workflow, let: end } = branches((current: string[], mine: string[], base: string[]) => {
      seen.push([current, mine, base]);
      return [...current, 'and', ...mine.slice(base.length)];
    });
    const running = workflow.run(1);
    end.left();
    await new Promise(setImmediate);
    end.right();
    expect((await running).output).toEqual(['start', 'left', 'and', 'right']);
    expect(seen).toEqual([[['start', 'left'], ['start', 'right'], ['start']]]);
  });

  it('is refused by the graph, not by chance: also where the branches happen to run one after the other', async () => {
    @Configure({ maxConcurrency: 1 })
    class Serial extends WorkflowBase<number, number> {
      @State() count = 0;
      @Start() left(): void {
        this.count += 1;
      }
      @Start() right(): void {
        this.count += 1;
      }
      @End({ after: allOf('left', 'right') }) both(_: object): number {
        return this.count;
      }
    }
    await expect(new Serial().run(1)).rejects.toMatchObject({ code: 'STATE_CONFLICT', node: 'right' });
  });

  it('cannot be appended by a branch that replaced the list', async () => {
    class Replaces extends WorkflowBase<number, readonly number[]> {
      @State({ merge: 'append' }) list: readonly number[] = [1];
      @Start() left(): void {
        this.list = [...this.list, 2];
      }
      @Start() right(): void {
        this.list = [3];
      }
      @End({ after: allOf('left', 'right') }) both(_: object): readonly number[] {
        return this.list;
      }
    }
    await expect(new Replaces().run(1)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
  });

  it('is merged for the items of a map, which are parallel too', async () => {
    class Items extends WorkflowBase<readonly number[], number> {
      @State({ merge: (current: number, mine: number, base: number) => current + mine - base }) total = 100;
      @State() seen = 0;
      @Start() @ForEach() add(n: number): PerItem<number> {
        this.total += n;
        if (n === 99) this.seen++;
        return n;
      }
      @End({ after: 'add' }) sum(_: number[]): number {
        return this.total;
      }
    }
    expect((await new Items().run([1, 2, 3, 4])).output).toBe(110);
    expect((await new Items().run([1, 99])).output).toBe(200);
    const error = (await new Items().run([99, 99]).catch((thrown: unknown) => thrown)) as StepError;
    expect(error).toMatchObject({ code: 'STATE_CONFLICT', node: 'add' });
    expect(error.message).toContain('"add[0]", "add[1]"');
  });
});

describe('State within one line of steps', () => {
  it('is seen by later steps and later iterations', async () => {
    class Loop extends WorkflowBase<number, readonly string[]> {
      @State() trail: readonly string[] = [];
      @Start() @Step() turn(n: number, { visit }: StepContext): number {
        this.trail = [...this.trail, `turn ${visit}`];
        return n;
      }
      @Router({ after: 'turn', routes: { again: 'turn', done: 'end' } }) more(): 'again' | 'done' {
        this.trail = [...this.trail, 'more'];
        return this.trail.length < 6 ? 'again' : 'done';
      }
      @End() end(_: number): readonly string[] {
        return this.trail;
      }
    }
    expect((await new Loop().run(1)).output).toEqual(['turn 1', 'more', 'turn 2', 'more', 'turn 3', 'more']);
  });

  it('does not keep what an attempt wrote that failed', async () => {
    class Flaky extends WorkflowBase<number, number> {
      @State() count = 0;
      @Start({ retry: { maximumAttempts: 3, initialInterval: 0 } }) add(_: number, { attempt }: StepContext): number {
        this.count += 1;
        if (attempt < 3) throw new Error('not yet');
        return this.count;
      }
      @End({ after: 'add' }) done(n: number): number {
        return n * 10 + this.count;
      }
    }
    expect((await new Flaky().run(1)).output).toBe(11);
  });

  it('stands still for a step while it runs, but for what it writes itself', async () => {
    const gate = deferred<void>();
    class Steady extends WorkflowBase<number, unknown> {
      @State() value = 'before';
      @Start() async reads(): Promise<string[]> {
        const first = this.value;
        await gate.promise;
        return [first, this.value];
      }
      @Start() writes(): string {
        this.value = 'after';
        return this.value;
      }
      @Step({ after: 'writes' }) next(seen: string): string {
        gate.resolve();
        return seen;
      }
      @End({ after: allOf('reads', 'next') }) done(found: object): unknown {
        return [found, this.value];
      }
    }
    expect((await new Steady().run(1)).output).toEqual([{ reads: ['before', 'before'], next: 'after' }, 'after']);
  });

  it('cannot be changed in place', async () => {
    class Pushes extends WorkflowBase<number, number> {
      @State() list: readonly number[] = [];
      @Start() push(n: number): number {
        (this.list as number[]).push(n);
        return n;
      }
    }
    await expect(new Pushes().run(1)).rejects.toMatchObject({
      code: 'STEP_FAILED',
      cause: expect.any(TypeError) as TypeError,
    });
  });

  it('cannot be written after the step has ended', async () => {
    let late: Promise<unknown> | undefined;
    class Late extends WorkflowBase<number, string> {
      @State() value = 'early';
      @Start() hurry(): string {
        late = Promise.resolve().then(() => (this.value = 'late'));
        late.catch(() => undefined);
        return 'done';
      }
      @End({ after: 'hurry' }) async wait(text: string): Promise<string> {
        await new Promise(setImmediate);
        return `${text} ${this.value}`;
      }
    }
    expect((await new Late().run(1)).output).toBe('done early');
    await expect(late).rejects.toMatchObject({ code: 'STATE_WRITTEN_LATE', node: 'hurry' });
  });

  it('is that of the outer run where a step of it runs another workflow', async () => {
    class Inner extends WorkflowBase<() => void, string> {
      @Start() call(write: () => void): string {
        write();
        return 'called';
      }
    }
    class Outer extends WorkflowBase<number, string> {
      @State() value = '';
      @Start() async nest(): Promise<string> {
        return (await new Inner().run(() => (this.value = 'written inside'))).output;
      }
      @End({ after: 'nest' }) done(text: string): string {
        return `${text}, ${this.value}`;
      }
    }
    expect((await new Outer().run(1)).output).toBe('called, written inside');
  });
});

describe('State outside of a run', () => {
  class Counter extends WorkflowBase<number, number> {
    @State() count = 0;
    @Start() add(n: number): number {
      this.count += n;
      return this.count;
    }
  }

  it('is a plain property of an instance that was constructed by hand', async () => {
    const counter = new Counter();
    expect([counter.add(2), counter.count]).toEqual([2, 2]);
    expect((await counter.run(3)).output).toBe(5);
    expect(counter.count).toBe(5);
    counter.count = 1;
    expect((await counter.run(1)).output).toBe(2);
    expect(Object.keys(counter)).toContain('count');
  });
});
