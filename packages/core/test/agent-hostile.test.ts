import { inspect } from 'node:util';
import {
  EchoModel,
  Agent,
  Allowance,
  InMemoryMemory,
  tool,
  Workflow,
  type AgentOptions,
  type AgentResult,
  type AgentRunOptions,
  type ApproveToolCall,
  type SpanInfo,
  type Telemetry,
  type Tool,
} from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';
import { AnsweringModel, callOf, isAfterTools } from './support/answering-model.js';

const fail = (error: unknown): never => {
  throw error;
};

type Call = ReturnType<typeof callOf>;

/** A run of an agent whose model wants these calls, then answers. */
async function runWith(
  calls: readonly Call[],
  tools: Tool<any>[],
  options: Partial<AgentOptions> = {},
): Promise<AgentResult> {
  const model = new AnsweringModel((request) => (isAfterTools(request) ? 'done' : { toolCalls: calls }));
  return new Agent({ name: 'a', model, tools, ...options }).run('go');
}

describe('An approval', () => {
  const getter = (key: string): object =>
    Object.defineProperty({}, key, { enumerable: true, get: () => fail(new Error('trap')) });
  const trap = new Proxy(
    {},
    {
      get: () => fail(new Error('trap')),
      ownKeys: () => fail(new Error('trap')),
      getPrototypeOf: () => fail(new Error('trap')),
    },
  );
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  class Decision {
    decision = 'allow';
  }
  const answers: [string, () => unknown][] = [
    ['the text "true"', () => 'true'],
    ['the text "allow"', () => 'allow'],
    ['a Boolean object', () => new Boolean(true)],
    ['1', () => 1],
    ['a bigint', () => 1n],
    ['a symbol', () => Symbol('true')],
    ['an empty object', () => ({})],
    ['a list', () => [true]],
    ['a list of a decision', () => [{ decision: 'allow' }]],
    ['a list that says allow', () => Object.assign([], { decision: 'allow' })],
    ['a function', () => () => true],
    ['a function that says allow', () => Object.assign(() => true, { decision: 'allow' })],
    ['{ approved: "no" }', () => ({ approved: 'no' })],
    ['{ approved: true }', () => ({ approved: true })],
    ['{ allow: true }', () => ({ allow: true })],
    ['{ decision: true }', () => ({ decision: true })],
    ['{ decision: "ALLOW" }', () => ({ decision: 'ALLOW' })],
    ['{ decision: ["allow"] }', () => ({ decision: ['allow'] })],
    ['a decision with a text object', () => ({ decision: new String('allow') })],
    ['an allow with a reason', () => ({ decision: 'allow', reason: 'but no' })],
    ['an allow with other arguments', () => ({ decision: 'allow', arguments: {} })],
    ['an allow in an instance of a class', () => new Decision()],
    ['an inherited allow', () => Object.create({ decision: 'allow' }) as unknown],
    ['an allow that cannot be enumerated', () => Object.defineProperty({}, 'decision', { value: 'allow' })],
    ['an allow beside __proto__', () => JSON.parse('{"decision":"allow","__proto__":{"approved":false}}') as unknown],
    ['an edit without arguments', () => ({ decision: 'edit' })],
    ['an edit to what does not fit', () => ({ decision: 'edit', arguments: { amount: 'all' } })],
    ['an edit to nothing', () => ({ decision: 'edit', arguments: undefined })],
    ['an edit to a list', () => ({ decision: 'edit', arguments: [{ amount: 1 }] })],
    ['an edit to what cannot be read', () => ({ decision: 'edit', arguments: getter('amount') })],
    ['a deny with an odd reason', () => ({ decision: 'deny', reason: { toString: () => 'x' } })],
    ['a getter that throws', () => getter('decision')],
    ['a then that throws', () => getter('then')],
    ['a then that gives a list', () => ({ then: (give: (x: unknown) => void) => give([true]) })],
    ['a then that gives true as text', () => ({ then: (give: (x: unknown) => void) => give('true') })],
    ['a proxy that throws', () => trap],
    ['a revoked proxy', () => revoked],
    ['a promise of a promise of a text', async () => Promise.resolve('yes')],
    ['a promise of an error object', async () => new Error('no')],
    ['a rejection without an error', () => Promise.reject(null as never)],
    ['a throw of nothing', () => fail(undefined)],
    ['a throw of true', () => fail(true)],
    ['a rejection with true', () => Promise.reject(true as never)],
    ['a throw of an allow', () => fail({ decision: 'allow' })],
    [
      'a generator',
      function* () {
        yield true;
      },
    ],
  ];

  it.each(answers)('is not given by %s', async (_, answer) => {
    let ran = 0;
    const pay = tool({ name: 'pay', description: 'Pays.', input: z.object({ amount: z.number() }), run: () => ++ran });
    const { toolCalls, output } = await runWith([callOf('pay', { amount: 1 })], [pay], { approve: answer });
    expect([ran, toolCalls[0]!.outcome === 'returned', output]).toEqual([0, false, 'done']);
    expect(toolCalls[0]!.result).not.toContain('trap');
  });

  it('is not given by a decision that comes too late, nor does that one hold for later calls', async () => {
    const clock = new VirtualClock();
    const late = deferred<unknown>();
    let [asked, ran] = [0, 0];
    const pay = tool({ name: 'pay', description: 'Pays.', run: () => ++ran });
    const approve: ApproveToolCall = () => (++asked === 1 ? late.promise : false);
    let turn = 0;
    const model = new AnsweringModel(async () => {
      if (++turn === 2) {
        late.resolve({ decision: 'allow', remember: true });
        await settled();
      }
      return turn > 2 ? 'done' : { toolCalls: [callOf('pay')] };
    });
    const agent = new Agent({ name: 'a', model, tools: [pay], approve, approvalTimeout: '1s' });
    const collecting = collectEvents(Workflow.chain([agent], { clock }).stream('go'));
    await clock.advance('5s');
    const { events } = await collecting;
    expect(ofType(events, 'tool.denied').map(({ reason }) => reason)).toEqual([
      'nobody decided in time',
      'it was not approved',
    ]);
    expect([asked, ran]).toEqual([2, 0]);
  });

  it('is asked for nothing once the run is stopped', async () => {
    const clock = new VirtualClock();
    let [asked, ran] = [0, 0];
    const pay = tool({ name: 'pay', description: 'Pays.', run: () => ++ran });
    const calls = ['c1', 'c2', 'c3'].map((id) => callOf('pay', {}, id));
    const model = new AnsweringModel(() => ({ toolCalls: calls }));
    const approve: ApproveToolCall = () => (asked++, new Promise(() => undefined));
    const agent = new Agent({ name: 'a', model, tools: [pay], approve });
    const handle = Workflow.chain([agent], { clock }).start('go');
    for (let hop = 0; hop < 5; hop++) await settled();
    handle.cancel('enough');
    expect(await handle.result()).toMatchObject({ status: 'cancelled' });
    for (let hop = 0; hop < 5; hop++) await settled();
    expect([asked, ran, clock.pending]).toEqual([1, 0, 0]);
  });
});

