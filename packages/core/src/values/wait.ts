import type { Clock } from './clock.js';

/** Resolves after a time; rejects with the signal's reason as soon as that is aborted. Leaves neither timer nor listener. */
export function wait(ms: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const giveUp = (): void => {
      stop();
      reject(signal!.reason as Error);
    };
    const stop = clock.setTimer(ms, () => {
      signal?.removeEventListener('abort', giveUp);
      resolve();
    });
    signal?.addEventListener('abort', giveUp, { once: true });
  });
}
