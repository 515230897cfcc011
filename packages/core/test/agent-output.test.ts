import {
  Agent,
  EchoModel,
  END,
  LanguageModel,
  modelAnswer,
  StepError,
  Workflow,
  type ModelRequest,
} from '@drawloom/core';
import { ScriptedModel, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { AnsweringModel, callOf, isAfterTools } from './support/answering-model.js';
import { collectEvents, ofType, thrownBy } from './collect-events.js';

const verdict = z.object({ guilty: z.boolean(), reason: z.string().optional() });
const judge = (turns: ConstructorParameters<typeof ScriptedModel>[0], options: object = {}, capabilities = {}) => {
  const model = new ScriptedModel(turns, { capabilities });
  return { model, agent: new Agent({ name: 'judge', instructions: 'Judge.', model, output: verdict, ...options }) };
};
const system = ({ messages }: ModelRequest): string => (messages[0]!.role === 'system' ? messages[0]!.content : '');

describe('The output of an agent', () => {
  it('B218 is what the schema makes of the answer; a model that can is held to it', async () => {
    const { model, agent } = judge([{ output: { guilty: true, reason: null } }]);
    const result = await agent.run('x');
    const isGuilty: boolean = result.output.guilty;
    expect([isGuilty, result.output]).toEqual([true, { guilty: true }]);
    expect(result.text).toBe('{"guilty":true,"reason":null}');
    expect(model.requests[0]!.output!.schema).toMatchObject({ required: ['guilty', 'reason'] });
    expect(system(model.requests[0]!)).toBe('Judge.');
  });

  it('B218 B140 is described to any other model, before the tone', async () => {
    const { model, agent } = judge([{ output: { guilty: false } }], { tone: 'legal' }, { structuredOutput: false });
    expect((await agent.run('x')).output).toEqual({ guilty: false });
    expect(model.requests[0]!.output).toBeUndefined();
    expect(system(model.requests[0]!)).toMatch(
      /^Judge\.\n\nAnswer with JSON only[^]*"guilty"[^]*\n\nResponse tone: Write in careful legal/,
    );
  });

  it.each([
    ['bare', '{"guilty":true}'],
    ['in white space', '\n {"guilty":true} \n'],
    ['fenced', '```json\n{"guilty":true}\n```'],
    ['fenced without a language', '```\n{"guilty":true}\n```'],
    ['fenced between words', 'Here it is:\n```json\n{"guilty":true}\n```\nAnything else?'],
  ])('B218 is read where it is %s', async (_, content) => {
    expect((await judge([content]).agent.run('x')).output).toEqual({ guilty: true });
  });

  it('B218 keeps fences that are part of a text in it', async () => {
    const reason = '```json\n1\n```';
    const { agent } = judge([{ output: { guilty: true, reason } }]);
    expect((await agent.run('x')).output.reason).toBe(reason);
  });

  it('B218 of a union is the member that fits', async () => {
    const output = z.union([z.object({ a: z.number() }), z.object({ b: z.string() })]);
    const model = new ScriptedModel([{ output: { b: 'x' } }]);
    expect((await new Agent({ name: 'u', model, output }).run('x')).output).toEqual({ b: 'x' });
  });

  it('B219 is asked for again with what is wrong, on the same path as any call', async () => {
    const usage = { inputTokens: 50, outputTokens: 50 };
    const { model, agent } = judge([
      { content: '{"guilty":"maybe"}', usage },
      { output: { guilty: true, reason: null }, usage },
    ]);
    const { events } = await collectEvents(agent.stream('x'));
    expect(ofType(events, 'run.completed').at(-1)!.output).toMatchObject({
      turns: 2,
      usage: { calls: 2, totalTokens: 200 },
    });
    expect(ofType(events, 'model.called').map(({ turn }) => turn)).toEqual([1, 2]);
    const correction = model.requests[1]!.messages.at(-1)!;
    expect(correction).toMatchObject({ role: 'user', content: expect.stringContaining('guilty: ') as string });
  });

  it('B219 counts in the budget where it is asked for again', async () => {
    const { model, agent } = judge(['{}', { output: { guilty: true } }], { budget: { calls: 1 } });
    expect((await thrownBy(() => agent.run('x'))).cause).toMatchObject({ code: 'BUDGET_EXCEEDED' });
    expect(model.requests).toHaveLength(1);
  });

  it('B219 is an error where it still does not fit: what is wrong in the message, the text beside it', async () => {
    const { agent } = judge(['secret 1', 'secret 2']);
    const error = (await thrownBy(() => Workflow.chain([agent]).run('x'))) as StepError;
    expect(error).toMatchObject({ code: 'INVALID_OUTPUT', node: 'judge', answer: 'secret 2' });
    expect(error.violations).toEqual([{ path: [], constraint: 'JSON', message: 'expected JSON', received: 'text' }]);
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain('secret');
    expect(error.partial!.usage.calls).toBe(2);
  });

  it.each([0, 1, 3])('B219 is corrected %p times, however few turns there are', async (corrections) => {
    const { model, agent } = judge(
      Array.from({ length: corrections + 1 }, () => 'no'),
      { corrections, maxTurns: 1 },
    );
    expect(await thrownBy(() => agent.run('x'))).toMatchObject({ code: 'INVALID_OUTPUT' });
    model.expectDone();
  });

  it('is not read from an answer that was refused or cut', async () => {
    const { agent } = judge([{ content: 'I cannot.', finishReason: 'refusal' }]);
    expect(await agent.run('x')).toMatchObject({
      interrupted: true,
      reason: 'refusal',
      text: 'I cannot.',
      output: undefined,
    });
  });

  it('is refused at once where a model could not be told of it', async () => {
    const wrong = (output: unknown) =>
      thrownBy(() => new Agent({ name: 'a', model: new EchoModel(), output: output as never }));
    expect(await wrong(z.object({ x: z.any() }))).toMatchObject({ code: 'NO_JSON_SCHEMA', where: 'a.output' });
    expect(await wrong(z.object({ x: z.date() }))).toMatchObject({ code: 'NO_JSON_SCHEMA', where: 'a.output' });
    expect(await wrong('text')).toMatchObject({ code: 'INVALID_SCHEMA' });
  });
});

describe('What agents use', () => {
  const usage = { inputTokens: 100, outputTokens: 20 };
  const said = (content: string) => ({ content, usage });

  it('is summed over agents, models and nested workflows', async () => {
    const large = new ScriptedModel([said('a'), said('b')], { name: 'gpt-4.1' });
    const small = new ScriptedModel([said('c')], { name: 'gpt-4.1-mini' });
    const inner = Workflow.chain([new Agent({ name: 'inner', model: small })]);
    const writer = new Agent({ name: 'writer', model: large });
    const flow = Workflow.chain({ writer, inner, again: async (x: string) => (await writer.run(x)).output });
    const { usage: used } = await flow.run('x');
    expect(used).toMatchObject({ calls: 3, inputTokens: 300, outputTokens: 60, totalTokens: 360 });
    expect(Object.keys(used.byModel)).toEqual(['gpt-4.1', 'gpt-4.1-mini']);
    expect(used.byModel['gpt-4.1-mini']).toMatchObject({ calls: 1, totalTokens: 120 });
    expect(used.cost).toBeCloseTo((200 * 2 + 40 * 8 + 100 * 0.4 + 20 * 1.6) / 1e6, 12);
  });

  it('is told of each activation: of agents that it runs, of nested runs, of every attempt and item, and of a choice', async () => {
    const model = new AnsweringModel(
      ({ messages }) => ({ content: String(messages.at(-1)!.content), usage }),
      'gpt-4.1',
    );
    const asks = new Agent({ name: 'asks', model });
    const boss = new Agent({
      name: 'boss',
      model: new AnsweringModel(
        (request) =>
          isAfterTools(request) ? { content: 'go', usage } : { toolCalls: [callOf('asks', { input: 'x' })], usage },
        'gpt-4.1',
      ),
      tools: [asks.asTool({ description: 'Asks.' })],
    });
    let tries = 0;
    const flow = new Workflow<string>('w')
      .addNode('agent', asks)
      .addNode('withTool', boss)
      .addNode('nested', Workflow.chain([asks, asks]))
      .addNode('plain', () => ['a', 'b', 'c'])
      .addMap('each', asks)
      .addNode(
        'again',
        async () => {
          await asks.run('x');
          if (++tries < 3) throw new Error('once more');
          return 'go';
        },
        { retry: { maximumAttempts: 3, initialInterval: 0 } },
      )
      .addRouter('again', async (x: string) => (await asks.run(x)).output, { go: END })
      .setStart('agent')
      .addEdge('agent', 'withTool')
      .addEdge('withTool', 'nested')
      .addEdge('nested', 'plain')
      .addEdge('plain', 'each')
      .addEdge('each', 'again');
    const result = await flow.run('x');
    const used = result.steps.map(({ node, usage: spent }) => [node, spent?.calls, spent?.totalTokens]);
    expect(used).toEqual([
      ['agent', 1, 120],
      ['withTool', 3, 360],
      ['nested', 2, 240],
      ['plain', undefined, undefined],
      ['each', 3, 360],
      ['again', 3, 360],
    ]);
    expect(result.routes[0]!.usage).toMatchObject({ calls: 1, totalTokens: 120, byModel: { 'gpt-4.1': { calls: 1 } } });
    const all = [...result.steps, ...result.routes].map(({ usage: spent }) => spent?.cost ?? 0);
    expect(all.reduce((sum, cost) => sum + cost)).toBeCloseTo(result.usage.cost, 12);
    expect(result.usage).toMatchObject({ calls: 13, totalTokens: 13 * 120 });
    const written = JSON.parse(JSON.stringify(result)) as typeof result;
    expect(written.steps[1]!.usage!.calls).toBe(3);
    expect(written.steps[3]).not.toHaveProperty('usage');
  });

  it('is told of each visit by itself, and of an activation that failed', async () => {
    const model = new AnsweringModel(() => ({ content: 'again', usage }));
    const loop = new Workflow<string>('w', { budget: { calls: 3 } })
      .addNode('ask', new Agent({ name: 'ask', model }))
      .addRouter('ask', () => 'again', { again: 'ask' })
      .setStart('ask');
    const error = await thrownBy(() => loop.run('x'));
    expect(error.code).toBe('BUDGET_EXCEEDED');
    expect(error.partial!.steps.map(({ visit, usage: spent }) => [visit, spent?.calls])).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, undefined],
    ]);
  });

  it('is in the partial result of a run that failed, and zero where no model was asked', async () => {
    const model = new ScriptedModel([said('a')]);
    const fails = (): never => {
      throw new TypeError('no');
    };
    const error = await thrownBy(() => Workflow.chain([new Agent({ name: 'a', model }), fails]).run('x'));
    expect(error.partial!.usage).toMatchObject({ calls: 1, totalTokens: 120 });
    const none = await Workflow.chain([(x: number) => x]).run(1);
    expect(none.usage).toMatchObject({ calls: 0, cost: 0, byModel: {} });
    expect(none.toJSON()).not.toHaveProperty('usage');
  });

  it.each([
    ['calls', { calls: 2 }, '2 of 2 calls'],
    ['tokens', { tokens: 200 }, '240 of 200 tokens'],
    ['dollars', { usd: 0.0007 }, '0.00072 of 0.0007 dollars'],
  ])(
    'B208 is bounded in %s by the budget of a run, over everything nested, before the call',
    async (_, budget, says) => {
      const model = new ScriptedModel([said('a'), said('b')], { name: 'gpt-4.1' });
      const agent = new Agent({ name: 'a', model });
      const inner = Workflow.chain([agent]);
      const rescue = new Workflow<string>('w')
        .addNode('one', agent)
        .addNode('two', inner, { onError: 'never' })
        .addNode('three', inner, { onError: 'never', retry: { initialInterval: 0 } })
        .addNode('never', () => 'rescued')
        .setStart('one')
        .addEdge('one', 'two')
        .addEdge('two', 'three');
      const error = await thrownBy(() => rescue.run('x', { budget }));
      const [[cap, limit]] = Object.entries(budget) as [[string, number]];
      expect(error).toMatchObject({ code: 'BUDGET_EXCEEDED', name: 'RunError', where: 'w', spent: { cap, limit } });
      expect(error.message).toContain(`nothing is left of the budget (${says})`);
      expect(error.partial!.visited).toEqual(['one', 'two']);
      model.expectDone();
    },
  );

  it('is bounded by the budget of a workflow, of a nested one, and of an agent with what its tools run', async () => {
    const echo = new Agent({ name: 'echo', model: new EchoModel() });
    const bounded = Workflow.chain([echo, echo], { budget: { calls: 1 } });
    expect(await thrownBy(() => bounded.run('x'))).toMatchObject({ code: 'BUDGET_EXCEEDED' });
    expect((await bounded.run('x', { budget: { calls: 2 } })).output).toBe('x');
    const nested = await thrownBy(() => Workflow.chain([echo, bounded]).run('x'));
    expect(nested).toMatchObject({ code: 'STEP_FAILED', cause: { code: 'BUDGET_EXCEEDED' } });
    const model = new ScriptedModel([{ toolCalls: [{ name: 'echo', arguments: { input: 'x' } }] }]);
    const boss = new Agent({
      name: 'boss',
      model,
      tools: [echo.asTool({ description: 'Echoes.' })],
      budget: { calls: 2 },
    });
    const { events, thrown } = await collectEvents(Workflow.chain([boss]).stream('x'));
    expect((thrown as StepError).cause).toMatchObject({ code: 'BUDGET_EXCEEDED', where: 'boss' });
    expect(ofType(events, 'model.called')).toHaveLength(2);
  });

  it('holds a cap on calls also where they are made at the same time', async () => {
    let asked = 0;
    class Slow extends LanguageModel {
      readonly name = 'echo';
      readonly capabilities = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: true };
      async answer(): Promise<ReturnType<typeof modelAnswer>> {
        asked++;
        for (let hop = 0; hop < 20; hop++) await null;
        return modelAnswer({ model: 'echo', content: 'ok' });
      }
    }
    const agents = Array.from({ length: 6 }, (_, index) => new Agent({ name: `a${index}`, model: new Slow() }));
    const error = await thrownBy(() => Workflow.parallel(agents).run('x', { budget: { calls: 4 } }));
    expect([error.code, asked]).toEqual(['BUDGET_EXCEEDED', 4]);
  });

  it('B208 is bounded in time, by the clock of the run', async () => {
    const clock = new VirtualClock();
    const model = new ScriptedModel([
      { content: 'a', delay: '9s' },
      { content: 'b', delay: '9s' },
    ]);
    const agent = new Agent({ name: 'a', model });
    const failing = thrownBy(() => Workflow.chain([agent, agent, agent], { clock, budget: { time: '10s' } }).run('x'));
    await clock.advance('1m');
    expect((await failing).message).toContain('nothing is left of the budget (18000 of 10000 ms)');
  });

  it('is bounded only by budgets that make sense', async () => {
    const echo = new Agent({ name: 'echo', model: new EchoModel() });
    for (const budget of [{ usd: -1 }, { cents: 3 }, 'much', { time: 'soon' }]) {
      expect(await thrownBy(() => echo.run('x', { budget: budget as never }))).toMatchObject({
        code: 'INVALID_RUN_OPTION',
      });
      const wrong = thrownBy(() => new Workflow('w', { budget: budget as never }));
      expect(await wrong).toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});
