import { startTelemetry, type StartedTelemetry } from '@drawloom/otel';
import { RecordingTelemetry } from '@drawloom/testing';
import { Mail, shop } from './14-telemetry.js';

let started: StartedTelemetry;

beforeAll(async () => {
  started = await startTelemetry({ serviceName: 'shop', exporter: 'memory' });
});
afterAll(() => started.shutdown());

test('one trace has it all, each span with its pattern and its user, and nothing of what was said', async () => {
  const { output } = await shop(started.telemetry).get(Mail).run('Where is my order?', { userId: 'alice' });
  expect(output).toBe('o-17 is on its way. Your shop');
  const spans = started.spans();
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  expect(spans.map(({ name, attributes }) => `${name}: ${String(attributes['drawloom.pattern'])}`)).toEqual([
    'step read: workflow',
    'route kind: workflow',
    'chat stand-in: agent',
    'execute_tool look_up: agent',
    'chat stand-in: agent',
    'invoke_agent Clerk: agent',
    'step clerk: workflow',
    'step sign: workflow',
    'invoke_workflow mail: workflow',
  ]);
  expect(spans.every(({ attributes }) => attributes['user.id'] === 'alice')).toBe(true);
  expect(JSON.stringify(spans.map(({ attributes, events }) => [attributes, events]))).not.toMatch(
    /Where is|on its way|o-17/,
  );
});

test('a test needs no SDK to look at spans', async () => {
  const telemetry = new RecordingTelemetry();
  await shop(telemetry).get(Mail).run('Thanks!');
  expect(telemetry.tree()).toEqual(['invoke_workflow mail', '  step read', '  route kind', '  step file']);
  expect(telemetry.find('route')[0]!.attributes['drawloom.route.keys']).toEqual(['other']);
});
