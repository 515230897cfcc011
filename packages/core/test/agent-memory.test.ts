import {
  Agent,
  Allowance,
  currentContext,
  EchoModel,
  InMemoryJournal,
  InMemoryMemory,
  LocalExecutor,
  RateLimiter,
  tool,
  Workflow,
  type ModelRequest,
  type RunContext,
  type StepContext,
  type Tone,
  type WorkflowOptions,
} from '@drawloom/core';
import { ScriptedModel } from '@drawloom/testing';
import { z } from 'zod';
import { collectEvents, ofType, thrownBy } from './collect-events.js';

const system = ({ messages }: ModelRequest): string =>
  messages
    .filter(({ role }) => role === 'system')
    .map(({ content }) => content)
    .join('\n');
const lines = ({ messages }: ModelRequest): string[] =>
  messages
    .filter(({ role }) => role !== 'system')
    .map(({ role, content, ...more }) => {
      const name = 'name' in more ? ` (${more.name})` : '';
      return `${role}${name}: ${content}`;
    });
const ada = { userId: 'ada', sessionId: 's' };

describe('The memory of an agent', () => {
  it('B128 is that of the workflow: every agent of it writes one episode, under an id that the run gives', async () => {
    const memory = new InMemoryMemory();
    const model = new ScriptedModel(['one', 'two']);
    const flow = Workflow.chain([new Agent({ name: 'a', model }), new Agent({ name: 'b', model })], { memory });
    await flow.run('x', { ...ada, runId: 'r' });
    const { episodes } = await memory.export(ada);
    expect(
      episodes.map(({ id, sessionId, input, output, speaker }) => [id, sessionId, input, output, speaker]),
    ).toEqual([
      ['r/a/1', 's/a', 'x', 'one', 'a'],
      ['r/b/1', 's/b', 'one', 'two', 'b'],
    ]);
    expect((await memory.export({ userId: undefined })).episodes).toEqual([]);
  });

  it.each([
    ['without a journal', (): LocalExecutor => new LocalExecutor()],
    ['with a journal', (): LocalExecutor => new LocalExecutor({ journal: new InMemoryJournal() })],
  ])('B193 has one episode of what a step asks that is tried again, %s', async (_, executor) => {
    const memory = new InMemoryMemory();
    const clerk = new Agent({ name: 'clerk', model: new EchoModel(), memory });
    const keys: string[] = [];
    const inner = new Workflow<string>('inner').addNode(
      'ask',
      async (text: string, { idempotencyKey }: StepContext) => {
        keys.push(idempotencyKey);
        return (await clerk.run(text)).output;
      },
    );
    inner.setStart('ask');
    const flow = new Workflow<string>('outer').addNode(
      'twice',
      async (text: string, { attempt }: StepContext) => {
        await clerk.run(`${text} 1`);
        await clerk.run(`${text} 2`);
        await inner.run(`${text} 3`);
        if (attempt === 1) throw new TypeError('no');
      },
      { retry: { maximumAttempts: 2, initialInterval: 0 } },
    );
    await flow.setStart('twice').run('x', { ...ada, runId: 'r', executor: executor() });
    const { episodes } = await memory.export(ada);
    expect(episodes.map(({ id, input }) => [id, input]).sort()).toEqual([
      ['r/twice/1/clerk/1/clerk/1', 'x 1'],
      ['r/twice/1/clerk/2/clerk/1', 'x 2'],
      ['r/twice/1/inner/1/ask/1/clerk/1/clerk/1', 'x 3'],
    ]);
    expect(keys).toEqual(Array(2).fill('r/twice/1/inner/1/ask/1'));
  });

  it('B129 B130 is its own where it has one; nothing of the run leaks to a later one', async () => {
    const [own, shared, called] = [new InMemoryMemory(), new InMemoryMemory(), new InMemoryMemory()];
    const agent = new Agent({ name: 'a', model: new EchoModel(), memory: own });
    const plain = new Agent({ name: 'b', model: new EchoModel() });
    const fails = (): never => {
      throw new TypeError('no');
    };
    await thrownBy(() => Workflow.chain([agent, plain, fails], { memory: shared }).run('x', ada));
    await Workflow.chain([plain]).run('later', ada);
    await plain.run('called', { ...ada, memory: called });
    await Workflow.chain([new Agent({ name: 'c', model: new EchoModel(), memory: null })], { memory: shared }).run(
      'x',
      ada,
    );
    const counts = await Promise.all(
      [own, shared, called].map(async (m) => (await m.export(ada)).episodes.map((e) => e.speaker)),
    );
    expect(counts).toEqual([['a'], ['b'], ['b']]);
  });

  it('B132 is one for the whole run: what its tools, hooks and guardrails find is what it uses itself', async () => {
    const [own, shared] = [new InMemoryMemory(), new InMemoryMemory()];
    const seen: unknown[] = [];
    const note = (run: RunContext): undefined =>
      void seen.push([run.memory === own, run.tone, run.runId, run.metadata['k']]);
    const inner = new Workflow<string>('inner').addNode('look', (text: string, { run }: StepContext) => {
      note(run);
      return `${text} ${run.parentRunId}`;
    });
    const learn = tool({
      name: 'learn',
      description: 'Learns.',
      run: async (_, { run, signal }) => {
        note(run);
        note(currentContext());
        expect([run.parentRunId, run.userId, run.sessionId, run.signal.aborted]).toEqual([
          undefined,
          'ada',
          's',
          false,
        ]);
        await run.memory!.learn(run, { subject: 'ada', predicate: 'likes', object: 'tea' });
        return (await inner.setStart('look').run('in', { signal, runId: 'n' })).output;
      },
    });
    const agent = new Agent({
      name: 'a',
      model: new ScriptedModel([{ toolCalls: [{ name: 'learn' }] }, 'done']),
      tools: [learn],
      memory: own,
      tone: 'casual',
      beforeTool: [(_, { run }) => note(run)],
      afterTool: [(_, { run }) => note(run)],
      approve: (_, { run }) => (note(run), true),
      guardrails: { input: [{ name: 'g', check: (_, { run }) => (note(run), true) }] },
      learn: ({ run }) => (note(run), []),
    });
    const flow = Workflow.chain([agent], { memory: shared, tone: 'legal' });
    const { output } = await flow.run('x', { ...ada, runId: 'r', metadata: { k: 7 } });
    const [ofRun, ofNested] = [
      [true, 'casual', 'r', 7],
      [true, 'casual', 'n', 7],
    ];
    expect(seen).toEqual([ofRun, ofRun, ofRun, ofRun, ofRun, ofNested, ofRun, ofRun]);
    expect(output).toBe('done');
    expect([(await own.facts(ada)).length, (await shared.facts(ada)).length]).toEqual([1, 0]);
  });

  it('B131 tells the model blocks, facts, other conversations, and what was said in this one', async () => {
    const memory = new InMemoryMemory();
    await memory.setBlock(ada, 'plan', 'Finish the report.');
    await memory.learn(ada, { subject: 'Ada', predicate: 'lives in', object: 'London' });
    await memory.remember(ada, { id: 'old', sessionId: 'other', input: 'report colours', output: 'Blue it is.' });
    const model = new ScriptedModel(['First.', 'Second.']);
    const agent = new Agent({ name: 'a', model, instructions: 'Help.', tone: 'legal' });
    await agent.run('the report', { ...ada, memory });
    await agent.run('the report again', { ...ada, memory });
    expect(system(model.requests[0]!)).toMatch(
      /^Help\.\n\nplan:\nFinish the report\.\n\nWhat is known:\n- Ada lives in London\n\nFrom earlier conversations:\n- asked: report colours\n {2}answered: Blue it is\.\n\nResponse tone: /,
    );
    expect(lines(model.requests[1]!)).toEqual(['user: the report', 'assistant: First.', 'user: the report again']);
    expect(system(model.requests[1]!)).not.toContain('First.'); // it stands in the conversation already
  });

  it('B135 is a conversation of its own for each node; a shared one says who spoke', async () => {
    const memory = new InMemoryMemory();
    const model = new ScriptedModel(['one', 'two', 'three']);
    const [a, b, c] = [
      new Agent({ name: 'a', model, session: 'shared' }),
      new Agent({ name: 'b', model }),
      new Agent({ name: 'c', model, session: 'shared' }),
    ];
    await Workflow.chain([a, b, c], { memory }).run('x', ada);
    expect(lines(model.requests[1]!)).toEqual(['user: one']);
    expect(lines(model.requests[2]!)).toEqual(['user: x', 'assistant (a): one', 'user: two']);
  });

  it('keeps users apart who run the same agent at the same time', async () => {
    const memory = new InMemoryMemory();
    const agent = new Agent({ name: 'a', model: new EchoModel() });
    const flow = Workflow.chain([agent, agent], { memory });
    const users = Array.from({ length: 200 }, (_, index) => `user${index}`);
    await Promise.all(users.map((userId) => flow.run(`secret of ${userId}`, { userId, sessionId: 's' })));
    for (const userId of users) {
      const { episodes } = await memory.export({ userId });
      expect(episodes.map(({ output }) => output)).toEqual([`secret of ${userId}`, `secret of ${userId}`]);
    }
  });

  it('keeps the users of two tenants apart, whose ids and sessions are the same; so do rate limit and allowance', async () => {
    const memory = new InMemoryMemory();
    const model = new ScriptedModel(['acme one', 'zorg one', 'acme two', 'nobody']);
    const daily = new Allowance({ name: 'daily', calls: 2 });
    const rateLimit = new RateLimiter({ perMinute: 2, maxWait: 0 });
    const agent = new Agent({ name: 'a', model, memory, allowances: [daily], rateLimit });
    await agent.run('of acme', { ...ada, tenant: 'acme' });
    await agent.run('of zorg', { ...ada, tenant: 'zorg' });
    await agent.run('again', { ...ada, tenant: 'acme' });
    await agent.run('of none', ada);
    expect(model.requests.map(lines)).toEqual([
      ['user: of acme'],
      ['user: of zorg'],
      ['user: of acme', 'assistant: acme one', 'user: again'],
      ['user: of none'],
    ]);
    const used = async (tenant?: string): Promise<number> => (await daily.used('ada', { tenant })).calls;
    expect([await used('acme'), await used('zorg'), await used()]).toEqual([2, 1, 1]);
    expect((await thrownBy(() => agent.run('x', { ...ada, tenant: 'acme' }))).cause).toMatchObject({
      code: 'RATE_LIMITED',
    });
  });

  it('is left with one episode where a step runs again, and with none where there is no answer', async () => {
    const memory = new InMemoryMemory();
    const model = new ScriptedModel([
      { error: { code: 'MODEL_UNAVAILABLE' } },
      'at last',
      { content: 'cut', finishReason: 'length' },
    ]);
    const agent = new Agent({ name: 'a', model, whenInterrupted: 'continue' });
    const flow = new Workflow('w', { memory }).addNode('a', agent, { retry: { initialInterval: 0 } }).setStart('a');
    await flow.run('x', ada);
    await flow.run('x', ada);
    expect((await memory.export(ada)).episodes.map(({ output }) => output)).toEqual(['at last']);
  });

  it('B226 is left with nothing of a run whose input is held back, or whose answer does not fit its schema', async () => {
    const memory = new InMemoryMemory();
    const input = [{ name: 'no', check: () => ({ verdict: 'block' }) as const }];
    await new Agent({ name: 'a', model: new EchoModel(), memory, guardrails: { input } }).run('x', ada);
    const model = new ScriptedModel(['no JSON', 'still none']);
    const strict = new Agent({ name: 'b', model, memory, output: z.object({ n: z.number() }) });
    expect(await thrownBy(() => strict.run('x', ada))).toMatchObject({ code: 'INVALID_OUTPUT' });
    expect((await memory.export(ada)).episodes).toEqual([]);
  });

  it('hides no answer where it fails, and says so in events', async () => {
    const broken = new Proxy(new InMemoryMemory(), {
      get: (target, key) => (key === 'constructor' ? target.constructor : () => Promise.reject(new TypeError('disk'))),
    });
    const { events } = await collectEvents(
      new Agent({ name: 'a', model: new EchoModel() }).stream('x', { memory: broken }),
    );
    expect(
      ofType(events, 'memory.failed')
        .map(({ operation, error }) => `${operation} ${error.message}`)
        .sort(),
    ).toEqual(['blocks disk', 'facts disk', 'history disk', 'recall disk', 'remember disk']);
    expect(ofType(events, 'run.completed').at(-1)!.output).toMatchObject({ output: 'x' });
  });

  it('hides no answer where it gives what is none, and tells the model the rest', async () => {
    const memory = new InMemoryMemory();
    await memory.setBlock(ada, 'plan', 'Finish the report.');
    const odd: Record<string, unknown> = { facts: 'none', recall: [{}], history: undefined };
    const broken = new Proxy(memory, {
      get: (target, key) => {
        if (String(key) in odd) return async () => odd[String(key)];
        const value: unknown = Reflect.get(target, key);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    const model = new ScriptedModel(['done']);
    const { events } = await collectEvents(new Agent({ name: 'a', model }).stream('x', { ...ada, memory: broken }));
    expect(
      ofType(events, 'memory.failed')
        .map(({ operation }) => operation)
        .sort(),
    ).toEqual(['facts', 'history', 'recall']);
    expect(system(model.requests[0]!)).toBe('plan:\nFinish the report.');
  });
});

describe('The tone of an agent', () => {
  const levels: (Tone | null | undefined)[] = [undefined, null, 'legal', 'Sing.'];
  const cases = levels.flatMap((call) =>
    levels.flatMap((own) => levels.flatMap((inner) => levels.map((outer) => ({ call, own, inner, outer })))),
  );

  it.each(cases)(
    'B137 B143 is what the innermost says: $call, $own, $inner, $outer',
    async ({ call, own, inner, outer }) => {
      const model = new ScriptedModel(['ok']);
      const agent = new Agent({ name: 'a', model, instructions: 'Help.', tone: own });
      const tone = (value: Tone | null | undefined): WorkflowOptions => ({ tone: value });
      const step = async (x: string): Promise<string> => (await agent.run(x, { tone: call })).output;
      const flow = Workflow.chain([Workflow.chain([step], tone(inner))], tone(outer));
      const { events } = await collectEvents(flow.stream('x'));
      const effective = [call, own, inner, outer].find((value) => value !== undefined) ?? undefined;
      expect(ofType(events, 'agent.started')[0]!.tone).toBe(effective);
      const told = system(model.requests[0]!);
      if (effective === undefined) expect(told).toBe('Help.');
      else
        expect(told).toMatch(
          effective === 'legal' ? /^Help\.\n\nResponse tone: .*legal/ : /^Help\.\n\nResponse tone: Sing\.$/,
        );
    },
  );

  it('B141 does not leak to a later run, also after failure; B142 the instructions stay what they are', async () => {
    const model = new ScriptedModel(['a', { error: { code: 'MODEL_FAILED' } }, 'b']);
    const agent = new Agent({ name: 'a', model, instructions: 'Help.' });
    await Workflow.chain([agent]).run('x', { tone: 'legal' });
    await thrownBy(() => Workflow.chain([agent], { tone: 'casual' }).run('x'));
    await agent.run('x');
    expect(model.requests.map(system).map((text) => text.includes('tone'))).toEqual([true, true, false]);
  });
});

describe('Agents that are tools of another', () => {
  const worker = (settings: object = {}): Agent =>
    new Agent({ name: 'worker', model: new ScriptedModel([{ content: 'worked' }]), ...settings });

  /** What the worker has written, and what it was told of a tone. */
  async function work(own: object): Promise<{ remembered: boolean; told: string }> {
    const memory = new InMemoryMemory();
    const model = new ScriptedModel([{ content: 'worked' }]);
    const coordinator = new Agent({
      name: 'coordinator',
      model: new ScriptedModel([{ toolCalls: [{ name: 'worker', arguments: { input: 'go' } }] }, { content: 'done' }]),
      memory,
      tone: 'legal',
      tools: [worker({ model, ...own }).asTool({ description: 'Works.' })],
    });
    await coordinator.run('start', { userId: 'alice', sessionId: 's' });
    const found = await memory.recall({ userId: 'alice' }, 'worked');
    return { remembered: found.length > 0, told: model.requests[0]!.messages[0]!.content };
  }

  it('inherit memory and tone of their coordinator, where they say nothing themselves (B136)', async () => {
    const { remembered, told } = await work({});
    expect([remembered, told.includes('legal language')]).toEqual([true, true]);
  });

  it('keep what they say themselves, null included (B136)', async () => {
    const { remembered, told } = await work({ memory: null, tone: 'casual' });
    expect([remembered, told.includes('everyday words')]).toEqual([false, true]);
  });
});
