import {
  Agent,
  Allowance,
  InMemoryJournal,
  InMemoryMemory,
  LocalExecutor,
  RateLimiter,
  Workflow,
  step,
  systemClock,
  tool,
  type Clock,
  type StepContext,
} from '@drawloom/core';
import { z } from 'zod';
import { AnsweringModel, callOf, isAfterTools } from './support/answering-model.js';
import { settled } from './collect-events.js';
import { DyingJournal } from './support/dying-journal.js';

/** Of a process that is dead soon: what it waits for keeps nobody waiting. */
const BACKGROUND: Clock = {
  now: () => Date.now(),
  setTimer: (ms, fire) => systemClock.setTimer(ms, fire, { background: true }),
};
const usage = { inputTokens: 30, outputTokens: 10 };

describe('An agent in a run that is resumed', () => {
  it('asks its model and its tools for nothing again that is recorded, whatever the moment of the crash', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    await deskFlow().flow.run('go', { executor: new LocalExecutor({ journal: whole }) });
    expect(whole.writes).toBeGreaterThan(5);
    for (let writes = 1; writes < whole.writes; writes++) {
      const journal = new InMemoryJournal();
      const dying = new DyingJournal(journal, writes, 'after');
      const allowance = new Allowance({ name: 'mine', calls: 100 });
      const rateLimit = new RateLimiter({ perMinute: 100 });
      const acquired = jest.spyOn(rateLimit, 'acquire');
      const { flow, model, looked, memory } = deskFlow();
      const accompanied = { allowances: [allowance], rateLimit, memory };
      const about = { runId: 'r', userId: 'alice' };
      void flow.run('go', { ...about, executor: new LocalExecutor({ journal: dying, ...accompanied }) });
      await dying.died;
      const executor = new LocalExecutor({ journal, ...accompanied });
      const result = await flow.resume('r', { takeOver: true, executor });
      expect(result.output).toBe('done, done');
      // What was made and not yet recorded when the process died is made again: one call at most.
      const asked = model.requests.length;
      expect([writes, asked === 4 || asked === 5]).toEqual([writes, true]);
      expect(looked.length).toBeLessThanOrEqual(3);
      expect([(await allowance.used('alice')).calls, acquired.mock.calls.length]).toEqual([asked, asked]);
      expect(result.usage).toMatchObject({ calls: 4, totalTokens: 160 });
      expect(result.steps.map(({ node, usage: used }) => [node, used?.calls])).toEqual([
        ['first', 2],
        ['second', 2],
      ]);
      const { episodes } = await memory.export({ userId: 'alice' });
      expect(episodes.map(({ id, output }) => [id, output])).toEqual([
        ['r/first/1', 'done'],
        ['r/second/1', 'done, done'],
      ]);
    }
  });

  it.each([
    ['one after the other', false],
    ['at once', true],
  ])(
    'gives tools that run a workflow what that very call began, %s, whatever the moment of the crash',
    async (_, atOnce) => {
      const upper = new Workflow<{ text: string }>('upper')
        .addNode('raise', async ({ text }: { text: string }) => {
          for (let hop = text === 'one' ? 3 : 0; hop > 0; hop--) await settled(); // the first to begin is the last to end
          return text.toUpperCase();
        })
        .setStart('raise');
      const words = ['one', 'two'];
      const make = () => {
        const model = new AnsweringModel(({ messages }) => {
          const told = messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
          if (told.length === words.length) return told.join();
          const wanted = atOnce ? words : [words[told.length]];
          return { toolCalls: wanted.map((text, at) => callOf('upper', { text }, `c${told.length + at}`)) };
        });
        const input = z.object({ text: z.string() });
        return Workflow.chain([new Agent({ name: 'desk', model, tools: [upper.asTool({ input })] })]);
      };
      const whole = new DyingJournal(new InMemoryJournal(), Infinity);
      await make().run('go', { executor: new LocalExecutor({ journal: whole }) });
      for (let writes = 1; writes < whole.writes; writes++) {
        const journal = new InMemoryJournal();
        const dying = new DyingJournal(journal, writes, 'after');
        const flow = make();
        void flow.run('go', { runId: 'r', executor: new LocalExecutor({ journal: dying, clock: BACKGROUND }) });
        await dying.died;
        const result = await flow.resume('r', { takeOver: true, executor: new LocalExecutor({ journal }) });
        expect([writes, result.output]).toEqual([writes, 'ONE,TWO']);
      }
    },
  );

  it('U3 has used what an earlier execution had, wherever its models were asked, and gets no new budget', async () => {
    const { usage: all } = await busyFlow().flow.run('go');
    expect(all.calls).toBe(10);
    for (const calls of [10, 9]) {
      const whole = new DyingJournal(new InMemoryJournal(), Infinity);
      await busyFlow()
        .flow.run('go', { budget: { calls }, executor: new LocalExecutor({ journal: whole }) })
        .catch(() => undefined);
      for (let writes = 1; writes < whole.writes; writes++) {
        const journal = new InMemoryJournal();
        const dying = new DyingJournal(journal, writes, 'after');
        const { flow, model } = busyFlow();
        const about = { runId: 'r', budget: { calls } };
        void flow
          .run('go', { ...about, executor: new LocalExecutor({ journal: dying, clock: BACKGROUND }) })
          .catch(() => undefined);
        await dying.died;
        const resumed = flow.resume('r', { takeOver: true, executor: new LocalExecutor({ journal }) });
        if (calls === 10) expect([writes, (await resumed).usage]).toEqual([writes, all]);
        else await expect(resumed).rejects.toThrow('BUDGET_EXCEEDED');
        // What was asked and not yet recorded when the process died is asked again: one call at most.
        expect(model.requests.length).toBeLessThanOrEqual(calls + 1);
      }
    }
  });

  it('asks no person, no hook and no guardrail again about what is recorded, though they would answer otherwise now', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    const all = guardedFlow();
    const { output: expected } = await all.flow.run('go', { executor: new LocalExecutor({ journal: whole }) });
    expect(expected).toBe('go, as said in 1; pay WITHHELD; buy bought 2; drop DENIED; pay WITHHELD');
    expect(all.asked).toEqual(['pay in 1', 'buy in 1', 'drop in 1']);
    const ends = new Set<string>();
    for (let writes = 1; writes < whole.writes; writes++) {
      const journal = new InMemoryJournal();
      const dying = new DyingJournal(journal, writes, 'after');
      const { flow, asked, paid, startAnew } = guardedFlow();
      void flow.run('go', { runId: 'r', executor: new LocalExecutor({ journal: dying, clock: BACKGROUND }) });
      await dying.died;
      startAnew();
      const { output } = await flow.resume('r', { takeOver: true, executor: new LocalExecutor({ journal }) });
      ends.add(output);
      const [said, first, bought, , last] = output.split('; ');
      // Which process has judged each of them: what is recorded stays, and what comes after it is judged anew.
      const judged = [
        said!.endsWith('1'),
        first === 'pay WITHHELD',
        bought === 'buy bought 2',
        last === 'pay WITHHELD',
      ].map((isEarly) => (isEarly ? 1 : 2));
      expect([writes, judged]).toEqual([writes, [...judged].sort()]);
      // Nobody is asked again about a tool that may run from now on.
      expect([writes, first !== 'pay DENIED', asked.includes('pay in 2')]).toEqual([
        writes,
        first !== 'pay DENIED',
        first === 'pay DENIED',
      ]);
      expect(paid.length).toBeLessThanOrEqual(3); // one call, at most, that was made and not recorded
    }
    expect(ends).toContain(expected);
    expect(ends.size).toBeGreaterThan(4);
  });

  it('that is run by itself goes on with what its own call said, whoever has run the agent since', async () => {
    const trustedCaller = { authentication: { trustedCaller: true } };
    const executor = new LocalExecutor({ journal: new InMemoryJournal(), durability: trustedCaller });
    const model = new AnsweringModel((request) =>
      isAfterTools(request) ? 'done' : { toolCalls: [callOf('ask', { input: 'x' })] },
    );
    const ask = new Workflow<string>('ask').addApproval('boss', (title: string) => ({ title }), { users: ['boss'] });
    const agent = new Agent({ name: 'desk', model, tools: [ask.setStart('boss').asTool()] });
    const mine = tool({ name: 'mine', description: 'Of carol alone.', run: () => 'secret' });
    const calls = { alice: { tone: 'Sing.' }, bob: { tone: 'Hum.' }, carol: { tone: 'Shout.', tools: [mine] } };
    for (const [userId, said] of Object.entries(calls))
      await expect(agent.run('go', { userId, ...said, executor })).rejects.toMatchObject({ code: 'RUN_SUSPENDED' });
    const waits = await executor.approvals.list({ user: 'boss' });
    expect(waits).toHaveLength(3);
    const of = (userId: string): string => waits.find((wait) => wait.userId === userId)!.runId;
    for (const { id, digest, userId } of waits.filter(({ userId }) => userId !== 'carol')) {
      const before = model.requests.length;
      await executor.approvals.decide(id, { actor: { userId: 'boss' }, outcome: 'approved', digest });
      while (model.requests.length === before) await settled();
      const { messages, tools } = model.requests.at(-1)!;
      expect(messages[0]!.content).toBe(`Response tone: ${calls[userId as 'alice' | 'bob'].tone}`);
      expect(tools!.map(({ name }) => name)).toEqual(['ask']);
    }
    // Asked again under its id, it is the same run.
    expect((await agent.run('go', { runId: of('alice'), userId: 'alice', executor })).output).toBe('done');
    expect(model.requests).toHaveLength(5);
  });

  it('asks nobody again about a tool that has waited for a person, and tells the model what came of it', async () => {
    const trustedCaller = { authentication: { trustedCaller: true } };
    const executor = new LocalExecutor({ journal: new InMemoryJournal(), durability: trustedCaller });
    const refund = new Workflow<{ euros: number }>('refund')
      .addNode('note', ({ euros }: { euros: number }) => euros, { input: z.object({ euros: z.number() }) })
      .addApproval('boss', (euros: number) => ({ title: `${euros} euros` }), { users: ['boss'] })
      .addNode('pay', ({ outcome }: { outcome: string }) => `${outcome}, and paid`)
      .setStart('note')
      .addEdge('note', 'boss')
      .addEdge('boss', 'pay');
    const asked: unknown[] = [];
    const model = new AnsweringModel((request) =>
      isAfterTools(request) ? request.messages.at(-1)!.content : { toolCalls: [callOf('refund', { euros: 900 })] },
    );
    const agent = new Agent({
      name: 'desk',
      model,
      tools: [refund.asTool({ approval: true })],
      approve: ({ arguments: given }) => (asked.push(given), { decision: 'edit', arguments: { euros: 100 } }),
    });
    const flow = Workflow.chain({ desk: agent });
    expect((await flow.run('go', { runId: 'r', executor })).status).toBe('suspended');
    const [wait] = await executor.approvals.list({ user: 'boss' });
    expect(wait!.title).toBe('100 euros');
    await executor.approvals.decide(wait!.id, { actor: { userId: 'boss' }, outcome: 'approved', digest: wait!.digest });
    expect((await flow.resume('r', { executor })).output).toBe('approved, and paid');
    expect([asked, model.requests.length]).toEqual([[{ euros: 900 }], 2]);
  });

  it('is refused limits of one call, without which it would go on; those of the run around and of the executor hold', async () => {
    const desk = new Agent({ name: 'desk', model: new AnsweringModel(() => 'ok') });
    const flow = Workflow.chain([desk]);
    const guardrails = { input: [{ name: 'no', check: () => ({ verdict: 'block' }) as const }] };
    const limits = {
      guardrails,
      rateLimit: new RateLimiter({ perMinute: 1 }),
      allowances: [new Allowance({ name: 'mine', calls: 1 })],
    };
    const journal = new InMemoryJournal();
    for (const [option, value] of Object.entries(limits)) {
      const refused = { code: 'INVALID_RUN_OPTION', message: expect.stringContaining(`option ${option} is`) as string };
      const asked = { [option]: value, executor: new LocalExecutor({ journal }) };
      await expect(flow.run('go', asked)).rejects.toMatchObject(refused);
      await expect(desk.run('go', asked)).rejects.toMatchObject(refused);
    }
    expect(await journal.runs({ tenant: '', limit: 9 })).toEqual([]);
    const executor = new LocalExecutor({ journal });
    expect((await flow.run('go', { rateLimit: null, executor })).output).toBe('ok');
    const asking = new Workflow<string>('asking').addNode(
      'ask',
      async (x: string) => (await desk.run(x, { guardrails })).reason,
    );
    expect((await asking.setStart('ask').run('go', { executor })).output).toBe('guardrail');
    const guarded = flow.run('go', { executor: new LocalExecutor({ journal, guardrails }) });
    await expect(guarded).rejects.toMatchObject({ code: 'AGENT_INTERRUPTED' });
  });

  it('remembers what two functions of one step have asked as two episodes', async () => {
    const memory = new InMemoryMemory();
    const agent = new Agent({ name: 'desk', model: new AnsweringModel(() => 'ok'), memory });
    const look = step('look', async (about: string) => (await agent.run(about)).output);
    const flow = new Workflow<string>('flow')
      .addNode('both', async () => [await look('a'), await look('b')])
      .setStart('both');
    await flow.run('go', { userId: 'alice', executor: new LocalExecutor({ journal: new InMemoryJournal() }) });
    const { episodes } = await memory.export({ userId: 'alice' });
    expect(episodes.map(({ input }) => input)).toEqual(['a', 'b']);
  });
});

