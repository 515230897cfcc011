import type { Judgement } from './licences/judge.js';
import type { Examination } from './licences/examine.js';
import type { Risk } from './policy.js';

/** What the review has to say of one package. */
export interface Finding extends Pick<
  Examination,
  'package' | 'expression' | 'basis' | 'texts' | 'notices' | 'doubts' | 'remarks'
> {
  readonly verdict: Judgement['verdict'];
  /** The licence under which it is used; `undefined` where that is unclear. */
  readonly under: string | undefined;
  readonly obligations: Judgement['obligations'];
  readonly reasons: Judgement['reasons'];
  readonly risk: Risk;
  /** What the agent made of the doubts; `undefined` where it was not asked. */
  readonly reading: Reading | undefined;
}

/** What the agent read in the files of a package, and what came of checking that. */
export interface Reading {
  /** An expression in the names of SPDX, or `NOASSERTION`. */
  readonly licence: string;
  readonly certainty: 'certain' | 'probable' | 'unsure';
  readonly file: string;
  /** The sentence of the file that says so. */
  readonly quote: string;
  readonly reason: string;
  /** Why the answer was not taken; empty where it was. */
  readonly objections: readonly string[];
}
