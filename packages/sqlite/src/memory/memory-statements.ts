/** What is written to the tables of memories. Whose they are is the first condition of each. */
import type { StatementText } from '../connection/run-batch.js';

const COUNTERS = [
  'sequence',
  'episodes',
  'episode_words',
  'facts',
  'fact_words',
  'blocks',
  'bytes',
  'block_bytes',
  'dropped_episodes',
  'dropped_facts',
] as const;

/** What is counted of a user. */
export type Counters = Readonly<Record<(typeof COUNTERS)[number], number>>;

/** In the order in which `countUser` takes them. */
export function inOrder(counters: Counters): readonly number[] {
  return COUNTERS.map((name) => counters[name]);
}

const EPISODES_MEANT = 'user = ? AND (? OR session = ?) AND time < ?';
const FACTS_MEANT = 'user = ? AND (? OR session = ?) AND learned < ?';
const USER = '(SELECT id FROM memory_users WHERE owner = ?)';

export const MEMORY_STATEMENTS = {
  addUser: { sql: 'INSERT INTO memory_users (owner) VALUES (?) ON CONFLICT (owner) DO NOTHING' },
  /** The fence: nobody has written to this user's memory since it was read. */
  countUser: {
    sql: `UPDATE memory_users SET version = version + 1, ${COUNTERS.map((name) => `${name} = ?`).join(', ')}
      WHERE id = ? AND version = ?`,
  },
  addEpisode: {
    sql: `INSERT INTO memory_episodes (user, sequence, episode, session, time, words, bytes, data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  },
  removeEpisode: { sql: 'DELETE FROM memory_episodes WHERE user = ? AND sequence = ?' },
  addFact: {
    sql: `INSERT INTO memory_facts (user, sequence, topic, session, valid_from, learned, words, bytes, data)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  },
  removeFact: { sql: 'DELETE FROM memory_facts WHERE user = ? AND sequence = ?' },
  /** From an object with a count for each word. */
  addWords: {
    sql: `INSERT INTO memory_words (user, tier, word, entry, count, length)
      SELECT ?, ?, key, ?, value, ? FROM json_each(?)`,
  },
  removeWords: { sql: 'DELETE FROM memory_words WHERE user = ? AND tier = ? AND entry = ?' },
  setBlock: {
    sql: `INSERT INTO memory_blocks (user, name, sequence, updated, bytes, data) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (user, name) DO UPDATE SET updated = excluded.updated, bytes = excluded.bytes, data = excluded.data`,
  },
  removeBlock: { sql: 'DELETE FROM memory_blocks WHERE user = ? AND name = ?' },
  forgetEpisodeWords: {
    sql: `DELETE FROM memory_words WHERE user = ? AND tier = 'episode'
      AND entry IN (SELECT sequence FROM memory_episodes WHERE ${EPISODES_MEANT})`,
  },
  forgetFactWords: {
    sql: `DELETE FROM memory_words WHERE user = ? AND tier = 'fact'
      AND entry IN (SELECT sequence FROM memory_facts WHERE ${FACTS_MEANT})`,
  },
  forgetEpisodes: { sql: `DELETE FROM memory_episodes WHERE ${EPISODES_MEANT}` },
  forgetFacts: { sql: `DELETE FROM memory_facts WHERE ${FACTS_MEANT}` },
  forgetBlocks: { sql: 'DELETE FROM memory_blocks WHERE user = ? AND updated < ?' },
  /** After a part was forgotten. */
  recountUser: {
    sql: `UPDATE memory_users SET version = version + 1,
        (episodes, episode_words) = (SELECT count(*), coalesce(sum(words), 0) FROM memory_episodes WHERE user = memory_users.id),
        (facts, fact_words) = (SELECT count(*), coalesce(sum(words), 0) FROM memory_facts WHERE user = memory_users.id),
        (blocks, block_bytes) = (SELECT count(*), coalesce(sum(bytes), 0) FROM memory_blocks WHERE user = memory_users.id),
        bytes = (SELECT coalesce(sum(bytes), 0) FROM memory_episodes WHERE user = memory_users.id)
          + (SELECT coalesce(sum(bytes), 0) FROM memory_facts WHERE user = memory_users.id)
          + (SELECT coalesce(sum(bytes), 0) FROM memory_blocks WHERE user = memory_users.id)
      WHERE id = ?`,
  },
  forgetAllWords: { sql: `DELETE FROM memory_words WHERE user = ${USER}` },
  forgetAllEpisodes: { sql: `DELETE FROM memory_episodes WHERE user = ${USER}` },
  forgetAllFacts: { sql: `DELETE FROM memory_facts WHERE user = ${USER}` },
  forgetAllBlocks: { sql: `DELETE FROM memory_blocks WHERE user = ${USER}` },
  forgetUserItself: { sql: 'DELETE FROM memory_users WHERE owner = ?' },
} as const satisfies Readonly<Record<string, StatementText>>;
