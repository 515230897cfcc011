import type { ApprovalDecision, GraphDefinition, RunRecord } from '@drawloom/core';
import type { Finding } from '../finding.js';
import type { ReviewReport } from '../licence-review.js';
import type { Policy } from '../policy.js';
import type { Notice } from './notice.js';
import type { SpanSum } from './span-tally.js';

/** What people decided, or have still to decide. */
export type ReportState =
  { readonly status: 'released' | 'held' } | { readonly status: 'waiting'; readonly waits: string };

/** The signed record of a run, as it was found when it was written. */
export interface ReviewProof {
  /** Where it is. */
  readonly folder: string;
  readonly entries: number;
  /** Everything that is wrong with it, in words; empty where all is well. */
  readonly problems: readonly string[];
  /** SHA-256 of the public key that verifies it, to compare with the one that was told some other way. */
  readonly keyDigest: string;
}

/** Everything that a report shows; its forms differ in nothing but their looks. */
export interface ReportContent {
  readonly report: ReviewReport;
  readonly policy: Policy;
  readonly state: ReportState;
  /** What people decided; `undefined` where nobody had to, or not yet. */
  readonly decision: ApprovalDecision | undefined;
  readonly notice: Notice | undefined;
  /** What there is on record of the run; `undefined` before its end. */
  readonly proof: ReviewProof | undefined;
  readonly run: RunRecord;
  readonly graphs: { readonly review: GraphDefinition; readonly packageReview: GraphDefinition };
  /** What the run's spans come to. */
  readonly trace: readonly SpanSum[];
}

/** One licence, and how many packages are used under it. */
export interface LicenceCount {
  readonly licence: string;
  readonly packages: number;
  readonly shipped: number;
}

/** The licences in use, the most frequent first. */
export function licenceCounts(findings: readonly Finding[]): readonly LicenceCount[] {
  const counts = new Map<string, LicenceCount>();
  for (const { under, package: found } of findings) {
    const licence = under ?? 'unclear';
    const { packages, shipped } = counts.get(licence) ?? { packages: 0, shipped: 0 };
    counts.set(licence, { licence, packages: packages + 1, shipped: shipped + (found.use === 'shipped' ? 1 : 0) });
  }
  return [...counts.values()].sort(
    (one, other) => other.packages - one.packages || (one.licence < other.licence ? -1 : 1),
  );
}
