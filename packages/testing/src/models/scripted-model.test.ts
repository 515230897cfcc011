import type { DefinitionError, ModelDelta, ModelRequest } from '@drawloom/core';
import { VirtualClock } from '../virtual-clock.js';
import { scriptedModels, ScriptedModel } from './scripted-model.js';
import type { RequestPattern } from './scripted-turn.js';

const ask = (content = 'hello'): ModelRequest => ({ messages: [{ role: 'user', content }] });
const mismatchOf = async (call: () => unknown): Promise<DefinitionError> => {
  try {
    await call();
  } catch (error) {
    expect(error).toMatchObject({ code: 'SCRIPT_MISMATCH' });
    return error as DefinitionError;
  }
  throw new Error('The call was expected to fail, but it succeeded.');
};

describe('ScriptedModel', () => {
  it('gives its turns one after the other', async () => {
    const model = new ScriptedModel([
      'one',
      { toolCalls: [{ name: 'look', arguments: { id: 7 } }, { name: 'find' }] },
      { toolCalls: [{ name: 'look', arguments: 'no JSON', id: 'own' }], content: 'wait', finishReason: 'length' },
      { output: [1, null], usage: { inputTokens: 3 }, model: 'large' },
    ]);
    expect(await model.answer(ask())).toEqual({
      message: { role: 'assistant', content: 'one' },
      finishReason: 'stop',
      model: 'scripted',
    });
    const { message, finishReason } = await model.answer(ask());
    expect(message.toolCalls).toEqual([
      { id: 'call_1', name: 'look', arguments: '{"id":7}' },
      { id: 'call_2', name: 'find', arguments: '{}' },
    ]);
    expect(finishReason).toBe('tool_calls');
    expect(await model.answer(ask())).toMatchObject({
      message: { content: 'wait', toolCalls: [{ id: 'own', arguments: 'no JSON' }] },
      finishReason: 'length',
    });
    expect(await model.answer(ask())).toMatchObject({
      message: { content: '[1,null]' },
      usage: { inputTokens: 3, outputTokens: 0 },
      model: 'large',
    });
    model.expectDone();
    expect([model.remaining, model.requests.length]).toEqual([0, 4]);
  });

  it('fails on a call that is one too many, again and again, and at the end', async () => {
    const model = new ScriptedModel(['one'], { name: 'writer' });
    await model.answer(ask());
    const error = await mismatchOf(() => model.answer(ask()));
    expect(error.message).toContain('[SCRIPT_MISMATCH] writer: call 2 is one more than its script has turns');
    expect(await mismatchOf(() => model.answer(ask()))).toBe(error); // whoever swallowed it meets it again
    expect(await mismatchOf(() => model.expectDone())).toBe(error);
  });

  it('fails at the end on turns that were left over', async () => {
    const model = new ScriptedModel(['one', 'two', 'three']);
    await model.answer(ask());
    const error = await mismatchOf(() => model.expectDone());
    expect(error.message).toContain('2 of its turns were never asked for, turn 2 first (calls: 1)');
  });

  it.each<[string, RequestPattern | ((request: ModelRequest) => boolean), string]>([
    ['the last message', { lastMessage: 'other' }, 'its "lastMessage"'],
    ['a pattern of it', { lastMessage: /^Hello/ }, 'its "lastMessage"'],
    ['its role', { lastRole: 'tool' }, 'its "lastRole"'],
    ['the system messages', { system: /brief/ }, 'its "system"'],
    ['their number', { messages: 2 }, 'its "messages"'],
    ['the tools', { tools: ['look'] }, 'its "tools"'],
    ['the output', { output: true }, 'its "output"'],
    ['several things', { output: true, messages: 3, lastRole: 'user' }, 'its "messages" and its "output"'],
    ['what a function says', () => false, 'what its function "expect" asks for'],
  ])('fails on a request that is not the expected one: %s', async (_, expect_, named) => {
    const model = new ScriptedModel([{ expect: expect_, content: 'one' }]);
    const error = await mismatchOf(() => model.answer(ask('secret')));
    expect(error.message).toContain(`call 1 does not fit turn 1: ${named}`);
    expect(error.message).not.toContain('secret');
    expect(model.requests[0]!.messages[0]!.content).toBe('secret');
  });

  it('goes on with a request that is the expected one', async () => {
    const tools = [{ name: 'look', parameters: {} }];
    const pattern = {
      lastMessage: /ell/g,
      lastRole: 'user',
      system: 'Be brief.',
      messages: 2,
      tools: ['look'],
      output: true,
    } as const;
    const model = new ScriptedModel([
      { expect: pattern, content: 'one' },
      { expect: pattern, content: 'two' }, // a global pattern keeps no place
      { expect: (request) => request.tools?.length === 1, content: 'three' },
    ]);
    const messages = [{ role: 'system', content: 'Be brief.' } as const, ...ask().messages];
    for (const _ of [1, 2, 3]) await model.answer({ messages, tools, output: { schema: {} } });
    model.expectDone();
  });

  it('takes any turn that fits, where calls come in any order', async () => {
    const turns = ['a', 'b', 'c'].map((name) => ({ expect: { lastMessage: name }, content: `for ${name}` }));
    const model = new ScriptedModel(turns, { anyOrder: true });
    const answers = await Promise.all(['c', 'a', 'b'].map((name) => model.answer(ask(name))));
    expect(answers.map(({ message }) => message.content)).toEqual(['for c', 'for a', 'for b']);
    model.expectDone();
    const strict = new ScriptedModel(turns, { anyOrder: true });
    expect((await mismatchOf(() => strict.answer(ask('d')))).message).toContain('does not fit any turn that is left');
  });

  it('keeps the request as it was, though the conversation goes on in the same list', async () => {
    const messages = [...ask().messages];
    const model = new ScriptedModel(['one', 'two']);
    await model.answer({ messages });
    messages.push({ role: 'user', content: 'more' });
    await model.answer({ messages });
    expect(model.requests.map((request) => request.messages.length)).toEqual([1, 2]);
  });

  it('streams its pieces, then its calls', async () => {
    const heard: ModelDelta[] = [];
    const model = new ScriptedModel([{ pieces: ['a', 'b'], toolCalls: [{ name: 'look' }] }]);
    const { message } = await model.answer(ask(), { onDelta: (delta) => void heard.push(delta) });
    expect(message.content).toBe('ab');
    expect(heard).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      { type: 'tool_call', index: 0, id: 'call_1', name: 'look', arguments: '{}' },
    ]);
  });

  it('takes its time by the clock of the call', async () => {
    const clock = new VirtualClock();
    const model = new ScriptedModel([{ content: 'late', delay: '30s' }]);
    let isAnswered = false;
    const answer = model.answer(ask(), { clock }).then(() => (isAnswered = true));
    await clock.advance('29s');
    expect(isAnswered).toBe(false);
    await clock.advance('1s');
    await answer;
    expect(clock.pending).toBe(0);
  });

  it('fails as its script says, with a code or with any error', async () => {
    const own = new TypeError('of a defect');
    const heard: string[] = [];
    const model = new ScriptedModel([
      { error: { code: 'MODEL_RATE_LIMITED', retryAfterMs: 5, status: 429 }, pieces: ['half'] },
      { error: own },
    ]);
    const onDelta = (delta: ModelDelta): void => void heard.push(delta.type);
    await expect(model.answer(ask(), { onDelta })).rejects.toMatchObject({
      code: 'MODEL_RATE_LIMITED',
      isTransient: true,
      retryAfterMs: 5,
      status: 429,
    });
    expect(heard).toEqual(['text']);
    await expect(model.answer(ask())).rejects.toBe(own);
    model.expectDone();
  });

  it('refuses turns that are none', () => {
    for (const turn of [
      3,
      null,
      { delay: 'soon' },
      { error: 'x' },
      { error: { code: 'MAX_STEPS' } },
      { error: null },
    ]) {
      expect(() => new ScriptedModel(['fine', turn as never])).toThrow(/\[INVALID_OPTION\] scripted\.turn2: /);
    }
  });

  it('is checked at the end of its block with `using`', async () => {
    const model = new ScriptedModel(['left over']);
    await mismatchOf(() => model[Symbol.dispose]());
  });
});

describe('scriptedModels', () => {
  it('checks every model that it made after each test, and forgets it then', async () => {
    const checks: (() => void)[] = [];
    const scripted = scriptedModels({ afterEach: (check) => void checks.push(check) });
    const [done] = [scripted(['one']), scripted([])];
    await done!.answer(ask());
    checks[0]!();
    scripted(['left over']);
    await mismatchOf(() => checks[0]!());
    checks[0]!();
  });
});
