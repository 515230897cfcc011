// What is asked for. A row compares one figure with a bar (must not exceed) and an aim: as a ratio to a baseline
// that was measured in the same run (`against`), as what it takes beyond another one (`over`), or as an absolute figure. Only `fails` rows can fail the process.

export const GROWTH_LIMIT = 1.15;

export const rows = [
  { title: 'chain of 1,000, per step', series: 'chain1000', against: 'raw', bar: 6, aim: 4, unit: 'us' },
  { title: 'loop of 1,000 through a router, per step', series: 'loop1000', against: 'raw', bar: 6, aim: 4, unit: 'us' },
  {
    title: "chain of 10, per step, with the run's fixed cost",
    series: 'chain10',
    against: 'raw',
    bar: 8,
    aim: 5,
    unit: 'us',
    runsOf: 10,
  },
  { title: 'fan-out of 1,000 with join, per branch', series: 'fanOut1000', against: 'raw', bar: 8, aim: 4, unit: 'us' },
  { title: "the same with join: 'all'", series: 'fanOutAll1000', against: 'raw', bar: 8, aim: 4, unit: 'us' },
  {
    title: '10,000 concurrent 5-step runs, per run',
    series: 'concurrent',
    against: 'raw',
    bar: 10,
    aim: 4,
    unit: 'us',
  },
  { title: 'the same: peak memory over start', series: 'peakMemory', against: 'raw', bar: 4, unit: 'MiB' },
  {
    title: 'chain of 1,000 with a consumer of all events, per step',
    series: 'chain1000',
    peer: 'drawloom-observed',
    against: 'raw-als',
    bar: 2.5,
    aim: 1.5,
    unit: 'us',
  },
  {
    title: 'chain of 1,000 with telemetry and no SDK, over no telemetry, per step',
    series: 'chain1000',
    peer: 'drawloom-telemetry',
    over: 'drawloom-default',
    bar: 0.1,
    unit: 'us',
  },
  {
    title: "chain of 1,000 with every span kept in memory by OpenTelemetry's SDK, per step",
    series: 'chain1000',
    peer: 'drawloom-otel',
    bar: 15,
    unit: 'us',
  },
  { title: 'heap per suspended run', series: 'suspended', bar: 2_800, aim: 2_000, unit: 'B' },
  {
    title: 'run of a class from a container, over constructing by hand',
    series: 'classRun',
    peer: 'class-container',
    over: 'class-by-hand',
    bar: 5,
    aim: 1,
    unit: 'us',
  },
  { title: 'audit log: 100,000 entries verified', series: 'auditVerify', bar: 3_000, aim: 2_000, unit: 'ms' },
  {
    title: 'step of a durable run with an audit log in the same SQLite file, against one without',
    series: 'durableChain',
    peer: 'durable-run-audited',
    against: 'durable-run',
    bar: 1.5,
    aim: 1.25,
    unit: 'us',
  },
  {
    title: 'the same where the record is required',
    series: 'durableChain',
    peer: 'durable-run-required',
    against: 'durable-run',
    bar: 1.5,
    aim: 1.25,
    unit: 'us',
  },
  { title: 'compile 10,000 nodes, validated', series: 'compile', bar: 50, aim: 25, unit: 'ms' },
  { title: 'first run of the 10,000', series: 'firstRun', bar: 30, aim: 15, unit: 'ms' },
  { title: 'cold start over bare Node: import and a 3-step run', series: 'coldStart', bar: 25, aim: 10, unit: 'ms' },
  { title: 'loop of 1,000,000: longest gap of a 5 ms timer', series: 'endlessGap', bar: 50, aim: 25, unit: 'ms' },
  { title: 'loop of 1,000,000: heap growth', series: 'endlessHeap', bar: 5, aim: 1, unit: 'MiB' },
  ...[
    { title: 'durable step, one run', series: 'durableOne', bar: 1.25, aim: 1.11 },
    { title: 'durable step of 1 KiB, one run', series: 'durableOneKilobyte', bar: 1.25, aim: 1.11 },
    { title: 'durable step, 50 runs', series: 'durableFifty', bar: 5, aim: 3.25 },
    { title: 'durable step of 1 KiB, 50 runs', series: 'durableFiftyKilobyte', bar: 5, aim: 3.25 },
    { title: "durable step, one run, durability: 'normal'", series: 'durableNormal', bar: 5, aim: 2.5 },
  ].flatMap((row) => {
    const durable = { ...row, against: 'sqlite-bare', unit: 'us', runsOf: 1, rate: 'steps/s' };
    return [
      { ...durable, peer: 'drawloom-durable' },
      { ...durable, peer: 'sqlite-store', title: `the same in the store, without the executor` },
    ];
  }),
  {
    title: '100 busy durable runs: delay of the event loop, p99',
    series: 'busyRuns',
    peer: 'drawloom-durable',
    bar: 20,
    unit: 'ms',
  },
  {
    title: 'the same, with every commit 5 ms slower',
    series: 'busyRunsSlowDisk',
    peer: 'drawloom-durable',
    bar: 20,
    unit: 'ms',
  },
  { title: 'resume of a run with 2,000 records', series: 'resume', peer: 'drawloom-durable', bar: 100, unit: 'ms' },
  {
    title: 'start beside 100,000 suspended runs',
    series: 'startBesideSuspended',
    peer: 'drawloom-durable',
    bar: 1_000,
    unit: 'ms',
  },
  {
    title: '100,000 durable steps: heap growth',
    series: 'endlessDurable',
    peer: 'drawloom-durable',
    bar: 5,
    aim: 1,
    unit: 'MiB',
  },
  {
    title: 'growth of a chain, 100 to 10,000',
    series: 'growth.chain',
    bar: GROWTH_LIMIT,
    aim: 1.05,
    unit: '',
    fails: true,
  },
  { title: 'growth of a loop', series: 'growth.loop', bar: GROWTH_LIMIT, aim: 1.05, unit: '', fails: true },
  { title: 'growth of compiling', series: 'growth.compile', bar: GROWTH_LIMIT, aim: 1.05, unit: '', fails: true },
  { title: 'growth of a fan-out', series: 'growth.fanOut', bar: GROWTH_LIMIT, aim: 1.1, unit: '', fails: true },
].map((row) => ({ peer: 'drawloom', ...row }));

/** The rows of the bare configuration once more, with ambient context: what users get who change nothing. */
const AMBIENT = ['chain1000', 'loop1000', 'chain10', 'fanOut1000', 'concurrent', 'suspended'];
rows.push(
  ...rows
    .filter(({ series, peer }) => peer === 'drawloom' && AMBIENT.includes(series))
    .map((row) => ({ ...row, peer: 'drawloom-default', title: `${row.title} (ambient context on: the default)` })),
);

/**
 * What a row amounts to on one Node version.
 *
 * @param figures by series and peer, as `measureAll` gives them
 * @returns { value, ratio, verdict }; `value` is undefined where it could not be measured
 */
export function judge(row, figures) {
  const measured = figures[row.series]?.[row.peer];
  const value = row.over ? measured - figures[row.series]?.[row.over] : measured;
  const base = row.against && figures[row.series]?.[row.against];
  if (!Number.isFinite(value) || (row.against && !Number.isFinite(base))) return { verdict: 'not measured' };
  const ratio = row.against && value / base;
  const judged = ratio ?? value;
  if (judged > row.bar) return { value, ratio, verdict: 'misses bar' };
  return { value, ratio, verdict: row.aim === undefined || judged > row.aim ? 'meets bar' : 'meets aim' };
}