describe('Hostile arguments', () => {
  const seen: unknown[] = [];
  beforeEach(() => seen.splice(0));
  const take = tool({
    name: 'take',
    description: 'Takes.',
    input: z.object({ text: z.string(), more: z.looseObject({ a: z.number().optional() }).optional() }),
    run: (input) => {
      seen.push(input);
      return Object.getPrototypeOf(input) === Object.prototype ? 'ok' : 'odd';
    },
  });
  const deep = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

  it.each<[string, string]>([
    ['no JSON', '{text: 1}'],
    ['cut JSON', '{"text":"x"'],
    ['two values', '{"text":"x"}{"text":"y"}'],
    ['a list', '[{"text":"x"}]'],
    ['null', 'null'],
    ['a text', '"text"'],
    ['a number', '1e999'],
    ['a member of the wrong kind', '{"text":{"toString":"x"}}'],
    ['only a prototype', '{"__proto__":{"text":"x"}}'],
    ['a prototype by its constructor', '{"constructor":{"prototype":{"text":"x"}}}'],
    ['a depth beyond any stack', deep(200_000)],
  ])('do not reach the tool: %s', async (_, given) => {
    const { toolCalls, output } = await runWith([callOf('take', given)], [take]);
    expect([seen, toolCalls[0]!.outcome, output]).toEqual([[], 'failed', 'done']);
    expect(toolCalls[0]!.result.length).toBeLessThan(2_000);
  });

  it('change no prototype', async () => {
    const given = '{"text":"x","__proto__":{"isAdmin":true},"more":{"__proto__":{"isAdmin":true}}}';
    const { toolCalls } = await runWith([callOf('take', given)], [take]);
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
    for (const input of seen as { isAdmin?: boolean; more?: { isAdmin?: boolean } }[]) {
      expect([input.isAdmin, input.more?.isAdmin]).toEqual([undefined, undefined]);
    }
    expect(['ok', expect.stringMatching(/^ERROR: /) as string]).toContainEqual(toolCalls[0]!.result);
  });

  it('are read as JSON says: the last of duplicates counts, and huge ones are passed on', async () => {
    const huge = 'x'.repeat(5_000_000);
    await runWith([callOf('take', '{"text":"x","text":"y"}'), callOf('take', { text: huge }, 'c2')], [take]);
    expect(seen).toEqual([{ text: 'y' }, { text: huge }]);
  });

  it('that are no text at all are an error of the call', async () => {
    for (const given of [undefined, null, 3, { text: 'x' }]) {
      const { toolCalls } = await runWith([{ ...callOf('take'), arguments: given as never }], [take]);
      expect(toolCalls[0]!.outcome).toBe('failed');
    }
    expect(seen).toEqual([]);
  });
});

