// npm run bench:peers -- [--short] [--no-write]
// Installs other libraries into benchmarks/peers, measures them and Drawloom on the same work, and writes the part of RESULTS.md that
// the README quotes. See README.md.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureInstalled } from '../scripts/ensure-installed.mjs';
import { measure } from './child-process.mjs';
import { libraries, peerRows } from './peer-rows.mjs';
import { overview, peersPart, quoteIn } from './peer-report.mjs';
import { machine } from './report.mjs';
import { writePart } from './results-file.mjs';
import { median } from './statistics.mjs';

const FULL = { rounds: 5, budgetMs: 400 };
const SHORT = { rounds: 2, budgetMs: 100 };
const TIME_LIMIT_MS = 180_000;
const FOLDER = fileURLToPath(new URL('peers/', import.meta.url));

const { values: options } = parseArgs({
  options: { short: { type: 'boolean', default: false }, 'no-write': { type: 'boolean', default: false } },
});
const effort = options.short ? SHORT : FULL;

ensureInstalled(FOLDER);
const foreign = [];
const failures = [];
const absent = new Map();
const samples = new Map();
const startedAt = performance.now();
for (let round = 1; round <= effort.rounds; round += 1) {
  for (const row of peerRows) await measureRow(row, round);
}

const facts = {
  date: new Date().toISOString().slice(0, 10),
  machine: machine(),
  minutes: (performance.now() - startedAt) / 60_000,
  foreignCores: median(foreign),
  effort,
  versions: Object.fromEntries(Object.entries(libraries).map(([name, library]) => [name, versionOf(library.package)])),
};
const figures = figuresOf();
console.log(`\n${overview(figures, absent)}`);
if (!options['no-write'] && !options.short) {
  writePart('bench:peers', peersPart(figures, absent, facts));
  quoteIn(new URL('../README.md', import.meta.url), overview(figures, absent));
  console.log('\nWritten to benchmarks/RESULTS.md, and quoted in README.md');
}
for (const failure of failures) console.log(`\nFAILED: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** The baseline comes first and last, so that a drift of the machine shows in it; the order of the others turns with each round. */
async function measureRow({ id, title, job, baseline, isWallTime, entries }, round) {
  const turned = [...entries.slice(round % entries.length), ...entries.slice(0, round % entries.length)];
  const read = ({ wall, cpu }, n) => (median(isWallTime ? wall : cpu) / n) * 1_000;
  const before = await measureOne({ ...job, peer: baseline }, read);
  const measured = [];
  for (const { library, peer, n = job.n } of turned) {
    const key = `${id}/${library}`;
    if (absent.has(key)) continue;
    const reason = whyAbsent(libraries[library]);
    try {
      if (reason !== undefined) throw new Error(reason);
      measured.push({ key, library, value: await measureOne({ ...job, peer, n }, read) });
    } catch (error) {
      const missing = reason ?? whyNotLoaded(error);
      absent.set(key, missing ?? 'failed');
      if (missing === undefined) failures.push(`${title}, ${library}: ${error.message}`);
    }
  }
  const limit = (before + (await measureOne({ ...job, peer: baseline }, read))) / 2;
  for (const { key, value } of measured)
    samples.set(key, [...(samples.get(key) ?? []), { value, ratio: value / limit }]);
  const line = measured.map(({ library, value }) => `${library} ${value.toPrecision(3)}`).join(', ');
  console.log(`  round ${round}/${effort.rounds} ${title}, us per step: ${baseline} ${limit.toPrecision(3)}, ${line}`);
  samples.set(`${id}/${baseline}`, [...(samples.get(`${id}/${baseline}`) ?? []), { value: limit, ratio: 1 }]);
}

async function measureOne(job, read) {
  const result = await measure(
    { ...job, budgetMs: effort.budgetMs, timeLimitMs: TIME_LIMIT_MS },
    { node: process.execPath, retryWhenNoisy: false },
  );
  foreign.push(result.foreignCores);
  return read(result, job.n);
}

/** By row and library: medians of the rounds, and how far the ratios lie apart. */
function figuresOf() {
  return new Map(
    [...samples].map(([key, taken]) => {
      const ratios = taken.map(({ ratio }) => ratio).sort((one, other) => one - other);
      return [
        key,
        { us: median(taken.map(({ value }) => value)), ratio: median(ratios), least: ratios[0], most: ratios.at(-1) },
      ];
    }),
  );
}

/** Why a library is not measured with this Node. */
function whyAbsent({ node }) {
  return node !== undefined && isOlder(process.versions.node, node) ? `asks for Node ${node}` : undefined;
}

function isOlder(version, wanted) {
  const [have, want] = [version, wanted].map((text) => text.split('.').map(Number));
  const differs = have.findIndex((part, index) => part !== want[index]);
  return differs >= 0 && have[differs] < want[differs];
}

/** An optional part that could not be built here is no failure. */
function whyNotLoaded({ message }) {
  if (/Cannot find (package|module)|ERR_MODULE_NOT_FOUND|bindings file/.test(message)) return 'its driver is not there';
  return /NODE_MODULE_VERSION/.test(message) ? 'its driver was built for another Node' : undefined;
}

function versionOf(name) {
  const folder = name.startsWith('@drawloom/')
    ? new URL('../node_modules/', import.meta.url)
    : new URL(`file://${FOLDER}node_modules/`);
  return JSON.parse(readFileSync(new URL(`${name}/package.json`, folder), 'utf8')).version;
}
