import type { ModelMessage, ModelRequest, OutputDefinition, ToolDefinition } from '@drawloom/core';
import type OpenAI from 'openai';
import { isWrapped, wrapSchema } from './wrapped-output.js';

type Body = OpenAI.ChatCompletionCreateParamsNonStreaming;

/** A request in the words of the service. What the port does not say is left out, so that the service's defaults hold. */
export function chatRequest(model: string, request: ModelRequest): Body {
  const { messages, tools = [], output, settings = {} } = request;
  const { toolChoice, parallelToolCalls } = settings;
  return {
    ...settings.vendor?.['openai'], // first, because it cannot replace what the request says
    model,
    messages: messages.map(messageOf),
    ...given('temperature', settings.temperature),
    ...given('top_p', settings.topP),
    ...given('max_completion_tokens', settings.maxOutputTokens),
    ...given('stop', settings.stop?.length === 0 ? undefined : (settings.stop as string[] | undefined)),
    ...given('seed', settings.seed),
    ...given('reasoning_effort', settings.reasoningEffort as Body['reasoning_effort']),
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(toolOf),
          ...given(
            'tool_choice',
            typeof toolChoice === 'object'
              ? { type: 'function' as const, function: { name: toolChoice.tool } }
              : toolChoice,
          ),
          ...given('parallel_tool_calls', parallelToolCalls),
        }),
    ...(output === undefined ? {} : { response_format: responseFormat(output) }),
  };
}

function given<K extends keyof Body>(key: K, value: Body[K] | undefined): Partial<Body> {
  return value === undefined ? {} : { [key]: value };
}

function messageOf(message: ModelMessage): OpenAI.ChatCompletionMessageParam {
  const { content } = message;
  switch (message.role) {
    case 'system':
      return { role: 'system', content };
    case 'user':
      return { role: 'user', content, ...nameOf(message.name) };
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content };
    case 'assistant': {
      const { toolCalls = [], name } = message;
      const calls = toolCalls.map((call) => ({
        id: call.id,
        type: 'function' as const,
        function: { name: call.name, arguments: call.arguments },
      }));
      const spoken = { role: 'assistant' as const, ...nameOf(name) };
      return calls.length === 0
        ? { ...spoken, content }
        : { ...spoken, content: content === '' ? null : content, tool_calls: calls };
    }
  }
}

/** The service takes letters, digits, `_` and `-` only, at most 64 of them. */
function nameOf(name: string | undefined): { name?: string } {
  const plain = name === undefined ? '' : plainName(name);
  return plain === '' ? {} : { name: plain };
}

function plainName(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 64);
}

function toolOf({ name, description, parameters, strict }: ToolDefinition): OpenAI.ChatCompletionTool {
  return {
    type: 'function',
    function: {
      name,
      ...(description === undefined ? {} : { description }),
      parameters: parameters as Record<string, unknown>,
      ...(strict === true ? { strict } : {}),
    },
  };
}

function responseFormat(output: OutputDefinition): NonNullable<Body['response_format']> {
  const { name = 'answer', description } = output;
  return {
    type: 'json_schema',
    json_schema: {
      name: plainName(name) || 'answer',
      ...(description === undefined ? {} : { description }),
      schema: (isWrapped(output) ? wrapSchema(output.schema) : output.schema) as Record<string, unknown>,
      strict: true,
    },
  };
}
