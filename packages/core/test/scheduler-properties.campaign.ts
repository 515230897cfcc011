import {
  agreesWithTheModelInAnyOrder,
  ignoresTheOrderOfNodes,
  keepsItsLimits,
  keepsStepWithTheModel,
  replaysTheSame,
} from './support/scheduler-properties.js';

const RUNS = Number(process.env.CAMPAIGN_RUNS ?? 100_000);

describe(`The scheduler, on ${RUNS} random graphs for each property`, () => {
  it('S5: gives every activation the same input as the reference model, in whatever order activations finish', () => {
    agreesWithTheModelInAnyOrder(RUNS);
  });

  it('S1, S3: starts the same activations as the reference model at the same moments, `first` joins included', () => {
    keepsStepWithTheModel(RUNS);
  });

  it('S5: does not care in what order nodes are declared, nor how they are called', () => {
    ignoresTheOrderOfNodes(RUNS);
  });

  it('S2, S4: runs no node twice at once, and exactly as many activations as its limits allow', () => {
    keepsItsLimits(RUNS);
  });

  it('starts the same activations in the same order when the same completions are replayed', () => {
    replaysTheSame(RUNS);
  });
});
