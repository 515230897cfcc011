import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { Agent, openTelemetry, Workflow, type Telemetry } from '@drawloom/core';
import { startTelemetry, type StartedTelemetry, type TelemetryOptions } from '@drawloom/otel';
import { ScriptedModel } from '@drawloom/testing';
import { treeOf } from './support/recorded.js';

const before = { ...process.env };
let started: StartedTelemetry | undefined;

async function start(options?: TelemetryOptions): Promise<StartedTelemetry> {
  return (started = await startTelemetry(options));
}

afterEach(async () => {
  await started?.shutdown();
  started = undefined;
  process.env = { ...before };
});

const run = (telemetry: Telemetry, name = 'greeting') =>
  Workflow.chain({ greet: (to: string) => `hello ${to}` }, { name, telemetry }).run('ada');

describe('startTelemetry', () => {
  it('keeps spans and metrics in memory, also after the end', async () => {
    const { telemetry, spans, metrics, shutdown } = await start({ exporter: 'memory', serviceName: 'claims' });
    await run(telemetry);
    expect(treeOf(spans())).toEqual(['invoke_workflow greeting', '  step greet']);
    expect(spans()[0]!.resource.attributes).toMatchObject({ 'service.name': 'claims' });
    expect(spans()[0]!.resource.attributes).not.toHaveProperty('process.command_args');
    await shutdown();
    expect(spans()).toHaveLength(2);
    const names = metrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    expect(names.map(({ descriptor }) => descriptor.name)).toContain('drawloom.run.duration');
    await run(telemetry); // nobody listens any more
    expect(spans()).toHaveLength(2);
  });

  it('lets an argument go before a variable', async () => {
    process.env['OTEL_TRACES_EXPORTER'] = 'none';
    const { telemetry, spans } = await start({ exporter: 'memory' });
    await run(telemetry);
    expect(spans()).toHaveLength(2);
  });

  it('samples as the environment says, by what is known when a span begins', async () => {
    process.env['OTEL_TRACES_SAMPLER'] = 'always_off';
    const { telemetry, spans } = await start({ exporter: 'memory' });
    await run(telemetry);
    expect(spans()).toEqual([]);
    await started!.shutdown();
    const seen: unknown[] = [];
    const sampler: TelemetryOptions['sampler'] = {
      shouldSample: (_context, _id, name, _kind, attributes) => {
        seen.push([
          name,
          attributes['drawloom.pattern'],
          attributes['user.id'],
          Object.values(attributes).includes(undefined),
        ]);
        return { decision: 2 };
      },
    };
    const second = await start({ exporter: 'memory', sampler });
    await Workflow.chain({ greet: String }, { name: 'w', telemetry: second.telemetry }).run(1, { userId: 'ada' });
    expect(seen).toEqual([
      ['invoke_workflow w', 'workflow', 'ada', false],
      ['step greet', 'workflow', 'ada', false],
    ]);
  });

  it('loads nothing where OTEL_SDK_DISABLED says so', async () => {
    process.env['OTEL_SDK_DISABLED'] = 'true';
    const { telemetry, spans, shutdown } = await start({ exporter: 'memory' });
    await run(telemetry);
    await shutdown();
    expect([spans(), telemetry.isActive!()]).toEqual([[], false]);
  });

  it('B163 writes traces as indented lines', async () => {
    let text = '';
    const { telemetry, flush } = await start({ exporter: 'console', write: (more) => (text += more) });
    const model = new ScriptedModel([{ content: 'x', usage: { inputTokens: 5, outputTokens: 2 } }]);
    const fail = (): never => {
      throw new RangeError('no');
    };
    const flow = Workflow.chain({ clerk: new Agent({ name: 'clerk', model }), fail }, { name: 'w', telemetry });
    await expect(flow.run('x')).rejects.toThrow();
    await flush();
    expect(text.replaceAll(/[\d.]+ ms/g, 'N ms')).toBe(
      [
        'invoke_workflow w  N ms  ! STEP_FAILED',
        '  step clerk  N ms',
        '    invoke_agent clerk  N ms, 5 + 2 tokens',
        '      chat scripted  N ms, 5 + 2 tokens',
        '  step fail  N ms  ! RangeError',
        '',
      ].join('\n'),
    );
  });

  it('B163 appends spans and metrics to a file, and makes its folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drawloom-'));
    const path = join(folder, 'deep', 'telemetry.jsonl');
    for (const name of ['one', 'two']) {
      const { telemetry, shutdown } = await start({ exporter: `file:${path}` });
      await run(telemetry, name);
      await shutdown();
    }
    const lines = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; name: string });
    const spans = lines.filter(({ kind }) => kind === 'span').map(({ name }) => name);
    expect(spans).toEqual(['step greet', 'invoke_workflow one', 'step greet', 'invoke_workflow two']);
    expect(lines.filter(({ kind }) => kind === 'metric').map(({ name }) => name)).toContain('drawloom.step.duration');
    rmSync(folder, { recursive: true });
  });

  it('B163 gives several destinations the same spans, whatever becomes of one of them', async () => {
    const own = new InMemorySpanExporter();
    const broken = {
      export: (_: unknown, done: (result: { code: number }) => void) => done({ code: 1 }),
      shutdown: () => Promise.reject(new Error('no')),
    };
    const { telemetry, spans, flush, shutdown } = await start({ exporter: ['memory', broken, own] });
    await run(telemetry);
    await flush();
    const ids = (all: readonly { spanContext(): { spanId: string } }[]) => all.map((span) => span.spanContext().spanId);
    expect(ids(own.getFinishedSpans())).toEqual(ids(spans()));
    await shutdown();
  });

  it('has runs in the trace of whoever calls them, and what steps do in theirs', async () => {
    const { telemetry, spans } = await start({ exporter: 'memory' });
    const tracer = trace.getTracer('of the application');
    const query = (): string => tracer.startActiveSpan('SELECT', (span) => (span.end(), 'rows'));
    await tracer.startActiveSpan('POST /run', async (span) => {
      await Workflow.chain({ query }, { name: 'w', telemetry }).run(1);
      span.end();
    });
    expect(treeOf(spans())).toEqual(['POST /run', '  invoke_workflow w', '    step query', '      SELECT']);
  });

  it('links a run that goes on to the request that resumed it', async () => {
    const { telemetry, spans } = await start({ exporter: 'memory' });
    const about = { operation: 'invoke_workflow', name: 'w', attributes: {} } as const;
    const carrier = telemetry.span({ ...about, endAttributes: () => ({ 'drawloom.outcome': 'suspended' }) }, () =>
      telemetry.carrier!(),
    );
    const request = trace.getTracer('http').startActiveSpan('POST /resume', (span) => {
      telemetry.span({ ...about, continues: carrier }, () => 'done');
      span.end();
      return span.spanContext().spanId;
    });
    const resumed = spans().find(({ name }) => name === 'invoke_workflow w')!;
    expect(resumed.links.map(({ context }) => context.spanId)).toEqual([request]);
    expect(resumed.spanContext().spanId).toBe(carrier!.split('-')[2]);
  });

  it('is one in a process', async () => {
    const [first, second] = await Promise.allSettled([
      start({ exporter: 'memory' }),
      startTelemetry({ exporter: 'memory' }),
    ]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ reason: { code: 'TELEMETRY_STARTED' } });
  });

  it.each<[string, unknown]>([
    ['serviceName', { serviceName: '' }],
    ['exporter', { exporter: 'cosole' }],
    ['exporter', { exporter: [] }],
    ['exporter', { exporter: 'file:' }],
    ['endpoint', { endpoint: 'localhost' }],
    ['protocol', { protocol: 'http' }],
    ['sampler', { sampler: 'always' }],
    ['instrumentations', { instrumentations: {} }],
    ['there is no option "exporters"', { exporters: 'memory' }],
    ['options is "memory"', 'memory'],
  ])('says what is wrong with an option: %s', async (what, options) => {
    await expect(startTelemetry(options as TelemetryOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringContaining(what) as string,
    });
  });

  it('says what is wrong with the variable', async () => {
    process.env['OTEL_TRACES_EXPORTER'] = 'jaeger';
    await expect(startTelemetry()).rejects.toThrow(/OTEL_TRACES_EXPORTER is "jaeger"/);
  });
});

test('Telemetry that was made, and asked, before an SDK was registered hears of it', async () => {
  await (await startTelemetry({ exporter: 'memory' })).shutdown(); // from now on the API is there
  const telemetry = openTelemetry();
  expect(telemetry.isActive!()).toBe(false);
  let text = '';
  await start({ exporter: 'console', write: (more) => (text += more) }); // no metrics
  await run(telemetry);
  expect(text).toMatch(/^invoke_workflow greeting .*\n {2}step greet /);
});
