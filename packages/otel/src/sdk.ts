import { context, diag, metrics, propagation, trace } from '@opentelemetry/api';
import { NodeSDK, resources } from '@opentelemetry/sdk-node';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { pipesTo, type Destination, type Pipes } from './destinations.js';
import { RunIdGenerator } from './run-id-generator.js';
import type { TelemetryOptions } from './start-telemetry.js';

/** An SDK that runs. */
export class RunningSdk {
  readonly #sdk: NodeSDK;
  readonly #pipes: Pipes;
  #kept: { readonly spans: readonly ReadableSpan[]; readonly metrics: readonly ResourceMetrics[] } | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(options: TelemetryOptions, destinations: readonly Destination[], metricNames: string[] | undefined) {
    const { serviceName, instrumentations, sampler, endpoint, headers, protocol } = options;
    const write = options.write ?? ((text: string): unknown => process.stdout.write(text));
    this.#pipes = pipesTo(destinations, metricNames, { endpoint, headers, protocol }, write);
    const { spanProcessors, metricReaders } = this.#pipes;
    const isAsked = process.env['OTEL_NODE_RESOURCE_DETECTORS'] !== undefined;
    this.#sdk = new NodeSDK({
      ...(serviceName === undefined ? {} : { serviceName }),
      ...(sampler === undefined ? {} : { sampler }),
      ...(instrumentations === undefined ? {} : { instrumentations: [...instrumentations] }),
      // Whoever wants the machine and the command line of the process in every trace has to ask for it.
      ...(isAsked ? {} : { resourceDetectors: [resources.envDetector] }),
      idGenerator: new RunIdGenerator(),
      spanProcessors,
      metricReaders,
      logRecordProcessors: [], // otherwise the SDK would send log records to wherever a collector may be
    });
    this.#sdk.start();
  }

  get spans(): readonly ReadableSpan[] {
    return this.#kept?.spans ?? this.#pipes.memory?.getFinishedSpans() ?? [];
  }

  get metrics(): readonly ResourceMetrics[] {
    return this.#kept?.metrics ?? this.#pipes.metricMemory?.getMetrics() ?? [];
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    const { spanProcessors, metricReaders } = this.#pipes;
    const all = [...spanProcessors, ...metricReaders];
    for (const result of await Promise.allSettled(all.map((one) => one.forceFlush()))) {
      if (result.status === 'rejected') complain(result.reason);
    }
  }

  /** Never rejects. */
  shutdown(): Promise<void> {
    return (this.#shutdown ??= this.#end());
  }

  async #end(): Promise<void> {
    await this.flush();
    this.#kept = { spans: [...this.spans], metrics: [...this.metrics] };
    await this.#sdk.shutdown().catch(complain);
    for (const registered of [trace, metrics, context, propagation]) registered.disable();
  }
}

/** To OpenTelemetry's own log, which `OTEL_LOG_LEVEL` lets be seen. */
function complain(error: unknown): void {
  diag.error('drawloom: telemetry could not be exported', error);
}
