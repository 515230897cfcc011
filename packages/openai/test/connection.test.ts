import { DefinitionError, ModelRegistry, type AdapterError, type ModelRequest } from '@drawloom/core';
import { openai, OpenAIModel } from '@drawloom/openai';
import OpenAI from 'openai';
import { answering, Service } from './support/service.js';

const ask: ModelRequest = { messages: [{ role: 'user', content: 'hello' }] };

let [explicit, fromEnvironment]: Service[] = [];
const before = { ...process.env };
beforeAll(async () => {
  [explicit, fromEnvironment] = [await Service.start(), await Service.start()];
});
beforeEach(() => {
  for (const name of ['OPENAI_API_KEY', 'OPENAI_BASE_URL']) delete process.env[name];
  for (const service of [explicit, fromEnvironment]) service!.requests.length = 0;
});
afterAll(async () => {
  process.env = before;
  await Promise.all([explicit!.stop(), fromEnvironment!.stop()]);
});
const keyAt = (service: Service | undefined): string | undefined => service!.last.headers.authorization;

describe('Key and address', () => {
  it('are those that are given, whatever the environment says', async () => {
    Object.assign(process.env, { OPENAI_API_KEY: 'of-environment', OPENAI_BASE_URL: fromEnvironment!.url });
    await new OpenAIModel('gpt-4.1', { apiKey: 'given', baseURL: explicit!.url }).answer(ask);
    expect([keyAt(explicit), explicit!.last.path]).toEqual(['Bearer given', '/v1/chat/completions']);
    expect(fromEnvironment!.requests).toEqual([]);
  });

  it('are else those of the environment at the first call, which may be set late', async () => {
    const model = openai().model('gpt-4.1');
    Object.assign(process.env, { OPENAI_API_KEY: ' of-environment\n', OPENAI_BASE_URL: fromEnvironment!.url });
    await model.answer(ask);
    expect(keyAt(fromEnvironment)).toBe('Bearer of-environment');
  });

  it('are taken one by one', async () => {
    Object.assign(process.env, { OPENAI_API_KEY: 'of-environment' });
    await new OpenAIModel('gpt-4.1', { baseURL: explicit!.url }).answer(ask);
    expect(keyAt(explicit)).toBe('Bearer of-environment');
    Object.assign(process.env, { OPENAI_BASE_URL: fromEnvironment!.url });
    await new OpenAIModel('gpt-4.1', { apiKey: 'given' }).answer(ask);
    expect(keyAt(fromEnvironment)).toBe('Bearer given');
  });

  it('without a key the first call says what to do, and the next one looks again', async () => {
    const model = new OpenAIModel('gpt-4.1', { baseURL: explicit!.url });
    for (const empty of [undefined, '', '  ']) {
      if (empty !== undefined) process.env['OPENAI_API_KEY'] = empty;
      const error = (await model.answer(ask).catch((thrown: unknown) => thrown)) as AdapterError;
      expect(error).toMatchObject({ code: 'MODEL_AUTHENTICATION', isTransient: false, where: 'openai/gpt-4.1' });
      expect(error.fix).toContain('OPENAI_API_KEY');
      expect(error.fix).toContain('openai({ apiKey })');
    }
    process.env['OPENAI_API_KEY'] = 'late';
    await model.answer(ask);
    expect(keyAt(explicit)).toBe('Bearer late');
  });

  it('that cannot be sent are not shown', async () => {
    const model = new OpenAIModel('gpt-4.1', { apiKey: 'sk-secret\nkey', baseURL: explicit!.url });
    const error = (await model.answer(ask).catch((thrown: unknown) => thrown)) as AdapterError;
    expect(error.code).toBe('MODEL_FAILED');
    expect(JSON.stringify(error) + error.stack).not.toContain('sk-secret');
  });
});

