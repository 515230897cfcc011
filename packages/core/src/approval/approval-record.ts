/**
 * Job. What a wait for an approval holds as text, and what follows from it: who may decide, who still can, what came of it.
 *
 * Boundary. Nothing is changed here, and nobody is believed: who acts has been made sure of before.
 *
 * Invariants:
 * A. The outcome is never written down: it follows from the decisions. So nothing can say "approved" without enough of them.
 * B. A person has one decision, and a right to decide is used once: by its owner, or by the one they named.
 * C. Who may decide follows from terms, escalation and delegations, never from the lists that a journal finds waits by.
 */
import { AdapterError } from '../errors/adapter-error.js';
import type { Wait } from '../ports/journal.js';
import type { KnownActor } from './actor.js';
import type { ApprovalTerms } from './approval-policy.js';
import type { KeptRequest } from './approval-request.js';

/** One person's decision. */
export interface Decision {
  readonly userId: string;
  readonly outcome: 'approved' | 'rejected';
  readonly comment?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** In whose stead. */
  readonly inPlaceOf?: string;
}

/** Somebody who may decide named another to do it. */
export interface Delegation {
  readonly from: string;
  readonly to: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What never changes of an approval. */
export interface ApprovalAbout {
  readonly v: 1;
  /** Of everything that a decision is bound to. */
  readonly digest: string;
  readonly request: KeptRequest;
  readonly terms: ApprovalTerms;
  /** Users who may not decide because of `notBy`. */
  readonly excluded: readonly string[];
  /** Milliseconds since the epoch. */
  readonly deadline: number | null;
  readonly escalateAt: number | null;
}

/** What has happened to it so far. */
export interface ApprovalState {
  readonly v: 1;
  /** In the order in which they came. */
  readonly decisions: readonly Decision[];
  readonly delegations: readonly Delegation[];
  /** When to remind next. Milliseconds since the epoch. */
  readonly remindAt: number | null;
  /** How often it was reminded of. */
  readonly reminders: number;
  readonly escalatedAt: number | null;
  readonly expiredAt: number | null;
}

/** Both halves of an approval. */
export interface ApprovalParts {
  readonly about: ApprovalAbout;
  readonly state: ApprovalState;
}

/** @throws {@link AdapterError} JOURNAL_VALUE_UNREADABLE when it is not what this release wrote. */
export function readApproval(wait: Wait): ApprovalParts {
  return {
    about: readPart<ApprovalAbout>(wait, 'about', ['digest', 'request', 'terms', 'excluded', 'deadline', 'escalateAt']),
    state: readPart<ApprovalState>(wait, 'state', ['decisions', 'delegations', 'remindAt', 'escalatedAt', 'expiredAt']),
  };
}

/** @throws {@link AdapterError} JOURNAL_VALUE_UNREADABLE */
export function readPart<T extends Versioned>(
  wait: Wait,
  part: 'about' | 'state',
  keys: readonly (keyof T & string)[],
): T {
  return readVersioned<T>(wait[part], { where: `${wait.workflow}.${wait.node}`, part, owner: 'a wait' }, keys);
}

/** What is kept as JSON beside the records of a run. */
interface Versioned {
  readonly v: 1;
}

/** @throws {@link AdapterError} JOURNAL_VALUE_UNREADABLE */
export function readVersioned<T extends Versioned>(
  text: string,
  { where, part, owner }: { readonly where: string; readonly part: string; readonly owner: string },
  keys: readonly (keyof T & string)[],
): T {
  let value: Partial<T> | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw AdapterError.valueUnreadable(where, [part], `${owner} holds text that is no JSON`);
  }
  if (value?.v !== 1) throw AdapterError.valueUnreadable(where, [part], `${owner} was written by another release`);
  const missing = keys.find((key) => !Object.hasOwn(value, key));
  if (missing === undefined) return value as T;
  throw AdapterError.valueUnreadable(where, [part, missing], `${owner} lacks it`);
}

/** What came of an approval. */
export type ApprovalOutcome = 'approved' | 'rejected' | 'expired';

