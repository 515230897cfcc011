import { languageModelContract, type SuiteCall } from '@drawloom/testing';
import { FallbackModel, RetryingModel, type ModelErrorCode } from '@drawloom/core';
import { LLMock } from '@copilotkit/aimock';
import { openai, OpenAIModel } from '@drawloom/openai';
import { answering, failing, Service, type Reply } from './support/service.js';

const KEY = 'sk-test-2f9c1b7e4d';

describe('Over the wire of a service of our own', () => {
  const services: Service[] = [];
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()));
  });
  const over = async (reply: Reply): Promise<OpenAIModel> => {
    const service = await Service.start();
    services.push(service);
    service.reply = reply;
    return new OpenAIModel('gpt-4.1-mini', { apiKey: KEY, baseURL: service.url });
  };

  const FAILURES: Record<ModelErrorCode, Reply> = {
    MODEL_RATE_LIMITED: failing(429, { message: `slow down ${KEY}`, code: 'rate_limit_exceeded' }),
    MODEL_UNAVAILABLE: failing(500, { message: 'canary-5d1c93', type: 'server_error' }),
    MODEL_AUTHENTICATION: failing(401, { message: `Incorrect API key: ${KEY}`, code: 'invalid_api_key' }),
    MODEL_INVALID_REQUEST: failing(400, { message: 'you sent: canary-5d1c93', code: 'canary 5d1c93' }),
    MODEL_CONTENT_FILTERED: failing(400, { message: 'blocked: canary-5d1c93', code: 'content_filter' }),
    MODEL_FAILED: failing(404, { message: 'no model canary-5d1c93', code: 'model_not_found' }),
  };
  const contract = (wrap: (model: OpenAIModel) => RetryingModel | FallbackModel | OpenAIModel) => ({
    answering: async () => wrap(await over(answering('It is fine.'))),
    hanging: async () => wrap(await over(() => undefined)),
    calling: async (calls: readonly SuiteCall[]) =>
      wrap(
        await over(
          answering({
            tool_calls: calls.map((call, index) => ({ id: `call_${index}`, type: 'function', function: { ...call } })),
          }),
        ),
      ),
    writing: async (value: unknown) =>
      wrap(
        await over((response, request) => {
          const format = request.body.response_format as { json_schema: { schema: { properties?: object } } };
          const isWrapped = 'value' in (format.json_schema.schema.properties ?? {});
          return answering(JSON.stringify(isWrapped ? { value } : value))(response, request);
        }),
      ),
    failing: async (code: ModelErrorCode) => wrap(await over(FAILURES[code])),
    secrets: [KEY],
  });

  languageModelContract(
    'OpenAIModel',
    contract((model) => model),
  );
  languageModelContract(
    'RetryingModel around it',
    contract((model) => new RetryingModel(model, { initialInterval: 1 })),
  );
  languageModelContract(
    'FallbackModel around it',
    contract((model) => new FallbackModel([model, model])),
  );
});

describe('Over the wire of a mock that others wrote', () => {
  const mock = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 3 });
  let calls: readonly SuiteCall[] | undefined;
  beforeAll(async () => {
    mock.on({ predicate: () => calls !== undefined }, () => ({ toolCalls: calls!.map((call) => ({ ...call })) }));
    mock.on({ predicate: () => true }, { content: 'It is fine.' });
    await mock.start();
  });
  afterAll(() => mock.stop());
  const model = (toCall?: readonly SuiteCall[]) => {
    calls = toCall;
    return openai({ apiKey: KEY, baseURL: `${mock.url}/v1` }).model('gpt-4.1-mini');
  };

  languageModelContract('A model of openai()', { answering: () => model(), calling: (toCall) => model(toCall) });
});
