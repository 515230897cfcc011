import { APPROVAL_OPTIONS, type ApprovalPolicy, checkApprovalPolicy, termsOf } from '../approval/approval-policy.js';
import type { Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { End, NodeDefinition, WaitingKind } from '../graph/definition.js';
import type { Schema } from '../ports/schema.js';
import { canonicalText } from '../values/canonical-text.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { approvalWaiting, delayWaiting, signalWaiting } from './wait-nodes.js';
import type { Waiting } from './waiting.js';

/** Where a run goes on after an approval; what the node received is passed on. */
export interface ApprovalRoutes<T extends string | End = string | End> {
  readonly approved: T;
  readonly rejected: T;
  /** Needed, and allowed, with a `deadline`. */
  readonly expired?: T | undefined;
}

/** Where a run goes on after a wait; what the node received is passed on. */
export interface WaitRoutes<T extends string | End = string | End> {
  readonly received: T;
  /** Needed, and allowed, with a `timeout`. */
  readonly expired?: T | undefined;
}

/** What a wait for a signal says. */
export interface SignalPolicy {
  /** What the signal is called. @defaultValue the node's name */
  readonly signal?: string | undefined;
  /** After which the wait is over without it. More than 0. @defaultValue none */
  readonly expiresAfter?: Duration | undefined;
  /** Who may send it, by user id. @defaultValue anybody of the tenant */
  readonly users?: readonly string[] | undefined;
  /** Who may send it, by group. @defaultValue anybody of the tenant */
  readonly groups?: readonly string[] | undefined;
}

/** Names of the options of a wait, beside those that every node has. */
export const SIGNAL_OPTIONS: readonly (keyof SignalPolicy)[] = ['signal', 'expiresAfter', 'users', 'groups'];
export { APPROVAL_OPTIONS };

/** A node that waits, as both front ends come to it. */
export interface WaitNode {
  readonly waiting: Waiting;
  /** For the definition of the node. */
  readonly defines: Pick<NodeDefinition, 'terms' | 'refersTo'> & { readonly kind: WaitingKind };
}

/** What is wrong with an approval. */
export function approvalProblems(where: string, policy: ApprovalPolicy, routes: unknown): Problem[] {
  const own = Object.fromEntries(
    APPROVAL_OPTIONS.filter((option) => policy[option] !== undefined).map((option) => [option, policy[option]]),
  );
  const needed = ['approved', 'rejected', ...(policy.deadline === undefined ? [] : ['expired'])];
  return [...checkApprovalPolicy(where, own), ...routeProblems(where, routes, needed)];
}

/** How an approval waits. The policy has been checked. */
export function approvalNode(policy: ApprovalPolicy): WaitNode {
  const { notBy } = policy;
  const defines = { kind: 'approval', terms: canonicalText(termsOf(policy)) } as const;
  return {
    waiting: approvalWaiting(policy),
    defines: notBy === undefined ? defines : { ...defines, refersTo: Object.freeze([...notBy]) },
  };
}

/** What is wrong with a wait for a signal. */
export function signalProblems(where: string, policy: SignalPolicy, routes: unknown): Problem[] {
  const { signal, expiresAfter, users, groups } = policy;
  const found: Problem[] = [];
  const check = (isRight: boolean, option: string, value: unknown, allowed: string): void => {
    if (value !== undefined && !isRight) found.push(problem.invalidOption(where, option, value, allowed));
  };
  check(typeof signal === 'string' && signal !== '', 'signal', signal, 'text of at least one character');
  check((toMilliseconds(expiresAfter) ?? 0) > 0, 'expiresAfter', expiresAfter, `more than 0; ${DURATION_FORMS}`);
  for (const [option, list] of [
    ['users', users],
    ['groups', groups],
  ] as const) {
    const isList = Array.isArray(list) && list.every((id) => typeof id === 'string' && id !== '');
    check(isList, option, list, 'a list of ids');
  }
  const needed = ['received', ...(expiresAfter === undefined ? [] : ['expired'])];
  return [...found, ...routeProblems(where, routes, needed)];
}

/** How a wait for a signal waits. The policy has been checked. */
export function signalNode(name: string, policy: SignalPolicy, schema: Schema | undefined): WaitNode {
  const { signal = name, expiresAfter, users, groups } = policy;
  const timeoutMs = expiresAfter === undefined ? undefined : toMilliseconds(expiresAfter);
  const terms = { signal, timeoutMs: timeoutMs ?? null, users: users ?? [], groups: groups ?? [] };
  return {
    waiting: signalWaiting({ signal, timeoutMs, users, groups, schema }),
    defines: { kind: 'wait', terms: canonicalText(terms) },
  };
}

/** How a delay waits, and for how long where that is known beforehand. */
export function delayNode(length: Duration | undefined): WaitNode {
  const lengthMs = length === undefined ? null : toMilliseconds(length)!;
  return { waiting: delayWaiting(), defines: { kind: 'delay', terms: canonicalText({ lengthMs }) } };
}

/** Every way out needs its route: a run must not stop for want of one. */
function routeProblems(where: string, routes: unknown, needed: readonly string[]): Problem[] {
  if (routes === undefined) return [];
  const allowed = `an object with the keys ${needed.join(', ')}`;
  if (typeof routes !== 'object' || routes === null) return [problem.invalidOption(where, 'routes', routes, allowed)];
  const keys = Object.keys(routes).filter((key) => (routes as Record<string, unknown>)[key] !== undefined);
  const isRight = keys.length === needed.length && needed.every((key) => keys.includes(key));
  return isRight ? [] : [problem.invalidOption(where, 'routes', keys, allowed)];
}
