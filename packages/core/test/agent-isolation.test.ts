import { Agent, InMemoryMemory, tool, Workflow, type ModelRequest, type RunEvent, type Tool } from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';
import { AnsweringModel, callOf, isAfterTools } from './support/answering-model.js';

const inputOf = ({ messages }: ModelRequest): string => messages.findLast(({ role }) => role === 'user')!.content;
const systemOf = ({ messages }: ModelRequest): string => messages.find(({ role }) => role === 'system')?.content ?? '';

describe('Two hundred users at once on one agent and one memory', () => {
  const USERS = 200;
  /** No mark is part of another one. */
  const markOf = (user: number): string => `<u${user}>`;
  const marksIn = (value: unknown): string[] => [...new Set(JSON.stringify(value).match(/<u\d+>/g))];

  const isOdd = (user: number): boolean => user % 5 === 3;
  const kinds = ['answers', 'answers', 'breaks its model', 'breaks its tool', 'is cancelled'] as const;

  it('see nothing of each other: in prompts, tools, memory, events, results and errors, also after failures', async () => {
    const memory = new InMemoryMemory();
    const inTools: string[] = [];
    const look = tool({
      name: 'look',
      description: 'Looks.',
      input: z.object({ mark: z.string() }),
      run: async ({ mark }, { run, emit }) => {
        for (let hop = Number(mark.at(-2)); hop > 0; hop--) await settled();
        if (run.userId !== mark || run.metadata['mark'] !== mark || !run.sessionId.includes(mark)) inTools.push(mark);
        await memory.learn(run, { subject: mark, predicate: 'looked', object: mark, sessionId: run.sessionId });
        emit('looked', mark);
        if (/[38]>$/.test(mark)) throw new TypeError(`broken for ${mark}`);
        return `saw ${mark}`;
      },
    });
    const model = new AnsweringModel(async (request, { onDelta, signal }) => {
      const mark = inputOf(request).match(/<u\d+>/)![0];
      const user = Number(mark.slice(2, -1));
      for (let hop = user % 7; hop > 0; hop--) await settled();
      if (!isAfterTools(request)) return { toolCalls: [callOf('look', { mark })] };
      if (user % 5 === 2) throw new TypeError(`no answer for ${mark}`);
      if (user % 5 === 4)
        await new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason as Error)));
      onDelta?.({ type: 'text', text: `done ${mark}` });
      return { content: `done ${mark}`, usage: { inputTokens: user, outputTokens: 1 } };
    });
    const agent = new Agent({ name: 'a', model, tools: [look], instructions: 'Help.' });
    const flow = Workflow.chain([agent], { memory });
    const round = (turn: number): Promise<[RunEvent[], unknown][]> =>
      Promise.all(
        Array.from({ length: USERS }, async (_, user): Promise<[RunEvent[], unknown]> => {
          const mark = markOf(user);
          const controller = new AbortController();
          const events: RunEvent[] = [];
          let thrown: unknown;
          try {
            for await (const event of flow.stream(`${turn} ${mark}`, {
              userId: mark,
              sessionId: `s${mark}`,
              metadata: { mark },
              tone: `Speak like ${mark}.`,
              signal: controller.signal,
            })) {
              events.push(event);
              if (event.type === 'tool.returned' && kinds[user % 5] === 'is cancelled') controller.abort();
            }
          } catch (error) {
            thrown = error;
          }
          return [events, thrown];
        }),
      );
    for (const rounds of [await round(1), await round(2)]) {
      for (const [user, [events, thrown]] of rounds.entries()) {
        expect(marksIn(events)).toEqual([markOf(user)]);
        const last = { 2: 'run.failed', 4: 'run.cancelled' }[user % 5] ?? 'run.completed';
        expect(events.at(-1)!.type).toBe(last);
        if (thrown !== undefined)
          expect(marksIn([String(thrown), String((thrown as Error).cause)]).length).toBeLessThan(2);
        expect(ofType(events, 'agent.started')[0]!.tone).toBe(`Speak like ${markOf(user)}.`);
        expect(ofType(events, 'tool.returned')[0]!.isError).toBe(isOdd(user));
      }
    }
    expect(inTools).toEqual([]);
    expect(model.requests.length).toBeGreaterThanOrEqual(USERS * 3);
    for (const request of model.requests) {
      expect(marksIn(request)).toHaveLength(1);
      expect(systemOf(request)).toContain(`Response tone: Speak like ${marksIn(request)[0]!}.`);
    }
    for (let user = 0; user < USERS; user++) {
      const stored = await memory.export({ userId: markOf(user) });
      expect(marksIn(stored)).toEqual([markOf(user)]);
      expect(stored.episodes.map(({ input }) => input)).toEqual(
        [2, 4].includes(user % 5) ? [] : [`1 ${markOf(user)}`, `2 ${markOf(user)}`],
      );
    }
    expect((await memory.export({ userId: undefined })).episodes).toEqual([]);
  });

  it('hear in their next turn what they said before, and nobody else said', async () => {
    const memory = new InMemoryMemory();
    const model = new AnsweringModel((request) => `heard ${inputOf(request)}`);
    const agent = new Agent({ name: 'a', model, memory });
    const users = Array.from({ length: USERS }, (_, user) => markOf(user));
    const ask = (text: string): Promise<unknown> =>
      Promise.all(users.map((userId) => agent.run(`${text} ${userId}`, { userId, sessionId: 'the same' })));
    await ask('first');
    await ask('second');
    for (const request of model.requests.slice(USERS)) {
      const [mark] = marksIn(request);
      expect(request.messages.map(({ content }) => content)).toEqual([
        `first ${mark!}`,
        `heard first ${mark!}`,
        `second ${mark!}`,
      ]);
    }
  });

  it('find an agent after a failure as it was before', async () => {
    let isBroken = true;
    const model = new AnsweringModel((request) => {
      if (isBroken) throw new TypeError('down');
      return systemOf(request);
    });
    const agent = new Agent({ name: 'a', model, instructions: 'Help.' });
    const memory = new InMemoryMemory();
    await thrownBy(() => agent.run('x', { userId: 'ada', tone: 'Shout.', memory, metadata: { a: 1 } }));
    isBroken = false;
    const { events } = await collectEvents(agent.stream('y'));
    expect(ofType(events, 'run.completed').at(-1)!.output).toMatchObject({ output: 'Help.' });
    expect(ofType(events, 'agent.started')[0]).toMatchObject({ tone: undefined, memorySession: undefined });
    expect(ofType(events, 'run.started')[0]!.userId).toBeUndefined();
  });
});

