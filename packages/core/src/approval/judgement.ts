import type { RefusalReason } from '../errors/refusals.js';
import type { Wait, WaitChange } from '../ports/journal.js';

/** What becomes of a wait when somebody acts on it. */
export type Judgement =
  /** It counts. */
  | { readonly kind: 'counted'; readonly change: WaitChange }
  /** It counted before: the same person has done the same already. */
  | { readonly kind: 'repeated' }
  /** It does not count. With a `change` the wait is found to be over by itself: nobody had marked that yet. */
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly change?: WaitChange };

export function refused(reason: RefusalReason, change?: WaitChange): Judgement {
  return change === undefined ? { kind: 'refused', reason } : { kind: 'refused', reason, change };
}

/** The wait as a journal has it after a change. */
export function changed(wait: Wait, { dueAt, state, status, users, groups }: WaitChange): Wait {
  return Object.freeze({
    ...wait,
    state,
    version: wait.version + 1,
    status: status ?? wait.status,
    dueAt: dueAt === undefined ? wait.dueAt : (dueAt ?? undefined),
    users: users ?? wait.users,
    groups: groups ?? wait.groups,
  });
}
