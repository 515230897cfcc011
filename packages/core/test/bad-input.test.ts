import { DefinitionError, END, RunError, START, step, workflow, Workflow } from '@drawloom/core';
import { thrownBy } from './collect-events.js';

const same = (value: unknown): unknown => value;
const one = (): Workflow => new Workflow('w').addNode('a', same).setStart('a') as never;
const wrong = (value: unknown): never => value as never;

describe('A wrong argument is refused with a code', () => {
  it.each<[string, () => unknown, string, string]>([
    ['a workflow without a name', () => new Workflow(''), 'INVALID_NAME', 'the name is ""'],
    ['a workflow named by a number', () => new Workflow(wrong(7)), 'INVALID_NAME', 'the name is 7'],
    ['a workflow named null', () => new Workflow(wrong(null)), 'INVALID_NAME', 'the name is null'],
    ['options that are no object', () => new Workflow('w', wrong('fast')), 'INVALID_OPTION', 'options is "fast"'],
    ['null options', () => new Workflow('w', wrong(null)), 'INVALID_OPTION', 'options is null'],
    [
      'an option that does not exist',
      () => new Workflow('w', wrong({ maxStep: 3 })),
      'INVALID_OPTION',
      'change it to "maxSteps"',
    ],
    ['a timeout of nothing', () => new Workflow('w', { timeout: 0 }), 'INVALID_OPTION', 'option timeout is 0'],
    ['a timeout in weeks', () => new Workflow('w', { timeout: wrong('2w') }), 'INVALID_OPTION', 'text such as "250ms"'],
    [
      'a grace of less than nothing',
      () => new Workflow('w', { cancelGrace: -1 }),
      'INVALID_OPTION',
      'cancelGrace is -1',
    ],
    ['half an entry of history', () => new Workflow('w', { history: 0.5 }), 'INVALID_OPTION', 'history is 0.5'],
    ['a version that is a number', () => new Workflow('w', { version: wrong(2) }), 'INVALID_OPTION', 'version is 2'],
    [
      'telemetry by name',
      () => new Workflow('w', { telemetry: wrong('otel') }),
      'INVALID_OPTION',
      'telemetry is "otel"',
    ],
    [
      'a clock that is a date',
      () => new Workflow('w', { clock: wrong(new Date()) }),
      'INVALID_OPTION',
      'an instance of Date',
    ],
    ['a node without a name', () => one().addNode('', same), 'INVALID_NAME', 'the name of a node is ""'],
    ['a node named by a symbol', () => one().addNode(wrong(Symbol('s')), same), 'INVALID_NAME', 'Symbol(s)'],
    ['a node named __proto__', () => one().addNode('__proto__', same), 'INVALID_NAME', '"__proto__"'],
    ['a node with null options', () => one().addNode('b', same, wrong(null)), 'INVALID_OPTION', 'options is null'],
    ['a map with null options', () => one().addMap('b', same, wrong(null)), 'INVALID_OPTION', 'options is null'],
    [
      'a node with options that are text',
      () => one().addNode('b', same, wrong('all')),
      'INVALID_OPTION',
      'options is "all"',
    ],
    [
      'an option of a node that does not exist',
      () => one().addNode('b', same, wrong({ retyr: {} })),
      'INVALID_OPTION',
      'change it to "retry"',
    ],
    [
      'a join that does not exist',
      () =>
        one()
          .addNode('b', same, { join: wrong('both') })
          .addEdge('a', 'b')
          .validate(),
      'INVALID_OPTION',
      'join is "both"',
    ],
    [
      'cancelOthers without a first join',
      () => one().addNode('b', same, { cancelOthers: true }).addEdge('a', 'b').validate(),
      'INVALID_OPTION',
      'join: "first"',
    ],
    [
      'cancelOthers that is text',
      () => one().addNode('b', same, { cancelOthers: wrong('yes') }),
      'INVALID_OPTION',
      'cancelOthers is "yes"',
    ],
    [
      'an output that is a number',
      () => one().addNode('b', same, { output: wrong(1) }),
      'INVALID_OPTION',
      'output is 1',
    ],
    [
      'onError that is a function',
      () => one().addNode('b', same, { onError: wrong(same) }),
      'INVALID_OPTION',
      'onError is function same',
    ],
    ['retry that is a number', () => one().addNode('b', same, { retry: wrong(3) }), 'INVALID_OPTION', 'retry is 3'],
    [
      'no attempt at all',
      () => one().addNode('b', same, { retry: { maximumAttempts: 0 } }),
      'INVALID_OPTION',
      'maximumAttempts is 0',
    ],
    [
      'a wait without a unit',
      () => one().addNode('b', same, { retry: { initialInterval: wrong('5') } }),
      'INVALID_OPTION',
      'initialInterval is "5"',
    ],
    [
      'a wait that shrinks',
      () => one().addNode('b', same, { retry: { backoffCoefficient: 0.5 } }),
      'INVALID_OPTION',
      'backoffCoefficient is 0.5',
    ],
    [
      'a bound that is no duration',
      () => one().addNode('b', same, { retry: { maximumInterval: NaN } }),
      'INVALID_OPTION',
      'maximumInterval is NaN',
    ],
    [
      'more jitter than there is',
      () => one().addNode('b', same, { retry: { jitter: 1.5 } }),
      'INVALID_OPTION',
      'jitter is 1.5',
    ],
    [
      'jitter as text',
      () => one().addNode('b', same, { retry: { jitter: wrong('0.5') } }),
      'INVALID_OPTION',
      'jitter is "0.5"',
    ],
    [
      'errors that are not retried, but no list',
      () => one().addNode('b', same, { retry: { nonRetryableErrors: wrong('E') } }),
      'INVALID_OPTION',
      'nonRetryableErrors is "E"',
    ],
    [
      'retryIf that is no function',
      () => one().addNode('b', same, { retry: { retryIf: wrong(true) } }),
      'INVALID_OPTION',
      'retryIf is true',
    ],
    [
      'a retry option that does not exist',
      () => one().addNode('b', same, { retry: wrong({ maxAttempts: 2 }) }),
      'INVALID_OPTION',
      '"retry.maxAttempts"',
    ],
    [
      'a map of no item at a time',
      () => one().addMap('b', same, { concurrency: 0 }),
      'INVALID_OPTION',
      'concurrency is 0',
    ],
    [
      'a map that settles by text',
      () => one().addMap('b', same, { settled: wrong('yes') }),
      'INVALID_OPTION',
      'settled is "yes"',
    ],
    [
      'an edge to nothing',
      () => one().addEdge('a', wrong(undefined)).validate(),
      'UNKNOWN_NODE',
      'next step undefined does not exist',
    ],
    ['an edge from a function', () => one().addEdge(wrong(same), 'a'), 'UNKNOWN_NODE', 'function same'],
    ['a router that is text', () => one().addRouter('a', wrong('x'), { x: END }), 'INVALID_STEP', '"x" cannot be run'],
    ['routes that are text', () => one().addRouter('a', same as never, wrong('x')), 'INVALID_OPTION', 'routes is "x"'],
    [
      'routes that are null',
      () => one().addRouter('a', same as never, wrong(null)),
      'INVALID_OPTION',
      'routes is null',
    ],
    [
      'a router with null options',
      () => one().addRouter('a', same as never, { x: END }, wrong(null)),
      'INVALID_OPTION',
      'options is null',
    ],
    [
      'a router option that does not exist',
      () => one().addRouter('a', same as never, { x: END }, wrong({ fallback: END })),
      'INVALID_OPTION',
      '"fallback"',
    ],
    [
      'a router with a name that is taken',
      () => one().addRouter('a', same as never, { x: END }, { name: 'a' }),
      'DUPLICATE_NODE',
      '"a" is already',
    ],
    [
      'a router without routes',
      () =>
        one()
          .addRouter('a', same as never, {})
          .validate(),
      'EMPTY_ROUTES',
      'no route and no default',
    ],
    ['a chain of nothing', () => Workflow.chain([]), 'EMPTY_WORKFLOW', 'at least one step'],
    ['a chain of null', () => Workflow.chain(wrong(null)), 'INVALID_OPTION', 'steps is null'],
    ['a chain of text', () => Workflow.chain(wrong('abc')), 'INVALID_OPTION', 'steps is "abc"'],
    ['a chain with null options', () => Workflow.chain([same], wrong(null)), 'INVALID_OPTION', 'options is null'],
    [
      'a chain that is a step',
      () => Workflow.chain(wrong(one())),
      'INVALID_OPTION',
      'steps is an instance of Workflow',
    ],
    ['a chain with a hole', () => Workflow.chain([same, wrong(undefined), same]), 'INVALID_STEP', 'step_1'],
    [
      'an option of chain that does not exist',
      () => Workflow.chain([same], wrong({ retry: 3 })),
      'INVALID_OPTION',
      '"retry"',
    ],
    ['a route without handlers', () => Workflow.route(String, {}), 'EMPTY_WORKFLOW', 'at least one handler'],
    ['a route with null handlers', () => Workflow.route(String, wrong(null)), 'INVALID_OPTION', 'handlers is null'],
    [
      'a route with null options',
      () => Workflow.route(String, { a: same }, wrong(null)),
      'INVALID_OPTION',
      'options is null',
    ],
    [
      'a route without a classifier',
      () => Workflow.route(wrong(undefined), { a: same }),
      'INVALID_STEP',
      'route.classify',
    ],
    [
      'a route to a handler that is text',
      () => Workflow.route(String, { a: wrong('b') }),
      'INVALID_STEP',
      'route.route_a',
    ],
    ['a parallel of nothing', () => Workflow.parallel({}), 'EMPTY_WORKFLOW', 'at least one branch'],
    ['a parallel of undefined', () => Workflow.parallel(wrong(undefined)), 'INVALID_OPTION', 'branches is undefined'],
    ['a parallel with null options', () => Workflow.parallel([same], wrong(null)), 'INVALID_OPTION', 'options is null'],
    [
      'a merge that is text',
      () => Workflow.parallel([same], { merge: wrong('concat') }),
      'INVALID_OPTION',
      'merge is "concat"',
    ],
    [
      'settled that is text',
      () => Workflow.parallel([same], { settled: wrong('no') }),
      'INVALID_OPTION',
      'settled is "no"',
    ],
    ['step() of nothing', () => step(wrong(undefined)), 'INVALID_STEP', 'undefined'],
    ['step() with a number for a name', () => step(wrong(3), async () => 1), 'INVALID_NAME', '3'],
    ['workflow() without a body', () => workflow('w', wrong(undefined)), 'INVALID_STEP', 'w.w'],
    ['a workflow without a node', () => new Workflow('w').validate(), 'EMPTY_WORKFLOW', 'it has no node'],
    [
      'a node that no path leads to',
      () => one().addNode('island', same).validate(),
      'UNREACHABLE_NODE',
      'no path leads from START',
    ],
    ['a cycle of routers', () => routersOnly().validate(), 'CYCLE_WITHOUT_STEP', 'contains no step'],
    [
      'an all join over a loop and its entry',
      () => endlessJoin().validate(),
      'IMPOSSIBLE_JOIN',
      'use join "one" or "any"',
    ],
  ])('%s', async (_, call, code, text) => {
    const error = await thrownBy(call);
    expect(DefinitionError.is(error)).toBe(true);
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
  });

  it.each<[string, object | null, string]>([
    ['options that are null', null, 'options is null'],
    ['options that are a number', 5 as never, 'options is 5'],
    ['an empty user id', { userId: '' }, 'userId is ""'],
    ['a user id that is a number', { userId: 7 }, 'userId is 7'],
    ['an empty session id', { sessionId: '' }, 'sessionId is ""'],
    ['a run id that is null', { runId: null }, 'runId is null'],
    ['metadata that is a list', { metadata: [] }, 'metadata is a list of 0'],
    ['metadata that is text', { metadata: 'x' }, 'metadata is "x"'],
    ['a signal that is a controller', { signal: new AbortController() }, 'signal is an instance of AbortController'],
    ['a signal that is null', { signal: null }, 'signal is null'],
    ['a timeout of nothing', { timeout: 0 }, 'timeout is 0'],
    ['a timeout that is a word', { timeout: 'soon' }, 'timeout is "soon"'],
    ['a budget of nothing', { maxTotalSteps: 0 }, 'maxTotalSteps is 0'],
    ['an option that does not exist', { userID: 'u' }, 'userId'],
  ])('%s, in the options of run, stream and start', async (_, options, text) => {
    for (const call of [
      () => one().run(1, options as never),
      () => one().stream(1, options as never),
      () => one().start(1, options as never),
    ]) {
      const error = await thrownBy(call);
      expect(RunError.is(error)).toBe(true);
      expect(error).toMatchObject({ code: 'INVALID_RUN_OPTION', where: 'w' });
      expect(error.message).toContain(text);
    }
    expect(() => one().stream(1, options as never)).toThrow(RunError);
  });

  it.each<[string, object, string]>([
    ['a buffer of nothing', { buffer: 0 }, 'buffer is 0'],
    ['an overflow that does not exist', { overflow: 'block' }, 'overflow is "block"'],
    ['a depth below 0', { depth: -1 }, 'depth is -1'],
    ['a depth that is no number', { depth: NaN }, 'depth is NaN'],
    ['a depth that is text', { depth: '1' }, 'depth is "1"'],
  ])('%s, in the options of stream and events', async (_, options, text) => {
    const handle = one().start(1);
    for (const call of [() => one().stream(1, options), () => handle.events(options)]) {
      expect(call).toThrow(RunError);
      const error = await thrownBy(call);
      expect(error).toMatchObject({ code: 'INVALID_RUN_OPTION' });
      expect(error.message).toContain(text);
    }
    await handle.result();
  });
});

function routersOnly(): Workflow {
  return new Workflow('w')
    .addNode('a', same)
    .addRouter(START, () => 'a', { a: 'a', second: 'second' }, { name: 'first' })
    .addRouter('a', () => 'first', { first: 'first' }, { name: 'second' }) as never;
}

function endlessJoin(): Workflow {
  return new Workflow('w')
    .addNode('a', same)
    .addNode('head', same, { join: 'all' })
    .addNode('body', same)
    .setStart('a')
    .addEdge('a', 'head')
    .addEdge('head', 'body')
    .addEdge('body', 'head') as never;
}
