import type { ModelAnswer, ModelMessage, ModelRequest, ToolCall } from '../ports/language-model.js';
import type { SpanContent } from '../ports/telemetry.js';
import { GEN_AI_CONTENT } from './semantic-conventions.js';

/** A piece of a message, as the conventions write it. */
type Part = Readonly<Record<string, unknown>> & { readonly type: string };

/** What a model is asked and what it answers, as the conventions write it. */
export function modelContent({ messages, tools }: ModelRequest): SpanContent {
  const instructions = messages.filter(({ role }) => role === 'system');
  const conversation = messages.filter(({ role }) => role !== 'system');
  return {
    input: () => ({
      [GEN_AI_CONTENT.instructions]: instructions.map(({ content }) => ({ type: 'text', content })),
      [GEN_AI_CONTENT.inputMessages]: conversation.map((message) => ({ role: message.role, parts: partsOf(message) })),
      ...(tools === undefined
        ? {}
        : { [GEN_AI_CONTENT.toolDefinitions]: tools.map((tool) => ({ type: 'function', ...tool })) }),
    }),
    output: (answer) => {
      const { message, finishReason } = answer as ModelAnswer;
      const said = { role: message.role, parts: partsOf(message), finish_reason: finishReason };
      return { [GEN_AI_CONTENT.outputMessages]: [said] };
    },
  };
}

function partsOf(message: ModelMessage): readonly Part[] {
  const { content } = message;
  if (message.role === 'tool') return [{ type: 'tool_call_response', id: message.callId, response: content }];
  const text = content === '' ? [] : [{ type: 'text', content }];
  return message.role === 'assistant' ? [...text, ...(message.toolCalls ?? []).map(callPart)] : text;
}

function callPart({ id, name, arguments: given }: ToolCall): Part {
  return { type: 'tool_call', id, name, arguments: parsed(given) };
}

/** As the model meant them, if that can be told. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
