import { AsyncLocalStorage } from 'node:async_hooks';
import type { MemoryUse } from './observed-memory.js';
import { EMPTY_CONTEXT, type RunContext } from './run-context.js';

/** What code inside a run finds without being handed it. */
export interface Ambient {
  readonly run: RunContext;
  /** Makes a call of a memory, and sees to it that it is known of. */
  usesMemory?<T>(use: MemoryUse, call: () => Promise<T>): Promise<T>;
}

/** Where all installed copies of this package keep the one storage. The number changes with what is found in it. */
const STORAGE = Symbol.for('drawloom.ambient/1');

/**
 * Entered around each call of a step, and nowhere else: a consumer of a stream, or whoever awaits a run, never sees
 * it, whatever the interleaving. One process-wide object, because asynchronous context is process-wide: a second installed
 * copy of the package must not take a step of the first for code outside of any run.
 */
const storage = ((globalThis as { [STORAGE]?: AsyncLocalStorage<Ambient> })[STORAGE] ??=
  new AsyncLocalStorage<Ambient>());

/** Calls `body` with the given surroundings. */
export function withAmbient<A, B, R>(ambient: Ambient, body: (a: A, b: B) => R, a: A, b: B): R {
  return storage.run(ambient, body, a, b);
}

/** What surrounds the calling code; `undefined` outside any run. */
export function currentAmbient(): Ambient | undefined {
  return storage.getStore();
}

/**
 * The context of the run that the calling code is part of. Outside any run it is an empty one; reading never throws.
 *
 * @example
 * const audited = async (text: string): Promise<string> => `${currentContext().userId ?? 'nobody'}: ${text}`;
 */
export function currentContext(): RunContext {
  return storage.getStore()?.run ?? EMPTY_CONTEXT;
}
