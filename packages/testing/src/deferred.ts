/** A promise that a test settles by hand, and whether it has done so. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  /** Fulfils `promise`; without effect once settled. Usable detached, as a callback. */
  readonly resolve: (value: T | PromiseLike<T>) => void;
  /** Rejects `promise` with exactly `reason`, an Error or not; without effect once settled. Usable detached. */
  readonly reject: (reason?: unknown) => void;
  /** True from the first `resolve` or `reject` on, even where the value given is itself a pending promise. */
  readonly settled: boolean;
}

/**
 * Makes a promise that the test settles, so that steps complete in exactly the order under test: no sleeping.
 *
 * A rejection that nobody awaits is not reported as unhandled: a test may reject before the code under test looks.
 *
 * @example
 * ```ts
 * const answer = deferred<string>();
 * const running = workflow.run('question');   // its step awaits answer.promise
 * answer.resolve('42');
 * await running;
 * ```
 */
export function deferred<T = void>(): Deferred<T> {
  let settled = false;
  let settlePromise!: (value: T | PromiseLike<T>) => void;
  let rejectPromise!: (reason?: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    settlePromise = resolve;
    rejectPromise = reject;
  });
  promise.catch(() => {});
  return {
    promise,
    resolve(value) {
      settled = true;
      settlePromise(value);
    },
    reject(reason) {
      settled = true;
      rejectPromise(reason);
    },
    get settled() {
      return settled;
    },
  };
}
