// Drawloom as users get it, with telemetry that goes to OpenTelemetry, in a process where nobody has registered an SDK.
import { openTelemetry } from '@drawloom/core';
import { adapterWith } from './drawloom-adapter.mjs';

export const { chain } = adapterWith({ telemetry: openTelemetry() });
