/**
 * What happens to a wait by itself: reminders, escalation, deadline, the end of a delay. Pure: who keeps the time asks for
 * each wait that is due, writes the change, and tells whom it concerns if the write went through.
 */
import type { Wait, WaitChange } from '../ports/journal.js';
import { type ApprovalParts, type ApprovalState, inboxOf, nextDue, readApproval } from './approval-record.js';
import { tickSignal } from './signal-wait.js';

/** What somebody may want to be told of a wait. */
export type WaitNotice =
  /** Nobody, or too few, have decided yet. `number` counts from 1; reminders that were missed are one. */
  | {
      readonly type: 'reminder';
      readonly number: number;
      readonly users: readonly string[];
      readonly groups: readonly string[];
    }
  /** These may decide as well from now on. */
  | { readonly type: 'escalation'; readonly users: readonly string[]; readonly groups: readonly string[] }
  /** The time is over: of an approval or a signal it is `expired`, of a delay that is all it was for. */
  | { readonly type: 'time over' };

/** What has become of a wait. */
export interface Tick {
  readonly change: WaitChange;
  readonly notices: readonly WaitNotice[];
}

/** `undefined` where nothing is due. */
export function tick(wait: Wait, now: number): Tick | undefined {
  if (wait.status !== 'open') return undefined;
  switch (wait.kind) {
    case 'approval':
      return tickApproval(readApproval(wait), now);
    case 'signal':
    case 'timer':
      return tickSignal(wait, now);
  }
}

function tickApproval(parts: ApprovalParts, now: number): Tick | undefined {
  const { about, state } = parts;
  if (about.deadline !== null && now >= about.deadline) {
    return { change: expired(parts, about.deadline), notices: [{ type: 'time over' }] };
  }
  const isReminded = state.remindAt !== null && now >= state.remindAt;
  const isEscalated = about.escalateAt !== null && state.escalatedAt === null && now >= about.escalateAt;
  if (!isReminded && !isEscalated) return undefined;
  const next: ApprovalState = {
    ...state,
    escalatedAt: isEscalated ? now : state.escalatedAt,
    ...(isReminded ? { reminders: state.reminders + 1, remindAt: nextReminder(parts, now) } : {}),
  };
  const after = { about, state: next };
  const notices: WaitNotice[] = [];
  if (isEscalated) notices.push({ type: 'escalation', ...lateComers(parts) });
  if (isReminded) notices.push({ type: 'reminder', number: next.reminders, ...inboxOf(after) });
  return {
    change: { state: JSON.stringify(next), dueAt: nextDue(after), ...inboxOf(after) },
    notices,
  };
}

/** On the beat of the first one, and in the future: what was missed is not caught up. */
function nextReminder({ about, state }: ApprovalParts, now: number): number | null {
  const everyMs = about.terms.reminder?.everyMs ?? null;
  if (everyMs === null) return null;
  const beats = Math.floor((now - state.remindAt!) / everyMs) + 1;
  return state.remindAt! + beats * everyMs;
}

function lateComers({ about }: ApprovalParts): { users: readonly string[]; groups: readonly string[] } {
  const { users, groups } = about.terms.escalate!;
  return { users: users.filter((user) => !about.excluded.includes(user)), groups };
}

/** It is over without enough decisions: never an approval. */
export function expired({ state }: ApprovalParts, deadline: number): WaitChange {
  return settledChange({ ...state, expiredAt: deadline });
}

export function settledChange(state: ApprovalState): WaitChange {
  return { state: JSON.stringify(state), status: 'settled', dueAt: null };
}
