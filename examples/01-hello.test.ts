import { Intake } from './01-hello.js';

test('each step is handed the result of the one before', async () => {
  const { output, perStep } = await new Intake().run('Outage in Berlin');
  expect(output).toBe('"Outage in Berlin" is with the on call team.');
  expect(perStep['read']).toEqual({ text: 'Outage in Berlin', team: 'on call' });
});

test('a step is a method like any other, and can be tested as one', async () => {
  expect(new Intake().read('How do I log in?').team).toBe('support');
});
