import { Telemetry, type SpanInfo } from '@drawloom/core';

/** What the spans of one kind come to. */
export interface SpanSum {
  readonly operation: SpanInfo['operation'];
  readonly name: string;
  readonly count: number;
  /** Of all of them together; those that ran at the same time count each. */
  readonly totalMs: number;
  readonly slowestMs: number;
}

/** A telemetry that keeps sums, for the summary of a trace at the end of a report. */
export class SpanTally extends Telemetry {
  readonly #sums = new Map<string, SpanSum>();

  span<T>({ operation, name }: SpanInfo, body: () => T): T {
    const started = performance.now();
    const close = (): void => this.#add(operation, name, performance.now() - started);
    let result: T;
    try {
      result = body();
    } catch (error) {
      close();
      throw error;
    }
    if (result instanceof Promise) void result.then(close, close);
    else close();
    return result;
  }

  /** By total time, the longest first. */
  get sums(): readonly SpanSum[] {
    return [...this.#sums.values()].sort((one, other) => other.totalMs - one.totalMs);
  }

  #add(operation: SpanInfo['operation'], name: string, ms: number): void {
    const key = `${operation} ${name}`;
    const { count, totalMs, slowestMs } = this.#sums.get(key) ?? { count: 0, totalMs: 0, slowestMs: 0 };
    this.#sums.set(key, {
      operation,
      name,
      count: count + 1,
      totalMs: totalMs + ms,
      slowestMs: Math.max(slowestMs, ms),
    });
  }
}
