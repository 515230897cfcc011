import type { Memory, MemoryProvider } from '@drawloom/core';
import type { SqliteStore } from './sqlite-store.js';
import { sqlite } from './sqlite.js';
import type { SqliteOptions } from './store/options.js';

/**
 * Opens memories by text, so that a configuration can say `memory: 'sqlite:app.db'`: give it to `drawloom({ memories })`, or to a
 * `MemoryRegistry`. Each text is a store of its own, opened when it is first needed.
 *
 * @example
 * const memories = new SqliteMemories();
 * const flow = Workflow.chain([writer], { memories: new MemoryRegistry([memories]), memory: 'sqlite:app.db' });
 * await memories.close();
 */
export class SqliteMemories implements MemoryProvider {
  readonly name = 'sqlite';
  readonly form = 'sqlite:<path>';
  readonly #options: SqliteOptions;
  readonly #stores: SqliteStore[] = [];

  /** @param options Of every store that is opened. */
  constructor(options: SqliteOptions = {}) {
    this.#options = options;
  }

  /** @throws what {@link sqlite} throws for the path after the colon. */
  memory(text: string): Memory {
    const store = sqlite(text.slice(this.name.length + 1), this.#options);
    this.#stores.push(store);
    return store.memory;
  }

  /** Closes every store that was opened. */
  async close(): Promise<void> {
    await Promise.all(this.#stores.splice(0).map((store) => store.close()));
  }
}
