/**
 * An approval as slowly as it can be told: a list of what was accepted, and questions that go through all of it each time.
 * It shares nothing with the real one but the policy.
 */
import type { ApprovalPolicy } from '@drawloom/core';

/** Times are numbers, users and groups single letters. */
export interface ModelPolicy extends ApprovalPolicy {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly quorum: number;
  readonly rejections: number;
  readonly delegation: boolean;
  readonly deadline?: number;
  readonly escalate?: { readonly after: number; readonly users: readonly string[]; readonly groups: readonly string[] };
}

/** Which groups each person is in. */
export const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  a: ['G'],
  b: ['G', 'H'],
  c: ['H'],
  d: [],
  e: ['G'],
  f: [],
};
export const PEOPLE = Object.keys(MEMBERS);

type Accepted =
  | { readonly what: 'vote'; readonly by: string; readonly right: string; readonly yes: boolean }
  | { readonly what: 'delegation'; readonly from: string; readonly to: string };

export class ApprovalModel {
  readonly #policy: ModelPolicy;
  readonly #excluded: readonly string[];
  readonly #accepted: Accepted[] = [];
  #isExpired = false;

  constructor(policy: ModelPolicy, excluded: readonly string[]) {
    this.#policy = policy;
    this.#excluded = excluded;
  }

  get outcome(): string | undefined {
    if (this.#isExpired) return 'expired';
    const { quorum, rejections } = this.#policy;
    if (this.#votes.filter(({ yes }) => !yes).length >= rejections) return 'rejected';
    if (this.yes.length >= quorum) return 'approved';
    const yes = this.yes.length;
    // Whoever could still come: somebody named, or their delegate; with a group it could be anybody.
    const { users, groups, escalate } = this.#policy;
    if (groups.length + (escalate?.groups.length ?? 0) > 0) return undefined;
    const rights = [...new Set([...users, ...(escalate?.users ?? [])])].filter(
      (right) => !this.#excluded.includes(right),
    );
    const unused = rights.filter((right) => !this.#votes.some((vote) => vote.right === right));
    const voters = unused.map((right) => this.#delegateOf(right) ?? right);
    const still = new Set(voters.filter((voter) => !this.#votes.some(({ by }) => by === voter)));
    return yes + still.size < quorum ? 'rejected' : undefined;
  }

  get yes(): readonly { readonly by: string; readonly right: string }[] {
    return this.#votes.filter(({ yes }) => yes);
  }

  get #votes() {
    return this.#accepted.filter((each) => each.what === 'vote');
  }

  #delegateOf(person: string): string | undefined {
    return this.#accepted.findLast((each) => each.what === 'delegation' && each.from === person)?.['to' as never];
  }

  #delegatorOf(person: string): string | undefined {
    return PEOPLE.find((from) => this.#delegateOf(from) === person);
  }

  #hasRight(person: string, now: number): boolean {
    const { users, groups, escalate } = this.#policy;
    const isLate = escalate !== undefined && now >= escalate.after;
    const named = isLate ? [...users, ...escalate.users] : users;
    const grouped = isLate ? [...groups, ...escalate.groups] : groups;
    return named.includes(person) || MEMBERS[person]!.some((group) => grouped.includes(group));
  }

  #isOver(now: number): boolean {
    this.passTime(now);
    return this.outcome !== undefined;
  }

  passTime(now: number): void {
    const { deadline } = this.#policy;
    if (this.outcome === undefined && deadline !== undefined && now >= deadline) this.#isExpired = true;
  }

  /** Whether it counts, counted before, or does not. */
  vote(by: string, yes: boolean, now: number): 'counted' | 'repeated' | 'refused' {
    if (this.#excluded.includes(by)) return 'refused';
    const delegator = this.#delegatorOf(by);
    if (delegator === undefined && (this.#delegateOf(by) !== undefined || !this.#hasRight(by, now))) return 'refused';
    const earlier = this.#votes.find((vote) => vote.by === by);
    if (earlier !== undefined) return earlier.yes === yes ? 'repeated' : 'refused';
    if (this.#isOver(now)) return 'refused';
    this.#accepted.push({ what: 'vote', by, right: delegator ?? by, yes });
    return 'counted';
  }

  delegate(from: string, to: string, now: number): 'counted' | 'repeated' | 'refused' {
    const before = this.#delegateOf(from);
    if (this.#excluded.includes(from) || this.#delegatorOf(from) !== undefined) return 'refused';
    if (before === undefined && !this.#hasRight(from, now)) return 'refused';
    if (!this.#policy.delegation) return 'refused';
    if (before === to) return 'repeated';
    if (this.#isOver(now)) return 'refused';
    if (this.#votes.some((vote) => vote.right === from || vote.by === from)) return 'refused';
    const { users, escalate } = this.#policy;
    const hasPart =
      [...users, ...(escalate?.users ?? [])].includes(to) ||
      this.#votes.some(({ by }) => by === to) ||
      this.#delegateOf(to) !== undefined ||
      this.#delegatorOf(to) !== undefined;
    if (from === to || hasPart || this.#excluded.includes(to)) return 'refused';
    this.#accepted.push({ what: 'delegation', from, to });
    return 'counted';
  }
}
