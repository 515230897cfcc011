/** The constant of the paper below: how much less the first places count than they would without it. */
const K = 60;

/**
 * One ranking out of several, without comparing their scores, which mean different things: reciprocal rank fusion
 * (Cormack, Clarke and Büttcher, SIGIR 2009). Each ranking adds 1 / (60 + rank) to what it names, ranks from 1.
 */
export function fuseRankings<T>(rankings: readonly (readonly T[])[]): Map<T, number> {
  const scores = new Map<T, number>();
  for (const ranking of rankings) {
    for (const [index, item] of ranking.entries()) {
      scores.set(item, (scores.get(item) ?? 0) + 1 / (K + index + 1));
    }
  }
  return scores;
}
