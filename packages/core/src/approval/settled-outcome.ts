import type { Wait } from '../ports/journal.js';
import type { ValueCodec } from '../values/codec.js';
import { type ApprovalOutcome, type Decision, outcomeOf, readApproval } from './approval-record.js';
import { readSignalState } from './signal-wait.js';

/** What came of an approval, as the steps behind it see it. */
export interface ApprovalDecision {
  readonly outcome: ApprovalOutcome;
  /** In the order in which they came. */
  readonly decisions: readonly Decision[];
  /** Of what they decided on. */
  readonly digest: string;
}

/** What came of a wait for a signal. */
export type SignalOutcome =
  | {
      readonly outcome: 'received';
      readonly payload: unknown;
      readonly sender: string;
      /** Milliseconds since the epoch. */
      readonly at: number;
    }
  | { readonly outcome: 'expired' };

/**
 * What came of an approval; `undefined` while that is open.
 *
 * @throws {@link AdapterError} JOURNAL_VALUE_UNREADABLE
 */
export function settledApproval(wait: Wait): ApprovalDecision | undefined {
  const parts = readApproval(wait);
  const outcome = outcomeOf(parts);
  return outcome === undefined ? undefined : { outcome, decisions: parts.state.decisions, digest: parts.about.digest };
}

/**
 * What came of a wait for a signal, or for a time, which is always `expired`; `undefined` while that is open.
 *
 * @throws {@link AdapterError} JOURNAL_VALUE_UNREADABLE
 */
export function settledSignal(wait: Wait, codec: ValueCodec): SignalOutcome | undefined {
  const { received, expiredAt } = readSignalState(wait);
  if (received !== null) {
    const payload = codec.decode(received.payload, `${wait.workflow}.${wait.node}`);
    return { outcome: 'received', payload, sender: received.sender, at: received.at };
  }
  return expiredAt === null ? undefined : { outcome: 'expired' };
}
