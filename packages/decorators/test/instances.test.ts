import { RunContext, type GraphDefinition, type StepContext, type Telemetry } from '@drawloom/core';
import {
  type RegisteredClass,
  Container,
  drawloom,
  End,
  inject,
  Start,
  State,
  Step,
  WorkflowBase,
  workflows,
} from '@drawloom/decorators';
import { deferred, VirtualClock } from '@drawloom/testing';

/** Keeps what it is given on itself, and gives it back two steps later. */
class Keeper extends WorkflowBase<number, number> {
  kept: number | undefined;
  @State() counted = 0;

  @Start() async keep(n: number): Promise<void> {
    if (this.kept !== undefined) throw new Error(`another run left ${this.kept} here`);
    this.kept = n;
    await null;
  }
  @Step({ after: 'keep' }) async wait(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) {
      await null;
      this.counted = this.counted + 1;
    }
  }
  @End({ after: 'wait' }) give(): number {
    return this.kept! * 10 + this.counted;
  }
}

function containerOf(...classes: RegisteredClass[]): Container {
  const container = new Container();
  container.load(drawloom(), workflows(...classes));
  return container;
}

describe('A handle from a container', () => {
  it('gives each of 1,000 concurrent runs an instance of its own', async () => {
    const handle = containerOf(Keeper).get(Keeper);
    const numbers = Array.from({ length: 1_000 }, (_, n) => n);
    const results = await Promise.all(numbers.map((n) => handle.run(n, { userId: `user-${n}` })));
    expect(results.map(({ output }) => output)).toEqual(numbers.map((n) => n * 10 + 3));
    expect(results.map(({ userId }) => userId)).toEqual(numbers.map((n) => `user-${n}`));
  });

  it('is no instance: it was not constructed, and its steps refuse to be called', async () => {
    let constructed = 0;
    class Counted extends WorkflowBase<number, number> {
      constructor() {
        super();
        constructed++;
      }
      @Start() same(n: number): number {
        return n;
      }
      @Step({ inline: true }) async called(): Promise<void> {}
    }
    const handle = containerOf(Counted).get(Counted);
    expect([handle instanceof Counted, handle.name, handle.graph.nodes.length, constructed]).toEqual([
      true,
      'Counted',
      1,
      0,
    ]);
    await handle.run(1);
    await handle.run(2);
    expect(constructed).toBe(2);
    expect(() => handle.same(1)).toThrow(/CALLED_ON_HANDLE\] Counted: same\(\) was called on the handle/);
    expect(() => handle.called()).toThrow(/CALLED_ON_HANDLE\] Counted: called\(\) was called on the handle/);
  });

  it('runs as a nested workflow where another class injects it, with an instance of its own again', async () => {
    class Outer extends WorkflowBase<number, number> {
      @Start() @Step() @inject(Keeper) readonly keeper!: Keeper;
      @Step({ after: 'keeper' }) async again(n: number): Promise<number> {
        return (await this.keeper.run(n)).output;
      }
      @End({ after: 'again' }) done(n: number): number {
        return n;
      }
    }
    const handle = containerOf(Outer, Keeper).get(Outer);
    const results = await Promise.all([1, 2, 3].map((n) => handle.run(n)));
    expect(results.map(({ output }) => output)).toEqual([133, 233, 333]);
  });

  it('fails the run when no instance can be made, with the reason', async () => {
    class Missing {}
    class Needy extends WorkflowBase<number, number> {
      constructor(@inject(Missing) readonly missing: Missing) {
        super();
      }
      @Start() same(n: number): number {
        return n;
      }
    }
    class Failing extends WorkflowBase<number, number> {
      constructor() {
        super();
        throw new TypeError('no database');
      }
      @Start() same(n: number): number {
        return n;
      }
    }
    const container = containerOf(Failing, Needy);
    expect(() => container.get(Needy)).toThrow('Missing');
    const outcome = await container.get(Failing).start(1).result();
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'INSTANCE_FAILED', where: 'Failing.constructor' },
    });
    const events: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { type } of container.get(Failing).stream(1)) events.push(type);
    };
    await expect(read()).rejects.toMatchObject({ code: 'INSTANCE_FAILED', cause: new TypeError('no database') });
    expect(events).toEqual(['run.started', 'run.failed']);
  });
});

