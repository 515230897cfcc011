export { startTelemetry, type StartedTelemetry, type TelemetryOptions } from './start-telemetry.js';
export type { Destination } from './destinations.js';
export { RunIdGenerator } from './run-id-generator.js';
