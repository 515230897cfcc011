import { check, makeSteps } from '../work.mjs';
import { sample } from './sample.mjs';

const STEPS = 5;

function burstOf(peer, runs) {
  const { run } = peer.chain(makeSteps(STEPS));
  return async () => {
    const outputs = await Promise.all(Array.from({ length: runs }, (_, input) => run(input)));
    outputs.forEach((output, input) => check(output, input + STEPS));
    return outputs.length;
  };
}

/** Many runs of a 5-step chain at once: the time of such a burst. */
export async function concurrent(peer, { n, budgetMs }) {
  return sample(burstOf(peer, n), () => n, budgetMs);
}

/** The same bursts, five of them: how far the process grows at its peak, in bytes of resident memory. */
export async function peakMemory(peer, { n }) {
  const burst = burstOf(peer, n);
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 5; i += 1) await burst();
  return { bytes: process.resourceUsage().maxRSS * 1024 - before };
}
