import { titleOf } from './inventory/installed-package.js';
import type { Finding } from './finding.js';
import { isAtLeast, RISKS, type Obligation, type Policy } from './policy.js';

/** What is reviewed, and where the results go. Absolute paths, because a review may go on in another process. */
export interface ReviewRequest {
  readonly folder: string;
  readonly output: string;
}

/** The same, with the name of what is reviewed. */
export interface ReviewScope extends ReviewRequest {
  readonly product: string;
}

/** All findings, those with the highest risk first, and what they come to. */
export interface Review {
  readonly findings: readonly Finding[];
  readonly counts: ReviewCounts;
  /** Titles of the packages that people have to decide about. */
  readonly referred: readonly string[];
}

export interface ReviewCounts {
  readonly packages: number;
  readonly shipped: number;
  readonly permitted: number;
  readonly conditions: number;
  readonly forbidden: number;
  readonly unclear: number;
}

export function reviewOf(findings: readonly Finding[], policy: Policy): Review {
  const sorted = [...findings].sort(
    (one, other) => RISKS.indexOf(other.risk) - RISKS.indexOf(one.risk) || compare(sortKey(one), sortKey(other)),
  );
  const count = (test: (finding: Finding) => boolean): number => findings.filter(test).length;
  return {
    findings: sorted,
    counts: {
      packages: findings.length,
      shipped: count((finding) => finding.package.use === 'shipped'),
      permitted: count(({ verdict }) => verdict === 'permitted'),
      conditions: count(({ verdict }) => verdict === 'conditions'),
      forbidden: count(({ verdict }) => verdict === 'forbidden'),
      unclear: count(({ verdict }) => verdict === 'unclear'),
    },
    referred: unique(referredOf(sorted, policy).map((finding) => titleOf(finding.package))),
  };
}

/** The findings that people have to decide about. */
export function referredOf(findings: readonly Finding[], policy: Policy): readonly Finding[] {
  return findings.filter(({ risk }) => isAtLeast(risk, policy.legal.from));
}

/** Why the policy or the texts stand in the way, as sentences. */
export function whyReferred({ reasons, doubts, reading }: Finding): readonly string[] {
  return [
    ...reasons,
    ...(reading === undefined || reading.objections.length > 0 ? doubts : []),
    ...(reading?.objections ?? []),
  ];
}

/** Who has to do what: packages by obligation. */
export function obligationsOf(findings: readonly Finding[]): ReadonlyMap<Obligation, readonly string[]> {
  const owed = new Map<Obligation, string[]>();
  for (const finding of findings) {
    for (const obligation of finding.obligations) {
      owed.set(obligation, [...(owed.get(obligation) ?? []), titleOf(finding.package)]);
    }
  }
  return new Map([...owed].map(([obligation, packages]) => [obligation, unique(packages)]));
}

function sortKey({ package: { name, version, path } }: Finding): string {
  return `${name}\0${version}\0${path}`;
}

function unique(titles: readonly string[]): readonly string[] {
  return [...new Set(titles)];
}

/** By code unit: the same order on every machine. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
