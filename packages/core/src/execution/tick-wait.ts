import type { Wait, WaitChange } from '../ports/journal.js';

/** What becomes of a wait whose time has come; nothing where none has. */
export function tickWait(wait: Wait, now: number): WaitChange | undefined {
  if (wait.dueAt === undefined || wait.dueAt > now) return undefined;
  return { state: JSON.stringify({ expiredAt: now }), status: 'settled', dueAt: null };
}
