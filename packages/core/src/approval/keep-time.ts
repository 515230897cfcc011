import type { Journal, Wait } from '../ports/journal.js';
import { changed } from './judgement.js';
import { type Tick, tick, type WaitNotice } from './pass-time.js';

/** What is needed to keep the time of waits. */
export interface TimeKeeping {
  readonly journal: Journal;
  /** Only of these workflows. */
  readonly workflows: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How many waits to look at. At least 1. @defaultValue 100 */
  readonly limit?: number | undefined;
  /** Told what concerns somebody, once: not again where the process dies before it has told. */
  readonly onNotice?: ((wait: Wait, notice: WaitNotice) => unknown) | undefined;
  /** Told of each wait that its time has settled. */
  readonly onSettled?: ((wait: Wait) => unknown) | undefined;
  /** Told of each wait that cannot be read. The others get their time all the same. */
  readonly onUnreadable?: ((wait: Wait, error: unknown) => unknown) | undefined;
}

/**
 * Does what is due: reminders, escalations, deadlines, delays. Whichever process writes a change first tells of it; what
 * telling throws changes nothing.
 *
 * @returns how many waits were changed: with `limit` of them there may be more.
 */
export async function keepTime(keeping: TimeKeeping): Promise<number> {
  const { journal, workflows, now, limit = 100, onNotice, onSettled, onUnreadable } = keeping;
  let count = 0;
  for (const wait of await journal.dueWaits({ now, workflows, limit })) {
    const ticked = tickOf(wait, now, (error) => tell(() => onUnreadable?.(wait, error)));
    if (ticked === undefined) continue;
    if (!(await journal.changeWait(wait, wait.version, ticked.change, now))) continue; // it comes again if it is still due
    count++;
    const after = changed(wait, ticked.change);
    for (const notice of ticked.notices) tell(() => onNotice?.(after, notice));
    if (after.status === 'settled') tell(() => onSettled?.(after));
  }
  return count;
}

function tickOf(wait: Wait, now: number, fail: (error: unknown) => void): Tick | undefined {
  try {
    return tick(wait, now);
  } catch (error) {
    fail(error);
    return undefined;
  }
}

function tell(somebody: () => unknown): void {
  void (async () => somebody())().catch(() => undefined);
}
