/**
 * Job: finds documents by their words, ranked by BM25: Robertson and Zaragoza, "The Probabilistic Relevance Framework:
 * BM25 and Beyond" (2009), with the idf of Lucene, which is never negative.
 * Boundary: it keeps no text, only which word is how often in which document. Documents are numbers that its owner gives.
 *
 * A. An answer depends on the documents in this index alone, and on nothing that was in it before.
 * B. Memory is linear in the different words of each document; a search costs what its words have in postings.
 */
import { wordsOf } from './words-of.js';

/** How soon more of the same word adds nothing (k1), and how much a long text has to say more often (b): Lucene's values. */
export const K1 = 1.2;
export const B = 0.75;

/** A longer query is searched by its rarest words: common ones cost most and say least. */
export const SEARCHED_WORDS = 64;

/** How often each word is in a text, and how many words that makes. */
export interface WordCounts {
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

export function wordCounts(text: string): WordCounts {
  const words = wordsOf(text);
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { counts, length: words.length };
}

/** A document and its score: more than 0. */
export interface Hit {
  readonly document: number;
  readonly score: number;
}

export class TextIndex {
  /** Of each word: document, count, document, count, … by ascending document. One flat list takes the least memory. */
  readonly #postings = new Map<string, number[]>();
  /** How many words a document has. */
  readonly #lengths = new Map<number, number>();
  #totalLength = 0;

  add(document: number, { counts, length }: WordCounts): void {
    for (const [word, count] of counts) {
      const postings = this.#postings.get(word);
      if (postings === undefined) this.#postings.set(word, [document, count]);
      else if (document > postings.at(-2)!) postings.push(document, count);
      else postings.splice(placeIn(postings, document), 0, document, count);
    }
    this.#lengths.set(document, length);
    this.#totalLength += length;
  }

  /** Takes out what was added with the same counts. */
  remove(document: number, { counts, length }: WordCounts): void {
    for (const word of counts.keys()) {
      const postings = this.#postings.get(word)!;
      postings.splice(placeIn(postings, document), 2);
      if (postings.length === 0) this.#postings.delete(word);
    }
    this.#lengths.delete(document);
    this.#totalLength -= length;
  }

  /** Documents with at least one word of the query, in no order. */
  search(query: string): Hit[] {
    const scores = new Map<number, number>();
    const meanLength = this.#totalLength / this.#lengths.size;
    for (const postings of this.#searched(query)) {
      const weight = inverseFrequency(this.#lengths.size, postings.length / 2) * (K1 + 1);
      for (let at = 0; at < postings.length; at += 2) {
        const [document, count] = [postings[at]!, postings[at + 1]!];
        const length = this.#lengths.get(document)! / meanLength;
        const score = (weight * count) / (count + K1 * (1 - B + B * length));
        scores.set(document, (scores.get(document) ?? 0) + score);
      }
    }
    return Array.from(scores, ([document, score]) => ({ document, score }));
  }

  /** The postings of the query's different words; of the rarest, where there are too many. */
  #searched(query: string): (readonly number[])[] {
    const found = [...new Set(wordsOf(query))].flatMap((word) => {
      const postings = this.#postings.get(word);
      return postings === undefined ? [] : [postings];
    });
    if (found.length <= SEARCHED_WORDS) return found;
    return found.sort((a, b) => a.length - b.length).slice(0, SEARCHED_WORDS);
  }
}

/** How much a word tells that is in `containing` of `all` documents. */
export function inverseFrequency(all: number, containing: number): number {
  return Math.log(1 + (all - containing + 0.5) / (containing + 0.5));
}

/** Where a document stands in a list of postings, or would. */
function placeIn(postings: readonly number[], document: number): number {
  let [low, high] = [0, postings.length / 2];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (postings[2 * middle]! < document) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}
