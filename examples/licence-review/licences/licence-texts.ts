import spdxLicences from 'spdx-license-list/full.js';
import { containment, likeness, profileOf, without, type TextProfile } from './text-profile.js';

/** An official text, and how alike it is to the one that was asked about. */
export interface Likeness {
  readonly licence: string;
  /** From 0 to 1. */
  readonly likeness: number;
}

/**
 * The official texts of the SPDX licence list, and the search among them. A text is prepared when it is first needed: most
 * packages have the text of the licence that they declare, and then a dozen texts are looked at, not seven hundred. Keeps
 * nothing of a run, so one for all runs will do.
 */
export class LicenceTexts {
  readonly #profiles = new Map<string, readonly TextProfile[]>();
  #every: readonly (readonly [string, TextProfile])[] | undefined;

  /** Prepares all texts now: about half a second of work, which the first search does otherwise. */
  prepare(): void {
    this.#all();
  }

  /** How alike a text is to that of a licence, from 0 to 1; 0 where the list does not have the licence. */
  compare(text: TextProfile, licence: string): number {
    return Math.max(0, ...this.#profilesOf(licence).map((official) => likeness(text, official)));
  }

  /** How much of the text of a licence is in another text, from 0 to 1. */
  shareWithin(text: TextProfile, licence: string): number {
    return Math.max(0, ...this.#profilesOf(licence).map((official) => containment(official, text)));
  }

  /** Whether a text is that of a licence: alike enough, and like no other one more than that. */
  isOf(text: TextProfile, licence: string, enough: number): boolean {
    const alike = this.compare(text, licence);
    return alike >= enough && this.#likest(text, alike) === undefined;
  }

  /** The licence whose text this is; `undefined` where it is none of the list, or more than one. */
  identify(text: TextProfile, enough: number): Likeness | undefined {
    return this.#likest(text, enough);
  }

  /** The licences whose texts are most like a text, the likest first. */
  nearest(text: TextProfile, count: number): readonly Likeness[] {
    const all = CURRENT_LICENCES.map((licence) => ({ licence, likeness: this.compare(text, licence) }));
    return all.sort((one, other) => other.likeness - one.likeness).slice(0, count);
  }

  /**
   * The licences whose texts stand whole within a text, the longest first. What belongs to one is not counted for another: the
   * terms of BSD-2-Clause are not found a second time in a text of BSD-3-Clause.
   */
  within(text: TextProfile): readonly string[] {
    const candidates = this.#all()
      .filter(([, official]) => official.runs.length >= SHORTEST && containment(official, text) >= WHOLE)
      .sort(([, one], [, other]) => other.runs.length - one.runs.length);
    const found: string[] = [];
    let rest = text;
    for (const [licence, official] of candidates) {
      if (containment(official, rest) >= WHOLE) found.push(licence);
      while (containment(official, rest) >= WHOLE) rest = without(rest, official);
    }
    return found;
  }

  /** The name of a licence in the list; `undefined` where it is not there. */
  nameOf(licence: string): string | undefined {
    return spdxLicences[licence]?.name;
  }

  /** The official text; `undefined` where the list does not have the licence. */
  textOf(licence: string): string | undefined {
    return spdxLicences[licence]?.licenseText;
  }

  /** The licence that a text is most like, if it is more like it than `bound`. What is too long or too short is not compared. */
  #likest(text: TextProfile, bound: number): Likeness | undefined {
    let likest: Likeness | undefined;
    for (const [licence, official] of this.#all()) {
      const least = likest?.likeness ?? bound;
      const [shorter, longer] = [text.runs.length, official.runs.length].sort((one, other) => one - other);
      if ((2 * shorter!) / (shorter! + longer!) <= least) continue;
      const alike = likeness(text, official);
      if (alike > least) likest = { licence, likeness: alike };
    }
    return likest;
  }

  #profilesOf(licence: string): readonly TextProfile[] {
    const known = this.#profiles.get(licence);
    if (known !== undefined) return known;
    const text = this.textOf(licence);
    const profiles = text === undefined ? [] : variantsOf(text).map(profileOf);
    if (text !== undefined) this.#profiles.set(licence, profiles);
    return profiles;
  }

  #all(): readonly (readonly [string, TextProfile])[] {
    this.#every ??= CURRENT_LICENCES.flatMap((licence) =>
      this.#profilesOf(licence).map((official) => [licence, official] as const),
    );
    return this.#every;
  }
}

/** What comes after the terms, for instance how to apply them, is left out by many who use them. */
function variantsOf(text: string): readonly string[] {
  const end = text.search(/END OF TERMS AND CONDITIONS/i);
  return end === -1 ? [text] : [text, text.slice(0, end)];
}

/** In runs of words: what is shorter is found in any text. */
const SHORTEST = 40;
/** A text with a name filled in here and there. */
const WHOLE = 0.96;

/** Names that SPDX has replaced (`GPL-2.0` by `GPL-2.0-only`) have the texts of those that replaced them. */
const CURRENT_LICENCES = Object.keys(spdxLicences).filter(
  (licence) =>
    !licence.endsWith('+') &&
    spdxLicences[`${licence}-only`] === undefined &&
    !/^BSD-2-Clause-(?:FreeBSD|NetBSD)$/.test(licence),
);
