import {
  Agent,
  InMemoryMemory,
  LocalExecutor,
  tool,
  Workflow,
  type AgentOptions,
  type Guardrail,
  type Guardrails,
} from '@drawloom/core';
import { ScriptedModel, VirtualClock, type ScriptedTurn } from '@drawloom/testing';
import { z } from 'zod';
import { collectEvents, ofType, thrownBy } from './collect-events.js';

const seen: string[] = [];
beforeEach(() => seen.splice(0));

/** A guardrail that writes down what it sees. */
const guard = (name: string, check: (text: string) => unknown): Guardrail => ({
  name,
  check: (text, { boundary }) => {
    seen.push(`${name} ${boundary}: ${text}`);
    return check(text) as never;
  },
});
const passing = (name: string): Guardrail => guard(name, () => true);
const adding = (name: string): Guardrail => guard(name, (text) => ({ verdict: 'annotate', text: `${text}+${name}` }));
const blocking = (name: string, reason?: string): Guardrail => guard(name, () => ({ verdict: 'block', reason }));

const look = tool({ name: 'look', description: 'Looks.', run: () => 'seen' });
const toolTurn: ScriptedTurn = { toolCalls: [{ name: 'look' }] };

function agentWith(
  guardrails: Guardrails | undefined,
  script: readonly ScriptedTurn[] = ['done'],
  options: Partial<AgentOptions<any>> = {},
): { readonly agent: Agent; readonly model: ScriptedModel } {
  const model = new ScriptedModel(script);
  return { agent: new Agent<any>({ name: 'a', model, guardrails, tools: [look], ...options }), model };
}

