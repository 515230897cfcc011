import { keepsStepWithTheModel } from './support/approval-properties.js';

it('A, B: nothing is ever approved without enough decisions of different people who may, whatever is said, and when', () => {
  const tally = keepsStepWithTheModel(1_500);
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(1_500 / 200); // none of it is left out
});
