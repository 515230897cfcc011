import { openTelemetry, Workflow, type OpenTelemetryOptions } from '@drawloom/core';
import {
  SimpleSpanProcessor,
  TracerProvider,
  type Sampler,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';

const boom = (): never => {
  throw new Error('telemetry is down');
};
const rejecting = (): Promise<never> => Promise.reject(new Error('telemetry is down'));
const processor = (part: Partial<SpanProcessor>): SpanProcessor => ({
  onStart: () => undefined,
  onEnd: () => undefined,
  forceFlush: rejecting,
  shutdown: rejecting,
  ...part,
});
const exporting = (exporter: SpanExporter): SpanProcessor => new SimpleSpanProcessor({ exporter });
const provider = (spanProcessor: SpanProcessor, sampler?: Sampler): OpenTelemetryOptions => ({
  tracerProvider: new TracerProvider({
    spanProcessors: [spanProcessor],
    ...(sampler === undefined ? {} : { sampler }),
  }),
});

const failures: [string, OpenTelemetryOptions][] = [
  ['an exporter that throws', provider(exporting({ export: boom, shutdown: rejecting }))],
  [
    'an exporter that says that it failed',
    provider(exporting({ export: (_, done) => done({ code: 1, error: new Error('no') }), shutdown: rejecting })),
  ],
  ['a processor that throws at the start', provider(processor({ onStart: boom }))],
  ['a processor that throws at the end', provider(processor({ onEnd: boom }))],
  ['a sampler that throws', provider(processor({}), { shouldSample: boom, toString: () => 'broken' })],
  ['a tracer that throws', { tracerProvider: { getTracer: () => ({ startSpan: boom, startActiveSpan: boom }) } }],
  ['a provider that has no tracer', { tracerProvider: { getTracer: boom } }],
  ['a meter that throws', { meterProvider: { getMeter: boom } as never }],
];

describe('B165 Telemetry never changes an outcome', () => {
  const flow = (options: OpenTelemetryOptions) => {
    const telemetry = openTelemetry(options);
    return new Workflow<number>('w', { telemetry })
      .addNode('a', async (n: number) => (n < 0 ? boom() : n + 1))
      .addNode('b', (n: number) => n * 10)
      .addRouter('a', () => 'b', { b: 'b' })
      .setStart('a');
  };

  it.each(failures)('with %s', async (_, options) => {
    expect((await flow(options).run(1)).output).toBe(20);
    await expect(flow(options).run(-1)).rejects.toMatchObject({ code: 'STEP_FAILED', node: 'a' });
  });

  it('where another copy of the API is registered that cannot be spoken to, either', async () => {
    const symbol = Symbol.for('opentelemetry.js.api.1');
    Object.defineProperty(globalThis, symbol, { value: { version: '0.0.1' }, configurable: true });
    expect((await flow({}).run(1)).output).toBe(20);
    Reflect.deleteProperty(globalThis, symbol);
  });
});

describe('Without an SDK', () => {
  it('there are no spans, and nothing is loaded', () => {
    expect(openTelemetry().isActive!()).toBe(false);
    expect(Symbol.for('opentelemetry.js.api.1') in globalThis).toBe(false);
  });
});
