import { randomBytes } from 'node:crypto';
import { wantedIds } from '@drawloom/core/front-end';
import type { IdGenerator } from '@opentelemetry/sdk-trace';

/**
 * Makes the ids of spans, and lets the root of a run that goes on in another process have the ids that it had: so it is
 * one span, exported once, by the process in which the run ends. `startTelemetry` uses it; give it to an SDK of your own
 * as `idGenerator`. Without it the rest of such a run is a second span of the same trace.
 */
export class RunIdGenerator implements IdGenerator {
  generateTraceId(): string {
    return wantedIds()?.traceId ?? randomBytes(16).toString('hex');
  }

  generateSpanId(): string {
    const ids = wantedIds();
    if (ids === undefined) return randomBytes(8).toString('hex');
    ids.isHeeded = true;
    return ids.spanId ?? randomBytes(8).toString('hex');
  }
}
