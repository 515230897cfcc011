/**
 * Job. The one file that loads `@opentelemetry/api`.
 *
 * Invariant L. Nothing is loaded before something is registered with it, or handed over that it made: loading takes longer
 * than everything else that a process does to import this package. Whoever registers an SDK has loaded it already.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Api from '@opentelemetry/api';

/** The API of OpenTelemetry, as a value. */
export type OpenTelemetryApi = typeof Api;

/** Where every copy of the API, of whatever version, keeps what is registered with it. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/** Whether anything is registered with the API in this process; asked without loading it. */
export function isApiInUse(): boolean {
  return REGISTERED in globalThis;
}

/** Loads the API. Synchronously, because a span begins where the run does. */
export function loadApi(): OpenTelemetryApi {
  // Where the package was bundled into CommonJS there is no such URL, and the program's own packages are meant.
  const require = createRequire(import.meta.url ?? join(process.cwd(), 'package.json'));
  return require('@opentelemetry/api') as OpenTelemetryApi;
}
