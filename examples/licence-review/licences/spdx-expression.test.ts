import { canonical, coveredBy, foldExpression, licencesIn, readDeclaration } from './spdx-expression.js';

describe('A declaration', () => {
  it.each([
    ['MIT', 'MIT', false],
    ['(MIT)', 'MIT', false],
    ['(MIT OR Apache-2.0) AND BSD-3-Clause', '(MIT OR Apache-2.0) AND BSD-3-Clause', false],
    ['GPL-2.0-only WITH Classpath-exception-2.0', 'GPL-2.0-only WITH Classpath-exception-2.0', false],
    ['Apache 2.0', 'Apache-2.0', true],
    ['The MIT License', 'MIT', true],
    ['UNLICENSED', 'UNLICENSED', false],
    ['SEE LICENSE IN terms.txt', undefined, false],
    ['whatever you like', undefined, false],
    [undefined, undefined, false],
  ])('%s is read as %s', (declared, expression, isGuess) => {
    expect(readDeclaration(declared)).toMatchObject({ expression, isGuess });
  });

  it('is told about where it is not as it should be, and only there', () => {
    expect(readDeclaration('MIT').remark).toBeUndefined();
    expect(readDeclaration('Apache 2').remark).toBe('It declares "Apache 2", which was read as Apache-2.0.');
    expect(readDeclaration('SEE LICENSE IN terms.txt').remark).toContain('terms.txt');
  });
});

describe('An expression', () => {
  it('is written in one way, with brackets where they are needed', () => {
    expect(canonical('MIT and')).toBeUndefined();
    expect(canonical('((MIT) AND (ISC))')).toBe('MIT AND ISC');
    expect(canonical('MIT AND (ISC OR GPL-2.0+)')).toBe('MIT AND (ISC OR GPL-2.0+)');
  });

  it('names its licences once each', () => {
    expect(licencesIn('(MIT OR ISC) AND MIT')).toEqual(['MIT', 'ISC']);
  });

  it('is folded from its licences up', () => {
    const fold = {
      licence: (name: string) => name,
      and: (a: string, b: string) => `[${a}&${b}]`,
      or: (a: string, b: string) => `[${a}|${b}]`,
    };
    expect(foldExpression('MIT OR ISC AND 0BSD', fold)).toBe('[MIT|[ISC&0BSD]]');
  });

  it.each([
    ['MIT', ['ISC', 'MIT'], 'MIT'],
    ['GPL-2.0-or-later', ['GPL-3.0-only'], 'GPL-3.0-only'],
    ['GPL-2.0-only', ['GPL-3.0-only'], undefined],
    ['LicenseRef-terms', ['MIT'], undefined],
    ['LicenseRef-terms', ['LicenseRef-terms'], 'LicenseRef-terms'],
  ])('%s is covered, by the list %j, through %s', (licence, listed, by) => {
    expect(coveredBy(licence, listed)).toBe(by);
  });
});
