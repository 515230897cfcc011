import { Approvals } from '../approval/approvals.js';
import { keepTime } from '../approval/keep-time.js';
import { openApproval } from '../approval/open-approval.js';
import { openSignal } from '../approval/signal-wait.js';
import { Signals } from '../approval/signals.js';
import { InMemoryJournal } from '../journal/in-memory-journal.js';
import type { NewWait, Wait } from '../ports/journal.js';
import { auditedOutcome, auditedRequest } from './audited-waits.js';

const facts = { tenant: 'acme', runId: 'r', id: 'w-1', workflow: 'claims', node: 'ask', visit: 2, userId: 'carl' };
const request = { title: 'Pay 4,000 euros?' };
const authenticate = (token: unknown) => ({ tenant: 'acme', userId: String(token), groups: ['managers'] });

function approval(deadline?: '1h'): NewWait {
  const policy = { groups: ['managers'], quorum: 2, rejections: 2, delegation: true, deadline };
  return openApproval({ policy, request, facts: { ...facts, graphHash: 'h' }, excluded: ['carl'], now: 1_000 });
}

/** A journal in which a run waits. */
async function waiting(wait: NewWait): Promise<InMemoryJournal> {
  const journal = new InMemoryJournal();
  const { tenant, runId, workflow, userId } = facts;
  const run = { tenant, runId, workflow, userId, version: undefined, graphHash: 'h', sessionId: 's', createdAt: 1, forkedFrom: undefined, graph: '{}' }; // prettier-ignore
  const created = await journal.create(run, [], { owner: 'me', until: 9_000 });
  if (created.isNew) await journal.commit(created.lease, { records: [], opens: [wait], status: 'suspended', at: 1 });
  return journal;
}
const waitIn = async (journal: InMemoryJournal): Promise<Wait> => (await journal.wait({ tenant: 'acme', id: 'w-1' }))!;
const clock = { now: () => 2_000, setTimer: () => () => undefined };

describe('What is put on record of a wait', () => {
  it('is who is asked, and the digest of what they are shown: the content is shown by policy', () => {
    const [entry, ...rest] = auditedRequest(approval('1h'));
    expect(rest).toEqual([]);
    expect(entry).toMatchObject({
      action: 'approval.requested',
      node: 'ask',
      facts: { wait: 'w-1', groups: ['managers'], quorum: 2, rejections: 2, excluded: ['carl'], dueAt: 3_601_000 },
      content: { role: 'request', value: request },
    });
    expect(entry!.facts!['digest']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is each decision with who made it and when, who stood in for whom, and what they were shown', async () => {
    const journal = await waiting(approval());
    const approvals = new Approvals({ journal, authenticate, clock });
    const { digest } = await approvals.get('w-1', { tenant: 'acme' });
    await approvals.delegate('w-1', { actor: 'mia', to: 'noa' });
    await approvals.decide('w-1', { actor: 'noa', outcome: 'approved', digest, comment: 'fine with me' });
    await approvals.decide('w-1', { actor: 'otto', outcome: 'approved', digest });
    expect(auditedOutcome(await waitIn(journal))).toEqual([
      { action: 'approval.delegated', node: 'ask', actor: 'user:mia', time: 2_000, facts: { wait: 'w-1', to: 'noa' } },
      {
        action: 'approval.decided',
        node: 'ask',
        actor: 'user:noa',
        time: 2_000,
        facts: { wait: 'w-1', digest, outcome: 'approved', inPlaceOf: 'mia' },
        content: { role: 'decision', value: 'fine with me' },
      },
      {
        action: 'approval.decided',
        node: 'ask',
        actor: 'user:otto',
        time: 2_000,
        facts: { wait: 'w-1', digest, outcome: 'approved', inPlaceOf: undefined },
      },
    ]);
  });

  it('is that it expired, by nobody', async () => {
    const journal = await waiting(approval('1h'));
    await keepTime({ journal, workflows: ['claims'], now: 3_601_000 });
    expect(auditedOutcome(await waitIn(journal))).toEqual([
      { action: 'approval.expired', node: 'ask', time: 3_601_000, facts: { wait: 'w-1' } },
    ]);
  });

  it('is who sent a signal, but not what it said', async () => {
    const wait = openSignal({ facts, signal: 'paid', timeoutMs: undefined, now: 1_000 });
    expect(auditedRequest(wait)).toMatchObject([{ action: 'signal.awaited', node: 'ask', facts: { signal: 'paid' } }]);
    const journal = await waiting(wait);
    await new Signals({ journal, authenticate, clock }).send({
      runId: 'r',
      signal: 'paid',
      payload: 'canary',
      sender: 'bank',
      id: 'm-1',
    });
    const [entry] = auditedOutcome(await waitIn(journal));
    expect(entry).toEqual({
      action: 'signal.received',
      node: 'ask',
      actor: 'user:bank',
      time: 2_000,
      facts: { wait: 'w-1', signal: 'paid', message: 'm-1' },
    });
  });
});
