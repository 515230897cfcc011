/** What a million tokens of a model cost, in US dollars. */
export interface ModelPrice {
  readonly input: number;
  /** Input that came from the service's cache. @defaultValue `input` */
  readonly cached?: number | undefined;
  /** Input that was written to the service's cache. @defaultValue `input` */
  readonly cacheWritten?: number | undefined;
  /** What the model only thought counts as output. */
  readonly output: number;
}

/** Prices by the names of models, or by what names begin with. */
export type PriceTable = Readonly<Record<string, ModelPrice>>;

/**
 * List prices of OpenAI for standard processing, as published in April 2026. What you pay may differ: batches, tiers, long
 * contexts, contracts. Your own prices go before these: `new PriceList({ 'gpt-4.1': { input: 1.5, output: 6 } })`.
 */
export const MODEL_PRICES: PriceTable = Object.freeze({
  'gpt-5.4': price(2.5, 0.25, 15),
  'gpt-5.4-mini': price(0.75, 0.075, 4.5),
  'gpt-5.4-nano': price(0.2, 0.02, 1.25),
  'gpt-5.4-pro': price(30, 30, 180),
  'gpt-5.2': price(1.75, 0.175, 14),
  'gpt-5.2-pro': price(21, 21, 168),
  'gpt-5.1': price(1.25, 0.125, 10),
  'gpt-5.1-codex-mini': price(0.25, 0.025, 2),
  'gpt-5': price(1.25, 0.125, 10),
  'gpt-5-mini': price(0.25, 0.025, 2),
  'gpt-5-nano': price(0.05, 0.005, 0.4),
  'gpt-5-pro': price(15, 15, 120),
  'gpt-4.1': price(2, 0.5, 8),
  'gpt-4.1-mini': price(0.4, 0.1, 1.6),
  'gpt-4.1-nano': price(0.1, 0.025, 0.4),
  'gpt-4o': price(2.5, 1.25, 10),
  'gpt-4o-mini': price(0.15, 0.075, 0.6),
  o1: price(15, 7.5, 60),
  'o1-pro': price(150, 150, 600),
  o3: price(2, 0.5, 8),
  'o3-mini': price(1.1, 0.55, 4.4),
  'o3-pro': price(20, 20, 80),
  'o4-mini': price(1.1, 0.275, 4.4),
  'gpt-4-turbo': price(10, 10, 30),
  'gpt-3.5-turbo': price(0.5, 0.5, 1.5),
  // Models without a bill.
  echo: price(0, 0, 0),
  scripted: price(0, 0, 0),
});

function price(input: number, cached: number, output: number): ModelPrice {
  return Object.freeze({ input, cached, output });
}