describe('Hostile calls', () => {
  const note = tool({
    name: 'note',
    description: 'Notes.',
    input: z.object({ n: z.number() }),
    run: ({ n }) => `noted ${n}`,
  });

  it.each(['', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'note ', 'NOTE', 'x'.repeat(100_000), 'a\nb'])(
    'of a tool that there is not are told to the model, briefly: %p',
    async (name) => {
      const { toolCalls } = await runWith([callOf(name)], [note]);
      expect(toolCalls[0]).toMatchObject({
        outcome: 'failed',
        result: expect.stringMatching(/^ERROR: there is no tool /) as string,
      });
      expect(toolCalls[0]!.result.length).toBeLessThan(1_000);
    },
  );

  it('with the same id are each answered, in their order', async () => {
    const { toolCalls } = await runWith([callOf('note', { n: 1 }), callOf('note', { n: 2 }), callOf('gone')], [note]);
    expect(toolCalls.map(({ id, outcome, result }) => `${id} ${outcome} ${result.slice(0, 7)}`)).toEqual([
      'c1 returned noted 1',
      'c1 returned noted 2',
      'c1 failed ERROR: ',
    ]);
  });

  it('that are none are an answer', async () => {
    const model = new AnsweringModel(() => ({ content: 'here', toolCalls: [], finishReason: 'tool_calls' }));
    expect(await new Agent({ name: 'a', model, tools: [note] }).run('x')).toMatchObject({ output: 'here', turns: 1 });
  });

  it('beside a text are made, and the text is no answer', async () => {
    const model = new AnsweringModel((request) =>
      isAfterTools(request)
        ? 'the answer'
        : { content: 'not yet', toolCalls: [callOf('note', { n: 1 })], finishReason: 'stop' },
    );
    const result = await new Agent({ name: 'a', model, tools: [note] }).run('x');
    expect(result).toMatchObject({ output: 'the answer', turns: 2, toolCalls: [{ result: 'noted 1' }] });
  });

  it('without end stop at the turns, the last of them unmade; with a schema there is then no output', async () => {
    let ran = 0;
    const again = tool({ name: 'again', description: 'Again.', run: () => ++ran });
    const model = new AnsweringModel(() => ({ content: '{"n":1}', toolCalls: [callOf('again')] }));
    const agent = new Agent({ name: 'a', model, tools: [again], maxTurns: 3, output: z.object({ n: z.number() }) });
    expect(await agent.run('x')).toMatchObject({ interrupted: true, turns: 3, output: undefined });
    expect(ran).toBe(2);
  });
});

