import {
  AdapterError,
  EchoModel,
  modelAnswer,
  type LanguageModel,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelRequest,
} from '@drawloom/core';
import { languageModelContract, type ModelContract } from './language-model-contract.js';
import { ScriptedModel } from './scripted-model.js';

/** Which tests of the suite fail for a model. */
async function broken(contract: ModelContract): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  languageModelContract('it', contract, {
    describe: (_, body) => body(),
    it: (name, body) => void tests.push([name, body]),
  });
  const failed: string[] = [];
  for (const [name, body] of tests) await body().catch(() => failed.push(name));
  return failed;
}

/** A model that echoes, but for what is given. */
const like = (
  answer: (call: () => Promise<ModelAnswer>, request: ModelRequest, options: ModelCallOptions) => unknown,
) =>
  ({
    answering: (): LanguageModel => {
      const echo = new EchoModel();
      return {
        name: 'odd',
        capabilities: echo.capabilities,
        answer: async (request, options = {}) =>
          (await answer(() => echo.answer(request, options), request, options)) as ModelAnswer,
      };
    },
  }) satisfies ModelContract;
const only = <K extends keyof ModelContract>(key: K, made: ModelContract[K]): ModelContract => ({
  ...like((call) => call()),
  [key]: made,
});

describe('The suite that every language model must pass', () => {
  it('passes one that does as it should', async () => {
    expect(await broken(like((call) => call()))).toEqual([]);
  });

  it.each<[string, ModelContract, string]>([
    ['gives answers that can be changed', like(async (call) => structuredClone(await call())), 'answers with frozen'],
    [
      'gives what is no JSON',
      like(async (call) => Object.freeze({ ...(await call()), when: Object.freeze(new Date()) })),
      'answers with frozen',
    ],
    [
      'changes the request',
      like((call, request) => {
        (request.messages as unknown[]).push({ role: 'user', content: 'x' });
        return call();
      }),
      'answers with frozen',
    ],
    [
      'says one thing and streams another',
      like(async (call) => modelAnswer({ model: 'odd', content: `${(await call()).message.content}!` })),
      'gives the same answer in pieces',
    ],
    [
      'swallows what the listener throws',
      like((call) => call().catch(() => modelAnswer({ model: 'odd', content: 'x' }))),
      'ends the call with what its listener throws',
    ],
    [
      'does not look at the signal',
      like((_, request) => new EchoModel().answer(request)),
      'rejects with the reason of a signal that is aborted already',
    ],
    [
      'wraps the reason of the signal',
      like((call) =>
        call().catch((error: unknown) =>
          Promise.reject(AdapterError.model('MODEL_FAILED', { model: 'odd', cause: error })),
        ),
      ),
      'says nothing more once it is given up',
    ],
    [
      'counts more from the cache than it read',
      like(async (call) => ({ ...(await call()), usage: { inputTokens: 1, cachedTokens: 2 } })),
      'answers with frozen',
    ],
  ])('fails one that %s', async (_, contract, name) => {
    expect((await broken(contract)).some((failed) => failed.startsWith(name))).toBe(true);
  });

  it('fails one whose tool calls have one id, or are fewer', async () => {
    const calling = (ids: readonly string[]) => (calls: readonly { name: string; arguments: string }[]) =>
      new ScriptedModel([{ toolCalls: ids.map((id, index) => ({ ...calls[index]!, id })) }]);
    expect(await broken(only('calling', calling(['a', 'b'])))).toEqual([]);
    expect(await broken(only('calling', calling(['a', 'a'])))).toHaveLength(2);
    expect(await broken(only('calling', calling(['a'])))).toHaveLength(2);
  });

  it('fails one that writes something else', async () => {
    expect(await broken(only('writing', (output) => new ScriptedModel([{ output }])))).toEqual([]);
    expect(await broken(only('writing', (value) => new ScriptedModel([{ output: { value } }])))).toHaveLength(8);
  });

  it('fails one whose errors have another code, or show the conversation or a key', async () => {
    const failing = (cause?: unknown) => (code: Parameters<NonNullable<ModelContract['failing']>>[0]) =>
      like(() => Promise.reject(AdapterError.model(code, { model: 'odd', reply: 'canary-5d1c93', cause }))).answering();
    expect(await broken(only('failing', failing()))).toEqual([]);
    expect(await broken(only('failing', failing({ message: 'about canary-5d1c93' })))).toHaveLength(6);
    expect(await broken({ ...only('failing', failing({ key: 'sk-1' })), secrets: ['sk-1'] })).toHaveLength(6);
    expect(await broken(only('failing', () => failing()('MODEL_FAILED')))).toHaveLength(5);
  });
});
