// npm run bench -- [--short] [--node PATH]… [--write | --no-write]
// Measures the baselines and Drawloom, compares them with the bars, writes RESULTS.md. See README.md.
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measure } from './child-process.mjs';
import { measureAll } from './measure-all.mjs';
import { machine, resultsPage, terminalTable, typeCheckTable } from './report.mjs';
import { writePart } from './results-file.mjs';
import { judge, rows } from './rows.mjs';
import { measureTypeCheck } from './type-check.mjs';

const FULL = {
  rounds: 5,
  budgetMs: 500,
  coldStarts: 31,
  growthProcesses: 3,
  growthAttempts: 2,
  retryWhenNoisy: true,
  withLong: true,
};
const SHORT = {
  rounds: 3,
  budgetMs: 120,
  coldStarts: 15,
  growthProcesses: 4, // each of little time, so more of them than in the full form
  growthAttempts: 2,
  retryWhenNoisy: false,
  withLong: false,
};
const BASELINES = ['raw', 'raw-dag', 'raw-evt', 'raw-als'];
const DRAWLOOM = [
  'drawloom',
  'drawloom-default',
  'drawloom-observed',
  'drawloom-telemetry',
  'drawloom-otel',
  'class-by-hand',
  'class-container',
  'drawloom-durable',
  'sqlite-bare',
  'sqlite-store',
  'durable-run',
  'durable-run-audited',
  'durable-run-required',
];

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    node: { type: 'string', multiple: true, default: [] },
    write: { type: 'boolean' },
    'no-write': { type: 'boolean', default: false },
  },
});
const say = (line) => console.log(line);

const missing = await whyNotImportable();
if (missing) {
  say('!'.repeat(100));
  say(`@drawloom/core cannot be imported, so every Drawloom row is SKIPPED and this run will fail: ${missing}`);
  say('Build it first: npm run build');
  say('!'.repeat(100));
}
const baselines = options.short ? ['raw', 'raw-als'] : BASELINES;
const effort = { ...(options.short ? SHORT : FULL), peers: missing ? baselines : [...baselines, ...DRAWLOOM] };

const loadBefore = load();
const results = [];
for (const node of [process.execPath, ...options.node]) {
  say(`\nMeasuring with ${node === process.execPath ? `Node ${process.version}` : node}`);
  results.push(await measureAll(node, effort, say));
}
say('\nMeasuring the type check of a large class');
const typeCheck = await measureTypeCheck({ rounds: options.short ? 1 : FULL.rounds, say });
for (const result of results) say(`\n${terminalTable(result)}`);
say(`\n${typeCheckTable(typeCheck.figures)}`);

if (!missing && !options['no-write'] && (options.write ?? !options.short)) {
  const page = resultsPage(results, typeCheck.figures, {
    date: new Date().toISOString().slice(0, 10),
    machine: machine(),
    effort,
    loadBefore,
    loadAfter: load(),
  });
  writePart('bench', page);
  say('\nWritten to benchmarks/RESULTS.md');
}

const failures = [...results.flatMap(failuresOf), ...typeCheck.errors];
for (const failure of failures) say(`\nFAILED: ${failure}`);
process.exitCode = failures.length > 0 || missing ? 1 : 0;

/** Timings never fail a run. Growth beyond its limit does, and so does a result that is wrong or never came. */
function failuresOf({ version, figures, errors }) {
  const tooSteep = rows
    .filter((row) => row.fails && judge(row, figures).verdict === 'misses bar')
    .map((row) => `Node ${version}: ${row.title}: n^${figures[row.series].drawloom.toFixed(3)}, limit ${row.bar}`);
  return [...tooSteep, ...errors.map((error) => `Node ${version}: ${error}`)];
}

async function whyNotImportable() {
  try {
    await measure({ peer: 'drawloom', workload: 'import' }, { node: process.execPath, retryWhenNoisy: false });
    return undefined;
  } catch (error) {
    return error.message;
  }
}

function load() {
  return loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
}
