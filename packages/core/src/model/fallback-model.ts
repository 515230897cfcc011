import { AdapterError } from '../errors/adapter-error.js';
import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import {
  LanguageModel,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelCapabilities,
  type ModelRequest,
} from '../ports/language-model.js';
import { HeardCall } from './heard-call.js';
import { isModel } from './model-registry.js';

/**
 * Asks the next model where one fails: when the failure may pass (`isTransient`), or is none of those that the next one
 * would have too. A refused key, a refused request and a content filter are thrown at once, and so is what is no
 * {@link AdapterError}. The last failure is thrown where all fail. An answer of which somebody has already heard a piece is
 * not begun again by another model.
 *
 * The answer's `model` tells who gave it, `onRetry` of the call who did not.
 *
 * @example
 * const safe = new FallbackModel([new RetryingModel(large), small]);
 */
export class FallbackModel extends LanguageModel {
  /** `fallback(gpt-4.1, gpt-4.1-mini)` */
  readonly name: string;
  /** That of all of them, where it is one. */
  override readonly provider: string | undefined;
  /** What all of them can do. */
  readonly capabilities: ModelCapabilities;
  readonly #models: readonly LanguageModel[];

  /** @throws {@link DefinitionError} INVALID_OPTION when there is no model, or something else among them. */
  constructor(models: readonly LanguageModel[]) {
    super();
    const isChain = Array.isArray(models) && models.length > 0 && models.every(isModel);
    const allowed = 'a list of at least one LanguageModel';
    DefinitionError.throwIfAny(
      isChain ? [] : [problem.invalidOption('FallbackModel', 'models', models, allowed, true)],
    );
    this.#models = [...models];
    this.name = `fallback(${models.map(({ name }) => name).join(', ')})`;
    const [first, ...others] = models.map(({ provider }) => provider);
    this.provider = others.every((other) => other === first) ? first : undefined;
    const all = (capability: keyof ModelCapabilities): boolean => models.every((one) => one.capabilities[capability]);
    this.capabilities = Object.freeze({
      tools: all('tools'),
      parallelToolCalls: all('parallelToolCalls'),
      structuredOutput: all('structuredOutput'),
      streaming: all('streaming'),
    });
  }

  async answer(request: ModelRequest, options: ModelCallOptions = {}): Promise<ModelAnswer> {
    const { signal, onRetry } = options;
    const heard = new HeardCall(options);
    for (let position = 0; ; position++) {
      const model = this.#models[position]!;
      const next = this.#models[position + 1];
      try {
        return await model.answer(request, heard.options);
      } catch (error) {
        signal?.throwIfAborted();
        if (next === undefined || heard.hasBegun || !mayPassOn(error)) throw error;
        onRetry?.({ model: model.name, error, next: next.name, delayMs: 0 });
      }
    }
  }
}

function mayPassOn(error: unknown): error is AdapterError {
  return AdapterError.is(error) && (error.isTransient || error.code === 'MODEL_FAILED');
}
