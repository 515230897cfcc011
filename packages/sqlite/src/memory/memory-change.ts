/**
 * Job: one write to a user's memory as steps: the entry itself, and what the limits push out for it.
 *
 * Boundary: reads, and plans; nothing is written here. The plan holds for the version of the user that it was made from.
 *
 * A. What is refused changes nothing: it is thrown before there is a plan.
 * B. After the steps the counters of the user are those of its rows, and within the limits.
 */
import { RunError, type Episode, type Fact, type MemoryBlock, type MemoryLimits, type Stored } from '@drawloom/core';
import { addStatement, compareStatements, leastNeeded, wordCounts, type Statement } from '@drawloom/core/front-end';
import type { Step } from '../connection/run-batch.js';
import { step } from '../store/statements.js';
import { inOrder, type Counters } from './memory-statements.js';
import {
  topicOf,
  type EpisodeFacts,
  type StoredMemory,
  type StoredStatement,
  type StoredUser,
} from './stored-memory.js';

/** What is written, and what its caller is told. */
export interface MemoryPlan {
  readonly steps: readonly Step[];
  readonly stored: Stored;
}

/** A row with its indexes, beside its texts; and one word of it. Estimated. */
const ENTRY_BYTES = 300;
const WORD_BYTES = 60;

const NOTHING = Object.freeze({ episodes: 0, facts: 0, blocks: 0 });

export class MemoryChange {
  readonly #where: string;
  readonly #limits: MemoryLimits;
  readonly #stored: StoredMemory;
  readonly #user: StoredUser;
  readonly #counters: { -readonly [Name in keyof Counters]: Counters[Name] };
  readonly #steps: Step[] = [];

  constructor(where: string, limits: MemoryLimits, stored: StoredMemory, user: StoredUser) {
    this.#where = where;
    this.#limits = limits;
    this.#stored = stored;
    this.#user = user;
    this.#counters = { ...user };
  }

  /** @throws {@link RunError} MEMORY_FULL */
  remember(episode: Episode): MemoryPlan {
    const { id: user } = this.#user;
    const { counts, length } = wordCounts(textOf(episode));
    const data = JSON.stringify(episode);
    const bytes = bytesOf(counts.size, data);
    this.#admit(bytes);
    const before = this.#stored.episodeById(user, episode.id);
    if (before !== undefined) this.#removeEpisode(before);
    const { id, sessionId: session, time } = episode;
    const added = { sequence: before?.sequence ?? this.#counters.sequence++, session, time, words: length, bytes };
    this.#steps.push(
      step('addEpisode', user, added.sequence, id, session, time, length, bytes, data),
      step('addWords', user, 'episode', added.sequence, length, JSON.stringify(Object.fromEntries(counts))),
    );
    this.#counters.episodes++;
    this.#counters.episode_words += length;
    this.#counters.bytes += bytes;
    return this.#plan(before !== undefined, this.#oldestWith(added, before?.sequence));
  }

  /** `undefined` where it is known already. @throws {@link RunError} MEMORY_FULL */
  learn(fact: Fact): MemoryPlan | undefined {
    const { id: user } = this.#user;
    const { counts, length } = wordCounts(`${fact.subject} ${fact.predicate} ${fact.object}`);
    const data = JSON.stringify(fact);
    const bytes = bytesOf(counts.size, data);
    this.#admit(bytes);
    const topic = topicOf(fact.subject, fact.predicate);
    const statement: Statement = { ...fact, sequence: this.#counters.sequence };
    const timeline = this.#stored.statements(user, topic).map((known) => known.statement);
    if (!addStatement(timeline, statement)) return undefined;
    this.#counters.sequence++;
    const { sequence, sessionId, validFrom, learnedAt } = statement;
    this.#steps.push(
      step('addFact', user, sequence, topic, sessionId, validFrom, learnedAt, length, bytes, data),
      step('addWords', user, 'fact', sequence, length, JSON.stringify(Object.fromEntries(counts))),
    );
    this.#counters.facts++;
    this.#counters.fact_words += length;
    this.#counters.bytes += bytes;
    return this.#plan(false, this.#stored.oldest(user), { statement, words: length, bytes });
  }

  /** @throws {@link RunError} MEMORY_FULL */
  setBlock(block: MemoryBlock): MemoryPlan {
    const { id: user, sequence } = this.#user;
    const data = JSON.stringify(block);
    const bytes = bytesOf(0, data);
    const before = this.#stored.block(user, block.name);
    if (before === undefined) this.#refuseMoreThan('blocksPerUser', this.#counters.blocks + 1);
    this.#admit(bytes, before?.bytes);
    this.#steps.push(step('setBlock', user, block.name, sequence, block.updatedAt, bytes, data));
    if (before === undefined) {
      this.#counters.blocks++;
      this.#counters.sequence++;
    }
    this.#countBlock(bytes - (before?.bytes ?? 0));
    return this.#plan(before !== undefined, this.#stored.oldest(user));
  }