describe('An instance that was constructed by hand', () => {
  it('runs one run after the other, and says when it is busy', async () => {
    const gate = deferred<void>();
    class Slow extends WorkflowBase<number, number> {
      @Start() async wait(n: number): Promise<number> {
        await gate.promise;
        return n;
      }
    }
    const slow = new Slow();
    const first = slow.run(1);
    await expect(slow.run(2)).rejects.toMatchObject({ code: 'WORKFLOW_BUSY', where: 'Slow' });
    gate.resolve();
    expect((await first).output).toBe(1);
    expect((await slow.run(3)).output).toBe(3);
  });

  it('is free again after a run that failed or was cancelled', async () => {
    class Fails extends WorkflowBase<boolean, string> {
      @Start() maybe(fails: boolean): string {
        if (fails) throw new Error('asked to');
        return 'fine';
      }
    }
    const workflow = new Fails();
    await expect(workflow.run(true)).rejects.toMatchObject({ code: 'STEP_FAILED' });
    await expect(workflow.run(false, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    expect((await workflow.run(false)).output).toBe('fine');
  });

  it('can be unit-tested by calling its methods: decorators wrap nothing', () => {
    const own = Object.getOwnPropertyDescriptor(Keeper.prototype, 'give')!.value as () => number;
    expect([own.name, own.length]).toEqual(['give', 0]);
    const keeper = new Keeper();
    keeper.kept = 4;
    keeper.counted = 2;
    expect(keeper.give()).toBe(42);
  });

  it('is busy with its own run when one of its steps runs it again', async () => {
    class Again extends WorkflowBase<number, unknown> {
      @Start() async again(n: number): Promise<unknown> {
        return this.run(n - 1).catch((error: unknown) => (error as { code: string }).code);
      }
    }
    expect((await new Again().run(1)).output).toBe('WORKFLOW_BUSY');
    expect((await containerOf(Again).get(Again).run(1)).output).toBe('WORKFLOW_BUSY');
  });
});

describe('An instance that cannot be made ready', () => {
  it('says so of every run: it does not stay busy with the first', async () => {
    class Counts extends WorkflowBase<number, number> {
      @State() counted = 0;
      @Start() same(n: number): number {
        return n;
      }
    }
    const sealed = Object.seal(new Counts());
    await expect(sealed.run(1)).rejects.toMatchObject({ code: 'INSTANCE_FAILED' });
    await expect(sealed.run(2)).rejects.toMatchObject({ code: 'INSTANCE_FAILED' });
  });

  it('is drawn whole once what could not be drawn can be', () => {
    class Inner extends WorkflowBase<number, number> {
      isBroken = true;
      @Start() same(n: number): number {
        return n;
      }
      override get graph(): GraphDefinition {
        if (this.isBroken) throw new Error('broken');
        return super.graph;
      }
    }
    class Outer extends WorkflowBase<number, number> {
      @Start() @Step() readonly inner = new Inner();
    }
    const outer = new Outer();
    expect(() => outer.toMermaid()).toThrow('broken');
    outer.inner.isBroken = false;
    expect(outer.toMermaid()).toContain('same');
  });
});

describe('The context of a run', () => {
  it('is on the instance, in the step and injected: one and the same', async () => {
    class Service {
      constructor(@inject(RunContext) readonly context: RunContext) {}
    }
    class Who extends WorkflowBase<null, unknown> {
      constructor(@inject(Service) private readonly service: Service) {
        super();
      }
      @Start() compare(_: null, { run }: StepContext): unknown {
        return [run === this.context, run === this.service.context, run.userId, run.metadata];
      }
    }
    const container = containerOf(Who);
    container.bind(Service).toSelf();
    const run = (userId: string): Promise<{ output: unknown }> =>
      container.get(Who).run(null, { userId, metadata: { case: userId } });
    const outputs = await Promise.all(['alice', 'bob'].map(run));
    expect(outputs.map(({ output }) => output)).toEqual([
      [true, true, 'alice', { case: 'alice' }],
      [true, true, 'bob', { case: 'bob' }],
    ]);
  });

  it('is empty outside of a run, and refused to whoever injects it there', () => {
    expect(new Keeper().context.runId).toBe('');
    const container = containerOf(Keeper);
    expect(container.get(Keeper).context.userId).toBeUndefined();
    expect(() => container.get(RunContext)).toThrow(/OUTSIDE_RUN\] RunContext/);
  });

  it('has the telemetry of the run, and a signal that is aborted with it', async () => {
    const telemetry: Telemetry = { span: (_info, body) => body() };
    let signal: AbortSignal | undefined;
    class Signals extends WorkflowBase<boolean, unknown> {
      @Start() look(fails: boolean): unknown {
        signal = this.context.signal;
        if (fails) throw new Error('asked to');
        return this.context.telemetry;
      }
    }
    const container = new Container();
    container.load(drawloom({ telemetry, clock: new VirtualClock() }), workflows(Signals));
    expect((await container.get(Signals).run(false)).output).toBe(telemetry);
    expect(signal!.aborted).toBe(false);
    await expect(container.get(Signals).run(true)).rejects.toMatchObject({ code: 'STEP_FAILED' });
    expect(signal!.aborted).toBe(true);
  });
});
