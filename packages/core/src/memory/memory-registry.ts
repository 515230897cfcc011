import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem, type OptionMistake } from '../errors/problems.js';
import type { Memory } from '../ports/memory.js';
import type { MemoryProvider } from '../ports/memory-provider.js';
import { InMemoryMemory } from './in-memory-memory.js';

/** A memory, or the text by which one is opened. */
export type MemoryGiven = Memory | string;

/** What opens memories by text at a level: a registry, or what makes one. */
export type MemoriesGiven = MemoryRegistry | MemoryProvider | readonly MemoryProvider[];

const MEMORIES_FORMS =
  'a provider of memories with a name and a method memory(text), a list of them, or a MemoryRegistry';

/** The text that needs no provider: a memory in this process, which whoever says it has for itself. */
const IN_MEMORY = 'in-memory';

/**
 * The memories that can be asked for by text: `file:notes` is opened by the provider `file`, once. `in-memory` needs none, and is a
 * memory of whoever says it. A class, so that it is its own injection token.
 *
 * @example
 * const memories = new MemoryRegistry([{ name: 'file', form: 'file:<path>', memory: (text) => openFile(text.slice(5)) }]);
 * const flow = new Workflow('support', { memories, memory: 'file:notes' });
 */
export class MemoryRegistry {
  readonly #providers: readonly MemoryProvider[];
  /** A memory that is asked for twice is one memory: it may hold a file. */
  readonly #known = new Map<string, Memory>();

  /** @throws {@link DefinitionError} INVALID_OPTION for whatever opens no memories. */
  constructor(providers: readonly MemoryProvider[] = []) {
    DefinitionError.throwIfAny(providers.flatMap(problemsOf));
    this.#providers = [...providers];
  }

  /**
   * The memory that is meant: itself, or the one of a text.
   *
   * @param where Who asks, for messages.
   * @throws {@link DefinitionError} UNKNOWN_MEMORY when no provider has that name.
   */
  resolve(memory: MemoryGiven, where: string): Memory {
    if (typeof memory !== 'string') return memory;
    if (memory === IN_MEMORY) return new InMemoryMemory();
    const known = this.#known.get(memory);
    if (known !== undefined) return known;
    const name = memory.split(':', 1)[0]!;
    const isWhole = name === memory;
    const provider = this.#providers.find((one) => one.name === name && !isWhole);
    if (provider === undefined) {
      const forms = [IN_MEMORY, ...this.#providers.map(({ form }) => form)];
      throw new DefinitionError([problem.unknownMemory(where, name, isWhole, forms)]);
    }
    const opened = provider.memory(memory);
    this.#known.set(memory, opened);
    return opened;
  }
}

/** What is said once and holds for many runs: `in-memory` is one memory for all of them. */
export function ownMemory<T>(memory: T): T | InMemoryMemory {
  return memory === IN_MEMORY ? new InMemoryMemory() : memory;
}

/** What is wrong with an option `memories`: each of its providers that is none. */
export function memoriesMistakes(given: unknown): OptionMistake[] {
  if (given === undefined || isAble(given, ['resolve'])) return [];
  const providers: unknown[] = Array.isArray(given) ? given : [given];
  const wrong = providers.filter((provider) => !isProvider(provider));
  return wrong.map((value) => ({ option: 'memories', value, allowed: MEMORIES_FORMS }));
}

/** The registry that is meant. */
export function memoryRegistry(given: MemoriesGiven): MemoryRegistry {
  if (isAble(given, ['resolve'])) return given as MemoryRegistry;
  return new MemoryRegistry([given as MemoryProvider | readonly MemoryProvider[]].flat());
}

/** By its shape: it may come from a second installed copy of the package. */
export function isMemory(value: unknown): value is Memory {
  return isAble(value, ['remember', 'recall', 'history']);
}

function problemsOf(provider: unknown): Problem[] {
  if (isProvider(provider)) return [];
  const allowed = 'providers of memories, with a name and a method memory(text)';
  return [problem.invalidOption('MemoryRegistry', 'providers', provider, allowed)];
}

function isProvider(value: unknown): boolean {
  const { name } = (value ?? {}) as Partial<MemoryProvider>;
  return isAble(value, ['memory']) && typeof name === 'string' && name !== '';
}

function isAble(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return methods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
}
