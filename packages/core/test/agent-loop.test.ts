import {
  Agent,
  agentStep,
  EchoModel,
  LocalExecutor,
  ModelRegistry,
  StepError,
  tool,
  Workflow,
  type DefinitionError,
  type ModelRequest,
  type SpanInfo,
  type Telemetry,
} from '@drawloom/core';
import { deferred, ScriptedModel, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { collectEvents, ofType, settled, thrownBy } from './collect-events.js';

const add = tool({
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number() }),
  run: ({ a, b }) => a + b,
});
const callOfAdd = { toolCalls: [{ name: 'add', arguments: { a: 2, b: 3 } }] };
const told = ({ messages }: ModelRequest): string[] => messages.map(({ role, content }) => `${role}: ${content}`);

describe('The loop of an agent', () => {
  it('B210 gives the text of an answer without tool calls', async () => {
    const model = new ScriptedModel(['Hello Ada.']);
    const agent = new Agent({ name: 'greeter', model, instructions: 'Greet.' });
    const result = await agent.run('I am Ada');
    expect(result).toMatchObject({ output: 'Hello Ada.', text: 'Hello Ada.', turns: 1, interrupted: false });
    expect(told(model.requests[0]!)).toEqual(['system: Greet.', 'user: I am Ada']);
    model.expectDone();
  });

  it('B210 runs all tools of an answer at once, and tells what they gave in the order of the calls', async () => {
    const gates = { first: deferred(), second: deferred() };
    const order: string[] = [];
    const slow = tool({
      name: 'slow',
      description: 'Waits.',
      input: z.object({ gate: z.enum(['first', 'second']) }),
      run: async ({ gate }) => {
        order.push(`begin ${gate}`);
        await gates[gate].promise;
        order.push(`end ${gate}`);
        return gate;
      },
    });
    const calls = [
      { name: 'slow', arguments: { gate: 'first' } },
      { name: 'slow', arguments: { gate: 'second' } },
    ];
    const model = new ScriptedModel([{ toolCalls: calls }, 'done']);
    const running = new Agent({ name: 'a', model, tools: [slow] }).run('go');
    await settled();
    gates.second.resolve();
    await settled();
    gates.first.resolve();
    const result = await running;
    expect(order).toEqual(['begin first', 'begin second', 'end second', 'end first']);
    expect(told(model.requests[1]!)).toEqual(['user: go', 'assistant: ', 'tool: first', 'tool: second']);
    expect(result.toolCalls.map(({ arguments: given, outcome }) => [given, outcome])).toEqual([
      [{ gate: 'first' }, 'returned'],
      [{ gate: 'second' }, 'returned'],
    ]);
  });

  it('B211 gives a frozen result that is plain data', async () => {
    const clock = new VirtualClock({ startAt: 5_000 });
    const usage = { inputTokens: 100, cachedTokens: 40, outputTokens: 10 };
    const model = new ScriptedModel(
      [
        { ...callOfAdd, usage },
        { content: 'five', usage },
      ],
      { name: 'gpt-4.1' },
    );
    const flow = new Workflow('w', { clock }).addNode('a', () => adder.run('2 + 3')).setStart('a');
    const adder = new Agent({ name: 'adder', model, tools: [add] });
    const { output } = await flow.run('x');
    const used = {
      calls: 2,
      inputTokens: 200,
      cachedTokens: 80,
      cacheWrittenTokens: 0,
      outputTokens: 20,
      reasoningTokens: 0,
      totalTokens: 220,
      cost: expect.closeTo((120 * 2 + 80 * 0.5 + 20 * 8) / 1e6, 12) as number,
    };
    expect(JSON.parse(JSON.stringify(output))).toEqual({
      agent: 'adder',
      output: 'five',
      text: 'five',
      turns: 2,
      usage: { ...used, byModel: { 'gpt-4.1': used } },
      cost: used.cost,
      startedAt: 5_000,
      endedAt: 5_000,
      durationMs: 0,
      interrupted: false,
      toolCalls: [
        {
          id: 'call_1',
          tool: 'add',
          turn: 1,
          arguments: { a: 2, b: 3 },
          outcome: 'returned',
          result: '5',
          startedAt: 5_000,
          endedAt: 5_000,
        },
      ],
    });
    expect(Object.isFrozen(output)).toBe(true);
    expect(Object.isFrozen((output as { toolCalls: unknown[] }).toolCalls[0])).toBe(true);
  });

  it('B212 stops at its turns without an error, and does not run the tools of the last one', async () => {
    const ran: string[] = [];
    const note = tool({ name: 'note', description: 'Notes.', run: () => ran.push('note') });
    const turn = { content: 'wait', toolCalls: [{ name: 'note' }] };
    const model = new ScriptedModel([turn, turn]);
    const result = await new Agent({ name: 'a', model, tools: [note], maxTurns: 2 }).run('go');
    expect(result).toMatchObject({ interrupted: true, reason: 'max_turns_exceeded', turns: 2, output: 'wait' });
    expect(ran).toEqual(['note']);
    model.expectDone();
  });

  it.each(['length', 'content_filter', 'refusal'] as const)(
    'shows an answer that ended by %s, and runs none of its tools',
    async (finishReason) => {
      const model = new ScriptedModel([{ ...callOfAdd, content: 'so far', finishReason }]);
      const result = await new Agent({ name: 'a', model, tools: [add] }).run('go');
      expect(result).toMatchObject({ interrupted: true, reason: finishReason, text: 'so far', toolCalls: [] });
    },
  );

  it('B217 streams first the start, then pieces, then pairs of call and return, and last the result', async () => {
    const model = new ScriptedModel([callOfAdd, { pieces: ['fi', 've'] }]);
    const { events, lines } = await collectEvents(new Agent({ name: 'adder', model, tools: [add] }).stream('2 + 3'));
    expect(lines).toEqual([
      'run.started',
      'step.started adder',
      'agent.started adder',
      'model.delta adder',
      'model.called adder',
      'tool.called adder',
      'tool.returned adder',
      'model.delta adder',
      'model.delta adder',
      'model.called adder',
      'agent.completed adder',
      'step.completed adder',
      'run.completed',
    ]);
    expect(ofType(events, 'tool.called')[0]!.callId).toBe(ofType(events, 'tool.returned')[0]!.callId);
    expect(ofType(events, 'run.completed')[0]!.output).toMatchObject({ output: 'five', turns: 2 });
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(1);
    expect(JSON.stringify(ofType(events, 'tool.called'))).not.toContain('"a":2');
  });

  it('B217 stops a slow tool as soon as the consumer leaves, and begins none after that', async () => {
    let [began, reason]: [number, unknown] = [0, undefined];
    const slow = tool({
      name: 'slow',
      description: 'Waits.',
      run: (_, { signal, emit }) =>
        new Promise((_resolve, reject) => {
          began++;
          signal.addEventListener('abort', () => reject((reason = signal.reason) as Error));
          emit('waiting');
        }),
    });
    for (const last of ['step.emitted', 'tool.called']) {
      const model = new ScriptedModel([{ toolCalls: [{ name: 'slow' }] }]);
      for await (const event of new Agent({ name: 'a', model, tools: [slow] }).stream('go')) {
        if (event.type === last) break;
      }
      await settled();
      model.expectDone();
    }
    expect(reason).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(began).toBe(1);
  });

  it('B217 announces a failure of the set-up, then throws it', async () => {
    const { events, thrown } = await collectEvents(new Agent({ name: 'a', model: 'gpt-9' }).stream('go'));
    expect(events.at(-1)).toMatchObject({ type: 'run.failed', sessionId: expect.any(String) as string });
    expect((thrown as StepError).cause).toMatchObject({ code: 'UNKNOWN_MODEL' });
  });

  it('announces a failure of the model, and gives its error as the cause', async () => {
    const model = new ScriptedModel([{ error: { code: 'MODEL_AUTHENTICATION' } }]);
    const { lines, thrown } = await collectEvents(new Agent({ name: 'a', model }).stream('go'));
    expect(lines).toContain('agent.failed a');
    expect((thrown as StepError).cause).toMatchObject({ code: 'MODEL_AUTHENTICATION' });
    expect((thrown as StepError).partial!.usage).toMatchObject({ calls: 1, byModel: { scripted: { calls: 1 } } });
  });

  it('makes the model call a tool in the first turn only, where the settings force it', async () => {
    const model = new ScriptedModel([callOfAdd, 'five']);
    const settings = { toolChoice: 'required', temperature: 0 } as const;
    await new Agent({ name: 'a', model, tools: [add], settings }).run('go');
    expect(model.requests.map((request) => request.settings)).toEqual([
      settings,
      { toolChoice: 'auto', temperature: 0 },
    ]);
  });

  it('waits before a call of the model for a consumer of events that is behind', async () => {
    const model = new ScriptedModel([callOfAdd, 'five']);
    const events = new Agent({ name: 'a', model, tools: [add] }).stream('go', { buffer: 4 });
    await settled();
    expect(model.requests).toHaveLength(1);
    expect((await collectEvents(events)).lines.at(-1)).toBe('run.completed');
    model.expectDone();
  });

  it('asks for pieces only where somebody follows the run', async () => {
    const asked: boolean[] = [];
    class Watched extends EchoModel {
      override answer(...[request, options]: Parameters<EchoModel['answer']>): ReturnType<EchoModel['answer']> {
        asked.push(options?.onDelta !== undefined);
        return super.answer(request, options);
      }
    }
    const agent = new Agent({ name: 'a', model: new Watched() });
    await agent.run('x');
    await collectEvents(agent.stream('x'));
    expect(asked).toEqual([false, true]);
  });
});

