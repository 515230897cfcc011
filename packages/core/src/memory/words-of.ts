/** What is longer is no word, but a key or a picture: it is found by its beginning. */
const LONGEST_WORD = 64;

/**
 * The words of a text as search compares them: NFKC, without regard to case. What is written without spaces gives each
 * character and each pair of neighbours, as Lucene's CJKBigramFilter does, because finding words in it takes a dictionary,
 * and dictionaries differ from machine to machine. Accents count: "resume" is not "résumé".
 */
export function wordsOf(text: string): string[] {
  // Letters with their marks, and digits (the word characters of UAX #29, without its exceptions).
  const word = new RegExp(String.raw`[\p{L}\p{M}\p{N}]+`, 'gu');
  // Scripts that are written without spaces between words.
  const scripts = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar'];
  const unspaced = new RegExp(`[${scripts.map((script) => `\\p{scx=${script}}`).join('')}]+`, 'gu');
  // Upper case first: it makes "ß" and "SS" the same.
  const folded = text.normalize('NFKC').toUpperCase().toLowerCase();
  if (folded.search(unspaced) === -1) return (folded.match(word) ?? []).map(detached); // Most texts, and much faster.
  const words: string[] = [];
  for (const [run] of folded.matchAll(word)) {
    let end = 0;
    for (const { 0: letters, index } of run.matchAll(unspaced)) {
      if (index > end) words.push(detached(run.slice(end, index)));
      let before = '';
      for (const character of letters) {
        words.push(character);
        if (before !== '') words.push(before + character);
        before = character;
      }
      end = index + letters.length;
    }
    if (end < run.length) words.push(detached(run.slice(end)));
  }
  return words;
}

/** A word of at most the longest length, without the text that it was cut from: V8 would keep all of that as long as the word is a key somewhere. */
function detached(word: string): string {
  return ` ${word.slice(0, LONGEST_WORD)}`.slice(1);
}
