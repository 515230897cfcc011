// The workloads that are timed warm: each makes an operation and says what it must result in. With `equalWork` the
// least CPU time per operation is taken over samples of that many steps; else the wall time of each sample.
import { makeRoute, makeStep, makeSteps, sumOfList, sumOfRecord } from '../work.mjs';
import { leastCpuTime } from './least-cpu-time.mjs';
import { sample } from './sample.mjs';

const joins = { list: sumOfList, record: sumOfRecord };

const operations = {
  chain(peer, n) {
    const { run } = peer.chain(makeSteps(n));
    return { operation: run, expected: (input) => input + n };
  },
  loop(peer, n) {
    const { run } = peer.loop(makeStep(), makeRoute(n), n);
    return { operation: () => run(0), expected: () => n };
  },
  fanOut(peer, n) {
    const { run } = peer.fanOut(makeStep(), Array.from({ length: n }, makeStep), joins);
    return { operation: run, expected: (input) => n * (input + 2) };
  },
  fanOutAll(peer, n) {
    return operations.fanOut({ fanOut: peer.fanOutAll ?? peer.fanOut }, n);
  },
  threeSteps(peer) {
    return { operation: peer.threeSteps().run, expected: (input) => input + 3 };
  },
  compile(peer, n) {
    const steps = makeSteps(n);
    return { operation: async () => typeof peer.compile(steps).run, expected: () => 'function' };
  },
};

export const timed = Object.fromEntries(
  Object.entries(operations).map(([name, make]) => [
    name,
    async (peer, { n, budgetMs, equalWork }) => {
      const { operation, expected } = make(peer, n);
      if (equalWork) return { leastMs: await leastCpuTime(operation, expected, equalWork / n, budgetMs) };
      return sample(operation, expected, budgetMs);
    },
  ]),
);
