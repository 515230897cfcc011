/**
 * Examples 7 to 10 as `npm run course` runs them: without a key a stand-in answers, and nobody is asked; with one, the model over the
 * wire does. The service is a mock of its protocol.
 */
import { LLMock } from '@copilotkit/aimock';
import { main as agent } from './07-agent.js';
import { main as tools } from './08-tools-and-structured-output.js';
import { main as memory } from './09-shared-memory-and-tone.js';
import { main as workflow } from './10-workflow-as-tool.js';

const service = new LLMock({ port: 0, host: '127.0.0.1', chunkSize: 5 });
const before = { ...process.env };
let shown = '';

/** What the model says in each example, told by its instructions; calls of tools first, where there are any. */
beforeAll(async () => {
  const call = (name: string, id: string, given: object): object => ({
    toolCalls: [{ name, id, arguments: JSON.stringify(given) }],
  });
  const paid = { state: 'paid', reason: 'live: by accident' };
  const on = (systemMessage: string, more: object, response: object): void => {
    service.on({ systemMessage, ...more }, response as never);
  };
  on(
    'mail of a parcel service',
    {},
    { content: 'Live: it is in Graz.', usage: { prompt_tokens: 90, completion_tokens: 10 } },
  );
  on('You settle claims', { hasToolResult: false }, call('find', 'call_1', { number: 'c-17' }));
  on('You settle claims', { toolCallId: 'call_1' }, call('pay', 'call_2', { number: 'c-17', amount: 140 }));
  on('You settle claims', { toolCallId: 'call_2', responseFormat: 'json_schema' }, { content: JSON.stringify(paid) });
  on('You advise on software licences', {}, { content: 'Live: keep the notice.' });
  on('Tell the developers', {}, { content: 'Live: mind the notice.' });
  on('customers of a shop', { hasToolResult: false }, call('refund', 'call_3', { order: 'o-17', euros: 40 }));
  on('customers of a shop', { toolCallId: 'call_3' }, { content: 'Live: it is on its way.' });
  await service.start();
});
beforeEach(() => {
  shown = '';
  service.clearRequests();
  for (const name of ['OPENAI_API_KEY', 'OPENAI_BASE_URL']) delete process.env[name];
  const show = (...values: unknown[]): void =>
    void (shown += `${values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ')}\n`);
  jest.spyOn(console, 'log').mockImplementation(show);
  jest.spyOn(process.stdout, 'write').mockImplementation((piece) => ((shown += String(piece)), true));
});
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  process.env = before;
  await service.stop();
});

const examples = [
  { name: '07', main: agent, offline: 'Dear Alice', live: 'Live: it is in Graz.\nThe parcel desk', calls: 1 },
  {
    name: '08',
    main: tools,
    offline: 'pay {"number":"c-17","amount":140}\n  approved\npaid: 240 euros',
    live: 'paid: live: by accident [{"number":"c-17","amount":140}]',
    calls: 3,
  },
  {
    name: '09',
    main: memory,
    offline: '(the product is under GPL; 2 earlier messages)',
    live: 'Live: mind the notice.',
    calls: 6,
  },
  {
    name: '10',
    main: workflow,
    offline: 'are on their way to alice',
    live: 'Live: it is on its way. Your shop',
    calls: 2,
  },
];

test.each(examples)('example $name without a key asks nobody', async ({ main, offline, live }) => {
  process.env['OPENAI_BASE_URL'] = `${service.url}/v1`;
  await main();
  expect(shown).toContain(offline);
  expect(shown).not.toContain(live);
  expect(service.getRequests()).toEqual([]);
});

test.each(examples)('example $name with a key asks the service', async ({ main, live, calls }) => {
  Object.assign(process.env, { OPENAI_API_KEY: 'sk-test', OPENAI_BASE_URL: `${service.url}/v1` });
  await main();
  expect(shown).toContain(live);
  const requests = service.getRequests();
  expect(requests.map(({ headers, response }) => [headers['authorization'], response.status])).toEqual(
    Array(calls).fill([expect.any(String), 200]), // the mock keeps no key
  );
  for (const { body } of requests) expect(body).toMatchObject({ model: 'gpt-4.1-mini' });
});