/** A workflow with an agent, that has a tool that is a workflow with an agent, that has one with a step. */
function threeLevels(options: { ambient?: boolean; clock?: VirtualClock; onDeepest?: () => Promise<string> } = {}) {
  const { ambient, clock, onDeepest } = options;
  const usage = { inputTokens: 10, outputTokens: 1 };
  const seen: unknown[] = [];
  const signals: AbortSignal[] = [];
  const model = new AnsweringModel((request, { signal }) => {
    signals.push(signal!);
    const [next] = request.tools ?? [];
    if (next === undefined || isAfterTools(request)) return { content: `${inputOf(request)}!`, usage };
    return { toolCalls: [callOf(next.name, { input: `${inputOf(request)}>` })], usage };
  }, 'gpt-4.1');
  const level = (name: string, below?: Workflow<string, string>): Workflow<string, string> => {
    const tools: Tool[] = below === undefined ? [] : [below.asTool({ description: 'Goes deeper.' }) as Tool];
    return new Workflow<string>(name, { ambient, ...(name === 'one' ? { clock } : {}) })
      .addNode('look', (text: string, context) => {
        const { run, signal } = context;
        signals.push(signal);
        seen.push([
          name,
          run.userId,
          run.sessionId,
          run.metadata,
          run.tone,
          run.memory !== undefined,
          run.runId,
          run.parentRunId,
        ]);
        return name === 'three' && onDeepest !== undefined ? onDeepest() : text;
      })
      .addNode('ask', new Agent({ name: `agent of ${name}`, model, tools }))
      .setStart('look')
      .addEdge('look', 'ask') as unknown as Workflow<string, string>;
  };
  const flow = level('one', level('two', level('three')));
  return { flow, model, seen, signals };
}

