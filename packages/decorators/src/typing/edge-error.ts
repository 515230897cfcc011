declare const why: unique symbol;

/**
 * What a decorated class is compared with when something is wrong: the compiler prints the sentence, then what there is
 * and what was wanted. No value has this type.
 */
export interface EdgeError<Sentence extends string, Got = unknown, Want = unknown> {
  readonly [why]: Sentence;
  readonly got: Got;
  readonly want: Want;
}

/**
 * One member of a union: a sentence names one culprit, not all of them in every combination. Which one is up to the
 * compiler. (Overloads are inferred from the last one; that is the whole trick.)
 */
export type OneMember<U> = (U extends unknown ? (pick: () => U) => void : never) extends (pick: infer Picks) => void
  ? Picks extends () => infer Member
    ? Member
    : never
  : never;

/** The first of two verdicts that is an error: one mistake often causes another, and one sentence is read. */
export type FirstError<A, B> = unknown extends A ? B : A;

/** Whether a union has no member. */
export type IsNever<U> = [U] extends [never] ? true : false;

/** Whether a type is `any`: no check decides anything about it. */
export type IsAny<V> = 0 extends 1 & V ? true : false;
