import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  AdapterError,
  type LanguageModel,
  type ModelAnswer,
  type ModelDelta,
  type ModelErrorCode,
  type ModelRequest,
  type ToolDefinition,
} from '@drawloom/core';

/** How the suite gets models in the situations that it looks at. What a kind of model cannot do is left out. */
export interface ModelContract {
  /** Answers any request with a text of its choice. */
  answering(): Made;
  /** Answers any request with calls of the two tools of the suite, both in one answer. */
  calling?(calls: readonly SuiteCall[]): Made;
  /** Is held to the output schema of the request and answers with this value. */
  writing?(value: unknown): Made;
  /** Fails every call in the way of this code. */
  failing?(code: ModelErrorCode): Made;
  /** Never answers. */
  hanging?(): Made;
  /** What no error may show, such as the API key that the models have. */
  readonly secrets?: readonly string[] | undefined;
}

type Made = LanguageModel | Promise<LanguageModel>;

/** What a model under test is to call. */
export interface SuiteCall {
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

/** What the suite needs of the test runner. The globals of jest and vitest will do. */
export interface SuiteRunner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}

const CODES: readonly ModelErrorCode[] = [
  'MODEL_RATE_LIMITED',
  'MODEL_UNAVAILABLE',
  'MODEL_AUTHENTICATION',
  'MODEL_INVALID_REQUEST',
  'MODEL_CONTENT_FILTERED',
  'MODEL_FAILED',
];
const TRANSIENT: readonly ModelErrorCode[] = ['MODEL_RATE_LIMITED', 'MODEL_UNAVAILABLE'];
const CALLS: readonly SuiteCall[] = [
  { name: 'weather', arguments: '{"city":"Bern"}' },
  { name: 'time', arguments: '{"zone":"CET"}' },
];
/** Stands in every prompt of the suite, and must stand in no error. */
const CANARY = 'canary-5d1c93';

/**
 * The tests that every language model must pass. Call it where `describe` may stand.
 *
 * @example
 * languageModelContract('MyModel', {
 *   answering: () => new MyModel({ url: server.answering() }),
 *   hanging: () => new MyModel({ url: server.hanging() }),
 * });
 */
export function languageModelContract(
  name: string,
  contract: ModelContract,
  runner: SuiteRunner = globalThis as unknown as SuiteRunner,
): void {
  const { describe, it } = runner;
  describe(`${name} as a language model`, () => {
    answers(contract, it);
    signals(contract, it);
    if (contract.calling !== undefined) toolCalls(contract.calling, it);
    if (contract.writing !== undefined) output(contract.writing, it);
    if (contract.failing !== undefined) failures(contract.failing, contract.secrets ?? [], it);
  });
}

function answers({ answering }: ModelContract, it: SuiteRunner['it']): void {
  it('has a name, and says of each capability whether it has it', async () => {
    const model = await answering();
    assert.ok(model.name.length > 0);
    const { tools, parallelToolCalls, structuredOutput, streaming } = model.capabilities;
    for (const capability of [tools, parallelToolCalls, structuredOutput, streaming]) {
      assert.equal(typeof capability, 'boolean');
    }
    assert.ok(tools || !parallelToolCalls, 'a model without tools has no parallel tool calls');
  });

  it('answers with frozen, JSON-able data, and leaves the request as it is', async () => {
    const request = frozenRequest();
    const before = JSON.stringify(request);
    const answer = await (await answering()).answer(request);
    assert.equal(JSON.stringify(request), before);
    checkAnswer(answer);
    assert.ok(answer.message.content.length > 0);
    assert.equal(answer.finishReason, 'stop');
  });

  it('takes a conversation with every kind of message', async () => {
    const { message } = await (await answering()).answer(conversation());
    assert.equal(typeof message.content, 'string');
  });

  it('gives the same answer in pieces to who listens: together they are the content', async () => {
    const model = await answering();
    const deltas: ModelDelta[] = [];
    const answer = await model.answer(frozenRequest(), { onDelta: (delta) => void deltas.push(delta) });
    checkAnswer(answer);
    assert.equal(textOf(deltas), answer.message.content);
    assert.deepEqual(JSON.parse(JSON.stringify(deltas)), deltas);
    if (!model.capabilities.streaming) assert.equal(deltas.length, 1);
  });

  it('ends the call with what its listener throws', async () => {
    const thrown = { by: 'the listener' }; // anything can be thrown
    const onDelta = (): never => {
      throw thrown;
    };
    const model = await answering();
    assert.equal(await rejection(() => model.answer(frozenRequest(), { onDelta })), thrown);
  });

  it('serves calls at the same time, each with its own pieces', async () => {
    const model = await answering();
    const all = await Promise.all(
      [1, 2, 3, 4, 5].map(async () => {
        const deltas: ModelDelta[] = [];
        const answer = await model.answer(frozenRequest(), { onDelta: (delta) => void deltas.push(delta) });
        return { answer, text: textOf(deltas) };
      }),
    );
    for (const { answer, text } of all) assert.equal(text, answer.message.content);
  });
}

