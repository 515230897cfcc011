/**
 * Job: what agents remember, in a SQLite file, as the port asks it.
 *
 * Boundary: checks what it is asked and keeps the writes to one user in a row. What is written is planned in
 * `memory-change.ts`, what is there is read in `stored-memory.ts`.
 *
 * A. The user is a hard partition: every table has the user in its key, every question and every write names it.
 * B. A write holds for the version of the user that it was planned for; where another process came first it is planned anew.
 */
import {
  DefinitionError,
  Memory,
  RunError,
  systemClock,
  type Clock,
  type Fact,
  type FactQuery,
  type ForgetScope,
  type HistoryMessage,
  type HistoryOptions,
  type MemoryBlock,
  type MemoryExport,
  type MemoryLimits,
  type MemoryNoticeOptions,
  type MemoryOwner,
  type MemoryProfile,
  type NewEpisode,
  type NewFact,
  type RecalledEpisode,
  type RecallOptions,
  type Stored,
  type TierCounts,
} from '@drawloom/core';
import {
  checkEpisode,
  checkFact,
  checkFactQuery,
  checkForgetScope,
  checkHistory,
  checkId,
  checkRecall,
  checkText,
  DEFAULT_MEMORY_LIMITS,
  factsOf,
  holdsAt,
  limitsOf,
  MemoryNotices,
  memoryOptionsProblems,
  ownedPart,
  type OwnedPart,
  type Statement,
} from '@drawloom/core/front-end';
import { step } from '../store/statements.js';
import type { WriteQueue } from '../store/write-queue.js';
import { MemoryChange, type MemoryPlan } from './memory-change.js';
import { topicOf, type EpisodeFacts, type StoredMemory, type StoredUser } from './stored-memory.js';
import { searchWords } from './word-search.js';

/** How the memory of a store keeps. */
export interface SqliteMemoryOptions extends Partial<MemoryLimits>, MemoryNoticeOptions {
  /** @defaultValue the machine's */
  readonly clock?: Clock | undefined;
}

const NAME = 'SqliteMemory';
const OTHER_OPTIONS: readonly string[] = ['withoutUser', 'onNotice', 'clock'];
const NOTHING: TierCounts = Object.freeze({ episodes: 0, facts: 0, blocks: 0 });

/**
 * The limits that are meant, where nothing is wrong with the options.
 *
 * @throws {@link DefinitionError} INVALID_OPTION
 */
export function memoryLimits(options: SqliteMemoryOptions): MemoryLimits {
  const known = [...Object.keys(DEFAULT_MEMORY_LIMITS), ...OTHER_OPTIONS];
  DefinitionError.throwIfAny(memoryOptionsProblems(NAME, options, known));
  return limitsOf(NAME, options, DEFAULT_MEMORY_LIMITS);
}

/** A memory in a SQLite file: `sqlite('runs.db').memory`. Search is by words (BM25). */
export class SqliteMemory extends Memory {
  readonly #stored: StoredMemory;
  readonly #queue: WriteQueue;
  readonly #limits: MemoryLimits;
  readonly #notices: MemoryNotices;
  readonly #clock: Clock;
  /** The write to each user that is under way. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  /** @throws {@link DefinitionError} INVALID_OPTION */
  constructor(stored: StoredMemory, queue: WriteQueue, options: SqliteMemoryOptions = {}) {
    super();
    this.#stored = stored;
    this.#queue = queue;
    this.#limits = memoryLimits(options);
    this.#notices = new MemoryNotices(NAME, options);
    this.#clock = options.clock ?? systemClock;
  }

