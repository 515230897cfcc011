import { type ActivationFacts, StepError } from '../errors/step-error.js';
import type { NewWait } from '../ports/journal.js';
import { ValueCodec } from '../values/codec.js';
import { type ApprovalPolicy, termsOf } from './approval-policy.js';
import { type ApprovalAbout, type ApprovalState, inboxOf, nextDue, stillAble } from './approval-record.js';
import { keptRequest } from './approval-request.js';

/** Which activation waits. */
export type WaitFacts = Pick<NewWait, 'tenant' | 'runId' | 'id' | 'workflow' | 'node' | 'visit' | 'userId'>;

/** What an approval is opened with. */
export interface ApprovalOpening {
  /** Checked by `checkApprovalPolicy`. */
  readonly policy: ApprovalPolicy;
  /** What the step returned. */
  readonly request: unknown;
  readonly facts: WaitFacts & { readonly graphHash: string };
  /** Who acted in the nodes that the policy names in `notBy`; `undefined` for somebody whom nobody knows. */
  readonly excluded: readonly (string | undefined)[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** @defaultValue one without stored types */
  readonly codec?: ValueCodec | undefined;
}

/**
 * The wait that asks people for their approval. Its digest is over all that a decision stands for: the activation, the graph,
 * the policy, who is excluded, and what is shown. So a decision cannot be carried over to another run, or to what was
 * changed meanwhile.
 *
 * @throws {@link StepError} INVALID_APPROVAL_REQUEST, VALUE_NOT_STORABLE when the request cannot be shown or kept.
 * @throws {@link StepError} APPROVAL_IMPOSSIBLE when too few people are left who may decide, or it is not known who may not.
 */
export function openApproval({
  policy,
  request,
  facts,
  excluded,
  now,
  codec = new ValueCodec(),
}: ApprovalOpening): NewWait {
  const { graphHash, ...wait } = facts;
  const { tenant, runId, workflow, node, visit } = wait;
  const where: ActivationFacts = { workflow, node, visit, attempt: 1 };
  const terms = termsOf(policy);
  const shown = keptRequest(request, where, codec);
  const apart = knownPeople(excluded, where);
  const bound = { tenant, runId, workflow, node, visit, graphHash, terms, excluded: apart, request: shown };
  const about: ApprovalAbout = {
    v: 1,
    digest: codec.digestOf(bound, where, 'request'),
    request: shown,
    terms,
    excluded: apart,
    deadline: terms.deadlineMs === null ? null : now + terms.deadlineMs,
    escalateAt: terms.escalate === null ? null : now + terms.escalate.afterMs,
  };
  const state: ApprovalState = {
    v: 1,
    decisions: [],
    delegations: [],
    remindAt: terms.reminder === null ? null : now + terms.reminder.afterMs,
    reminders: 0,
    escalatedAt: null,
    expiredAt: null,
  };
  const able = stillAble({ about, state });
  if (able < terms.quorum) throw tooFew(where, able, about);
  return {
    ...wait,
    kind: 'approval',
    signal: undefined,
    openedAt: now,
    dueAt: nextDue({ about, state }) ?? undefined,
    ...inboxOf({ about, state }),
    about: JSON.stringify(about),
    state: JSON.stringify(state),
  };
}

/** Who is not known cannot be kept out, so nobody could be let in. */
function knownPeople(people: readonly (string | undefined)[], where: ActivationFacts): readonly string[] {
  const known = people.filter((user) => user !== undefined);
  if (known.length === people.length) return [...new Set(known)].sort();
  throw StepError.approvalImpossible(
    where,
    'notBy keeps out whoever acted in an earlier step, and it is not known who that was',
    'start the run with a userId, or remove notBy',
  );
}

function tooFew(where: ActivationFacts, able: number, { terms, excluded }: ApprovalAbout): StepError {
  return StepError.approvalImpossible(
    where,
    `quorum is ${terms.quorum}, but of those who are named only ${able} may decide (people kept out by notBy: ${excluded.length})`,
    'name more users, or a group',
  );
}
