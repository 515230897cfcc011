import {
  Agent,
  step,
  tool,
  Workflow,
  type AgentOptions,
  type ApproveToolCall,
  type Tool,
  type StepFunction,
  type DefinitionError,
  type ToolContext,
} from '@drawloom/core';
import { deferred, ScriptedModel, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';

const fail = (error: unknown): never => {
  throw error;
};

/** What the model is told of calls of tools. */
async function outcomes(
  tools: Tool<any>[],
  calls: readonly { name: string; arguments?: unknown }[],
  options: Partial<AgentOptions> = {},
): Promise<string[]> {
  const model = new ScriptedModel([{ toolCalls: calls }, 'done']);
  const result = await new Agent({ name: 'a', model, tools, ...options }).run('go');
  expect(model.requests[1]!.messages.slice(2).map(({ content }) => content)).toEqual(
    result.toolCalls.map(({ result: told }) => told),
  );
  return result.toolCalls.map(({ result: told }) => told);
}

const ran: unknown[] = [];
beforeEach(() => ran.splice(0));
const order = tool({
  name: 'order',
  description: 'Orders things.',
  input: z.object({
    count: z.int(),
    price: z.number().optional(),
    gift: z.boolean().optional(),
    note: z.string().optional(),
    lines: z.array(z.object({ size: z.number() })).optional(),
  }),
  run: (input) => {
    ran.push(input);
    return 'ordered';
  },
});

describe('A tool', () => {
  it('B214 is shown to the model as strict JSON Schema', () => {
    const { definition } = tool({
      name: 'find',
      description: 'Finds.',
      input: z.object({ id: z.string(), depth: z.number().default(1) }),
      run: ({ id }) => id,
    });
    expect(definition).toMatchObject({
      name: 'find',
      description: 'Finds.',
      strict: true,
      parameters: { type: 'object', required: ['id', 'depth'], additionalProperties: false },
    });
    expect(tool({ name: 'now', description: 'Tells the time.', run: () => 1 }).definition.parameters).toEqual({
      type: 'object',
      properties: {},
      required: [],
      additionalProperties: false,
    });
  });

  it('is refused with everything that is wrong with it', async () => {
    const wrong = { name: 'find it', description: '', run: 3, timeout: 0, approval: 'yes', inputs: {} };
    const error = (await thrownBy(() => tool(wrong as never))) as DefinitionError;
    expect(error.problems.map(({ fix }) => fix)).toEqual([
      'change it to "input"',
      'change name',
      'change description',
      'change run',
      'change timeout, or leave it out for its default',
      'change approval, or leave it out for its default',
    ]);
    expect((await thrownBy(() => tool({ name: 'a', description: 'A.' } as never))).fix).toBe(
      'say what run is: it has no default',
    );
    const base = { name: 'a', description: 'A.', run: () => 1 };
    expect(await thrownBy(() => tool({ ...base, input: z.string() }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await thrownBy(() => tool({ ...base, input: {} as never }))).toMatchObject({ code: 'INVALID_SCHEMA' });
    expect(await thrownBy(() => tool({ ...base, input: z.object({ x: z.any() }) }))).toMatchObject({
      code: 'NO_JSON_SCHEMA',
      where: 'tool(a)',
    });
    expect(await thrownBy(() => tool(null as never))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('B213 that is unknown, throws, or gets what does not fit, is a result that the model sees', async () => {
    const broken = tool({ name: 'broken', description: 'Breaks.', run: () => fail(new TypeError('no connection')) });
    const odd = tool({ name: 'odd', description: 'Throws no error.', run: () => fail(null) });
    const big = tool({
      name: 'big',
      description: 'No JSON.',
      run: () => ({
        get it() {
          return fail(new Error('x'));
        },
      }),
    });
    const told = await outcomes(
      [broken, odd, big, order],
      [
        { name: 'brocken' },
        { name: 'broken' },
        { name: 'odd' },
        { name: 'big' },
        { name: 'order', arguments: '{"count": ' },
        { name: 'order', arguments: { count: 'many' } },
        { name: 'broken', arguments: { x: 1 } },
      ],
    );
    expect(told).toEqual([
      'ERROR: there is no tool "brocken" (tools: "broken", "odd", "big", "order")',
      'ERROR: no connection',
      'ERROR: null',
      'ERROR: what it returned cannot be written as JSON',
      expect.stringMatching(/^ERROR: the arguments do not fit: as a whole: JSON/),
      expect.stringMatching(/^ERROR: the arguments do not fit: count: /),
      expect.stringMatching(/^ERROR: the arguments do not fit: as a whole: no arguments/),
    ]);
    expect(ran).toEqual([]);
  });

  it('B215 gets numbers and booleans that the model wrote as text, where that is unambiguous', async () => {
    const told = await outcomes(
      [order],
      [
        { name: 'order', arguments: { count: '8', price: '1.5', gift: 'true', note: '7', lines: [{ size: '-2e3' }] } },
        { name: 'order', arguments: { count: '8.5' } },
        { name: 'order', arguments: { count: 1, gift: 'yes' } },
        { name: 'order', arguments: { count: 1, price: '' } },
        { name: 'order', arguments: { count: '99999999999999999999' } },
      ],
    );
    expect(ran).toEqual([{ count: 8, price: 1.5, gift: true, note: '7', lines: [{ size: -2000 }] }]);
    expect(told.map((text) => text.split(':')[0])).toEqual(['ordered', 'ERROR', 'ERROR', 'ERROR', 'ERROR']);
    expect(told.join()).not.toContain('8.5');
  });

  it('does not see the null that strict JSON makes a model write for what is left out', async () => {
    await outcomes(
      [order],
      [{ name: 'order', arguments: { count: 1, price: null, gift: null, note: null, lines: null } }],
    );
    expect(ran).toEqual([{ count: 1 }]);
  });

  it('gives text as it is, anything else as JSON, nothing as nothing', async () => {
    const results: unknown[] = ['text', { a: [1] }, undefined, 0];
    const give = tool({ name: 'give', description: 'Gives.', run: () => results.shift() });
    const told = await outcomes(
      [give],
      Array.from({ length: 4 }, () => ({ name: 'give' })),
    );
    expect(told).toEqual(['text', '{"a":[1]}', '', '0']);
  });

  it('B209 is stopped after 120 s, or its own time; what it began is aborted, and the loop goes on', async () => {
    const clock = new VirtualClock();
    const aborted: string[] = [];
    const hang = (name: string, timeout?: '5s'): Tool =>
      tool({
        name,
        description: 'Hangs.',
        timeout,
        run: (_, { signal }) => {
          signal.addEventListener('abort', () => aborted.push(`${name} at ${clock.now() / 1000}`));
          return inner.run(name);
        },
      }) as Tool;
    const wait: StepFunction = (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const inner = new Workflow('inner').addNode('wait', wait).setStart('wait');
    const model = new ScriptedModel([{ toolCalls: [{ name: 'short' }, { name: 'long' }] }, 'went on']);
    const agent = new Agent({ name: 'a', model, tools: [hang('short', '5s'), hang('long')] });
    const start = clock.now() / 1000;
    const { events, lines } = await (async () => {
      const collecting = collectEvents(Workflow.chain([agent], { clock }).stream('go'));
      await clock.advance('200s');
      return collecting;
    })();
    expect(aborted).toEqual([`short at ${start + 5}`, `long at ${start + 120}`]);
    expect(ofType(events, 'tool.returned').map(({ isError, durationMs }) => [isError, durationMs])).toEqual([
      [true, 5_000],
      [true, 120_000],
    ]);
    expect(lines.filter((line) => line === 'run.cancelled a')).toHaveLength(2);
    expect(model.requests[1]!.messages[2]!.content).toBe('ERROR: it took longer than 5000 ms, and was stopped');
    expect(lines.at(-1)).toBe('run.completed');
  });

  it('knows its call: the same key for the same call in another attempt, and for no other', async () => {
    const keys: string[] = [];
    const pay = tool({
      name: 'pay',
      description: 'Pays.',
      input: z.object({ amount: z.number() }),
      run: (_, { idempotencyKey, callId }: ToolContext) => void keys.push(`${idempotencyKey} ${callId}`),
    });
    const calls = [1, 1, 2].map((amount, index) => ({ name: 'pay', arguments: { amount }, id: `c${index}` }));
    const model = new ScriptedModel([
      { toolCalls: calls },
      { error: { code: 'MODEL_UNAVAILABLE' } },
      { toolCalls: calls.slice(0, 1) },
      'done',
    ]);
    const flow = new Workflow('w')
      .addNode('a', new Agent({ name: 'a', model, tools: [pay] }), { retry: { initialInterval: 0 } })
      .setStart('a');
    await flow.run('go', { runId: 'r' });
    const [first, second, third, again] = keys.map((key) => key.split(' ')[0]);
    expect(first).toMatch(/^r\/a\/1\/a\/pay\/[0-9a-f]{16}\/1$/);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(again).toBe(first);
  });

  it('may call decorated functions, which are numbered over all tools of the step', async () => {
    const lookUp = step('lookUp', async () => 'found');
    const find = tool({ name: 'find', description: 'Finds.', run: () => lookUp() });
    const model = new ScriptedModel([{ toolCalls: [{ name: 'find' }, { name: 'find' }] }, 'done']);
    const { events } = await collectEvents(new Agent({ name: 'a', model, tools: [find] }).stream('go'));
    expect(ofType(events, 'function.started').map(({ occurrence }) => occurrence)).toEqual([1, 2]);
  });

  it('can be an agent: a run of its own, with what it uses counted', async () => {
    const usage = { inputTokens: 10, outputTokens: 1 };
    const model = new ScriptedModel([
      { toolCalls: [{ name: 'expert', arguments: { input: 'why?' } }], usage },
      { expect: { lastMessage: 'why?' }, content: 'because', usage },
      { expect: { lastMessage: 'because' }, content: 'it is so', usage },
    ]);
    const expert = new Agent({ name: 'expert', model });
    const agent = new Agent({ name: 'a', model, tools: [expert.asTool({ description: 'Knows.' })] });
    const { events } = await collectEvents(agent.stream('go'));
    expect(ofType(events, 'run.completed').at(-1)!.output).toMatchObject({ toolCalls: [{ result: 'because' }] });
    expect(ofType(events, 'agent.started').map(({ path, agent: name }) => [path, name])).toEqual([
      [[], 'a'],
      [['a'], 'expert'],
    ]);
    expect(ofType(events, 'run.completed').at(-1)!.output).toMatchObject({
      turns: 2,
      usage: { calls: 3, totalTokens: 33 },
    });
  });
});

describe('The approval of a tool', () => {
  const approving = (approve: ApproveToolCall | undefined, options: Partial<AgentOptions> = {}): Promise<string[]> =>
    outcomes([order], [{ name: 'order', arguments: { count: 1 } }], { approve, ...options });

  it.each([[true], [{ decision: 'allow' }], [Promise.resolve(true)]])('B202 lets it run: %p', async (answer) => {
    expect(await approving(() => answer)).toEqual(['ordered']);
  });

  it.each([
    [false],
    [undefined],
    [null],
    ['yes'],
    ['no'],
    [1],
    [{ approved: false }],
    [{ approved: true }],
    [{ decision: 'yes' }],
    [{ decision: 'allow', approved: false }],
    [{ decision: 'allow', remember: 'no' }],
    [{ decision: 'edit' }],
    [[true]],
    [Object.create({ decision: 'allow' }) as unknown],
    [Promise.reject(new Error('secret'))],
  ])('B203 lets it run for nothing else: %p', async (answer) => {
    const [told] = await approving(() => answer);
    expect(told).toMatch(/^DENIED: /);
    expect(told).not.toContain('secret');
    expect(ran).toEqual([]);
  });

  it('B201 is refused where it is needed and nobody can give it, or asking for it throws', async () => {
    const careful = tool({ name: 'careful', description: 'Acts.', approval: true, run: () => ran.push('careful') });
    expect(await outcomes([careful], [{ name: 'careful' }])).toEqual([
      'DENIED: it needs approval, and nobody can give it',
    ]);
    expect(await approving(() => fail('boom'))).toEqual(['DENIED: asking for approval failed']);
    expect(ran).toEqual([]);
  });

  it('is not asked for a tool that needs none', async () => {
    const look = tool({ name: 'look', description: 'Looks.', approval: false, run: () => 'seen' });
    expect(await outcomes([look], [{ name: 'look' }], { approve: () => fail('asked') })).toEqual(['seen']);
  });

  it('B202 is given the call as the tool will get it, and may deny with a reason or edit', async () => {
    const seen: unknown[] = [];
    const edit: ApproveToolCall = (call) => {
      seen.push(call);
      expect(Object.isFrozen(call.arguments)).toBe(true);
      return { decision: 'edit', arguments: { count: '2' } };
    };
    const model = new ScriptedModel([{ toolCalls: [{ name: 'order', arguments: { count: '9' } }] }, 'done']);
    const result = await new Agent({ name: 'a', model, tools: [order], approve: edit }).run('go');
    expect(seen).toEqual([{ id: 'call_1', tool: 'order', arguments: { count: 9 }, agent: 'a', destructive: false }]);
    expect(ran).toEqual([{ count: 2 }]);
    expect(result.toolCalls[0]).toMatchObject({ arguments: { count: 2 }, askedFor: { count: 9 } });
    expect(await approving(() => ({ decision: 'deny', reason: 'too dear' }))).toEqual(['DENIED: too dear']);
    const [told] = await approving(() => ({ decision: 'edit', arguments: { count: 'x' } }));
    expect(told).toMatch(/^DENIED: the edited arguments do not fit: count/);
    expect(ran).toHaveLength(1);
  });

  it('B202 is remembered for the tool, within the run of the agent, also of calls made at once', async () => {
    let asked = 0;
    const model = new ScriptedModel([
      { toolCalls: [1, 2].map((count) => ({ name: 'order', arguments: { count } })) },
      { toolCalls: [{ name: 'order', arguments: { count: 3 } }] },
      'done',
      { toolCalls: [{ name: 'order', arguments: { count: 4 } }] },
      'done',
    ]);
    const approve = async (): Promise<unknown> => {
      asked++;
      await null;
      return { decision: 'allow', remember: true };
    };
    const agent = new Agent({ name: 'a', model, tools: [order], approve });
    await agent.run('go');
    expect([asked, ran.length]).toEqual([1, 3]);
    await agent.run('go');
    expect(asked).toBe(2);
  });

  it('B206 is refused when nobody decides in time, and an answer after that does not count', async () => {
    const clock = new VirtualClock();
    const gate = deferred<boolean>();
    let signal: AbortSignal | undefined;
    const model = new ScriptedModel([{ toolCalls: [{ name: 'order', arguments: { count: 1 } }] }, 'done']);
    const approve: ApproveToolCall = (_, context) => {
      signal = context.signal;
      return gate.promise;
    };
    const agent = new Agent({ name: 'a', model, tools: [order], approve, approvalTimeout: '10s' });
    const running = collectEvents(Workflow.chain([agent], { clock }).stream('go'));
    await clock.advance('10s');
    const { events } = await running;
    gate.resolve(true);
    await settled();
    expect(ofType(events, 'tool.denied')).toMatchObject([{ tool: 'order', reason: 'nobody decided in time' }]);
    expect([signal!.aborted, ran.length, clock.pending]).toEqual([true, 0, 0]);
  });
});
