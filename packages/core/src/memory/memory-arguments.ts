/**
 * What is checked of the arguments of a memory, and their defaults: the same for every implementation. Each function gives
 * what was meant, detached from what the caller holds, or throws {@link DefinitionError} INVALID_MEMORY_ARGUMENT.
 */
import { DefinitionError } from '../errors/definition-error.js';
import { problems } from '../errors/problems.js';
import type {
  Episode,
  Fact,
  FactQuery,
  ForgetScope,
  HistoryOptions,
  MemoryOwner,
  NewEpisode,
  NewFact,
  RecallOptions,
  ToolExchange,
} from '../ports/memory.js';
import { deepFreeze } from '../values/freeze.js';
import { normalizePredicate } from './fact-timeline.js';

const ID = 'well-formed text of at least one character';
const TEXT = 'text';
const TIME = 'milliseconds since the epoch, a finite number';
const COUNT = 'a whole number of 0 or more';

type Fields = Readonly<Record<string, unknown>>;

/** The user that is meant; `undefined` for no user. A misspelt or forgotten id must never mean "no user". */
export function checkOwner(where: string, owner: MemoryOwner): string | undefined {
  if (typeof owner !== 'object' || owner === null || !('userId' in owner)) {
    throw wrong(where, 'owner', owner, 'an object with userId, such as the context of the run');
  }
  const { userId }: { readonly userId: unknown } = owner;
  return userId === undefined ? undefined : checkId(where, 'owner.userId', userId, `${ID}, or undefined for no user`);
}

/** The part of a memory that belongs to one owner. */
export interface OwnedPart {
  /** The same text only for the same tenant and user, as JSON: no pair can be taken for another. */
  readonly key: string;
  readonly userId: string | undefined;
}

/** Whose part is meant. */
export function ownedPart(where: string, owner: MemoryOwner): OwnedPart {
  const userId = checkOwner(where, owner);
  const { tenant = '' }: { readonly tenant?: unknown } = owner;
  if (tenant !== '') checkId(where, 'owner.tenant', tenant, `${ID}, or nothing where there are no tenants`);
  return { key: JSON.stringify([tenant, userId ?? null]), userId };
}

/** An id or a name. Half a surrogate pair is refused: stored as UTF-8, two such ids would become the same one. */
export function checkId(where: string, argument: string, id: unknown, allowed = ID): string {
  if (typeof id === 'string' && id !== '' && !/[\uD800-\uDFFF]/u.test(id)) return id;
  throw wrong(where, argument, id, allowed);
}

export function checkText(where: string, argument: string, text: unknown): string {
  if (typeof text === 'string') return text;
  throw wrong(where, argument, text, TEXT);
}

export function checkEpisode(where: string, episode: NewEpisode, now: number): Episode {
  const known = ['id', 'sessionId', 'time', 'input', 'output', 'speaker', 'transcript'] as const;
  const given = fieldsOf(where, 'episode', episode, known);
  const { speaker, transcript } = given;
  return deepFreeze({
    id: checkId(where, 'episode.id', given['id']),
    sessionId: checkId(where, 'episode.sessionId', given['sessionId']),
    time: checkTime(where, 'episode.time', given['time'] ?? now),
    input: checkText(where, 'episode.input', given['input']),
    output: checkText(where, 'episode.output', given['output']),
    ...(speaker === undefined ? {} : { speaker: checkText(where, 'episode.speaker', speaker) }),
    ...(transcript === undefined ? {} : { transcript: checkTranscript(where, transcript) }),
  });
}

function checkTranscript(where: string, transcript: unknown): readonly ToolExchange[] {
  const allowed = 'a list of { tool, input, output } that can be written as JSON';
  const copy = copyOfJson(transcript);
  if (!Array.isArray(copy) || !copy.every((entry) => typeof entry?.tool === 'string')) {
    throw wrong(where, 'episode.transcript', transcript, allowed);
  }
  return copy as ToolExchange[];
}

function copyOfJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value)) as unknown;
  } catch {
    return undefined; // A cycle, a bigint, a getter that throws.
  }
}

