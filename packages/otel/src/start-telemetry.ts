import {
  DefinitionError,
  openTelemetry,
  type OpenTelemetryOptions,
  type Problem,
  type Telemetry,
} from '@drawloom/core';
import { problems as problem } from '@drawloom/core/front-end';
import type { NodeSDKConfiguration } from '@opentelemetry/sdk-node';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { CollectorOptions, Destination } from './destinations.js';

type OfCore = Pick<OpenTelemetryOptions, 'captureContent' | 'redact' | 'modelSpans'>;

/** How telemetry is started. What is left out is as the environment says, in the variables of OpenTelemetry. */
export interface TelemetryOptions extends CollectorOptions, OfCore {
  /** @defaultValue `OTEL_SERVICE_NAME` */
  readonly serviceName?: string | undefined;
  /** Where spans and metrics go; several get the same ones. @defaultValue `OTEL_TRACES_EXPORTER`, else `'otlp'` */
  readonly exporter?: Destination | readonly Destination[] | undefined;
  /** Which traces are kept. @defaultValue `OTEL_TRACES_SAMPLER`, else all */
  readonly sampler?: NodeSDKConfiguration['sampler'] | undefined;
  /** Of other libraries: of HTTP clients, databases. Their spans are in those of the steps that use them. @defaultValue none */
  readonly instrumentations?: NodeSDKConfiguration['instrumentations'] | undefined;
  /** Takes what `console` writes. @defaultValue the standard output */
  readonly write?: ((text: string) => void) | undefined;
}

/** Telemetry that runs. */
export interface StartedTelemetry {
  /** For `drawloom({ telemetry })`, or as an option of a workflow or an agent. */
  readonly telemetry: Telemetry;
  /** With `memory`: the spans that have ended, in that order. */
  spans(): readonly ReadableSpan[];
  /** With `memory`: what was measured until the last `flush`. */
  metrics(): readonly ResourceMetrics[];
  /** Sends what there is. It never rejects: what cannot be sent is told to OpenTelemetry's own log. */
  flush(): Promise<void>;
  /** Sends what there is, and stops. It never rejects. */
  shutdown(): Promise<void>;
}

/**
 * Starts the OpenTelemetry SDK, and gives what runs need to send it their spans and metrics. Called once in a process,
 * before anything that is to be traced. The SDK is loaded now, which takes a quarter of a second. A process that ends by
 * itself sends what is left; one that is stopped has to call `shutdown`.
 *
 * With `OTEL_SDK_DISABLED=true` nothing is loaded, and there are no spans.
 *
 * @example
 * const { telemetry, shutdown } = await startTelemetry({ serviceName: 'claims', exporter: 'console' });
 * container.load(drawloom({ telemetry }), workflows(ClaimApproval));
 *
 * @throws {@link DefinitionError} INVALID_OPTION; TELEMETRY_STARTED when an SDK is registered already.
 */
export async function startTelemetry(options: TelemetryOptions = {}): Promise<StartedTelemetry> {
  DefinitionError.throwIfAny(checkOptions(options));
  const { captureContent, redact, modelSpans } = options;
  const telemetry = openTelemetry({ captureContent, redact, modelSpans });
  if (process.env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return disabled(telemetry);
  const destinations = destinationsOf(options);
  const metricNames = namesIn('OTEL_METRICS_EXPORTER');
  const { RunningSdk } = await import('./sdk.js');
  if (telemetry.isActive?.() === true) throw new DefinitionError([problem.telemetryStarted('startTelemetry')]);
  const sdk = new RunningSdk(options, destinations, metricNames);
  const onExit = (): void => void sdk.flush();
  process.once('beforeExit', onExit);
  return {
    telemetry,
    spans: () => sdk.spans,
    metrics: () => sdk.metrics,
    flush: () => sdk.flush(),
    shutdown: () => {
      process.removeListener('beforeExit', onExit);
      return sdk.shutdown();
    },
  };
}

function disabled(telemetry: Telemetry): StartedTelemetry {
  const nothing = (): Promise<void> => Promise.resolve();
  return { telemetry, spans: () => [], metrics: () => [], flush: nothing, shutdown: nothing };
}

function destinationsOf({ exporter }: TelemetryOptions): readonly Destination[] {
  if (exporter !== undefined) return Array.isArray(exporter) ? exporter : [exporter as Destination];
  const names = namesIn('OTEL_TRACES_EXPORTER') ?? ['otlp'];
  const unknown = names.filter((name) => !isDestination(name));
  const wrong = unknown.map((name) => problem.invalidOption('startTelemetry', 'OTEL_TRACES_EXPORTER', name, FORMS));
  DefinitionError.throwIfAny(wrong);
  return names as Destination[];
}

function namesIn(variable: string): string[] | undefined {
  const names = (process.env[variable] ?? '').split(',').map((name) => name.trim());
  const said = names.filter((name) => name !== '');
  return said.length === 0 ? undefined : said;
}

const NAMES = ['console', 'otlp', 'memory', 'none'];
const FORMS = `${NAMES.map((name) => `"${name}"`).join(', ')}, "file:PATH", an exporter with export(spans, done), or a list of them`;

function isDestination(value: unknown): boolean {
  if (typeof value === 'string') return NAMES.includes(value) || /^file:./.test(value);
  return typeof (value as { export?: unknown } | null | undefined)?.export === 'function';
}

const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'];
const OPTIONS: readonly (keyof TelemetryOptions)[] = [
  'serviceName',
  'exporter',
  'endpoint',
  'headers',
  'protocol',
  'sampler',
  'instrumentations',
  'captureContent',
  'redact',
  'modelSpans',
  'write',
];

function checkOptions(options: TelemetryOptions): Problem[] {
  const where = 'startTelemetry';
  if (typeof options !== 'object' || options === null)
    return [problem.invalidOption(where, 'options', options, 'an object')];
  const { serviceName, exporter, endpoint, headers, protocol, sampler, instrumentations, write } = options;
  const all: readonly unknown[] = Array.isArray(exporter) ? exporter : [exporter];
  const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
  const rules: [boolean, keyof TelemetryOptions, unknown, string][] = [
    [isText(serviceName), 'serviceName', serviceName, 'text of at least one character'],
    [all.length > 0 && all.every(isDestination), 'exporter', exporter, FORMS],
    [isText(endpoint) && URL.canParse(endpoint!), 'endpoint', endpoint, 'an address such as "http://localhost:4318"'],
    [typeof headers === 'object' && headers !== null, 'headers', headers, 'an object of texts'],
    [PROTOCOLS.includes(protocol as string), 'protocol', protocol, PROTOCOLS.map((name) => `"${name}"`).join(', ')],
    [typeof sampler?.shouldSample === 'function', 'sampler', sampler, 'a Sampler'],
    [Array.isArray(instrumentations), 'instrumentations', instrumentations, 'a list of instrumentations'],
    [typeof write === 'function', 'write', write, 'a function that takes text'],
  ];
  const unknown = Object.keys(options).filter((name) => !(OPTIONS as readonly string[]).includes(name));
  return [
    ...unknown.map((name) => problem.unknownOption(where, name, OPTIONS)),
    ...rules
      .filter(([isRight, , value]) => value !== undefined && !isRight)
      .map(([, option, value, allowed]) => problem.invalidOption(where, option, value, allowed)),
  ];
}
