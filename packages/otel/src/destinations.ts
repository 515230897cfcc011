/**
 * Job. From the names of destinations to what an SDK sends spans and metrics with.
 *
 * Boundary. This file, and what it imports, loads the SDK: it is imported when telemetry is started, and not before.
 */
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcSpans } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonSpans } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufSpans } from '@opentelemetry/exporter-trace-otlp-proto';
import { getNumberFromEnv } from '@opentelemetry/core';
import {
  AggregationTemporality,
  ConsoleMetricExporter,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { ConsoleExporter } from './console-exporter.js';
import { FileMetricExporter, FileSpanExporter, TelemetryFile } from './file-exporter.js';

/**
 * Where spans and metrics go. `console`: each trace as indented lines. `otlp`: to a collector. `memory`: kept, for
 * tests. `file:PATH`: appended to a file as JSON lines. `none`: nowhere. An exporter of your own gets the spans.
 */
export type Destination = 'console' | 'otlp' | 'memory' | 'none' | `file:${string}` | SpanExporter;

/** How a collector is spoken to. What is left out is as the environment says. */
export interface CollectorOptions {
  /** Its base address: `http://localhost:4318`. @defaultValue `OTEL_EXPORTER_OTLP_ENDPOINT`, else the one of the protocol */
  readonly endpoint?: string | undefined;
  /** @defaultValue `OTEL_EXPORTER_OTLP_HEADERS` */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** @defaultValue `OTEL_EXPORTER_OTLP_PROTOCOL`, else `http/protobuf` */
  readonly protocol?: 'http/protobuf' | 'http/json' | 'grpc' | undefined;
}

/** What was made of the destinations. */
export interface Pipes {
  readonly spanProcessors: SpanProcessor[];
  readonly metricReaders: PeriodicExportingMetricReader[];
  readonly memory: InMemorySpanExporter | undefined;
  readonly metricMemory: InMemoryMetricExporter | undefined;
}

/** Makes the pipes. `metrics` are the destinations of metrics, where they are said apart from those of spans. */
export function pipesTo(
  destinations: readonly Destination[],
  metrics: readonly string[] | undefined,
  collector: CollectorOptions,
  write: (text: string) => void,
): Pipes {
  const files = new Map<string, TelemetryFile>();
  const fileOf = (destination: string): TelemetryFile => {
    const file = files.get(destination) ?? new TelemetryFile(destination.slice('file:'.length));
    files.set(destination, file);
    return file;
  };
  const memory = destinations.includes('memory') ? new InMemorySpanExporter() : undefined;
  const metricMemory = memory === undefined ? undefined : new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);

  const processorOf = (destination: Destination): SpanProcessor | undefined => {
    if (typeof destination !== 'string') return batching(destination);
    if (destination === 'none') return undefined;
    if (destination === 'memory') return new SimpleSpanProcessor({ exporter: memory! });
    if (destination === 'console') return new SimpleSpanProcessor({ exporter: new ConsoleExporter(write) });
    return batching(destination === 'otlp' ? spanExporterTo(collector) : new FileSpanExporter(fileOf(destination)));
  };
  const metricExporterOf = (destination: string): PushMetricExporter | undefined => {
    if (destination === 'otlp') return metricExporterTo(collector);
    if (destination === 'memory') return metricMemory;
    if (destination.startsWith('file:')) return new FileMetricExporter(fileOf(destination));
    return metrics !== undefined && destination === 'console' ? new ConsoleMetricExporter() : undefined;
  };
  const named = metrics ?? destinations.filter((destination) => typeof destination === 'string');
  return {
    memory,
    metricMemory,
    spanProcessors: destinations.map(processorOf).filter((processor) => processor !== undefined),
    metricReaders: named
      .map(metricExporterOf)
      .filter((exporter) => exporter !== undefined)
      .map((exporter) => new PeriodicExportingMetricReader({ exporter, ...everyMs() })),
  };
}

function batching(exporter: SpanExporter): SpanProcessor {
  return new BatchSpanProcessor({
    exporter,
    ...given('maxQueueSize', 'OTEL_BSP_MAX_QUEUE_SIZE'),
    ...given('scheduledDelayMillis', 'OTEL_BSP_SCHEDULE_DELAY'),
    ...given('exportTimeoutMillis', 'OTEL_BSP_EXPORT_TIMEOUT'),
    ...given('maxExportBatchSize', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  });
}

function everyMs(): { exportIntervalMillis?: number; exportTimeoutMillis?: number } {
  const interval = getNumberFromEnv('OTEL_METRIC_EXPORT_INTERVAL');
  const timeout = getNumberFromEnv('OTEL_METRIC_EXPORT_TIMEOUT');
  return {
    ...(interval === undefined ? {} : { exportIntervalMillis: interval }),
    ...(timeout === undefined ? {} : { exportTimeoutMillis: timeout }),
  };
}

function given<K extends string>(option: K, variable: string): { [key in K]?: number } {
  const value = getNumberFromEnv(variable);
  return (value === undefined ? {} : { [option]: value }) as { [key in K]?: number };
}

function spanExporterTo(collector: CollectorOptions): SpanExporter {
  const options = addressOf(collector, 'traces');
  const protocol = protocolOf(collector, 'TRACES');
  if (protocol === 'grpc') return new GrpcSpans(options);
  return protocol === 'http/json' ? new JsonSpans(options) : new ProtobufSpans(options);
}

function metricExporterTo(collector: CollectorOptions): PushMetricExporter {
  const options = addressOf(collector, 'metrics');
  const protocol = protocolOf(collector, 'METRICS');
  if (protocol === 'grpc') return new GrpcMetrics(options);
  return protocol === 'http/json' ? new JsonMetrics(options) : new ProtobufMetrics(options);
}

function protocolOf({ protocol }: CollectorOptions, signal: 'TRACES' | 'METRICS'): string {
  const { env } = process;
  const said = env[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'];
  return protocol ?? said?.trim() ?? 'http/protobuf';
}

/** Only what was said: for the rest the exporters look at the environment themselves. */
function addressOf({ endpoint, headers, protocol }: CollectorOptions, signal: string): object {
  const base = endpoint?.replace(/\/+$/, '');
  const url = base === undefined || protocol === 'grpc' ? base : `${base}/v1/${signal}`;
  return { ...(url === undefined ? {} : { url }), ...(headers === undefined ? {} : { headers: { ...headers } }) };
}
