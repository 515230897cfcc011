/**
 * Every example of the course is run as part of one run that has telemetry: whatever it does inherits that, and is one
 * connected tree below it. (What an example prints is of no interest here.)
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Workflow } from '@drawloom/core';
import { startTelemetry, type StartedTelemetry } from '@drawloom/otel';

/** Left out: it starts processes, and its own test looks at what both have told. */
const ON_ITS_OWN = '11-durable-resume';

/** Its `main` starts an SDK, and a process has one: what it does is done with that of this test. */
const WITH_AN_SDK = '14-telemetry';

const examples = ['', 'builder'].flatMap((folder) =>
  readdirSync(join(__dirname, folder))
    .map((name) => /^(\d+-[^.]+)\.ts$/.exec(name)?.[1])
    .filter((name) => name !== undefined && name !== ON_ITS_OWN)
    .map((name) => join(folder, name!)),
);

let started: StartedTelemetry;

beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation();
  started = await startTelemetry({ exporter: 'memory' });
});
afterEach(async () => {
  await started.shutdown();
  jest.restoreAllMocks();
});

test('there are examples', () => expect(examples.length).toBeGreaterThan(15));

test.each(examples)('%s is one connected tree, with a pattern on every span', async (name) => {
  const example = (await import(`./${name}.js`)) as { main?: () => Promise<unknown> };
  const main = name === WITH_AN_SDK ? mainOfTelemetry : example.main;
  await new Workflow('course', { telemetry: started.telemetry })
    .addNode(name, async () => main?.())
    .setStart(name)
    .run(1);
  const spans = started.spans();
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const roots = spans.filter(({ parentSpanContext: parent }) => parent === undefined || !ids.has(parent.spanId));
  expect(roots.map((root) => root.name)).toEqual(['invoke_workflow course']);
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  expect(ids.size).toBe(spans.length);
  for (const { attributes, events, name: about } of spans) {
    expect(`${about} ${String(attributes['drawloom.pattern'])}`).toMatch(/ (workflow|agent)$/);
    expect(attributes['drawloom.outcome']).toBeDefined();
    const content =
      /^(gen_ai\.(system_instructions|.*\.messages|tool\.definitions|tool\.call\.(arguments|result))|drawloom\.(in|out)put|exception\.message)$/;
    expect(
      [...Object.keys(attributes), ...events.flatMap((event) => Object.keys(event.attributes ?? {}))].filter((key) =>
        content.test(key),
      ),
    ).toEqual([]);
  }
  const runs = spans.filter(
    ({ name: about }) => about.startsWith('invoke_workflow') || about.startsWith('invoke_agent'),
  );
  expect(runs.length).toBeGreaterThan(1);
});

async function mainOfTelemetry(): Promise<unknown> {
  const { Mail, shop } = await import('./14-telemetry.js');
  return shop(started.telemetry).get(Mail).run('Where is my order?', { userId: 'alice' });
}
