/**
 * Job: what agents and steps may ask of a memory. The implementation in this package is `InMemoryMemory`.
 * Boundary: a memory keeps what it is told and finds it again. Whether to remember, what a fact is, and how both are
 * shown to a model, is the caller's business.
 *
 * What every implementation holds, and `memoryContract` of @drawloom/testing checks:
 *
 * A. A user id is a hard partition of everything here, and so is a tenant: the users of one are not those of another. "No
 *    user" is a bucket of its own, which never mixes with a named one, in either direction. Ids are compared exactly: no
 *    folding of case, no trimming, no normal form.
 * B. What is remembered twice under one id is there once.
 * C. Facts depend on what was learned, not on the order in which it was learned; except that of two statements about the
 *    same thing from the same time on, the one learned later holds.
 * D. Nothing goes without being counted: whoever writes is told what a limit pushed out, and `profile` has the sums.
 * E. A wrong argument is refused before anything is changed. An option that does not exist is wrong.
 */

/** Whose memory is meant; the first argument of everything. A `RunContext` is one. */
export interface MemoryOwner {
  /** The organisation, of an application that serves several. @defaultValue none */
  readonly tenant?: string | undefined;
  /** `undefined` is the bucket of those who have no user id; it has to be said. */
  readonly userId: string | undefined;
}

/** One exchange: what came in, what went out. */
export interface Episode {
  /** Unique among the user's. Derived from run and step, so that a step that runs again replaces what it left. */
  readonly id: string;
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly input: string;
  readonly output: string;
  /** Who gave the output, where several speak in one session: the agent's name. */
  readonly speaker?: string | undefined;
  readonly transcript?: readonly ToolExchange[] | undefined;
}

/** A call of a tool on the way from input to output. Kept as JSON. */
export interface ToolExchange {
  readonly tool: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly isError?: boolean | undefined;
}

/** An episode to remember. */
export interface NewEpisode extends Omit<Episode, 'time'> {
  /** @defaultValue now */
  readonly time?: number | undefined;
}

/** How to search episodes. */
export interface RecallOptions {
  /** How many at most. A whole number of 0 or more. @defaultValue 5 */
  readonly limit?: number | undefined;
  /** Only episodes of this session. */
  readonly sessionId?: string | undefined;
  /** No episodes of this session, nor of those below it (`id/…`): usually the one whose history the model sees anyway. */
  readonly excludeSessionId?: string | undefined;
  /** Gives up waiting for an embedder. */
  readonly signal?: AbortSignal | undefined;
}

/** An episode that was found, and how well it fits. */
export interface RecalledEpisode {
  readonly episode: Episode;
  /** Comparable within one answer only. 0 where nothing was searched for. */
  readonly score: number;
  /** What the score is made of: BM25, and the cosine to the query's vector. */
  readonly parts: { readonly lexical?: number | undefined; readonly semantic?: number | undefined };
}

/** How much of a session to read. */
export interface HistoryOptions {
  /** How many messages at most; an episode is two. A whole number of 0 or more. @defaultValue 20 */
  readonly limit?: number | undefined;
}

/** A message of an earlier turn. */
export interface HistoryMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  /** Of an assistant's message, where the episode says who spoke. */
  readonly speaker?: string | undefined;
  readonly time: number;
  readonly episodeId: string;
}

/** A statement to learn: `subject` `predicate` `object`, from a time on. */
export interface NewFact {
  /** At least one character. Compared exactly. */
  readonly subject: string;
  /** Compared without regard to case, and with `_`, `-` and white space as one space: `Lives_In` is `lives in`. */
  readonly predicate: string;
  /** Compared exactly. Another object for the same subject and predicate takes the place of this one from its own start on. */
  readonly object: string;
  /** Since when it holds, in milliseconds since the epoch. It may lie before what is known already. @defaultValue now */
  readonly validFrom?: number | undefined;
  /** When it ends by itself. Later than `validFrom`. @defaultValue never */
  readonly validUntil?: number | undefined;
  /** The session that it was learned in; it is forgotten with it. */
  readonly sessionId?: string | undefined;
}

/** What held for a time. Two times are kept: when it held, and when that was learned. */
export interface Fact {
  readonly subject: string;
  /** In its normal form. */
  readonly predicate: string;
  readonly object: string;
  readonly validFrom: number;
  /** The first moment at which it did not hold any more; missing where no end is known. */
  readonly validUntil?: number | undefined;
  readonly learnedAt: number;
  readonly sessionId?: string | undefined;
}

/** Which facts are meant. */
export interface FactQuery {
  readonly subject?: string | undefined;
  /** Compared like that of a fact. */
  readonly predicate?: string | undefined;
  /** Facts with one of these words, best first. @defaultValue all, the latest `validFrom` first */
  readonly query?: string | undefined;
  /** What held at this time; `'ever'` for all that ever held or will. @defaultValue now */
  readonly asOf?: number | 'ever' | undefined;
  /** As far as it was known at this time. @defaultValue all that is known */
  readonly knownAt?: number | undefined;
  /** A whole number of 0 or more. @defaultValue 100 */
  readonly limit?: number | undefined;
}

/** A named text that an agent works on: a plan, a summary, notes. */
export interface MemoryBlock {
  readonly name: string;
  readonly text: string;
  readonly updatedAt: number;
}

