import { AsyncLocalStorage } from 'node:async_hooks';
import { Telemetry, type SpanAttributes, type SpanInfo } from '@drawloom/core';

/** A span as a test looks at it. */
export interface RecordedSpan {
  readonly operation: SpanInfo['operation'];
  readonly name: string;
  /** Those of its end included, once it has ended. */
  readonly attributes: SpanAttributes;
  readonly children: readonly RecordedSpan[];
  readonly events: readonly { readonly name: string; readonly attributes: SpanAttributes }[];
  /** `open` until the body has ended; then `completed`, `failed`, `cancelled` or `suspended`. */
  readonly outcome: string;
  /** What the body threw. */
  readonly error: unknown;
  /** What the body gave. */
  readonly value: unknown;
}

interface Draft extends RecordedSpan {
  attributes: SpanAttributes;
  readonly children: Draft[];
  readonly events: { name: string; attributes: SpanAttributes }[];
  outcome: string;
  error: unknown;
  value: unknown;
}

/**
 * Keeps the spans of runs for a test to look at, without any SDK. Give it to a workflow, an agent, a run or a container.
 *
 * @example
 * const telemetry = new RecordingTelemetry();
 * await triage.run('I want a refund', { telemetry });
 * expect(telemetry.tree()).toEqual(['invoke_workflow triage', '  step classify', '  route kind', '  step refund']);
 */
export class RecordingTelemetry extends Telemetry {
  readonly #current = new AsyncLocalStorage<Draft>();
  readonly #roots: Draft[] = [];

  /** The spans that are in no other one, in the order in which they began: one for each run. */
  get roots(): readonly RecordedSpan[] {
    return this.#roots;
  }

  /** All spans, parents before children, otherwise in the order in which they began. */
  get spans(): readonly RecordedSpan[] {
    const all = (spans: readonly RecordedSpan[]): RecordedSpan[] =>
      spans.flatMap((span) => [span, ...all(span.children)]);
    return all(this.#roots);
  }

  /** `operation name` of all spans, indented by how deep they are. */
  tree(): string[] {
    const lines = (span: RecordedSpan, depth: number): string[] => [
      `${'  '.repeat(depth)}${span.operation} ${span.name}`,
      ...span.children.flatMap((child) => lines(child, depth + 1)),
    ];
    return this.#roots.flatMap((root) => lines(root, 0));
  }

  /** The spans of one operation, by name if one is given. */
  find(operation: SpanInfo['operation'], name?: string): RecordedSpan[] {
    return this.spans.filter((span) => span.operation === operation && (name === undefined || span.name === name));
  }

  /** Forgets everything that was recorded. */
  clear(): void {
    this.#roots.length = 0;
  }

  override span<T>(info: SpanInfo, body: () => T): T {
    const { operation, name, attributes } = info;
    const state = { outcome: 'open', error: undefined, value: undefined };
    const span: Draft = { operation, name, attributes, children: [], events: [], ...state };
    (this.#current.getStore()?.children ?? this.#roots).push(span);
    const end = (outcome: string, error?: unknown): void => {
      const after = info.endAttributes?.(error) ?? {};
      span.attributes = { ...attributes, ...after };
      const isFailed = outcome === 'failed' || after['error.type'] !== undefined;
      span.outcome = String(after['drawloom.outcome'] ?? (isFailed ? 'failed' : outcome));
    };
    const failed = (error: unknown): void => {
      span.error = error;
      end('failed', error);
    };
    const completed = (value: unknown): void => {
      span.value = value;
      end('completed');
    };
    let result: T;
    try {
      result = this.#current.run(span, body);
    } catch (error) {
      failed(error);
      throw error;
    }
    if (result instanceof Promise) result.then(completed, failed);
    else completed(result);
    return result;
  }

  override event(name: string, attributes: SpanAttributes): void {
    this.#current.getStore()?.events.push({ name, attributes });
  }
}
