import { titleOf } from '../inventory/installed-package.js';
import { OBLIGATIONS, type Policy } from '../policy.js';
import { obligationsOf, referredOf, whyReferred, type Review, type ReviewCounts, type ReviewScope } from '../review.js';

/** What the summary of a report has to say, and all that it may rest on. */
export interface SummaryFacts {
  readonly product: string;
  readonly policy: string;
  readonly counts: ReviewCounts;
  readonly toDecide: readonly OpenQuestion[];
  readonly toDo: readonly Duty[];
}

export interface OpenQuestion {
  readonly package: string;
  readonly use: 'shipped' | 'development';
  readonly licence: string;
  readonly why: string;
}

export interface Duty {
  readonly duty: string;
  readonly packages: readonly string[];
}

export function summaryFacts(review: Review, { product }: ReviewScope, policy: Policy): SummaryFacts {
  const open = new Map<string, OpenQuestion>();
  for (const finding of referredOf(review.findings, policy)) {
    const title = titleOf(finding.package);
    const licence = finding.under ?? finding.expression ?? 'not known';
    if (!open.has(title))
      open.set(title, { package: title, use: finding.package.use, licence, why: whyReferred(finding).join(' ') });
  }
  return {
    product,
    policy: `${policy.title}, ${policy.version}`,
    counts: review.counts,
    toDecide: [...open.values()],
    toDo: [...obligationsOf(review.findings)].map(([obligation, packages]) => ({
      duty: OBLIGATIONS[obligation],
      packages,
    })),
  };
}