/** How many of each tier. Of facts each statement counts that was learned. */
export interface TierCounts {
  readonly episodes: number;
  readonly facts: number;
  readonly blocks: number;
}

/** What a write did. */
export interface Stored {
  /** Something with this id or name was there before; of a fact: it was known already, and nothing changed. */
  readonly replaced: boolean;
  /** What the limits pushed out for it. */
  readonly dropped: TierCounts;
}

/** What is known of a user, in numbers. */
export interface MemoryProfile {
  readonly userId: string | undefined;
  readonly episodes: number;
  readonly sessions: number;
  /** Facts that hold now. */
  readonly facts: number;
  readonly blocks: number;
  /** The ten with the latest episodes, latest first. */
  readonly recentSessions: readonly SessionSummary[];
  /** The time of the latest episode. */
  readonly lastSeen: number | undefined;
  /** Five of those that hold now, the latest first. */
  readonly sampleFacts: readonly Fact[];
  /** What limits have pushed out so far. */
  readonly dropped: TierCounts;
}

/** One session of a user. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly episodes: number;
  readonly lastSeen: number;
}

/** What to forget of a user; nothing means all. With both, what meets both. */
export interface ForgetScope {
  /** Its episodes, and the facts that were learned in it. Blocks belong to no session. */
  readonly sessionId?: string;
  /** Episodes with an earlier time, facts that were learned and blocks that were written before it. */
  readonly before?: number;
}

/** Everything of one user; plain JSON. */
export interface MemoryExport {
  readonly format: 'drawloom.memory';
  readonly version: 1;
  /** null: no user. */
  readonly userId: string | null;
  readonly exportedAt: number;
  /** Oldest first. */
  readonly episodes: readonly Episode[];
  /** As they were learned, in that order, superseded ones too: `validUntil` is there only where it was stated. */
  readonly facts: readonly Fact[];
  readonly blocks: readonly MemoryBlock[];
}

/** How much of one user is kept. Each is a whole number of 1 or more. */
export interface MemoryLimits {
  /** The oldest go first. @defaultValue 10,000 */
  readonly episodesPerUser: number;
  /** Statements. The past goes first: what held longest ago, then what was learned longest ago. @defaultValue 10,000 */
  readonly factsPerUser: number;
  /** One more is refused (MEMORY_FULL): nobody can tell which of them an agent could do without. @defaultValue 100 */
  readonly blocksPerUser: number;
  /**
   * Over all tiers. Oldest episodes go first, then facts; blocks stay. An entry that does not fit beside the blocks is
   * refused (MEMORY_FULL). @defaultValue 16 MiB
   */
  readonly bytesPerUser: number;
}

/**
 * What agents remember of a user: episodes, facts, working blocks. A class, so that it is its own injection token.
 *
 * Every method rejects with {@link DefinitionError} INVALID_MEMORY_ARGUMENT where an argument cannot be meant (an owner
 * without `userId`, an empty id, an option that does not exist), and with {@link RunError} MEMORY_NEEDS_USER where a
 * memory that insists on a user is asked without one. Ids and names are well-formed text of at least one character.
 *
 * @example
 * const greet = async (memory: Memory, owner: MemoryOwner): Promise<string> => {
 *   const [name] = await memory.facts(owner, { subject: 'user', predicate: 'name' });
 *   return `Hello ${name?.object ?? 'stranger'}`;
 * };
 */
export abstract class Memory {
  /** Keeps an episode. One with the same id is replaced. @throws {@link RunError} MEMORY_FULL when it cannot fit. */
  abstract remember(owner: MemoryOwner, episode: NewEpisode): Promise<Stored>;

  /** Episodes that fit a query, best first; of equals the newest first. With an empty query the newest. */
  abstract recall(owner: MemoryOwner, query: string, options?: RecallOptions): Promise<readonly RecalledEpisode[]>;

  /** The last messages of a session, oldest first. */
  abstract history(owner: MemoryOwner, sessionId: string, options?: HistoryOptions): Promise<readonly HistoryMessage[]>;

  /** Keeps a statement, in its place by the time since when it holds. @throws {@link RunError} MEMORY_FULL when it cannot fit. */
  abstract learn(owner: MemoryOwner, fact: NewFact): Promise<Stored>;

  /** What holds now, or held at another time. */
  abstract facts(owner: MemoryOwner, query?: FactQuery): Promise<readonly Fact[]>;

  /** Writes a named text, or replaces it. @throws {@link RunError} MEMORY_FULL when it cannot fit. */
  abstract setBlock(owner: MemoryOwner, name: string, text: string): Promise<Stored>;

  /** Whether there was one. */
  abstract removeBlock(owner: MemoryOwner, name: string): Promise<boolean>;

  /** All named texts, in the order in which they were first written. */
  abstract blocks(owner: MemoryOwner): Promise<readonly MemoryBlock[]>;

  abstract profile(owner: MemoryOwner): Promise<MemoryProfile>;

  /**
   * Erases a user, or a part: every tier, with their counts. It reaches this memory only; `PersonalData` reaches what journals
   * and other places hold of a user, too.
   */
  abstract forget(owner: MemoryOwner, scope?: ForgetScope): Promise<TierCounts>;

  /** Everything of one user. */
  abstract export(owner: MemoryOwner): Promise<MemoryExport>;
}