function signals({ answering, hanging }: ModelContract, it: SuiteRunner['it']): void {
  const reason = { why: 'the test gave up' }; // any value: it is passed on as it is

  it('rejects with the reason of a signal that is aborted already, and says nothing', async () => {
    const model = await answering();
    const deltas: ModelDelta[] = [];
    const signal = AbortSignal.abort(reason);
    const call = (): Promise<unknown> =>
      model.answer(frozenRequest(), { signal, onDelta: (delta) => void deltas.push(delta) });
    assert.equal(await rejection(call), reason);
    assert.deepEqual(deltas, []);
  });

  it('says nothing more once it is given up in the middle of an answer', async () => {
    const model = await answering();
    const controller = new AbortController();
    let heard = 0;
    const onDelta = (): void => {
      heard++;
      controller.abort(reason);
    };
    const call = (): Promise<unknown> => model.answer(frozenRequest(), { signal: controller.signal, onDelta });
    assert.equal(await rejection(call), reason);
    assert.equal(heard, 1);
  });

  if (hanging === undefined) return;
  for (const isHeard of [false, true]) {
    it(`rejects with the reason when it is given up while nothing comes${isHeard ? ', with a listener' : ''}`, async () => {
      const model = await hanging();
      const controller = new AbortController();
      const options = { signal: controller.signal, ...(isHeard ? { onDelta: () => undefined } : {}) };
      const failed = rejection(() => model.answer(frozenRequest(), options));
      setTimeout(() => controller.abort(reason), 5);
      assert.equal(await failed, reason);
    });
  }
}

function toolCalls(calling: NonNullable<ModelContract['calling']>, it: SuiteRunner['it']): void {
  for (const isHeard of [false, true]) {
    it(`gives several tool calls in one answer, with ids that differ${isHeard ? ', in pieces' : ''}`, async () => {
      const model = await calling(CALLS);
      const deltas: ModelDelta[] = [];
      const listener = isHeard ? { onDelta: (delta: ModelDelta) => void deltas.push(delta) } : {};
      const answer = await model.answer({ ...frozenRequest(), tools: TOOLS }, listener);
      checkAnswer(answer);
      assert.equal(answer.finishReason, 'tool_calls');
      const calls = answer.message.toolCalls ?? [];
      assert.deepEqual(
        calls.map((call) => ({ name: call.name, arguments: call.arguments })),
        CALLS,
      );
      assert.equal(new Set(calls.map(({ id }) => id)).size, CALLS.length);
      if (!isHeard) return;
      for (const [index, call] of calls.entries()) {
        const pieces = deltas.filter((delta) => delta.type === 'tool_call' && delta.index === index);
        assert.ok(
          pieces.every((delta) => delta.type === 'tool_call' && delta.id === call.id && delta.name === call.name),
        );
        assert.equal(
          pieces.map((delta) => (delta.type === 'tool_call' ? delta.arguments : '')).join(''),
          call.arguments,
        );
      }
    });
  }
}

