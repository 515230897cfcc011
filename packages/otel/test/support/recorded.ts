import { openTelemetry, type OpenTelemetryOptions, type Telemetry } from '@drawloom/core';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type IdGenerator,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';
import { RunIdGenerator } from '@drawloom/otel';

/** The real SDK, with everything kept in memory, and nothing registered in the process. */
export interface Recorded {
  readonly telemetry: Telemetry;
  readonly spans: () => readonly ReadableSpan[];
  /** The spans that have ended, as indented names. */
  readonly tree: () => string[];
  readonly span: (name: string) => ReadableSpan;
  readonly metrics: () => Promise<Map<string, MetricPoint[]>>;
}

export interface MetricPoint {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: unknown;
}

export function recorded(
  options: OpenTelemetryOptions = {},
  idGenerator: IdGenerator = new RunIdGenerator(),
): Recorded {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ idGenerator, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 2 ** 30 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  const spans = (): ReadableSpan[] => exporter.getFinishedSpans();
  return {
    telemetry: openTelemetry({ tracerProvider, meterProvider, ...options }),
    spans,
    tree: () => treeOf(spans()),
    span: (name) => {
      const found = spans().filter((span) => span.name === name);
      expect(found.map((span) => span.name)).toEqual([name]);
      return found[0]!;
    },
    metrics: async () => {
      await reader.forceFlush();
      const found = new Map<string, MetricPoint[]>();
      for (const { metrics } of metricExporter.getMetrics().at(-1)?.scopeMetrics ?? [])
        for (const { descriptor, dataPoints } of metrics) found.set(descriptor.name, dataPoints as MetricPoint[]);
      return found;
    },
  };
}

/** Names of spans, indented, in the order in which they began. Those without a parent among them stand at the left. */
export function treeOf(spans: readonly ReadableSpan[]): string[] {
  const known = new Set(spans.map((span) => span.spanContext().spanId));
  const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;
  const lines: string[] = [];
  const add = (span: ReadableSpan, depth: number): void => {
    lines.push(`${'  '.repeat(depth)}${span.name}`);
    for (const child of inOrder(spans.filter((one) => parentOf(one) === span.spanContext().spanId)))
      add(child, depth + 1);
  };
  for (const span of inOrder(spans)) {
    const parent = parentOf(span);
    if (parent === undefined || !known.has(parent)) add(span, 0);
  }
  return lines;
}

/** Two that began in the same moment stay in the order in which they ended. */
function inOrder(spans: readonly ReadableSpan[]): ReadableSpan[] {
  return [...spans].sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1]);
}
