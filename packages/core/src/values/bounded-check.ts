import type { Clock } from './clock.js';

/** What bounds a question that code of the developer answers. */
export interface CheckBounds {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Aborting it ends the question. */
  readonly signal: AbortSignal;
}

/** What came of a question: an answer, or why there is none. */
export type Checked<T> =
  | { readonly kind: 'answered'; readonly answer: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'too late' }
  | { readonly kind: 'stopped' };

/**
 * Asks, and waits no longer than allowed; never rejects. The signal that `ask` gets is aborted when nobody waits for its
 * answer any more.
 */
export async function checkWithin<T>(
  { clock, timeoutMs, signal: around }: CheckBounds,
  ask: (signal: AbortSignal) => T | PromiseLike<T>,
): Promise<Checked<T>> {
  const controller = new AbortController();
  const signal = AbortSignal.any([around, controller.signal]);
  let release = (): void => undefined;
  const over = new Promise<Checked<T>>((resolve) => {
    const stopTimer = clock.setTimer(timeoutMs, () => {
      resolve({ kind: 'too late' });
      controller.abort(new DOMException('the time for the decision is over', 'TimeoutError'));
    });
    const onAbort = (): void => resolve({ kind: 'stopped' });
    if (around.aborted) onAbort();
    around.addEventListener('abort', onAbort, { once: true });
    release = () => {
      stopTimer();
      around.removeEventListener('abort', onAbort);
    };
  });
  const asked = (async (): Promise<Checked<T>> => ({ kind: 'answered', answer: await ask(signal) }))();
  try {
    return await Promise.race([over, asked.catch((error: unknown) => ({ kind: 'failed', error }) as const)]);
  } finally {
    release();
  }
}
