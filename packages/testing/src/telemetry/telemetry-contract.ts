import assert from 'node:assert/strict';
import type { SpanAttributes, SpanInfo, Telemetry } from '@drawloom/core';
import type { SuiteRunner } from '../models/language-model-contract.js';

/** A span as the suite looks at it. */
export interface ObservedSpan {
  readonly name: string;
  /** Its place in the list that is returned; `undefined` for a root. */
  readonly parent: number | undefined;
  /** Those of its end included. */
  readonly attributes: SpanAttributes;
}

/** How the suite sees what a telemetry was told, and where it runs. */
export interface TelemetryContractOptions {
  /**
   * All spans that have ended, in any order. `name` holds the name that the span was given, and may hold more. Left out where a
   * telemetry cannot show what it was told: then only what bodies come to is looked at.
   */
  readonly spans?: ((telemetry: Telemetry) => readonly ObservedSpan[] | Promise<readonly ObservedSpan[]>) | undefined;
  /** @defaultValue the globals: those of jest and vitest will do */
  readonly runner?: SuiteRunner | undefined;
}

/**
 * The tests that everything must pass that spans go to. Call it where `describe` may stand, with a function that makes a
 * telemetry which has been told of nothing.
 *
 * @example
 * telemetryContract('RecordingTelemetry', () => new RecordingTelemetry());
 */
export function telemetryContract(
  name: string,
  makeTelemetry: () => Telemetry | Promise<Telemetry>,
  { spans, runner = globalThis as unknown as SuiteRunner }: TelemetryContractOptions = {},
): void {
  const test = (title: string, body: (telemetry: Telemetry) => Promise<void> | void): void =>
    runner.it(title, async () => body(await makeTelemetry()));
  runner.describe(`${name} as a telemetry`, () => {
    test('calls the body once, and gives what that gives, as it is', (telemetry) => {
      let calls = 0;
      const value = { n: 1 };
      assert.equal(
        telemetry.span(about('a'), () => (calls++, value)),
        value,
      );
      assert.equal(calls, 1);
    });

    test('throws what the body throws, whatever that is', (telemetry) => {
      for (const thrown of [new DOMException('no', 'DataError'), 'text', undefined, Object.freeze({ code: 1 })]) {
        const outcome = caught(() =>
          telemetry.span(about('a'), () => {
            throw thrown;
          }),
        );
        assert.equal(outcome, thrown);
      }
    });

    test('settles with the promise of the body, also where that rejects', async (telemetry) => {
      assert.equal(await telemetry.span(about('a'), async () => Promise.resolve(2)), 2);
      const error = new DOMException('no', 'DataError');
      const rejecting = (): Promise<never> => {
        const promise = Promise.reject(error);
        promise.catch(() => undefined); // one that calls the body twice leaves a promise that nobody looks at
        return promise;
      };
      const rejected: unknown = await telemetry.span(about('a'), rejecting).catch((reason: unknown) => reason);
      assert.equal(rejected, error);
    });

    test('calls the body once also where what describes the span is broken', (telemetry) => {
      const broken: SpanInfo = {
        ...about('a'),
        endAttributes: () => {
          throw new DOMException('no attributes', 'DataError');
        },
        continues: 'nonsense',
      };
      // The engine looks after what `span` itself throws; the body has been called once in any case.
      let calls = 0;
      caught(() => telemetry.span(broken, () => calls++));
      assert.equal(calls, 1);
    });

    test('takes events anywhere, also outside of any span', (telemetry) => {
      telemetry.event?.('noted', { n: 1 });
      telemetry.span(about('a'), () => telemetry.event?.('noted', { n: 2, missing: undefined }));
    });

    test('gives carriers as texts, or none', (telemetry) => {
      const isCarrier = (carrier: unknown): boolean => carrier === undefined || typeof carrier === 'string';
      assert.ok(isCarrier(telemetry.carrier?.()));
      const planned = telemetry.newCarrier?.();
      assert.ok(isCarrier(planned));
      if (planned !== undefined) assert.ok(isCarrier(telemetry.nextCarrier?.(planned)));
      assert.ok(isCarrier(telemetry.nextCarrier?.('nonsense')));
      assert.ok(['undefined', 'boolean'].includes(typeof telemetry.isActive?.()));
    });

    if (spans === undefined) return;

    test('has each span in the one that its code is in, also where several go on at once', async (telemetry) => {
      const gates = new Map<string, () => void>();
      const gate = (key: string): Promise<void> => new Promise((resolve) => gates.set(key, resolve));
      const run = async (key: string): Promise<void> =>
        telemetry.span(about(`outer-${key}`), async () => {
          await gate(key);
          await telemetry.span(about(`inner-${key}`), async () => Promise.resolve());
        });
      const both = [run('x'), run('y')];
      gates.get('y')!();
      gates.get('x')!();
      await Promise.all(both);
      const told = await spans(telemetry);
      for (const key of ['x', 'y']) {
        const outer = told.findIndex((span) => span.name.includes(`outer-${key}`));
        const inner = told.find((span) => span.name.includes(`inner-${key}`));
        assert.equal(told[outer]?.parent, undefined);
        assert.equal(inner?.parent, outer);
      }
      assert.equal(told.length, 4);
    });

    test('tells what is known at the beginning, and what only at the end', async (telemetry) => {
      const info: SpanInfo = { ...about('a', { first: 1 }), endAttributes: () => ({ last: 2, missing: undefined }) };
      telemetry.span(info, () => undefined);
      const [span] = await spans(telemetry);
      assert.equal(span?.attributes['first'], 1);
      assert.equal(span.attributes['last'], 2);
    });

    test('keeps no content that nobody has asked for', async (telemetry) => {
      const content = { input: () => ({ secret: 'in' }), output: () => ({ secret: 'out' }) };
      telemetry.span({ ...about('a'), content }, () => 'value');
      const told = await spans(telemetry);
      assert.deepEqual(
        told.flatMap(({ attributes }) => Object.keys(attributes)).filter((key) => key === 'secret'),
        [],
      );
    });
  });
}

function about(name: string, attributes: SpanAttributes = {}): SpanInfo {
  return { operation: 'invoke_workflow', name, attributes };
}

function caught(body: () => unknown): unknown {
  try {
    body();
    return undefined;
  } catch (error) {
    return error;
  }
}
