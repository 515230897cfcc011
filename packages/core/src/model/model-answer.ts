import type { AssistantMessage, FinishReason, ModelAnswer, ModelUsage, ToolCall } from '../ports/language-model.js';
import { deepFreeze } from '../values/freeze.js';

/** What an answer is made of. */
export interface AnswerParts {
  /** The model that answered. */
  readonly model: string;
  readonly content?: string | undefined;
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** @defaultValue `'tool_calls'` where there are any, else `'stop'` */
  readonly finishReason?: FinishReason | undefined;
  /** What is left out is 0. */
  readonly usage?: Partial<ModelUsage> | undefined;
  readonly id?: string | undefined;
}

/** An answer as every adapter gives it: frozen, and without keys that stand for nothing. */
export function modelAnswer(parts: AnswerParts): ModelAnswer {
  const { model, content = '', toolCalls = [], usage, id } = parts;
  const calls = toolCalls.map((call) => ({ id: call.id, name: call.name, arguments: call.arguments }));
  const message: AssistantMessage = { role: 'assistant', content, ...(calls.length > 0 ? { toolCalls: calls } : {}) };
  return deepFreeze({
    message,
    finishReason: parts.finishReason ?? (calls.length > 0 ? 'tool_calls' : 'stop'),
    ...(usage === undefined ? {} : { usage: sumUsage([usage]) }),
    model,
    ...(id === undefined ? {} : { id }),
  });
}

const TOKENS = ['inputTokens', 'cachedTokens', 'cacheWrittenTokens', 'outputTokens', 'reasoningTokens'] as const;

/** The tokens of several answers together. Of an answer that tells nothing, nothing is counted. */
export function sumUsage(usages: Iterable<Partial<ModelUsage> | undefined>): ModelUsage {
  const sum = { inputTokens: 0, cachedTokens: 0, cacheWrittenTokens: 0, outputTokens: 0, reasoningTokens: 0 };
  for (const usage of usages) for (const key of TOKENS) sum[key] += count(usage?.[key]);
  return Object.freeze(sum);
}

/** Services say odd things. */
function count(tokens: unknown): number {
  return typeof tokens === 'number' && Number.isFinite(tokens) && tokens > 0 ? Math.round(tokens) : 0;
}
