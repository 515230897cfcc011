import {
  currentContext,
  DefinitionError,
  step,
  workflow,
  Workflow,
  type SpanInfo,
  type Telemetry,
} from '@drawloom/core';
import { collectEvents, ofType, thrownBy } from './collect-events.js';

/** Remembers the spans that were opened, and in which order they were closed. */
class SpanLog implements Telemetry {
  readonly opened: SpanInfo[] = [];
  readonly closed: string[] = [];

  span<T>(info: SpanInfo, body: () => T): T {
    this.opened.push(info);
    const close = (): void => void this.closed.push(info.name);
    const result = body();
    if (result instanceof Promise) return result.finally(close) as T;
    close();
    return result;
  }
}

describe('A function decorated with step()', () => {
  it('B28 is exactly the function outside a run: arguments, this, result and error', async () => {
    const plain = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
      return { self: this, args };
    };
    const owner = { method: step(plain) };
    expect(await owner.method(1, 'two', { three: 3 })).toEqual({ self: owner, args: [1, 'two', { three: 3 }] });
    const error = new Error('untouched');
    await expect(step(async () => Promise.reject(error))()).rejects.toBe(error);
    expect(currentContext().runId).toBe('');
  });

  it('B29 keeps its name and length, or takes the name that it is given', async () => {
    const lookUp = step(async function lookUp(_id: string, _region: string): Promise<string> {
      return 'found';
    });
    const renamed = step('search', async (_id: string) => 'found');
    expect([lookUp.name, lookUp.length, renamed.name, renamed.length]).toEqual(['lookUp', 2, 'search', 1]);
    expect((await Workflow.chain([renamed]).run('x')).visited).toEqual(['search']);
  });

  it.each([
    ['lookUp', (decorated: () => unknown) => decorated()],
    ['lookUp', (decorated: () => unknown) => workflow('w', () => decorated()).run(1)],
  ])('B30 refuses a function that turns out synchronous, with its name and both remedies', async (name, call) => {
    const decorated = step(function lookUp() {
      return 'at once';
    } as never);
    let error: unknown = await thrownBy(() => call(decorated));
    if (!DefinitionError.is(error)) error = (error as Error).cause;
    expect(error).toMatchObject({ code: 'INVALID_STEP', where: `step(${name})` });
    expect((error as DefinitionError).fix).toBe(
      'declare the function async, or drop step() and give the plain function to addNode, chain or route',
    );
  });

  it('B31 opens a span around each call in a run, tagged with step, user, session and pattern', async () => {
    const telemetry = new SpanLog();
    const inner = step('inner', async (value: number) => value + 1);
    const built = new Workflow<number>('w', { telemetry })
      .addNode('node', (value: number) => inner(value))
      .setStart('node');
    await built.run(1, { userId: 'ada', sessionId: 's1', runId: 'r1' });
    const run = { 'drawloom.pattern': 'workflow', 'drawloom.workflow.name': 'w', 'drawloom.run.id': 'r1' };
    const common = { ...run, 'user.id': 'ada', 'session.id': 's1', 'gen_ai.conversation.id': 's1' };
    const visit = { ...common, 'drawloom.step.name': 'node', 'drawloom.step.visit': 1 };
    expect(telemetry.opened.map(({ operation, name }) => `${operation} ${name}`)).toEqual([
      'invoke_workflow w',
      'step node',
      'function inner',
    ]);
    const [whole, node, call] = telemetry.opened.map(({ attributes }) => attributes);
    expect(whole).toMatchObject(common);
    expect(node).toMatchObject({ ...visit, 'drawloom.step.kind': 'step', 'drawloom.step.attempt': 1 });
    expect(call).toMatchObject({ ...visit, 'drawloom.step.kind': 'function', 'drawloom.function.name': 'inner' });
    expect(telemetry.closed).toEqual(['inner', 'node', 'w']);
  });

  it('B32 works the same in a run without telemetry', async () => {
    const inner = step(async (value: number) => value + 1);
    expect((await workflow('w', (value: number) => inner(value)).run(1)).output).toBe(2);
  });

  it('B33 announces every call with its occurrence: started, then completed or failed', async () => {
    const flaky = step('flaky', async (fails: boolean) => (fails ? Promise.reject(new Error('no')) : 'yes'));
    const built = workflow('w', async () => {
      await flaky(false);
      await flaky(true).then(undefined, () => 'survived');
      return flaky(false);
    });
    const { events } = await collectEvents(built.stream(undefined));
    const calls = events.filter((event) => event.type.startsWith('function.'));
    expect(calls.map((event) => [event.type, 'occurrence' in event && event.occurrence])).toEqual([
      ['function.started', 1],
      ['function.completed', 1],
      ['function.started', 2],
      ['function.failed', 2],
      ['function.started', 3],
      ['function.completed', 3],
    ]);
    expect(calls[3]).toMatchObject({ function: 'flaky', node: 'w', visit: 1, error: { name: 'Error', message: 'no' } });
  });

  it('B33 counts occurrences for each function and each activation apart', async () => {
    const a = step('a', async () => 1);
    const b = step('b', async () => 1);
    const body = async (): Promise<void> => void [await a(), await b(), await a()];
    const { events } = await collectEvents(Workflow.chain({ x: body, y: body }).stream(1));
    const calls = ofType(events, 'function.started').map(
      (event) => `${event.node} ${event.function} ${event.occurrence}`,
    );
    expect(calls).toEqual(['x a 1', 'x b 1', 'x a 2', 'y a 1', 'y b 1', 'y a 2']);
  });

  it('B33 passes the error of the function on as it is', async () => {
    const error = new TypeError('as it is');
    const failing = step('failing', async () => Promise.reject(error));
    let caught: unknown;
    await workflow('w', () => failing().then(undefined, (reason: unknown) => void (caught = reason))).run(1);
    expect(caught).toBe(error);
  });

  it('B34 takes part in a run that workflow() opens around plain code', async () => {
    const who = step('who', async () => currentContext());
    const built = workflow('greet', async (name: string) => {
      const { userId, metadata } = await who();
      return `${name}, ${userId}, ${String(metadata['tier'])}`;
    });
    const result = await built.run('Hello', { userId: 'ada', metadata: { tier: 'gold' } });
    expect(result.output).toBe('Hello, ada, gold');
    expect(result.visited).toEqual(['greet']);
  });

  it('B35 is one execution where it stands in a node: one span, and no events beside the node’s', async () => {
    const telemetry = new SpanLog();
    const lookUp = step('lookUp', async (id: string) => `record of ${id}`);
    const { lines } = await collectEvents(Workflow.chain([lookUp], { telemetry }).stream('x'));
    expect(lines).toEqual(['run.started', 'step.started lookUp', 'step.completed lookUp', 'run.completed']);
    expect(telemetry.opened.map(({ operation, name }) => `${operation} ${name}`)).toEqual([
      'invoke_workflow chain',
      'step lookUp',
    ]);
  });
});

