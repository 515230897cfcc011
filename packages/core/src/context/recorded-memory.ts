import type { ForgetScope, Memory, MemoryOwner, NewEpisode, NewFact } from '../ports/memory.js';
import { currentAmbient } from './ambient.js';

/** What code of a step, or of a tool, has done with the memory of its run. */
export interface MemoryWrite {
  readonly operation: 'remember' | 'learn' | 'setBlock' | 'removeBlock' | 'forget';
  /** The episode, the fact, the named text, or what was forgotten: `undefined` for everything. */
  readonly written: NewEpisode | NewFact | { readonly name: string; readonly text?: string } | ForgetScope | undefined;
}

/** What each writing method is given after the owner, as a record shows it. */
const WRITES: { readonly [M in MemoryWrite['operation']]: (first: never, second: never) => MemoryWrite['written'] } = {
  remember: (episode: NewEpisode) => episode,
  learn: (fact: NewFact) => fact,
  setBlock: (name: string, text: string) => ({ name, text }),
  removeBlock: (name: string) => ({ name }),
  forget: (scope: ForgetScope | undefined) => scope,
};

/**
 * A memory that tells the step which the calling code is in of each write that has succeeded. It is the same memory in every other
 * respect; outside of any step, and where a workflow's `ambient` is off, nobody is told.
 */
export function recordedMemory(memory: Memory): Memory {
  return new Proxy(memory, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (!isWrite(name)) return value.bind(target) as unknown;
      return async (owner: MemoryOwner, first: never, second: never): Promise<unknown> => {
        const result: unknown = await (value as (...given: unknown[]) => unknown).call(target, owner, first, second);
        currentAmbient()?.wroteMemory?.({ operation: name, written: WRITES[name](first, second) });
        return result;
      };
    },
  });
}

function isWrite(name: string | symbol): name is MemoryWrite['operation'] {
  return typeof name === 'string' && Object.hasOwn(WRITES, name);
}
