import fc from 'fast-check';
import spdxLicences from 'spdx-license-list/full.js';
import { licenceText } from '../support/project-folder.js';
import { LicenceTexts } from './licence-texts.js';
import { licenceWords } from './licence-words.js';
import { containment, likeness, profileOf, without } from './text-profile.js';

const texts = new LicenceTexts();
beforeAll(() => void texts.prepare(), 60_000); // seven hundred texts, once

describe('The words of a licence', () => {
  it.each([
    ['case, white space and punctuation', 'THE  SOFTWARE, "as is";', 'the software as is'],
    [
      'the line of the copyright',
      'Copyright (c) 2024 Ada\n© 2023 Bob <bob@x.org>\nAll rights reserved.\nMay be used',
      'may be used',
    ],
    ['spelling', "the licence's organisation", "the license's organization"],
    ['who gives the licence', 'THE AUTHOR DISCLAIMS ALL', 'ISC DISCLAIMS ALL'],
    ['marks of lists', '1. Keep it\n(b) Name it\n* Share it', 'Keep it\nName it\nShare it'],
    ['marks of comments', '/*\n * Keep it\n */\n// Name it\n# Share it', 'Keep it\nName it\nShare it'],
  ])('do not differ by %s', (_, one, other) => {
    expect(licenceWords(one)).toEqual(licenceWords(other));
  });

  it('keep a sentence about copyright that is no notice', () => {
    expect(licenceWords('Copyright notices must be kept')).toEqual(['copyright', 'notices', 'must', 'be', 'kept']);
  });
});

describe('The likeness of two texts', () => {
  const word = fc.constantFrom('free', 'may', 'not', 'use', 'sell', 'keep', 'this');
  const profile = fc.array(word, { maxLength: 40 }).map((words) => profileOf(words.join(' ')));

  it('is the same in both directions, from 0 to 1, and 1 for a text and itself', () => {
    fc.assert(
      fc.property(profile, profile, (one, other) => {
        expect(likeness(one, other)).toBe(likeness(other, one));
        expect(likeness(one, other)).toBeGreaterThanOrEqual(0);
        expect(likeness(one, other)).toBeLessThanOrEqual(1);
        if (one.runs.length > 0) expect(likeness(one, one)).toBe(1);
      }),
    );
  });

  it('counts a run as often as both have it, so what is taken out is gone', () => {
    fc.assert(
      fc.property(profile, profile, (one, other) => {
        const rest = without(one, other);
        const shared = Math.round(containment(other, one) * other.runs.length);
        expect(rest.runs.length).toBe(one.runs.length - shared);
      }),
    );
  });
});

describe('The texts of SPDX', () => {
  it('are each recognised as what they are, or as one with the same words', () => {
    const confused = Object.keys(spdxLicences).filter((licence) => {
      const profile = profileOf(spdxLicences[licence]!.licenseText);
      if (profile.runs.length < 10) return false; // a sentence or none: nothing to go by
      const found = texts.identify(profile, 0.9);
      return found === undefined || (found.licence !== licence && texts.compare(profile, licence) < found.likeness);
    });
    expect(confused).toEqual([]);
  }, 60_000);

  it('are recognised with names filled in, in other lines, and as a comment', () => {
    const mit = licenceText('MIT')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/(.{60,70}) /g, '$1\n * ');
    expect(texts.identify(profileOf(`/*\n * ${mit}\n */`), 0.9)?.licence).toBe('MIT');
  });

  it('are recognised without what follows their terms', () => {
    const [terms] = licenceText('Apache-2.0').split('END OF TERMS AND CONDITIONS');
    expect(texts.identify(profileOf(terms!), 0.9)).toEqual({ licence: 'Apache-2.0', likeness: 1 });
  });

  it('are not mistaken for a text that lacks a condition', () => {
    expect(texts.isOf(profileOf(licenceText('ISC')), '0BSD', 0.9)).toBe(false);
    expect(texts.isOf(profileOf(licenceText('BSD-3-Clause')), 'BSD-2-Clause', 0.8)).toBe(false);
    expect(texts.isOf(profileOf(licenceText('JSON')), 'MIT', 0.9)).toBe(false); // "for Good, not Evil"
  });

  it('are found where several stand in one file, each once', () => {
    const file = [
      licenceText('MIT'),
      'Parts are from elsewhere:',
      licenceText('BSD-3-Clause'),
      licenceText('MIT'),
    ].join('\n\n');
    expect(texts.identify(profileOf(file), 0.9)).toBeUndefined();
    expect([...texts.within(profileOf(file))].sort()).toEqual(['BSD-3-Clause', 'MIT']);
  });

  it('are like nothing where a text has no words', () => {
    expect(texts.identify(profileOf(''), 0.9)).toBeUndefined();
    expect(texts.within(profileOf(''))).toEqual([]);
    expect(texts.compare(profileOf(licenceText('MIT')), 'No-Such-Licence')).toBe(0);
  });
});
