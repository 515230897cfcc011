/**
 * 12. People decide: a run waits for days, in a journal, and goes on when enough of them agree. Nobody approves what they asked
 * for themselves, nor twice in one chain; who is silent is reminded, then others are asked, and silence is never a yes.
 */
import { Executor, InMemoryJournal, type Actor, type Clock, type DurabilityOptions } from '@drawloom/core';
import { Approval, Configure, Container, drawloom, End, Start, WorkflowBase, workflows } from '@drawloom/decorators';
import type { ApprovalDecision, ApprovalRequest, StepContext } from '@drawloom/decorators';

export interface Purchase {
  readonly what: string;
  readonly euros: number;
}

@Configure({ name: 'purchases' })
export class Purchases extends WorkflowBase<Purchase, string> {
  @Start() file(purchase: Purchase): Purchase {
    return purchase;
  }

  @Approval({
    after: 'file',
    groups: ['managers'],
    quorum: 2,
    notBy: ['file'],
    reminder: '1d',
    escalate: { after: '2d', groups: ['directors'] },
    deadline: '5d',
    routes: { approved: 'askFinance', rejected: 'refuse', expired: 'refuse' },
  })
  askManagers({ what, euros }: Purchase): ApprovalRequest {
    return { title: `Buy ${what} for ${euros} euros?` };
  }

  @Approval({
    groups: ['finance'],
    notBy: ['file', 'askManagers'],
    routes: { approved: 'order', rejected: 'refuse' },
  })
  askFinance({ euros }: Purchase): ApprovalRequest {
    return { title: `Are there ${euros} euros left?` };
  }

  @End() order({ what }: Purchase): string {
    return `${what} is ordered.`;
  }

  @End() refuse({ what }: Purchase, context: StepContext): string {
    return `${what} is not bought: ${context.decision<ApprovalDecision>('askManagers')!.outcome} by the managers.`;
  }
}

/** Stands for your sessions. Whoever is not in it decides nothing. */
const GROUPS = { mia: ['managers', 'finance'], tom: ['managers'], fay: ['finance'], dan: ['directors'] };
function actorOf(token: unknown): Actor | undefined {
  const user = Object.keys(GROUPS).find((name) => token === `token of ${name}`) as keyof typeof GROUPS | undefined;
  return user && { userId: user, groups: GROUPS[user] };
}

/** `sqlite('runs.db')` of @drawloom/sqlite in place of this journal, and runs survive the end of the process. */
export function office(clock?: Clock, slower: DurabilityOptions = {}) {
  const container = new Container();
  const durability = { authentication: { authenticate: actorOf }, ...slower };
  container.load(drawloom({ journal: new InMemoryJournal(), clock, durability }), workflows(Purchases));
  return { purchases: container.get(Purchases), approvals: container.get(Executor).approvals };
}

export async function main() {
  const { purchases, approvals } = office();
  const { runId } = await purchases.run({ what: 'a loom', euros: 9_000 }, { userId: 'ann' });
  for (const user of ['mia', 'tom', 'fay'] as const) {
    for (const { id, title, digest } of await approvals.list({ user, groups: GROUPS[user] })) {
      await approvals.decide(id, { actor: `token of ${user}`, outcome: 'approved', digest });
      console.log(`${user} approves: ${title}`);
    }
    await purchases.resume(runId);
  }
  console.log((await purchases.resume(runId)).output);
}
