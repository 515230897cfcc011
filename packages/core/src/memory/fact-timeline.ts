/**
 * Job: what held when, told from what was stated: the statements about one subject and predicate.
 * Boundary: pure. The statements are kept as they were made, and never rewritten: what holds follows from them, so a late
 * one needs no repair of others, and what was known earlier can still be told.
 *
 * A. What holds follows from the set of statements. Of two from the same time on the later one holds (by `sequence`).
 * B. A statement holds until its own end, or until the next one begins. The same object again goes on with the same fact.
 */
import type { Fact } from '../ports/memory.js';
import { insertSorted } from './sorted-list.js';

/** What was stated, and as which of the user's statements. */
export interface Statement extends Fact {
  readonly sequence: number;
}

/** A fact, with the statements that it rests on; at least one. */
export interface HeldFact {
  readonly fact: Fact;
  readonly statements: readonly Statement[];
}

/** The order of a timeline: by the time since when it holds, then as it was learned. */
export function compareStatements(a: Statement, b: Statement): number {
  return a.validFrom - b.validFrom || a.sequence - b.sequence;
}

/**
 * Puts a statement in its place, unless it says nothing new: what holds from that time on is stated so already, in the
 * same session.
 */
export function addStatement(timeline: Statement[], statement: Statement): boolean {
  const known = timeline.findLast(({ validFrom }) => validFrom === statement.validFrom);
  if (
    known?.object === statement.object &&
    known.validUntil === statement.validUntil &&
    known.sessionId === statement.sessionId
  ) {
    return false;
  }
  insertSorted(timeline, statement, compareStatements);
  return true;
}

/** Every fact that ever held or will, in the order of time; as far as it was known at a time. */
export function factsOf(timeline: readonly Statement[], knownAt = Infinity): HeldFact[] {
  const known = timeline.filter(({ learnedAt }) => learnedAt <= knownAt);
  const held: { fact: Fact; statements: Statement[] }[] = [];
  for (const [index, statement] of known.entries()) {
    const next = known[index + 1];
    if (next?.validFrom === statement.validFrom) continue; // Invariant A: the next one stands in its place.
    const end = Math.min(statement.validUntil ?? Infinity, next?.validFrom ?? Infinity);
    const before = held.at(-1);
    if (before?.fact.object === statement.object && before.fact.validUntil === statement.validFrom) {
      before.fact = withEnd(before.fact, end);
      before.statements.push(statement);
    } else {
      held.push({ fact: withEnd(statement, end), statements: [statement] });
    }
  }
  return held;
}

function withEnd(begun: Fact, end: number): Fact {
  const { subject, predicate, object, validFrom, learnedAt, sessionId } = begun;
  return Object.freeze({
    subject,
    predicate,
    object,
    validFrom,
    ...(end === Infinity ? {} : { validUntil: end }),
    learnedAt,
    ...(sessionId === undefined ? {} : { sessionId }),
  });
}

/** Whether a fact holds at a time: its start counts, its end does not. */
export function holdsAt({ validFrom, validUntil = Infinity }: Fact, time: number): boolean {
  return validFrom <= time && time < validUntil;
}

/** The form in which predicates are compared and kept: NFKC, lower case, `_`, `-` and white space as one space. */
export function normalizePredicate(predicate: string): string {
  return predicate
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s_-]+/gu, ' ')
    .trim();
}

/**
 * Which statement to give up first: the first one of a timeline, where that has a second. To lose the beginning of a
 * story makes it shorter; to lose anything else would make it false. Of those the one that ended longest ago; where there
 * is no past at all, the statement that was learned longest ago.
 */
export function leastNeeded(timelines: Iterable<readonly Statement[]>): Statement | undefined {
  let past: readonly Statement[] | undefined;
  let oldest: Statement | undefined;
  for (const timeline of timelines) {
    const [first, second] = timeline;
    if (second !== undefined && (past === undefined || compareStatements(second, past[1]!) < 0)) past = timeline;
    if (oldest === undefined || first!.sequence < oldest.sequence) oldest = first;
  }
  return past?.[0] ?? oldest;
}
