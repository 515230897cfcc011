// Job: measures every series on one Node binary. Boundary: judges nothing, prints progress only.
import { measure, NOISY_CORES } from './child-process.mjs';
import { measureColdStart } from './cold-start.mjs';
import { measureGrowth } from './growth.mjs';
import { series } from './series.mjs';
import { median } from './statistics.mjs';

/**
 * @param effort { rounds, budgetMs, coldStarts, growthProcesses, growthAttempts, retryWhenNoisy, withLong: whether
 *   series that take a minute are measured, once; peers: those to measure }
 * @returns { version, figures: by series and peer, growth: by peer and workload, foreignCores, errors }
 */
export async function measureAll(node, effort, say) {
  const foreign = [];
  const errors = [];
  let version;
  const measureOne = async (job) => {
    const result = await measure(job, { node, retryWhenNoisy: effort.retryWhenNoisy });
    version = result.node.slice(1);
    foreign.push(result.foreignCores);
    return result;
  };

  const collected = new Map();
  const failed = new Set();
  for (let round = 1; round <= effort.rounds; round += 1) {
    for (const { id, title, job, peers, read, isLong } of series) {
      if (isLong && !(effort.withLong && round === 1)) continue;
      const line = [];
      for (const peer of peers.filter((name) => effort.peers.includes(name))) {
        const key = `${id}/${peer}`;
        if (failed.has(key)) continue;
        try {
          const result = await measureOne({ ...job, peer, budgetMs: effort.budgetMs });
          const value = read(result);
          collected.set(key, [...(collected.get(key) ?? []), { value, foreignCores: result.foreignCores }]);
          line.push(`${peer} ${value.toPrecision(3)}`);
        } catch (error) {
          failed.add(key);
          errors.push(`${title}, ${peer}: ${error.message}`);
          line.push(`${peer} FAILED (${error.message})`);
        }
      }
      if (line.length > 0) say(`  round ${round}/${effort.rounds} ${title}: ${line.join(', ')}`);
    }
  }
  const figures = {};
  for (const [key, values] of collected) {
    const [id, peer] = key.split('/');
    (figures[id] ??= {})[peer] = median(quietest(values).map(({ value }) => value));
  }

  const growth = {};
  for (const peer of ['raw', 'raw-dag', 'drawloom'].filter((name) => effort.peers.includes(name))) {
    growth[peer] = await measureGrowth(peer, measureOne, effort, say);
    for (const [workload, { exponent, error }] of Object.entries(growth[peer])) {
      if (error) errors.push(`growth of ${workload}, ${peer}: ${error}`);
      else (figures[`growth.${workload}`] ??= {})[peer] = exponent;
    }
  }

  try {
    const peers = ['raw', 'drawloom'].filter((name) => effort.peers.includes(name));
    figures.coldStart = await measureColdStart(peers, node, { rounds: effort.coldStarts, say });
  } catch (error) {
    errors.push(`cold start: ${error.message}`);
  }
  return { version, figures, growth, foreignCores: median(foreign), errors };
}

/** Those taken on a quiet machine; if there was no quiet moment, the quieter half. */
function quietest(values) {
  const sorted = [...values].sort((a, b) => a.foreignCores - b.foreignCores);
  const quiet = sorted.filter(({ foreignCores }) => foreignCores <= NOISY_CORES);
  return quiet.length > 0 ? quiet : sorted.slice(0, Math.ceil(sorted.length / 2));
}
