// How time grows with size. The one check of the harness that can fail, so it is built to be hard to disturb: the
// minimum over many repetitions at each size, in CPU time, over samples of equal work, each in several processes of
// its own with the sizes interleaved; and all of it once more before it fails.
import { GROWTH_LIMIT } from './rows.mjs';
import { growthExponent } from './statistics.mjs';

const SIZES = [100, 1_000, 10_000];
const WORKLOADS = ['chain', 'loop', 'compile', 'fanOut'];

/**
 * @param peer whose growth is measured
 * @param measureOne measures a job in a fresh process
 * @param effort { budgetMs, growthProcesses: at each size, growthAttempts }
 * @returns by workload { points, exponent, lastDecade }, or { error }
 */
export async function measureGrowth(peer, measureOne, effort, say) {
  const found = {};
  for (const workload of WORKLOADS) {
    if (workload === 'compile' && peer === 'raw') continue;
    try {
      found[workload] = await measureWorkload(peer, workload, measureOne, effort, say);
    } catch (error) {
      found[workload] = { error: error.message };
      say(`  growth of ${peer} ${workload}: FAILED, ${error.message}`);
    }
  }
  return found;
}

async function measureWorkload(peer, workload, measureOne, effort, say) {
  const least = new Map(SIZES.map((n) => [n, Infinity]));
  for (let attempt = 1; ; attempt += 1) {
    for (let i = 0; i < effort.growthProcesses; i += 1) {
      for (const n of SIZES) {
        const job = { peer, workload, n, budgetMs: effort.budgetMs, equalWork: SIZES.at(-1) };
        least.set(n, Math.min(least.get(n), (await measureOne(job)).leastMs));
      }
    }
    const points = SIZES.map((n) => ({ n, time: least.get(n) }));
    const exponent = growthExponent(points);
    say(`  growth of ${peer} ${workload}: n^${exponent.toFixed(3)}`);
    if (exponent <= GROWTH_LIMIT || attempt === effort.growthAttempts) {
      return { points, exponent, lastDecade: growthExponent(points.slice(1)) };
    }
  }
}
