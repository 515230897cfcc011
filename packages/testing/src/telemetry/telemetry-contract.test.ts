import type { SpanInfo, Telemetry } from '@drawloom/core';
import { RecordingTelemetry, type RecordedSpan } from './recording-telemetry.js';
import { telemetryContract, type ObservedSpan } from './telemetry-contract.js';

function observed(telemetry: Telemetry): readonly ObservedSpan[] {
  const all = (telemetry as RecordingTelemetry).spans;
  const parentOf = (span: RecordedSpan): number => all.findIndex(({ children }) => children.includes(span));
  return all.map((span) => {
    const parent = parentOf(span);
    return { name: span.name, parent: parent === -1 ? undefined : parent, attributes: span.attributes };
  });
}

telemetryContract('RecordingTelemetry', () => new RecordingTelemetry(), { spans: observed });
telemetryContract('An object with one method', () => ({ span: <T>(_: SpanInfo, body: () => T): T => body() }));

describe('The tests of a telemetry', () => {
  const failing = async (span: Telemetry['span']): Promise<string[]> => {
    const failed: string[] = [];
    const running: Promise<void>[] = [];
    const it = (title: string, body: () => unknown): void => {
      running.push(Promise.resolve().then(body).then(() => undefined, () => void failed.push(title))); // prettier-ignore
    };
    const runner = { describe: (_: string, body: () => void) => body(), it };
    telemetryContract('wrong', () => ({ span }), { runner });
    await Promise.all(running);
    return failed;
  };

  it('find one that calls the body twice', async () => {
    const twice = <T>(_: SpanInfo, body: () => T): T => (body(), body());
    expect(await failing(twice)).toContain('calls the body once, and gives what that gives, as it is');
  });

  it('find one that swallows what the body throws', async () => {
    const swallows = <T>(_: SpanInfo, body: () => T): T => {
      try {
        return body();
      } catch {
        return undefined as T;
      }
    };
    expect(await failing(swallows)).toEqual(['throws what the body throws, whatever that is']);
  });

  it('find one that gives another value', async () => {
    const wraps = <T>(_: SpanInfo, body: () => T): T => ({ value: body() }) as T;
    expect(await failing(wraps)).toContain('settles with the promise of the body, also where that rejects');
  });
});
