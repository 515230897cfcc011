import { Agent, InMemoryMemory, Workflow, type AgentOptions, type NewFact } from '@drawloom/core';
import { ScriptedModel, VirtualClock, type ScriptedTurn } from '@drawloom/testing';
import { collectEvents, ofType, thrownBy } from './collect-events.js';

const likesTea: NewFact = { subject: 'Ada', predicate: 'likes', object: 'tea' };
const facts: ScriptedTurn = { output: { facts: [likesTea] }, usage: { inputTokens: 5, outputTokens: 5 } };
const alice = { userId: 'alice' };

describe('An agent that learns', () => {
  let memory: InMemoryMemory;
  beforeEach(() => (memory = new InMemoryMemory()));

  const learned = async (): Promise<string[]> => (await memory.facts(alice)).map(({ object }) => object);
  const agentWith = (
    script: readonly ScriptedTurn[],
    options: Partial<AgentOptions> = {},
  ): { readonly agent: Agent; readonly model: ScriptedModel } => {
    const model = new ScriptedModel(script);
    return { agent: new Agent({ name: 'a', model, memory, ...options }), model };
  };

  it('B237 does so only where it is said', async () => {
    const { agent, model } = agentWith(['fine']);
    await agent.run('I like tea', alice);
    expect([model.requests.length, await learned()]).toEqual([1, []]);
  });

  it('B237 asks its model once more, after the answer, and what that costs is in the result', async () => {
    const { agent, model } = agentWith(['fine', facts], { learn: true });
    const { events } = await collectEvents(agent.stream('I like tea', alice));
    expect(await learned()).toEqual(['tea']);
    expect(model.requests[1]!.messages.at(-1)!.content).toBe('{"user":"I like tea","assistant":"fine"}');
    expect(ofType(events, 'run.completed').at(-1)!.output).toMatchObject({
      output: 'fine',
      turns: 1,
      usage: { calls: 2, totalTokens: 10 },
    });
    expect(ofType(events, 'model.called').map(({ turn }) => turn)).toEqual([1, 2]);
    expect(ofType(events, 'model.delta').every(({ turn }) => turn === 1)).toBe(true);
    expect(ofType(events, 'agent.completed')).toMatchObject([{ usage: { calls: 2 } }]);
  });

  it('B133 learns for the memory that holds in the run, and the next agent of the workflow knows it', async () => {
    const own = new ScriptedModel(['fine', facts]);
    const next = new ScriptedModel(['indeed']);
    const one = new Agent({ name: 'one', model: own, learn: true });
    const two = new Agent({ name: 'two', model: next });
    await Workflow.chain([one, two], { memory }).run('I like tea', alice);
    expect(next.requests[0]!.messages[0]!.content).toContain('Ada likes tea');
  });

  it('may be given a function that takes the facts, and asks no model', async () => {
    const seen: unknown[] = [];
    const learn: AgentOptions['learn'] = ({ input, output, agent }) => {
      seen.push(input, output, agent);
      return [likesTea];
    };
    const { agent, model } = agentWith(['fine'], { learn });
    await agent.run('I like tea', alice);
    expect([seen, model.requests.length, await learned()]).toEqual([['I like tea', 'fine', 'a'], 1, ['tea']]);
    await memory.forget(alice, { sessionId: (await memory.profile(alice)).recentSessions[0]!.sessionId });
    expect(await learned()).toEqual([]);
  });

  it.each<[string, readonly ScriptedTurn[], Partial<AgentOptions>]>([
    ['a model that fails', ['fine', { error: { code: 'MODEL_FAILED' } }], { learn: true }],
    ['a model that answers something else', ['fine', 'tea!'], { learn: true }],
    ['a model that is cut off', ['fine', { content: '{', finishReason: 'length' }], { learn: true }],
    ['facts that are none', ['fine', { output: { facts: [{ subject: '' }] } }], { learn: true }],
    ['a budget that is used up', ['fine'], { learn: true, budget: { calls: 1 } }],
    ['a function that throws', ['fine'], { learn: () => Promise.reject(new TypeError('no')) }],
    ['a function that gives no facts', ['fine'], { learn: (() => 7) as never }],
    ['a memory that does not take them', ['fine'], { learn: () => [{ ...likesTea, subject: '' }] }],
  ])('B237 loses no answer to %s', async (_, script, options) => {
    const { agent } = agentWith(script, options);
    const { events, thrown } = await collectEvents(agent.stream('I like tea', alice));
    expect(thrown).toBeUndefined();
    expect(ofType(events, 'run.completed').at(-1)!.output).toMatchObject({ output: 'fine' });
    expect(ofType(events, 'memory.failed').map(({ operation }) => operation)).toEqual(['learn']);
    expect((await memory.profile(alice)).episodes).toBe(1);
  });

  it('B237 loses no answer to the budget of its run', async () => {
    const { agent } = agentWith(['fine'], { learn: true });
    const { output } = await Workflow.chain([agent]).run('I like tea', { ...alice, budget: { calls: 1 } });
    expect(output).toBe('fine');
  });

  it('does not wait for ever for a function', async () => {
    const clock = new VirtualClock();
    const { agent } = agentWith(['fine'], { learn: () => new Promise(() => undefined) });
    const running = Workflow.chain([agent], { clock }).run('I like tea', alice);
    await clock.advance('10s');
    expect([(await running).output, clock.pending]).toEqual(['fine', 0]);
  });

  it('learns nothing from an answer that a guardrail holds back, and nothing of what one takes out', async () => {
    const block = agentWith(['fine'], {
      learn: () => [likesTea],
      guardrails: { output: [{ name: 'g', check: () => ({ verdict: 'block' }) }] },
    });
    await block.agent.run('x', alice);
    expect(await learned()).toEqual([]);
    const hide = agentWith(['secret', facts], {
      learn: true,
      guardrails: { output: [{ name: 'g', check: () => ({ verdict: 'annotate', text: '***' }) }] },
    });
    await hide.agent.run('x', alice);
    expect(JSON.stringify(hide.model.requests[1])).not.toContain('secret');
  });

  it('is refused what it cannot learn by', async () => {
    expect(await thrownBy(() => agentWith([], { learn: 'yes' as never }))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});
