import type { NewWait, Wait } from '../ports/journal.js';
import type { ValueCodec } from '../values/codec.js';
import type { WaitOutcome } from './run-host.js';

/** What is known where a wait begins. */
export interface WaitFacts extends Pick<NewWait, 'id' | 'tenant' | 'runId' | 'workflow' | 'node' | 'visit' | 'userId'> {
  readonly graphHash: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly codec: ValueCodec;
  /**
   * Who has acted in a node of the run so far: those who decided or sent, those whom a step has named, else the run's user;
   * `undefined` for somebody whom nobody knows.
   */
  actorsOf(node: string): readonly (string | undefined)[];
}

/** What came of a wait, and who made it so. */
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
  open(about: unknown, facts: WaitFacts): NewWait;
  /**
   * What came of a wait that is settled.
   *
   * @param hasRoutes - whether a route is taken; without, what expired fails.
   * @throws what fails the activation.
   */
  outcomeOf(wait: Wait, hasRoutes: boolean, codec: ValueCodec): SettledWait | Promise<SettledWait>;
  /** What somebody sends, as the wait takes it. @throws where it does not fit. */
  accept?(wait: Wait, payload: unknown): unknown;
}
