import { RunError } from '../errors/run-error.js';
import type { MemoryLimits } from '../ports/memory.js';

/** What a memory in this process may take in all. */
export interface ProcessLimits extends MemoryLimits {
  /** Over all users. What does not fit is refused (MEMORY_FULL): no user's memory gives way to another's. @defaultValue 256 MiB */
  readonly bytes: number;
}

/** What all users of one memory take together. */
export class MemoryBudget {
  readonly #where: string;
  readonly #limits: ProcessLimits;
  #used = 0;

  constructor(where: string, limits: ProcessLimits) {
    this.#where = where;
    this.#limits = limits;
  }

  get used(): number {
    return this.#used;
  }

  count(bytes: number): void {
    this.#used += bytes;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#used + bytes <= this.#limits.bytes;
  }

  /** @throws {@link RunError} MEMORY_FULL where `needed` is over a limit. */
  refuseMoreThan(limit: keyof ProcessLimits, needed: number): void {
    if (needed > this.#limits[limit]) throw RunError.memoryFull(this.#where, limit, this.#limits[limit], needed);
  }
}
