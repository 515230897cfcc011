/** The catalogue in class form, groups B (what counts as a step) and C (recorded calls within a step). */
import {
  currentContext,
  DefinitionError,
  step,
  Workflow,
  type RunnableStep,
  type SpanInfo,
  type StepContext,
  type Telemetry,
} from '@drawloom/core';
import { allOf, Configure, End, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';
import { collectEvents, ofType, thrownBy } from '../../core/test/collect-events.js';
import { bothWays, type Workflows } from './support/both-ways.js';

/** A class of one step. */
function single(body: (input: any, context: StepContext) => unknown): Workflows<any, unknown> {
  class Single extends WorkflowBase<any, unknown> {
    @Start() only(input: any, context: StepContext): unknown {
      return body(input, context);
    }
  }
  return Single;
}

describe.each(bothWays)('What counts as a step of a class, %s:', (_, make) => {
  it('an async method is awaited with the value that arrives, and its result is passed on (B19)', async () => {
    class Chain extends WorkflowBase<number, string> {
      @Start() async add(n: number): Promise<number> {
        await null;
        return n + 1;
      }
      @End({ after: 'add' }) async say(n: number): Promise<string> {
        await null;
        return `${n}!`;
      }
    }
    expect((await make(Chain).run(1)).output).toBe('2!');
  });

  it('a synchronous method runs at once and sees the context of the run (B20)', async () => {
    const type = single((note: string) => `${note} of ${currentContext().userId}`);
    expect((await make(type).run('note', { userId: 'ada' })).output).toBe('note of ada');
  });

  it('every step gets a signal, and the failure of a sibling aborts it and reaches the caller at once (B21)', async () => {
    const aborted = deferred<unknown>();
    class Siblings extends WorkflowBase<number, unknown> {
      @Start() async waits(_: number, { signal }: StepContext): Promise<void> {
        signal.addEventListener('abort', () => aborted.resolve(signal.reason));
        await aborted.promise;
      }
      @Start() async fails(_: number): Promise<void> {
        throw new Error('sibling');
      }
    }
    await expect(make(Siblings).run(1)).rejects.toMatchObject({ code: 'STEP_FAILED', cause: { message: 'sibling' } });
    expect(await aborted.promise).toMatchObject({ code: 'STEP_FAILED', node: 'fails' });
  });

  it('any thenable that a step returns is awaited, also one that rejects or throws (B22)', async () => {
    const fulfilled = { then: (resolve: (value: string) => void) => resolve('from a thenable') };
    const rejected = { then: (_: unknown, reject: (error: unknown) => void) => reject(new Error('rejected')) };
    const throwing = {
      then: () => {
        throw new Error('thrown');
      },
    };
    const late = async (): Promise<string> => 'from an async function';
    expect((await make(single(() => fulfilled)).run(1)).output).toBe('from a thenable');
    expect((await make(single(() => late())).run(1)).output).toBe('from an async function');
    await expect(make(single(() => rejected)).run(1)).rejects.toMatchObject({ cause: { message: 'rejected' } });
    await expect(make(single(() => throwing)).run(1)).rejects.toMatchObject({ cause: { message: 'thrown' } });
  });

  it('a property that holds anything with runStep is called as a method, with input and context (B23)', async () => {
    class Greeter implements RunnableStep<string, string> {
      readonly greeting = 'Hello';
      runStep(name: string, { node, visit }: StepContext): string {
        return `${this.greeting} ${name} at ${node} ${visit}`;
      }
    }
    class Greets extends WorkflowBase<string, string> {
      @Start() @End() readonly greeter = new Greeter();
    }
    expect((await make(Greets).run('Ada')).output).toBe('Hello Ada at greeter 1');
  });

  it('a property that holds a workflow runs it whole, written as a class or built (B24)', async () => {
    class Inner extends WorkflowBase<number, number> {
      @Start() add(n: number): number {
        return n + 1;
      }
      @End({ after: 'add' }) times(n: number): number {
        return n * 10;
      }
    }
    class Outer extends WorkflowBase<number, number> {
      @Start() @Step() readonly inner = new Inner();
      @Step({ after: 'inner' }) readonly built: RunnableStep<number, number> = Workflow.chain([(n: number) => n + 1]);
      @End({ after: 'built' }) last(n: number): number {
        return -n;
      }
    }
    expect(await make(Outer).run(1)).toMatchObject({ output: -21, visited: ['inner', 'built', 'last'] });
  });

  it('a step may return anything, nothing included, and the next one gets exactly that (B25)', async () => {
    class Passes extends WorkflowBase<{ value: unknown }, unknown> {
      @Start() unwrap({ value }: { value: unknown }): unknown {
        return value;
      }
      @End({ after: 'unwrap' }) wrap(...given: [unknown, StepContext]): unknown {
        return given.slice(0, 1);
      }
    }
    for (const value of [undefined, null, 0, '', NaN, Symbol.for('s'), [], new Map([[1, 2]])]) {
      expect((await make(Passes).run({ value })).output).toEqual([value]);
    }
  });

  it('the same object may stand under several names (B25)', async () => {
    const increment: RunnableStep<number, number> = { runStep: (n) => n + 1 };
    class Twice extends WorkflowBase<number, number> {
      @Start() @Step() readonly one = increment;
      @Step({ after: 'one' }) readonly two = increment;
    }
    expect((await make(Twice).run(1)).perStep).toEqual({ one: 2, two: 3 });
  });

  it('the steps of a fan-out get the same object, or with freeze one that none can change (B26)', async () => {
    class Shared extends WorkflowBase<number, unknown> {
      @Start() make(n: number): { items: number[] } {
        return { items: [n] };
      }
      @Step({ after: 'make' }) spoil(value: { items: number[] }): string {
        value.items.push(99);
        return 'spoilt';
      }
      @Step({ after: 'make' }) async read(value: { items: number[] }): Promise<number> {
        return value.items.length;
      }
    }
    @Configure({ freeze: true })
    class Frozen extends Shared {}
    expect((await make(Shared).run(1)).perStep).toMatchObject({ make: { items: [1, 99] }, read: 2 });
    const error = await thrownBy(() => make(Frozen).run(1));
    expect(error).toMatchObject({
      code: 'STEP_FAILED',
      where: 'Frozen.spoil',
      partial: { perStep: { make: { items: [1] } } },
    });
    expect(error.cause).toBeInstanceOf(TypeError);
  });

  it('its context says which activation of which step it is (B25)', async () => {
    const seen: unknown[] = [];
    class Look extends WorkflowBase<string, unknown> {
      @Start() look(_: string, context: StepContext): void {
        const { workflow, node, visit, attempt, item, idempotencyKey } = context;
        seen.push([workflow, node, visit, attempt, item, idempotencyKey, context.run === this.context]);
      }
    }
    await make(Look).run('x', { runId: 'r1' });
    expect(seen).toEqual([['Look', 'look', 1, 1, undefined, 'r1/look/1', true]]);
  });
});

/** Remembers the spans that were opened. */
class SpanLog implements Telemetry {
  readonly opened: SpanInfo[] = [];
  get lines(): string[] {
    return this.opened.map(({ operation, name }) => `${operation} ${name}`);
  }
  span<T>(info: SpanInfo, body: () => T): T {
    this.opened.push(info);
    return body();
  }
}

/** Two steps that call an inline step, with telemetry or without. */
function callers(telemetry?: Telemetry): Workflows<string, readonly string[]> {
  @Configure({ name: 'callers', telemetry })
  class Callers extends WorkflowBase<string, readonly string[]> {
    readonly suffix = '!';
    @Step({ inline: true }) async shout(text: string, times: number): Promise<string> {
      if (text === 'secret') throw new TypeError('never');
      return text + this.suffix.repeat(times);
    }
    @Start() async first(text: string): Promise<string> {
      const survived = await this.shout('secret', 0).catch((error: unknown) => (error as Error).name);
      return (await this.shout(text, 1)) + survived;
    }
    @Start() async second(text: string): Promise<string> {
      return this.shout(text, 2);
    }
    @End({ after: allOf('first', 'second') }) both(found: { first: string; second: string }): readonly string[] {
      return [found.first, found.second];
    }
  }
  return Callers;
}

describe.each(bothWays)('An inline step of a class, %s,', (_, make) => {
  it('opens a span around each call, tagged with step, user, session and pattern (B31)', async () => {
    const log = new SpanLog();
    await make(callers(log)).run('hi', { userId: 'ada', sessionId: 's1', runId: 'r1' });
    const run = { 'drawloom.pattern': 'workflow', 'drawloom.workflow.name': 'callers', 'drawloom.run.id': 'r1' };
    const who = { 'user.id': 'ada', 'session.id': 's1' };
    const where = { 'drawloom.step.name': 'first', 'drawloom.step.visit': 1, 'drawloom.function.name': 'shout' };
    expect(log.opened.find(({ operation }) => operation === 'function')).toMatchObject({
      operation: 'function',
      name: 'shout',
      attributes: { ...run, ...who, ...where },
    });
    expect(log.lines.filter((line) => line === 'function shout')).toHaveLength(3);
  });

  it('gives the same without telemetry (B32)', async () => {
    expect((await make(callers()).run('hi')).output).toEqual(['hi!TypeError', 'hi!!']);
  });

  it('announces every call with its occurrence in the step that makes it, and its failure as it is (B33)', async () => {
    const { events } = await collectEvents(make(callers()).stream('hi'));
    const calls = events.flatMap((event) =>
      'function' in event ? [`${event.node} ${event.function} ${event.occurrence} ${event.type.split('.')[1]}`] : [],
    );
    expect(calls.filter((line) => line.startsWith('first'))).toEqual([
      'first shout 1 started',
      'first shout 1 failed',
      'first shout 2 started',
      'first shout 2 completed',
    ]);
    expect(calls.filter((line) => line.startsWith('second'))).toEqual([
      'second shout 1 started',
      'second shout 1 completed',
    ]);
    expect(ofType(events, 'function.failed')[0]!.error).toEqual({ name: 'TypeError', message: 'never' });
  });

  it('refuses one that turns out synchronous, naming it (B30)', async () => {
    class Sync extends WorkflowBase<string, unknown> {
      @Step({ inline: true }) lookUp(id: string): string {
        return id;
      }
      @Start() ask(id: string): unknown {
        return this.lookUp(id);
      }
    }
    const error = await thrownBy(() => make(Sync).run('x'));
    expect(DefinitionError.is(error.cause)).toBe(true);
    expect(error.cause).toMatchObject({ code: 'INVALID_STEP', message: expect.stringContaining('lookUp') });
  });

  it('in a run that is nested in a step is recorded there (B33)', async () => {
    const Callers = callers();
    class Outer extends WorkflowBase<string, readonly string[]> {
      @Start() @End() readonly inner = new Callers();
    }
    const { events } = await collectEvents(make(Outer).stream('hi'));
    const paths = ofType(events, 'function.started').map(({ path, node }) => [...path, node].join('/'));
    expect(paths.sort()).toEqual(['inner/first', 'inner/first', 'inner/second']);
  });

  it('as a property that holds a decorated function is one execution: one span, no events beside the step’s (B35)', async () => {
    const log = new SpanLog();
    const lookUp = step('elsewhere', async (id: string) => `record of ${id}`);
    @Configure({ name: 'one', telemetry: log })
    class One extends WorkflowBase<string, string> {
      @Start() @End() readonly lookUp = lookUp;
    }
    const { lines, events } = await collectEvents(make(One).stream('x'));
    expect(lines).toEqual(['run.started', 'step.started lookUp', 'step.completed lookUp', 'run.completed']);
    expect(events.at(-1)).toMatchObject({ output: 'record of x' });
    expect(log.lines).toEqual(['invoke_workflow one', 'step lookUp']);
  });
});

describe('An inline step outside of any run', () => {
  it('is exactly the method: arguments, `this`, result and error, no span (B28)', async () => {
    const log = new SpanLog();
    const idle = new (callers(log))() as unknown as { shout(text: string, times: number): Promise<string> };
    expect(await idle.shout('hi', 3)).toBe('hi!!!');
    await expect(idle.shout('secret', 1)).rejects.toEqual(new TypeError('never'));
    expect(log.opened).toEqual([]);
  });

  it('is so again after a run of its instance (B28)', async () => {
    const log = new SpanLog();
    const instance = new (callers(log))();
    await instance.run('hi');
    const opened = log.opened.length;
    expect(await (instance as unknown as { shout: (...args: unknown[]) => unknown }).shout('hi', 3)).toBe('hi!!!');
    expect(log.opened).toHaveLength(opened);
  });

  it('keeps its name and its length, and stays out of the graph (B29)', () => {
    const Callers = callers();
    const { shout } = Callers.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
    expect([shout!.name, shout!.length]).toEqual(['shout', 2]);
    expect(new Callers().graph.nodes.map(({ name }) => name)).toEqual(['first', 'second', 'both']);
  });
});
