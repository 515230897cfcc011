import { LLMock } from '@copilotkit/aimock';
import { strictJsonSchema, type ModelDelta, type ModelRequest } from '@drawloom/core';
import { OpenAIModel } from '@drawloom/openai';
import { answering, chunk, Service, sse } from './support/service.js';

const ask = (content: string): ModelRequest => ({ messages: [{ role: 'user', content }] });
const heard: ModelDelta[] = [];
const onDelta = (delta: ModelDelta): void => void heard.push(delta);
const text = (): string => heard.map((delta) => (delta.type === 'text' ? delta.text : '')).join('');
beforeEach(() => void (heard.length = 0));

describe('A model of OpenAI, over a mock of its protocol', () => {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 4 });
  let model: OpenAIModel;
  beforeAll(async () => {
    await mock.start();
    model = new OpenAIModel('gpt-4.1-mini', { apiKey: 'test', baseURL: `${mock.url}/v1` });
  });
  afterAll(() => mock.stop());

  it('chats', async () => {
    mock.onMessage('hello', {
      content: 'Hi there!',
      model: 'gpt-4.1-mini-2025-04-14',
      usage: { prompt_tokens: 11, completion_tokens: 4 },
    });
    const answer = await model.answer(ask('hello'));
    expect(answer).toMatchObject({
      message: { role: 'assistant', content: 'Hi there!' },
      finishReason: 'stop',
      model: 'gpt-4.1-mini-2025-04-14',
      usage: { inputTokens: 11, outputTokens: 4, cachedTokens: 0, reasoningTokens: 0 },
      id: expect.stringMatching(/^chatcmpl-/),
    });
    expect(mock.getLastRequest()?.body).toMatchObject({ model: 'gpt-4.1-mini' });
    expect(mock.getLastRequest()?.body).not.toHaveProperty('stream', true);
  });

  it('streams with usage when somebody listens', async () => {
    mock.onMessage('stream', { content: 'one two three', usage: { prompt_tokens: 7, completion_tokens: 3 } });
    const answer = await model.answer(ask('stream'), { onDelta });
    expect(heard.length).toBeGreaterThan(2);
    expect(text()).toBe('one two three');
    expect(answer.usage).toMatchObject({ inputTokens: 7, outputTokens: 3 });
    expect(mock.getLastRequest()?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it('carries parallel tool calls and their results through two turns', async () => {
    mock.on(
      { userMessage: 'weather', hasToolResult: false },
      {
        toolCalls: [
          { name: 'weather', arguments: '{"city":"Bern"}', id: 'call_a' },
          { name: 'weather', arguments: '{"city":"Basel"}', id: 'call_b' },
        ],
      },
    );
    mock.on({ userMessage: 'weather', toolCallId: 'call_b' }, { content: 'Sun in both.' });
    const tools = [{ name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }];
    const { message, finishReason } = await model.answer({ ...ask('weather'), tools }, { onDelta });
    expect(finishReason).toBe('tool_calls');
    expect(message.toolCalls).toEqual([
      { id: 'call_a', name: 'weather', arguments: '{"city":"Bern"}' },
      { id: 'call_b', name: 'weather', arguments: '{"city":"Basel"}' },
    ]);
    const results = message.toolCalls!.map(({ id, name }) => ({
      role: 'tool' as const,
      callId: id,
      name,
      content: 'sun',
    }));
    const messages = [...ask('weather').messages, message, ...results];
    expect((await model.answer({ messages, tools })).message.content).toBe('Sun in both.');
  });

  it('holds the answer to a schema', async () => {
    const content = JSON.stringify({ city: 'Bern', people: 134_000 });
    mock.on({ userMessage: 'extract', responseFormat: 'json_schema' }, { content });
    const schema = strictJsonSchema({
      type: 'object',
      properties: { city: { type: 'string' }, people: { type: 'integer' } },
      required: ['city'],
    });
    const { message } = await model.answer({ ...ask('extract'), output: { name: 'City facts', schema } });
    expect(JSON.parse(message.content)).toEqual({ city: 'Bern', people: 134_000 });
    expect(mock.getLastRequest()?.body).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'City_facts', strict: true, schema } },
    });
  });

  it.each([
    [{ status: 429, retryAfter: 7, error: { message: 'slow down' } }, 'MODEL_RATE_LIMITED', 7_000],
    [{ status: 500, error: { message: 'oh no', type: 'server_error' } }, 'MODEL_UNAVAILABLE', undefined],
    [{ status: 401, error: { message: 'who?', code: 'invalid_api_key' } }, 'MODEL_AUTHENTICATION', undefined],
  ])('is told of a failure: %j', async (response, code, retryAfterMs) => {
    mock.onMessage(`fail ${response.status}`, response);
    for (const listener of [{}, { onDelta }]) {
      const failing = model.answer(ask(`fail ${response.status}`), listener);
      await expect(failing).rejects.toMatchObject({ code, retryAfterMs, isTransient: code !== 'MODEL_AUTHENTICATION' });
    }
  });

  it('takes a stream that is cut for no answer', async () => {
    mock.onMessage('cut', { content: 'one two three four five' }, { truncateAfterChunks: 4, latency: 20 });
    const error: unknown = await model.answer(ask('cut'), { onDelta }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MODEL_UNAVAILABLE', isTransient: true });
    expect((error as Error).message).toContain('broke off its answer');
    expect('one two three four five'.startsWith(text())).toBe(true);
  });

  it('gives a service that hangs up when the call is aborted', async () => {
    mock.onMessage('hang', { content: 'too late' }, { latency: 800 });
    for (const listener of [{}, { onDelta }]) {
      const before = mock.getRequests().length;
      const controller = new AbortController();
      const outcome = model
        .answer(ask('hang'), { ...listener, signal: controller.signal })
        .catch((reason: unknown) => reason);
      while (mock.getRequests().length === before) await new Promise((resolve) => setImmediate(resolve));
      controller.abort('enough');
      expect(await outcome).toBe('enough');
    }
    expect(text()).toBe('');
  });
});

