import type { Memory } from './memory.js';

/**
 * Opens memories by text, so that a configuration can say `memory: 'sqlite:app.db'`. It is made when a program starts: making it
 * reads no environment and opens nothing.
 */
export interface MemoryProvider {
  /** What stands before the colon: `sqlite` in `sqlite:app.db`. */
  readonly name: string;
  /** How its texts are written, for messages: `sqlite:<path>`. */
  readonly form: string;
  /**
   * The memory of that text, which is given whole. Called once for each text. What is on a network is reached when it is first
   * asked for something, not here.
   */
  memory(text: string): Memory;
}
