// One measurement in a process of its own: `node measure.mjs '{"peer":"raw","workload":"chain","n":1000,"budgetMs":500}'`.
// Prints one line of JSON.
import { auditVerify } from './workloads/audit.mjs';
import { concurrent, peakMemory } from './workloads/concurrent.mjs';
import { busyRuns, durable, endlessDurable, resuming } from './workloads/durable.mjs';
import { durableChain } from './workloads/durable-chain.mjs';
import { endless } from './workloads/endless.mjs';
import { firstTime } from './workloads/first-time.mjs';
import { suspended } from './workloads/suspended.mjs';
import { timed } from './workloads/timed.mjs';

const peers = {
  raw: './baselines/raw.mjs',
  'raw-dag': './baselines/raw-dag.mjs',
  'raw-evt': './baselines/raw-evt.mjs',
  'raw-als': './baselines/raw-als.mjs',
  drawloom: './drawloom.mjs',
  'drawloom-default': './drawloom-default.mjs',
  'drawloom-observed': './drawloom-observed.mjs',
  'drawloom-telemetry': './drawloom-telemetry.mjs',
  'drawloom-otel': './drawloom-otel.mjs',
  'class-by-hand': './class-by-hand.mjs',
  'class-container': './class-container.mjs',
  'drawloom-durable': './drawloom-durable.mjs',
  'sqlite-bare': './sqlite-bare.mjs',
  'sqlite-store': './sqlite-store.mjs',
  'durable-run': './durable-run.mjs',
  'durable-run-audited': './durable-run-audited.mjs',
  'durable-run-required': './durable-run-required.mjs',
  // Of `npm run bench:peers`, which installs what they import.
  effect: './peers/effect.mjs',
  genkit: './peers/genkit.mjs',
  langgraph: './peers/langgraph.mjs',
  'langgraph-durable': './peers/langgraph-durable.mjs',
  llamaindex: './peers/llamaindex.mjs',
  mastra: './peers/mastra.mjs',
  'mastra-durable': './peers/mastra-durable.mjs',
  xstate: './peers/xstate.mjs',
};
const workloads = {
  ...timed,
  concurrent,
  peakMemory,
  suspended,
  firstTime,
  endless,
  durable,
  busyRuns,
  endlessDurable,
  resuming,
  auditVerify,
  durableChain,
};

const job = JSON.parse(process.argv[2]);
const peer = await import(peers[job.peer]);
const result = job.workload === 'import' ? {} : await workloads[job.workload](peer, job);
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ ...result, node: process.version, cpuMs: (user + system) / 1000 }));
