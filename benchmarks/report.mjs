// Job: turns figures into text: a table for the terminal, and RESULTS.md with the Node versions side by side.
// Boundary: measures nothing.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { NOISY_CORES } from './child-process.mjs';
import { judge, rows } from './rows.mjs';
import { series } from './series.mjs';
import { BAR_MS, STEPS } from './type-check.mjs';

/** @param results one per Node binary, as `measureAll` gives them */
export function terminalTable({ version, figures, foreignCores }) {
  const lines = rows.map((row) => {
    const judged = judge(row, figures);
    return [row.title, measured(row, judged), limit(row, row.bar), limit(row, row.aim), judged.verdict];
  });
  return `Node ${version}\n${noiseNote([{ version, foreignCores }])}${aligned([['', 'measured', 'bar', 'aim', 'verdict'], ...lines])}`;
}

export function resultsPage(results, typeCheck, { date, machine, effort, loadBefore, loadAfter }) {
  const versions = results.map(({ version }) => `Node ${version}`);
  const verdicts = rows.map((row) => [
    row.title,
    limit(row, row.bar),
    limit(row, row.aim),
    ...results.map(({ figures }) => {
      const judged = judge(row, figures);
      return judged.value === undefined ? judged.verdict : `${measured(row, judged)}: ${judged.verdict}`;
    }),
  ]);
  return `# Results, as measured

Written by \`npm run bench\`; do not edit. What the rows mean and how noise is handled is in \`README.md\`.

- Date: ${date}
- Machine: ${machine}
- Load average before and after: ${loadBefore} / ${loadAfter}
- Foreign load beside a measurement, median: ${results.map(({ version, foreignCores }) => `${foreignCores.toFixed(2)} cores (${version})`).join(', ')}
- Method: a fresh process per measurement, peers interleaved with raw first and last, ${effort.rounds} rounds of ${effort.budgetMs} ms each, median
  of the quiet processes' medians; every result checked. Growth: least CPU time at each size. Cold start: median of ${effort.coldStarts} processes.

${noiseNote(results)}## Against the bars

'x raw' and 'x raw-als' are ratios to that baseline, measured in the same run on the same Node version. Ratios that differ by less than about
1.3 times should not be read as different. The bars of the two last figures of the loop of 1,000,000 are this harness's reading of
'memory stays flat, timers stay alive'.

${markdown([['', 'bar', 'aim', ...versions], ...verdicts])}

## Type check of a workflow class

A class of ${STEPS} steps (joins, routers, lists, error edges) against the built declarations, and the same class without decorators: what the
compiler calls check time (wall time, so several times too high on a busy machine), the least of several processes, and type instantiations. Bar: less than ${BAR_MS.toLocaleString('en')} ms in all.

${typeCheckTable(typeCheck)}

## All figures

${results.map(figuresOf).join('\n\n')}

## Growth, time ~ n^e

Exponent from 100 to 10,000, in brackets that of the last decade alone, then the least CPU milliseconds at 100, 1,000 and 10,000.

${growthTable(results, versions)}
`;
}

/** @param figures by compiler, as `measureTypeCheck` gives them */
export function typeCheckTable(figures) {
  const lines = Object.entries(figures).map(([compiler, { decorated, plain }]) => {
    return [
      compiler,
      `${figure(decorated.checkMs)} ms: ${decorated.checkMs < BAR_MS ? 'meets bar' : 'misses bar'}`,
      `${figure(plain.checkMs)} ms`,
      `${figure(decorated.checkMs - plain.checkMs)} ms`,
      figure(decorated.instantiations),
      figure(plain.instantiations),
    ];
  });
  const head = [`class of ${STEPS} steps`, 'check time', 'undecorated', 'added', 'instantiations', 'undecorated'];
  return markdown([head, ...lines]);
}

/** What is measured on, in one line. */
export function machine() {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `${cpus()[0].model.trim()}, ${availableParallelism()} cores, ${memory}, ${process.platform} ${process.arch}`;
}

/** Says so when the machine was too busy for its wall times to mean much. */
function noiseNote(results) {
  const noisy = results.filter(({ foreignCores }) => foreignCores > NOISY_CORES);
  if (noisy.length === 0) return '';
  const named = noisy
    .map(({ version, foreignCores }) => `${foreignCores.toFixed(2)} cores on Node ${version}`)
    .join(', ');
  return `NOISY: other processes took ${named} during the median measurement. Warm rows measured then are in CPU time, which is slightly too high where memory is collected; compile, first run, cold start and timer gap are wall times and can be several times too high.\n\n`;
}

function figuresOf({ version, figures }) {
  const peers = [...new Set(series.flatMap((one) => one.peers))];
  const coldStart = { id: 'coldStart', title: `cold start over bare Node (${figure(figures.coldStart?.bare)} ms), ms` };
  const lines = [...series, coldStart].map(({ id, title }) => [
    title,
    ...peers.map((peer) => figure(figures[id]?.[peer])),
  ]);
  return `Node ${version}\n\n${markdown([['', ...peers], ...lines])}`;
}

function growthTable(results, versions) {
  const lines = [];
  for (const peer of Object.keys(results[0].growth)) {
    for (const workload of Object.keys(results[0].growth[peer])) {
      lines.push([`${peer} ${workload}`, ...results.map(({ growth }) => growthCell(growth[peer][workload]))]);
    }
  }
  return markdown([['', ...versions], ...lines]);
}

function growthCell({ exponent, lastDecade, points, error }) {
  if (error) return error;
  return `${exponent.toFixed(3)} (${lastDecade.toFixed(2)}): ${points.map(({ time }) => figure(time)).join(' / ')}`;
}

function measured(row, { value, ratio }) {
  if (value === undefined) return '-';
  const parts = [row.unit ? `${figure(value)} ${row.unit}` : value.toFixed(3)];
  if (ratio !== undefined) parts.push(`${figure(ratio)} x ${row.against}`);
  if (row.runsOf) parts.push(`${Math.round(1e6 / (value * row.runsOf)).toLocaleString('en')} ${row.rate ?? 'runs/s'}`);
  return parts.join(', ');
}

function limit(row, value) {
  if (value === undefined) return '-';
  return row.against ? `${value} x ${row.against}` : `${value.toLocaleString('en')} ${row.unit}`.trim();
}

export function figure(value) {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/** A table as prettier writes it, so that the page passes the format check. */
export function markdown(table) {
  const widths = columnWidths(table, 3);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const [head, ...lines] = table.map((cells) => line(cells.map((cell, column) => cell.padEnd(widths[column]))));
  return [head, line(widths.map((width) => '-'.repeat(width))), ...lines].join('\n');
}

function aligned(table) {
  const widths = columnWidths(table, 0);
  return table
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const columnWidths = (table, least) =>
  table[0].map((_, column) => Math.max(least, ...table.map((cells) => cells[column].length)));
