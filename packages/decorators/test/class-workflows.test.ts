import {
  END,
  START,
  Workflow,
  type RunnableStep,
  type Settled,
  type StepContext,
  type StepFailure,
} from '@drawloom/core';
import {
  allOf,
  anyOf,
  Configure,
  End,
  firstOf,
  ForEach,
  oneOf,
  Router,
  Start,
  Step,
  WorkflowBase,
  type PerItem,
} from '@drawloom/decorators';

interface Labelled {
  readonly label: 'billing' | 'tech' | 'other';
  readonly text: string;
}

@Configure({ name: 'triage', version: '3' })
class Triage extends WorkflowBase<string, string> {
  @Start()
  classify(text: string): Labelled {
    const label = text.includes('refund') ? 'billing' : text.includes('crash') ? 'tech' : 'other';
    return { label, text };
  }

  @Router({ after: 'classify', routes: { billing: 'billing', tech: 'tech' }, default: END })
  pick({ label }: Labelled): string {
    return label;
  }

  @Step() async billing({ text }: Labelled): Promise<string> {
    return `billing: ${text}`;
  }

  @Step() tech({ text }: Labelled): string {
    return `tech: ${text}`;
  }

  @End({ after: oneOf('billing', 'tech') }) reply(text: string): string {
    return text.toUpperCase();
  }
}

describe('A workflow that is a class', () => {
  it('runs its steps along the edges that its decorators name', async () => {
    const result = await new Triage().run('a refund, please');
    expect(result.output).toBe('BILLING: A REFUND, PLEASE');
    expect(result.visited).toEqual(['classify', 'billing', 'reply']);
    expect(result.routes).toEqual([{ router: 'pick', keys: ['billing'], targets: ['billing'], ends: false }]);
  });

  it('goes by the name that it is configured with, else by that of the class', async () => {
    class Plain extends WorkflowBase<number, number> {
      @Start() same(value: number): number {
        return value;
      }
    }
    expect([new Triage().name, new Plain().name]).toEqual(['triage', 'Plain']);
    expect((await new Plain().run(1)).workflow).toBe('Plain');
  });

  it('is called with the value and a context, with the instance as `this`', async () => {
    class Seen extends WorkflowBase<string, unknown> {
      readonly prefix = 'seen';
      @Start() look(text: string, { node, visit, attempt, workflow }: StepContext): unknown {
        return [this.prefix, text, workflow, node, visit, attempt, this.context.userId];
      }
    }
    const { output } = await new Seen().run('x', { userId: 'alice' });
    expect(output).toEqual(['seen', 'x', 'Seen', 'look', 1, 1, 'alice']);
  });

  it('joins several sources as they are named', async () => {
    class Joins extends WorkflowBase<number, unknown> {
      @Start() one(n: number): number {
        return n + 1;
      }
      @Start() two(n: number): string {
        return `two ${n}`;
      }
      @Step({ after: allOf('one', 'two') }) all(found: { one: number; two: string }): unknown {
        return found;
      }
      @Step({ after: ['one', 'two'] }) list(found: { one: number; two: string }): unknown {
        return found;
      }
      @Step({ after: anyOf('one', 'two') }) any(found: { one?: number; two?: string }): unknown {
        return found;
      }
      @Step({ after: firstOf('one', 'two') }) first(found: number | string): unknown {
        return found;
      }
      @End({ after: allOf('all', 'list', 'any', 'first') }) done(found: object): unknown {
        return found;
      }
    }
    const both = { one: 2, two: 'two 1' };
    expect((await new Joins().run(1)).output).toEqual({ all: both, list: both, any: both, first: 2 });
  });

  it('loops back by a route to a step that was begun with', async () => {
    class Refine extends WorkflowBase<string, string> {
      @Start() @Step() draft(text: string): string {
        return `${text}+`;
      }
      @Router({ after: 'draft', routes: { again: 'draft', done: 'publish' } })
      isGood(text: string): 'again' | 'done' {
        return text.length < 4 ? 'again' : 'done';
      }
      @End() publish(text: string): string {
        return text;
      }
    }
    const result = await new Refine().run('a');
    expect(result.output).toBe('a+++');
    expect(result.visited).toEqual(['draft', 'draft', 'draft', 'publish']);
  });

  it('runs a step once for each item of a list', async () => {
    class Scores extends WorkflowBase<readonly string[], unknown> {
      @Start()
      @ForEach({ concurrency: 2 })
      score(text: string, { item }: StepContext): PerItem<string> {
        return `${item}:${text.length}`;
      }
      @Start()
      @ForEach({ settled: true })
      strict(text: string): PerItem<number, 'settled'> {
        if (text === '') throw new Error('empty');
        return text.length;
      }
      @End({ after: allOf('score', 'strict') }) sum(found: { score: string[]; strict: Settled<number>[] }): unknown {
        return [found.score, found.strict.map(({ status }) => status)];
      }
    }
    expect((await new Scores().run(['a', '', 'ccc'])).output).toEqual([
      ['0:1', '1:0', '2:3'],
      ['fulfilled', 'rejected', 'fulfilled'],
    ]);
  });

  it('leads to the step of onError when one fails for good', async () => {
    class Rescue extends WorkflowBase<number, string> {
      @Start({ onError: 'rescue', retry: { maximumAttempts: 2, initialInterval: 0 } })
      risky(n: number, { attempt }: StepContext): number {
        throw new Error(`no ${n} in attempt ${attempt}`);
      }
      @Step({ after: 'risky' }) use(n: number): string {
        return `used ${n}`;
      }
      @Step() rescue({ error, input }: StepFailure<number>): string {
        return `${(error as Error).message}, rescued ${input}`;
      }
      @End({ after: oneOf('use', 'rescue') }) done(text: string): string {
        return text;
      }
    }
    expect((await new Rescue().run(7)).output).toBe('no 7 in attempt 2, rescued 7');
  });

  it('chooses at the start', async () => {
    class Entry extends WorkflowBase<number, string> {
      @Start() @Router({ routes: { true: 'even', false: 'odd' } }) isEven(n: number): boolean {
        return n % 2 === 0;
      }
      @End() even(n: number): string {
        return `${n} is even`;
      }
      @End() odd(n: number): string {
        return `${n} is odd`;
      }
    }
    expect((await new Entry().run(3)).output).toBe('3 is odd');
  });

  it('runs what a property holds: another workflow, or anything with runStep', async () => {
    class Outer extends WorkflowBase<string, string> {
      @Start() @Step() readonly triage = new Triage();
      @Step({ after: 'triage' }) readonly exclaim: RunnableStep<string, string> = { runStep: (text) => `${text}!` };
      @End({ after: 'exclaim' }) done(text: string): string {
        return text;
      }
    }
    const result = await new Outer().run('it did crash');
    expect(result.output).toBe('TECH: IT DID CRASH!');
    expect(result.visited).toEqual(['triage', 'exclaim', 'done']);
  });

  it('stands in a node of a builder workflow, and in sugar', async () => {
    const outer = new Workflow<string>('outer').addNode('triage', new Triage(), { output: true }).setStart('triage');
    expect((await outer.run('refund')).output).toBe('BILLING: REFUND');
    expect((await Workflow.chain([new Triage(), (text: string) => text.length]).run('refund')).output).toBe(15);
    expect(outer.toMermaid()).toContain('classify');
  });

  it('records calls of inline steps within the step that makes them', async () => {
    const spans: string[] = [];
    const telemetry = {
      span: <T>({ operation, name }: { operation: string; name: string }, body: () => T): T => {
        spans.push(`${operation} ${name}`);
        return body();
      },
    };
    @Configure({ telemetry })
    class Inline extends WorkflowBase<string, string> {
      readonly suffix = '!';
      @Start() async ask(text: string): Promise<string> {
        return `${await this.fetch(text)} ${await this.fetch(text)}`;
      }
      @Step({ inline: true }) async fetch(text: string): Promise<string> {
        return text + this.suffix;
      }
    }
    expect((await new Inline().run('hi')).output).toBe('hi! hi!');
    expect(spans).toEqual(['invoke_workflow Inline', 'step ask', 'function fetch', 'function fetch']);
    expect(new Inline().graph.nodes.map(({ name }) => name)).toEqual(['ask']);
    expect(await new Inline().fetch('alone')).toBe('alone!');
  });

  it('draws, streams, starts and cancels like any other workflow', async () => {
    const triage = new Triage();
    expect(triage.toMermaid()).toContain('pick');
    expect(triage.toDot()).toContain('classify');
    const types: string[] = [];
    for await (const { type } of triage.stream('refund')) types.push(type);
    expect(types.at(-1)).toBe('run.completed');
    const handle = triage.start('refund');
    handle.cancel('enough');
    expect((await handle.result()).status).toBe('cancelled');
    expect((await triage.run('refund')).output).toBe('BILLING: REFUND');
  });
});

