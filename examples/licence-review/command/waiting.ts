import { Approvals, RunError, type ApprovalView, type Journal } from '@drawloom/core';
import { groupsOf, membersOf } from '../people.js';
import { policy } from '../policy.js';
import { timeText } from '../report/format.js';
import { UsageError } from './arguments.js';

/** How many characters of a wait's id are shown: enough to tell those of one company apart. */
const SHOWN = 8;

/** The approvals of the reviews: whoever is named on the command line is taken for who they say they are. */
export function approvalsOf(journal: Journal): Approvals {
  return new Approvals({
    journal,
    // An application asks its session here. This one has no passwords, and believes whom its operating system let in.
    authenticate: (name) => {
      const groups = typeof name === 'string' ? groupsOf(name) : undefined;
      return groups === undefined ? undefined : { userId: name as string, groups };
    },
  });
}

/** Everything that is still to be decided, oldest first; with `runId` of one review. */
export async function openApprovals(journal: Journal, runId?: string): Promise<readonly ApprovalView[]> {
  const approvals = approvalsOf(journal);
  const waits = await journal.waits({ tenant: '', kind: 'approval', runId, workflow: 'licence-review' });
  return Promise.all(waits.map(({ id }) => approvals.get(id)));
}

/** @throws {@link UsageError} where no open wait, or more than one, begins so. */
export async function findWait(journal: Journal, beginning: string): Promise<ApprovalView> {
  const open = await openApprovals(journal);
  const found = open.filter(({ id }) => id === beginning || shownId(id).startsWith(beginning));
  if (found.length === 1) return found[0]!;
  const known = open.map(({ id }) => shownId(id)).join(', ') || 'nothing waits';
  throw new UsageError(`${found.length === 0 ? 'No' : 'More than one'} wait is called ${beginning}; open: ${known}.`);
}

/** An id as people type it. The end of one differs from the next, not its beginning. */
export function shownId(id: string): string {
  return id.slice(-SHOWN);
}

/** Who has still to do what, in one sentence. */
export function whoHasTo({ quorum, decisions, deadline, userId }: ApprovalView): string {
  const agreed = decisions.filter(({ outcome }) => outcome === 'approved').map((decision) => decision.userId);
  const left = membersOf(policy.legal.group).filter((name) => name !== userId && !agreed.includes(name));
  const until = deadline === undefined ? '' : `, until ${timeText(deadline)}`;
  const already = agreed.length === 0 ? '' : ` ${agreed.join(' and ')} ${agreed.length === 1 ? 'has' : 'have'} agreed.`;
  const missing = quorum - agreed.length;
  return `${missing} of ${left.join(', ')} ${missing === 1 ? 'has' : 'have'} to agree${until}.${already}`;
}

/** What to type. */
export function howToDecide({ id, userId }: ApprovalView): string {
  const somebody = membersOf(policy.legal.group).find((name) => name !== userId) ?? policy.legal.group;
  return `npm start -- decide ${shownId(id)} approve --as ${somebody}`;
}

/** Why a decision did not count, for whoever made it. */
export function refusalText(error: unknown): string | undefined {
  return RunError.is(error) && error.code === 'DECISION_REFUSED' ? error.message.split('\n')[0] : undefined;
}
