import { SpanStatusCode } from '@opentelemetry/api';
import { ExportResultCode, hrTimeToMilliseconds, type ExportResult } from '@opentelemetry/core';
import { GEN_AI, GENERAL } from '@drawloom/core/front-end';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** Spans that wait for their root; beyond it the oldest are written as they are. */
const MOST = 10_000;

/**
 * Writes each trace, when its root has ended, as lines: indented, in the order in which the spans began, with how long each
 * took and what was wrong with it.
 */
export class ConsoleExporter implements SpanExporter {
  readonly #write: (text: string) => void;
  readonly #waiting = new Map<string, ReadableSpan[]>();
  #count = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    for (const span of spans) {
      const { traceId } = span.spanContext();
      const trace = this.#waiting.get(traceId) ?? [];
      trace.push(span);
      this.#waiting.set(traceId, trace);
      this.#count++;
      const parent = span.parentSpanContext;
      if (parent === undefined || parent.isRemote === true) this.#writeTrace(traceId);
    }
    while (this.#count > MOST) this.#writeTrace(this.#waiting.keys().next().value!);
    done({ code: ExportResultCode.SUCCESS });
  }

  /** Writes what still waits for a root. */
  forceFlush(): Promise<void> {
    for (const traceId of [...this.#waiting.keys()]) this.#writeTrace(traceId);
    return Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.forceFlush();
  }

  #writeTrace(traceId: string): void {
    const spans = this.#waiting.get(traceId)!;
    this.#waiting.delete(traceId);
    this.#count -= spans.length;
    const known = new Set(spans.map((span) => span.spanContext().spanId));
    const below = new Map<string, ReadableSpan[]>();
    const roots: ReadableSpan[] = [];
    for (const span of [...spans].sort((a, b) => startOf(a) - startOf(b))) {
      const parent = span.parentSpanContext?.spanId;
      if (parent === undefined || !known.has(parent)) roots.push(span);
      else below.set(parent, [...(below.get(parent) ?? []), span]);
    }
    const lines: string[] = [];
    const add = (span: ReadableSpan, depth: number): void => {
      lines.push(`${'  '.repeat(depth)}${describe(span)}\n`);
      for (const child of below.get(span.spanContext().spanId) ?? []) add(child, depth + 1);
    };
    for (const root of roots) add(root, 0);
    this.#write(lines.join(''));
  }
}

function startOf({ startTime }: ReadableSpan): number {
  return hrTimeToMilliseconds(startTime);
}

function describe({ name, duration, status, attributes }: ReadableSpan): string {
  const took = `${hrTimeToMilliseconds(duration).toFixed(1)} ms`;
  const [input, output] = [attributes[GEN_AI.inputTokens], attributes[GEN_AI.outputTokens]];
  const tokens = input === undefined ? '' : `, ${Number(input)} + ${Number(output ?? 0)} tokens`;
  const isWrong = status.code === SpanStatusCode.ERROR;
  const wrong = isWrong ? `  ! ${status.message ?? String(attributes[GENERAL.errorType])}` : '';
  return `${name}  ${took}${tokens}${wrong}`;
}
