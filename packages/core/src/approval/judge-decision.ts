/**
 * Job. Says whether a decision, or a delegation, counts. Pure: the same wait, the same words, the same time give the same.
 *
 * Boundary. Who acts has been made sure of before; `Approvals` does that, and writes down what is found here.
 *
 * Invariants, beside those of `approval-record.ts`:
 * D. Only a decision object decides: a plain object with exactly the properties of one. Everything else is refused.
 * E. What is refused changes nothing, but that a deadline that has passed is marked.
 * F. The first decision of a person stands. The same again is no second one and no error; another one is refused.
 */
import type { Wait, WaitChange } from '../ports/journal.js';
import { ownData } from '../values/own-data.js';
import { isId, type KnownActor, readActor } from './actor.js';
import {
  type ApprovalParts,
  type ApprovalState,
  decisionBy,
  type Decision,
  delegationFrom,
  delegationTo,
  inboxOf,
  isEntitled,
  outcomeOf,
  peopleAt,
  readApproval,
  standingOf,
} from './approval-record.js';
import { type Judgement, refused } from './judgement.js';
import { expired, settledChange } from './pass-time.js';

/** What somebody says to an approval. */
export interface SpokenDecision {
  /** Who decides: {@link Actor}. */
  readonly actor: unknown;
  readonly outcome: 'approved' | 'rejected';
  /** What was decided on, as it was shown with it. */
  readonly digest: string;
  /** At most 10,000 characters. */
  readonly comment?: string | undefined;
}

/** Who is to decide instead of somebody. */
export interface SpokenDelegation {
  /** Who could decide: {@link Actor}. */
  readonly actor: unknown;
  /** The user id of who is to do it instead. */
  readonly to: string;
}

/** What a decision looks like, for messages. */
export const DECISION_FORM = 'allowed: { actor, outcome: "approved" or "rejected", digest, comment? }';
export const DELEGATION_FORM = 'allowed: { actor, to }';

const MAX_COMMENT = 10_000;

/** Whether a decision counts (D), and what becomes of the wait then. */
export function judge(wait: Wait, decision: unknown, now: number): Judgement {
  const said = readDecision(decision);
  const actor = said === undefined ? undefined : readActor(said.actor);
  if (said === undefined || actor === undefined) return refused('malformed');
  const parts = readApproval(wait);
  const earlier = decisionBy(parts.state, actor.userId);
  const standing = standingOf(parts, actor, now);
  if (actor.tenant !== wait.tenant) return refused('not-entitled');
  if (!standing.may) return refused(standing.reason);
  if (said.digest !== parts.about.digest) return refused('wrong-digest');
  if (earlier !== undefined)
    return earlier.outcome === said.outcome ? { kind: 'repeated' } : refused('already-decided');
  const over = whyOver(wait, parts, now);
  if (over !== undefined) return over;
  const { outcome, comment } = said;
  const counted: Decision = {
    userId: actor.userId,
    outcome,
    at: now,
    ...(comment === undefined ? {} : { comment }),
    ...(standing.inPlaceOf === undefined ? {} : { inPlaceOf: standing.inPlaceOf }),
  };
  const state: ApprovalState = { ...parts.state, decisions: [...parts.state.decisions, counted] };
  return { kind: 'counted', change: changeTo({ ...parts, state }) };
}

/** The object alone (D): who acts is judged apart. `undefined` for what is no decision. */
export function readDecision(value: unknown): SpokenDecision | undefined {
  const said = ownData(value);
  if (said === undefined || !hasOnly(said, ['actor', 'outcome', 'digest', 'comment'])) return undefined;
  const { actor, outcome, digest, comment } = Object.fromEntries(said);
  if (outcome !== 'approved' && outcome !== 'rejected') return undefined;
  if (typeof digest !== 'string' || !isComment(comment)) return undefined;
  return { actor, outcome, digest, comment };
}

/**
 * Whether somebody may hand on their right to decide, and what becomes of the wait then. They can name another one until
 * that one has decided. A right is handed on once: whoever stands in for somebody names nobody.
 */
export function judgeDelegation(wait: Wait, delegation: unknown, now: number): Judgement {
  const said = readDelegation(delegation);
  const actor = said === undefined ? undefined : readActor(said.actor);
  if (said === undefined || actor === undefined) return refused('malformed');
  const parts = readApproval(wait);
  const { about, state } = parts;
  const { userId } = actor;
  if (actor.tenant !== wait.tenant) return refused('not-entitled');
  if (about.excluded.includes(userId)) return refused('excluded');
  if (delegationTo(state, userId) !== undefined) return refused('no-delegation');
  const before = delegationFrom(state, userId);
  if (before === undefined && !isEntitled(about, actor, now)) return refused('not-entitled');
  if (!about.terms.delegation) return refused('no-delegation');
  if (before?.to === said.to) return { kind: 'repeated' };
  const over = whyOver(wait, parts, now);
  if (over !== undefined) return over;
  if (decisionBy(state, userId) !== undefined) return refused('already-decided');
  if (before !== undefined && decisionBy(state, before.to) !== undefined) return refused('already-decided');
  if (!isFit(parts, actor, said.to)) return refused('unfit-delegate');
  const delegations = [
    ...state.delegations.filter(({ from }) => from !== userId),
    { from: userId, to: said.to, at: now },
  ];
  return { kind: 'counted', change: changeTo({ about, state: { ...state, delegations } }) };
}

export function readDelegation(value: unknown): SpokenDelegation | undefined {
  const said = ownData(value);
  if (said === undefined || !hasOnly(said, ['actor', 'to'])) return undefined;
  const { actor, to } = Object.fromEntries(said);
  return isId(to) ? { actor, to } : undefined;
}

/** Somebody who has a vote of their own, or stands in already, would lose one of two; who is kept out stays out. */
function isFit({ about, state }: ApprovalParts, actor: KnownActor, to: string): boolean {
  const { users } = peopleAt(about.terms, true); // whoever comes in later has a vote of their own then
  const hasPart =
    users.includes(to) ||
    decisionBy(state, to) !== undefined ||
    delegationFrom(state, to) !== undefined ||
    delegationTo(state, to) !== undefined;
  return to !== actor.userId && !about.excluded.includes(to) && !hasPart;
}

/** Nobody has to have marked it: a deadline holds by itself. */
function whyOver(wait: Wait, parts: ApprovalParts, now: number): Judgement | undefined {
  if (wait.status !== 'open' || outcomeOf(parts) !== undefined) return refused('settled');
  const { deadline } = parts.about;
  return deadline !== null && now >= deadline ? refused('late', expired(parts, deadline)) : undefined;
}

function changeTo(parts: ApprovalParts): WaitChange {
  if (outcomeOf(parts) !== undefined) return settledChange(parts.state);
  return { state: JSON.stringify(parts.state), ...inboxOf(parts) };
}

function hasOnly(said: ReadonlyMap<string, unknown>, keys: readonly string[]): boolean {
  return [...said.keys()].every((key) => keys.includes(key));
}

function isComment(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === 'string' && value.length <= MAX_COMMENT);
}
