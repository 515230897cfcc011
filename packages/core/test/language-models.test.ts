import {
  AdapterError,
  EchoModel,
  FallbackModel,
  LanguageModel,
  modelAnswer,
  ModelRegistry,
  RetryingModel,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelErrorCode,
  type ModelProvider,
  type ModelRequest,
  type ModelRetry,
  type DefinitionError,
} from '@drawloom/core';
import {
  languageModelContract,
  ScriptedModel,
  scriptedModels,
  VirtualClock,
  type ScriptedTurn,
} from '@drawloom/testing';
import { thrownBy } from './collect-events.js';

const ask: ModelRequest = { messages: [{ role: 'user', content: 'What is the weather?' }] };
const scripted = scriptedModels();
const busy: ScriptedTurn = { error: { code: 'MODEL_RATE_LIMITED' } };
const refused: readonly ModelErrorCode[] = ['MODEL_AUTHENTICATION', 'MODEL_INVALID_REQUEST', 'MODEL_CONTENT_FILTERED'];

/** Answers in three pieces; whatever is asked, as often as it is asked. */
const answering = (): ScriptedModel => new ScriptedModel(Array(9).fill({ pieces: ['It ', 'is ', 'fine.'] }));
const hanging = (): ScriptedModel => new ScriptedModel(Array(9).fill({ content: 'late', delay: '1h' }));
const wrapped: Record<string, (model: ScriptedModel) => LanguageModel> = {
  ScriptedModel: (model) => model,
  RetryingModel: (model) => new RetryingModel(model, { initialInterval: 0 }),
  FallbackModel: (model) => new FallbackModel([model, model]),
};

languageModelContract('EchoModel', { answering: () => new EchoModel() });
for (const [name, wrap] of Object.entries(wrapped)) {
  languageModelContract(name, {
    answering: () => wrap(answering()),
    hanging: () => wrap(hanging()),
    calling: (toolCalls) => wrap(new ScriptedModel([{ toolCalls }])),
    writing: (output) => wrap(new ScriptedModel([{ output }])),
    failing: (code) => wrap(new ScriptedModel(Array(9).fill({ error: { code } }))),
  });
}

describe('EchoModel', () => {
  it('repeats the last message of the user, and counts words', async () => {
    const { message, usage, model } = await new EchoModel().answer({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'one  two\nthree' },
        { role: 'assistant', content: 'four', toolCalls: [{ id: 'a', name: 'look', arguments: '{}' }] },
        { role: 'tool', callId: 'a', name: 'look', content: 'five' },
      ],
    });
    expect(message).toEqual({ role: 'assistant', content: 'one  two\nthree' });
    expect(usage).toMatchObject({ inputTokens: 9, outputTokens: 3, cachedTokens: 0 });
    expect(model).toBe('echo');
    expect((await new EchoModel().answer({ messages: [] })).message.content).toBe('');
  });
});

