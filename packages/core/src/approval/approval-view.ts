import type { Wait } from '../ports/journal.js';
import type { ValueCodec } from '../values/codec.js';
import { type ApprovalOutcome, type Decision, type Delegation, outcomeOf, readApproval } from './approval-record.js';

/** One approval as people see it. */
export interface ApprovalView {
  /** Of the wait: what a decision names. */
  readonly id: string;
  readonly tenant: string;
  readonly runId: string;
  readonly workflow: string;
  readonly node: string;
  readonly visit: number;
  /** The user that the run belongs to. */
  readonly userId: string | undefined;
  readonly title: string;
  readonly body: string | undefined;
  readonly data: unknown;
  /** Of everything that a decision is bound to: goes back with it. */
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  readonly deadline: number | undefined;
  readonly quorum: number;
  readonly rejections: number;
  /** Whether somebody who may decide may name another instead. */
  readonly delegation: boolean;
  /** In the order in which they came. */
  readonly decisions: readonly Decision[];
  readonly delegations: readonly Delegation[];
  /** `open` while somebody may decide; `settled` once it is known what came of it; `closed` once the run knows as well, or is over. */
  readonly status: Wait['status'];
  /** `undefined` while it is open, and of one that was closed because its run ended. */
  readonly outcome: ApprovalOutcome | undefined;
}

/** @throws {@link AdapterError} JOURNAL_VALUE_UNREADABLE */
export function approvalView(wait: Wait, codec: ValueCodec): ApprovalView {
  const parts = readApproval(wait);
  const { about, state } = parts;
  const { title, body, data } = about.request;
  const { id, tenant, runId, workflow, node, visit, userId, openedAt, status } = wait;
  return Object.freeze({
    ...{ id, tenant, runId, workflow, node, visit, userId },
    title,
    body: body ?? undefined,
    data: data === null ? undefined : codec.decode(data, `${workflow}.${node}`),
    digest: about.digest,
    openedAt,
    deadline: about.deadline ?? undefined,
    quorum: about.terms.quorum,
    rejections: about.terms.rejections,
    delegation: about.terms.delegation,
    decisions: state.decisions,
    delegations: state.delegations,
    status,
    outcome: outcomeOf(parts),
  });
}
