import type { Levels } from '../values/precedence.js';
import { effectiveTone } from './effective-tone.js';
import type { Tone } from './tone.js';

/** In the order in which they count. */
const LEVELS = ['call', 'agent', 'workflow', 'outerWorkflow', 'executor'] as const;
type Setting = 'unset' | 'none' | 'blank' | 'tone';
const SETTINGS: readonly Setting[] = ['unset', 'none', 'blank', 'tone'];

/** Every way in which five levels can be set, one text for each: 1,024. */
const TABLE: readonly (readonly Setting[])[] = LEVELS.reduce<Setting[][]>(
  (rows) => rows.flatMap((row) => SETTINGS.map((setting) => [...row, setting])),
  [[]],
);

function levelsOf(row: readonly Setting[]): Levels<Tone> {
  const entries = LEVELS.flatMap((level, index): [string, Tone | null | undefined][] => {
    switch (row[index]!) {
      case 'unset':
        return index % 2 === 0 ? [] : [[level, undefined]]; // left out, and there but undefined
      case 'none':
        return [[level, null]];
      case 'blank':
        return [[level, ' ']];
      case 'tone':
        return [[level, `tone of ${level}`]];
    }
  });
  return Object.fromEntries(entries) as Levels<Tone>;
}

/** The answer that each row must give, told level by level from the one that counts most. */
function expected([first, ...rest]: readonly Setting[], [level, ...levels]: readonly string[]): unknown {
  if (first === undefined) return undefined;
  if (first === 'unset') return expected(rest, levels);
  return first === 'tone' ? `tone of ${level}` : null;
}

describe('effectiveTone', () => {
  it('is that of the first level that says something, in all combinations', () => {
    expect(TABLE).toHaveLength(4 ** 5);
    for (const row of TABLE) expect([row, effectiveTone(levelsOf(row))]).toEqual([row, expected(row, LEVELS)]);
  });

  it.each([
    [{ call: 'a', agent: 'b', workflow: 'c', outerWorkflow: 'd', executor: 'e' }, 'a'],
    [{ agent: 'b', workflow: 'c', outerWorkflow: 'd', executor: 'e' }, 'b'],
    [{ workflow: 'c', outerWorkflow: 'd', executor: 'e' }, 'c'],
    [{ outerWorkflow: 'd', executor: 'e' }, 'd'],
    [{ executor: 'e' }, 'e'],
    [{}, undefined],
    [{ workflow: null, outerWorkflow: 'd', executor: 'e' }, null],
    [{ call: undefined, agent: null, workflow: 'c' }, null],
  ] as const)('of %j is %j', (levels, tone) => {
    expect(effectiveTone(levels)).toBe(tone);
  });

  it('can be told in steps: what came of the outer levels stands as one of the inner ones', () => {
    for (const row of TABLE) {
      const { call, agent, workflow, outerWorkflow, executor } = levelsOf(row);
      const outermost = effectiveTone({ workflow: outerWorkflow, executor });
      const inner = effectiveTone({ workflow, outerWorkflow: outermost });
      expect(effectiveTone({ call, agent, workflow: inner })).toBe(effectiveTone(levelsOf(row)));
    }
  });
});