describe('RetryingModel', () => {
  const retries: ModelRetry[] = [];
  const onRetry = (retry: ModelRetry): void => void retries.push(retry);
  beforeEach(() => void (retries.length = 0));

  it('B220 asks three times in all, and waits twice as long the second time', async () => {
    const clock = new VirtualClock();
    const model = new RetryingModel(scripted([busy, busy, 'done']), { jitter: 0 });
    const answer = model.answer(ask, { clock, onRetry });
    await clock.advance('999ms');
    expect(retries).toHaveLength(1);
    await clock.advance('1ms');
    await clock.advance('2s');
    expect((await answer).message.content).toBe('done');
    expect(retries.map(({ model, next, delayMs, error }) => [model, next, delayMs, error.code])).toEqual([
      ['scripted', 'scripted', 1000, 'MODEL_RATE_LIMITED'],
      ['scripted', 'scripted', 2000, 'MODEL_RATE_LIMITED'],
    ]);
    expect(clock.pending).toBe(0);
  });

  it('throws the last failure when all tries are used up', async () => {
    const clock = new VirtualClock();
    const last: ScriptedTurn = { error: { code: 'MODEL_UNAVAILABLE', status: 503 } };
    const failed = thrownBy(() => new RetryingModel(scripted([busy, busy, last])).answer(ask, { clock }));
    await clock.advance('1m');
    expect(await failed).toMatchObject({ code: 'MODEL_UNAVAILABLE', status: 503 });
  });

  it('leaves a part of each wait to chance, half of it if nothing else is said', async () => {
    const delays = new Set<number>();
    for (let round = 0; round < 30; round++) {
      const clock = new VirtualClock();
      const answer = new RetryingModel(new ScriptedModel([busy, 'done']), { clock }).answer(ask, {
        onRetry: ({ delayMs }) => delays.add(delayMs),
      });
      await clock.advance('1s');
      await answer;
    }
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1000);
    expect(delays.size).toBeGreaterThan(10);
  });

  it('B220 waits at least as long as the service asks, but never longer than the maximum', async () => {
    const clock = new VirtualClock();
    const asks = (retryAfterMs: number): ScriptedTurn => ({ error: { code: 'MODEL_RATE_LIMITED', retryAfterMs } });
    const answer = new RetryingModel(scripted([asks(20_000), asks(10), 'done'])).answer(ask, { clock, onRetry });
    await clock.advance('30s');
    await answer;
    expect(retries[0]!.delayMs).toBe(20_000);
    expect(retries[1]!.delayMs).toBeGreaterThanOrEqual(1000);

    const tooLong = new RetryingModel(scripted([asks(60_001)]));
    expect(await thrownBy(() => tooLong.answer(ask, { clock }))).toMatchObject({ retryAfterMs: 60_001 });
  });

  it.each([...refused, 'MODEL_FAILED' as const])('does not try again after %s', async (code) => {
    const model = new RetryingModel(scripted([{ error: { code } }]));
    expect((await thrownBy(() => model.answer(ask, { onRetry }))).code).toBe(code);
    expect(retries).toEqual([]);
  });

  it('B220 does not try again after an error that nobody knows', async () => {
    const error = new TypeError('a defect');
    await expect(new RetryingModel(scripted([{ error }])).answer(ask)).rejects.toBe(error);
  });

  it('B220 begins a stream again only if nobody has heard a piece of it', async () => {
    const clock = new VirtualClock();
    const cut: ScriptedTurn = { pieces: ['It is '], error: { code: 'MODEL_UNAVAILABLE' } };
    const texts: string[] = [];
    const onDelta: ModelCallOptions['onDelta'] = (delta) => void texts.push(delta.type === 'text' ? delta.text : '');
    const failed = thrownBy(() => new RetryingModel(scripted([cut])).answer(ask, { clock, onDelta }));
    expect((await failed).code).toBe('MODEL_UNAVAILABLE');
    expect(texts).toEqual(['It is ']);

    const early = new RetryingModel(scripted([busy, 'fine'])).answer(ask, { clock, onDelta });
    await clock.advance('1s');
    await early;
    const unheard = new RetryingModel(scripted([cut, 'fine'])).answer(ask, { clock });
    await clock.advance('1s');
    expect((await unheard).message.content).toBe('fine');
    expect(texts).toEqual(['It is ', 'fine']);
  });

  it('gives up its wait with the signal, and leaves no timer', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const answer = new RetryingModel(scripted([busy])).answer(ask, { clock, signal: controller.signal });
    const failed = answer.catch((reason: unknown) => reason);
    await clock.advance(1);
    controller.abort('enough');
    expect(await failed).toBe('enough');
    expect(clock.pending).toBe(0);
  });

  it('waits as usual where an adapter says no number, and rejects with the reason of a signal that it missed', async () => {
    const clock = new VirtualClock();
    const odd: ScriptedTurn = { error: AdapterError.model('MODEL_RATE_LIMITED', { model: 'm', retryAfterMs: NaN }) };
    const delays: number[] = [];
    const onRetry = ({ delayMs }: ModelRetry): void => void delays.push(delayMs);
    const answer = new RetryingModel(scripted([odd, 'fine']), { jitter: 0 }).answer(ask, { clock, onRetry });
    await clock.advance('1s');
    expect([(await answer).message.content, delays]).toEqual(['fine', [1_000]]);
    const controller = new AbortController();
    const deaf = new EchoModel();
    deaf.answer = async () => {
      controller.abort('enough');
      throw AdapterError.model('MODEL_UNAVAILABLE', { model: 'deaf' });
    };
    for (const model of [new RetryingModel(deaf), new FallbackModel([deaf, scripted([])])])
      await expect(model.answer(ask, { signal: controller.signal })).rejects.toBe('enough');
  });

  it('is refused what is no model', async () => {
    for (const none of [undefined, 'gpt-4.1', {}, [new EchoModel()]]) {
      const error = await thrownBy(() => new RetryingModel(none as never));
      expect(error).toMatchObject({ code: 'INVALID_OPTION', where: 'RetryingModel' });
    }
  });

  it('says at once which options are out of range', async () => {
    const wrong = { maximumAttempts: 0, initialInterval: 'soon' as never, backoffCoefficient: 0.5, jitter: 2 };
    const error = (await thrownBy(() => new RetryingModel(new EchoModel(), wrong))) as DefinitionError;
    expect(error.problems.map(({ what }) => what.split(' ')[1])).toEqual(Object.keys(wrong));
  });
});

