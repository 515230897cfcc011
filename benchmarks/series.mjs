// What is measured: each series is one piece of work, done by several peers, each time in a process of its own.
// `peers` are in the order of a round; raw comes first and last, so that a drift of the machine shows.
import { NOISY_CORES } from './child-process.mjs';
import { median } from './statistics.mjs';
import { STEPS } from './workloads/durable.mjs';

/** Wall time; on a noisy machine CPU time, which leaves out what the process waited for a core. */
const microsecondsPer =
  (n) =>
  ({ wall, cpu, foreignCores }) =>
    (median(foreignCores > NOISY_CORES ? cpu : wall) / n) * 1000;
const bytes = (result) => result.bytes;

/** Wall time whatever the noise: what is waited for is the disk. */
const microsecondsPerStep =
  (runs) =>
  ({ wall }) =>
    (median(wall) / (runs * STEPS)) * 1000;
const stores = ['sqlite-bare', 'sqlite-store', 'drawloom-durable', 'sqlite-bare'];
const durable = (id, title, job) => ({
  id,
  title: `${title}, us per step`,
  job: { workload: 'durable', ...job },
  peers: stores,
  read: microsecondsPerStep(job.runs),
});

const limits = ['raw', 'raw-dag', 'raw-evt', 'raw-als'];