describe('The same graph', () => {
  it('has the same hash as a class and from the builder', () => {
    const noop = (): string => 'x';
    const built = new Workflow('triage', { version: '3' })
      .addNode('classify', noop)
      .addNode('billing', noop)
      .addNode('tech', noop)
      .addNode('reply', noop, { join: 'one', output: true })
      .addEdge(START, 'classify')
      .addEdge('billing', 'reply')
      .addEdge('tech', 'reply')
      .addRouter('classify', noop, { billing: 'billing', tech: 'tech' }, { name: 'pick', default: END });
    expect(new Triage().hash).toBe(built.hash);
  });

  it('has it with maps, joins, loops and error edges, too', () => {
    @Configure({ name: 'w' })
    class Everything extends WorkflowBase<number[], unknown> {
      @Start() @ForEach({ onError: 'rescue' }) each(n: number): PerItem<number> {
        return n;
      }
      @Step() rescue(failure: StepFailure<readonly number[]>): readonly number[] {
        return failure.input;
      }
      @Step({ after: oneOf('each', 'rescue') }) sum(list: readonly number[]): number {
        return list.length;
      }
      @Router({ after: 'sum', routes: { again: 'more', stop: END } }) turn(_: number): 'again' | 'stop' {
        return 'stop';
      }
      @Step() more(n: number): number {
        return n;
      }
      @Router({ after: 'more', routes: { again: 'more' }, default: 'last' }) inner(_: number): string {
        return '';
      }
      @Step() last(n: number): number {
        return n;
      }
      @Start() side(list: number[]): number {
        return list.length;
      }
      @End({ after: firstOf('last', 'side'), cancelOthers: true }) done(n: number): number {
        return n;
      }
    }
    const noop = (): string => 'x';
    const built = new Workflow('w')
      .addNode('side', noop)
      .addMap('each', noop, { onError: 'rescue' })
      .addNode('rescue', noop)
      .addNode('sum', noop, { join: 'one' })
      .addNode('more', noop, { join: 'one' })
      .addNode('last', noop)
      .addNode('done', noop, { join: 'first', cancelOthers: true, output: true })
      .setStart('each')
      .setStart('side')
      .addEdge('each', 'sum')
      .addEdge('rescue', 'sum')
      .addRouter('sum', noop, { again: 'more', stop: END }, { name: 'turn' })
      .addRouter('more', noop, { again: 'more' }, { name: 'inner', default: 'last' })
      .addEdge('last', 'done')
      .addEdge('side', 'done');
    expect(new Everything().hash).toBe(built.hash);
  });
});
