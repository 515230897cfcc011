import type { ApprovalPolicy, Wait, WaitChange } from '@drawloom/core';
import { type ApprovalOpening, judge, judgeDelegation, openApproval, tick } from '@drawloom/core/front-end';

export const FACTS = {
  tenant: 'acme',
  runId: 'run-1',
  id: 'wait-1',
  workflow: 'claims',
  node: 'askManager',
  visit: 1,
  userId: 'ann',
  graphHash: 'hash-1',
};

export const REQUEST = { title: 'Pay 900 €?', body: 'A water damage.', data: { amount: 900 } };

/** A wait for an approval, and what is done to it: what counts changes it. */
export class OpenApproval {
  wait: Wait;

  constructor(policy: ApprovalPolicy, more: Partial<Omit<ApprovalOpening, 'policy'>> = {}) {
    const opened = openApproval({ policy, request: REQUEST, facts: FACTS, excluded: [], now: 0, ...more });
    this.wait = { ...opened, status: 'open', version: 1 };
  }

  get digest(): string {
    return (JSON.parse(this.wait.about) as { digest: string }).digest;
  }

  /** `counted`, `repeated`, or why it was refused. */
  decide(userId: string, outcome: string, { groups = [], at = 1, ...more }: Said = {}): string {
    const actor = { tenant: 'acme', userId, groups };
    return this.say({ actor, outcome, digest: this.digest, ...more }, at);
  }

  say(decision: unknown, at = 1): string {
    return this.#take(judge(this.wait, decision, at));
  }

  delegate(userId: string, to: string, { groups = [], at = 1 }: Said = {}): string {
    return this.hand({ actor: { tenant: 'acme', userId, groups }, to }, at);
  }

  hand(delegation: unknown, at = 1): string {
    return this.#take(judgeDelegation(this.wait, delegation, at));
  }

  /** The notices. */
  tick(at: number): readonly { readonly type: string }[] {
    const ticked = tick(this.wait, at);
    if (ticked !== undefined) this.apply(ticked.change);
    return ticked?.notices ?? [];
  }

  #take(judgement: ReturnType<typeof judge>): string {
    if ('change' in judgement && judgement.change !== undefined) this.apply(judgement.change);
    return judgement.kind === 'refused' ? judgement.reason : judgement.kind;
  }

  apply({ state, status, dueAt, users, groups }: WaitChange): void {
    const { wait } = this;
    this.wait = {
      ...wait,
      state,
      status: status ?? wait.status,
      dueAt: dueAt === undefined ? wait.dueAt : (dueAt ?? undefined),
      users: users ?? wait.users,
      groups: groups ?? wait.groups,
      version: wait.version + 1,
    };
  }
}

export interface Said {
  readonly groups?: readonly string[];
  readonly at?: number;
  readonly digest?: unknown;
  readonly comment?: unknown;
}
