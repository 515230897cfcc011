// Job: turns what was measured beside other libraries into text: the part of RESULTS.md, and the table that the README quotes from it.
// Boundary: measures nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import { NOISY_CORES } from './child-process.mjs';
import { libraries, peerRows } from './peer-rows.mjs';
import { figure, markdown } from './report.mjs';

const BASELINES = { raw: 'plain async functions', 'sqlite-bare': 'plain async functions and one row of SQLite each' };

/** Ratios that differ by less are not read as different. */
const NOISE = 1.3;

/** The table: each library's time per step as a multiple of the baseline of its row, the best in bold. */
export function overview(figures, absent) {
  const shown = Object.entries(libraries).filter(([name]) => name !== 'drawloom-default');
  const best = new Map(peerRows.map((row) => [row.id, Math.min(...ratiosOf(row, figures).map(({ ratio }) => ratio))]));
  const lines = shown.map(([name, { title }]) => [
    title,
    ...peerRows.map((row) => {
      const key = `${row.id}/${name}`;
      const ratio = figures.get(key)?.ratio;
      if (ratio === undefined) return absent.has(key) ? absent.get(key) : '-';
      const times = `${shortFigure(ratio)} x${fewer(row, name)}`;
      return ratio <= best.get(row.id) * NOISE ? `**${times}**` : times;
    }),
  ]);
  return markdown([['', ...peerRows.map(({ title }) => title)], ...lines]);
}

/** @param facts { date, machine, minutes, foreignCores, effort, versions } */
export function peersPart(figures, absent, { date, machine, minutes, foreignCores, effort, versions }) {
  const noisy =
    foreignCores > NOISY_CORES
      ? `NOISY: other processes took ${foreignCores.toFixed(2)} cores beside the median measurement.\n\n`
      : '';
  return `## Beside other libraries

Time per step as a multiple of plain code that does the same: \`raw\`, or, in the durable rows, \`sqlite-bare\`. In bold what is best, and what lies within ${NOISE} times of it, which is not to be
read as different. What is compared, and how, is in \`README.md\`.

- Date: ${date}
- Machine: ${machine}
- Node ${process.versions.node}
- ${Object.entries(libraries)
    .filter(([name]) => name !== 'drawloom-default')
    .map(([name, { package: title }]) => `${title} ${versions[name]}`)
    .join(', ')}
- Foreign load beside a measurement, median: ${foreignCores.toFixed(2)} cores
- Method: a fresh process per measurement, ${effort.rounds} rounds of ${effort.budgetMs} ms each in turning order, the baseline first and last in each row of each round; CPU time, in the durable rows
  wall time; medians of the rounds; every result checked before and while it is timed. It took ${Math.round(minutes)} minutes.

${noisy}${overview(figures, absent)}

${peerRows.map((row) => verdictOf(row, figures)).join('\n')}

### All of it

Microseconds per step, the multiple of the baseline, and in brackets the least and the greatest multiple of the rounds.

${allOf(figures, absent)}`;
}

/** Who is best in a row, in a sentence that is as long where it is not us. */
function verdictOf(row, figures) {
  const [best, ...others] = ratiosOf(row, figures);
  const ours = figures.get(`${row.id}/drawloom`).ratio;
  const title = row.title.replace(/^./, (letter) => letter.toUpperCase());
  if (best.name !== 'drawloom') {
    const name = plainTitle(best.name);
    const times = ours / best.ratio;
    const graphs = [best, ...others].filter(({ name: other }) => !libraries[other].noGraph);
    const among =
      libraries[best.name].noGraph && graphs[0].name === 'drawloom' ? ' Of those with a graph Drawloom is best.' : '';
    return `- ${title}: ${name} is best; Drawloom takes ${shortFigure(times)} times as long${times < NOISE ? ', no real difference' : ''}.${among}`;
  }
  const next = others[0];
  return `- ${title}: Drawloom is best; next is ${plainTitle(next.name)}, which takes ${shortFigure(next.ratio / ours)} times as long.`;
}

const plainTitle = (name) => libraries[name].title.replace(/ \(.*/, '');

/** Of one row, without our own second configuration; the best first. */
function ratiosOf({ id }, figures) {
  return Object.keys(libraries)
    .filter((name) => name !== 'drawloom-default' && figures.has(`${id}/${name}`))
    .map((name) => ({ name, ratio: figures.get(`${id}/${name}`).ratio }))
    .sort((one, other) => one.ratio - other.ratio);
}

function allOf(figures, absent) {
  const baselines = Object.entries(BASELINES);
  const lines = [...baselines, ...Object.entries(libraries).map(([name, { title }]) => [name, title])].map(
    ([name, title]) => [
      title,
      ...peerRows.map((row) => {
        const key = `${row.id}/${name}`;
        const measured = figures.get(key);
        if (measured === undefined) return absent.get(key) ?? '-';
        if (name in BASELINES) return figure(measured.us);
        const { us, ratio, least, most } = measured;
        return `${figure(us)}: ${shortFigure(ratio)} x (${shortFigure(least)}-${shortFigure(most)})${fewer(row, name)}`;
      }),
    ],
  );
  return markdown([['', ...peerRows.map(({ title }) => title)], ...lines]);
}

function fewer({ entries, job }, name) {
  const n = entries.find(({ library }) => library === name)?.n;
  return n === undefined || n === job.n ? '' : `, of ${n}`;
}

/** Two digits are what a ratio is worth. */
function shortFigure(ratio) {
  return Number(ratio.toPrecision(2)).toLocaleString('en');
}

const QUOTE = /(<!-- results: peers -->\n\n)[^]*?(\n\n<!-- end of results -->)/;

/** Puts the table between its marks in a page. */
export function quoteIn(page, table) {
  writeFileSync(
    page,
    readFileSync(page, 'utf8').replace(QUOTE, (_, before, after) => `${before}${table}${after}`),
  );
}

/** What a page quotes; `undefined` where it has no marks. */
export function quotedIn(text) {
  const quoted = QUOTE.exec(text);
  return quoted?.[0].split('\n\n').slice(1, -1).join('\n\n');
}
