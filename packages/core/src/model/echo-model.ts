import {
  LanguageModel,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelMessage,
  type ModelRequest,
} from '../ports/language-model.js';
import { modelAnswer } from './model-answer.js';

/**
 * Repeats the last message of the user, word by word where somebody listens: for first steps and for tests without a key.
 * Its tokens are words. It calls no tools; with an `output` it still repeats.
 */
export class EchoModel extends LanguageModel {
  readonly name: string = 'echo';
  readonly capabilities = Object.freeze({
    tools: false,
    parallelToolCalls: false,
    structuredOutput: false,
    streaming: true,
  });

  async answer({ messages }: ModelRequest, { signal, onDelta }: ModelCallOptions = {}): Promise<ModelAnswer> {
    signal?.throwIfAborted();
    const content = messages.findLast(({ role }) => role === 'user')?.content ?? '';
    if (onDelta !== undefined) {
      for (const text of content.match(/\s*\S+\s*$|\s*\S+|\s+/g) ?? []) {
        onDelta({ type: 'text', text });
        signal?.throwIfAborted();
      }
    }
    const inputTokens = messages.reduce((sum, message) => sum + words(textOf(message)), 0);
    return modelAnswer({ model: this.name, content, usage: { inputTokens, outputTokens: words(content) } });
  }
}

function textOf(message: ModelMessage): string {
  const calls = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
  return [message.content, ...calls.map((call) => `${call.name} ${call.arguments}`)].join(' ');
}

function words(text: string): number {
  return text.split(/\s+/).filter((word) => word !== '').length;
}
