import { AssessClaim } from './05-state-and-validation.js';

test('notes of parallel steps are appended, those of a failed attempt are not', async () => {
  const { output } = await new AssessClaim().run({ id: 'c-17', amount: 900 });
  expect(output).toEqual({
    pay: true,
    because: ['claim c-17 of 900', 'the policy covers up to 5000', 'no signs of fraud, says attempt 2'],
  });
});

test('what does not fit is refused before the step sees it, every violation at once', async () => {
  await expect(new AssessClaim().run({ id: '17', amount: -1 })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    node: 'intake',
    violations: [
      { path: ['id'], constraint: 'matches' },
      { path: ['amount'], constraint: 'isPositive' },
    ],
    partial: { visited: [] },
  });
});
