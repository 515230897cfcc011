import { fastest, weighClaim } from './02-graph.js';

test('a large claim goes through every check', async () => {
  const result = await weighClaim.run({ id: 'c', amount: 5_000 });
  expect(result.output).toEqual({ policy: 'covered', history: '2 claims in 5 years', fraud: 'no signs' });
  expect(result.explain()).toEqual([]);
});

test('a small claim skips two checks, and the run can say why', async () => {
  const result = await weighClaim.run({ id: 'c', amount: 5 });
  expect(result.output).toEqual({ policy: 'covered' });
  expect(result.explain().map(({ node }) => node)).toEqual(['history', 'fraud']);
  expect(result.explain()[0]!.reason).toMatch('returned "policy"');
});

test('the slower model is cancelled', async () => {
  const { output, steps } = await fastest.run('hello');
  expect(output).toBe('small model: hello');
  expect(steps.find(({ node }) => node === 'large')).toMatchObject({ outcome: 'cancelled' });
});