describe.each([true, false])('Workflows in agents in workflows, three deep, with ambient %p', (ambient) => {
  const memory = new InMemoryMemory();
  const options = { userId: 'ada', sessionId: 's', metadata: { k: 1 }, tone: 'Sing.', memory, runId: `r${ambient}` };

  it('have user, session, metadata, tone, memory and run ids; what they use is summed up', async () => {
    const { flow, model, seen } = threeLevels({ ambient });
    const { events } = await collectEvents(flow.stream('x', options));
    const started = ofType(events, 'run.started');
    expect(started.map(({ workflow, parentRunId }) => [workflow, parentRunId])).toEqual([
      ['one', undefined],
      ['two', started[0]!.runId],
      ['three', started[1]!.runId],
    ]);
    expect(seen).toEqual(
      ['one', 'two', 'three'].map((name, depth) => [
        ...[name, 'ada', 's', { k: 1 }, 'Sing.', true],
        ...[started[depth]!.runId, started[depth]!.parentRunId],
      ]),
    );
    expect(model.requests.map(systemOf)).toEqual(Array(5).fill('Response tone: Sing.'));
    const used = { calls: 5, inputTokens: 50, outputTokens: 5, totalTokens: 55 };
    const { usage } = await threeLevels({ ambient }).flow.run('x', { ...options, runId: `again${ambient}` });
    expect(usage).toMatchObject({ ...used, byModel: { 'gpt-4.1': used } });
    expect(ofType(events, 'agent.completed').map(({ agent, usage: own }) => [agent, own.calls])).toEqual([
      ['agent of three', 1],
      ['agent of two', 3],
      ['agent of one', 5],
    ]);
    const { episodes } = await memory.export(options);
    expect(episodes.slice(0, 3).map(({ speaker }) => speaker)).toEqual([
      'agent of three',
      'agent of two',
      'agent of one',
    ]);
    expect((await memory.export({ userId: undefined })).episodes).toEqual([]);
  });

  it.each([1, 2, 3, 4])('stop where the budget of the whole is used up: %p calls', async (calls) => {
    const { flow, model } = threeLevels({ ambient });
    const error = await thrownBy(() => flow.run('x', { budget: { calls } }));
    expect(error).toMatchObject({ code: 'BUDGET_EXCEEDED', where: 'one' });
    expect(model.requests).toHaveLength(calls);
  });

  it('are cancelled together, down to the innermost step, and nothing begins after that', async () => {
    const late = deferred<string>();
    const { flow, model, signals } = threeLevels({ ambient, onDeepest: () => late.promise });
    const handle = flow.start('x', { userId: 'ada', memory });
    for (let turn = 0; turn < 20; turn++) await settled();
    const before = model.requests.length;
    const innermost = signals.at(-1)!;
    handle.cancel('enough');
    late.resolve('too late');
    expect(await handle.result()).toMatchObject({ status: 'cancelled' });
    for (let turn = 0; turn < 20; turn++) await settled();
    expect([innermost.aborted, before, model.requests.length]).toEqual([true, 2, 2]);
    expect(JSON.stringify(await memory.export({ userId: 'ada' }))).not.toContain('too late');
  });
});

