/**
 * Job. Says when a user may ask a model next: a bucket of tokens for each user, that fills evenly.
 *
 * Invariant. Within any time t a user gets at most burst + t × perMinute calls, in the order in which they were asked for.
 * Of a bucket only the time is kept at which it is full again (generic cell rate algorithm, ITU-T I.371), so a wait that is given
 * up can be given back.
 */
import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { RunError } from '../errors/run-error.js';
import { systemClock, type Clock } from '../values/clock.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { wait } from '../values/wait.js';
import { userKey } from './user-key.js';

/** How often a user may ask. */
export interface RateLimiterOptions {
  /** Calls a minute in the long run. More than 0. */
  readonly perMinute: number;
  /** Calls that may come at once after a pause. At least 1. @defaultValue `perMinute`, and at least 1 */
  readonly burst?: number | undefined;
  /** A call that would have to wait longer is refused at once; 0 refuses whatever would have to wait. @defaultValue `'1m'` */
  readonly maxWait?: Duration | undefined;
  /**
   * Users that are known at a time; for a further one the user who has not asked for longest is forgotten, and has a full
   * bucket again. At least 1. @defaultValue 10,000
   */
  readonly maxUsers?: number | undefined;
}

/** What a wait goes by. */
export interface RateLimitedCall {
  /** The organisation that the user belongs to. @defaultValue none */
  readonly tenant?: string | undefined;
  /** @defaultValue the machine's */
  readonly clock?: Clock | undefined;
  /** Ends the wait; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Who asks, for the error. @defaultValue `'RateLimiter'` */
  readonly where?: string | undefined;
}

/**
 * Bounds how often each user's agents ask their models: give it to an agent, a workflow or an executor as `rateLimit`. What
 * shares the limiter shares the limit. It holds in this process; across several, extend the class and override `acquire`.
 *
 * @example
 * const executor = new LocalExecutor({ rateLimit: new RateLimiter({ perMinute: 60, burst: 10 }) });
 */
export class RateLimiter {
  readonly #intervalMs: number;
  readonly #burst: number;
  readonly #maxWaitMs: number;
  readonly #maxUsers: number;
  /** User → when the bucket is full again; who has asked last comes last. Runs without a user share one. */
  readonly #fullAt = new Map<string, number>();

  /** @throws {@link DefinitionError} INVALID_OPTION with everything that is wrong. */
  constructor(options: RateLimiterOptions) {
    checkOptions(options);
    const { perMinute, burst = Math.max(1, Math.floor(perMinute)), maxWait = '1m', maxUsers = 10_000 } = options;
    this.#intervalMs = 60_000 / perMinute;
    this.#burst = burst;
    this.#maxWaitMs = toMilliseconds(maxWait)!;
    this.#maxUsers = maxUsers;
  }

  /**
   * Resolves when the user may ask.
   *
   * @throws {@link RunError} RATE_LIMITED with `retryAfterMs` when that would take longer than `maxWait`.
   */
  async acquire(userId: string | undefined, call: RateLimitedCall = {}): Promise<void> {
    const { tenant, clock = systemClock, signal, where = 'RateLimiter' } = call;
    const user = userKey(tenant, userId);
    signal?.throwIfAborted();
    const now = clock.now();
    const fullAt = Math.max(this.#fullAt.get(user) ?? now, now);
    const waitMs = Math.ceil(fullAt - (this.#burst - 1) * this.#intervalMs - now);
    if (waitMs > this.#maxWaitMs) throw RunError.rateLimited(where, waitMs);
    this.#keep(user, fullAt + this.#intervalMs);
    if (waitMs <= 0) return;
    try {
      await wait(waitMs, clock, signal);
    } catch (error) {
      const given = this.#fullAt.get(user);
      if (given !== undefined) this.#fullAt.set(user, given - this.#intervalMs);
      throw error;
    }
  }

  #keep(user: string, fullAt: number): void {
    this.#fullAt.delete(user);
    this.#fullAt.set(user, fullAt);
    if (this.#fullAt.size <= this.#maxUsers) return;
    for (const longestAgo of this.#fullAt.keys()) {
      this.#fullAt.delete(longestAgo);
      return;
    }
  }
}

function checkOptions(options: RateLimiterOptions): void {
  const where = 'RateLimiter';
  if (typeof options !== 'object' || options === null)
    throw new DefinitionError([problem.invalidOption(where, 'options', options, 'an object { perMinute, burst }')]);
  const known = ['perMinute', 'burst', 'maxWait', 'maxUsers'];
  const { perMinute, burst, maxWait, maxUsers } = options;
  const isCount = (value: unknown): boolean =>
    value === undefined || (Number.isSafeInteger(value) && (value as number) >= 1);
  const rules: [boolean, string, unknown, string][] = [
    [Number.isFinite(perMinute) && perMinute > 0, 'perMinute', perMinute, 'a number of more than 0'],
    [isCount(burst), 'burst', burst, 'a whole number of 1 or more'],
    [maxWait === undefined || toMilliseconds(maxWait) !== undefined, 'maxWait', maxWait, DURATION_FORMS],
    [isCount(maxUsers), 'maxUsers', maxUsers, 'a whole number of 1 or more'],
  ];
  DefinitionError.throwIfAny([
    ...Object.keys(options)
      .filter((key) => !known.includes(key))
      .map((key) => problem.unknownOption(where, key, known)),
    ...rules
      .filter(([isRight]) => !isRight)
      .map(([, option, value, allowed]) => problem.invalidOption(where, option, value, allowed)),
  ]);
}