describe('Telemetry', () => {
  const failures: [string, Telemetry][] = [
    ['throws before the body', { span: () => boom() }],
    ['throws after the body', { span: (_, body) => [body(), boom()] as never }],
    ['never calls the body', { span: () => undefined as never }],
    ['calls the body twice', { span: (_, body) => [body(), body()][1] as never }],
    ['returns something else', { span: (_, body) => [body(), 'other'][1] as never }],
    ['rejects afterwards', { span: (_, body) => Promise.resolve(body()).then(boom) as never }],
  ];
  it.each(failures)('B165 that %s changes no outcome', async (_, telemetry) => {
    const calls: number[] = [];
    const inner = step('inner', async (value: number) => value + calls.push(value));
    const built = new Workflow<number>('w', { telemetry }).addNode('a', (value: number) => inner(value)).setStart('a');
    expect((await built.run(1)).output).toBe(2);
    expect(calls).toEqual([1]);
  });

  it('sees the error of the body, which reaches the caller untouched', async () => {
    const error = new Error('body');
    const built = Workflow.chain([() => Promise.reject(error)], { telemetry: new SpanLog() });
    await expect(built.run(1)).rejects.toMatchObject({ code: 'STEP_FAILED', cause: error });
  });
});

function boom(): never {
  throw new Error('telemetry is down');
}
