import { VirtualClock } from '@drawloom/testing';
import { main, office, type Purchase } from './12-approval-chain.js';

const loom: Purchase = { what: 'a loom', euros: 9_000 };
const slow = { lease: '30d', pollInterval: '30d' } as const;

async function asked(userId = 'ann') {
  const clock = new VirtualClock();
  const { purchases, approvals } = office(clock, slow);
  const { runId } = await purchases.run(loom, { userId });
  const decide = async (user: string, group: string, outcome: 'approved' | 'rejected' = 'approved') => {
    const [open] = await approvals.list({ user, groups: [group] });
    if (open === undefined) return 'nothing to decide';
    await approvals.decide(open.id, { actor: `token of ${user}`, outcome, digest: open.digest });
    return open.title;
  };
  const output = async () => (await purchases.resume(runId)).output;
  return { clock, approvals, decide, output, resume: () => purchases.resume(runId) };
}

test('two managers and finance agree, and the loom is ordered', async () => {
  const lines = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  await main();
  expect(lines.mock.calls.flat()).toEqual([
    'mia approves: Buy a loom for 9000 euros?',
    'tom approves: Buy a loom for 9000 euros?',
    'fay approves: Are there 9000 euros left?',
    'a loom is ordered.',
  ]);
  lines.mockRestore();
});

test('nobody approves what they asked for, nor twice in the chain', async () => {
  const { decide } = await asked('tom');
  expect(await decide('tom', 'managers')).toBe('nothing to decide');
  const { decide: again, resume } = await asked();
  await again('mia', 'managers');
  await again('tom', 'managers');
  await resume();
  expect(await again('mia', 'finance')).toBe('nothing to decide');
  expect(await again('fay', 'finance')).toBe('Are there 9000 euros left?');
});

test('a director comes in after two days, and counts like a manager', async () => {
  const { clock, decide, resume } = await asked();
  expect(await decide('dan', 'directors')).toBe('nothing to decide');
  await clock.advance('2d');
  await decide('dan', 'directors');
  await decide('mia', 'managers');
  expect(await resume()).toMatchObject({ status: 'suspended', waits: [{ node: 'askFinance' }] });
});

test('one rejection is enough, and silence is no yes', async () => {
  const vetoed = await asked();
  await vetoed.decide('mia', 'managers');
  await vetoed.decide('tom', 'managers', 'rejected');
  expect(await vetoed.output()).toBe('a loom is not bought: rejected by the managers.');
  const silent = await asked();
  await silent.decide('mia', 'managers');
  await silent.clock.advance('5d');
  expect(await silent.output()).toBe('a loom is not bought: expired by the managers.');
});
