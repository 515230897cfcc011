import { AnswerMail, Endless } from './03-routing-and-loops.js';

test('both topics are answered, and the letter is written until nothing is missing', async () => {
  const result = await new AnswerMail().run('A refund, please. And why is it slow?');
  expect(result.output).toBe('Dear customer. The refund is on its way. The server was restarted.');
  expect(result).toHaveVisitedExactly('refund', 'restart', 'begin', 'write', 'write', 'send');
  expect(result).toHaveRouted('review', 'again', 'done');
});

test('what has no topic goes to a person, and the run says why the rest did not run', async () => {
  const result = await new AnswerMail().run('Is the shop open?');
  expect(result.output).toBe('A person reads: Is the shop open?');
  expect(result.explain().map(({ node }) => node)).toEqual(['refund', 'restart', 'begin', 'write', 'send']);
});

test('a loop that never ends is stopped by its cap, with what it did so far', async () => {
  await expect(new Endless().run('a refund')).rejects.toMatchObject({
    code: 'MAX_VISITS',
    workflow: 'Endless',
    node: 'write',
    cap: { cap: 5, cycle: [{ node: 'write', visits: 5 }] },
  });
});
