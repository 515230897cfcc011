import type { ForgetScope, Memory, MemoryOwner, NewEpisode, NewFact } from '../ports/memory.js';
import { currentAmbient } from './ambient.js';

/** What code of a step, or of a tool, has done with the memory of its run. */
export interface MemoryWrite {
  readonly operation: 'remember' | 'learn' | 'setBlock' | 'removeBlock' | 'forget';
  /** The episode, the fact, the named text, or what was forgotten: `undefined` for everything. */
  readonly written: NewEpisode | NewFact | { readonly name: string; readonly text?: string } | ForgetScope | undefined;
}

/** What such code is about to do: to write, or to look something up. */
export interface MemoryUse {
  readonly operation: MemoryWrite['operation'] | 'recall' | 'history' | 'facts' | 'blocks' | 'profile' | 'export';
  /** What it gives, beside whose memory it means. */
  readonly given: readonly unknown[];
  /** Of a write, as a record shows it. */
  readonly write: MemoryWrite | undefined;
}

/** What each writing method is given after the owner. */
const WRITES: { readonly [M in MemoryWrite['operation']]: (first: never, second: never) => MemoryWrite['written'] } = {
  remember: (episode: NewEpisode) => episode,
  learn: (fact: NewFact) => fact,
  setBlock: (name: string, text: string) => ({ name, text }),
  removeBlock: (name: string) => ({ name }),
  forget: (scope: ForgetScope | undefined) => scope,
};
const READINGS: readonly unknown[] = ['recall', 'history', 'facts', 'blocks', 'profile', 'export'];

/**
 * A memory of whose use the step hears that the calling code is in. It is the same memory in every other respect; outside of any
 * step, and where a workflow's `ambient` is off, nobody hears of it.
 */
export function observedMemory(memory: Memory): Memory {
  return new Proxy(memory, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      if (!isWrite(name) && !READINGS.includes(name)) return value.bind(target) as unknown;
      return async (owner: MemoryOwner, ...given: readonly unknown[]): Promise<unknown> => {
        const call = async (): Promise<unknown> => (await value.call(target, owner, ...given)) as unknown;
        const around = currentAmbient();
        if (around?.usesMemory === undefined) return call();
        const [first, second] = given as readonly never[];
        const write = isWrite(name) ? { operation: name, written: WRITES[name](first!, second!) } : undefined;
        return around.usesMemory({ operation: name as MemoryUse['operation'], given, write }, call);
      };
    },
  });
}

function isWrite(name: string | symbol): name is MemoryWrite['operation'] {
  return typeof name === 'string' && Object.hasOwn(WRITES, name);
}
