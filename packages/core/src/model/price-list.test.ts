import type { ModelUsage } from '../ports/language-model.js';
import { MODEL_PRICES } from './model-prices.js';
import { PriceList } from './price-list.js';

const usage = (parts: Partial<ModelUsage>): ModelUsage => ({
  inputTokens: 0,
  cachedTokens: 0,
  cacheWrittenTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  ...parts,
});
const million = usage({ inputTokens: 1e6, outputTokens: 1e6 });

describe('PriceList', () => {
  it('adds up what was read, what came from the cache, what was written to it, and the answer', () => {
    const prices = new PriceList({ own: { input: 10, cached: 1, cacheWritten: 12.5, output: 40 } });
    const tokens = usage({
      inputTokens: 1000,
      cachedTokens: 600,
      cacheWrittenTokens: 100,
      outputTokens: 50,
      reasoningTokens: 30, // a part of the output
    });
    expect(prices.costOf('own', tokens)).toBeCloseTo((300 * 10 + 600 * 1 + 100 * 12.5 + 50 * 40) / 1e6, 12);
  });

  it('takes the price of what is plainly read for the cache, where no other is known', () => {
    const prices = new PriceList({ own: { input: 10, output: 40 } });
    expect(prices.costOf('own', usage({ inputTokens: 1e6, cachedTokens: 1e6 }))).toBe(10);
  });

  it('B222 goes by the exact name, then by the longest beginning', () => {
    const prices = new PriceList();
    const same = [
      ['gpt-4.1-mini-2025-04-14', 'gpt-4.1-mini'],
      ['gpt-4.1-2025-04-14', 'gpt-4.1'],
      ['o3-pro-2025-06-10', 'o3-pro'],
      ['gpt-4o-mini:ours', 'gpt-4o-mini'],
    ] as const;
    for (const [name, as] of same) expect(prices.priceOf(name)).toBe(MODEL_PRICES[as]);
  });

  it('does not take a later model for an earlier one', () => {
    const prices = new PriceList();
    for (const name of ['gpt-5.9', 'gpt-4.15', 'o30', 'gpt-4', 'gpt', '']) expect(prices.priceOf(name)).toBeUndefined();
  });

  it('B222 takes own prices before its own list, for a whole family too', () => {
    const prices = new PriceList({ 'gpt-4.1': { input: 1, output: 1 }, 'local/': { input: 0, output: 0 } });
    expect(prices.costOf('gpt-4.1', million)).toBe(2);
    expect(prices.costOf('local/llama3', million)).toBe(0);
    expect(prices.costOf('gpt-4.1-mini', million)).toBeCloseTo(2, 12); // 0.4 + 1.6, of the list
  });

  it('B222 counts an unknown model as nothing, and reports it once', () => {
    const unknown: string[] = [];
    const prices = new PriceList({}, { onUnknown: (model) => unknown.push(model) });
    for (const model of ['a', 'b', 'a']) expect(prices.costOf(model, million)).toBe(0);
    expect(unknown).toEqual(['a', 'b']);
  });

  it('warns of an unknown model if nothing else is said', () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    try {
      new PriceList().costOf('mine', million);
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0]![0]).toContain('"mine"');
    } finally {
      warn.mockRestore();
    }
  });

  it('counts an answer that tells no usage as nothing', () => {
    expect(new PriceList().costOf('gpt-4.1', undefined)).toBe(0);
  });

  it('refuses prices that are none', () => {
    const wrong = { a: { input: -1, output: 1 }, b: { output: 1 }, c: { input: 1, cached: NaN, output: 1 } };
    expect(() => new PriceList(wrong as never)).toThrow(/3 problems[^]*a\.input[^]*b\.input[^]*c\.cached/);
  });
});
