import type { Wait } from '../ports/journal.js';
import type { ValueCodec } from '../values/codec.js';
import { type Judgement, refused } from './judgement.js';
import { receive, type SentSignal } from './signal-wait.js';

/** The payload as a wait takes it, or a throw. */
export type ValidatePayload = (wait: Wait, payload: unknown) => unknown;

/** Who knows what waits take. */
export interface PayloadJudge {
  /** Whether it is known here what this one takes. */
  knows(wait: Wait): boolean;
  readonly validate: ValidatePayload;
}

/**
 * Whether a signal counts for a wait. Its payload is validated last: who may not send anything hears nothing of the schema. Where
 * nobody here knows what the wait takes, that is left to the run.
 *
 * @param at - when it was sent. Milliseconds since the epoch.
 * @throws {@link StepError} VALUE_NOT_STORABLE when the payload cannot be kept.
 */
export async function judgeSignal(
  wait: Wait,
  signal: SentSignal,
  at: number,
  { codec, judge }: { readonly codec: ValueCodec; readonly judge: PayloadJudge },
): Promise<Judgement> {
  const asIs = receive(wait, { ...signal, payload: null }, at, codec);
  if (asIs.kind !== 'counted') return asIs;
  if (!judge.knows(wait)) return { kind: 'left' };
  let payload: unknown;
  try {
    payload = await judge.validate(wait, signal.payload);
  } catch (cause) {
    return { ...refused('invalid'), cause };
  }
  return receive(wait, { ...signal, payload }, at, codec);
}
