import type { ApprovalDecision } from '@drawloom/core';
import { counted } from './format.js';
import type { ReportContent } from './report-content.js';

/** What became of the review, in one sentence or two. */
export function stateText({ state, report, decision }: Pick<ReportContent, 'state' | 'report' | 'decision'>): string {
  const open = counted(report.review.referred.length, 'package');
  if (state.status === 'waiting') return `Not yet released: legal has to decide about ${open}. ${state.waits}`;
  if (state.status === 'released') {
    return decision === undefined
      ? 'Released: the policy permits everything that was found.'
      : `Released: ${deciders(decision, 'approved')} agreed to ${open} in doubt.`;
  }
  if (decision?.outcome === 'expired') return `Not released: nobody has decided about ${open} in time.`;
  return `Not released: ${decision === undefined ? 'legal' : deciders(decision, 'rejected')} did not agree to ${open} in doubt.`;
}

function deciders({ decisions }: ApprovalDecision, outcome: 'approved' | 'rejected'): string {
  return decisions
    .filter((decision) => decision.outcome === outcome)
    .map(({ userId }) => userId)
    .join(' and ');
}
