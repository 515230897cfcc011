import { check, makeSteps } from '../work.mjs';

/** The first build of a process and the first run of what was built, cold, in milliseconds. */
export async function firstTime(peer, { n }) {
  const steps = makeSteps(n);
  const started = performance.now();
  const { run } = (peer.compile ?? peer.chain)(steps);
  const built = performance.now();
  const output = await run(0);
  const ran = performance.now();
  check(output, n);
  return { buildMs: built - started, firstRunMs: ran - built };
}
