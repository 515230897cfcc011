/**
 * Job. Spans and metrics of runs by way of `@opentelemetry/api`: which provider they go to, and what they are children of.
 *
 * Boundary. Nothing is exported here, and nothing is sent anywhere: that is for the SDK that somebody registers, which
 * `startTelemetry` of `@drawloom/otel` does in one call. Without one there are no spans.
 *
 * Invariant P. A span is the child of the one that the calling code is in, also where nobody has registered a context manager
 * with the API: then asynchronous context of our own does its work.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, MeterProvider, TracerProvider } from '@opentelemetry/api';
import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { Telemetry, type SpanAttributes, type SpanInfo } from '../ports/telemetry.js';
import { ContentWriter, isCapturingByDefault, type RedactContent } from './captured-content.js';
import { Instruments } from './instruments.js';
import { isApiInUse, loadApi, type OpenTelemetryApi } from './load-api.js';
import { nextCarrier, plannedCarrier } from './carrier.js';
import { complain, defined, OpenSpan, runOf, type SpanMaker } from './open-span.js';
import { INSTRUMENTATION_NAME, SCHEMA_URL } from './semantic-conventions.js';

/** What spans are made with, and what they hold. */
export interface OpenTelemetryOptions {
  /** Makes spans. @defaultValue the one that is registered with the API, as soon as there is one */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Makes metrics. @defaultValue the one that is registered with the API, as soon as there is one */
  readonly meterProvider?: MeterProvider | undefined;
  /**
   * Whether spans hold content: what runs, steps, models and tools are given and give, and the messages of errors.
   * @defaultValue as the variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` says at this moment (`true`,
   * `span_only` and `span_and_event` switch it on), else `false`
   */
  readonly captureContent?: boolean | undefined;
  /** Looks at each piece of content before it is kept. @defaultValue it is kept as it is */
  readonly redact?: RedactContent | undefined;
  /**
   * Whether calls of models have spans and metrics. Switch them off where an instrumentation of the model's own client
   * makes the same ones. @defaultValue `true`
   */
  readonly modelSpans?: boolean | undefined;
}

/**
 * Sends what runs do to OpenTelemetry. It costs nothing until an SDK is registered in the process: nothing is loaded, and
 * runs make no spans.
 *
 * @example
 * const telemetry = openTelemetry();
 * await Workflow.chain([(text: string) => text], { telemetry }).run('hello');
 *
 * @throws {@link DefinitionError} INVALID_OPTION
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  DefinitionError.throwIfAny(checkOptions(options));
  return new OpenTelemetry(options);
}

/** What is registered at the moment, and what was made of it. */
interface Source extends SpanMaker {
  readonly tracers: TracerProvider;
  readonly meters: MeterProvider;
}

class OpenTelemetry extends Telemetry {
  readonly #options: OpenTelemetryOptions;
  readonly #content: ContentWriter | undefined;
  /** Invariant P. */
  readonly #ambient = new AsyncLocalStorage<Context>();
  #api: OpenTelemetryApi | undefined;
  #source: Source | undefined;

  constructor(options: OpenTelemetryOptions) {
    super();
    this.#options = { ...options };
    const { captureContent = isCapturingByDefault(), redact } = options;
    this.#content = captureContent ? new ContentWriter(redact) : undefined;
  }

  override isActive(): boolean {
    const source = this.#current();
    return source !== undefined && (source.instruments !== undefined || isTracing(source));
  }

