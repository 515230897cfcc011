import { survivesItsProcess } from './support/durable-properties.js';

describe('A durable run, on random graphs and wherever its processes die', () => {
  it('repeats nothing that is recorded, begins what was in flight again as the same, and ends as if undisturbed', async () => {
    await survivesItsProcess(300);
  });

  it('does so where who is faster decides, but for how it ends', async () => {
    await survivesItsProcess(200, { withRaces: true });
  });

  it('Q6. does so where a record is required, and begins nothing before its intent and its input are durable', async () => {
    await survivesItsProcess(100, { withRecord: true });
  });

  it('E. does so where nodes wait for signals, whenever these come, and takes each of them once', async () => {
    await survivesItsProcess(200, { withSignals: true });
  });

  it('Q6. and E. hold together, and Q6. where who is faster decides', async () => {
    await survivesItsProcess(60, { withRecord: true, withSignals: true });
    await survivesItsProcess(60, { withRecord: true, withRaces: true });
  });
});
