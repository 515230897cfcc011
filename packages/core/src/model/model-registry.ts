import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { LanguageModel } from '../ports/language-model.js';
import type { ModelProvider } from '../ports/model-provider.js';

/**
 * The models that can be asked for by name: those of providers, by what their names begin with, and single ones by their
 * own. Whatever is listed first goes first. A class, so that it is its own injection token.
 *
 * @example
 * const models = new ModelRegistry([openai(), new EchoModel()]);
 * models.resolve('gpt-4.1-mini', 'triage');
 */
export class ModelRegistry {
  readonly #sources: readonly (ModelProvider | LanguageModel)[];
  /** A model that is asked for twice is one model: it may hold connections. */
  readonly #known = new Map<string, LanguageModel>();

  constructor(sources: readonly (ModelProvider | LanguageModel)[] = []) {
    this.#sources = [...sources];
  }

  /**
   * The model that is meant: itself, or the one of a name: `gpt-4.1-mini`, or `openai:my-own-model` for a name that no prefix
   * tells.
   *
   * @param where Who asks, for messages.
   * @throws {@link DefinitionError} NO_MODEL when nothing is given.
   * @throws {@link DefinitionError} UNKNOWN_MODEL when no model has that name.
   */
  resolve(model: LanguageModel | string | undefined, where: string): LanguageModel {
    if (isModel(model)) return model;
    if (model === undefined || model === null || model === '') throw new DefinitionError([problem.noModel(where)]);
    const found = typeof model === 'string' ? (this.#known.get(model) ?? this.#find(model)) : undefined;
    if (found === undefined) throw new DefinitionError([problem.unknownModel(where, model, this.#forms())]);
    this.#known.set(model, found);
    return found;
  }

  #find(name: string): LanguageModel | undefined {
    for (const source of this.#sources) {
      if (isModel(source)) {
        if (source.name === name) return source;
      } else if (name.startsWith(`${source.name}:`) && name.length > source.name.length + 1) {
        return source.model(name.slice(source.name.length + 1));
      } else if (source.prefixes.some((prefix) => name.startsWith(prefix))) return source.model(name);
    }
    return undefined;
  }

  /** What can be asked for, for messages. */
  #forms(): readonly string[] {
    return this.#sources.flatMap((source) =>
      isModel(source) ? [source.name] : [...source.prefixes.map((prefix) => `${prefix}…`), `${source.name}:…`],
    );
  }
}

/** By its shape: a model may come from a second installed copy of the package. */
function isModel(value: unknown): value is LanguageModel {
  return typeof value === 'object' && value !== null && 'answer' in value && typeof value.answer === 'function';
}
