import { inspect } from 'node:util';
import { AdapterError, type ModelCallOptions, type ModelRequest } from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import { openai, OpenAIModel } from '@drawloom/openai';
import { answering, chunk, failing, openStream, Service, sse, type Reply } from './support/service.js';

const SECRET = 'the claim of Ada Lovelace';
const KEY = 'sk-live-key-of-ours';
const ask: ModelRequest = { messages: [{ role: 'user', content: SECRET }] };

let service: Service;
let model: OpenAIModel;
beforeAll(async () => {
  service = await Service.start();
  model = new OpenAIModel('gpt-4.1-mini', { apiKey: KEY, baseURL: service.url });
});
afterAll(() => service.stop());

/** What a call fails with; and that nothing of the conversation, the key or the answer shows. */
async function failureOf(reply: Reply, options: ModelCallOptions = {}, of = model): Promise<AdapterError> {
  service.reply = reply;
  const error: unknown = await of.answer(ask, options).then(
    (answer) => answer,
    (thrown: unknown) => thrown,
  );
  expect(AdapterError.is(error)).toBe(true);
  const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
  for (const secret of [SECRET, KEY, 'half an answer']) expect(shown).not.toContain(secret);
  return error as AdapterError;
}
const listening = { onDelta: () => undefined };
const said = (code: string, extra: object = {}): object => ({ message: `about ${SECRET} with ${KEY}`, code, ...extra });

describe('A status', () => {
  it.each([
    [400, 'invalid_value', 'MODEL_INVALID_REQUEST', false],
    [400, 'context_length_exceeded', 'MODEL_INVALID_REQUEST', false],
    [400, 'content_filter', 'MODEL_CONTENT_FILTERED', false],
    [400, 'content_policy_violation', 'MODEL_CONTENT_FILTERED', false],
    [401, 'invalid_api_key', 'MODEL_AUTHENTICATION', false],
    [402, 'payment_required', 'MODEL_FAILED', false],
    [403, 'unsupported_country', 'MODEL_AUTHENTICATION', false],
    [404, 'model_not_found', 'MODEL_FAILED', false],
    [408, 'timeout', 'MODEL_UNAVAILABLE', true],
    [409, 'conflict', 'MODEL_UNAVAILABLE', true],
    [413, 'too_large', 'MODEL_INVALID_REQUEST', false],
    [422, 'unprocessable', 'MODEL_INVALID_REQUEST', false],
    [429, 'rate_limit_exceeded', 'MODEL_RATE_LIMITED', true],
    [429, 'insufficient_quota', 'MODEL_FAILED', false],
    [500, 'server_error', 'MODEL_UNAVAILABLE', true],
    [503, 'overloaded', 'MODEL_UNAVAILABLE', true],
    [529, 'overloaded', 'MODEL_UNAVAILABLE', true],
  ])('%i with %s is %s', async (status, code, expected, isTransient) => {
    for (const options of [{}, listening]) {
      const error = await failureOf(failing(status, said(code), { 'x-request-id': 'req_1' }), options);
      expect(error).toMatchObject({ code: expected, isTransient, status, requestId: 'req_1' });
      expect(error.where).toBe('openai/gpt-4.1-mini');
      expect(error.message).toContain(`(status ${status}, ${code})`);
      expect(error.reply).toContain(SECRET); // for an operator who asks for it
    }
  });

  it('tells the part of the request that the service names', async () => {
    const error = await failureOf(failing(400, said('invalid_value', { param: 'messages[0].content' })));
    expect(error.message).toContain('(status 400, invalid_value, at messages[0].content)');
    const odd = await failureOf(failing(400, said(`quote: ${SECRET}`, { param: `quote: ${SECRET}` })));
    expect(odd.message).toContain('(status 400)');
  });

  it('is enough, whatever the body is', async () => {
    for (const body of ['', '<html>bad gateway</html>', '{"detail":[{"input":"half an answer"}]}', '[]', '"x"']) {
      const error = await failureOf((response) => void response.writeHead(502).end(body));
      expect(error).toMatchObject({ code: 'MODEL_UNAVAILABLE', status: 502 });
    }
  });
});

