import { readApproval } from '../approval/approval-record.js';
import { readSignalState } from '../approval/signal-wait.js';
import type { NewWait, Wait } from '../ports/journal.js';
import type { AuditedEvent } from './audited-events.js';

/** What is put on record when somebody is asked, or a signal is waited for. A delay concerns nobody. */
export function auditedRequest(wait: NewWait): readonly AuditedEvent[] {
  const { id, kind, signal, dueAt, users, groups } = wait;
  const { node } = wait;
  const asked = { wait: id, users, groups, dueAt };
  if (kind === 'signal') return [{ action: 'signal.awaited', node, facts: { ...asked, signal } }];
  if (kind !== 'approval') return [];
  const { about } = readApproval({ ...wait, status: 'open', version: 1 });
  const { digest, request, terms, excluded } = about;
  const { quorum, rejections } = terms;
  const facts = { ...asked, digest, quorum, rejections, excluded };
  return [{ action: 'approval.requested', node, facts, content: { value: request, role: 'request' } }];
}

/** Who decided what, and when, of a wait that is settled; each of them acts in their own name. */
export function auditedOutcome(wait: Wait): readonly AuditedEvent[] {
  const { id, kind, node, signal } = wait;
  if (kind === 'signal') {
    const { received, expiredAt } = readSignalState(wait);
    if (received === null)
      return [{ action: 'signal.expired', node, time: expiredAt ?? undefined, facts: { wait: id, signal } }];
    const { sender, at: time, id: message } = received;
    return [{ action: 'signal.received', node, actor: `user:${sender}`, time, facts: { wait: id, signal, message } }];
  }
  if (kind !== 'approval') return [];
  const { about, state } = readApproval(wait);
  const delegated = state.delegations.map(({ from, to, at }): AuditedEvent => {
    return { action: 'approval.delegated', node, actor: `user:${from}`, time: at, facts: { wait: id, to } };
  });
  const decided = state.decisions.map(({ userId, outcome, comment, at, inPlaceOf }): AuditedEvent => {
    const facts = { wait: id, digest: about.digest, outcome, inPlaceOf };
    const said = comment === undefined ? {} : { content: { value: comment, role: 'decision' } as const };
    return { action: 'approval.decided', node, actor: `user:${userId}`, time: at, facts, ...said };
  });
  const expired: AuditedEvent[] =
    state.expiredAt === null ? [] : [{ action: 'approval.expired', node, time: state.expiredAt, facts: { wait: id } }];
  return [...delegated, ...decided, ...expired];
}