describe('What a tool returns', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;

  it.each<[string, () => unknown, string | RegExp]>([
    ['a cycle', () => cyclic, /^ERROR: .*cannot be written as JSON/],
    ['a bigint', () => ({ n: 2n ** 70n }), '{"n":"1180591620717411303424"}'],
    ['nothing', () => undefined, ''],
    ['null', () => null, 'null'],
    ['a promise of nothing', async () => undefined, ''],
    ['a web stream', () => new ReadableStream(), /^ERROR: .*stream/],
    [
      'an async generator',
      async function* () {
        yield 1;
      },
      /^ERROR: .*stream/,
    ],
    [
      'a generator',
      function* () {
        yield 1;
      },
      /^ERROR: .*stream/,
    ],
    ['an iterator of a map', () => new Map([[1, 2]]).values(), /^ERROR: .*stream/],
    ['a set and a map', () => [new Set([1]), new Map([['a', 1]])], '[[1],{"a":1}]'],
    ['a toJSON that throws', () => ({ toJSON: () => fail(new Error('secret')) }), /^ERROR: (?!.*secret)/],
  ])('is told, or is an error: %s', async (_, run, told) => {
    const give = tool({ name: 'give', description: 'Gives.', run });
    const { toolCalls, output } = await runWith([callOf('give')], [give]);
    expect(output).toBe('done');
    if (typeof told === 'string') expect(toolCalls[0]!.result).toBe(told);
    else expect(toolCalls[0]!.result).toMatch(told);
  });

  it('B153 is cut at 50,000 characters, with a word on it; so is what it throws', async () => {
    const long = 'x'.repeat(60_000);
    const give = tool({ name: 'give', description: 'Gives.', run: () => long });
    const list = tool({ name: 'list', description: 'Lists.', run: () => [long] });
    const fails = tool({ name: 'fails', description: 'Fails.', run: () => fail(new Error(long)) });
    const just = tool({ name: 'just', description: 'Fits.', run: () => long.slice(0, 50_000) });
    const calls = ['give', 'list', 'fails', 'just'].map((name) => callOf(name, {}, name));
    const { toolCalls } = await runWith(calls, [give, list, fails, just]);
    const [given, listed, failed, fits] = toolCalls.map(({ result }) => result);
    expect(given).toBe(`${long.slice(0, 50_000)}\n[cut: 50000 of 60000 characters]`);
    expect(listed).toMatch(/\n\[cut: 50000 of 60004 characters\]$/);
    expect(failed).toMatch(/^ERROR: x+\n\[cut: 50000 of 60007 characters\]$/);
    expect(fits).toHaveLength(50_000);
  });

  it('is not cut in the middle of a character: services refuse the half of one', async () => {
    const text = `${'x'.repeat(49_999)}${'😀'.repeat(9)}`;
    const give = tool({ name: 'give', description: 'Gives.', run: () => text });
    const { toolCalls } = await runWith([callOf('give')], [give]);
    expect(toolCalls[0]!.result).toBe(`${'x'.repeat(49_999)}\n[cut: 49999 of 50017 characters]`);
  });
});

describe('A model that counts badly', () => {
  it.each([
    ['too little', { inputTokens: 60, outputTokens: 60 }],
    [
      'not a number',
      { inputTokens: 120, outputTokens: 0, cachedTokens: NaN, cacheWrittenTokens: 'x', reasoningTokens: null },
    ],
    [
      'less than nothing',
      { inputTokens: 120, outputTokens: -1e9, cachedTokens: -5, cacheWrittenTokens: 0, reasoningTokens: 0 },
    ],
  ])('does not get around a budget: %s', async (_, usage) => {
    for (const budget of [{ usd: 0.0001 }, { tokens: 100 }]) {
      const model = new AnsweringModel(() => 'ok', 'gpt-4.1');
      const { answer } = model;
      model.answer = async (...given) => ({ ...(await answer.apply(model, given)), usage: usage as never });
      const agent = new Agent({ name: 'a', model });
      const error = await thrownBy(() => Workflow.chain([agent, agent, agent]).run('x', { budget }));
      expect(error.code).toBe('BUDGET_EXCEEDED');
      expect(model.requests).toHaveLength(1);
      expect(error.partial!.usage).toMatchObject({ totalTokens: 120, cachedTokens: 0 });
      expect(error.partial!.usage.cost).toBeGreaterThan(0);
    }
  });
});

describe('A model that does not tell what it has used', () => {
  it('is told of once where a budget goes by that, and nowhere else', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    const agent = (name: string): Agent => new Agent({ name: 'a', model: new AnsweringModel(() => 'ok', name) });
    const warned = async (name: string, options: AgentRunOptions): Promise<string[]> => {
      warn.mockClear();
      for (const _ of [1, 2]) await Workflow.chain([agent(name)]).run('x', options);
      return warn.mock.calls
        .map(([, about]) => (about as { code?: string }).code ?? '')
        .filter((code) => code === 'NO_MODEL_USAGE');
    };
    expect(await warned('one', {})).toEqual([]);
    expect(await warned('two', { budget: { calls: 9, time: '1h' } })).toEqual([]);
    expect(await warned('three', { budget: { tokens: 100 } })).toEqual(['NO_MODEL_USAGE']);
    expect(await warned('four', { allowances: [new Allowance({ name: 'daily', usd: 1 })] })).toEqual([
      'NO_MODEL_USAGE',
    ]);
    expect(await warned('five', { allowances: [new Allowance({ name: 'daily', calls: 9 })] })).toEqual([]);
    warn.mockRestore();
  });
});

