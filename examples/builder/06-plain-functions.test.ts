import { credit, decide } from './06-plain-functions.js';

test('outside a run a decorated function is just the function', async () => {
  expect(await decide(100, 500)).toBe('refuse');
});

test('inside a run its calls are events', async () => {
  const calls: string[] = [];
  for await (const event of credit.stream({ name: 'acme', amount: 900 }, { userId: 'bob' })) {
    if (event.type === 'function.completed') calls.push(event.function);
    if (event.type === 'run.completed') expect(event.output).toBe('grant 900 to acme, asked by bob');
  }
  expect(calls).toEqual(['lookUp', 'decide']);
});
