import { DefinitionError } from '@drawloom/core';
import { rateCustomer, wrong } from './03-policies-and-errors.js';

test('a failed attempt is followed by another one', async () => {
  const { output, steps } = await rateCustomer.run('acme');
  expect(output).toBe('acme is rated A, at attempt 2');
  expect(steps).toMatchObject([{ node: 'rate', attempts: 2, outcome: 'completed' }]);
});

test('a time-out is not tried again here, and goes to the step that takes over', async () => {
  const { output, steps } = await rateCustomer.run('sloth');
  expect(output).toMatch('a person rates sloth, because: [STEP_TIMEOUT]');
  expect(steps).toMatchObject([{ node: 'rate', attempts: 1, outcome: 'failed' }, { node: 'askPerson' }]);
});

test('what nobody takes over fails the run, with the original error as its cause', async () => {
  await expect(rateCustomer.run('nobody')).rejects.toMatchObject({
    code: 'STEP_FAILED',
    node: 'askPerson',
    cause: new RangeError('no such customer'),
    partial: { visited: [] },
  });
});

test('all mistakes of a graph are in one error', () => {
  let error: unknown;
  try {
    wrong();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(DefinitionError);
  expect((error as DefinitionError).problems.map(({ code }) => code)).toEqual([
    'UNKNOWN_NODE',
    'UNKNOWN_NODE',
    'UNREACHABLE_NODE',
  ]);
});
