import {
  Agent,
  EchoModel,
  InMemoryMemory,
  LocalExecutor,
  RateLimiter,
  tool,
  Workflow,
  type AgentOptions,
  type Budget,
  type RateLimiterOptions,
} from '@drawloom/core';
import { ScriptedModel, VirtualClock } from '@drawloom/testing';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';

describe('A rate limiter', () => {
  let clock: VirtualClock;
  beforeEach(() => (clock = new VirtualClock()));

  /** Asks several times at once, and notes when each call was let through. */
  async function letThrough(
    limiter: RateLimiter,
    users: readonly (string | undefined)[],
  ): Promise<(number | string)[]> {
    const start = clock.now();
    const asked = users.map((user) =>
      limiter.acquire(user, { clock }).then(
        () => clock.now() - start,
        (error: unknown) => (error as { code: string }).code,
      ),
    );
    await settled();
    for (let second = 0; second < 120; second++) await clock.advance('1s');
    return Promise.all(asked);
  }

  it('B208 lets a burst through, and then as many as its rate, in the order in which they came', async () => {
    const limiter = new RateLimiter({ perMinute: 6, burst: 2 });
    expect(await letThrough(limiter, Array(5).fill('alice'))).toEqual([0, 0, 10_000, 20_000, 30_000]);
    expect(await letThrough(limiter, Array(3).fill('alice'))).toEqual([0, 0, 10_000]);
  });

  it('B208 counts for each user; runs without a user are one', async () => {
    const limiter = new RateLimiter({ perMinute: 1 });
    expect(await letThrough(limiter, ['alice', 'bob', undefined, undefined])).toEqual([0, 0, 0, 60_000]);
  });

  it('B208 tells users of several tenants from one another', async () => {
    const limiter = new RateLimiter({ perMinute: 1, maxWait: 0 });
    await limiter.acquire('alice', { clock });
    await limiter.acquire('alice', { clock, tenant: 'acme' });
    expect(await thrownBy(() => limiter.acquire('alice', { clock, tenant: 'acme' }))).toMatchObject({
      code: 'RATE_LIMITED',
    });
  });

  it('B208 refuses what would wait too long, with the time after which to ask again', async () => {
    const limiter = new RateLimiter({ perMinute: 6, burst: 1, maxWait: '15s' });
    expect(await letThrough(limiter, Array(3).fill('alice'))).toEqual([0, 10_000, 'RATE_LIMITED']);
    const strict = new RateLimiter({ perMinute: 6, burst: 1, maxWait: 0 });
    await strict.acquire('alice', { clock });
    await clock.advance('4s');
    const error = await thrownBy(() => strict.acquire('alice', { clock, where: 'writer' }));
    expect(error).toMatchObject({ code: 'RATE_LIMITED', where: 'writer', retryAfterMs: 6_000 });
    await clock.advance('6s');
    await strict.acquire('alice', { clock });
  });

  it('gives back a wait that is given up', async () => {
    const limiter = new RateLimiter({ perMinute: 6, burst: 1 });
    await limiter.acquire('alice', { clock });
    const controller = new AbortController();
    const given = limiter.acquire('alice', { clock, signal: controller.signal }).catch((error: unknown) => error);
    controller.abort('enough');
    expect([await given, clock.pending]).toEqual(['enough', 0]);
    expect(await letThrough(limiter, ['alice'])).toEqual([10_000]);
  });

  it('knows no more users than it may, and forgets who has not asked for longest', async () => {
    const limiter = new RateLimiter({ perMinute: 1, maxWait: 0, maxUsers: 2 });
    await limiter.acquire('alice', { clock });
    await limiter.acquire('bob', { clock });
    await limiter.acquire('carol', { clock });
    await limiter.acquire('alice', { clock });
    expect(await thrownBy(() => limiter.acquire('carol', { clock }))).toMatchObject({ code: 'RATE_LIMITED' });
  });

  it.each([
    [{}],
    [{ perMinute: 0 }],
    [{ perMinute: 1, burst: 0 }],
    [{ perMinute: 1, maxWait: 'x' }],
    [{ perMinute: 1, users: 1 }],
    [null],
  ])('is refused with %p', async (options) => {
    const error = await thrownBy(() => new RateLimiter(options as RateLimiterOptions));
    expect(error).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('The rate limit of an agent', () => {
  const echo = (options: Partial<AgentOptions> = {}): Agent =>
    new Agent({ name: 'a', model: new EchoModel(), ...options });
  const strict = (): RateLimiter => new RateLimiter({ perMinute: 1, maxWait: 0 });

  it('B208 is looked at before each call of the model, and waited for by the clock of the run', async () => {
    const clock = new VirtualClock();
    const look = tool({ name: 'look', description: 'Looks.', run: () => 'seen' });
    const model = new ScriptedModel([{ toolCalls: [{ name: 'look' }] }, 'done']);
    const agent = echo({ model, tools: [look], rateLimit: new RateLimiter({ perMinute: 1 }) });
    const running = Workflow.chain([agent], { clock }).run('go', { userId: 'alice' });
    await settled();
    await clock.advance('59s');
    expect(model.requests).toHaveLength(1);
    await clock.advance('1s');
    expect([(await running).output, clock.pending]).toEqual(['done', 0]);
  });

  it('B208 that is used up fails the step, and counts no call', async () => {
    const flow = Workflow.chain([echo({ rateLimit: strict() })]);
    await flow.run('x', { userId: 'alice' });
    await flow.run('x', { userId: 'bob' });
    const error = await thrownBy(() => flow.run('x', { userId: 'alice' }));
    expect(error).toMatchObject({ code: 'STEP_FAILED', cause: { code: 'RATE_LIMITED', where: 'a' } });
    expect((error.partial as { usage: { calls: number } }).usage.calls).toBe(0);
  });

  it('B208 is that of the workflow or of the executor where the agent has none, and null clears it', async () => {
    const outer = Workflow.chain([Workflow.chain([echo(), echo()])], { rateLimit: strict() });
    expect(await thrownBy(() => outer.run('x'))).toMatchObject({ code: 'STEP_FAILED' });
    const freed = Workflow.chain([Workflow.chain([echo(), echo()], { rateLimit: null })], { rateLimit: strict() });
    expect((await freed.run('x')).output).toBe('x');
    const own = echo({ executor: new LocalExecutor({ rateLimit: strict() }) });
    await own.run('x');
    expect(await thrownBy(() => own.run('x'))).toMatchObject({ cause: { code: 'RATE_LIMITED' } });
    await echo({ executor: new LocalExecutor({ rateLimit: strict() }), rateLimit: null }).run('x');
  });

  it('is refused where it is none', async () => {
    expect(await thrownBy(() => echo({ rateLimit: 3 as never }))).toMatchObject({ code: 'INVALID_OPTION' });
    const workflow = (): unknown => new Workflow('w', { rateLimit: { perMinute: 1 } as never });
    expect(await thrownBy(workflow)).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('A budget', () => {
  const usage = { inputTokens: 30, outputTokens: 10 };
  const answers = (count: number): ScriptedModel => new ScriptedModel(Array(count).fill({ content: 'x', usage }));

  async function warnings(budget: Budget, ofAgent?: Budget): Promise<unknown[]> {
    const agent = new Agent({ name: 'a', model: answers(9), ...(ofAgent === undefined ? {} : { budget: ofAgent }) });
    const flow = Workflow.chain([agent, agent, agent]);
    const { events } = await collectEvents(flow.stream('go', { budget }));
    return ofType(events, 'budget.warning').map(({ agent: of, cap, limit, used }) => [of, cap, limit, used]);
  }

  it('B208 is warned of from four fifths on, once for each cap', async () => {
    expect(await warnings({ calls: 5 })).toEqual([]);
    expect(await warnings({ calls: 3, tokens: 1_000 })).toEqual([[undefined, 'calls', 3, 3]]);
    expect(await warnings({ calls: 100, tokens: 100 })).toEqual([[undefined, 'tokens', 100, 80]]);
    expect(await warnings({ tokens: 150, calls: 3 })).toEqual([
      [undefined, 'calls', 3, 3],
      [undefined, 'tokens', 150, 120],
    ]);
  });

  it('B208 of an agent is warned of for each of its runs, and names the agent', async () => {
    expect(await warnings({}, { tokens: 50 })).toEqual(Array(3).fill(['a', 'tokens', 50, 40]));
  });

  it('B208 announces once that nothing is left of it, before what fails because of that', async () => {
    const agent = new Agent({ name: 'a', model: answers(9) });
    const flow = new Workflow<string>('desk')
      .addNode('first', agent)
      .addNode('both', (text: string) => Promise.allSettled([agent.run(text), agent.run(text)]))
      .addEdge('first', 'both')
      .setStart('first');
    const { events } = await collectEvents(flow.stream('go', { budget: { calls: 1 } }));
    const exceeded = ofType(events, 'budget.exceeded');
    expect(exceeded).toMatchObject([{ agent: undefined, allowance: undefined, cap: 'calls', limit: 1, used: 1 }]);
    expect(exceeded[0]).toMatchObject({ workflow: 'desk', path: [], seq: expect.any(Number) as number });
    const order = events.map(({ type }) => type);
    expect(order.indexOf('budget.exceeded')).toBeLessThan(order.indexOf('agent.failed'));
    expect(order.at(-1)).toBe('run.failed');
  });

  it('B208 of an agent names the agent when nothing is left', async () => {
    const look = tool({ name: 'look', description: 'Looks.', run: () => 'seen' });
    const model = new ScriptedModel([{ toolCalls: [{ name: 'look', arguments: {} }] }]);
    const agent = new Agent({ name: 'a', model, tools: [look], budget: { calls: 1 } });
    const { events } = await collectEvents(Workflow.chain([agent]).stream('go'));
    expect(ofType(events, 'budget.exceeded')).toMatchObject([{ agent: 'a', cap: 'calls', limit: 1, used: 1 }]);
    expect(ofType(events, 'agent.failed')).toMatchObject([{ error: { code: 'BUDGET_EXCEEDED' } }]);
  });

  it('B208 says nothing of a call that was only for learning, and that it refuses', async () => {
    const agent = new Agent({ name: 'a', model: answers(1), memory: new InMemoryMemory(), learn: true });
    const { events } = await collectEvents(Workflow.chain([agent]).stream('go', { budget: { calls: 1 } }));
    expect(ofType(events, 'memory.failed')).toMatchObject([{ operation: 'learn', error: { code: 'BUDGET_EXCEEDED' } }]);
    expect(ofType(events, 'budget.exceeded')).toEqual([]);
    expect(events.at(-1)!.type).toBe('run.completed');
  });
});
