// Drawloom as users get it, with the real SDK of OpenTelemetry: every span is recorded, and kept in memory until the run ends.
import { openTelemetry } from '@drawloom/core';
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { adapterWith } from './drawloom-adapter.mjs';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const exporter = new InMemorySpanExporter();
const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
const adapter = adapterWith({ telemetry: openTelemetry({ tracerProvider }) });

export const chain = (steps) => {
  const { run } = adapter.chain(steps);
  return {
    async run(input) {
      const output = await run(input);
      const { length } = exporter.getFinishedSpans();
      exporter.reset();
      if (length !== steps.length + 1) throw new Error(`${length} spans for ${steps.length} steps and a run`);
      return output;
    },
  };
};
