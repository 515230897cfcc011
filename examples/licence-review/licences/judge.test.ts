import { checkPolicy, policy, type Policy } from '../policy.js';
import { judge, riskOf } from './judge.js';

const rules: Policy = {
  ...policy,
  permitted: ['MIT', 'Apache-2.0'],
  conditions: { 'MPL-2.0': ['source'], 'LGPL-3.0-or-later': ['source', 'relinking'] },
  forbidden: { 'GPL-3.0-only': 'Everything would be under it.' },
};

describe('The policy', () => {
  it.each([
    ['MIT', 'permitted', 'MIT', []],
    ['MPL-2.0', 'conditions', 'MPL-2.0', ['source']],
    ['GPL-3.0-only', 'forbidden', 'GPL-3.0-only', []],
    ['GPL-2.0-or-later', 'forbidden', 'GPL-2.0-or-later', []],
    ['ISC', 'forbidden', 'ISC', []],
    ['UNLICENSED', 'forbidden', 'UNLICENSED', []],
    ['MPL-2.0 OR Apache-2.0', 'permitted', 'Apache-2.0', []],
    ['LGPL-3.0-or-later OR MPL-2.0', 'conditions', 'MPL-2.0', ['source']],
    ['GPL-3.0-only OR ISC', 'forbidden', 'GPL-3.0-only', []],
    ['MIT AND MPL-2.0', 'conditions', 'MIT AND MPL-2.0', ['source']],
    ['MPL-2.0 AND LGPL-3.0-or-later', 'conditions', 'MPL-2.0 AND LGPL-3.0-or-later', ['source', 'relinking']],
    ['MIT AND GPL-3.0-only', 'forbidden', 'MIT AND GPL-3.0-only', []],
    ['(MIT OR GPL-3.0-only) AND MPL-2.0', 'conditions', 'MIT AND MPL-2.0', ['source']],
  ])('says to %s: %s, as %s', (expression, verdict, under, obligations) => {
    expect(judge(expression, rules)).toMatchObject({ verdict, under, obligations });
  });

  it('gives the reason for what it forbids, and permits nothing by silence', () => {
    expect(judge('GPL-3.0-only', rules).reasons).toEqual(['GPL-3.0-only: Everything would be under it.']);
    expect(judge('MIT AND ISC', rules).reasons).toEqual(['The policy does not list ISC.']);
  });

  it('weighs by what a package is used for', () => {
    expect(riskOf('permitted', { use: 'shipped' }, rules)).toBe('none');
    expect(riskOf('conditions', { use: 'shipped' }, rules)).toBe('low');
    expect(riskOf('unclear', { use: 'shipped' }, rules)).toBe('high');
    expect(riskOf('forbidden', { use: 'development' }, rules)).toBe('medium');
  });

  it('of this example names licences that exist, each once', () => {
    expect(checkPolicy(policy)).toEqual([]);
    expect(checkPolicy({ ...policy, permitted: ['MIT', 'MTI'], forbidden: { MIT: 'No.' }, likeness: 0.2 })).toEqual([
      'MTI is no licence that SPDX lists',
      'MIT is listed twice',
      'the likeness 0.2 is not more than 0.5 and at most 1',
    ]);
  });
});