/** Asks models wherever a run can: in an attempt that fails, a step that fails for good, a router, items, a tool, a function. */
function busyFlow() {
  const model = new AnsweringModel((request) => {
    const isBoss = request.tools !== undefined && !isAfterTools(request);
    return isBoss ? { toolCalls: [callOf('clerk', { input: 'x' })], usage } : { content: 'ok', usage };
  });
  const clerk = new Agent({ name: 'clerk', model });
  const boss = new Agent({ name: 'boss', model, tools: [clerk.asTool()] });
  const ask = async (text: unknown): Promise<string> => (await clerk.run(text)).output;
  const look = step('look', ask);
  const fail = (): never => {
    throw new TypeError('no');
  };
  const flow = new Workflow<string>('busy')
    .addNode('flaky', async (text: string, { attempt }: StepContext) => (await ask(text), attempt) < 2 && fail(), {
      retry: { maximumAttempts: 2, initialInterval: 0 },
    })
    .addNode('broken', async (text: unknown) => (await ask(text), fail()), { onError: 'mend' })
    .addNode('mend', () => ['a', 'b'])
    .addMap('each', ask, { concurrency: 1 })
    .addNode('boss', boss)
    .addNode('look', look)
    .setStart('flaky')
    .addEdge('flaky', 'broken')
    .addRouter('mend', ask, { ok: 'each' })
    .addEdge('each', 'boss')
    .addEdge('boss', 'look');
  return { flow, model };
}

