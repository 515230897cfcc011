/**
 * What the company allows. Lawyers read this file, so it says everything in words of their own; the compiler checks that nothing
 * is missing, and `checkPolicy` that each licence exists.
 */
import { canonical } from './licences/spdx-expression.js';

/** What a licence asks for, beyond that its text goes along. */
export type Obligation = keyof typeof OBLIGATIONS;

export const OBLIGATIONS = {
  notice: 'Pass on the NOTICE file of the package.',
  attribution: 'Name the authors wherever the material is shown.',
  source: 'Offer the source of the package, with any changes, under the same licence.',
  relinking: 'Let users replace the package by another version of it.',
} as const;

/** How much there is to lose. */
export type Risk = (typeof RISKS)[number];
export const RISKS = ['none', 'low', 'medium', 'high'] as const;

export interface Policy {
  readonly title: string;
  readonly version: string;
  /** May be used if the text of the licence goes along; the NOTICE file sees to that. */
  readonly permitted: readonly string[];
  /** May be used by whoever does what is named here. */
  readonly conditions: Readonly<Record<string, readonly Obligation[]>>;
  /** May not be used, and why. What is in none of the three lists is not permitted either. */
  readonly forbidden: Readonly<Record<string, string>>;
  /** From when a text counts as that of a licence: from 0, nothing in common, to 1, the same words. */
  readonly likeness: number;
  /** What a finding that is forbidden or unclear puts at risk, by what the package is used for. */
  readonly risk: { readonly shipped: Risk; readonly development: Risk };
  readonly legal: {
    /** Findings of this risk or more are decided by people. */
    readonly from: Risk;
    readonly group: string;
    /** How many of them have to agree. */
    readonly quorum: number;
    /** After it the review ends without a release. */
    readonly deadline: `${number}h`;
  };
}

/** Under which the policy is injected. */
export const POLICY = Symbol.for('licence-review.policy');

export const policy: Policy = {
  title: 'Software that we give to others',
  version: '2026-2',
  permitted: [
    '0BSD',
    'Apache-2.0',
    'BlueOak-1.0.0',
    'BSD-2-Clause',
    'BSD-2-Clause-Views',
    'BSD-3-Clause',
    'CC0-1.0',
    'ISC',
    'MIT',
    'MIT-0',
    'Python-2.0',
    'Unicode-3.0',
    'Unlicense',
    'WTFPL',
    'Zlib',
  ],
  conditions: {
    'CC-BY-3.0': ['attribution'],
    'EPL-2.0': ['source'],
    'LGPL-2.1-or-later': ['source', 'relinking'],
    'LGPL-3.0-or-later': ['source', 'relinking'],
    'MPL-2.0': ['source'],
  },
  forbidden: {
    'AGPL-3.0-only': 'Users of a service would have to be given the source of all of it.',
    'AGPL-3.0-or-later': 'Users of a service would have to be given the source of all of it.',
    'BUSL-1.1': 'It may not be used in production.',
    'CC-BY-4.0': 'It is made for texts and data: how it holds for what is built from them is for legal to say.',
    'CC-BY-NC-4.0': 'It may not be used by a company.',
    'Elastic-2.0': 'It may not be offered as a service.',
    'GPL-2.0-only': 'The product would have to be under the same licence.',
    'GPL-2.0-or-later': 'The product would have to be under the same licence.',
    'GPL-3.0-only': 'The product would have to be under the same licence.',
    'GPL-3.0-or-later': 'The product would have to be under the same licence.',
    'SSPL-1.0': 'Users of a service would have to be given the source of all of it.',
  },
  likeness: 0.9,
  risk: { shipped: 'high', development: 'medium' },
  legal: { from: 'medium', group: 'legal', quorum: 2, deadline: '48h' },
};

/** Whether a risk is as high as another one, or higher. */
export function isAtLeast(risk: Risk, bound: Risk): boolean {
  return RISKS.indexOf(risk) >= RISKS.indexOf(bound);
}

/** What is wrong with a policy that the compiler cannot see: a licence that does not exist, or is in two lists. */
export function checkPolicy({ permitted, conditions, forbidden, likeness }: Policy): readonly string[] {
  const listed = [...permitted, ...Object.keys(conditions), ...Object.keys(forbidden)];
  return [
    ...listed.filter((name) => canonical(name) !== name).map((name) => `${name} is no licence that SPDX lists`),
    ...listed.filter((name, at) => listed.indexOf(name) !== at).map((name) => `${name} is listed twice`),
    ...(likeness > 0.5 && likeness <= 1 ? [] : [`the likeness ${likeness} is not more than 0.5 and at most 1`]),
  ];
}
