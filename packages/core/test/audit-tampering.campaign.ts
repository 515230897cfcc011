import { campaigns, sampleLog, type Sample } from './support/tampering.js';

/** A hundredth of the cases of other campaigns: each of these is tried with every entry, and some with every two. */
const ENTRIES = Math.ceil(Number(process.env.CAMPAIGN_RUNS ?? 100_000) / 100);

describe(`A log of ${ENTRIES} entries that somebody has touched`, () => {
  let sample: Sample;
  beforeAll(async () => void (sample = await sampleLog(ENTRIES)));

  it('B2. shows the change of any bit of any byte', () => {
    expect(campaigns.changedBytes(sample, [1, 2, 4, 8, 16, 32, 64, 128])).toEqual([]);
  });

  it('B2. shows any byte that is lost, or there twice', () => {
    expect(campaigns.lostAndDoubledBytes(sample)).toEqual([]);
  });

  it('shows that any entry is missing', () => {
    expect(campaigns.deletedEntries(sample)).toEqual([]);
  });

  it('shows any two entries in each other’s place', () => {
    expect(campaigns.swappedEntries(sample)).toEqual([]);
  });

  it('shows any entry that is there twice, wherever', () => {
    expect(campaigns.insertedEntries(sample)).toEqual([]);
  });

  it('shows that its end is missing, wherever it was cut', async () => {
    expect(await campaigns.cutFiles(sample)).toEqual([]);
  });
});