describe('How long the service asks to wait', () => {
  it.each([
    [{ 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after-ms': '1500', 'retry-after': '60' }, 1500],
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 21 Oct 2020 07:28:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%j is %s ms', async (headers, ms) => {
    const error = await failureOf(failing(429, said('rate_limit_exceeded'), headers));
    expect(error.retryAfterMs).toBe(ms);
  });

  it('is waited for by the models of openai()', async () => {
    const clock = new VirtualClock();
    const patient = openai({ apiKey: KEY, baseURL: service.url }).model('gpt-4.1-mini');
    service.reply = failing(429, said('rate_limit_exceeded'), { 'retry-after': '20' });
    let isAnswered = false;
    let onFailure = (): void => undefined;
    const failed = new Promise<void>((resolve) => (onFailure = resolve));
    const answer = patient.answer(ask, { clock, onRetry: onFailure }).then(() => (isAnswered = true));
    await failed;
    service.reply = answering('now');
    await clock.advance('19s');
    expect(isAnswered).toBe(false);
    await clock.advance('1s');
    await answer;
  });
});

describe('A connection', () => {
  it('that is refused is told by its code', async () => {
    const gone = await Service.start();
    const nowhere = new OpenAIModel('gpt-4.1', { apiKey: KEY, baseURL: gone.url });
    await gone.stop();
    const error = await failureOf(answering('x'), {}, nowhere);
    expect(error).toMatchObject({ code: 'MODEL_UNAVAILABLE', isTransient: true });
    expect(error.message).toContain('the service could not be reached (ECONNREFUSED)');
  });

  it('that is closed without an answer is a failure that may pass', async () => {
    for (const options of [{}, listening]) {
      const error = await failureOf((response) => void response.socket!.destroy(), options);
      expect(error.code).toBe('MODEL_UNAVAILABLE');
    }
  });

  it('that breaks in the middle of a whole answer is one, too', async () => {
    const error = await failureOf((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"choices":[{"message":{"content":"half an answer');
      setImmediate(() => response.socket!.destroy());
    });
    expect(error.code).toBe('MODEL_UNAVAILABLE');
  });
});

describe('An answer that cannot be read', () => {
  it.each([
    ['no JSON', '{"choices":[{"message":{"content":"half an answer'],
    ['nothing', ''],
    ['no object', 'null'],
    ['no choice', '{"choices":[]}'],
    ['a choice without a message', '{"choices":[{}]}'],
    ['something else', '{"error":null}'],
  ])('because it is %s may come better the next time', async (_, body) => {
    const error = await failureOf((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(body);
    });
    expect(error.code).toBe('MODEL_UNAVAILABLE');
  });
});

describe('A stream', () => {
  const begun = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'half an answer' })];

  it('that is cut is no answer', async () => {
    const pieces: string[] = [];
    const onDelta: ModelCallOptions['onDelta'] = (delta) => void pieces.push(delta.type === 'text' ? delta.text : '');
    const error = await failureOf(
      (response) => {
        openStream(response, begun);
        setTimeout(() => response.socket!.destroy(), 20);
      },
      { onDelta },
    );
    expect(error).toMatchObject({ code: 'MODEL_UNAVAILABLE', isTransient: true });
    expect(error.message).toContain('the service broke off its answer');
    expect(pieces).toEqual(['half an answer']);
  });

  it('that ends in order, but too early, is no answer either', async () => {
    for (const end of [[], ['[DONE]']]) {
      const error = await failureOf((response) => sse(response, [...begun, ...end]), listening);
      expect(error.code).toBe('MODEL_UNAVAILABLE');
    }
  });

  it('with a piece that is no JSON is told without the piece, and nothing is printed', async () => {
    const print = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      const broken = '{"choices":[{"delta":{"content":"half an answer';
      const error = await failureOf((response) => sse(response, [...begun, broken]), listening);
      expect(error.code).toBe('MODEL_UNAVAILABLE');
      expect(error.message).toContain('what the service sent is no JSON');
      expect(print).not.toHaveBeenCalled();
    } finally {
      print.mockRestore();
    }
  });

  it('with pieces of an odd shape is read as far as it goes', async () => {
    const odd = [null, 3, [], { choices: null }, { choices: [{}] }, { choices: [{ delta: { tool_calls: [{}] } }] }];
    for (const piece of odd) {
      service.reply = (response) => sse(response, [...begun, piece, chunk({}, 'stop'), '[DONE]']);
      const outcome = await model.answer(ask, listening).then(
        ({ message }) => message.content,
        (error: unknown) => (error as AdapterError).code,
      );
      expect(['half an answer', 'MODEL_UNAVAILABLE']).toContain(outcome);
    }
  });

  it.each([
    ['server_error', 'MODEL_UNAVAILABLE'],
    ['rate_limit_exceeded', 'MODEL_RATE_LIMITED'],
    ['content_filter', 'MODEL_CONTENT_FILTERED'],
    ['context_length_exceeded', 'MODEL_INVALID_REQUEST'],
  ])('in which the service says %s is %s', async (code, expected) => {
    const error = await failureOf((response) => sse(response, [...begun, { error: said(code) }]), listening);
    expect(error.code).toBe(expected);
    expect(error.message).toContain(code);
  });
});

describe('A service that is silent', () => {
  it('is given up after its time, before an answer and in the middle of one', async () => {
    const silent: [Reply, ModelCallOptions][] = [
      [() => undefined, {}],
      [() => undefined, listening],
      [(response) => openStream(response, [chunk({ content: 'half an answer' })]), listening],
    ];
    for (const [reply, options] of silent) {
      const hasty = new OpenAIModel('gpt-4.1-mini', { apiKey: KEY, baseURL: service.url, timeout: '50ms' });
      const error = await failureOf(reply, options, hasty);
      expect(error).toMatchObject({ code: 'MODEL_UNAVAILABLE', isTransient: true });
      expect(error.message).toContain('the service sent nothing for 50 ms');
    }
  });

  it('begins its time anew with each piece, by the clock of the call', async () => {
    const clock = new VirtualClock();
    const hasty = new OpenAIModel('gpt-4.1-mini', { apiKey: KEY, baseURL: service.url, timeout: '10s' });
    let next = (): void => undefined;
    let finish = (): void => undefined;
    service.reply = (response) => {
      openStream(response, [chunk({ content: 'a' })]);
      next = () => void response.write(`data: ${JSON.stringify(chunk({ content: 'b' }))}\n\n`);
      finish = () => void response.end(`data: ${JSON.stringify(chunk({}, 'stop'))}\n\ndata: [DONE]\n\n`);
    };
    let heard = 0;
    const answer = hasty.answer(ask, { clock, onDelta: () => void heard++ });
    const until = async (pieces: number): Promise<void> => {
      while (heard < pieces) await new Promise((resolve) => setImmediate(resolve));
    };
    await until(1);
    await clock.advance('9s');
    next();
    await until(2);
    await clock.advance('9s');
    finish();
    expect((await answer).message.content).toBe('ab');
    expect(clock.pending).toBe(0);
  });

  it('is closed when the call is given up, so that it works for nobody no longer', async () => {
    let closed = (): void => undefined;
    const isClosed = new Promise<void>((resolve) => (closed = resolve));
    let begun = (): void => undefined;
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    service.reply = (response) => {
      response.on('close', closed);
      openStream(response, [chunk({ content: 'a' })]);
      begun();
    };
    const controller = new AbortController();
    const answer = model.answer(ask, { signal: controller.signal, onDelta: () => undefined });
    const failed = answer.catch((reason: unknown) => reason);
    await hasBegun;
    controller.abort('enough');
    expect(await failed).toBe('enough');
    await isClosed;
  });
});