function output(writing: NonNullable<ModelContract['writing']>, it: SuiteRunner['it']): void {
  const cases: [string, unknown, Record<string, unknown>][] = [
    [
      'an object',
      { city: 'Bern' },
      { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
    ],
    ['a list', [{ n: 1 }, { n: 2 }], { type: 'array', items: { $ref: '#/$defs/N' }, $defs: { N: NUMBERED } }],
    ['a text with braces', '}} "quoted" {', { type: 'string' }],
    ['one of several', 7, { anyOf: [{ type: 'number' }, { type: 'null' }] }],
  ];
  for (const [what, value, schema] of cases) {
    for (const isHeard of [false, true]) {
      it(`writes ${what} as JSON${isHeard ? ', in pieces' : ''}`, async () => {
        const model = await writing(value);
        const deltas: ModelDelta[] = [];
        const listener = isHeard ? { onDelta: (delta: ModelDelta) => void deltas.push(delta) } : {};
        const answer = await model.answer({ ...frozenRequest(), output: { schema } }, listener);
        checkAnswer(answer);
        assert.deepEqual(JSON.parse(answer.message.content), value);
        if (isHeard) assert.equal(textOf(deltas), answer.message.content);
      });
    }
  }
}

const NUMBERED = {
  type: 'object',
  properties: { n: { type: 'number' } },
  required: ['n'],
  additionalProperties: false,
};

function failures(
  failing: NonNullable<ModelContract['failing']>,
  secrets: readonly string[],
  it: SuiteRunner['it'],
): void {
  for (const code of CODES) {
    it(`fails with ${code}, and shows nothing of the conversation`, async () => {
      for (const listener of [{}, { onDelta: () => undefined }]) {
        const model = await failing(code);
        const error = await rejection(() => model.answer(frozenRequest(), listener));
        assert.ok(AdapterError.is(error), `expected an AdapterError, received ${inspect(error)}`);
        assert.equal(error.code, code);
        assert.equal(error.isTransient, TRANSIENT.includes(code));
        const shown = [inspect(error, { depth: 9, showHidden: true }), String(error.stack), JSON.stringify(error)];
        for (const text of shown) for (const secret of [CANARY, ...secrets]) assert.ok(!text.includes(secret), text);
      }
    });
  }
}

function checkAnswer(answer: ModelAnswer): void {
  assert.deepEqual(JSON.parse(JSON.stringify(answer)), answer);
  assert.ok(isDeeplyFrozen(answer), 'the answer is frozen at every level');
  assert.equal(answer.message.role, 'assistant');
  assert.equal(typeof answer.message.content, 'string');
  assert.ok(answer.model.length > 0);
  if (answer.usage === undefined) return;
  const { inputTokens, cachedTokens, cacheWrittenTokens, outputTokens, reasoningTokens } = answer.usage;
  for (const tokens of [inputTokens, cachedTokens, cacheWrittenTokens, outputTokens, reasoningTokens]) {
    assert.ok(Number.isInteger(tokens) && tokens >= 0);
  }
  assert.ok(cachedTokens + cacheWrittenTokens <= inputTokens && reasoningTokens <= outputTokens, 'a part is no more');
}

function isDeeplyFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen);
}

function textOf(deltas: readonly ModelDelta[]): string {
  return deltas.map((delta) => (delta.type === 'text' ? delta.text : '')).join('');
}

async function rejection(call: () => Promise<unknown>): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await call();
  } catch (error) {
    return error;
  }
  return assert.fail(`the call was expected to fail, but it gave ${inspect(answer)}`);
}

const tool = (name: string, parameter: string): ToolDefinition => ({
  name,
  description: `Tells the ${name}`,
  parameters: {
    type: 'object',
    properties: { [parameter]: { type: 'string' } },
    required: [parameter],
    additionalProperties: false,
  },
});
const TOOLS: readonly ToolDefinition[] = [tool('weather', 'city'), tool('time', 'zone')];

function frozenRequest(): ModelRequest {
  return Object.freeze({
    messages: Object.freeze([
      Object.freeze({ role: 'system' as const, content: `Be brief. ${CANARY}` }),
      Object.freeze({ role: 'user' as const, content: `What is the weather? ${CANARY}`, name: 'Ada Lovelace' }),
    ]),
  });
}

function conversation(): ModelRequest {
  const calls = CALLS.map((call, index) => ({ id: `call_${index}`, ...call }));
  return {
    ...frozenRequest(),
    messages: [
      ...frozenRequest().messages,
      { role: 'assistant', content: '', toolCalls: calls, name: 'guide' },
      ...calls.map((call) => ({ role: 'tool' as const, callId: call.id, name: call.name, content: 'fine' })),
      { role: 'assistant', content: 'Fine.' },
      { role: 'user', content: 'And tomorrow?' },
    ],
    tools: TOOLS,
    settings: { temperature: 0, maxOutputTokens: 100, stop: ['###'], vendor: { nobody: { secret: 1 } } },
  };
}
