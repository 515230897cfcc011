import type { RefusalReason } from '../errors/refusals.js';
import type { Wait, WaitChange } from '../ports/journal.js';
import type { KnownActor } from './actor.js';

/** What becomes of a wait when somebody acts on it. */
export type Judgement =
  /** It counts. */
  | { readonly kind: 'counted'; readonly change: WaitChange }
  /** It counted before: the same person has done the same already. */
  | { readonly kind: 'repeated' }
  /** It would count if its payload fits, which only the run can tell. */
  | { readonly kind: 'left' }
  /** It does not count. With a `change` the wait is found to be over by itself: nobody had marked that yet. */
  | Refusal;

export interface Refusal {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
  readonly change?: WaitChange;
  /** What says that a payload does not fit. */
  readonly cause?: unknown;
}

/** What somebody wanted to act on; without a node where a signal never came to a wait. */
export type ActedOn = Pick<Wait, 'tenant' | 'runId' | 'workflow' | 'userId' | 'kind'> &
  Partial<Pick<Wait, 'id' | 'node' | 'visit' | 'signal'>>;

/** Told of what somebody who is known was refused, before they hear of it. */
export type OnRefused = (about: ActedOn, actor: KnownActor, reason: RefusalReason) => unknown;

export function refused(reason: RefusalReason, change?: WaitChange): Refusal {
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

/** What is told has no part in the outcome. */
export async function tellRefused(
  told: OnRefused | undefined,
  about: ActedOn,
  actor: KnownActor,
  reason: RefusalReason,
): Promise<void> {
  try {
    await told?.(about, actor, reason);
  } catch {
    // The refusal stands.
  }
}