describe('Conversations of agents in nested workflows', () => {
  it('are one for each node, also where nodes of outer and inner workflows have the same name', async () => {
    const memory = new InMemoryMemory();
    const model = new AnsweringModel((request) => `${inputOf(request)}.`);
    const [one, two] = ['one', 'two'].map((name) => new Agent({ name, model }));
    const inner = new Workflow<string>('inner').addNode('ask', two!).setStart('ask');
    const flow = Workflow.chain({ ask: one!, inner }, { memory });
    await flow.run('x', { userId: 'ada', sessionId: 's' });
    const said = model.requests.map(({ messages }) => messages.filter(({ role }) => role !== 'system'));
    expect(said.map((messages) => messages.map(({ content }) => content))).toEqual([['x'], ['x.']]);
    const { episodes } = await memory.export({ userId: 'ada' });
    expect(episodes.map(({ sessionId }) => sessionId)).toEqual(['s/ask', 's/inner/ask']);
  });

  it('are one for each node, also where a name looks like a way into a nested workflow', async () => {
    const memory = new InMemoryMemory();
    const model = new AnsweringModel((request) => `${inputOf(request)}.`);
    const inner = new Workflow<string>('inner').addNode('ask', new Agent({ name: 'one', model })).setStart('ask');
    const [two, three] = ['two', 'three'].map((name) => new Agent({ name, model }));
    const flow = Workflow.chain({ inner, 'inner/ask': two!, 'inner%2Fask': three! }, { memory });
    await flow.run('x', { userId: 'ada', sessionId: 's' });
    const said = model.requests.map(({ messages }) => messages.filter(({ role }) => role !== 'system').length);
    expect(said).toEqual([1, 1, 1]);
    const { episodes } = await memory.export({ userId: 'ada' });
    expect(episodes.map(({ sessionId }) => sessionId)).toEqual(['s/inner/ask', 's/inner%2Fask', 's/inner%252Fask']);
  });
});

describe('Conversations of agents in a map', () => {
  it('are one for each item, also in a nested workflow: no item hears what was said of another', async () => {
    const memory = new InMemoryMemory();
    const model = new AnsweringModel((request) => `${inputOf(request)}.`);
    const each = new Agent({ name: 'each', model, recall: 0 });
    const inner = new Workflow<string>('inner').addNode('ask', each).setStart('ask');
    const flow = new Workflow<string[]>('w', { memory, maxConcurrency: 1 })
      .addMap('each', each)
      .addMap('nested', inner)
      .setStart('each')
      .addEdge('each', 'nested');
    const ada = { userId: 'ada', sessionId: 's' };
    await flow.run(['x', 'y'], ada);
    expect(model.requests.map(({ messages }) => messages.map(({ content }) => content))).toEqual([
      ['x'],
      ['y'],
      ['x.'],
      ['y.'],
    ]);
    const { episodes } = await memory.export(ada);
    expect(episodes.map(({ sessionId }) => sessionId)).toEqual([
      's/each/0',
      's/each/1',
      's/nested/0/ask',
      's/nested/1/ask',
    ]);
  });
});

