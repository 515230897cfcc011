import { check } from '../work.mjs';

const BATCH_MS = 4;
const LEAST_SAMPLES = 5;

/**
 * Times one operation in a warm process: first for a third of the budget unmeasured, then in batches that are long
 * against the clock's resolution, until the budget is spent.
 *
 * @param operation called with 0, 1, 2, …; resolves with a result that must equal `expected(i)`
 * @returns milliseconds per operation of each batch, in wall time and in CPU time of the process
 */
export async function sample(operation, expected, budgetMs) {
  let calls = 0;
  const batch = async (size) => {
    const cpuBefore = process.cpuUsage();
    const started = performance.now();
    for (let i = 0; i < size; i += 1, calls += 1) check(await operation(calls), expected(calls));
    const wall = performance.now() - started;
    const { user, system } = process.cpuUsage(cpuBefore);
    return { wall: wall / size, cpu: (user + system) / 1_000 / size };
  };

  const warmUntil = performance.now() + budgetMs / 3;
  let each = (await batch(2)).wall;
  while (performance.now() < warmUntil)
    each = (await batch(Math.max(1, Math.min(10_000, Math.round(BATCH_MS / each))))).wall;

  const size = Math.max(1, Math.round(BATCH_MS / each));
  const until = performance.now() + budgetMs;
  const batches = [];
  while (batches.length < LEAST_SAMPLES || performance.now() < until) batches.push(await batch(size));
  return { wall: batches.map(({ wall }) => wall), cpu: batches.map(({ cpu }) => cpu) };
}
