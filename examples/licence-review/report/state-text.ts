import { counted } from './format.js';
import type { ReportContent } from './report-content.js';

/** What became of the review, in one sentence. */
export function stateText({ state, report }: Pick<ReportContent, 'state' | 'report'>): string {
  const open = counted(report.review.referred.length, 'package');
  if (state.status === 'waiting') return `Not yet released: legal has to decide about ${open}. ${state.waits}`;
  if (state.status === 'held')
    return `Not released: ${open} ${report.review.referred.length === 1 ? 'stands' : 'stand'} in the way.`;
  return report.review.referred.length === 0
    ? 'Released: the policy permits everything that was found.'
    : `Released: legal has agreed to ${open}.`;
}
