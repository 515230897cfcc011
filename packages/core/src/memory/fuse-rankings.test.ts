import { fuseRankings } from './fuse-rankings.js';

describe('fuseRankings', () => {
  it('adds 1 / (60 + rank) of each ranking', () => {
    const fused = fuseRankings([
      ['a', 'b'],
      ['b', 'c'],
    ]);
    expect([...fused]).toEqual([
      ['a', 1 / 61],
      ['b', 1 / 62 + 1 / 61],
      ['c', 1 / 62],
    ]);
    expect(fuseRankings([[], []]).size).toBe(0);
  });
});
