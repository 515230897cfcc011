/**
 * Job. The memory of this process: checks what it is asked, finds the user's own part, holds the limits over all users.
 *
 * Boundary. What one user has is `UserMemory`'s, its search `TextIndex`'s, its facts `fact-timeline.ts`'s. One file, because it
 * is the port's eleven methods, and what stands between them and a user is the same in each.
 */
import { DefinitionError } from '../errors/definition-error.js';
import { problems } from '../errors/problems.js';
import { RunError } from '../errors/run-error.js';
import type { Embedder } from '../ports/embedder.js';
import {
  Memory,
  type Fact,
  type FactQuery,
  type ForgetScope,
  type HistoryMessage,
  type HistoryOptions,
  type MemoryBlock,
  type MemoryExport,
  type MemoryLimits,
  type MemoryOwner,
  type MemoryProfile,
  type NewEpisode,
  type NewFact,
  type RecalledEpisode,
  type RecallOptions,
  type Stored,
  type TierCounts,
} from '../ports/memory.js';
import { systemClock, type Clock } from '../values/clock.js';
import { holdsAt } from './fact-timeline.js';
import { fuseRankings } from './fuse-rankings.js';
import {
  checkEpisode,
  checkFact,
  checkFactQuery,
  checkForgetScope,
  checkHistory,
  checkId,
  checkRecall,
  checkText,
  ownedPart,
  type OwnedPart,
} from './memory-arguments.js';
import { MemoryNotices, memoryOptionsProblems, type MemoryNoticeOptions } from './memory-notices.js';
import { MemoryBudget } from './memory-budget.js';
import { DEFAULT_MEMORY_LIMITS, limitsOf } from './memory-limits.js';
import { compareEpisodes, NOTHING, sumOf, textOf, UserMemory, type KeptEpisode } from './user-memory.js';

/** How an {@link InMemoryMemory} keeps and finds. */
export interface InMemoryMemoryOptions extends Partial<MemoryLimits>, MemoryNoticeOptions {
  /** Over all users, in bytes, estimated with what search takes. What does not fit is refused (MEMORY_FULL). @defaultValue 256 MiB */
  readonly bytes?: number;
  /** Ranks by meaning, too, beside words. @defaultValue none */
  readonly embedder?: Embedder | undefined;
  /** @defaultValue the machine's */
  readonly clock?: Clock | undefined;
}

const NAME = 'InMemoryMemory';
const OTHER_OPTIONS: readonly string[] = ['embedder', 'withoutUser', 'onNotice', 'clock'];

/** How many episodes each ranking gives to the fusion, if not more are asked for. */
const FUSED = 50;

/**
 * A memory in this process: for tests, and for services that may forget when they are restarted.
 *
 * Search is by words (BM25), and with an embedder by meaning as well, the two rankings fused. What a call costs depends on
 * the user's own memory alone.
 *
 * @example
 * const memory = new InMemoryMemory({ episodesPerUser: 1_000 });
 * const owner = { userId: 'alice' };
 * await memory.remember(owner, { id: 'r1/answer', sessionId: 's1', input: 'Where is my parcel?', output: 'In Graz.' });
 * const [found] = await memory.recall(owner, 'parcel');
 */
export class InMemoryMemory extends Memory {
  /** By tenant and user, as {@link ownedPart} has them. */
  readonly #users = new Map<string, UserMemory>();
  readonly #limits: MemoryLimits;
  readonly #budget: MemoryBudget;
  readonly #embedder: Embedder | undefined;
  readonly #notices: MemoryNotices;
  readonly #clock: Clock;

  /** @throws {@link DefinitionError} INVALID_OPTION */
  constructor(options: InMemoryMemoryOptions = {}) {
    super();
    const { embedder, clock = systemClock } = options;
    const defaults = { ...DEFAULT_MEMORY_LIMITS, bytes: 256 * 1024 ** 2 };
    const known = [...Object.keys(defaults), ...OTHER_OPTIONS];
    DefinitionError.throwIfAny(memoryOptionsProblems(NAME, options, known));
    const limits = limitsOf(NAME, options as Partial<typeof defaults>, defaults);
    this.#limits = limits;
    this.#budget = new MemoryBudget(NAME, limits);
    this.#embedder = embedder;
    this.#notices = new MemoryNotices(NAME, options);
    this.#clock = clock;
  }

