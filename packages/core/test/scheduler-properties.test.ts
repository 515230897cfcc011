import {
  agreesWithTheModelInAnyOrder,
  ignoresTheOrderOfNodes,
  keepsItsLimits,
  keepsStepWithTheModel,
  replaysTheSame,
} from './support/scheduler-properties.js';

describe('The scheduler, on random graphs', () => {
  it('S5: gives every activation the same input as the reference model, in whatever order activations finish', () => {
    agreesWithTheModelInAnyOrder(600);
  });

  it('S1, S3: starts the same activations as the reference model at the same moments, `first` joins included', () => {
    keepsStepWithTheModel(600);
  });

  it('S5: does not care in what order nodes are declared, nor how they are called', () => {
    ignoresTheOrderOfNodes(300);
  });

  it('S2, S4: runs no node twice at once, and exactly as many activations as its limits allow', () => {
    keepsItsLimits(300);
  });

  it('starts the same activations in the same order when the same completions are replayed', () => {
    replaysTheSame(300);
  });
});
