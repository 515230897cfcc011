import {
  Agent,
  Allowance,
  EchoModel,
  InMemoryMemory,
  LocalExecutor,
  RateLimiter,
  tool,
  Workflow,
  type AgentOptions,
  type AllowanceOptions,
  type RunEvent,
} from '@drawloom/core';
import { deferred, ScriptedModel, VirtualClock } from '@drawloom/testing';
import { AnsweringModel } from './support/answering-model.js';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';

const DAY = 24 * 60 * 60_000;
const usage = { inputTokens: 30, outputTokens: 10 };
/** Answers at once, with 40 tokens, for 0.00014 dollars. */
const answering = (): AnsweringModel => new AnsweringModel(() => ({ content: 'ok', usage }), 'gpt-4.1');
const agentWith = (allowances: readonly Allowance[], options: Partial<AgentOptions> = {}): Agent =>
  new Agent({ name: 'a', model: answering(), allowances, ...options });
const usedUp = async (call: () => unknown): Promise<string> => {
  const error = await thrownBy(call);
  return ((error.cause as { code?: string } | undefined)?.code ?? error.code) as string;
};

describe('An allowance', () => {
  it('B208 bounds each user over all their runs; runs without a user are one', async () => {
    const agent = agentWith([new Allowance({ name: 'mine', calls: 2 })]);
    for (const userId of ['alice', 'bob', null]) {
      await agent.run('x', { userId });
      await agent.run('x', { userId });
      expect(await usedUp(() => agent.run('x', { userId }))).toBe('ALLOWANCE_USED_UP');
    }
  });

  it('B208 tells users of several tenants from one another, and counts all together where it is for all', async () => {
    const mine = new Allowance({ name: 'mine', calls: 1 });
    const ours = new Allowance({ name: 'ours', per: 'all', calls: 3 });
    for (const tenant of [undefined, 'acme', 'zorg']) {
      await mine.claim('alice', { tenant });
      await ours.claim('alice', { tenant });
      expect(await usedUp(() => mine.claim('alice', { tenant }))).toBe('ALLOWANCE_USED_UP');
    }
    expect(await mine.used('alice', { tenant: 'nobody' })).toMatchObject({ calls: 0 });
    expect(await usedUp(() => ours.claim('bob', { tenant: 'nobody' }))).toBe('ALLOWANCE_USED_UP');
  });

  it('B208 bounds all users together', async () => {
    const agent = agentWith([new Allowance({ name: 'ours', per: 'all', calls: 2 })]);
    await agent.run('x', { userId: 'alice' });
    await agent.run('x', { userId: 'bob' });
    expect(await usedUp(() => agent.run('x', { userId: 'carol' }))).toBe('ALLOWANCE_USED_UP');
  });

  it.each<[string, Partial<AllowanceOptions>, string]>([
    ['calls', { calls: 2 }, '2 of 2 calls'],
    ['tokens', { tokens: 70 }, '80 of 70 tokens'],
    ['usd', { usd: 0.0002 }, '0.00028 of 0.0002 dollars'],
  ])('B208 has %s, and says what is used up', async (_, caps, says) => {
    const flow = Workflow.chain([agentWith([new Allowance({ name: 'mine', ...caps })])]);
    const run = (): Promise<unknown> => flow.run('x', { userId: 'alice' });
    await run();
    await run();
    const error = await thrownBy(run);
    const [cap, limit] = Object.entries(caps)[0]!;
    const facts = { allowance: 'mine', spent: { cap, limit, used: expect.any(Number) as number } };
    expect(error).toMatchObject({ code: 'STEP_FAILED', cause: { code: 'ALLOWANCE_USED_UP', where: 'a', ...facts } });
    expect((error.cause as Error).message).toContain(`nothing is left of the allowance "mine" (${says})`);
    expect(error.cause).not.toHaveProperty('retryAfterMs');
    expect(error.partial).toMatchObject({ usage: { calls: 0 } });
  });

  it('B208 bounds the time that models take, by the clock of the run', async () => {
    const clock = new VirtualClock();
    const model = new ScriptedModel(Array(3).fill({ content: 'ok', delay: '9s' }));
    const allowance = new Allowance({ name: 'mine', time: '15s' });
    const flow = Workflow.chain([agentWith([allowance], { model })], { clock });
    for (const _ of [1, 2]) {
      const running = flow.run('x');
      await clock.advance('9s');
      await running;
      await clock.advance('1h'); // what passes between calls is nobody's
    }
    expect((await thrownBy(() => flow.run('x'))).cause).toMatchObject({
      message: expect.stringContaining('18000 of 15000 ms') as string,
    });
  });

  it('A3 is there again at the end of its period, and says when that is', async () => {
    const clock = new VirtualClock({ startAt: 3 * DAY + 1_000 });
    const allowance = new Allowance({ name: 'daily', calls: 1, every: '24h' });
    const flow = Workflow.chain([agentWith([allowance])], { clock });
    await flow.run('x', { userId: 'alice' });
    expect(await allowance.used('alice', { clock })).toEqual({
      calls: 1,
      tokens: 40,
      usd: 0.00014,
      time: 0,
      resetsAt: 4 * DAY,
    });
    const { cause } = await thrownBy(() => flow.run('x', { userId: 'alice' }));
    expect(cause).toMatchObject({ code: 'ALLOWANCE_USED_UP', retryAfterMs: DAY - 1_000 });
    await clock.advance(DAY - 1_000);
    expect(await allowance.used('alice', { clock })).toMatchObject({ calls: 0, tokens: 0, resetsAt: 5 * DAY });
    await flow.run('x', { userId: 'alice' });
    expect(await usedUp(() => flow.run('x', { userId: 'alice' }))).toBe('ALLOWANCE_USED_UP');
  });

  it('A3 counts what a call has cost in the period in which that is known', async () => {
    const clock = new VirtualClock({ startAt: DAY - 1_000 });
    const allowance = new Allowance({ name: 'daily', tokens: 10, every: '24h' });
    const call = await allowance.claim('alice', { clock });
    await clock.advance('2s');
    call.settle({ usd: 0, tokens: 10 });
    expect(await allowance.used('alice', { clock })).toMatchObject({ calls: 0, tokens: 10 });
    expect(await usedUp(() => allowance.claim('alice', { clock }))).toBe('ALLOWANCE_USED_UP');
  });

  it('A1 holds a cap on calls however many are made at the same time', async () => {
    const gate = deferred<void>();
    let asked = 0;
    const model = new AnsweringModel(async () => {
      asked++;
      await gate.promise;
      return 'ok';
    });
    const agent = agentWith([new Allowance({ name: 'ours', per: 'all', calls: 7 })], { model });
    const running = Array.from({ length: 20 }, (_, n) =>
      agent.run('x', { userId: `u${n}` }).then(
        () => 1,
        () => 0,
      ),
    );
    await settled();
    expect(asked).toBe(7);
    gate.resolve();
    const through = await Promise.all(running);
    expect(through.filter((one) => one === 1)).toHaveLength(7);
  });

  it('A2 is given back where another allowance, or the budget, refuses the call', async () => {
    const mine = new Allowance({ name: 'mine', calls: 10 });
    const ours = new Allowance({ name: 'ours', per: 'all', calls: 0 });
    expect(await usedUp(() => agentWith([mine, ours]).run('x', { userId: 'alice' }))).toBe('ALLOWANCE_USED_UP');
    expect(await usedUp(() => agentWith([mine]).run('x', { userId: 'alice', budget: { calls: 0 } }))).toBe(
      'BUDGET_EXCEEDED',
    );
    expect(await mine.used('alice')).toMatchObject({ calls: 0 });
  });

  it('is charged for a call that fails', async () => {
    const mine = new Allowance({ name: 'mine', calls: 10 });
    const model = new ScriptedModel([{ error: { code: 'MODEL_INVALID_REQUEST' } }]);
    await thrownBy(() => agentWith([mine], { model }).run('x', { userId: 'alice' }));
    expect(await mine.used('alice')).toMatchObject({ calls: 1, tokens: 0 });
  });

  it('fails its step only, so that an error edge may answer in another way', async () => {
    const flow = new Workflow<string>('w')
      .addNode('ask', agentWith([new Allowance({ name: 'mine', calls: 0 })]), { onError: 'sorry' })
      .addNode('sorry', () => 'Come back tomorrow.')
      .setStart('ask');
    expect((await flow.run('x')).output).toBe('Come back tomorrow.');
  });

  it('holds at every level: call, agent, workflow, workflow around, executor, and for agents that are tools', async () => {
    const none = (name: string): Allowance => new Allowance({ name, calls: 0 });
    const free = new Allowance({ name: 'free', calls: 100 });
    const plain = new Agent({ name: 'plain', model: answering() });
    const named = async (call: () => Promise<unknown>): Promise<string> => {
      const error = await thrownBy(call);
      let cause: unknown = error;
      while ((cause as Error).cause !== undefined) cause = (cause as Error).cause;
      return /the allowance "(\w+)"/.exec((cause as Error).message)![1]!;
    };
    const inner = (allowances?: Allowance[]): Workflow => Workflow.chain([plain], { allowances }) as never;
    expect(await named(() => plain.run('x', { allowances: [none('call'), free] }))).toBe('call');
    expect(await named(() => inner([free]).run('x', { allowances: [none('run')] }))).toBe('run');
    expect(await named(() => inner([none('workflow')]).run('x', { allowances: [free] }))).toBe('workflow');
    expect(await named(() => Workflow.chain([inner([free])], { allowances: [none('around')] }).run('x'))).toBe(
      'around',
    );
    const executor = new LocalExecutor({ allowances: [none('executor')] });
    expect(await named(() => agentWith([free], { executor }).run('x'))).toBe('executor');
    const boss = new Agent({
      name: 'boss',
      model: new ScriptedModel([{ toolCalls: [{ name: 'plain', arguments: { input: 'x' } }] }, 'done']),
      tools: [plain.asTool({ description: 'Asks.' })],
      allowances: [new Allowance({ name: 'boss', calls: 1 })],
    });
    expect(await named(() => boss.run('x'))).toBe('boss');
  });

  it('that stands at several levels is charged once', async () => {
    const mine = new Allowance({ name: 'mine', calls: 9 });
    const executor = new LocalExecutor({ allowances: [mine] });
    await agentWith([mine, mine], { executor }).run('x', { allowances: [mine] });
    await Workflow.chain([Workflow.chain([agentWith([mine])], { allowances: [mine] })], { allowances: [mine] }).run(
      'x',
    );
    expect(await mine.used(undefined)).toMatchObject({ calls: 2 });
  });

  it('B208 warns once in each period for each cap of which four fifths are used', async () => {
    const clock = new VirtualClock();
    const mine = new Allowance({ name: 'mine', calls: 5, tokens: 200, every: '24h' });
    const flow = Workflow.chain([agentWith([mine])], { clock });
    const heard: RunEvent[] = [];
    for (let day = 0; day < 2; day++) {
      for (let run = 0; run < 5; run++) {
        const { events } = await collectEvents(flow.stream('x', { userId: 'alice' }));
        heard.push(...events);
      }
      await clock.advance(DAY);
    }
    const warned = ofType(heard, 'budget.warning').map(({ agent, allowance, cap, used }) => [
      agent,
      allowance,
      cap,
      used,
    ]);
    expect(warned).toEqual(
      [...Array(2)].flatMap(() => [
        ['a', 'mine', 'calls', 4],
        ['a', 'mine', 'tokens', 160],
      ]),
    );
  });

  it('B208 announces each call that it refuses, with who has asked', async () => {
    const flow = Workflow.chain([agentWith([new Allowance({ name: 'mine', calls: 1 })])]);
    await flow.run('x', { userId: 'alice' });
    const { events } = await collectEvents(flow.stream('x', { userId: 'alice' }));
    const facts = { agent: 'a', allowance: 'mine', cap: 'calls', limit: 1, used: 1 };
    expect(ofType(events, 'budget.exceeded')).toMatchObject([facts]);
  });

  it('knows no more users than it may, and forgets who has not asked for longest', async () => {
    const mine = new Allowance({ name: 'mine', calls: 1, maxUsers: 2 });
    for (const user of ['alice', 'bob', 'carol']) await mine.claim(user);
    await mine.claim('alice');
    expect(await usedUp(() => mine.claim('carol'))).toBe('ALLOWANCE_USED_UP');
  });

  it.each([
    [{}],
    [{ name: 'x' }],
    [{ name: '', calls: 1 }],
    [{ name: 'x', calls: -1 }],
    [{ name: 'x', usd: '5' }],
    [{ name: 'x', time: 'soon' }],
    [{ name: 'x', calls: 1, every: 0 }],
    [{ name: 'x', calls: 1, per: 'run' }],
    [{ name: 'x', calls: 1, maxUsers: 0 }],
    [{ name: 'x', cents: 1, calls: 1 }],
    [null],
  ])('is refused with %p', async (options) => {
    const error = await thrownBy(() => new Allowance(options as unknown as AllowanceOptions));
    expect(error).toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('is refused where it is none', async () => {
    const wrong = [{ name: 'x', calls: 1 }] as never;
    expect(await thrownBy(() => agentWith(wrong))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await thrownBy(() => new Workflow('w', { allowances: {} as never }))).toMatchObject({
      code: 'INVALID_OPTION',
    });
    expect(await thrownBy(() => agentWith([]).run('x', { allowances: wrong }))).toMatchObject({
      code: 'INVALID_RUN_OPTION',
    });
  });
});

describe('What one call says', () => {
  const block = { name: 'no', check: () => ({ verdict: 'block' }) as const };
  const seen = (): { readonly texts: string[]; readonly guardrail: { name: string; check(text: string): true } } => {
    const texts: string[] = [];
    return { texts, guardrail: { name: 'seen', check: (text) => (texts.push(text), true) } };
  };
  const echo = (options: Partial<AgentOptions> = {}): Agent =>
    new Agent({ name: 'a', model: new EchoModel(), whenInterrupted: 'continue', ...options });

  it('B207 of guardrails holds for its run, beside those of agent and workflow, and for no other', async () => {
    const { texts, guardrail } = seen();
    const inner = new Agent({ ...{ name: 'inner', model: new EchoModel() }, guardrails: { input: [guardrail] } });
    const annotate = { name: 'add', check: (text: string) => ({ verdict: 'annotate', text: `${text}!` }) as const };
    const flow = Workflow.chain([Workflow.chain([inner])], { guardrails: { output: [annotate] } });
    const alone = flow.run('x');
    const bounded = flow.run('y', { guardrails: { output: [annotate, guardrail] } });
    expect([(await alone).output, (await bounded).output]).toEqual(['x!', 'y!']);
    expect(texts).toEqual(['x', 'y', 'y!']);
    expect(await echo().run('x', { guardrails: { input: [block] } })).toMatchObject({ reason: 'guardrail' });
    expect(await echo().run('x')).toMatchObject({ reason: undefined });
  });

  it('B208 of a rate limit goes before that of agent, workflow and executor, and null clears it', async () => {
    const strict = (): RateLimiter => new RateLimiter({ perMinute: 1, maxWait: 0 });
    const limited = echo({ rateLimit: strict() });
    await limited.run('x');
    expect(await usedUp(() => limited.run('x'))).toBe('RATE_LIMITED');
    await limited.run('x', { rateLimit: null });
    const own = strict();
    const flow = Workflow.chain([echo()], { rateLimit: strict() });
    await flow.run('x', { rateLimit: own });
    expect(await usedUp(() => flow.run('x', { rateLimit: own }))).toBe('RATE_LIMITED');
    await flow.run('x');
    expect(await usedUp(() => flow.run('x'))).toBe('RATE_LIMITED');
    await flow.run('x', { rateLimit: null });
  });

  it('is refused where it cannot be meant', async () => {
    for (const wrong of [{ guardrails: { inptu: [] } }, { guardrails: { input: [1] } }, { rateLimit: 3 }]) {
      expect(await thrownBy(() => echo().run('x', wrong as never))).toMatchObject({ code: 'INVALID_RUN_OPTION' });
      const flow = Workflow.chain([echo()]);
      expect(await thrownBy(() => flow.run('x', wrong as never))).toMatchObject({ code: 'INVALID_RUN_OPTION' });
    }
  });

  it('holds for tools and what they run', async () => {
    const asked: unknown[] = [];
    const memory = new InMemoryMemory();
    const look = tool({ name: 'look', description: 'Looks.', run: (_, { run }) => void asked.push(run.memory) });
    const model = new ScriptedModel([{ toolCalls: [{ name: 'look' }] }, 'done']);
    await echo({ model, tools: [look] }).run('x', { memory, userId: 'alice' });
    expect(asked).toEqual([memory]);
  });
});
