import type { NewWait, Wait } from '../ports/journal.js';
import type { WaitOutcome } from './run-host.js';

/** What is known where a wait begins. */
export interface WaitFacts {
  readonly tenant: string;
  readonly runId: string;
  readonly workflow: string;
  readonly graphHash: string;
  readonly node: string;
  readonly visit: number;
  /** The user that the run belongs to. */
  readonly userId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Who has acted in nodes of the run so far: the deciders of approvals, senders of signals, else the run's user. */
  actorsOf(node: string): readonly string[];
}

/** What a node that waits says of its wait; the rest follows from the run. */
export type OpenedWait = Pick<NewWait, 'kind' | 'signal' | 'dueAt' | 'users' | 'groups' | 'about' | 'state'>;

/** What came of a wait, who made it so, and how it is told where there are no routes. */
export interface SettledWait {
  readonly outcome: WaitOutcome;
  readonly actors: readonly string[];
}

/** How a node waits for the world outside: each of the kinds `approval`, `wait` and `delay` has one. */
export interface Waiting {
  /**
   * The wait that begins, after the node's own function has given what it is about.
   *
   * @throws what fails the activation: a request that cannot be shown.
   */
  open(about: unknown, facts: WaitFacts): OpenedWait;
  /**
   * What came of a wait that is settled.
   *
   * @param hasRoutes - whether a route is taken; without, what expired fails.
   * @throws what fails the activation.
   */
  outcomeOf(wait: Wait, hasRoutes: boolean): SettledWait;
}