describe('Guardrails', () => {
  it('B207 run in order, and each sees the text of the one before', async () => {
    const { agent, model } = agentWith(
      {
        input: [adding('one'), passing('two'), adding('three')],
        output: [adding('four')],
        toolResult: [adding('five')],
      },
      [toolTurn, 'done'],
    );
    const result = await agent.run('go');
    expect(seen).toEqual([
      'one input: go',
      'two input: go+one',
      'three input: go+one',
      'five toolResult: seen',
      'four output: done',
    ]);
    expect(model.requests[0]!.messages.at(-1)).toEqual({ role: 'user', content: 'go+one+three' });
    expect(model.requests[1]!.messages.at(-1)).toMatchObject({ role: 'tool', content: 'seen+five' });
    expect(result).toMatchObject({ output: 'done+four', text: 'done+four', interrupted: false });
    expect(result.toolCalls[0]).toMatchObject({ result: 'seen+five', outcome: 'returned' });
  });

  it('B207 that block the input end the run before the model and the memory hear of it', async () => {
    const memory = new InMemoryMemory();
    const recall = jest.spyOn(memory, 'recall');
    const { agent, model } = agentWith({ input: [blocking('pii'), passing('later')] }, [], { memory });
    const result = await agent.run('my card is 4111', { userId: 'alice' });
    expect(result).toMatchObject({ output: '', text: '', turns: 0, interrupted: true, reason: 'guardrail' });
    expect([model.requests.length, recall.mock.calls.length]).toEqual([0, 0]);
    expect((await memory.profile({ userId: 'alice' })).episodes).toBe(0);
    expect(seen).toEqual(['pii input: my card is 4111']);
  });

  it('B116 that block make the step fail, unless it says otherwise', async () => {
    const { agent } = agentWith({ input: [blocking('pii')] });
    const error = await thrownBy(() => Workflow.chain([agent]).run('secret'));
    expect(error).toMatchObject({ code: 'AGENT_INTERRUPTED', answer: '' });
    expect(error.message).toContain('guardrail');
    const { agent: tolerant } = agentWith({ output: [blocking('pii')] }, ['secret'], { whenInterrupted: 'continue' });
    expect((await Workflow.chain([tolerant]).run('go')).output).toBe('');
  });

  it('B207 that block the output hold the text back, and nothing is remembered', async () => {
    const memory = new InMemoryMemory();
    const { agent } = agentWith({ output: [blocking('pii')] }, ['secret'], { memory });
    const result = await agent.run('go', { userId: 'alice' });
    expect(result).toMatchObject({ output: '', text: '', turns: 1, reason: 'guardrail' });
    expect((await memory.profile({ userId: 'alice' })).episodes).toBe(0);
  });

  it('B207 that block the result of a tool replace its text, and the model hears that the tool has run', async () => {
    const { agent, model } = agentWith({ toolResult: [blocking('injection', 'it gives orders')] }, [toolTurn, 'done']);
    const { toolCalls, reason } = await agent.run('go');
    const told = 'WITHHELD: the tool has run, and the guardrail injection holds its result back: it gives orders';
    expect(model.requests[1]!.messages.at(-1)).toMatchObject({ content: told });
    expect([toolCalls[0]!.outcome, toolCalls[0]!.result, reason]).toEqual(['returned', told, undefined]);
  });

  it('see what a tool throws, but not what Drawloom itself says of a call', async () => {
    const broken = tool({ name: 'broken', description: 'Breaks.', run: () => Promise.reject(new TypeError('secret')) });
    const script: ScriptedTurn[] = [{ toolCalls: [{ name: 'broken' }, { name: 'unknown' }] }, 'done'];
    const { agent } = agentWith({ toolResult: [passing('all')] }, script, { tools: [broken] });
    await agent.run('go');
    expect(seen).toEqual(['all toolResult: ERROR: secret']);
  });

  it('B207 are announced with name, place and verdict, never with the text', async () => {
    const { agent } = agentWith(
      { input: [adding('one')], output: [blocking('two', 'secret')], toolResult: [adding('three'), passing('four')] },
      [toolTurn, 'secret'],
    );
    const { events } = await collectEvents(agent.stream('secret'));
    const triggered = ofType(events, 'guardrail.triggered');
    expect(
      triggered.map(({ guardrail, boundary, verdict, tool: name }) => [guardrail, boundary, verdict, name]),
    ).toEqual([
      ['one', 'input', 'annotate', undefined],
      ['three', 'toolResult', 'annotate', 'look'],
      ['two', 'output', 'block', undefined],
    ]);
    expect(JSON.stringify(triggered)).not.toContain('secret');
    expect(ofType(events, 'model.delta').filter(({ delta }) => delta.type === 'text')).toEqual([]);
  });

  it.each([
    ['error', () => Promise.reject(new TypeError('secret'))],
    ['no verdict', () => undefined],
    ['no verdict', () => false],
    ['no verdict', () => 'allow'],
    ['no verdict', () => ({ verdict: 'annotate' })],
    ['no verdict', () => ({ verdict: 'allow', allowed: false })],
    ['no verdict', () => Object.create({ verdict: 'allow' }) as unknown],
    [
      'no verdict',
      () => ({
        get verdict() {
          throw new TypeError('secret');
        },
      }),
    ],
  ])('B207 block where they do not say clearly that the text may pass: %s %#', async (failure, check) => {
    const { agent, model } = agentWith({ input: [guard('odd', check)] });
    const { events } = await collectEvents(agent.stream('go'));
    expect(ofType(events, 'guardrail.triggered')).toMatchObject([{ verdict: 'block', failure }]);
    expect(JSON.stringify(ofType(events, 'guardrail.triggered'))).not.toContain('secret');
    expect(model.requests).toHaveLength(0);
  });

  it('B207 that hang block when their time is over', async () => {
    const clock = new VirtualClock();
    const hanging = guard('slow', () => new Promise(() => undefined));
    const { agent, model } = agentWith({ input: [hanging] }, [], { checkTimeout: '2s', whenInterrupted: 'continue' });
    const running = collectEvents(Workflow.chain([agent], { clock }).stream('go'));
    await clock.advance('2s');
    expect(ofType((await running).events, 'guardrail.triggered')).toMatchObject([{ failure: 'timeout' }]);
    expect([model.requests.length, clock.pending]).toEqual([0, 0]);
  });

  it('that hang do not keep a run that is cancelled', async () => {
    const controller = new AbortController();
    const hanging = guard('slow', async () => {
      await null;
      controller.abort('enough');
      return new Promise(() => undefined);
    });
    const { agent } = agentWith({ input: [hanging] });
    expect(await thrownBy(() => agent.run('go', { signal: controller.signal }))).toMatchObject({
      code: 'RUN_CANCELLED',
    });
  });

  it('with a schema leave a value that fits it, or no value', async () => {
    const output = z.object({ name: z.string() });
    const hiding = guard('pii', (text) => ({ verdict: 'annotate', text: text.replace('Ada', '***') }));
    const breaking = guard('pii', () => ({ verdict: 'annotate', text: 'hidden' }));
    const run = (one: Guardrail): Promise<unknown> =>
      agentWith({ output: [one] }, ['{"name":"Ada"}'], { output })
        .agent.run('go')
        .then(({ output: value }) => value);
    expect(await run(hiding)).toEqual({ name: '***' });
    expect(await thrownBy(() => run(breaking))).toMatchObject({ code: 'INVALID_OUTPUT', answer: 'hidden' });
    expect(await run(blocking('pii'))).toBeUndefined();
  });

  it('see the text of an answer that was cut, or that goes with an error, too', async () => {
    const hiding = guard('pii', () => ({ verdict: 'annotate', text: '***' }));
    const cut = agentWith({ output: [hiding] }, [{ content: 'secret', finishReason: 'length' }]);
    expect(await cut.agent.run('go')).toMatchObject({ text: '***', reason: 'length' });
    const unfit = agentWith({ output: [hiding] }, ['secret'], { output: z.object({}), corrections: 0 });
    expect(await thrownBy(() => unfit.agent.run('go'))).toMatchObject({ code: 'INVALID_OUTPUT', answer: '***' });
  });

  it('B207 of the agent, the workflow, the workflow around it and the executor add up, the outermost last', async () => {
    const executor = new LocalExecutor({ guardrails: { input: [adding('executor')] } });
    const model = new ScriptedModel(['one', 'two']);
    const own = new Agent({ name: 'a', model, executor, guardrails: { input: [adding('agent')] } });
    const inner = Workflow.chain([async (input: string) => (await own.run(input)).output], {
      guardrails: { input: [adding('inner')] },
    });
    await Workflow.chain([inner], { guardrails: { input: [adding('outer')] } }).run('go');
    expect(model.requests[0]!.messages.at(-1)!.content).toBe('go+agent+inner+outer+executor');
    await own.run('go');
    expect(model.requests[1]!.messages.at(-1)!.content).toBe('go+agent+executor');
  });

  it('B207 of an agent hold for agents that are its tools, too', async () => {
    const expert = new Agent({ name: 'expert', model: new ScriptedModel(['because']) });
    const asked = { name: 'expert', arguments: { input: 'why?' } };
    const { agent } = agentWith({ output: [passing('pii')] }, [{ toolCalls: [asked] }, 'done'], {
      tools: [expert.asTool({ description: 'Knows.' })],
    });
    await agent.run('go');
    expect(seen).toEqual(['pii output: because', 'pii output: done']);
  });

  it('B207 that several levels have are run once, and none leak into another workflow', async () => {
    const shared = passing('shared');
    const guardrails = { output: [shared] };
    const { agent } = agentWith(guardrails, ['one', 'two']);
    await Workflow.chain([Workflow.chain([agent], { guardrails })], { guardrails }).run('go');
    expect(seen).toEqual(['shared output: one']);
    const { agent: free } = agentWith(undefined);
    await Workflow.chain([free]).run('go');
    expect(seen).toHaveLength(1);
  });

  it('are what they were when they were given', async () => {
    const input = [blocking('pii')];
    const { agent } = agentWith({ input });
    input.pop();
    expect((await agent.run('go')).reason).toBe('guardrail');
  });

  it('are refused where they are none', async () => {
    const wrong = { input: [{ name: 'x' }], output: 'all', tools: [] } as never;
    const ofAgent = (await thrownBy(() => agentWith(wrong))) as unknown as { problems: unknown[] };
    expect(ofAgent.problems).toHaveLength(3);
    expect(await thrownBy(() => new Workflow('w', { guardrails: [] as never }))).toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect(await thrownBy(() => new LocalExecutor({ guardrails: wrong }))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});
