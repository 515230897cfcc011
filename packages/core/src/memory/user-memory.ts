/**
 * Job: what one user's memory holds, in order, and within the limits.
 * Boundary: it knows of one user only, trusts its arguments, and is synchronous. Owners, checks, clocks and vectors are
 * `InMemoryMemory`'s.
 *
 * A. `byTime`, the sessions and the index hold exactly the episodes by id; timelines and the index of facts the same
 *    statements.
 * B. Between calls the user is within the limits.
 * C. What is refused changes nothing.
 */
import type {
  Episode,
  Fact,
  ForgetScope,
  MemoryBlock,
  MemoryLimits,
  SessionSummary,
  Stored,
  TierCounts,
} from '../ports/memory.js';
import {
  addStatement,
  compareStatements,
  factsOf,
  leastNeeded,
  type HeldFact,
  type Statement,
} from './fact-timeline.js';
import type { MemoryBudget } from './memory-budget.js';
import { insertSorted, removeSorted } from './sorted-list.js';
import { TextIndex, wordCounts, type WordCounts } from './text-index.js';

/** An episode with what is known of it. */
export interface KeptEpisode {
  readonly episode: Episode;
  /** Which of the user's it was when it was first remembered; its document in the index. */
  readonly sequence: number;
  readonly bytes: number;
  /** Of length 1. */
  vector?: Float32Array;
}

// What things take besides their texts: objects, places in lists and maps. Measured, and rounded; a user of few and long
// episodes is counted for up to twice of what they take, one of many and short ones for somewhat less.
const USER_BYTES = 3_000;
const ENTRY_BYTES = 800;
/** Each different word of an entry, in the index. */
const WORD_BYTES = 64;

export class UserMemory {
  readonly #limits: MemoryLimits;
  readonly #budget: MemoryBudget;
  readonly #episodes = new Map<string, KeptEpisode>();
  readonly #byTime: KeptEpisode[] = [];
  readonly #sessions = new Map<string, KeptEpisode[]>();
  readonly #episodeWords = new TextIndex();
  readonly #bySequence = new Map<number, KeptEpisode>();
  /** By subject and predicate, as JSON: no pair of texts can be taken for another. */
  readonly #timelines = new Map<string, Statement[]>();
  readonly #factWords = new TextIndex();
  readonly #blocks = new Map<string, MemoryBlock>();
  #statements = 0;
  #sequence = 0;
  #bytes = 0;
  #blockBytes = 0;
  #dropped: TierCounts = NOTHING;

  constructor(
    limits: MemoryLimits,
    budget: MemoryBudget,
    /** Whether it is not that of those without a user id. */
    readonly isNamed: boolean,
  ) {
    this.#limits = limits;
    this.#budget = budget;
    this.#count(USER_BYTES);
  }

  /** Nothing is kept, and nothing was lost that somebody would have to be told of. */
  get isEmpty(): boolean {
    return this.#episodes.size + this.#statements + this.#blocks.size === 0 && this.#dropped === NOTHING;
  }

  /** Every episode, oldest first; those of one time in the order in which they were first remembered. */
  get episodes(): readonly KeptEpisode[] {
    return this.#byTime;
  }

