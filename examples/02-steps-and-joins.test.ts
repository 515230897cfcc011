import { LicenceCheck, QuickestArchive } from './02-steps-and-joins.js';

test('both branches are joined, and a failed attempt is followed by another one', async () => {
  const { output, steps } = await new LicenceCheck().run({ id: 'l-1', applicant: 'Harbour Kiosk' });
  expect(output).toBe('grant (registered, found at attempt 2)');
  expect(steps.find(({ node }) => node === 'lookUp')).toMatchObject({ attempts: 2, outcome: 'completed' });
});

test('the step of onError takes over what failed for good', async () => {
  const result = await new LicenceCheck().run({ id: 'l-2', applicant: 'New Kiosk Abroad' });
  expect(result.output).toBe('inspect first (a person looks up New Kiosk Abroad: not in the register)');
  expect(result).toHaveVisited('lookUpByHand', 'register', 'decide');
});

test('the slower archive is cancelled', async () => {
  const { output, steps } = await new QuickestArchive().run('licence 17');
  expect(output).toBe('scanned: licence 17');
  expect(steps.find(({ node }) => node === 'paper')).toMatchObject({ outcome: 'cancelled' });
});