  override async remember(owner: MemoryOwner, episode: NewEpisode): Promise<Stored> {
    const owned = this.#partOf('remember', owner);
    const checked = checkEpisode(`${NAME}.remember`, episode, this.#clock.now());
    const { kept, replaced, dropped } = this.#write(owned, (user) => user.remember(checked));
    if (this.#embedder === undefined) return { replaced, dropped };
    // The episode is kept before its vector is there, so that a slow or broken embedder costs no memory.
    const vector = await this.#vectorOf(textOf(checked));
    const more = vector === undefined ? NOTHING : (this.#users.get(owned.key)?.attach(kept, vector) ?? NOTHING);
    this.#notices.dropped(owned.userId, more);
    return { replaced, dropped: sumOf(dropped, more) };
  }

  override async recall(
    owner: MemoryOwner,
    query: string,
    options: RecallOptions = {},
  ): Promise<readonly RecalledEpisode[]> {
    const owned = this.#partOf('recall', owner);
    checkText(`${NAME}.recall`, 'query', query);
    const { limit, sessionId, excludeSessionId, signal } = checkRecall(`${NAME}.recall`, options);
    if (owned.userId === undefined)
      this.#notices.searchedWithoutUser(() => [...this.#users.values()].some((one) => one.isNamed));
    const isMeant = ({ episode }: KeptEpisode): boolean =>
      (sessionId === undefined || episode.sessionId === sessionId) && !isWithin(episode.sessionId, excludeSessionId);
    if (query.trim() === '') return this.#newest(owned, sessionId, isMeant, limit);
    const meaning = this.#users.has(owned.key) ? await this.#vectorOf(query, signal) : undefined;
    const user = this.#users.get(owned.key); // Only now: while the embedder was at work it may have been forgotten.
    if (user === undefined || limit === 0) return [];
    const lexical = best(user.searchEpisodes(query).filter(({ kept }) => isMeant(kept)));
    if (meaning === undefined) {
      return lexical.slice(0, limit).map(({ kept, score }) => {
        return { episode: kept.episode, score, parts: { lexical: score } };
      });
    }
    const semantic = best(user.episodes.filter(isMeant).flatMap((kept) => similarityOf(kept, meaning)));
    return fused(lexical, semantic, limit);
  }

  override async history(
    owner: MemoryOwner,
    sessionId: string,
    options: HistoryOptions = {},
  ): Promise<readonly HistoryMessage[]> {
    const owned = this.#partOf('history', owner);
    checkId(`${NAME}.history`, 'sessionId', sessionId);
    const limit = checkHistory(`${NAME}.history`, options);
    if (limit === 0) return [];
    const session = this.#users.get(owned.key)?.session(sessionId) ?? [];
    const messages = session.slice(-Math.ceil(limit / 2)).flatMap(({ episode }): HistoryMessage[] => {
      const { id: episodeId, time, input, output, speaker } = episode;
      return [
        { role: 'user', text: input, time, episodeId },
        { role: 'assistant', text: output, ...(speaker === undefined ? {} : { speaker }), time, episodeId },
      ];
    });
    return messages.slice(-limit);
  }

  override async learn(owner: MemoryOwner, fact: NewFact): Promise<Stored> {
    const owned = this.#partOf('learn', owner);
    const checked = checkFact(`${NAME}.learn`, fact, this.#clock.now());
    return this.#write(owned, (user) => user.learn(checked));
  }

  override async facts(owner: MemoryOwner, query: FactQuery = {}): Promise<readonly Fact[]> {
    const user = this.#users.get(this.#partOf('facts', owner).key);
    const wanted = checkFactQuery(`${NAME}.facts`, query, this.#clock.now());
    return user === undefined ? [] : findFacts(user, wanted);
  }

  override async setBlock(owner: MemoryOwner, name: string, text: string): Promise<Stored> {
    const owned = this.#partOf('setBlock', owner);
    checkId(`${NAME}.setBlock`, 'name', name);
    checkText(`${NAME}.setBlock`, 'text', text);
    const block: MemoryBlock = Object.freeze({ name, text, updatedAt: this.#clock.now() });
    return this.#write(owned, (user) => user.setBlock(block));
  }

  override async removeBlock(owner: MemoryOwner, name: string): Promise<boolean> {
    const owned = this.#partOf('removeBlock', owner);
    checkId(`${NAME}.removeBlock`, 'name', name);
    const wasThere = this.#users.get(owned.key)?.removeBlock(name) ?? false;
    this.#releaseIfEmpty(owned);
    return wasThere;
  }

  override async blocks(owner: MemoryOwner): Promise<readonly MemoryBlock[]> {
    return this.#users.get(this.#partOf('blocks', owner).key)?.blocks ?? [];
  }

  override async profile(owner: MemoryOwner): Promise<MemoryProfile> {
    const owned = this.#partOf('profile', owner);
    const user = this.#users.get(owned.key);
    const now = this.#clock.now();
    const facts =
      user === undefined ? [] : findFacts(user, { asOf: now, knownAt: Infinity, limit: Number.MAX_SAFE_INTEGER });
    return {
      userId: owned.userId,
      episodes: user?.episodes.length ?? 0,
      sessions: user?.sessionCount ?? 0,
      facts: facts.length,
      blocks: user?.blocks.length ?? 0,
      recentSessions: user?.recentSessions(10) ?? [],
      lastSeen: user?.episodes.at(-1)?.episode.time,
      sampleFacts: facts.slice(0, 5),
      dropped: user?.dropped ?? NOTHING,
    };
  }

  override async forget(owner: MemoryOwner, scope: ForgetScope = {}): Promise<TierCounts> {
    const owned = this.#partOf('forget', owner);
    const checked = checkForgetScope(`${NAME}.forget`, scope);
    const user = this.#users.get(owned.key);
    if (user === undefined) return NOTHING;
    if (Object.keys(checked).length === 0) {
      this.#users.delete(owned.key);
      return user.forgetAll();
    }
    const forgotten = user.forget(checked);
    this.#releaseIfEmpty(owned);
    return forgotten;
  }

  override async export(owner: MemoryOwner): Promise<MemoryExport> {
    const owned = this.#partOf('export', owner);
    const user = this.#users.get(owned.key);
    return {
      format: 'drawloom.memory',
      version: 1,
      userId: owned.userId ?? null,
      exportedAt: this.#clock.now(),
      episodes: user?.episodes.map(({ episode }) => episode) ?? [],
      facts: user?.statements.map(({ sequence: _, ...fact }) => fact) ?? [],
      blocks: user?.blocks ?? [],
    };
  }

  #partOf(method: string, owner: MemoryOwner): OwnedPart {
    const owned = ownedPart(`${NAME}.${method}`, owner);
    if (owned.userId === undefined && this.#notices.refusesNobody) throw RunError.memoryNeedsUser(`${NAME}.${method}`);
    return owned;
  }

  #write<T extends Stored>(owned: OwnedPart, write: (user: UserMemory) => T): T {
    let user = this.#users.get(owned.key);
    if (user === undefined)
      this.#users.set(owned.key, (user = new UserMemory(this.#limits, this.#budget, owned.userId !== undefined)));
    try {
      const stored = write(user);
      this.#notices.dropped(owned.userId, stored.dropped);
      return stored;
    } finally {
      this.#releaseIfEmpty(owned); // What was refused leaves nothing.
    }
  }

  #releaseIfEmpty(owned: OwnedPart): void {
    const user = this.#users.get(owned.key);
    if (user?.isEmpty !== true) return;
    this.#users.delete(owned.key);
    user.forgetAll();
  }

  #newest(
    owned: OwnedPart,
    sessionId: string | undefined,
    isMeant: (kept: KeptEpisode) => boolean,
    limit: number,
  ): RecalledEpisode[] {
    const user = this.#users.get(owned.key);
    const episodes = (sessionId === undefined ? user?.episodes : user?.session(sessionId)) ?? [];
    const newest: RecalledEpisode[] = [];
    for (let index = episodes.length - 1; index >= 0 && newest.length < limit; index--) {
      const kept = episodes[index]!;
      if (isMeant(kept)) newest.push({ episode: kept.episode, score: 0, parts: {} });
    }
    return newest;
  }

  /** `undefined` without an embedder, and where it fails: then words alone have to do. */
  async #vectorOf(text: string, signal?: AbortSignal): Promise<Float32Array | undefined> {
    if (this.#embedder === undefined) return undefined;
    signal?.throwIfAborted();
    try {
      const [vector] = await unlessAborted(this.#embedder.embed([text], { signal }), signal);
      return unitVector(vector!);
    } catch (error) {
      signal?.throwIfAborted();
      this.#notices.tell({ type: 'embedding.failed', error });
      return undefined;
    }
  }
}

interface Scored {
  readonly kept: KeptEpisode;
  readonly score: number;
}

/** Best first; of equals the newest first. */
function best(scored: Scored[]): Scored[] {
  return scored.sort((a, b) => b.score - a.score || compareEpisodes(b.kept, a.kept));
}

function fused(lexical: readonly Scored[], semantic: readonly Scored[], limit: number): RecalledEpisode[] {
  const rankings = [lexical, semantic].map((ranking) => ranking.slice(0, Math.max(limit, FUSED)));
  const scores = fuseRankings(rankings.map((ranking) => ranking.map(({ kept }) => kept)));
  const [words, meanings] = [lexical, semantic].map((all) => new Map(all.map(({ kept, score }) => [kept, score])));
  return best(Array.from(scores, ([kept, score]) => ({ kept, score })))
    .slice(0, limit)
    .map(({ kept, score }) => ({
      episode: kept.episode,
      score,
      parts: { lexical: words!.get(kept), semantic: meanings!.get(kept) },
    }));
}

/** The cosine, where the two could be alike at all. */
function similarityOf(kept: KeptEpisode, meaning: Float32Array): Scored[] {
  const { vector } = kept;
  if (vector === undefined || vector.length !== meaning.length) return [];
  let score = 0;
  for (let index = 0; index < vector.length; index++) score += vector[index]! * meaning[index]!;
  return score > 0 ? [{ kept, score }] : [];
}

function findFacts(
  user: UserMemory,
  { subject, predicate, query, asOf, knownAt, limit }: ReturnType<typeof checkFactQuery>,
): Fact[] {
  const held = user.facts(knownAt).filter(({ fact }) => {
    return (
      (subject === undefined || fact.subject === subject) &&
      (predicate === undefined || fact.predicate === predicate) &&
      (asOf === 'ever' || holdsAt(fact, asOf))
    );
  });
  const scores = query === undefined || query.trim() === '' ? undefined : user.searchFacts(query);
  const scored = held.map(({ fact, statements }) => {
    const ranks = statements.map(({ sequence }) => scores?.get(sequence) ?? 0);
    return { fact, score: ranks.reduce((a, b) => Math.max(a, b)), sequence: statements[0]!.sequence };
  });
  return scored
    .filter(({ score }) => scores === undefined || score > 0)
    .sort((a, b) => b.score - a.score || b.fact.validFrom - a.fact.validFrom || b.sequence - a.sequence)
    .slice(0, limit)
    .map(({ fact }) => fact);
}

/** @throws {@link DefinitionError} INVALID_OPTION when it is no vector; nobody sees it but `onNotice`. */
function unitVector(vector: ArrayLike<number>): Float32Array {
  const numbers = Float32Array.from(vector);
  const length = Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0));
  if (numbers.length === 0 || !(length > 0) || !Number.isFinite(length)) {
    const what = `what the embedder gave for a text`;
    throw new DefinitionError([problems.invalidOption(NAME, what, vector, 'finite numbers that are not all 0')]);
  }
  return numbers.map((value) => value / length);
}

/** What comes of a promise, or the signal's reason as soon as that is aborted. Leaves no listener. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', giveUp, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
}

/** Whether a session is another one, or below it. */
function isWithin(sessionId: string, other: string | undefined): boolean {
  return other !== undefined && (sessionId === other || sessionId.startsWith(`${other}/`));
}
