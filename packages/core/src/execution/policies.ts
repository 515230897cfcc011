import { isError } from '../errors/format-message.js';
import type { Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { StepError } from '../errors/step-error.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { isThenable, type Body } from './step.js';
import type { StepContext } from './step-context.js';

/** When and how often a failed step is tried again; the words are Temporal's. */
export interface RetryPolicy {
  /** Tries in all, the first one included. At least 1. @defaultValue 3 */
  readonly maximumAttempts?: number;
  /** The wait before the second try. @defaultValue `'1s'` */
  readonly initialInterval?: Duration;
  /** What each further wait is multiplied by. At least 1. @defaultValue 2 */
  readonly backoffCoefficient?: number;
  /** No wait is longer. @defaultValue a hundred times `initialInterval` */
  readonly maximumInterval?: Duration;
  /** The part of each wait that is left to chance, from 0 (none) to 1 (all of it). @defaultValue 0 */
  readonly jitter?: number;
  /** Errors that are not tried again: by class, or by `name` or `code`. */
  readonly nonRetryableErrors?: readonly (string | (abstract new (...args: never[]) => unknown))[];
  /** Asked last: only what it returns `true` for is tried again. `attempt` is the one that failed, from 1. */
  readonly retryIf?: (error: unknown, attempt: number) => boolean;
}

/** How a node is called. */
export interface StepPolicies {
  /** @defaultValue no retry */
  readonly retry?: RetryPolicy | undefined;
  /** For each attempt; its signal is aborted when it passes. More than 0. @defaultValue none */
  readonly timeout?: Duration | undefined;
}

const RETRY_OPTIONS: readonly (keyof RetryPolicy)[] = [
  'maximumAttempts',
  'initialInterval',
  'backoffCoefficient',
  'maximumInterval',
  'jitter',
  'nonRetryableErrors',
  'retryIf',
];

/** Every mistake in a node's policies. */
export function checkPolicies(where: string, { retry, timeout }: StepPolicies): Problem[] {
  const found: Problem[] = [];
  if (retry === undefined && timeout === undefined) return found; // most nodes, of which there may be thousands
  const check = (isRight: boolean, option: string, value: unknown, allowed: string): void => {
    if (!isRight) found.push(problem.invalidOption(where, option, value, allowed));
  };
  if (timeout !== undefined)
    check((toMilliseconds(timeout) ?? 0) > 0, 'timeout', timeout, `more than 0; ${DURATION_FORMS}`);
  if (retry === undefined) return found;
  if (typeof retry !== 'object' || retry === null) {
    check(false, 'retry', retry, 'an object such as { maximumAttempts: 3 }');
    return found;
  }
  for (const option of Object.keys(retry)) {
    if (!(RETRY_OPTIONS as readonly string[]).includes(option)) {
      found.push(
        problem.unknownOption(
          where,
          `retry.${option}`,
          RETRY_OPTIONS.map((known) => `retry.${known}`),
        ),
      );
    }
  }
  const { maximumAttempts = 1, initialInterval = 0, backoffCoefficient = 1, maximumInterval = 0, jitter = 0 } = retry;
  check(
    Number.isInteger(maximumAttempts) && maximumAttempts >= 1,
    'retry.maximumAttempts',
    maximumAttempts,
    'a whole number of 1 or more',
  );
  check(toMilliseconds(initialInterval) !== undefined, 'retry.initialInterval', initialInterval, DURATION_FORMS);
  check(
    Number.isFinite(backoffCoefficient) && backoffCoefficient >= 1,
    'retry.backoffCoefficient',
    backoffCoefficient,
    'a number of 1 or more',
  );
  check(toMilliseconds(maximumInterval) !== undefined, 'retry.maximumInterval', maximumInterval, DURATION_FORMS);
  check(typeof jitter === 'number' && jitter >= 0 && jitter <= 1, 'retry.jitter', jitter, 'a number from 0 to 1');
  if (retry.retryIf !== undefined)
    check(typeof retry.retryIf === 'function', 'retry.retryIf', retry.retryIf, 'a function');
  if (retry.nonRetryableErrors !== undefined) {
    const allowed = 'a list of error classes, names or codes';
    check(Array.isArray(retry.nonRetryableErrors), 'retry.nonRetryableErrors', retry.nonRetryableErrors, allowed);
  }
  return found;
}

/** Puts a node's policies around its body, and `around` around each attempt. Policies have been checked. */
export function withPolicies(body: Body, { retry, timeout }: StepPolicies, around: (attempt: Body) => Body): Body {
  const timeoutMs = timeout === undefined ? undefined : toMilliseconds(timeout);
  const attempt = around(
    timeoutMs === undefined ? body : (input, context) => withTimeout(body, timeoutMs, input, context),
  );
  if (retry === undefined) return attempt;
  return (input, context) => withRetries(attempt, retry, input, context);
}

/** Each attempt has a context of its own: what an abandoned one still does is not mistaken for a later one's. */
async function withRetries(body: Body, retry: RetryPolicy, input: unknown, context: StepContext): Promise<unknown> {
  const { maximumAttempts = 3 } = retry;
  for (let attempt = 1 + context.takeOverAttempts(); ; attempt++) {
    const own = context.forAttempt(attempt);
    const release = context.adopt(own);
    try {
      return await own.call(body, input);
    } catch (error) {
      if (context.isAborted || attempt >= maximumAttempts || !isRetryable(retry, error, attempt)) throw error;
      const delayMs = delayAfter(retry, attempt);
      own.announceRetry(error, delayMs);
      await own.recordRetry(error);
      await context.sleep(delayMs);
    } finally {
      release();
    }
  }
}

function isRetryable({ nonRetryableErrors = [], retryIf }: RetryPolicy, error: unknown, attempt: number): boolean {
  if (nonRetryableErrors.some((excluded) => isNamed(error, excluded))) return false;
  return retryIf === undefined || retryIf(error, attempt);
}

function isNamed(error: unknown, excluded: NonNullable<RetryPolicy['nonRetryableErrors']>[number]): boolean {
  try {
    if (typeof excluded === 'function') return error instanceof excluded;
    return isError(error) && (error.name === excluded || ('code' in error && error.code === excluded));
  } catch {
    return false; // Anything can be thrown, also what throws when it is looked at.
  }
}

function delayAfter(retry: RetryPolicy, attempt: number): number {
  const { initialInterval = 1_000, backoffCoefficient = 2, jitter = 0 } = retry;
  const initial = toMilliseconds(initialInterval)!;
  const maximum = retry.maximumInterval === undefined ? initial * 100 : toMilliseconds(retry.maximumInterval)!;
  const full = Math.min(maximum, initial * backoffCoefficient ** (attempt - 1));
  return full * (1 - jitter * Math.random());
}

/**
 * Fails an attempt when its time is up: aborts its signal, then waits until the body has reacted, so that no second
 * attempt runs beside it; but not longer than the grace that a cancellation gives too.
 */
function withTimeout(body: Body, timeoutMs: number, input: unknown, context: StepContext): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let timedOut: StepError | undefined;
    let stopGrace = (): void => undefined;
    const stopTimer = context.setTimer(timeoutMs, () => {
      const error = (timedOut = StepError.timedOut(context.facts, timeoutMs));
      context.abortAttempt(error);
      stopGrace = context.setTimer(context.cancelGraceMs, () => reject(error));
    });
    const settle = (end: () => void): void => {
      stopTimer();
      stopGrace();
      if (timedOut === undefined) end();
      else reject(timedOut);
    };
    try {
      const result = body(input, context);
      if (!isThenable(result)) settle(() => resolve(result));
      else
        result.then(
          (value) => settle(() => resolve(value)),
          (error: unknown) => settle(() => reject(error as Error)),
        );
    } catch (error) {
      settle(() => reject(error as Error));
    }
  });
}
