import { chatRequest } from './chat-request.js';

describe('chatRequest', () => {
  it('says only what is asked for, so that the defaults of the service hold', () => {
    const request = { messages: [{ role: 'user' as const, content: 'hello' }], tools: [], settings: { stop: [] } };
    expect(chatRequest('gpt-4.1', request)).toStrictEqual({
      model: 'gpt-4.1',
      messages: [{ role: 'user', content: 'hello' }],
    });
  });

  it('translates every kind of message', () => {
    const { messages } = chatRequest('m', {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'hello', name: 'Jürgen Müller (claims)' },
        { role: 'user', content: 'and I', name: '李' },
        { role: 'assistant', content: '', toolCalls: [{ id: 'a', name: 'look', arguments: '{}' }], name: 'guide' },
        { role: 'tool', callId: 'a', name: 'look', content: 'found' },
        { role: 'assistant', content: 'Found.' },
      ],
    });
    const call = { id: 'a', type: 'function', function: { name: 'look', arguments: '{}' } };
    expect(messages).toStrictEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'hello', name: 'Jurgen_Muller_claims' },
      { role: 'user', content: 'and I' },
      { role: 'assistant', content: null, name: 'guide', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'a', content: 'found' },
      { role: 'assistant', content: 'Found.' },
    ]);
  });

  it('translates every setting', () => {
    const tool = { name: 'look', description: 'Looks', parameters: { type: 'object' }, strict: true };
    const body = chatRequest('m', {
      messages: [],
      tools: [tool, { name: 'find', parameters: { type: 'object' } }],
      output: { name: 'fünf Dinge', description: 'Five', schema: { type: 'array' } },
      settings: {
        temperature: 0,
        topP: 0.5,
        maxOutputTokens: 10,
        stop: ['###'],
        seed: 7,
        toolChoice: { tool: 'look' },
        parallelToolCalls: false,
        reasoningEffort: 'low',
      },
    });
    expect(body).toStrictEqual({
      model: 'm',
      messages: [],
      temperature: 0,
      top_p: 0.5,
      max_completion_tokens: 10,
      stop: ['###'],
      seed: 7,
      reasoning_effort: 'low',
      tools: [
        { type: 'function', function: tool },
        { type: 'function', function: { name: 'find', parameters: { type: 'object' } } },
      ],
      tool_choice: { type: 'function', function: { name: 'look' } },
      parallel_tool_calls: false,
      response_format: {
        type: 'json_schema',
        json_schema: {
          name: 'funf_Dinge',
          description: 'Five',
          strict: true,
          schema: expect.objectContaining({ type: 'object', required: ['value'] }),
        },
      },
    });
  });

  it('says nothing of tools to a service that is given none', () => {
    const settings = { toolChoice: 'required', parallelToolCalls: true } as const;
    expect(Object.keys(chatRequest('m', { messages: [], settings }))).toEqual(['model', 'messages']);
  });

  it('adds what only this vendor knows, but lets it replace nothing', () => {
    const vendor = { openai: { service_tier: 'flex', model: 'other', messages: [] }, other: { secret: 1 } };
    const body = chatRequest('m', { messages: [{ role: 'user', content: 'x' }], settings: { vendor } });
    expect(body).toStrictEqual({ service_tier: 'flex', model: 'm', messages: [{ role: 'user', content: 'x' }] });
  });
});
