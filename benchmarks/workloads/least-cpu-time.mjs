import { check } from '../work.mjs';

const LEAST_SAMPLES = 6;

/**
 * The least CPU time of one operation, for comparing sizes. Each sample does the same amount of work whatever the size
 * (`repeats` operations of 1/`repeats` of it): so all sizes pay their share of garbage collection, and none slips
 * through a moment between two collections. CPU time and not wall time, because on a busy machine a long sample always
 * waits for a core somewhere and a short one need not.
 *
 * @returns milliseconds per operation
 */
export async function leastCpuTime(operation, expected, repeats, budgetMs) {
  let calls = 0;
  const batch = async () => {
    const before = process.cpuUsage();
    for (let i = 0; i < repeats; i += 1, calls += 1) check(await operation(calls), expected(calls));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / repeats;
  };

  const warmUntil = performance.now() + budgetMs / 3;
  do await batch();
  while (performance.now() < warmUntil);

  let least = Infinity;
  const until = performance.now() + budgetMs;
  for (let samples = 0; samples < LEAST_SAMPLES || performance.now() < until; samples += 1) {
    least = Math.min(least, await batch());
  }
  return least;
}
