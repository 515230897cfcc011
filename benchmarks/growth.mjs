// How time grows with size. The one check of the harness that can fail, so it is built to be hard to disturb: the
// minimum over many repetitions at each size, each size in processes of its own, and once more before it fails.
import { GROWTH_LIMIT } from './rows.mjs';
import { growthExponent, minimum } from './statistics.mjs';

const SIZES = [100, 1_000, 10_000];
const WORKLOADS = ['chain', 'loop', 'compile', 'fanOut'];

/**
 * @param peer whose growth is measured
 * @param measureOne measures a job in a fresh process
 * @returns by workload { times: by size, exponent, lastDecade }, or { error }
 */
export async function measureGrowth(peer, measureOne, { budgetMs, attempts, say }) {
  const found = {};
  for (const workload of WORKLOADS) {
    if (workload === 'compile' && peer === 'raw') continue;
    const best = new Map(SIZES.map((n) => [n, Infinity]));
    try {
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        for (const n of SIZES) {
          const { times } = await measureOne({ peer, workload, n, budgetMs });
          best.set(n, Math.min(best.get(n), minimum(times)));
        }
        found[workload] = summarise(best);
        say(`  growth of ${peer} ${workload}: n^${found[workload].exponent.toFixed(3)}`);
        if (found[workload].exponent <= GROWTH_LIMIT) break;
      }
    } catch (error) {
      found[workload] = { error: error.message };
      say(`  growth of ${peer} ${workload}: FAILED, ${error.message}`);
    }
  }
  return found;
}

function summarise(best) {
  const points = SIZES.map((n) => ({ n, time: best.get(n) }));
  return { points, exponent: growthExponent(points), lastDecade: growthExponent(points.slice(1)) };
}
