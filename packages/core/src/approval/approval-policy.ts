import type { Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { canonicalText } from '../values/canonical-text.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { isListOfIds } from './actor.js';

/** Who decides, how many of them, and what happens when they do not. At least one user or group. */
export interface ApprovalPolicy {
  /** User ids. @defaultValue none */
  readonly users?: readonly string[] | undefined;
  /** Whoever is in one of these groups. @defaultValue none */
  readonly groups?: readonly string[] | undefined;
  /** How many different people have to approve. At least 1. @defaultValue 1 */
  readonly quorum?: number | undefined;
  /**
   * How many rejections settle it: by default one is a veto. At least 1. It is rejected as well once too few people are
   * left to approve it, where everybody is named in `users`. @defaultValue 1
   */
  readonly rejections?: number | undefined;
  /** Nodes: whoever acted in one of them may not decide, nor stand in for somebody. @defaultValue none */
  readonly notBy?: readonly string[] | undefined;
  /** From then on nobody can decide any more: it is expired, which is never an approval. More than 0. @defaultValue none */
  readonly deadline?: Duration | undefined;
  /** When those who may decide are reminded: once after a time, or after that again and again. @defaultValue never */
  readonly reminder?: Duration | Reminder | undefined;
  /** Who may decide as well when it has not been settled after a time. @defaultValue nobody */
  readonly escalate?: Escalation | undefined;
  /** Whether somebody who may decide may name another to do it in their stead. @defaultValue `false` */
  readonly delegation?: boolean | undefined;
}

/** A reminder that is repeated. */
export interface Reminder {
  /** More than 0. */
  readonly after: Duration;
  /** At least a second. @defaultValue once */
  readonly every?: Duration | undefined;
}

/** Who comes in later. At least one user or group. */
export interface Escalation {
  /** More than 0, and before the deadline. */
  readonly after: Duration;
  readonly users?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
}

/** A policy with all defaults in their places and times in milliseconds: what is kept of it. Plain JSON. */
export interface ApprovalTerms {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly quorum: number;
  readonly rejections: number;
  readonly notBy: readonly string[];
  readonly deadlineMs: number | null;
  readonly reminder: { readonly afterMs: number; readonly everyMs: number | null } | null;
  readonly escalate: {
    readonly afterMs: number;
    readonly users: readonly string[];
    readonly groups: readonly string[];
  } | null;
  readonly delegation: boolean;
}

/** Names of all options of a policy, for whoever takes them apart from others. */
export const APPROVAL_OPTIONS: readonly (keyof ApprovalPolicy)[] = [
  'users',
  'groups',
  'quorum',
  'rejections',
  'notBy',
  'deadline',
  'reminder',
  'escalate',
  'delegation',
];

const IDS = 'a list of ids, each once, each text of at least one character';
const COUNT = 'a whole number of 1 or more';
const SPAN = `more than 0; ${DURATION_FORMS}`;
const REMINDERS = `a duration of more than 0, or { after, every }; ${DURATION_FORMS}`;

/** Every mistake in a policy. Whether the nodes in `notBy` exist is for the graph to say. */
export function checkApprovalPolicy(where: string, policy: ApprovalPolicy): Problem[] {
  const found: Problem[] = [];
  const check = (isRight: boolean, option: string, value: unknown, allowed: string): void => {
    if (!isRight) found.push(problem.invalidOption(where, option, value, allowed));
  };
  if (!isBag(policy)) {
    check(false, 'policy', policy, 'an object such as { groups: ["managers"] }');
    return found;
  }
  checkKeys(where, '', policy, APPROVAL_OPTIONS, found);
  const { users, groups, quorum = 1, rejections = 1, notBy, deadline, delegation } = policy;
  checkPeople(check, '', policy, 'who may decide');
  check(isCount(quorum), 'quorum', quorum, COUNT);
  check(isCount(rejections), 'rejections', rejections, COUNT);
  check(notBy === undefined || isListOfIds(notBy), 'notBy', notBy, 'a list of names of nodes, each once');
  check(deadline === undefined || isSpan(deadline), 'deadline', deadline, SPAN);
  check(delegation === undefined || typeof delegation === 'boolean', 'delegation', delegation, 'true or false');
  checkReminder(where, policy, check, found);
  checkEscalation(where, policy, check, found);
  if (found.length > 0 || (groups?.length ?? 0) > 0 || (policy.escalate?.groups?.length ?? 0) > 0) return found;
  const people = new Set([...users!, ...(policy.escalate?.users ?? [])]).size;
  check(quorum <= people, 'quorum', quorum, `at most ${people}, the number of users who may decide`);
  check(rejections <= people, 'rejections', rejections, `at most ${people}, the number of users who may decide`);
  return found;
}

/** What is kept of a policy, which has been checked. */
export function termsOf(policy: ApprovalPolicy): ApprovalTerms {
  const { users = [], groups = [], quorum = 1, rejections = 1, notBy = [], deadline, reminder, escalate } = policy;
  const { after, every } = typeof reminder === 'object' ? reminder : { after: reminder, every: undefined };
  return {
    users: [...users],
    groups: [...groups],
    quorum,
    rejections,
    notBy: [...notBy],
    deadlineMs: toMilliseconds(deadline) ?? null,
    reminder: after === undefined ? null : { afterMs: toMilliseconds(after)!, everyMs: toMilliseconds(every) ?? null },
    escalate:
      escalate === undefined
        ? null
        : {
            afterMs: toMilliseconds(escalate.after)!,
            users: [...(escalate.users ?? [])],
            groups: [...(escalate.groups ?? [])],
          },
    delegation: policy.delegation ?? false,
  };
}

/** The policy as the text that a graph carries: equal policies have equal texts, however their durations are written. */
export function termsText(policy: ApprovalPolicy): string {
  return canonicalText(termsOf(policy));
}

type Check = (isRight: boolean, option: string, value: unknown, allowed: string) => void;

function checkPeople(
  check: Check,
  prefix: string,
  { users, groups }: Pick<ApprovalPolicy, 'users' | 'groups'>,
  who: string,
): void {
  check(users === undefined || isListOfIds(users), `${prefix}users`, users, IDS);
  check(groups === undefined || isListOfIds(groups), `${prefix}groups`, groups, IDS);
  const isNobody = isEmpty(users) && isEmpty(groups);
  check(!isNobody, `${prefix}groups`, groups, `users or groups with at least one entry, to say ${who}`);
}

function checkReminder(where: string, { reminder, deadline }: ApprovalPolicy, check: Check, found: Problem[]): void {
  if (reminder === undefined) return;
  if (!isBag(reminder)) {
    check(isSpan(reminder), 'reminder', reminder, REMINDERS);
    checkBefore(check, 'reminder', reminder, deadline);
    return;
  }
  checkKeys(where, 'reminder.', reminder, ['after', 'every'], found);
  const { after, every } = reminder as Reminder;
  check(isSpan(after), 'reminder.after', after, SPAN);
  checkBefore(check, 'reminder.after', after, deadline);
  const isOften = every === undefined || (toMilliseconds(every) ?? 0) >= 1_000;
  check(isOften, 'reminder.every', every, `at least a second; ${DURATION_FORMS}`);
}

function checkEscalation(where: string, { escalate, deadline }: ApprovalPolicy, check: Check, found: Problem[]): void {
  if (escalate === undefined) return;
  if (!isBag(escalate)) {
    check(false, 'escalate', escalate, '{ after, users?, groups? }');
    return;
  }
  checkKeys(where, 'escalate.', escalate, ['after', 'users', 'groups'], found);
  check(isSpan(escalate.after), 'escalate.after', escalate.after, SPAN);
  checkBefore(check, 'escalate.after', escalate.after, deadline);
  checkPeople(check, 'escalate.', escalate, 'who comes in');
}

/** What comes at the deadline or later would never come. */
function checkBefore(check: Check, option: string, after: unknown, deadline: unknown): void {
  const [first, last] = [toMilliseconds(after), toMilliseconds(deadline)];
  if (first === undefined || last === undefined) return; // told already, or without a deadline
  check(first < last, option, after, 'less than the deadline');
}

function checkKeys(where: string, prefix: string, bag: object, known: readonly string[], found: Problem[]): void {
  const names = known.map((name) => prefix + name);
  for (const key of Object.keys(bag)) {
    if (!known.includes(key)) found.push(problem.unknownOption(where, prefix + key, names));
  }
}

function isBag(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(list: unknown): boolean {
  return list === undefined || (Array.isArray(list) && list.length === 0);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isSpan(value: unknown): boolean {
  return (toMilliseconds(value) ?? 0) > 0;
}
