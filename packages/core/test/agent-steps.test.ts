import {
  Agent,
  agentStep,
  EchoModel,
  InMemoryMemory,
  tool,
  Workflow,
  type AgentResult,
  type StepContext,
} from '@drawloom/core';
import { ScriptedModel } from '@drawloom/testing';
import { z } from 'zod';
import { thrownBy } from './collect-events.js';
import { objectSchema } from './support/object-schema.js';

const echo = new Agent({ name: 'echo', model: new EchoModel(), tone: 'casual' });

/** An object with the number `n`, as a model and as a validator see it. */
const json = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false };
const numbered = objectSchema({ n: 'number' }, { jsonSchema: { input: () => json, output: () => json } });
const text = objectSchema(
  {},
  { jsonSchema: { input: () => ({ type: 'string' }), output: () => ({ type: 'string' }) } },
);

describe('An agent as a step that is asked in its own way', () => {
  it('is given a prompt made of what arrives (B150, B152)', async () => {
    const built = new Workflow<{ title: string }>('review')
      .addNode(
        'critique',
        agentStep(echo, { prompt: ({ title }: { title: string }) => `What is missing from ${title}?` }),
      )
      .setStart('critique');
    expect((await built.run({ title: 'the report' })).output).toBe('What is missing from the report?');
    const asJson = new Workflow('w').addNode('a', agentStep(echo, { prompt: (n: number) => ({ n }) })).setStart('a');
    expect((await asJson.run(7)).output).toBe('{"n":7}');
  });

  it('may have another model, output and tone than the agent has elsewhere', async () => {
    const model = new ScriptedModel([{ content: '{"n":3}' }]);
    const built = new Workflow('w')
      .addNode('count', agentStep(echo, { model, output: numbered, tone: 'legal' }))
      .setStart('count');
    expect((await built.run('how many?')).output).toEqual({ n: 3 });
    const [system] = model.requests[0]!.messages;
    expect(system!.content).toContain('Response tone: Write in careful legal language');
    expect((await echo.run('still itself')).output).toBe('still itself');
  });

  it('clears the tone with null', async () => {
    const model = new ScriptedModel([{ content: 'done' }]);
    await new Workflow('w')
      .addNode('a', agentStep(echo, { model, tone: null }))
      .setStart('a')
      .run('x');
    expect(model.requests[0]!.messages.map(({ role }) => role)).toEqual(['user']);
  });

  it('passes on what is selected of the result', async () => {
    const select = ({ output, turns }: AgentResult): string => `${output} in ${turns}`;
    const built = new Workflow('w').addNode('a', agentStep(echo, { select })).setStart('a');
    expect((await built.run('x')).output).toBe('x in 1');
  });

  it('may stand in several nodes, each with a conversation of its own', async () => {
    const memory = new InMemoryMemory();
    const model = new ScriptedModel([{ content: 'one' }, { content: 'two' }, { content: 'three' }]);
    const built = Workflow.chain({ first: agentStep(echo, { model }), second: agentStep(echo, { model }) }, { memory });
    await built.run('go', { userId: 'alice', sessionId: 's' });
    expect((await memory.history({ userId: 'alice' }, 's/first')).map(({ text }) => text)).toEqual(['go', 'one']);
    expect((await memory.history({ userId: 'alice' }, 's/second')).map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('may bring tools and another memory, for this node only (B152)', async () => {
    const [own, here] = [new InMemoryMemory(), new InMemoryMemory()];
    const look = tool({ name: 'look', description: 'Looks.', run: () => 'seen' });
    const peek = tool({ name: 'peek', description: 'Peeks.', run: () => 'peeked' });
    const script = [{ toolCalls: [{ name: 'peek' }, { name: 'look' }] }, 'done', 'again'];
    const model = new ScriptedModel(script);
    const agent = new Agent({ name: 'a', model, tools: [look], memory: own });
    const built = Workflow.chain({ here: agentStep(agent, { tools: [peek], memory: here }), there: agent });
    await built.run('go', { userId: 'alice' });
    const namesOf = (index: number): unknown => model.requests[index]!.tools?.map(({ name }) => name);
    expect([namesOf(0), namesOf(2)]).toEqual([['look', 'peek'], ['look']]);
    expect(model.requests[1]!.messages.slice(-2).map(({ content }) => content)).toEqual(['peeked', 'seen']);
    const counts = await Promise.all([own, here].map(async (m) => (await m.profile({ userId: 'alice' })).episodes));
    expect(counts).toEqual([1, 1]);
    const once = new ScriptedModel([{ toolCalls: [{ name: 'peek' }] }, 'done']);
    expect((await agent.run('x', { model: once, tools: [peek] })).toolCalls[0]!.outcome).toBe('returned');
    for (const tools of [[look], [3], peek]) {
      const wrong = (): unknown => agent.run('x', { tools: tools as never });
      expect(await thrownBy(wrong)).toMatchObject({ code: 'INVALID_OPTION' });
    }
  });

  it('keeps an episode of each time that it is asked within one node, and replaces them in another attempt (B193)', async () => {
    const memory = new InMemoryMemory();
    let isFirst = true;
    const asked = agentStep(echo, {});
    const twice = {
      runStep: async (input: string, context: StepContext) => {
        const first = await asked.runStep(input, context);
        const second = await asked.runStep(`${first} again`, context);
        if (!(isFirst = !isFirst)) throw new TypeError('once more');
        return second;
      },
    };
    const built = new Workflow<string>('w', { memory })
      .addNode('twice', twice as never, { retry: { maximumAttempts: 2, initialInterval: 0 } })
      .setStart('twice');
    await built.run('x', { userId: 'alice', runId: 'r' });
    const { episodes } = await memory.export({ userId: 'alice' });
    expect(episodes.map(({ id, output }) => [id, output])).toEqual([
      ['r/twice/1', 'x'],
      ['r/twice/1/2', 'x again'],
    ]);
  });

  it('is refused what it cannot be', async () => {
    expect(await thrownBy(() => agentStep('echo' as never))).toMatchObject({ code: 'INVALID_STEP' });
    expect(await thrownBy(() => agentStep(echo, { promt: String } as never))).toMatchObject({
      code: 'INVALID_OPTION',
      fix: 'change it to "prompt"',
    });
    for (const wrong of [{ select: 3 }, { tone: 3 }, { memory: {} }])
      expect(await thrownBy(() => agentStep(echo, wrong as never))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('A workflow as a tool of an agent', () => {
  const double = new Workflow<{ n: number }>('double it')
    .addNode('double', ({ n }: { n: number }) => n * 2, { input: numbered as never })
    .setStart('double');

  it('takes what the step takes that it begins with, by name and type', async () => {
    const model = new ScriptedModel([
      { toolCalls: [{ name: 'double_it', arguments: { n: 21 } }] },
      { expect: { lastRole: 'tool' }, content: 'done' },
    ]);
    const agent = new Agent({ name: 'a', model, tools: [double.asTool({ description: 'Doubles a number.' })] });
    const { toolCalls } = await agent.run('double 21');
    expect(toolCalls).toMatchObject([{ tool: 'double_it', outcome: 'returned', result: '42' }]);
    expect(model.requests[0]!.tools).toMatchObject([{ parameters: { type: 'object', required: ['n'] } }]);
  });

  it('B145 B146 has all of the context of the agent that calls, under a run id of its own', async () => {
    let seen: unknown;
    const look = new Workflow<string>('look').addNode('look', (text: string, { run }) => {
      const { tenant, userId, sessionId, metadata, parentRunId, runId } = run;
      seen = { tenant, userId, sessionId, metadata, parentRunId, isOwn: runId !== parentRunId, tone: run.tone };
      return text;
    });
    const model = new ScriptedModel([{ toolCalls: [{ name: 'look', arguments: { input: 'x' } }] }, 'done']);
    const agent = new Agent({ name: 'a', model, tone: 'legal', tools: [look.setStart('look').asTool()] });
    const identity = { tenant: 'acme', userId: 'ada', sessionId: 's', metadata: { case: { id: 7 } } };
    await Workflow.chain([agent]).run('x', { ...identity, runId: 'r' });
    expect(seen).toEqual({ ...identity, parentRunId: 'r', isOwn: true, tone: 'legal' });
  });

  it('B147 B148 takes what a schema of its own says, as that makes it; what is missing is named to the model', async () => {
    const seen: unknown[] = [];
    const book = new Workflow<{ day: Date; seats: number }>('book')
      .addNode('note', (given: object) => (seen.push(given), 'booked'))
      .setStart('note');
    const input = z.object({
      day: z.string().transform((text) => new Date(text)),
      seats: z.number().int().default(1),
    });
    const model = new ScriptedModel([
      { toolCalls: [{ name: 'book', arguments: { seats: 2 } }] },
      { toolCalls: [{ name: 'book', arguments: { day: '2026-05-01', seats: null } }] },
      'done',
    ]);
    const { toolCalls } = await new Agent({ name: 'a', model, tools: [book.asTool({ input })] }).run('x');
    expect(toolCalls.map(({ outcome, result }) => `${outcome} ${result.split(',')[0]}`)).toEqual([
      expect.stringMatching(/^failed ERROR: the arguments do not fit: day: /),
      'returned booked',
    ]);
    expect(seen).toEqual([{ day: new Date('2026-05-01'), seats: 1 }]);
  });

  it('runs nested: with the user of the agent, seen in its events, cancelled with it', async () => {
    const who = new Workflow<string>('who')
      .addNode('look', (text: string, { run }) => `${text} ${run.userId}`)
      .setStart('look');
    const model = new ScriptedModel([
      { toolCalls: [{ name: 'who', arguments: { input: 'it is' } }] },
      { expect: { lastRole: 'tool' }, content: 'done' },
    ]);
    const agent = new Agent({ name: 'a', model, tools: [who.asTool({ description: 'Says who asks.' })] });
    const seen: string[] = [];
    for await (const event of agent.stream('?', { userId: 'alice' })) {
      if (event.type === 'tool.returned') seen.push(event.type);
      if (event.workflow === 'who') seen.push(`${event.type} ${event.path.join('/')}`);
    }
    expect(seen).toEqual(['run.started a', 'step.started a', 'step.completed a', 'run.completed a', 'tool.returned']);
    expect(model.requests[1]!.messages.at(-1)).toMatchObject({ role: 'tool', content: 'it is alice' });
  });

  it('B144 is named and described after itself, and takes one text, which may be called otherwise', async () => {
    const shout = new Workflow<string>('shout it').addNode('a', (x: string) => x.toUpperCase()).setStart('a');
    expect(shout.asTool().definition).toMatchObject({
      name: 'shout_it',
      description: 'Runs the workflow shout it.',
      parameters: { required: ['input'] },
    });
    expect(echo.asTool().definition).toMatchObject({ name: 'echo', description: 'Asks the agent echo.' });
    const model = new ScriptedModel([
      {
        toolCalls: [
          { name: 'shout_it', arguments: { words: 'hi' } },
          { name: 'ask', arguments: { question: 'why?' } },
        ],
      },
      { toolCalls: [{ name: 'shout_it', arguments: { input: 'hi' } }] },
      'done',
    ]);
    const tools = [shout.asTool({ argument: 'words' }), echo.asTool({ name: 'ask', argument: 'question' })];
    const { toolCalls } = await new Agent({ name: 'a', model, tools }).run('x');
    expect(toolCalls.map(({ result }) => result)).toEqual(['HI', 'why?', expect.stringContaining('words')]);
    expect(model.requests[0]!.tools!.map(({ parameters }) => parameters['required'])).toEqual([
      ['words'],
      ['question'],
    ]);
    for (const argument of ['', 'a b', '__proto__', 3]) {
      expect(await thrownBy(() => shout.asTool({ argument: argument as never }))).toMatchObject({
        code: 'INVALID_OPTION',
      });
      expect(await thrownBy(() => echo.asTool({ argument: argument as never }))).toMatchObject({
        code: 'INVALID_OPTION',
      });
    }
    expect(await thrownBy(() => double.asTool({ argument: 'n' }))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('tells the model of its failure, and goes on', async () => {
    const fails = new Workflow<string>('fails').addNode('a', () => Promise.reject(new Error('no luck'))).setStart('a');
    const model = new ScriptedModel([
      { toolCalls: [{ name: 'fails', arguments: { input: 'x' } }] },
      { expect: { lastRole: 'tool' }, content: 'a pity' },
    ]);
    const agent = new Agent({ name: 'a', model, tools: [fails.asTool({ description: 'Fails.' })] });
    const { output, toolCalls } = await agent.run('?');
    expect([output, toolCalls[0]!.outcome]).toEqual(['a pity', 'failed']);
    expect(toolCalls[0]!.result).toMatch(/^ERROR: \[STEP_FAILED\] fails\.a: .*no luck$/);
  });

  it('B149 may say that it does what cannot be undone, so that it is asked about', () => {
    const description = 'Doubles a number.';
    expect(double.asTool({ description, destructive: true, approval: true })).toMatchObject({
      destructive: true,
      approval: true,
    });
    expect(double.asTool({ description }).destructive).toBe(false);
  });

  it('is refused where what it takes is no object, or its graph has mistakes', async () => {
    const built = new Workflow('w').addNode('a', String, { input: text as never }).setStart('a');
    expect(await thrownBy(() => built.asTool({ description: 'x' }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await thrownBy(() => new Workflow('w').asTool({ description: 'x' }))).toMatchObject({
      code: 'EMPTY_WORKFLOW',
    });
  });
});

describe('What a model writes, two workflows deep', () => {
  it('reaches whoever follows the outermost run, with the way that leads to it', async () => {
    const inner = new Workflow('inner').addNode('say', echo).setStart('say');
    const middle = new Workflow('middle').addNode('ask', inner).setStart('ask');
    const outer = new Workflow('outer').addNode('begin', middle).setStart('begin');
    const heard: unknown[] = [];
    for await (const event of outer.stream('hello there')) {
      if (event.type === 'model.delta') heard.push([event.workflow, event.path, event.node, event.agent]);
    }
    expect(heard.length).toBeGreaterThan(0);
    expect(new Set(heard.map((one) => JSON.stringify(one)))).toEqual(
      new Set([JSON.stringify(['inner', ['begin', 'ask'], 'say', 'echo'])]),
    );
  });
});