describe("A client of one's own", () => {
  it('is used as it is, but for its retries', async () => {
    const headers = { 'x-team': 'claims' };
    const client = new OpenAI({ apiKey: 'own', baseURL: explicit!.url, defaultHeaders: headers, maxRetries: 5 });
    const model = openai({ client, retry: false }).model('gpt-4.1');
    await model.answer(ask);
    expect(explicit!.last.headers).toMatchObject({ authorization: 'Bearer own', 'x-team': 'claims' });
    explicit!.reply = (response) => void response.writeHead(500).end();
    await expect(model.answer(ask)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
    explicit!.reply = answering('fine');
    expect(explicit!.requests).toHaveLength(2);
  });
});

describe('openai()', () => {
  it('knows its models by what their names begin with, and any other by its own name', () => {
    const models = new ModelRegistry([openai({ prefixes: ['llama'] })]);
    const names = [
      'gpt-4.1-mini',
      'o3',
      'o4-mini',
      'chatgpt-4o-latest',
      'ft:gpt-4.1:org::id',
      'llama3.2',
      'openai:qwen3',
    ];
    expect(names.map((name) => models.resolve(name, 'w').name)).toEqual([...names.slice(0, -1), 'qwen3']);
    expect(() => models.resolve('claude-4', 'w')).toThrow(DefinitionError);
  });

  it('makes models that share one client', async () => {
    const provider = openai({ apiKey: 'first', baseURL: explicit!.url });
    await provider.model('gpt-4.1').answer(ask);
    await provider.model('gpt-4.1-mini').answer(ask);
    expect(explicit!.requests.map(({ body }) => body.model)).toEqual(['gpt-4.1', 'gpt-4.1-mini']);
  });

  it('makes models that can do what the server can', () => {
    const { capabilities } = openai({ capabilities: { structuredOutput: false } }).model('gpt-4.1');
    expect(capabilities).toEqual({ tools: true, parallelToolCalls: true, structuredOutput: false, streaming: true });
  });

  it('refuses options that are out of range when it is called', () => {
    expect(() => openai({ timeout: 0 })).toThrow(/INVALID_OPTION.*timeout/);
    expect(() => openai({ timeout: 'soon' as never })).toThrow(/INVALID_OPTION.*timeout/);
    expect(() => openai({ retry: { maximumAttempts: 0 } })).toThrow(/INVALID_OPTION.*maximumAttempts/);
    expect(() => openai({ retry: { maxAttempts: 5 } as never })).toThrow(/INVALID_OPTION.*no option "maxAttempts"/);
  });

  it('refuses what it does not know, and what it could not use, all at once; a key is not shown', () => {
    const wrong = {
      apikey: 'sk-1',
      apiKey: ['sk-secret'],
      client: {},
      prefixes: 'llama',
      capabilities: { structured: false },
    };
    const error = ((): DefinitionError => {
      try {
        openai(wrong as never);
      } catch (thrown) {
        return thrown as DefinitionError;
      }
      throw new Error('nothing was thrown');
    })();
    expect(error.problems.map(({ what }) => what.split(' (')[0])).toEqual([
      'there is no option "apikey"',
      'option apiKey is "something else"',
      'option client is an object',
      'option prefixes is "llama"',
      'there is no option "structured"',
    ]);
    expect(error.problems[0]!.fix).toBe('change it to "apiKey"');
    expect(error.message).not.toContain('sk-');
    for (const name of ['', undefined, 3])
      expect(() => new OpenAIModel(name as never)).toThrow(/INVALID_OPTION.* OpenAIModel: option name/);
    expect(() => new OpenAIModel('gpt-4.1', { retry: {} } as never)).toThrow(/no option "retry"/);
  });
});

describe('Importing the package', () => {
  it('does not load the client, nor does making a model', () => {
    const isLoaded = (): boolean => Object.keys(require.cache).some((path) => /node_modules.openai.client/.test(path));
    jest.isolateModules(() => {
      const { openai: anew } = jest.requireActual<typeof import('@drawloom/openai')>('@drawloom/openai');
      anew({ apiKey: 'x' }).model('gpt-4.1');
      expect(isLoaded()).toBe(false);
      jest.requireActual('openai');
      expect(isLoaded()).toBe(true);
    });
  });
});
