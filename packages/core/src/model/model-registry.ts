import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem, type OptionMistake } from '../errors/problems.js';
import type { LanguageModel } from '../ports/language-model.js';
import type { ModelProvider } from '../ports/model-provider.js';

/** Something that models can be asked of by name: a provider, or one model by its own name. */
export type ModelSource = ModelProvider | LanguageModel;

/** The models of a level: a registry, or what makes one. */
export type ModelsGiven = ModelRegistry | ModelSource | readonly ModelSource[];

const MODELS_FORMS = 'a model, a provider of models such as openai(), a list of them, or a ModelRegistry';

/**
 * The models that can be asked for by name: those of providers, by what their names begin with, and single ones by their
 * own. Whatever is listed first goes first. A class, so that it is its own injection token.
 *
 * @example
 * const models = new ModelRegistry([openai(), new EchoModel()]);
 * models.resolve('gpt-4.1-mini', 'triage');
 */
export class ModelRegistry {
  readonly #sources: readonly ModelSource[];
  /** A model that is asked for twice is one model: it may hold connections. */
  readonly #known = new Map<string, LanguageModel>();

  constructor(sources: readonly ModelSource[] = []) {
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
export function isModel(value: unknown): value is LanguageModel {
  return can(value, 'answer');
}

/** What is wrong with an option `models`: each of its sources that is none. */
export function modelsMistakes(given: unknown): OptionMistake[] {
  if (given === undefined || isRegistry(given)) return [];
  const sources: unknown[] = Array.isArray(given) ? given : [given];
  const wrong = sources.filter((source) => !isModel(source) && !isProvider(source));
  return wrong.map((value) => ({ option: 'models', value, allowed: MODELS_FORMS }));
}

/** The registry that is meant. */
export function modelRegistry(given: ModelsGiven): ModelRegistry {
  return isRegistry(given) ? given : new ModelRegistry([given as ModelSource | readonly ModelSource[]].flat());
}

function isRegistry(value: unknown): value is ModelRegistry {
  return !isModel(value) && can(value, 'resolve');
}

function isProvider(value: unknown): boolean {
  return can(value, 'model') && Array.isArray((value as ModelProvider).prefixes);
}

function can(value: unknown, method: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return typeof (value as Readonly<Record<string, unknown>>)[method] === 'function';
}
