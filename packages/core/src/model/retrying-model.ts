import { AdapterError } from '../errors/adapter-error.js';
import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import {
  LanguageModel,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelCapabilities,
  type ModelRequest,
} from '../ports/language-model.js';
import { systemClock, type Clock } from '../values/clock.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { wait } from '../values/wait.js';
import { HeardCall } from './heard-call.js';
import { isModel } from './model-registry.js';

/** When and how often a failed call of a model is tried again; the words are Temporal's. */
export interface ModelRetryPolicy {
  /** Tries in all, the first one included. At least 1. @defaultValue 3 */
  readonly maximumAttempts?: number | undefined;
  /** The wait before the second try. @defaultValue `'1s'` */
  readonly initialInterval?: Duration | undefined;
  /** What each further wait is multiplied by. At least 1. @defaultValue 2 */
  readonly backoffCoefficient?: number | undefined;
  /** No wait is longer: where a service asks for a longer one, its error is thrown at once. @defaultValue `'1m'` */
  readonly maximumInterval?: Duration | undefined;
  /** The part of each wait that is left to chance, from 0 (none) to 1 (all of it). @defaultValue 0.5 */
  readonly jitter?: number | undefined;
}

/** {@link ModelRetryPolicy}, and the time it goes by. */
export interface RetryingModelOptions extends ModelRetryPolicy {
  /** @defaultValue that of the call, else the machine's */
  readonly clock?: Clock | undefined;
}

/**
 * Asks a model again when the failure may pass: {@link AdapterError} with `isTransient`, nothing else. How long the service
 * asks to wait is the least that is waited. An answer of which somebody has already heard a piece is not begun again.
 *
 * @example
 * const patient = new RetryingModel(model, { maximumAttempts: 5 });
 */
export class RetryingModel extends LanguageModel {
  readonly name: string;
  override readonly provider: string | undefined;
  readonly capabilities: ModelCapabilities;
  readonly #model: LanguageModel;
  readonly #options: RetryingModelOptions;

  /** @throws {@link DefinitionError} INVALID_OPTION with every option that is out of range. */
  constructor(model: LanguageModel, options: RetryingModelOptions = {}) {
    super();
    DefinitionError.throwIfAny([
      ...(isModel(model) ? [] : [problem.invalidOption('RetryingModel', 'model', model, 'a LanguageModel', true)]),
      ...checkPolicy(options),
    ]);
    this.name = model.name;
    this.provider = model.provider;
    this.capabilities = model.capabilities;
    this.#model = model;
    this.#options = options;
  }

  async answer(request: ModelRequest, options: ModelCallOptions = {}): Promise<ModelAnswer> {
    const { signal, onRetry } = options;
    const heard = new HeardCall(options);
    const clock = this.#options.clock ?? options.clock ?? systemClock;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#model.answer(request, heard.options);
      } catch (error) {
        signal?.throwIfAborted();
        if (heard.hasBegun || attempt >= (this.#options.maximumAttempts ?? 3)) throw error;
        const delayMs = this.#delayAfter(attempt, error);
        if (delayMs === undefined) throw error;
        onRetry?.({ model: this.name, error: error as AdapterError, next: this.name, delayMs });
        await wait(delayMs, clock, signal);
      }
    }
  }

  /** `undefined` where no other try follows. */
  #delayAfter(attempt: number, error: unknown): number | undefined {
    if (!AdapterError.is(error) || !error.isTransient) return undefined;
    const { initialInterval = '1s', backoffCoefficient = 2, maximumInterval = '1m', jitter = 0.5 } = this.#options;
    const maximum = toMilliseconds(maximumInterval)!;
    const retryAfterMs = error.retryAfterMs || 0; // an adapter may have made it of what is no number
    if (retryAfterMs > maximum) return undefined;
    const full = Math.min(maximum, toMilliseconds(initialInterval)! * backoffCoefficient ** (attempt - 1));
    return Math.max(retryAfterMs, full * (1 - jitter * Math.random()));
  }
}

const OPTIONS: readonly string[] = [
  'maximumAttempts',
  'initialInterval',
  'backoffCoefficient',
  'maximumInterval',
  'jitter',
  'clock',
];

function checkPolicy(options: RetryingModelOptions): Problem[] {
  const { maximumAttempts = 1, initialInterval = 0, backoffCoefficient = 1, maximumInterval = 0, jitter = 0 } = options;
  const rules: [boolean, keyof ModelRetryPolicy, string][] = [
    [Number.isInteger(maximumAttempts) && maximumAttempts >= 1, 'maximumAttempts', 'a whole number of 1 or more'],
    [toMilliseconds(initialInterval) !== undefined, 'initialInterval', DURATION_FORMS],
    [Number.isFinite(backoffCoefficient) && backoffCoefficient >= 1, 'backoffCoefficient', 'a number of 1 or more'],
    [toMilliseconds(maximumInterval) !== undefined, 'maximumInterval', DURATION_FORMS],
    [typeof jitter === 'number' && jitter >= 0 && jitter <= 1, 'jitter', 'a number from 0 to 1'],
  ];
  const unknown = Object.keys(options).filter((name) => !OPTIONS.includes(name));
  return [
    ...unknown.map((name) => problem.unknownOption('RetryingModel', name, OPTIONS)),
    ...rules
      .filter(([isRight]) => !isRight)
      .map(([, option, allowed]) => problem.invalidOption('RetryingModel', option, options[option], allowed)),
  ];
}