describe('The model of an agent', () => {
  it('B223 has to be given', async () => {
    const error = await thrownBy(() => new Agent({ name: 'a' } as never));
    expect(error).toMatchObject({ code: 'NO_MODEL', where: 'a' });
  });

  it('B223 is found by name among the models of the run, of the agent, or is an error that shows the fix', async () => {
    const model = new ScriptedModel(
      [
        { content: 'by the run', model: 'echo' },
        { content: 'by the agent', model: 'echo' },
      ],
      { name: 'tiny' },
    );
    const models = new ModelRegistry([model]);
    const flow = Workflow.chain([new Agent({ name: 'a', model: 'tiny' })], { models });
    expect((await flow.run('x')).output).toBe('by the run');
    expect((await new Agent({ name: 'a', model: 'tiny', models }).run('x')).output).toBe('by the agent');
    const error = await thrownBy(() => new Agent({ name: 'a', model: 'tiny' }).run('x'));
    expect(error.cause).toMatchObject({ code: 'UNKNOWN_MODEL', fix: expect.stringContaining('models') as string });
    expect(error.message).toContain(`Fix: ${(error.cause as DefinitionError).fix}`); // not only that of the step around
  });

  it('B134 B223 is found among models in any form, wherever they are said', async () => {
    const provider = { name: 'own', prefixes: ['tiny'], model: () => new EchoModel() };
    const agent = new Agent({ name: 'a', model: 'tiny-1' });
    for (const models of [provider, [provider], new ModelRegistry([provider])]) {
      expect((await Workflow.chain([agent], { models }).run('x')).output).toBe('x');
      expect((await agent.run('x', { executor: new LocalExecutor({ models }) })).output).toBe('x');
      expect((await new Agent({ name: 'a', model: 'tiny-1', models }).run('x')).output).toBe('x');
    }
    expect((await new Agent({ name: 'a', model: 'echo', models: new EchoModel() }).run('x')).output).toBe('x');
    for (const models of ['tiny', [{}], { model: () => new EchoModel() }] as never[]) {
      expect(await thrownBy(() => new Workflow('w', { models }))).toMatchObject({ code: 'INVALID_OPTION' });
      expect(await thrownBy(() => new LocalExecutor({ models }))).toMatchObject({ code: 'INVALID_OPTION' });
    }
  });

  it('can be another one for a call, as can output, turns and settings', async () => {
    const other = new ScriptedModel([{ output: { n: 1 } }]);
    const agent = new Agent({ name: 'a', model: new EchoModel(), settings: { temperature: 1, seed: 1 } });
    const output = z.object({ n: z.number() });
    const result = await agent.run('x', { model: other, output, maxTurns: 1, settings: { temperature: 0 } });
    expect(result.output.n).toBe(1);
    expect(other.requests[0]).toMatchObject({ settings: { temperature: 0, seed: 1 }, output: {} });
    expect(await thrownBy(() => agent.run('x', { maxTurns: 0 }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await thrownBy(() => agent.run('x', { user: 'x' } as never))).toMatchObject({ code: 'INVALID_RUN_OPTION' });
  });

  it('is not asked to call tools where it cannot', async () => {
    const agent = new Agent({ name: 'a', model: new EchoModel(), tools: [add] });
    expect((await thrownBy(() => agent.run('x'))).cause).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('An agent as a step', () => {
  it('B151 gives its value on, in a chain and as a node', async () => {
    const model = new ScriptedModel([callOfAdd, 'five', { output: { total: 5 } }]);
    const adder = new Agent({ name: 'adder', model, tools: [add] });
    const result = await Workflow.chain([adder, (text: string) => text.length]).run('2 + 3');
    expect([result.output, result.visited]).toEqual([4, ['adder', 'step_1']]);
    const counter = new Agent({ name: 'counter', model, output: z.object({ total: z.number() }) });
    const flow = new Workflow<string>('w')
      .addNode('count', counter)
      .addNode('next', ({ total }: { total: number }) => total + 1)
      .setStart('count')
      .addEdge('count', 'next');
    expect((await flow.run('x')).output).toBe(6);
  });

  it('is marked in diagrams, also where it is asked in its own way', () => {
    const agent = new Agent({ name: 'writer', model: new EchoModel() });
    const flow = Workflow.chain({ writer: agent, again: agentStep(agent), plain: (text: unknown) => text });
    expect(flow.graph.nodes.map(({ shows }) => shows)).toEqual(['agent', 'agent', undefined]);
    expect(flow.toMermaid()).toContain('agent');
  });

  it('gets input that is no text as JSON', async () => {
    const echo = new Agent({ name: 'echo', model: new EchoModel() });
    const day = new Date(0);
    const given = { list: [1, { a: null }], day, set: new Set([1]), map: new Map([['k', 2n]]) };
    expect((await echo.run(given)).output).toBe(
      '{"list":[1,{"a":null}],"day":"1970-01-01T00:00:00.000Z","set":[1],"map":{"k":"2"}}',
    );
    expect((await echo.run(undefined)).output).toBe('');
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(await thrownBy(() => echo.run(cycle))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('B116 fails where the agent was interrupted, unless the text so far is to flow on', async () => {
    const cut = { content: 'once upon', finishReason: 'length' } as const;
    const model = new ScriptedModel([cut, cut]);
    const error = (await thrownBy(() => Workflow.chain([new Agent({ name: 'a', model })]).run('x'))) as StepError;
    expect(error).toMatchObject({ code: 'AGENT_INTERRUPTED', answer: 'once upon' });
    expect(error.message).not.toContain('once upon');
    expect(JSON.stringify(error)).not.toContain('once upon');
    const goOn = new Agent({ name: 'a', model, whenInterrupted: 'continue' });
    expect((await Workflow.chain([goOn]).run('x')).output).toBe('once upon');
  });

  it('B122 B123 is run from inside a step as part of its run, with identity and metadata', async () => {
    const seen: unknown[] = [];
    const look = tool({
      name: 'look',
      description: 'Looks.',
      run: (_, { run }) => void seen.push([run.userId, run.sessionId, run.metadata, run.runId, run.parentRunId]),
    });
    const model = new ScriptedModel([{ toolCalls: [{ name: 'look' }] }, 'ok']);
    const agent = new Agent({ name: 'inner', model, tools: [look] });
    const flow = new Workflow('w').addNode('ask', async (x: string) => (await agent.run(x)).output).setStart('ask');
    const { events } = await collectEvents(
      flow.stream('x', { userId: 'ada', sessionId: 's', runId: 'outer', metadata: { k: 1 } }),
    );
    expect(seen).toEqual([['ada', 's', { k: 1 }, expect.not.stringContaining('outer'), 'outer']]);
    expect(ofType(events, 'agent.started')[0]).toMatchObject({ path: ['ask'], node: 'inner', agent: 'inner' });
  });

  it('is cancelled with its step: the model is given up', async () => {
    const clock = new VirtualClock();
    const model = new ScriptedModel([{ content: 'late', delay: '1h' }]);
    const flow = new Workflow('w', { clock })
      .addNode('ask', new Agent({ name: 'a', model }), { timeout: '1s' })
      .setStart('ask');
    const failing = thrownBy(() => flow.run('x'));
    await clock.advance('1s');
    expect(await failing).toMatchObject({ code: 'STEP_TIMEOUT' });
    expect(clock.pending).toBe(0);
  });

  it('B209 has a time limit of its own for a whole run', async () => {
    const model = new ScriptedModel([{ content: 'late', delay: 60_000 }]);
    const error = await thrownBy(() => new Agent({ name: 'a', model }).run('x', { timeout: 5 }));
    expect(error).toMatchObject({ code: 'RUN_TIMEOUT' });
    expect(error.message).toContain('5 ms');
    const wrong = thrownBy(() => new Agent({ name: 'a', model }).run('x', { timeout: 0 }));
    expect(await wrong).toMatchObject({ code: 'INVALID_RUN_OPTION' });
  });

  it('puts spans around the agent, the model and the tools, without any content', async () => {
    const spans: [SpanInfo, unknown][] = [];
    const telemetry: Telemetry = {
      span: (info, body) => {
        const result = body();
        void Promise.resolve(result).then(() => spans.push([info, info.endAttributes?.()]));
        return result;
      },
    };
    const usage = { inputTokens: 7, outputTokens: 3 };
    const model = new ScriptedModel([
      { ...callOfAdd, usage },
      { content: 'secret answer', usage },
    ]);
    const agent = new Agent({ name: 'adder', model, tools: [add], instructions: 'secret orders' });
    await Workflow.chain([agent], { telemetry }).run('secret question');
    await settled();
    expect(spans.map(([{ operation, name }]) => `${operation} ${name}`)).toEqual([
      'chat scripted',
      'execute_tool add',
      'chat scripted',
      'invoke_agent adder',
      'step adder',
      'invoke_workflow chain',
    ]);
    expect(spans[0]![0].attributes).toMatchObject({ 'drawloom.pattern': 'agent', 'gen_ai.request.model': 'scripted' });
    expect(spans[0]![1]).toMatchObject({ 'gen_ai.usage.input_tokens': 7, 'gen_ai.usage.output_tokens': 3 });
    expect(spans[3]![1]).toMatchObject({ 'gen_ai.usage.input_tokens': 14 });
    expect(JSON.stringify(spans)).not.toContain('secret');
  });
});

describe('The options of an agent', () => {
  it('are refused all at once where they are wrong', async () => {
    const wrong = {
      name: '',
      model: new EchoModel(),
      maxTurns: 0,
      corrections: -1,
      tone: 3,
      budget: { usd: -1, dollars: 1 },
      instruction: 'x',
      prices: { echo: { input: 1, output: 1 } },
      models: [{}],
      memories: 'notes',
    };
    const error = (await thrownBy(() => new Agent(wrong as never))) as unknown as { problems: { what: string }[] };
    expect(error.problems).toHaveLength(10);
  });

  it('include settings that no service would know, or that are none; those of a call and of a step, too', async () => {
    const model = new EchoModel();
    const wrong = {
      temprature: 1,
      temperature: 'hot',
      topP: -1,
      maxOutputTokens: 0.5,
      stop: '###',
      seed: 'x',
      toolChoice: 'any',
      parallelToolCalls: 1,
      reasoningEffort: 3,
      vendor: { openai: 1 },
    };
    const error = (await thrownBy(() => new Agent({ name: 'a', model, settings: wrong as never }))) as DefinitionError;
    expect(error.problems.map(({ what }) => what.split(' ').slice(0, 5).join(' '))).toEqual([
      'there is no option "temprature"',
      ...Object.keys(wrong)
        .slice(1)
        .map((name) => expect.stringContaining(`option settings.${name} is`) as string),
    ]);
    expect(error.problems[0]!.fix).toBe('change it to "temperature"');
    const agent = new Agent({ name: 'a', model });
    const settings = { temprature: 1 } as never;
    expect(await thrownBy(() => agent.run('x', { settings }))).toMatchObject({ code: 'INVALID_OPTION' });
    expect(await thrownBy(() => agentStep(agent, { settings }))).toMatchObject({ code: 'INVALID_OPTION' });
    const all = {
      temperature: 0,
      topP: 1,
      maxOutputTokens: 1,
      stop: [],
      seed: 0,
      toolChoice: { tool: 'add' },
    } as const;
    const more = { parallelToolCalls: false, reasoningEffort: 'low', vendor: { openai: {} } };
    expect((await agent.run('x', { settings: { ...all, ...more } })).output).toBe('x');
  });

  it('B216 name every accepted form of tools, with an example that works', async () => {
    const model = new EchoModel();
    for (const tools of ['add', [() => 1], { add }]) {
      const error = await thrownBy(() => new Agent({ name: 'a', model, tools: tools as never }));
      expect(error.code).toBe('INVALID_OPTION');
      expect(error.message).toContain('tool({ name: "look_up"');
    }
    const twice = await thrownBy(() => new Agent({ name: 'a', model, tools: [add, add] }));
    expect(twice.message).toContain('a name that no other tool of the agent has');
  });
});
