import type { Telemetry } from '@drawloom/core';
import { telemetryContract } from '@drawloom/testing';
import { recorded, type Recorded } from './support/recorded.js';

const made = new WeakMap<Telemetry, Recorded>();

telemetryContract(
  'openTelemetry() with an SDK',
  () => {
    const one = recorded();
    made.set(one.telemetry, one);
    return one.telemetry;
  },
  {
    spans: (telemetry) => {
      const all = made.get(telemetry)!.spans();
      const ids = all.map((span) => span.spanContext().spanId);
      return all.map(({ name, attributes, parentSpanContext }) => ({
        name,
        attributes: attributes as never,
        parent: parentSpanContext === undefined ? undefined : ids.indexOf(parentSpanContext.spanId),
      }));
    },
  },
);
