import fc from 'fast-check';
import { rowWithNul, withNul, withoutNul } from './nul-text.js';

const texts = fc.string({ unit: fc.constantFrom('\0', '\u0001', 'a', 'z', 'é') });

describe('A text without NUL', () => {
  it('is read as what it was, and is another for another text', () => {
    fc.assert(
      fc.property(texts, texts, (text, other) => {
        expect(withoutNul(text)).not.toContain('\0');
        expect(withNul(withoutNul(text))).toBe(text);
        expect(withoutNul(text) === withoutNul(other)).toBe(text === other);
      }),
    );
  });

  it('is the text itself where that has neither of two characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'z', '\n', '😀') }), (text) => withoutNul(text) === text),
    );
  });

  it('is read in every column of a row', () => {
    const row = { text: withoutNul('a\0b'), number: 1, nothing: null };
    expect(rowWithNul(row)).toEqual({ text: 'a\0b', number: 1, nothing: null });
  });
});
