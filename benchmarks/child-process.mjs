// Job: runs one measurement in a fresh process and says how busy the machine was with other things meanwhile.
// Boundary: knows nothing of rows and bars.
import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const MEASURE = fileURLToPath(new URL('measure.mjs', import.meta.url));
const SLOW_COMMITS = new URL('slow-commits.mjs', import.meta.url).href;
const TIME_LIMIT_MS = 60_000;

/** Above this many cores of foreign work a measurement is repeated, and the quieter of the two is kept. */
export const NOISY_CORES = 0.35;

/** Runs a file with a Node binary; resolves with its output and its wall time, rejects with its own words. */
export function runNode(node, args, timeLimitMs = TIME_LIMIT_MS) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    execFile(node, args, { timeout: timeLimitMs, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (!error) return resolve({ stdout, wallMs: performance.now() - started });
      const why = error.killed ? `no result within ${timeLimitMs / 1000} s` : firstErrorLine(stderr) || error.message;
      reject(new Error(why));
    });
  });
}

const firstErrorLine = (stderr) =>
  stderr
    .split('\n')
    .find((line) => /^\w*Error\b/.test(line))
    ?.trim();

/**
 * @param job what measure.mjs is told: { peer, workload, n, budgetMs, … }
 * @param options.node the binary to use
 * @param options.retryWhenNoisy repeat a measurement once that was taken beside much foreign work
 */
export async function measure(job, { node, retryWhenNoisy }) {
  const first = await measureOnce(job, node);
  if (!retryWhenNoisy || first.foreignCores <= NOISY_CORES) return first;
  const second = await measureOnce(job, node);
  return second.foreignCores < first.foreignCores ? second : first;
}

async function measureOnce(job, node) {
  const flags = job.collect || ['suspended', 'endlessDurable'].includes(job.workload) ? ['--expose-gc'] : [];
  if (job.hasSlowCommits) flags.push('--import', SLOW_COMMITS);
  const busyBefore = busyMs();
  const ownBefore = process.cpuUsage();
  const { stdout, wallMs } = await runNode(node, [...flags, MEASURE, JSON.stringify(job)], job.timeLimitMs);
  const own = process.cpuUsage(ownBefore);
  const result = JSON.parse(stdout);
  const foreignMs = busyMs() - busyBefore - result.cpuMs - (own.user + own.system) / 1000;
  return { ...result, wallMs, foreignCores: Math.max(0, foreignMs / wallMs) };
}

function busyMs() {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
