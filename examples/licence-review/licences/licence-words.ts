/**
 * A licence text as the words that count when two of them are compared. What does not count is what the matching guidelines of SPDX
 * (annex B of the specification) list: case, white space, punctuation, marks of lists and comments, the lines that say whose
 * the copyright is, which of two spellings a word has, and the names that each author fills in.
 */
export function licenceWords(text: string): string[] {
  return text
    .replaceAll(COPYRIGHT_LINE, ' ')
    .replaceAll(LINE_MARK, ' ')
    .toLowerCase()
    .replaceAll(APOSTROPHE, '')
    .split(NO_WORD)
    .flatMap((word) => (word === '' || FILLED_IN.has(word) ? [] : (SPELLINGS.get(word) ?? word)));
}

const COPYRIGHT_LINE =
  /^[^\p{L}\n]*(?:portions )?(?:copyright(?! (?:notice|holder|owner|licen|law|and|in|to|or|statement|interest)s?)|\(c\)|©)[^\n]*$|\ball rights reserved\b/gimu;

/** Before a line: of a comment, a quotation or a heading, and what numbers the points of a list. */
const LINE_MARK = /^[ \t]*(?:\/?\*+\/?|\/\/+|#+|>+|;+)?[ \t]*(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|[-•·◦])?(?=\s)/gim;

const APOSTROPHE = /['’‘`]/g;
const NO_WORD = /[^\p{L}\p{N}]+/u;

/** Words that are the same, as far as they stand in licences. */
const SPELLINGS = new Map(
  Object.entries({
    acknowledgement: 'acknowledgment',
    authorised: 'authorized',
    favour: 'favor',
    judgement: 'judgment',
    licence: 'license',
    licenced: 'licensed',
    licences: 'licenses',
    merchantibility: 'merchantability',
    merchantablity: 'merchantability',
    organisation: 'organization',
    organisations: 'organizations',
    sublicence: 'sublicense',
    whilst: 'while',
    wilful: 'willful',
  }),
);

/** Who gives the licence: `THE AUTHOR DISCLAIMS` in one text is `ISC DISCLAIMS` in another. */
const FILLED_IN = new Set('the author authors holder holders owner owners contributor contributors isc'.split(' '));
