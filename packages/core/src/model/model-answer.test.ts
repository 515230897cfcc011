import { modelAnswer, sumUsage } from './model-answer.js';

describe('modelAnswer', () => {
  it('says only what there is', () => {
    const answer = modelAnswer({ model: 'm' });
    expect(answer).toStrictEqual({ message: { role: 'assistant', content: '' }, finishReason: 'stop', model: 'm' });
  });

  it('ends in tool calls where there are any, and copies them', () => {
    const call = { id: 'a', name: 'look', arguments: '{}', extra: () => 1 };
    const { message, finishReason } = modelAnswer({ model: 'm', toolCalls: [call] });
    expect(message.toolCalls).toStrictEqual([{ id: 'a', name: 'look', arguments: '{}' }]);
    expect(finishReason).toBe('tool_calls');
    expect(Object.isFrozen(call)).toBe(false);
    expect(modelAnswer({ model: 'm', toolCalls: [call], finishReason: 'length' }).finishReason).toBe('length');
  });

  it('counts whole tokens only, whatever a service says', () => {
    const odd = { inputTokens: 3.6, outputTokens: -1, cachedTokens: NaN, reasoningTokens: '7' as never };
    expect(modelAnswer({ model: 'm', usage: odd }).usage).toMatchObject({ inputTokens: 4, outputTokens: 0 });
    expect(sumUsage([odd]).reasoningTokens).toBe(0);
  });
});

describe('sumUsage', () => {
  it('adds up answers, and counts nothing of one that tells nothing', () => {
    const sum = sumUsage([{ inputTokens: 1, outputTokens: 2 }, undefined, { inputTokens: 4, cachedTokens: 3 }]);
    expect(sum).toEqual({
      inputTokens: 5,
      cachedTokens: 3,
      cacheWrittenTokens: 0,
      outputTokens: 2,
      reasoningTokens: 0,
    });
    expect(sumUsage([])).toEqual(sumUsage([undefined]));
  });
});
