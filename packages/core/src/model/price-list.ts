import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { ModelUsage } from '../ports/language-model.js';
import { MODEL_PRICES, type ModelPrice, type PriceTable } from './model-prices.js';

/** {@link PriceList} */
export interface PriceListOptions {
  /** Told once of each model without a price. @defaultValue a warning of the process */
  readonly onUnknown?: ((model: string) => void) | undefined;
}

/**
 * What answers cost. A model's price is the one of its exact name, else of the longest name in the table that it begins
 * with, up to a `-`, `:`, `@` or `/`: `gpt-4.1-mini-2025-04-14` costs what `gpt-4.1-mini` does, `gpt-5.9` not what `gpt-5`
 * does. A name in the table that ends in such a sign stands for all that begin with it.
 */
export class PriceList {
  readonly #prices: ReadonlyMap<string, ModelPrice>;
  readonly #onUnknown: (model: string) => void;
  readonly #reported = new Set<string>();

  /**
   * @param own Prices that go before {@link MODEL_PRICES}.
   * @throws {@link DefinitionError} INVALID_OPTION with every price that is no amount.
   */
  constructor(own: PriceTable = {}, { onUnknown = warn }: PriceListOptions = {}) {
    DefinitionError.throwIfAny(Object.entries(own).flatMap(([name, price]) => problemsOf(name, price)));
    this.#prices = new Map([...Object.entries(MODEL_PRICES), ...Object.entries(own)]);
    this.#onUnknown = onUnknown;
  }

  /** The price of a model, by exact name or longest beginning. */
  priceOf(model: string): ModelPrice | undefined {
    for (let end = model.length; end > 0; end--) {
      const isWhole = end === model.length || /[-:@/]/.test(model[end]!) || /[-:@/]/.test(model[end - 1]!);
      const price = isWhole ? this.#prices.get(model.slice(0, end)) : undefined;
      if (price !== undefined) return price;
    }
    return undefined;
  }

  /** US dollars. 0 for a model without a price, which is reported the first time, and for an answer that tells no usage. */
  costOf(model: string, usage: ModelUsage | undefined): number {
    const price = this.priceOf(model);
    if (price === undefined) {
      if (!this.#reported.has(model)) {
        this.#reported.add(model);
        this.#onUnknown(model);
      }
      return 0;
    }
    if (usage === undefined) return 0;
    const { inputTokens, cachedTokens, cacheWrittenTokens, outputTokens } = usage;
    const plain = Math.max(0, inputTokens - cachedTokens - cacheWrittenTokens);
    const { input, cached = input, cacheWritten = input, output } = price;
    return (plain * input + cachedTokens * cached + cacheWrittenTokens * cacheWritten + outputTokens * output) / 1e6;
  }
}

function warn(model: string): void {
  process.emitWarning(`No price is known for the model ${JSON.stringify(model)}: its cost counts as 0.`, {
    type: 'DrawloomWarning',
    code: 'UNKNOWN_MODEL_PRICE',
    detail: `Give one: new PriceList({ ${JSON.stringify(model)}: { input: 1, output: 4 } }), in dollars for a million tokens.`,
  });
}

const AMOUNTS: readonly (keyof ModelPrice)[] = ['input', 'cached', 'cacheWritten', 'output'];

function problemsOf(name: string, price: ModelPrice): ReturnType<typeof problem.invalidOption>[] {
  const isAmount = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value) && value >= 0;
  const needed = (key: string): boolean => key === 'input' || key === 'output';
  return AMOUNTS.filter((key) => !isAmount(price?.[key]) && (needed(key) || price?.[key] !== undefined)).map((key) =>
    problem.invalidOption('PriceList', `${name}.${key}`, price?.[key], 'dollars for a million tokens, 0 or more'),
  );
}