/** What came of it (A), or `undefined` while that is open. Where more than one could be said, it is never "approved". */
export function outcomeOf({ about, state }: ApprovalParts): ApprovalOutcome | undefined {
  const { quorum, rejections } = about.terms;
  if (state.expiredAt !== null) return 'expired';
  if (votersFor(state, 'rejected') >= rejections) return 'rejected';
  const approvals = votersFor(state, 'approved');
  if (approvals >= quorum) return 'approved';
  return approvals + stillAble({ about, state }) < quorum ? 'rejected' : undefined;
}

function votersFor({ decisions }: ApprovalState, outcome: Decision['outcome']): number {
  return new Set(decisions.filter((decision) => decision.outcome === outcome).map(({ userId }) => userId)).size;
}

/** How many more people can decide, those of a coming escalation included. Nobody knows who is in a group. */
export function stillAble({ about, state }: ApprovalParts): number {
  const { users, groups, escalate } = about.terms;
  if (groups.length > 0 || (escalate?.groups.length ?? 0) > 0) return Infinity;
  const able = new Set<string>();
  for (const user of [...users, ...(escalate?.users ?? [])]) {
    if (about.excluded.includes(user) || isUsed(state, user)) continue;
    able.add(delegationFrom(state, user)?.to ?? user);
  }
  for (const { userId } of state.decisions) able.delete(userId);
  return able.size;
}

/** Whether somebody's right to decide is used up: by themselves, or in their stead. */
function isUsed({ decisions }: ApprovalState, user: string): boolean {
  return decisions.some(({ userId, inPlaceOf }) => (inPlaceOf ?? userId) === user);
}

export function decisionBy({ decisions }: ApprovalState, user: string): Decision | undefined {
  return decisions.find(({ userId }) => userId === user);
}

export function delegationFrom({ delegations }: ApprovalState, user: string): Delegation | undefined {
  return delegations.find(({ from }) => from === user);
}

export function delegationTo({ delegations }: ApprovalState, user: string): Delegation | undefined {
  return delegations.find(({ to }) => to === user);
}

/** By what right somebody decides, or why they have none. */
export type Standing =
  | { readonly may: true; readonly inPlaceOf: string | undefined }
  | { readonly may: false; readonly reason: 'excluded' | 'not-entitled' | 'delegated-away' };

/** Who stands in for another decides for that one alone, also where they could decide in their own right (B). */
export function standingOf(parts: ApprovalParts, actor: KnownActor, now: number): Standing {
  const { about, state } = parts;
  if (about.excluded.includes(actor.userId)) return { may: false, reason: 'excluded' };
  const delegation = delegationTo(state, actor.userId);
  if (delegation !== undefined) return { may: true, inPlaceOf: delegation.from };
  if (delegationFrom(state, actor.userId) !== undefined) return { may: false, reason: 'delegated-away' };
  return isEntitled(about, actor, now) ? { may: true, inPlaceOf: undefined } : { may: false, reason: 'not-entitled' };
}

/** In their own right. An escalation whose time has come holds, whether or not anybody has marked it. */
export function isEntitled({ terms, escalateAt }: ApprovalAbout, actor: KnownActor, now: number): boolean {
  const { users, groups } = peopleAt(terms, escalateAt !== null && now >= escalateAt);
  return users.includes(actor.userId) || actor.groups.some((group) => groups.includes(group));
}

export function peopleAt({ users, groups, escalate }: ApprovalTerms, isEscalated: boolean) {
  if (escalate === null || !isEscalated) return { users, groups };
  return { users: union(users, escalate.users), groups: union(groups, escalate.groups) };
}

/** What a journal should find the wait by: those who may look at it as something to decide. */
export function inboxOf({ about, state }: ApprovalParts): Pick<Wait, 'users' | 'groups'> {
  const { users, groups } = peopleAt(about.terms, state.escalatedAt !== null);
  const delegates = state.delegations.map(({ to }) => to);
  return { users: union(users, delegates).filter((user) => !about.excluded.includes(user)), groups };
}

/** When something happens by itself next; `null` for never. */
export function nextDue({ about, state }: ApprovalParts): number | null {
  const escalateAt = state.escalatedAt === null ? about.escalateAt : null;
  const times = [about.deadline, escalateAt, state.remindAt].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(...times);
}

function union(left: readonly string[], right: readonly string[]): readonly string[] {
  return [...new Set([...left, ...right])];
}
