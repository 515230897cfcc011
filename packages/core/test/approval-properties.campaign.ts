import { keepsStepWithTheModel } from './support/approval-properties.js';

const RUNS = Number(process.env.CAMPAIGN_RUNS ?? 100_000);

it(`A, B: nothing is ever approved without enough decisions of different people who may, in ${RUNS} cases`, () => {
  const tally = keepsStepWithTheModel(RUNS);
  for (const count of Object.values(tally)) expect(count).toBeGreaterThan(RUNS / 200); // none of it is left out
});
