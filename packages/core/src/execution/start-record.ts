import { EncodedValue, type RecordOf, type StartedOptions } from '../journal/records.js';
import { structuralHash } from '../graph/structural-hash.js';
import type { ValueCodec } from '../values/codec.js';
import type { Run, RunRequest } from './run.js';
import { carrierOf } from './spans.js';

/** What a run begins with: the value, and for one that is nested where it stands. */
interface Beginning {
  readonly input: unknown;
  readonly codec: ValueCodec;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly path?: string | undefined;
  /** Of a run of its own: what its caller asked for. */
  readonly request?: RunRequest | undefined;
}

/**
 * The first record of a run: everything from which it can be begun again.
 *
 * @throws {@link StepError} VALUE_NOT_STORABLE when its input, or its metadata, is no data.
 */
export function startRecord(
  { context, plan, telemetry }: Run,
  { input, codec, path, request, at }: Beginning,
): RecordOf<'run.started', EncodedValue> {
  const { name, version } = plan.definition;
  const { userId, sessionId, metadata } = context;
  return {
    type: 'run.started',
    path,
    at,
    workflow: name,
    version,
    graphHash: structuralHash(plan.definition),
    userId,
    sessionId,
    ...(request === undefined
      ? {}
      : { options: optionsOf(request), metadata: encodedInput(metadata, name, codec, 'metadata') }),
    input: encodedInput(input, name, codec),
    trace: carrierOf(telemetry, path === undefined ? 'new' : 'this'), // one that is nested writes it when it has begun
  };
}

/** What a run is given, as its first record has it. */
export function encodedInput(value: unknown, workflow: string, codec: ValueCodec, role = 'input'): EncodedValue {
  return new EncodedValue(codec.encode(value, { workflow, node: '(input)', visit: 1, attempt: 1 }, role));
}

/** A memory that is an object is no data: a run that is resumed has that of its workflow or executor. */
function optionsOf({ timeoutMs, maxTotalSteps, budget, tone, memory }: RunRequest): StartedOptions {
  return {
    timeoutMs,
    maxTotalSteps,
    budget,
    tone,
    memory: typeof memory === 'object' && memory !== null ? undefined : memory,
  };
}
