import { check, makeRoute, makeStep } from '../work.mjs';

const TICK_MS = 5;
const COLLECT_EVERY_MS = 100;

/**
 * One loop of very many steps with a bounded history, while a timer ticks.
 * With `collect` (needs --expose-gc) it also weighs the heap now and then, which disturbs the timer; so the two
 * figures come from two processes.
 */
export async function endless(peer, { n, collect }) {
  const { run } = peer.loop(makeStep(), makeRoute(n), n, peer.boundedHistory);
  let ticks = 0;
  let longestGapMs = 0;
  let last = performance.now();
  let lastCollected = last;
  const heaps = [];
  const look = () => {
    const now = performance.now();
    longestGapMs = Math.max(longestGapMs, now - last);
    last = now;
  };
  const timer = setInterval(() => {
    ticks += 1;
    look();
    if (collect && last - lastCollected >= COLLECT_EVERY_MS) {
      globalThis.gc();
      heaps.push(process.memoryUsage().heapUsed);
      last = lastCollected = performance.now();
    }
  }, TICK_MS);
  const started = performance.now();
  const output = await run(0);
  const totalMs = performance.now() - started;
  look();
  clearInterval(timer);
  check(output, n);
  return { totalMs, ticks, longestGapMs, heapGrowth: heaps.length < 2 ? undefined : heaps.at(-1) - heaps[0] };
}