describe('What is said in a run that fails', () => {
  it('is in no span, and in no error but where it belongs: whatever fails', async () => {
    const spans: unknown[] = [];
    const telemetry: Telemetry = {
      span: (info: SpanInfo, body) => {
        spans.push(info);
        const result = body();
        const end = (): number => spans.push(info.endAttributes?.());
        void Promise.resolve(result).then(end, end);
        return result;
      },
    };
    const SECRET = 'sesame';
    const memory = new InMemoryMemory();
    await memory.learn({ userId: 'u' }, { subject: SECRET, predicate: 'is', object: SECRET });
    const look = tool({
      name: 'look',
      description: 'Looks.',
      input: z.object({ word: z.string() }),
      run: ({ word }) => fail(new Error(`bad ${word}`)),
    });
    const calls = [
      callOf('look', { word: SECRET }),
      callOf('look', { [SECRET]: SECRET }, 'c2'),
      callOf(`look_${SECRET}`, {}, 'c3'),
    ];
    const ends: [string, Partial<AgentOptions<any>>, () => string | object][] = [
      ['INVALID_OUTPUT', { output: z.object({ n: z.number() }) }, () => SECRET],
      ['INVALID_OUTPUT', { output: z.object({ n: z.number() }) }, () => JSON.stringify({ n: SECRET })],
      ['INVALID_OUTPUT', { output: z.strictObject({ n: z.enum(['a']) }) }, () => JSON.stringify({ n: SECRET })],
      ['AGENT_INTERRUPTED', {}, () => ({ content: SECRET, finishReason: 'length' })],
      ['AGENT_INTERRUPTED', { maxTurns: 2 }, () => ({ content: SECRET, toolCalls: calls })],
      ['BUDGET_EXCEEDED', { budget: { calls: 1 } }, () => SECRET],
    ];
    for (const [code, options, end] of ends) {
      const model = new AnsweringModel((request) =>
        isAfterTools(request) ? end() : { content: SECRET, toolCalls: calls },
      );
      const agent = new Agent({ name: 'a', model, tools: [look], instructions: SECRET, ...options });
      const flow = Workflow.chain([agent], { telemetry, memory });
      const identity = { userId: 'u', metadata: { key: SECRET } };
      const error = await thrownBy(() => flow.run(SECRET, identity));
      const all: Error[] = [];
      for (let next: unknown = error; next instanceof Error; next = next.cause) all.push(next);
      expect(all.map((one) => (one as { code?: string }).code)).toContain(code);
      for (const one of all)
        expect(`${one.message} ${one.stack} ${JSON.stringify(one)} ${inspect(one)}`).not.toContain(SECRET);
    }
    await settled();
    expect(spans.length).toBeGreaterThan(ends.length * 3);
    expect(JSON.stringify(spans)).not.toContain(SECRET);
  });
});

describe('A model of one’s own that gives no proper answer', () => {
  const answers: [string, unknown][] = [
    ['nothing', undefined],
    ['text', 'hello'],
    ['no message', { finishReason: 'stop', model: 'm' }],
    ['a message without text', { message: { role: 'assistant' }, finishReason: 'stop', model: 'm' }],
    ['calls that are no list', { message: { content: '', toolCalls: 'x' }, finishReason: 'tool_calls', model: 'm' }],
    ['a call without a name', { message: { content: '', toolCalls: [{ id: '1', arguments: '{}' }] }, model: 'm' }],
    ['no model', { message: { role: 'assistant', content: 'x' }, finishReason: 'stop' }],
    ['no reason why it ended', { message: { role: 'assistant', content: 'x' }, model: 'm' }],
    ['a reason of its own', { message: { role: 'assistant', content: 'x' }, finishReason: 'end_turn', model: 'm' }],
  ];

  it.each(answers)('fails with a code, not with whatever comes of it: %s', async (_, answer) => {
    class Odd extends EchoModel {
      override answer(): Promise<never> {
        return Promise.resolve(answer as never);
      }
    }
    const failing = new Agent({ name: 'a', model: new Odd() }).run('x');
    await expect(failing).rejects.toMatchObject({ code: 'STEP_FAILED', cause: { code: 'MODEL_FAILED' } });
  });
});