  /** `undefined` where there is none. */
  removeBlock(name: string): MemoryPlan | undefined {
    const block = this.#stored.block(this.#user.id, name);
    if (block === undefined) return undefined;
    this.#steps.push(step('removeBlock', this.#user.id, name));
    this.#counters.blocks--;
    this.#countBlock(-block.bytes);
    return this.#plan(true, []);
  }

  /** Makes room, and closes the plan: its first step is the fence (B). */
  #plan(replaced: boolean, oldest: Iterable<EpisodeFacts>, added?: StoredStatement): MemoryPlan {
    const episodes = this.#dropEpisodes(oldest);
    const facts = this.#dropFacts(added);
    this.#counters.dropped_episodes += episodes;
    this.#counters.dropped_facts += facts;
    const { id, version } = this.#user;
    const fence = step('countUser', ...inOrder(this.#counters), id, version);
    const dropped = episodes + facts === 0 ? NOTHING : { episodes, facts, blocks: 0 };
    return { steps: [fence, ...this.#steps], stored: { replaced, dropped } };
  }

  #dropEpisodes(oldest: Iterable<EpisodeFacts>): number {
    const { episodesPerUser, bytesPerUser } = this.#limits;
    let dropped = 0;
    for (const episode of oldest) {
      const { episodes, bytes } = this.#counters;
      if (episodes <= episodesPerUser && bytes <= bytesPerUser) break;
      this.#removeEpisode(episode);
      dropped++;
    }
    return dropped;
  }

  #dropFacts(added: StoredStatement | undefined): number {
    const { factsPerUser, bytesPerUser } = this.#limits;
    const isOver = (): boolean => this.#counters.facts > factsPerUser || this.#counters.bytes > bytesPerUser;
    if (!isOver() || this.#counters.facts === 0) return 0;
    const all = [...this.#stored.statements(this.#user.id), ...(added === undefined ? [] : [added])];
    const known = new Map(all.map((statement) => [statement.statement.sequence, statement]));
    const timelines = new Map<string, Statement[]>();
    for (const { statement } of all) {
      const topic = topicOf(statement.subject, statement.predicate);
      timelines.set(topic, [...(timelines.get(topic) ?? []), statement].sort(compareStatements));
    }
    let dropped = 0;
    while (isOver() && this.#counters.facts > 0) {
      const { sequence, subject, predicate } = leastNeeded(timelines.values())!;
      const topic = topicOf(subject, predicate);
      const left = timelines.get(topic)!.filter((statement) => statement.sequence !== sequence);
      if (left.length === 0) timelines.delete(topic);
      else timelines.set(topic, left);
      this.#removeFact(known.get(sequence)!);
      dropped++;
    }
    return dropped;
  }

  #removeEpisode({ sequence, words, bytes }: EpisodeFacts): void {
    const { id: user } = this.#user;
    this.#steps.push(step('removeEpisode', user, sequence), step('removeWords', user, 'episode', sequence));
    this.#counters.episodes--;
    this.#counters.episode_words -= words;
    this.#counters.bytes -= bytes;
  }

  #removeFact({ statement: { sequence }, words, bytes }: StoredStatement): void {
    const { id: user } = this.#user;
    this.#steps.push(step('removeFact', user, sequence), step('removeWords', user, 'fact', sequence));
    this.#counters.facts--;
    this.#counters.fact_words -= words;
    this.#counters.bytes -= bytes;
  }

  #countBlock(bytes: number): void {
    this.#counters.bytes += bytes;
    this.#counters.block_bytes += bytes;
  }

  /** The oldest ones, with the new one in its place and without the one that it replaces. */
  *#oldestWith(added: EpisodeFacts, replaced: number | undefined): Generator<EpisodeFacts> {
    let isAdded = false;
    for (const episode of this.#stored.oldest(this.#user.id)) {
      if (episode.sequence === replaced) continue;
      if (!isAdded && isBefore(added, episode)) {
        isAdded = true;
        yield added;
      }
      yield episode;
    }
    if (!isAdded) yield added;
  }

  /** Refuses what could not be kept even if everything but the blocks went. */
  #admit(bytes: number, freedBlock = 0): void {
    this.#refuseMoreThan('bytesPerUser', this.#counters.block_bytes - freedBlock + bytes);
  }

  #refuseMoreThan(limit: keyof MemoryLimits, needed: number): void {
    if (needed > this.#limits[limit]) throw RunError.memoryFull(this.#where, limit, this.#limits[limit], needed);
  }
}

function isBefore(left: EpisodeFacts, right: EpisodeFacts): boolean {
  return left.time < right.time || (left.time === right.time && left.sequence < right.sequence);
}

/** What of an episode is searched. */
function textOf({ input, output }: Episode): string {
  return output === '' ? input : `${input}\n${output}`;
}

function bytesOf(words: number, data: string): number {
  return ENTRY_BYTES + WORD_BYTES * words + Buffer.byteLength(data);
}
