import { readFileSync } from 'node:fs';
import { overview, peersPart, quotedIn } from './peer-report.mjs';
import { libraries, peerRows } from './peer-rows.mjs';
import { partsOf } from './results-file.mjs';

const page = (name: string) => readFileSync(`${__dirname}/../${name}`, 'utf8');

/** All libraries twice as slow as we are, but for what is said otherwise. */
function figures(ratios: Readonly<Record<string, number>>) {
  const keys = peerRows.flatMap(({ id, baseline }) => [
    `${id}/${baseline}`,
    ...Object.keys(libraries).map((name) => `${id}/${name}`),
  ]);
  const ratioOf = (key: string) => ratios[key] ?? (key.endsWith('/drawloom') ? 4 : 8);
  return new Map(keys.map((key) => [key, { us: 1, ratio: ratioOf(key), least: 1, most: 9 }]));
}
const facts = {
  date: '2026-01-01',
  machine: 'a machine',
  minutes: 9.6,
  foreignCores: 0.1,
  effort: { rounds: 5, budgetMs: 400 },
  versions: {},
};

describe('The comparison with other libraries', () => {
  it('is quoted in the README as it was measured', () => {
    const quoted = quotedIn(page('README.md'));
    expect(quoted).toContain('| Drawloom ');
    expect(partsOf(page('benchmarks/RESULTS.md')).get('bench:peers')).toContain(quoted);
  });

  it('says who is better where somebody is', () => {
    const text = peersPart(figures({ 'chain1000/effect': 2, 'loop1000/xstate': 1 }), new Map(), facts);
    expect(text).toContain(
      '- Chain of 1,000: Effect is best; Drawloom takes 2 times as long. Of those with a graph Drawloom is best.\n',
    );
    expect(text).toContain('- Loop of 1,000: XState is best; Drawloom takes 4 times as long.\n');
    expect(text).toContain('- Chain of 10: Drawloom is best; next is Effect, which takes 2 times as long.\n');
  });

  it('marks the best of each row, and what is no real difference to it', () => {
    const [, , ...lines] = overview(figures({ 'chain10/effect': 4.8, 'chain1000/effect': 2 }), new Map()).split('\n');
    const cells = lines.map((line) => line.split('|').map((cell) => cell.trim()));
    expect(cells[0]!.slice(2, 4)).toEqual(['**4 x**', '4 x']);
    expect(cells[1]!.slice(2, 4)).toEqual(['**4.8 x**', '**2 x**']);
  });

  it('says why a library is not there, and of how many steps a figure is where they were fewer', () => {
    const some = figures({});
    some.delete('chain10/mastra');
    const table = overview(some, new Map([['chain10/mastra', 'asks for Node 22.13.0']]));
    expect(table).toMatch(/\| Mastra +\| asks for Node 22\.13\.0 /);
    expect(table).toMatch(/\| XState .* 8 x, of 100 /);
  });
});