describe('A model of OpenAI, over the wire', () => {
  let service: Service;
  let model: OpenAIModel;
  beforeAll(async () => {
    service = await Service.start();
    model = new OpenAIModel('gpt-4.1-mini', { apiKey: 'test', baseURL: service.url });
  });
  afterAll(() => service.stop());

  it('gives a refusal as an answer, in its words', async () => {
    service.reply = answering({ refusal: 'I will not help with that.' });
    const output = { schema: { type: 'array', items: { type: 'string' } } };
    for (const listener of [{}, { onDelta }]) {
      const { message, finishReason } = await model.answer({ ...ask('harm'), output }, listener);
      expect([message.content, finishReason]).toEqual(['I will not help with that.', 'refusal']);
    }
    expect(text()).toBe('I will not help with that.');
  });

  it.each([
    ['length', 'length'],
    ['content_filter', 'content_filter'],
    ['function_call', 'tool_calls'],
    ['a new one', 'stop'],
  ])('gives the finish reason %s as %s', async (said, meant) => {
    service.reply = answering('half an ans', said);
    expect((await model.answer(ask('x'))).finishReason).toBe(meant);
    expect((await model.answer(ask('x'), { onDelta })).finishReason).toBe(meant);
  });

  it('takes a forced tool call for one, though the service says stop', async () => {
    service.reply = answering(
      { tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } }] },
      'stop',
    );
    expect((await model.answer(ask('x'))).finishReason).toBe('tool_calls');
  });

  it('tells cached, cache-written and reasoning tokens, and nothing where the service tells nothing', async () => {
    service.reply = answering('x', undefined, {
      prompt_tokens: 100,
      completion_tokens: 30,
      total_tokens: 130,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 20 },
    });
    expect((await model.answer(ask('x'))).usage).toEqual({
      inputTokens: 100,
      cachedTokens: 60,
      cacheWrittenTokens: 10,
      outputTokens: 30,
      reasoningTokens: 20,
    });
    service.reply = (response) => sse(response, [chunk({ content: 'x' }), chunk({}, 'stop'), '[DONE]']);
    expect((await model.answer(ask('x'), { onDelta })).usage).toBeUndefined();
  });

  it('makes sense of tool calls without ids, with the same ids, and without places', async () => {
    const call = (parts: object, name?: string, args = ''): object =>
      chunk({ tool_calls: [{ ...parts, function: { name, arguments: args } }] });
    service.reply = (response) =>
      sse(response, [
        call({ id: '' }, 'first', '{"a"'),
        call({}, undefined, ':1}'),
        call({ id: 'same' }, 'second', '{}'),
        call({ index: 7, id: 'same' }, 'third', '{'),
        call({ index: 7 }, 'third', '}'),
        chunk({}, 'tool_calls'),
        '[DONE]',
      ]);
    const { message } = await model.answer(ask('x'), { onDelta });
    const calls = message.toolCalls!;
    expect(calls.map(({ name, arguments: args }) => `${name}${args}`)).toEqual(['first{"a":1}', 'second{}', 'third{}']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(3);
    expect(calls.every(({ id }) => id.length > 0)).toBe(true);
    const ids = heard.map((delta) => (delta.type === 'tool_call' ? delta.id : ''));
    expect(ids).toEqual([calls[0]!.id, calls[0]!.id, calls[1]!.id, calls[2]!.id, calls[2]!.id]);
  });

  it('waits for a slow first byte as long as it may', async () => {
    let answerNow = (): void => undefined;
    service.reply = (response, request) => {
      answerNow = () => answering('at last')(response, request);
    };
    const before = service.requests.length;
    const answer = model.answer(ask('x'), { onDelta });
    while (service.requests.length === before) await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual([]);
    answerNow();
    expect((await answer).message.content).toBe('at last');
  });

  it('tries once only: trying again is not its business', async () => {
    service.reply = (response) => void response.writeHead(503).end();
    const before = service.requests.length;
    await expect(model.answer(ask('x'))).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
    await expect(model.answer(ask('x'), { onDelta })).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
    expect(service.requests.length - before).toBe(2);
  });
});
