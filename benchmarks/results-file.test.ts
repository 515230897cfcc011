import { partsOf, withPart } from './results-file.mjs';

const page = '# Results\n\nA table.\n';

describe('A page of results', () => {
  it('A: keeps what another command has written', () => {
    const both = withPart(page, 'bench:peers', '## Beside others\n\nAnother.');
    expect(partsOf(both).get('bench')).toBe('# Results\n\nA table.');
    const again = withPart(both, 'bench', '# Results\n\nA new table.\n');
    expect([...partsOf(again)]).toEqual([
      ['bench', '# Results\n\nA new table.'],
      ['bench:peers', '## Beside others\n\nAnother.'],
    ]);
  });

  it('A: is the same when the same is written again', () => {
    const both = withPart(page, 'bench:peers', 'Others.');
    expect(withPart(both, 'bench:peers', 'Others.')).toBe(both);
    expect(withPart(both, 'bench', page)).toBe(both);
  });

  it('begins with any part', () => {
    expect(withPart('', 'bench:peers', 'Others.')).toBe('<!-- written by npm run bench:peers -->\n\nOthers.\n');
  });
});