/** An agent whose calls are judged by a person, a hook and guardrails, all of which say something else in another process. */
function guardedFlow() {
  let process = 1;
  const [asked, paid]: [string[], string[]] = [[], []];
  const input = z.object({ n: z.number() });
  const make = (name: string, run: (given: { n: number }) => string) =>
    tool({ name, description: 'Does it.', input, approval: true, run });
  const tools = [
    make('pay', ({ n }) => (paid.push(`${n}`), `paid ${n}`)),
    make('buy', ({ n }) => `bought ${n}`),
    make('drop', () => 'dropped'),
  ];
  const wanted = ['pay', 'buy', 'drop', 'pay'];
  const model = new AnsweringModel(({ messages }) => {
    const told = messages.flatMap((message) => (message.role === 'tool' ? [message] : []));
    const next = wanted[told.length];
    if (next !== undefined) return { toolCalls: [callOf(next, { n: 1 }, `c${told.length}`)] };
    const said = told.map(({ name, content }) => `${name} ${/^[A-Z]+(?=:)/.exec(content)?.[0] ?? content}`);
    return [messages.find(({ role }) => role === 'user')!.content, ...said].join('; ');
  });
  const agent = new Agent({
    name: 'desk',
    model,
    tools,
    beforeTool: [({ tool: name }) => (name === 'buy' && process === 2 ? 'the office is closed' : undefined)],
    approve: ({ tool: name }) => {
      asked.push(`${name} in ${process}`);
      if (name === 'buy') return { decision: 'edit', arguments: { n: process + 1 } };
      return name === 'pay' && process === 1 ? { decision: 'allow', remember: true } : false;
    },
    guardrails: {
      input: [{ name: 'when', check: (text) => ({ verdict: 'annotate', text: `${text}, as said in ${process}` }) }],
      toolResult: [
        {
          name: 'amounts',
          check: (text) => (text.startsWith('paid') && process === 1 ? { verdict: 'block' } : true),
        },
      ],
    },
  });
  const flow = Workflow.chain({ desk: agent });
  return { flow, asked, paid, startAnew: () => void process++ };
}

/** Two agents one after the other; each asks its model, a tool, and its model again. */
function deskFlow() {
  const looked: string[] = [];
  const look = tool({
    name: 'look',
    description: 'Looks.',
    run: (_, { idempotencyKey }) => void looked.push(idempotencyKey),
  });
  const model = new AnsweringModel((request) => {
    if (!isAfterTools(request)) return { toolCalls: [callOf('look')], usage };
    const { content } = request.messages.findLast(({ role }) => role === 'user')!;
    return { content: content === 'go' ? 'done' : `${content}, done`, usage };
  });
  const memory = new InMemoryMemory();
  const agent = new Agent({ name: 'desk', model, tools: [look] });
  return { flow: Workflow.chain({ first: agent, second: agent }), model, looked, memory };
}
