import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExportResultCode, hrTimeToMilliseconds, type ExportResult } from '@opentelemetry/core';
import { AggregationTemporality, type PushMetricExporter, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

type Done = (result: ExportResult) => void;

/** A file of JSON lines, to which spans and metrics are appended. What one write brings is whole lines, in their order. */
export class TelemetryFile {
  readonly #path: string;
  #last: Promise<unknown>;

  constructor(path: string) {
    this.#path = path;
    this.#last = mkdir(dirname(path), { recursive: true });
    this.#last.catch(() => undefined); // the first write fails of it
  }

  append(lines: readonly object[], done: Done): void {
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
    const written = this.#last.then(() => appendFile(this.#path, text));
    this.#last = written.catch(() => undefined);
    written.then(
      () => done({ code: ExportResultCode.SUCCESS }),
      (error: unknown) => done({ code: ExportResultCode.FAILED, error: error as Error }),
    );
  }

  async flush(): Promise<void> {
    await this.#last;
  }
}

/** Writes spans to a file, one JSON object a line, with `"kind": "span"`. */
export class FileSpanExporter implements SpanExporter {
  readonly #file: TelemetryFile;

  constructor(file: TelemetryFile) {
    this.#file = file;
  }

  export(spans: ReadableSpan[], done: Done): void {
    this.#file.append(spans.map(spanLine), done);
  }

  forceFlush(): Promise<void> {
    return this.#file.flush();
  }

  shutdown(): Promise<void> {
    return this.#file.flush();
  }
}

/** Writes metrics to the same file: one line for each series, with `"kind": "metric"`. */
export class FileMetricExporter implements PushMetricExporter {
  readonly #file: TelemetryFile;

  constructor(file: TelemetryFile) {
    this.#file = file;
  }

  export({ scopeMetrics }: ResourceMetrics, done: Done): void {
    const lines = scopeMetrics.flatMap(({ metrics }) =>
      metrics.flatMap(({ descriptor: { name, unit }, dataPoints }) =>
        dataPoints.map(({ attributes, value, endTime }) => ({
          kind: 'metric',
          name,
          unit,
          time: new Date(hrTimeToMilliseconds(endTime)).toISOString(),
          attributes,
          value,
        })),
      ),
    );
    this.#file.append(lines, done);
  }

  selectAggregationTemporality(): AggregationTemporality {
    return AggregationTemporality.CUMULATIVE;
  }

  forceFlush(): Promise<void> {
    return this.#file.flush();
  }

  shutdown(): Promise<void> {
    return this.#file.flush();
  }
}

function spanLine(span: ReadableSpan): object {
  const { name, startTime, duration, attributes, events, status, links, parentSpanContext } = span;
  const { traceId, spanId } = span.spanContext();
  return {
    kind: 'span',
    name,
    traceId,
    spanId,
    parentSpanId: parentSpanContext?.spanId,
    start: new Date(hrTimeToMilliseconds(startTime)).toISOString(),
    durationMs: hrTimeToMilliseconds(duration),
    status: status.code,
    statusMessage: status.message,
    attributes,
    events: events.map((event) => ({ name: event.name, attributes: event.attributes })),
    links: links.map(({ context }) => ({ traceId: context.traceId, spanId: context.spanId })),
  };
}
