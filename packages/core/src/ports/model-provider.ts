import type { LanguageModel } from './language-model.js';

/**
 * Makes models from their names, so that an agent can say `model: 'gpt-4.1-mini'`. It is made when a program starts:
 * making it, and making a model, reads no environment and opens nothing.
 */
export interface ModelProvider {
  /** What stands before the colon where a name alone would not do: `openai` in `openai:my-own-model`. */
  readonly name: string;
  /** What the names of its models begin with: `gpt-`, `o3`. */
  readonly prefixes: readonly string[];
  /** The model of that name. Called once for each name. */
  model(name: string): LanguageModel;
}
