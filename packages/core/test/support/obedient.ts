import type { StepContext } from '@drawloom/core';

/** A step that ends when its signal is aborted, as fetch does. `log` gets the names of the nodes that were. */
export function obedient(log: unknown[] = []): (value: unknown, context: StepContext) => Promise<never> {
  return (_, { signal, node }) =>
    new Promise((_resolve, reject) => {
      const stop = (): void => {
        log.push(node);
        reject(signal.reason as Error);
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop);
    });
}
