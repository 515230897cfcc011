import fc from 'fast-check';
import { B, inverseFrequency, K1, SEARCHED_WORDS, TextIndex, wordCounts } from './text-index.js';
import { wordsOf } from './words-of.js';

/** BM25 as the formula has it: over all texts, for every query anew. */
function naiveScores(texts: ReadonlyMap<number, string>, query: string): Map<number, number> {
  const documents = new Map([...texts].map(([id, text]) => [id, wordsOf(text)]));
  const lengths = [...documents.values()].map(({ length }) => length);
  const meanLength = lengths.reduce((a, b) => a + b, 0) / lengths.length;
  const scores = new Map<number, number>();
  for (const [id, words] of documents) {
    let score = 0;
    for (const term of new Set(wordsOf(query))) {
      const frequency = words.filter((word) => word === term).length;
      const containing = [...documents.values()].filter((other) => other.includes(term)).length;
      const norm = K1 * (1 - B + (B * words.length) / meanLength);
      if (frequency > 0)
        score += (inverseFrequency(documents.size, containing) * frequency * (K1 + 1)) / (frequency + norm);
    }
    if (score > 0) scores.set(id, score);
  }
  return scores;
}

/** Of few words, so that they meet. */
const text = fc
  .array(fc.constantFrom('a', 'b', 'c', 'Straße', '猫', '__proto__', '.'), { maxLength: 8 })
  .map((words) => words.join(' '));
const edit = fc.record({ document: fc.nat(6), text: fc.option(text, { nil: undefined }) });

describe('TextIndex', () => {
  it('A. ranks as the formula does, whatever was added, replaced and removed before', () => {
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 30 }), text, (edits, query) => {
        const index = new TextIndex();
        const texts = new Map<number, string>();
        for (const { document, text } of edits) {
          const before = texts.get(document);
          if (before !== undefined) index.remove(document, wordCounts(before));
          texts.delete(document);
          if (text === undefined) continue;
          index.add(document, wordCounts(text));
          texts.set(document, text);
        }
        const found = new Map(index.search(query).map(({ document, score }) => [document, score]));
        const expected = naiveScores(texts, query);
        expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
        for (const [document, score] of expected) expect(found.get(document)).toBeCloseTo(score, 10);
      }),
      { numRuns: 300 },
    );
  });

  it('gives the numbers of an example worked out by hand', () => {
    const index = new TextIndex();
    for (const [document, words] of ['red apple', 'red red pear tree', 'blue'].entries()) {
      index.add(document, wordCounts(words));
    }
    // Mean length 7/3; "red" is in 2 of 3: ln(1 + 1.5/2.5) = 0.4700.
    const scores = index.search('red').map(({ document, score }) => [document, Number(score.toFixed(4))]);
    expect(scores).toEqual([
      [0, 0.4992],
      [1, 0.5381],
    ]);
  });

  it('finds nothing in nothing, by nothing, and after everything was removed', () => {
    const index = new TextIndex();
    expect(index.search('a')).toEqual([]);
    index.add(1, wordCounts('a'));
    expect(index.search('')).toEqual([]);
    index.remove(1, wordCounts('a'));
    expect(index.search('a')).toEqual([]);
    index.add(2, wordCounts(''));
    expect(index.search('a')).toEqual([]);
  });

  it('searches a long query by its rarest words', () => {
    const index = new TextIndex();
    const words = Array.from({ length: 2 * SEARCHED_WORDS }, (_, word) => `w${word}`);
    index.add(0, wordCounts(words.join(' ')));
    index.add(1, wordCounts(words.slice(0, SEARCHED_WORDS).join(' ')));
    expect(index.search(words.join(' ')).map(({ document }) => document)).toEqual([0]);
  });
});
