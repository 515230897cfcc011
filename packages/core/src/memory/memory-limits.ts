import { DefinitionError } from '../errors/definition-error.js';
import { problems } from '../errors/problems.js';
import type { MemoryLimits } from '../ports/memory.js';

/** What a memory keeps of each user if nothing else is said. */
export const DEFAULT_MEMORY_LIMITS: MemoryLimits = Object.freeze({
  episodesPerUser: 10_000,
  factsPerUser: 10_000,
  blocksPerUser: 100,
  bytesPerUser: 16 * 1024 ** 2,
});

/**
 * Options with their defaults, each a whole number of 1 or more.
 *
 * @throws {@link DefinitionError} INVALID_OPTION
 */
export function limitsOf<T extends object>(where: string, options: Partial<T>, defaults: T): T {
  const given = Object.entries(defaults).map(([name, fallback]): [string, unknown] => {
    return [name, (options as Record<string, unknown>)[name] ?? fallback];
  });
  DefinitionError.throwIfAny(
    given
      .filter(([, value]) => !Number.isSafeInteger(value) || (value as number) < 1)
      .map(([name, value]) => problems.invalidOption(where, name, value, 'a whole number of 1 or more')),
  );
  return Object.freeze(Object.fromEntries(given)) as T;
}