describe('An attempt whose time is up', () => {
  it('aborts the model and the tools; what they say after that changes nothing', async () => {
    const clock = new VirtualClock();
    const memory = new InMemoryMemory();
    const gates = { tool: deferred<string>(), model: deferred<string>() };
    const signals: AbortSignal[] = [];
    let attempt = 0;
    let late: (() => void) | undefined;
    const slow = tool({
      name: 'slow',
      description: 'Waits.',
      run: (_, { signal, emit }) => {
        signals.push(signal);
        late = () => emit('late');
        return gates.tool.promise;
      },
    });
    let tell: ((text: string) => void) | undefined;
    const model = new AnsweringModel(async (_, { signal, onDelta }) => {
      attempt++;
      signals.push(signal!);
      if (attempt === 1) return { toolCalls: [callOf('slow')] };
      if (attempt > 2) return 'in time';
      tell = (text) => onDelta!({ type: 'text', text });
      return gates.model.promise;
    });
    const agent = new Agent({ name: 'a', model, tools: [slow] });
    const flow = new Workflow<string>('w', { clock, memory, cancelGrace: '1s' })
      .addNode('a', agent, { timeout: '10s', retry: { initialInterval: 0 } })
      .setStart('a');
    const collecting = collectEvents(flow.stream('x', { userId: 'ada', runId: 'r' }));
    await clock.advance('1m');
    const { events, lines } = await collecting;
    const before = lines.length;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true, false]);
    expect(clock.pending).toBe(0);
    late!();
    try {
      tell!('late');
    } catch {
      // a model may be told that nobody listens any more
    }
    gates.tool.resolve('late');
    gates.model.resolve('late');
    for (let turn = 0; turn < 5; turn++) await settled();
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: 'in time' });
    expect([attempt, lines.length, clock.pending]).toEqual([3, before, 0]);
    const { episodes } = await memory.export({ userId: 'ada' });
    expect(episodes.map(({ output }) => output)).toEqual(['in time']);
  });

  it('does not let its late pieces and events into those of the next attempt', async () => {
    const clock = new VirtualClock();
    const gate = deferred();
    let attempt = 0;
    let tell: ((text: string) => void) | undefined;
    const model = new AnsweringModel(async (_, { onDelta }) => {
      if (++attempt === 1) {
        tell = (text) => onDelta!({ type: 'text', text });
        await new Promise(() => undefined);
      }
      await gate.promise;
      onDelta!({ type: 'text', text: 'good' });
      return 'good';
    });
    const flow = new Workflow<string>('w', { clock, cancelGrace: 0 })
      .addNode('a', new Agent({ name: 'a', model }), { timeout: '10s', retry: { initialInterval: 0 } })
      .setStart('a');
    const collecting = collectEvents(flow.stream('x'));
    await clock.advance('11s');
    expect(attempt).toBe(2);
    expect(() => tell!('bad')).toThrow(expect.objectContaining({ code: 'STEP_TIMEOUT' }) as Error);
    gate.resolve();
    const { events } = await collecting;
    expect(ofType(events, 'model.delta').map(({ delta }) => delta)).toEqual([{ type: 'text', text: 'good' }]);
  });

  it('remembers no answer that it has found fit too late', async () => {
    const clock = new VirtualClock();
    const memory = new InMemoryMemory();
    const gate = deferred();
    const output = z.object({ n: z.number() }).refine(async ({ n }) => {
      if (n === 1) await gate.promise;
      return true;
    });
    let n = 0;
    const model = new AnsweringModel(() => JSON.stringify({ n: ++n }));
    const flow = new Workflow<string>('w', { clock, memory, cancelGrace: 0 })
      .addNode('a', new Agent({ name: 'a', model, output }), { timeout: '10s', retry: { initialInterval: 0 } })
      .setStart('a');
    const running = flow.run('x', { userId: 'ada' });
    await clock.advance('11s');
    expect((await running).output).toEqual({ n: 2 });
    gate.resolve();
    for (let turn = 0; turn < 5; turn++) await settled();
    const { episodes } = await memory.export({ userId: 'ada' });
    expect(episodes.map(({ output: text }) => text)).toEqual(['{"n":2}']);
  });
});

describe('Budgets while many agents ask at once', () => {
  it.each([
    ['tokens', { tokens: 100 }],
    ['dollars', { usd: 0.0002 }],
  ])('of %s are exceeded by no more than what was under way, and nothing is asked after that', async (_, budget) => {
    const usage = { inputTokens: 100, outputTokens: 0 };
    let open = deferred();
    const model = new AnsweringModel(async () => {
      await open.promise;
      return { content: 'ok', usage };
    }, 'gpt-4.1');
    const agents = Array.from({ length: 40 }, (_unused, index) => new Agent({ name: `a${index}`, model }));
    const running = thrownBy(() => Workflow.parallel(agents, { maxConcurrency: 8 }).run('x', { budget }));
    for (let turn = 0; turn < 5; turn++) await settled();
    expect(model.requests).toHaveLength(8);
    open.resolve();
    open = deferred();
    const error = await running;
    open.resolve();
    await settled();
    expect(error).toMatchObject({ code: 'BUDGET_EXCEEDED' });
    expect(model.requests.length).toBeLessThanOrEqual(8);
    expect(error.partial!.usage.totalTokens).toBeLessThanOrEqual(800);
  });
});