  override span<T>(info: SpanInfo, body: () => T): T {
    const source = this.#current();
    if (source === undefined || (info.operation === 'chat' && this.#options.modelSpans === false)) return body();
    const span = new OpenSpan(source, info, this.#active(source.api));
    let result: T;
    try {
      result = this.#within(source.api, span.context, body);
    } catch (error) {
      span.end({ kind: 'threw', error });
      throw error;
    }
    if (!(result instanceof Promise)) span.end({ kind: 'returned', value: result });
    else {
      result.then(
        (value: unknown) => span.end({ kind: 'returned', value }),
        (error: unknown) => span.end({ kind: 'threw', error }),
      );
    }
    return result;
  }

  override event(name: string, attributes: SpanAttributes, at?: number): void {
    const source = this.#current();
    if (source === undefined) return;
    try {
      source.instruments?.note(name, attributes);
      source.api.trace
        .getSpan(this.#active(source.api))
        ?.addEvent(name, defined(attributes), at === undefined ? undefined : new Date(at));
    } catch (error) {
      complain(source.api, error);
    }
  }

  override carrier(): string | undefined {
    const source = this.#current();
    return source && runOf(this.#active(source.api))?.carrier;
  }

  override newCarrier(): string | undefined {
    const source = this.#current();
    if (source === undefined) return undefined;
    const active = this.#active(source.api);
    return plannedCarrier(source.api.trace.getSpanContext(active), runOf(active) !== undefined);
  }

  override nextCarrier(carrier: string): string | undefined {
    return nextCarrier(carrier);
  }

  /** What spans go to now. An SDK may be registered after this was made, and another one after that. */
  #current(): Source | undefined {
    const { tracerProvider, meterProvider } = this.#options;
    if (tracerProvider === undefined && meterProvider === undefined && !isApiInUse()) return undefined;
    const api = (this.#api ??= loadApi());
    const tracers = tracerProvider ?? api.trace.getTracerProvider();
    const meters = meterProvider ?? api.metrics.getMeterProvider();
    const known = this.#source;
    if (known?.tracers === tracers && known.meters === meters) return known;
    const meter = meters.getMeter(INSTRUMENTATION_NAME, undefined, { schemaUrl: SCHEMA_URL });
    return (this.#source = {
      api,
      tracers,
      meters,
      tracer: tracers.getTracer(INSTRUMENTATION_NAME, undefined, { schemaUrl: SCHEMA_URL }),
      instruments: meter === api.createNoopMeter() ? undefined : new Instruments(meter),
      content: this.#content,
    });
  }

  #active(api: OpenTelemetryApi): Context {
    const active = api.context.active();
    return active === api.ROOT_CONTEXT ? (this.#ambient.getStore() ?? active) : active;
  }

  #within<T>(api: OpenTelemetryApi, context: Context, body: () => T): T {
    return api.context.with(context, () =>
      api.context.active() === context ? body() : this.#ambient.run(context, body),
    );
  }
}

/** The API hands out a stand-in before anything is registered, and the very same one speaks for what is registered then. */
function isTracing({ api, tracers }: Source): boolean {
  if (!(tracers instanceof api.ProxyTracerProvider)) return true;
  return tracers.getDelegateTracer(INSTRUMENTATION_NAME) !== undefined;
}

const OPTIONS: readonly (keyof OpenTelemetryOptions)[] = [
  'tracerProvider',
  'meterProvider',
  'captureContent',
  'redact',
  'modelSpans',
];

function checkOptions(options: OpenTelemetryOptions): Problem[] {
  const where = 'openTelemetry';
  if (typeof options !== 'object' || options === null)
    return [problem.invalidOption(where, 'options', options, 'an object')];
  const { tracerProvider, meterProvider, captureContent, redact, modelSpans } = options;
  const unknown = Object.keys(options)
    .filter((name) => !(OPTIONS as readonly string[]).includes(name))
    .map((name) => problem.unknownOption(where, name, OPTIONS));
  const isFlag = (value: unknown): boolean => value === undefined || typeof value === 'boolean';
  const provides = (provider: unknown, method: string): boolean =>
    provider === undefined || typeof (provider as Record<string, unknown> | null)?.[method] === 'function';
  const checks: [boolean, keyof OpenTelemetryOptions, unknown, string][] = [
    [provides(tracerProvider, 'getTracer'), 'tracerProvider', tracerProvider, 'an object with getTracer(name)'],
    [provides(meterProvider, 'getMeter'), 'meterProvider', meterProvider, 'an object with getMeter(name)'],
    [isFlag(captureContent), 'captureContent', captureContent, 'true, false'],
    [redact === undefined || typeof redact === 'function', 'redact', redact, 'a function of a piece of content'],
    [isFlag(modelSpans), 'modelSpans', modelSpans, 'true, false'],
  ];
  const wrong = checks.filter(([isRight]) => !isRight);
  return [
    ...unknown,
    ...wrong.map(([, option, value, allowed]) => problem.invalidOption(where, option, value, allowed)),
  ];
}