  /** Those of a session, oldest first. */
  session(sessionId: string): readonly KeptEpisode[] {
    return this.#sessions.get(sessionId) ?? [];
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  get blocks(): readonly MemoryBlock[] {
    return [...this.#blocks.values()];
  }

  /** What limits pushed out so far. */
  get dropped(): TierCounts {
    return this.#dropped;
  }

  remember(episode: Episode): Stored & { readonly kept: KeptEpisode } {
    const before = this.#episodes.get(episode.id);
    const words = wordCounts(textOf(episode));
    const bytes = bytesOf(words, episode.id, episode.sessionId, episode.speaker, textOf(episode), json(episode));
    this.#admit(bytes, before?.bytes);
    if (before !== undefined) this.#removeEpisode(before);
    const kept: KeptEpisode = { episode, sequence: before?.sequence ?? this.#sequence++, bytes };
    this.#episodes.set(episode.id, kept);
    this.#bySequence.set(kept.sequence, kept);
    insertSorted(this.#byTime, kept, compareEpisodes);
    const session = this.#sessions.get(episode.sessionId);
    if (session === undefined) this.#sessions.set(episode.sessionId, [kept]);
    else insertSorted(session, kept, compareEpisodes);
    this.#episodeWords.add(kept.sequence, words);
    this.#count(bytes);
    return { replaced: before !== undefined, dropped: this.#enforce(), kept };
  }

  /** Gives an episode its vector; not if it is gone, or another has its id by now. */
  attach(kept: KeptEpisode, vector: Float32Array): TierCounts {
    if (this.#episodes.get(kept.episode.id) !== kept || !this.#budget.hasRoomFor(vector.byteLength)) return NOTHING;
    kept.vector = vector;
    this.#count(vector.byteLength);
    return this.#enforce();
  }

  /** Episodes with words of the query and their scores. */
  searchEpisodes(query: string): { readonly kept: KeptEpisode; readonly score: number }[] {
    return this.#episodeWords.search(query).map(({ document, score }) => {
      return { kept: this.#bySequence.get(document)!, score };
    });
  }

  learn(fact: Fact): Stored {
    const statement: Statement = Object.freeze({ ...fact, sequence: this.#sequence });
    const key = JSON.stringify([fact.subject, fact.predicate]);
    const words = wordCounts(textOfFact(fact));
    const bytes = bytesOf(words, textOfFact(fact), fact.sessionId);
    this.#admit(bytes);
    const timeline = this.#timelines.get(key) ?? [];
    if (!addStatement(timeline, statement)) return { replaced: true, dropped: NOTHING };
    this.#sequence++;
    this.#timelines.set(key, timeline);
    this.#factWords.add(statement.sequence, words);
    this.#statements++;
    this.#count(bytes);
    return { replaced: false, dropped: this.#enforce() };
  }

  /** Every fact that ever held or will, as far as it was known; of one subject and predicate in the order of time. */
  facts(knownAt: number): HeldFact[] {
    return [...this.#timelines.values()].flatMap((timeline) => factsOf(timeline, knownAt));
  }

  /** Statements with words of the query: their sequence and score. */
  searchFacts(query: string): Map<number, number> {
    return new Map(this.#factWords.search(query).map(({ document, score }) => [document, score]));
  }

  /** In the order in which they were learned. */
  get statements(): readonly Statement[] {
    return [...this.#timelines.values()].flat().sort((a, b) => a.sequence - b.sequence);
  }

  setBlock(block: MemoryBlock): Stored {
    const before = this.#blocks.get(block.name);
    const bytes = bytesOfBlock(block);
    const freed = before === undefined ? 0 : bytesOfBlock(before);
    if (before === undefined) this.#budget.refuseMoreThan('blocksPerUser', this.#blocks.size + 1);
    this.#admit(bytes, freed, freed);
    this.#blocks.set(block.name, block);
    this.#blockBytes += bytes - freed;
    this.#count(bytes - freed);
    return { replaced: before !== undefined, dropped: this.#enforce() };
  }

  removeBlock(name: string): boolean {
    const block = this.#blocks.get(name);
    if (block === undefined) return false;
    this.#blocks.delete(name);
    this.#blockBytes -= bytesOfBlock(block);
    this.#count(-bytesOfBlock(block));
    return true;
  }

  /** The sessions with the latest episodes, latest first. */
  recentSessions(count: number): SessionSummary[] {
    const recent = Array.from(this.#sessions.values(), (session) => session.at(-1)!)
      .sort((a, b) => compareEpisodes(b, a))
      .slice(0, count);
    return recent.map(({ episode: { sessionId, time } }) => {
      return { sessionId, episodes: this.session(sessionId).length, lastSeen: time };
    });
  }

  /** Everything at once, this object included: it must not be used any more, but by who still waits for a vector. */
  forgetAll(): TierCounts {
    const counts = { episodes: this.#episodes.size, facts: this.#statements, blocks: this.#blocks.size };
    this.#episodes.clear();
    this.#count(-this.#bytes);
    return counts;
  }

  forget({ sessionId, before = Infinity }: ForgetScope): TierCounts {
    const episodes = (sessionId === undefined ? this.#byTime : this.session(sessionId)).filter(
      ({ episode }) => episode.time < before,
    );
    const statements = this.statements.filter(
      (statement) => statement.learnedAt < before && (sessionId === undefined || statement.sessionId === sessionId),
    );
    const blocks = sessionId === undefined ? this.blocks.filter(({ updatedAt }) => updatedAt < before) : [];
    for (const kept of episodes) this.#removeEpisode(kept);
    for (const statement of statements) this.#removeStatement(statement);
    for (const { name } of blocks) this.removeBlock(name);
    return { episodes: episodes.length, facts: statements.length, blocks: blocks.length };
  }

  /** Invariant C: refuses what could not be kept even if everything but the blocks went. */
  #admit(bytes: number, freed = 0, freedBlock = 0): void {
    this.#budget.refuseMoreThan('bytesPerUser', USER_BYTES + this.#blockBytes - freedBlock + bytes);
    this.#budget.refuseMoreThan('bytes', this.#budget.used + bytes - freed);
  }

  /** Invariant B. */
  #enforce(): TierCounts {
    let [episodes, facts] = [0, 0];
    const { episodesPerUser, factsPerUser, bytesPerUser } = this.#limits;
    while (this.#byTime.length > episodesPerUser || (this.#bytes > bytesPerUser && this.#byTime.length > 0)) {
      this.#removeEpisode(this.#byTime[0]!);
      episodes++;
    }
    while (this.#statements > factsPerUser || (this.#bytes > bytesPerUser && this.#statements > 0)) {
      this.#removeStatement(leastNeeded(this.#timelines.values())!);
      facts++;
    }
    if (episodes + facts === 0) return NOTHING;
    const dropped = { episodes, facts, blocks: 0 };
    this.#dropped = sumOf(this.#dropped, dropped);
    return dropped;
  }

  #removeEpisode(kept: KeptEpisode): void {
    const { episode, sequence, bytes, vector } = kept;
    this.#episodes.delete(episode.id);
    this.#bySequence.delete(sequence);
    removeSorted(this.#byTime, kept, compareEpisodes);
    const session = this.#sessions.get(episode.sessionId)!;
    removeSorted(session, kept, compareEpisodes);
    if (session.length === 0) this.#sessions.delete(episode.sessionId);
    this.#episodeWords.remove(sequence, wordCounts(textOf(episode)));
    this.#count(-bytes - (vector?.byteLength ?? 0));
  }

  #removeStatement(statement: Statement): void {
    const key = JSON.stringify([statement.subject, statement.predicate]);
    const timeline = this.#timelines.get(key)!;
    removeSorted(timeline, statement, compareStatements);
    if (timeline.length === 0) this.#timelines.delete(key);
    const words = wordCounts(textOfFact(statement));
    this.#factWords.remove(statement.sequence, words);
    this.#statements--;
    this.#count(-bytesOf(words, textOfFact(statement), statement.sessionId));
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.count(bytes);
  }
}

/** No entry of any tier. */
export const NOTHING: TierCounts = Object.freeze({ episodes: 0, facts: 0, blocks: 0 });

export function sumOf(a: TierCounts, b: TierCounts): TierCounts {
  return { episodes: a.episodes + b.episodes, facts: a.facts + b.facts, blocks: a.blocks + b.blocks };
}

/** By time, then in the order in which they were first remembered. */
export function compareEpisodes(a: KeptEpisode, b: KeptEpisode): number {
  return a.episode.time - b.episode.time || a.sequence - b.sequence;
}

/** What of an episode is searched. */
export function textOf({ input, output }: Episode): string {
  return output === '' ? input : `${input}\n${output}`;
}

function textOfFact({ subject, predicate, object }: Fact): string {
  return `${subject} ${predicate} ${object}`;
}

function json({ transcript }: Episode): string | undefined {
  return transcript === undefined ? undefined : JSON.stringify(transcript);
}

function bytesOf(words: WordCounts | undefined, ...texts: readonly (string | undefined)[]): number {
  const characters = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  return ENTRY_BYTES + 2 * characters + WORD_BYTES * (words?.counts.size ?? 0);
}

function bytesOfBlock({ name, text }: MemoryBlock): number {
  return bytesOf(undefined, name, text);
}
