import { AdapterError, EchoModel, type ModelRequest } from '@drawloom/core';
import { recordModel } from './record-model.js';
import { ScriptedModel, type ScriptedModelOptions } from './scripted-model.js';
import type { ScriptedTurn } from './scripted-turn.js';

const ask = (content = 'hello'): ModelRequest => ({ messages: [{ role: 'user', content }] });
const live = (turns: readonly ScriptedTurn[], options?: ScriptedModelOptions): ScriptedModel =>
  new ScriptedModel(turns, options);

describe('recordModel', () => {
  it('turns a conversation into a script that gives the same answers to the same requests', async () => {
    const turns: ScriptedTurn[] = [
      { toolCalls: [{ name: 'look', arguments: { id: 7 } }], usage: { inputTokens: 5, outputTokens: 2 } },
      { error: { code: 'MODEL_RATE_LIMITED', retryAfterMs: 10 } },
      { pieces: ['It ', 'is ', 'paid.'], model: 'large-2025' },
    ];
    const requests: ModelRequest[] = [
      { ...ask(), tools: [{ name: 'look', parameters: {} }] },
      ask('busy'),
      { messages: [...ask().messages, { role: 'tool', callId: 'call_1', name: 'look', content: 'paid' }] },
    ];
    const converse = async (model: { answer: ScriptedModel['answer'] }): Promise<unknown[]> => {
      const outcomes: unknown[] = [];
      for (const request of requests) {
        const pieces: string[] = [];
        const onDelta = (delta: object): void => void pieces.push(JSON.stringify(delta));
        outcomes.push(await model.answer(request, { onDelta }).catch((error: AdapterError) => error.code), pieces);
      }
      return outcomes;
    };
    const recorded = recordModel(live(turns));
    const said = await converse(recorded);
    const script = JSON.parse(JSON.stringify(recorded.script())) as ScriptedTurn[];
    const replayed = new ScriptedModel(script);
    expect(await converse(replayed)).toEqual(said);
    replayed.expectDone();
    await expect(new ScriptedModel(script).answer(ask('other'))).rejects.toMatchObject({ code: 'SCRIPT_MISMATCH' });
  });

  it('is the model that it records, to everybody else', async () => {
    const echo = new EchoModel();
    const recorded = recordModel(echo);
    expect([recorded.name, recorded.capabilities]).toEqual([echo.name, echo.capabilities]);
    expect(await recorded.answer(ask())).toEqual(await echo.answer(ask()));
    const ofVendor = Object.assign(new EchoModel(), { provider: 'anthropic' });
    expect(recordModel(ofVendor).provider).toBe('anthropic');
  });

  it('keeps the order in which calls began, and leaves out those that were given up', async () => {
    const recorded = recordModel(live(['first', { error: new TypeError('a defect') }, 'third']), { expect: false });
    await Promise.allSettled([recorded.answer(ask()), recorded.answer(ask()), recorded.answer(ask())]);
    await recorded.answer(ask(), { signal: AbortSignal.abort() }).catch(() => undefined);
    expect(recorded.script()).toEqual([
      { content: 'first', finishReason: 'stop', model: 'scripted' },
      { content: 'third', finishReason: 'stop', model: 'scripted' },
    ]);
  });

  it('leaves secrets out, wherever they are and however they were streamed', async () => {
    const key = 'sk-proj-abcdefghijklmnop1234';
    const turns: ScriptedTurn[] = [
      {
        pieces: ['the key is sk-proj-abcd', 'efghijklmnop1234, of Ada'],
        toolCalls: [{ name: 'call', arguments: { key } }],
      },
      { output: { [key]: 'Bearer abcdefgh.ijkl', user: 'Ada', pin: 'pin 4711' } },
    ];
    const recorded = recordModel(live(turns), { redact: ['Ada', /pin \d+/] });
    for (const text of [`mine is ${key}`, 'plain']) await recorded.answer(ask(text), { onDelta: () => undefined });
    const script = JSON.stringify(recorded.script());
    for (const secret of ['abcdefgh', 'Ada', '4711', 'efghijkl']) expect(script).not.toContain(secret);
    expect(script).toContain('[redacted], of [redacted]');
    expect(recorded.script()).toMatchObject([
      { expect: { lastRole: 'user', messages: 1 } }, // what was redacted would fit no request
      { expect: { lastMessage: 'plain' } },
    ]);
    expect(JSON.stringify(recorded.script()[0])).not.toContain('lastMessage');
  });
});
