import * as core from '@drawloom/core';
import * as decorators from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';

/** Both packages as one installation has them. */
interface Copy {
  readonly core: typeof core;
  readonly decorators: typeof decorators;
}

/** The packages as a second installation has them: other modules, other classes, other module-level objects. */
function secondCopy(): Copy {
  let copy!: Copy;
  jest.isolateModules(() => {
    copy = { core: jest.requireActual('@drawloom/core'), decorators: jest.requireActual('@drawloom/decorators') };
  });
  return copy;
}

const first: Copy = { core, decorators };
const second = secondCopy();

type AnyWorkflow = decorators.WorkflowBase<never, unknown>;

async function thrownBy(act: () => unknown): Promise<core.WorkflowError> {
  try {
    await act();
  } catch (error) {
    return error as core.WorkflowError;
  }
  throw new Error('nothing was thrown');
}

it('The second copy is another one', () => {
  expect(second.decorators.WorkflowBase).not.toBe(decorators.WorkflowBase);
  expect(second.decorators.Container).not.toBe(decorators.Container);
  expect(second.core.WorkflowError).not.toBe(core.WorkflowError);
});

describe.each([
  ['the first copy in a container of the second', first, second],
  ['the second copy in a container of the first', second, first],
])('A workflow class of %s', (_, mine, theirs) => {
  const { allOf, End, inject, Router, Start, State, Step, WorkflowBase } = mine.decorators;

  /** The handle of a class of one copy, from a container of the other one. */
  function handleOf<W extends AnyWorkflow>(
    type: new (...args: never[]) => W,
    options: decorators.DrawloomOptions = {},
    bind: (container: decorators.Container) => void = () => undefined,
  ): W {
    const { Container, drawloom, workflows } = theirs.decorators;
    const container = new Container();
    container.load(drawloom(options), workflows(type as never));
    bind(container);
    return container.get(type as new () => W);
  }

  class Triage extends WorkflowBase<string, string> {
    @Start() read(text: string): string {
      return text.trim();
    }
    @Router({ after: 'read', routes: { short: 'answer' }, default: theirs.core.END })
    choose(text: string): 'short' | undefined {
      return text.length < 10 ? 'short' : undefined;
    }
    @End() answer(text: string): string {
      if (text === '') throw new TypeError('nothing to answer');
      return `re: ${text}`;
    }
  }

  it('runs, each run on an instance of its own', async () => {
    const handle = handleOf(Triage);
    expect([handle instanceof Triage, handle instanceof theirs.decorators.WorkflowBase]).toEqual([true, false]);
    const [short, long] = await Promise.all([handle.run(' hello '), handle.run('a longer question')]);
    expect([short.output, long.routes]).toEqual([
      're: hello',
      [{ router: 'choose', keys: [], targets: [], ends: true }],
    ]);
    expect((await thrownBy(() => handle.read('x'))).code).toBe('CALLED_ON_HANDLE');
  });

  it('fails with errors that both copies know', async () => {
    const failed = await thrownBy(() => handleOf(Triage).run(''));
    expect(failed).toMatchObject({
      code: 'STEP_FAILED',
      where: 'Triage.answer',
      cause: new TypeError('nothing to answer'),
    });
    const called = await thrownBy(() => handleOf(Triage).answer(''));
    for (const { StepError, RunError, WorkflowError, DefinitionError } of [mine.core, theirs.core]) {
      expect([StepError.is(failed), WorkflowError.is(failed), RunError.is(failed)]).toEqual([true, true, false]);
      expect([RunError.is(called), DefinitionError.is(called)]).toEqual([true, false]);
    }
  });

  it('may be decorated by either copy, and use what either exports', async () => {
    class Mixed extends WorkflowBase<number, unknown> {
      @Start() one(n: number): number {
        return n;
      }
      @(theirs.decorators.Start() as MethodDecorator) two(n: number): number {
        return n * 2;
      }
      @Step({ after: theirs.decorators.allOf('one', 'two') as never }) join(found: unknown): unknown {
        return found;
      }
      @(theirs.decorators.End({ after: allOf('join') }) as MethodDecorator) done(found: unknown): unknown {
        return found;
      }
    }
    theirs.decorators.Configure({ name: 'mixed', version: '7' })(Mixed as never);
    const { output, workflow } = await handleOf(Mixed).run(1);
    expect([output, workflow]).toEqual([{ join: { one: 1, two: 2 } }, 'mixed']);
    expect(new Mixed().graph.version).toBe('7');
  });

  it('has its mistakes found by either copy', async () => {
    class Mistaken extends WorkflowBase<number, number> {
      @Start() begin(n: number): number {
        return n;
      }
      @End({ after: 'begn' as never }) done(n: number): number {
        return n;
      }
    }
    const found = [await thrownBy(() => handleOf(Mistaken)), await thrownBy(() => new Mistaken().run(1))];
    for (const error of found) {
      expect(error.message).toContain('[UNKNOWN_NODE] Mistaken.done: the source "begn" does not exist');
      expect([mine.core.DefinitionError.is(error), theirs.core.DefinitionError.is(error)]).toEqual([true, true]);
    }
  });

  it('keeps its state in transactions, merged as declared', async () => {
    class Counts extends WorkflowBase<number, unknown> {
      @State({ merge: 'append' }) log: readonly string[] = [];
      @Start() async left(): Promise<void> {
        this.log = [...this.log, 'left'];
        await null;
      }
      @Start({ retry: { maximumAttempts: 2, initialInterval: 0 } })
      async right(_: number, { attempt }: core.StepContext): Promise<void> {
        this.log = [...this.log, `right ${attempt}`];
        await null;
        if (attempt === 1) throw new Error('once more');
      }
      @End({ after: allOf('left', 'right') }) done(): unknown {
        return this.log;
      }
    }
    expect((await handleOf(Counts).run(1)).output).toEqual(['left', 'right 2']);
  });

  it('finds the context of its run, however it asks for it', async () => {
    class Service {
      readonly context!: core.RunContext;
    }
    inject(theirs.core.RunContext)(Service.prototype, 'context');
    class Who extends WorkflowBase<null, unknown> {
      @inject(Service) readonly service!: Service;
      @Start() async ask(_: null, { run }: core.StepContext): Promise<unknown> {
        await null;
        const found = [run, this.service.context, mine.core.currentContext(), theirs.core.currentContext()];
        return found.map((context) => context === this.context && context.userId);
      }
    }
    const handle = handleOf(Who, {}, (container) => container.bind(Service).toSelf());
    const runs = ['alice', 'bob'].map((userId) => handle.run(null, { userId }));
    expect((await Promise.all(runs)).map(({ output }) => output)).toEqual([
      ['alice', 'alice', 'alice', 'alice'],
      ['bob', 'bob', 'bob', 'bob'],
    ]);
    expect(mine.core.currentContext().runId).toBe('');
  });

  it('nests runs, whichever copy they are of: they inherit the context, are seen and counted', async () => {
    const chain = theirs.core.Workflow.chain([(text: string) => `${text}, ${theirs.core.currentContext().userId}`]);
    class Outer extends WorkflowBase<string, string> {
      @Start() @Step() readonly triage = new Triage();
      @Step({ after: 'triage' }) async again(text: string): Promise<string> {
        const { output, parentRunId } = await new Triage().run(text);
        return parentRunId === this.context.runId ? output : 'not nested';
      }
      @End({ after: 'again' }) async chained(text: string): Promise<string> {
        return (await chain.run(text)).output as string;
      }
    }
    const handle = handleOf(Outer);
    const seen: string[] = [];
    let output: unknown;
    for await (const event of handle.stream('x', { userId: 'alice' })) {
      if (event.type === 'step.completed') seen.push([...event.path, event.node].join('/'));
      if (event.type === 'run.completed' && event.path.length === 0) output = event.output;
    }
    expect(output).toBe('re: re: x, alice');
    expect(seen).toEqual(
      ['triage/read', 'triage/answer', 'triage', 'again/read', 'again/answer', 'again', 'chained/step', 'chained'].map(
        (path) => (path === 'chained/step' ? expect.stringMatching(/^chained\//) : path),
      ),
    );
    const error = await thrownBy(() => handle.run('x', { maxTotalSteps: 4 }));
    expect([error.code, theirs.core.RunError.is(error), mine.core.RunError.is(error)]).toEqual([
      'STEP_FAILED',
      false,
      false,
    ]);
    expect((error.cause as core.WorkflowError).code).toBe('MAX_TOTAL_STEPS');
  });

  it('has the calls of its inline steps recorded, and of decorated functions of either copy', async () => {
    const spans: string[] = [];
    const telemetry: core.Telemetry = {
      span: ({ operation, name }, body) => {
        spans.push(`${operation} ${name}`);
        return body();
      },
    };
    const fetch = mine.core.step('fetch', async () => 'fetched');
    const theirFetch = theirs.core.step('theirFetch', async () => 'fetched');
    class Calls extends WorkflowBase<null, string> {
      @Start() async call(): Promise<string> {
        return [await this.inline(), await fetch(), await theirFetch()].join();
      }
      @Step({ inline: true }) async inline(): Promise<string> {
        return 'inline';
      }
    }
    expect((await handleOf(Calls, { telemetry }).run(null)).output).toBe('inline,fetched,fetched');
    expect(spans).toEqual([
      'invoke_workflow Calls',
      'step call',
      'function inline',
      'function fetch',
      'function theirFetch',
    ]);
  });

  it('is cancelled with a run of the other copy around it', async () => {
    const began = deferred<void>();
    const ended: unknown[] = [];
    class Waits extends WorkflowBase<null, void> {
      @Start() async wait(_: null, { signal }: core.StepContext): Promise<void> {
        signal.addEventListener('abort', () => ended.push('aborted'), { once: true });
        began.resolve();
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      }
    }
    const outer = theirs.core.Workflow.chain([
      async () => ended.push((await new Waits().start(null).result()).status),
    ]).start(null);
    await began.promise;
    outer.cancel('enough');
    expect((await outer.result()).status).toBe('cancelled');
    expect(ended).toEqual(['aborted', 'cancelled']);
  });

  it('is refused with a code by what only its own copy binds', async () => {
    const { Container, drawloom } = mine.decorators;
    const container = new Container();
    container.load(drawloom(), theirs.decorators.workflows(Triage as never));
    const error = await thrownBy(() => container.get(Triage));
    expect(error).toMatchObject({ code: 'CONTAINER_NOT_READY', where: 'Triage' });
    expect(mine.core.DefinitionError.is(error)).toBe(true);
  });
});
