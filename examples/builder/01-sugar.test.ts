import { intake } from './01-sugar.js';

test('a chain hands each step the result of the one before', async () => {
  const result = await intake.run('Outage in Berlin');
  expect(result.output).toBe('"Outage in Berlin" is with the on call team.');
  expect(result.perStep['read']).toEqual({ text: 'Outage in Berlin', urgent: true });
  expect((await intake.run('How do I log in?')).output).toMatch('support');
});