export function checkFact(where: string, fact: NewFact, now: number): Fact {
  const known = ['subject', 'predicate', 'object', 'validFrom', 'validUntil', 'sessionId'] as const;
  const given = fieldsOf(where, 'fact', fact, known);
  const validFrom = checkTime(where, 'fact.validFrom', given['validFrom'] ?? now);
  const { validUntil, sessionId } = given;
  if (validUntil !== undefined && !(checkTime(where, 'fact.validUntil', validUntil) > validFrom)) {
    throw wrong(where, 'fact.validUntil', validUntil, `later than validFrom, which is ${validFrom}`);
  }
  return Object.freeze({
    subject: checkId(where, 'fact.subject', given['subject']),
    predicate: checkPredicate(where, 'fact.predicate', given['predicate']),
    object: checkText(where, 'fact.object', given['object']),
    validFrom,
    ...(validUntil === undefined ? {} : { validUntil: validUntil as number }),
    learnedAt: now,
    ...(sessionId === undefined ? {} : { sessionId: checkId(where, 'fact.sessionId', sessionId) }),
  });
}

function checkPredicate(where: string, argument: string, predicate: unknown): string {
  const normal = normalizePredicate(checkId(where, argument, predicate));
  if (normal === '') throw wrong(where, argument, predicate, 'text with more in it than "_", "-" and white space');
  return normal;
}

/** How to search, with the defaults in their places. */
export function checkRecall(where: string, options: RecallOptions): RecallOptions & { readonly limit: number } {
  const given = fieldsOf(where, 'options', options, ['limit', 'sessionId', 'excludeSessionId', 'signal']);
  const { sessionId, excludeSessionId, signal } = given;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrong(where, 'options.signal', signal, 'an AbortSignal');
  }
  return {
    limit: checkCount(where, 'options.limit', given['limit'] ?? 5),
    sessionId: sessionId === undefined ? undefined : checkId(where, 'options.sessionId', sessionId),
    excludeSessionId:
      excludeSessionId === undefined ? undefined : checkId(where, 'options.excludeSessionId', excludeSessionId),
    signal,
  };
}

/** How many messages to read. */
export function checkHistory(where: string, options: HistoryOptions): number {
  return checkCount(where, 'options.limit', fieldsOf(where, 'options', options, ['limit'])['limit'] ?? 20);
}

/** Which facts are meant, with the defaults in their places. */
export function checkFactQuery(
  where: string,
  query: FactQuery,
  now: number,
): FactQuery & { readonly asOf: number | 'ever'; readonly knownAt: number; readonly limit: number } {
  const known = ['subject', 'predicate', 'query', 'asOf', 'knownAt', 'limit'] as const;
  const given = fieldsOf(where, 'query', query, known);
  const { subject, predicate, knownAt, asOf = now } = given;
  const text = given['query'];
  if (asOf !== 'ever') checkTime(where, 'query.asOf', asOf, `${TIME}, or "ever"`);
  return {
    subject: subject === undefined ? undefined : checkId(where, 'query.subject', subject),
    predicate: predicate === undefined ? undefined : checkPredicate(where, 'query.predicate', predicate),
    query: text === undefined ? undefined : checkText(where, 'query.query', text),
    asOf: asOf as number | 'ever',
    knownAt: knownAt === undefined ? Infinity : checkTime(where, 'query.knownAt', knownAt),
    limit: checkCount(where, 'query.limit', given['limit'] ?? 100),
  };
}

/**
 * What to forget. A property that is there but undefined is refused: it would mean everything, where its author meant one
 * session.
 */
export function checkForgetScope(where: string, scope: ForgetScope): ForgetScope {
  const given = fieldsOf(where, 'scope', scope, ['sessionId', 'before']);
  return {
    ...('sessionId' in given ? { sessionId: checkId(where, 'scope.sessionId', given['sessionId']) } : {}),
    ...('before' in given ? { before: checkTime(where, 'scope.before', given['before']) } : {}),
  };
}

/** The properties of an argument, read once; one that is not known is refused, since it would be ignored. */
function fieldsOf(where: string, argument: string, value: unknown, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null) throw wrong(where, argument, value, 'an object');
  const fields = { ...value } as Fields;
  const unknown = Object.keys(fields).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new DefinitionError([problems.unknownMemoryArgument(where, argument, unknown, known)]);
  return fields;
}

function checkTime(where: string, argument: string, time: unknown, allowed = TIME): number {
  if (typeof time === 'number' && Number.isFinite(time)) return time;
  throw wrong(where, argument, time, allowed);
}

function checkCount(where: string, argument: string, count: unknown): number {
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  throw wrong(where, argument, count, COUNT);
}

function wrong(where: string, argument: string, value: unknown, allowed: string): DefinitionError {
  return new DefinitionError([problems.invalidMemoryArgument(where, argument, value, allowed)]);
}
