/**
 * Full-text search of what one user has: BM25 as `TextIndex` of core has it, with the same words and constants, over the
 * words in the tables. Counts, lengths and frequencies are the user's own: FTS5 ranks by all rows of a table, so that the
 * entries of others would change a score, and tell of themselves by it.
 */
import { B, inverseFrequency, K1, SEARCHED_WORDS, wordsOf } from '@drawloom/core/front-end';
import type { StoredMemory } from './stored-memory.js';

/** How many entries there are, and how many words they have together. */
export interface Extent {
  readonly entries: number;
  readonly words: number;
}

/** Entries with at least one word of the query and their scores, which are more than 0. */
export function searchWords(
  stored: StoredMemory,
  user: number,
  tier: 'episode' | 'fact',
  { entries, words }: Extent,
  query: string,
): ReadonlyMap<number, number> {
  const scores = new Map<number, number>();
  const mean = words / entries;
  for (const { word, containing } of searched(stored, user, tier, query)) {
    const weight = inverseFrequency(entries, containing) * (K1 + 1);
    for (const { entry, count, length } of stored.entriesWith(user, tier, word)) {
      const relative = length / mean; // In this order, or the last digit is another than in core.
      const score = (weight * count) / (count + K1 * (1 - B + B * relative));
      scores.set(entry, (scores.get(entry) ?? 0) + score);
    }
  }
  return scores;
}

/** The different words of the query that there are; of too many the rarest. */
function searched(
  stored: StoredMemory,
  user: number,
  tier: 'episode' | 'fact',
  query: string,
): readonly { readonly word: string; readonly containing: number }[] {
  const found = [...new Set(wordsOf(query))]
    .map((word) => ({ word, containing: stored.countOf(user, tier, word) }))
    .filter(({ containing }) => containing > 0);
  if (found.length <= SEARCHED_WORDS) return found;
  return found.sort((a, b) => a.containing - b.containing).slice(0, SEARCHED_WORDS);
}
