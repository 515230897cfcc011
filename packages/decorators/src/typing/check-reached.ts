import type { CheckErrorEdge } from './check-error-edge.js';
import type { CheckSchema } from './check-schema.js';
import type { CheckSources } from './check-sources.js';
import type { FirstError } from './edge-error.js';

/** What is checked of every step, however it is declared: what arrives, what its schema makes of it, where failures go. */
export type CheckReached<T, Name extends string, M, A, Schema, E> = FirstError<
  FirstError<CheckSchema<Name, M, Schema>, CheckSources<T, Name, M, A, Schema>>,
  CheckErrorEdge<T, Name, M, A, Schema, E>
>;