describe('FallbackModel', () => {
  const failing = (code: ModelErrorCode): ScriptedModel => scripted([{ error: { code } }], { name: 'first' });

  it.each(['MODEL_RATE_LIMITED', 'MODEL_UNAVAILABLE', 'MODEL_FAILED'] as const)(
    'B221 asks the next model after %s, and tells who answered',
    async (code) => {
      const retries: ModelRetry[] = [];
      const model = new FallbackModel([failing(code), scripted(['fine'], { name: 'second' })]);
      expect(model.name).toBe('fallback(first, second)');
      const answer = await model.answer(ask, { onRetry: (retry) => void retries.push(retry) });
      expect(answer).toMatchObject({ model: 'second', message: { content: 'fine' } });
      expect(retries).toEqual([{ model: 'first', next: 'second', delayMs: 0, error: expect.any(AdapterError) }]);
    },
  );

  it.each(refused)('does not ask the next model after %s', async (code) => {
    const model = new FallbackModel([failing(code), scripted([])]);
    expect((await thrownBy(() => model.answer(ask))).code).toBe(code);
  });

  it('B221 throws the last failure where all fail, and what is no failure of a service at once', async () => {
    const all = new FallbackModel([failing('MODEL_RATE_LIMITED'), failing('MODEL_UNAVAILABLE')]);
    expect((await thrownBy(() => all.answer(ask))).code).toBe('MODEL_UNAVAILABLE');
    const error = new TypeError('a defect');
    await expect(new FallbackModel([scripted([{ error }]), scripted([])]).answer(ask)).rejects.toBe(error);
  });

  it('B221 does not switch in the middle of a stream', async () => {
    const cut = scripted([{ pieces: ['It is '], error: { code: 'MODEL_UNAVAILABLE' } }]);
    const model = new FallbackModel([cut, scripted([])]);
    expect((await thrownBy(() => model.answer(ask, { onDelta: () => undefined }))).code).toBe('MODEL_UNAVAILABLE');
  });

  it('can do what all of its models can', () => {
    const all = new FallbackModel([new ScriptedModel([]), new EchoModel()]).capabilities;
    expect(all).toEqual({ tools: false, parallelToolCalls: false, structuredOutput: false, streaming: true });
  });

  it('B221 refuses a chain of no models, or of something else', async () => {
    for (const models of [[], 'gpt-4.1', ['gpt-4.1'], undefined]) {
      const error = await thrownBy(() => new FallbackModel(models as never));
      expect(error).toMatchObject({ code: 'INVALID_OPTION', where: 'FallbackModel' });
    }
  });
});