export const series = [
  {
    id: 'chain10',
    title: 'chain of 10, us per step',
    job: { workload: 'chain', n: 10 },
    peers: [...limits, 'drawloom', 'drawloom-default', 'raw'],
    read: microsecondsPer(10),
  },
  {
    id: 'chain1000',
    title: 'chain of 1,000, us per step',
    job: { workload: 'chain', n: 1_000 },
    peers: [
      ...limits,
      'drawloom',
      'drawloom-default',
      'drawloom-telemetry',
      'drawloom-observed',
      'drawloom-otel',
      'raw',
    ],
    read: microsecondsPer(1_000),
  },
  {
    id: 'loop1000',
    title: 'loop of 1,000 through a router, us per step',
    job: { workload: 'loop', n: 1_000 },
    peers: [...limits, 'drawloom', 'drawloom-default', 'raw'],
    read: microsecondsPer(1_000),
  },
  {
    id: 'fanOut1000',
    title: 'fan-out of 1,000 with join, us per branch',
    job: { workload: 'fanOut', n: 1_000 },
    peers: [...limits, 'drawloom', 'drawloom-default', 'raw'],
    read: microsecondsPer(1_000),
  },
  {
    id: 'fanOutAll1000',
    title: "fan-out of 1,000 with join: 'all' (an object keyed by branch), us per branch",
    job: { workload: 'fanOutAll', n: 1_000 },
    peers: ['raw', 'drawloom', 'raw'],
    read: microsecondsPer(1_000),
  },
  {
    id: 'concurrent',
    title: '10,000 concurrent runs of a 5-step chain, us per run',
    job: { workload: 'concurrent', n: 10_000 },
    peers: [...limits, 'drawloom', 'drawloom-default', 'raw'],
    read: microsecondsPer(10_000),
  },
  {
    id: 'classRun',
    title: 'run of a workflow class of three steps with an injected service, us per run',
    job: { workload: 'threeSteps', n: 3 },
    peers: ['class-by-hand', 'class-container', 'class-by-hand'],
    read: microsecondsPer(1),
  },
  {
    id: 'peakMemory',
    title: '10,000 concurrent runs, peak memory over start, MiB',
    job: { workload: 'peakMemory', n: 10_000 },
    peers: [...limits, 'drawloom', 'raw'],
    read: (result) => bytes(result) / 2 ** 20,
  },
  {
    id: 'suspended',
    title: 'heap per suspended run, bytes',
    job: { workload: 'suspended', n: 10_000 },
    peers: [...limits, 'drawloom', 'drawloom-default', 'raw'],
    read: bytes,
  },
  {
    id: 'compile',
    title: 'first build of 10,000 nodes in a process, ms',
    job: { workload: 'firstTime', n: 10_000 },
    peers: ['raw-dag', 'raw-evt', 'raw-als', 'drawloom'],
    read: ({ buildMs }) => buildMs,
  },
  {
    id: 'firstRun',
    title: 'first run of 10,000 nodes, ms',
    job: { workload: 'firstTime', n: 10_000 },
    peers: [...limits, 'drawloom', 'raw'],
    read: ({ firstRunMs }) => firstRunMs,
  },
  {
    id: 'auditVerify',
    title: 'verifying an audit log of 100,000 entries, ms',
    job: { workload: 'auditVerify', n: 100_000 },
    peers: ['drawloom'],
    read: ({ verifyMs }) => verifyMs,
  },
  {
    id: 'durableChain',
    title: 'durable run of a chain of 20, us per step',
    job: { workload: 'durableChain', n: 20 },
    peers: ['durable-run', 'durable-run-audited', 'durable-run-required', 'durable-run'],
    read: ({ wall }) => (median(wall) / 20) * 1000, // the disk is waited for, whatever the noise
  },
  {
    id: 'endlessGap',
    title: 'loop of 1,000,000 with bounded history: longest gap of a 5 ms timer, ms',
    job: { workload: 'endless', n: 1_000_000 },
    peers: ['drawloom'],
    read: ({ longestGapMs }) => longestGapMs,
  },
  {
    id: 'endlessHeap',
    title: 'loop of 1,000,000 with bounded history: heap growth, MiB',
    job: { workload: 'endless', n: 1_000_000, collect: true },
    peers: ['drawloom'],
    read: ({ heapGrowth }) => heapGrowth / 2 ** 20,
  },
  durable('durableOne', 'durable steps, one run', { runs: 1, bytes: 100, durability: 'full' }),
  durable('durableOneKilobyte', 'durable steps of 1 KiB, one run', { runs: 1, bytes: 1_024, durability: 'full' }),
  durable('durableFifty', 'durable steps, 50 runs', { runs: 50, bytes: 100, durability: 'full' }),
  durable('durableFiftyKilobyte', 'durable steps of 1 KiB, 50 runs', { runs: 50, bytes: 1_024, durability: 'full' }),
  durable('durableNormal', "durable steps, one run, durability 'normal'", {
    runs: 1,
    bytes: 100,
    durability: 'normal',
  }),
  ...[false, true].map((hasSlowCommits) => ({
    id: hasSlowCommits ? 'busyRunsSlowDisk' : 'busyRuns',
    title: `event loop beside 100 busy durable runs${hasSlowCommits ? ', every commit 5 ms slower' : ''}: delay p99, ms`,
    job: { workload: 'busyRuns', runs: 100, bytes: 100, hasSlowCommits },
    peers: ['drawloom-durable'],
    read: ({ delayMs }) => delayMs,
  })),
  {
    id: 'resume',
    title: 'resume of a run with 2,000 records, ms',
    job: { workload: 'resuming', n: 2_000, suspended: 0 },
    peers: ['drawloom-durable'],
    read: ({ resumeMs }) => resumeMs,
  },
  {
    id: 'startBesideSuspended',
    title: 'start beside 100,000 suspended runs, ms',
    job: { workload: 'resuming', n: 2, suspended: 100_000, timeLimitMs: 600_000 },
    peers: ['drawloom-durable'],
    isLong: true,
    read: ({ startMs }) => startMs,
  },
  {
    id: 'endlessDurable',
    title: '100,000 durable steps in 10 runs: heap growth, MiB',
    job: { workload: 'endlessDurable', n: 100_000, runs: 10, timeLimitMs: 600_000 },
    peers: ['drawloom-durable'],
    isLong: true,
    read: ({ heapGrowth }) => heapGrowth / 2 ** 20,
  },
];