  override async remember(owner: MemoryOwner, episode: NewEpisode): Promise<Stored> {
    const owned = this.#partOf('remember', owner);
    const checked = checkEpisode(`${NAME}.remember`, episode, this.#clock.now());
    return (await this.#write(owned, (change) => change.remember(checked)))!;
  }

  override async recall(
    owner: MemoryOwner,
    query: string,
    options: RecallOptions = {},
  ): Promise<readonly RecalledEpisode[]> {
    const owned = this.#partOf('recall', owner);
    checkText(`${NAME}.recall`, 'query', query);
    const { limit, sessionId, excludeSessionId } = checkRecall(`${NAME}.recall`, options);
    const isMeant = (session: string): boolean =>
      (sessionId === undefined || session === sessionId) && !isWithin(session, excludeSessionId);
    if (owned.userId === undefined) this.#notices.searchedWithoutUser(() => this.#stored.hasNamedUsers());
    return this.#stored.snapshot(() => {
      const user = this.#stored.user(owned.key);
      if (user === undefined || limit === 0) return [];
      return query.trim() === ''
        ? this.#newest(user, sessionId, isMeant, limit)
        : this.#best(user, query, isMeant, limit);
    });
  }

  override async history(
    owner: MemoryOwner,
    sessionId: string,
    options: HistoryOptions = {},
  ): Promise<readonly HistoryMessage[]> {
    const owned = this.#partOf('history', owner);
    checkId(`${NAME}.history`, 'sessionId', sessionId);
    const limit = checkHistory(`${NAME}.history`, options);
    return this.#stored.snapshot(() => {
      const user = this.#stored.user(owned.key);
      const messages: HistoryMessage[] = [];
      if (user === undefined || limit === 0) return messages;
      for (const { episode } of this.#stored.newest(user.id, sessionId)) {
        const { id: episodeId, time, input, output, speaker } = episode;
        messages.push(
          { role: 'assistant', text: output, ...(speaker === undefined ? {} : { speaker }), time, episodeId },
          { role: 'user', text: input, time, episodeId },
        );
        if (messages.length >= limit) break;
      }
      return messages.slice(0, limit).reverse();
    });
  }

  override async learn(owner: MemoryOwner, fact: NewFact): Promise<Stored> {
    const owned = this.#partOf('learn', owner);
    const checked = checkFact(`${NAME}.learn`, fact, this.#clock.now());
    const stored = await this.#write(owned, (change) => change.learn(checked));
    return stored ?? { replaced: true, dropped: NOTHING };
  }

  override async facts(owner: MemoryOwner, query: FactQuery = {}): Promise<readonly Fact[]> {
    const owned = this.#partOf('facts', owner);
    const wanted = checkFactQuery(`${NAME}.facts`, query, this.#clock.now());
    return this.#stored.snapshot(() => {
      const user = this.#stored.user(owned.key);
      return user === undefined ? [] : this.#findFacts(user, wanted);
    });
  }

  override async setBlock(owner: MemoryOwner, name: string, text: string): Promise<Stored> {
    const owned = this.#partOf('setBlock', owner);
    checkId(`${NAME}.setBlock`, 'name', name);
    checkText(`${NAME}.setBlock`, 'text', text);
    const block: MemoryBlock = { name, text, updatedAt: this.#clock.now() };
    return (await this.#write(owned, (change) => change.setBlock(block)))!;
  }

  override async removeBlock(owner: MemoryOwner, name: string): Promise<boolean> {
    const owned = this.#partOf('removeBlock', owner);
    checkId(`${NAME}.removeBlock`, 'name', name);
    return (await this.#write(owned, (change) => change.removeBlock(name))) !== undefined;
  }

  override async blocks(owner: MemoryOwner): Promise<readonly MemoryBlock[]> {
    const owned = this.#partOf('blocks', owner);
    return this.#stored.snapshot(() => {
      const user = this.#stored.user(owned.key);
      return user === undefined ? [] : this.#stored.blocks(user.id);
    });
  }

  override async profile(owner: MemoryOwner): Promise<MemoryProfile> {
    const owned = this.#partOf('profile', owner);
    const asked = { asOf: this.#clock.now(), knownAt: Infinity, limit: Number.MAX_SAFE_INTEGER };
    return this.#stored.snapshot(() => {
      const user = this.#stored.user(owned.key) ?? NEW_USER;
      const facts = this.#findFacts(user, asked);
      const sessions = this.#stored.sessions(user.id);
      return {
        userId: owned.userId,
        episodes: user.episodes,
        sessions: sessions.length,
        facts: facts.length,
        blocks: user.blocks,
        recentSessions: sessions.slice(0, 10),
        lastSeen: sessions[0]?.lastSeen,
        sampleFacts: facts.slice(0, 5),
        dropped: { episodes: user.dropped_episodes, facts: user.dropped_facts, blocks: 0 },
      };
    });
  }

  override async forget(owner: MemoryOwner, scope: ForgetScope = {}): Promise<TierCounts> {
    const owned = this.#partOf('forget', owner);
    const checked = checkForgetScope(`${NAME}.forget`, scope);
    const { key } = owned;
    return this.#inTurn(key, () =>
      Object.keys(checked).length === 0 ? this.#forgetAll(key) : this.#forget(key, checked),
    );
  }

  override async export(owner: MemoryOwner): Promise<MemoryExport> {
    const owned = this.#partOf('export', owner);
    return this.#stored.snapshot(() => {
      const { id } = this.#stored.user(owned.key) ?? NEW_USER;
      return {
        format: 'drawloom.memory',
        version: 1,
        userId: owned.userId ?? null,
        exportedAt: this.#clock.now(),
        episodes: this.#stored.episodes(id),
        facts: this.#stored.statements(id).map(({ statement: { sequence: _, ...fact } }) => fact),
        blocks: this.#stored.blocks(id),
      };
    });
  }

  #partOf(method: string, owner: MemoryOwner): OwnedPart {
    const owned = ownedPart(`${NAME}.${method}`, owner);
    if (owned.userId === undefined && this.#notices.refusesNobody) throw RunError.memoryNeedsUser(`${NAME}.${method}`);
    return owned;
  }

  /** What the plan says, when it is durable; `undefined` where there was nothing to do (B). */
  #write(
    { key, userId }: OwnedPart,
    plan: (change: MemoryChange) => MemoryPlan | undefined,
  ): Promise<Stored | undefined> {
    return this.#inTurn(key, async () => {
      for (;;) {
        const { user, planned } = this.#stored.snapshot(() => {
          const found = this.#stored.user(key) ?? NEW_USER;
          return { user: found, planned: plan(new MemoryChange(NAME, this.#limits, this.#stored, found)) };
        });
        if (planned === undefined) return undefined;
        if (user === NEW_USER) {
          // What is refused has been by now, so that it leaves nothing: not even its user.
          await this.#queue.write({ isGuarded: false, steps: [step('addUser', key)] });
        } else if ((await this.#queue.write({ isGuarded: true, steps: planned.steps })) !== false) {
          this.#notices.dropped(userId, planned.stored.dropped);
          return planned.stored;
        }
      }
    });
  }

  /** One after the other for each user: else each of many at once would be planned for the same version. */
  async #inTurn<T>(key: string, write: () => Promise<T>): Promise<T> {
    const before = this.#underWay.get(key);
    const turn = (before ?? Promise.resolve()).then(write, write);
    this.#underWay.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#underWay.get(key) === turn) this.#underWay.delete(key);
    }
  }

  async #forgetAll(key: string): Promise<TierCounts> {
    const names = [
      'forgetAllWords',
      'forgetAllEpisodes',
      'forgetAllFacts',
      'forgetAllBlocks',
      'forgetUserItself',
    ] as const;
    const steps = names.map((name) => step(name, key));
    const [, episodes, facts, blocks] = (await this.#queue.write({ isGuarded: false, steps })) as number[];
    return { episodes: episodes!, facts: facts!, blocks: blocks! };
  }

  async #forget(key: string, { sessionId, before = Infinity }: ForgetScope): Promise<TierCounts> {
    const user = this.#stored.user(key);
    if (user === undefined) return NOTHING;
    const meant = [user.id, sessionId === undefined ? 1 : 0, sessionId, before];
    const steps = [
      step('forgetEpisodeWords', user.id, ...meant),
      step('forgetFactWords', user.id, ...meant),
      step('forgetEpisodes', ...meant),
      step('forgetFacts', ...meant),
      step('forgetBlocks', user.id, sessionId === undefined ? before : -Infinity),
      step('recountUser', user.id),
    ];
    const [, , episodes, facts, blocks] = (await this.#queue.write({ isGuarded: false, steps })) as number[];
    return { episodes: episodes!, facts: facts!, blocks: blocks! };
  }

  #newest(
    user: StoredUser,
    sessionId: string | undefined,
    isMeant: (session: string) => boolean,
    limit: number,
  ): readonly RecalledEpisode[] {
    const newest: RecalledEpisode[] = [];
    for (const { session, episode } of this.#stored.newest(user.id, sessionId)) {
      if (!isMeant(session)) continue;
      newest.push({ episode, score: 0, parts: {} });
      if (newest.length >= limit) break;
    }
    return newest;
  }

  /** Best first; of equals the newest first. Episodes are read as far as they are needed. */
  #best(
    user: StoredUser,
    query: string,
    isMeant: (session: string) => boolean,
    limit: number,
  ): readonly RecalledEpisode[] {
    const extent = { entries: user.episodes, words: user.episode_words };
    const scores = searchWords(this.#stored, user.id, 'episode', extent, query);
    const ranked = [...scores].sort(([, left], [, right]) => right - left);
    const found: (RecalledEpisode & { readonly facts: EpisodeFacts })[] = [];
    for (const [sequence, score] of ranked) {
      if (found.length >= limit && score < found.at(-1)!.score) break;
      const { facts, episode } = this.#stored.episode(user.id, sequence);
      if (isMeant(facts.session)) found.push({ episode, facts, score, parts: { lexical: score } });
    }
    const newerFirst = (left: EpisodeFacts, right: EpisodeFacts): number =>
      right.time - left.time || right.sequence - left.sequence;
    return found
      .sort((left, right) => right.score - left.score || newerFirst(left.facts, right.facts))
      .slice(0, limit)
      .map(({ episode, score, parts }) => ({ episode, score, parts }));
  }

  #findFacts(
    user: StoredUser,
    { subject, predicate, query, asOf, knownAt, limit }: ReturnType<typeof checkFactQuery>,
  ): readonly Fact[] {
    const topic = subject === undefined || predicate === undefined ? undefined : topicOf(subject, predicate);
    const isText = query !== undefined && query.trim() !== '';
    const extent = { entries: user.facts, words: user.fact_words };
    const scores = isText ? searchWords(this.#stored, user.id, 'fact', extent, query) : undefined;
    return this.#timelines(user, topic)
      .flatMap((timeline) => factsOf(timeline, knownAt))
      .filter(
        ({ fact }) =>
          (subject === undefined || fact.subject === subject) &&
          (predicate === undefined || fact.predicate === predicate) &&
          (asOf === 'ever' || holdsAt(fact, asOf)),
      )
      .map(({ fact, statements }) => {
        const score = Math.max(...statements.map(({ sequence }) => scores?.get(sequence) ?? 0));
        return { fact, score, sequence: statements[0]!.sequence };
      })
      .filter(({ score }) => scores === undefined || score > 0)
      .sort((a, b) => b.score - a.score || b.fact.validFrom - a.fact.validFrom || b.sequence - a.sequence)
      .slice(0, limit)
      .map(({ fact }) => fact);
  }

  /** The statements about each topic, in the order of its story. */
  #timelines(user: StoredUser, topic: string | undefined): readonly (readonly Statement[])[] {
    const timelines = new Map<string, Statement[]>();
    for (const { statement } of this.#stored.statements(user.id, topic)) {
      const key = topicOf(statement.subject, statement.predicate);
      const timeline = timelines.get(key);
      if (timeline === undefined) timelines.set(key, [statement]);
      else timeline.push(statement);
    }
    for (const timeline of timelines.values())
      timeline.sort((a, b) => a.validFrom - b.validFrom || a.sequence - b.sequence);
    return [...timelines.values()];
  }
}

/** Of whom nothing is known yet. Its number is nobody's. */
const NEW_USER: StoredUser = Object.freeze({
  id: -1,
  version: -1,
  sequence: 0,
  episodes: 0,
  episode_words: 0,
  facts: 0,
  fact_words: 0,
  blocks: 0,
  bytes: 0,
  block_bytes: 0,
  dropped_episodes: 0,
  dropped_facts: 0,
});

/** Whether a session is another one or lies below it. */
function isWithin(session: string, outer: string | undefined): boolean {
  return outer !== undefined && (session === outer || session.startsWith(`${outer}/`));
}