describe('ModelRegistry', () => {
  let made: string[] = [];
  beforeEach(() => void (made = []));
  class NamedModel extends EchoModel {
    override readonly name: string;
    constructor(name: string) {
      super();
      this.name = name;
      made.push(name);
    }
  }
  const provider = (name: string, ...prefixes: string[]): ModelProvider => ({
    name,
    prefixes,
    model: (model) => new NamedModel(model),
  });

  it('finds a model by what its name begins with, by its provider, or by its own name', () => {
    const models = new ModelRegistry([provider('openai', 'gpt-', 'o3'), provider('local', 'llama'), new EchoModel()]);
    const names = ['gpt-4.1-mini', 'llama3.2', 'openai:llama3.2', 'local:gpt-2', 'echo'];
    expect(names.map((name) => models.resolve(name, 'triage').name)).toEqual([
      'gpt-4.1-mini',
      'llama3.2',
      'llama3.2',
      'gpt-2',
      'echo',
    ]);
  });

  it('makes one model for each name', () => {
    const models = new ModelRegistry([provider('openai', 'gpt-')]);
    expect(models.resolve('gpt-4.1', 'a')).toBe(models.resolve('gpt-4.1', 'b'));
    expect(made).toEqual(['gpt-4.1']);
  });

  it('gives a model back as it is, also one of another installed copy of the package', () => {
    const foreign = { name: 'own', capabilities: {}, answer: () => Promise.resolve() } as unknown as LanguageModel;
    expect(new ModelRegistry().resolve(foreign, 'triage')).toBe(foreign);
  });

  it('says what is known where a name is not, and what to do', async () => {
    const models = new ModelRegistry([provider('openai', 'gpt-', 'o3'), new EchoModel()]);
    expect(await thrownBy(() => models.resolve('claude-4', 'triage'))).toMatchObject({
      code: 'UNKNOWN_MODEL',
      where: 'triage',
      message: expect.stringContaining('no model is called "claude-4" (known: "gpt-…", "o3…", "openai:…", "echo")'),
    });
    expect((await thrownBy(() => new ModelRegistry().resolve('gpt-4.1', 'triage'))).fix).toContain('models: openai()');
    for (const wrong of [{}, 3, () => 'gpt-4.1']) {
      expect((await thrownBy(() => models.resolve(wrong as never, 'triage'))).code).toBe('UNKNOWN_MODEL');
    }
    expect((await thrownBy(() => models.resolve('openai:', 'triage'))).code).toBe('UNKNOWN_MODEL');
  });

  it('says what can be given where nothing is', async () => {
    for (const nothing of [undefined, null, '']) {
      const error = await thrownBy(() => new ModelRegistry().resolve(nothing as never, 'triage'));
      expect(error).toMatchObject({ code: 'NO_MODEL', where: 'triage', fix: expect.stringContaining('EchoModel') });
    }
  });
});

describe('A model that a user writes', () => {
  class Shouting extends LanguageModel {
    readonly name = 'shouting';
    readonly capabilities = { tools: false, parallelToolCalls: false, structuredOutput: false, streaming: false };
    async answer({ messages }: ModelRequest, { signal, onDelta }: ModelCallOptions = {}): Promise<ModelAnswer> {
      signal?.throwIfAborted();
      const content = messages.at(-1)!.content.toUpperCase();
      onDelta?.({ type: 'text', text: content });
      signal?.throwIfAborted();
      return modelAnswer({ model: this.name, content });
    }
  }

  languageModelContract('Shouting', { answering: () => new Shouting() });
});
