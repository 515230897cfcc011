/**
 * Job: what the tables have of one user, as it is asked for.
 *
 * A. Every question names the user, by the number that stands for exactly one owner.
 */
import type { Episode, MemoryBlock } from '@drawloom/core';
import type { Statement } from '@drawloom/core/front-end';
import type { SqlValue } from '../connection/connect.js';
import type { Reader } from '../store/reader.js';
import type { Counters } from './memory-statements.js';

/** A user's row. */
export interface StoredUser extends Counters {
  readonly id: number;
  readonly version: number;
}

/** An episode without its texts. */
export interface EpisodeFacts {
  readonly sequence: number;
  readonly session: string;
  readonly time: number;
  readonly words: number;
  readonly bytes: number;
}

/** A statement, and what it takes. */
export interface StoredStatement {
  readonly statement: Statement;
  readonly words: number;
  readonly bytes: number;
}

interface StatementRow {
  readonly sequence: number;
  readonly words: number;
  readonly bytes: number;
  readonly data: string;
}

const EPISODE = 'sequence, session, time, words, bytes';
/** How many of the oldest are looked at together. */
const OLDEST = 64;

/** What subject and predicate a statement is about; no pair of texts can be taken for another. */
export function topicOf(subject: string, predicate: string): string {
  return JSON.stringify([subject, predicate]);
}

export class StoredMemory {
  readonly #reader: Reader;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  /** What is read of one moment: everything that takes more than one question. */
  snapshot<T>(read: () => T): T {
    return this.#reader.snapshot(read);
  }

  /** @param key Of an `OwnedPart`: tenant and user in one text. */
  user(key: string): StoredUser | undefined {
    return this.#reader.first<StoredUser>('SELECT * FROM memory_users WHERE owner = ?', key);
  }

  /** Of whatever tenant: such a key ends in a text, that of nobody in `null`. */
  hasNamedUsers(): boolean {
    const sql = `SELECT 1 AS named FROM memory_users WHERE owner LIKE '%"]' LIMIT 1`;
    return this.#reader.first(sql) !== undefined;
  }

  episodeById(user: number, id: string): EpisodeFacts | undefined {
    const sql = `SELECT ${EPISODE} FROM memory_episodes WHERE user = ? AND episode = ?`;
    return this.#reader.first<EpisodeFacts>(sql, user, id);
  }

  episode(user: number, sequence: number): { readonly facts: EpisodeFacts; readonly episode: Episode } {
    const sql = `SELECT ${EPISODE}, data FROM memory_episodes WHERE user = ? AND sequence = ?`;
    const row = this.#reader.first<EpisodeFacts & { readonly data: string }>(sql, user, sequence)!;
    return { facts: row, episode: episodeOf(row.data) };
  }

  /** From the oldest to the newest, as far as they are taken. */
  *oldest(user: number): Generator<EpisodeFacts> {
    let after: readonly SqlValue[] = [-Infinity, -1];
    for (;;) {
      const sql = `SELECT ${EPISODE} FROM memory_episodes
        WHERE user = ? AND (time, sequence) > (?, ?) ORDER BY time, sequence LIMIT ?`;
      const page = this.#reader.all<EpisodeFacts>(sql, user, ...after, OLDEST);
      yield* page;
      const last = page.at(-1);
      if (last === undefined) return;
      after = [last.time, last.sequence];
    }
  }

  /** Newest first, as far as they are taken; of one session where it is named. */
  *newest(user: number, sessionId?: string): Generator<{ readonly session: string; readonly episode: Episode }> {
    const session = sessionId === undefined ? '' : 'AND session = ?';
    const sql = `SELECT session, time, sequence, data FROM memory_episodes
      WHERE user = ? ${session} AND (time, sequence) < (?, ?) ORDER BY time DESC, sequence DESC LIMIT ?`;
    const named = sessionId === undefined ? [user] : [user, sessionId];
    let before: readonly SqlValue[] = [Infinity, 0];
    for (;;) {
      const page = this.#reader.all<EpisodeFacts & { readonly data: string }>(sql, ...named, ...before, OLDEST);
      for (const row of page) yield { session: row.session, episode: episodeOf(row.data) };
      const last = page.at(-1);
      if (last === undefined) return;
      before = [last.time, last.sequence];
    }
  }

  episodes(user: number): readonly Episode[] {
    const sql = 'SELECT data FROM memory_episodes WHERE user = ? ORDER BY time, sequence';
    return this.#reader.all<{ readonly data: string }>(sql, user).map(({ data }) => episodeOf(data));
  }

  /** The latest episode of each session, the latest first, with how many there are. */
  sessions(
    user: number,
  ): readonly { readonly sessionId: string; readonly episodes: number; readonly lastSeen: number }[] {
    const sql = `SELECT session AS sessionId, time AS lastSeen, episodes FROM (
        SELECT session, time, sequence, count(*) OVER (PARTITION BY session) AS episodes,
          row_number() OVER (PARTITION BY session ORDER BY time DESC, sequence DESC) AS place
        FROM memory_episodes WHERE user = ?)
      WHERE place = 1 ORDER BY time DESC, sequence DESC`;
    return this.#reader
      .all<{ readonly sessionId: string; readonly episodes: number; readonly lastSeen: number }>(sql, user)
      .map(({ sessionId, episodes, lastSeen }) => ({ sessionId, episodes, lastSeen }));
  }

  /** Those of one topic in the order of its story; else all, in the order in which they were learned. */
  statements(user: number, topic?: string): readonly StoredStatement[] {
    const columns = 'sequence, words, bytes, data';
    const rows =
      topic === undefined
        ? this.#reader.all<StatementRow>(`SELECT ${columns} FROM memory_facts WHERE user = ? ORDER BY sequence`, user)
        : this.#reader.all<StatementRow>(
            `SELECT ${columns} FROM memory_facts WHERE user = ? AND topic = ? ORDER BY valid_from, sequence`,
            user,
            topic,
          );
    return rows.map(({ sequence, words, bytes, data }) => {
      return { statement: Object.freeze({ ...(JSON.parse(data) as Statement), sequence }), words, bytes };
    });
  }

  block(user: number, name: string): { readonly bytes: number } | undefined {
    return this.#reader.first('SELECT bytes FROM memory_blocks WHERE user = ? AND name = ?', user, name);
  }

  /** In the order in which they were first written. */
  blocks(user: number): readonly MemoryBlock[] {
    const sql = 'SELECT data FROM memory_blocks WHERE user = ? ORDER BY sequence';
    return this.#reader
      .all<{ readonly data: string }>(sql, user)
      .map(({ data }) => Object.freeze(JSON.parse(data) as MemoryBlock));
  }

  /** How many entries have a word. */
  countOf(user: number, tier: 'episode' | 'fact', word: string): number {
    const sql = 'SELECT count(*) AS entries FROM memory_words WHERE user = ? AND tier = ? AND word = ?';
    return this.#reader.first<{ readonly entries: number }>(sql, user, tier, word)!.entries;
  }

  /** The entries that have a word: how often, and among how many. */
  entriesWith(
    user: number,
    tier: 'episode' | 'fact',
    word: string,
  ): readonly { readonly entry: number; readonly count: number; readonly length: number }[] {
    const sql = 'SELECT entry, count, length FROM memory_words WHERE user = ? AND tier = ? AND word = ?';
    return this.#reader.all(sql, user, tier, word);
  }
}

function episodeOf(data: string): Episode {
  return deepFrozen(JSON.parse(data) as Episode);
}

function deepFrozen<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) deepFrozen(inner as object);
  return Object.freeze(value);
}
