import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { Agent, InMemoryMemory, step, tool, Workflow, workflow, type StepContext } from '@drawloom/core';
import { ScriptedModel } from '@drawloom/testing';
import { z } from 'zod';
import { recorded } from './support/recorded.js';

const double = (n: number): number => n * 2;
const add = tool({ name: 'add', description: 'adds', input: z.object({ a: z.number() }), run: ({ a }) => a + 1 });

describe('The spans of a run', () => {
  it('B157 are one tree under the span of the run: steps, routers, maps with their items, functions, nested runs', async () => {
    const { telemetry, tree, spans } = recorded();
    const look = step('look', async (n: number) => n + 1);
    const inner = new Workflow<number>('inner').addNode('within', (n: number) => look(n)).setStart('within');
    const flow = new Workflow<number>('flow', { telemetry })
      .addNode('first', double)
      .addNode('nested', inner)
      .addMap('each', double, { concurrency: 1 })
      .addRouter('first', (n: number) => (n > 3 ? 'big' : 'small'), { big: 'nested', small: 'each' }, { name: 'size' })
      .addNode('list', (n: number) => [n, n])
      .addEdge('nested', 'list')
      .addEdge('list', 'each')
      .setStart('first');
    await flow.run(2);
    expect(tree()).toEqual([
      'invoke_workflow flow',
      '  step first',
      '  route size',
      '  step nested',
      '    invoke_workflow inner',
      '      step within',
      '        step look',
      '  step list',
      '  map each',
      '    step each',
      '    step each',
    ]);
    expect(new Set(spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('B155, B156 say which pattern they follow, whose run it is, and where in it they are', async () => {
    const { telemetry, span, spans } = recorded();
    const model = new ScriptedModel([{ toolCalls: [{ name: 'add', arguments: { a: 1 } }] }, { content: 'two' }], {
      name: 'gpt-4.1-mini',
    });
    const agent = new Agent({ name: 'clerk', model, tools: [add], memory: new InMemoryMemory(), tone: 'legal' });
    const flow = new Workflow<string>('desk', { telemetry, version: '3', tone: 'be brief' })
      .addNode('clerk', agent)
      .addNode('sign', (text: string) => text)
      .addEdge('clerk', 'sign')
      .setStart('clerk');
    await flow.run('How much?', { userId: 'ada', sessionId: 's1', runId: 'r1' });

    for (const { attributes } of spans()) {
      expect(attributes).toMatchObject({ 'user.id': 'ada', 'session.id': 's1', 'drawloom.run.id': 'r1' });
      expect(attributes).toMatchObject({ 'drawloom.workflow.name': 'desk', 'drawloom.workflow.version': '3' });
      expect(attributes['drawloom.outcome']).toBe('completed');
    }
    const patternOf = Object.fromEntries(spans().map(({ name, attributes }) => [name, attributes['drawloom.pattern']]));
    expect(patternOf).toEqual({
      'invoke_workflow desk': 'workflow',
      'step clerk': 'workflow',
      'step sign': 'workflow',
      'invoke_agent clerk': 'agent',
      'chat gpt-4.1-mini': 'agent',
      'execute_tool add': 'agent',
      'search_memory blocks': 'agent',
      'search_memory facts': 'agent',
      'search_memory episodes': 'agent',
      'search_memory history': 'agent',
      'upsert_memory episodes': 'agent',
    });
    expect(span('step sign').attributes).toMatchObject({ 'drawloom.step.visit': 1, 'drawloom.step.attempt': 1 });
    expect(span('step sign').attributes['drawloom.tone']).toBe('custom'); // a sentence is part of a prompt
    expect(span('invoke_agent clerk').attributes['drawloom.tone']).toBe('legal');
  });

  it('has what the code of steps and of tools does with the memory of their run, as well', async () => {
    const { telemetry, tree, span, spans } = recorded();
    const memory = new InMemoryMemory();
    const note = tool({
      name: 'note',
      description: 'notes',
      input: z.object({ text: z.string() }),
      run: async ({ text }, { run }) => {
        await run.memory!.setBlock(run, 'plan', text);
        return 'noted';
      },
    });
    const model = new ScriptedModel([
      { toolCalls: [{ name: 'note', arguments: { text: 'zanzibar' } }] },
      { content: 'done' },
    ]);
    const flow = new Workflow<string>('desk', { telemetry, memory })
      .addNode('look', async (who: string, { run }) => {
        await run.memory!.learn(run, { subject: who, predicate: 'likes', object: 'tea' });
        await run.memory!.recall(run, 'zanzibar');
        await run.memory!.forget(run);
        await expect(run.memory!.learn(run, { subject: '', predicate: '', object: '' })).rejects.toThrow();
        return who;
      })
      .addNode('clerk', new Agent({ name: 'clerk', model, tools: [note] }))
      .addEdge('look', 'clerk')
      .setStart('look');
    await flow.run('zanzibar', { userId: 'ada' });
    expect(tree()).toEqual([
      'invoke_workflow desk',
      '  step look',
      '    upsert_memory facts',
      '    search_memory episodes',
      '    delete_memory user',
      '    upsert_memory facts',
      '  step clerk',
      '    invoke_agent clerk',
      '      search_memory blocks',
      '      search_memory facts',
      '      search_memory episodes',
      '      search_memory history',
      '      chat scripted',
      '      execute_tool note',
      '        upsert_memory blocks',
      '      chat scripted',
      '      upsert_memory episodes',
    ]);
    expect(span('delete_memory user')).toMatchObject({
      kind: SpanKind.INTERNAL,
      attributes: {
        'gen_ai.operation.name': 'delete_memory',
        'drawloom.memory.operation': 'forget',
        'drawloom.pattern': 'workflow',
        'drawloom.step.name': 'look',
        'drawloom.step.visit': 1,
        'drawloom.outcome': 'completed',
        'user.id': 'ada',
      },
    });
    expect(span('upsert_memory blocks').attributes['drawloom.pattern']).toBe('agent');
    const refused = spans().filter(({ name }) => name === 'upsert_memory facts')[1]!;
    expect(refused.attributes).toMatchObject({
      'drawloom.outcome': 'failed',
      'error.type': 'INVALID_MEMORY_ARGUMENT',
    });
    expect(JSON.stringify(spans().map(({ attributes }) => attributes))).not.toContain('zanzibar');
  });

  it('B159, B160, B161 follow the conventions for generative AI', async () => {
    const { telemetry, span, spans, tree } = recorded();
    const usage = { inputTokens: 12, outputTokens: 3 };
    const model = new ScriptedModel(
      [
        { toolCalls: [{ id: 'call-1', name: 'add', arguments: { a: 1 } }], usage },
        { content: 'two', usage },
      ],
      { name: 'gpt-4.1-mini' },
    );
    const settings = { temperature: 0.2, maxOutputTokens: 100, stop: ['END'] };
    const agent = new Agent({ name: 'clerk', model, tools: [add], settings, telemetry });
    await agent.run('How much?', { sessionId: 's1' });

    expect(tree()).toEqual(['invoke_agent clerk', '  chat gpt-4.1-mini', '  execute_tool add', '  chat gpt-4.1-mini']);
    expect(span('invoke_agent clerk')).toMatchObject({
      kind: SpanKind.INTERNAL,
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'clerk',
        'gen_ai.conversation.id': 's1',
        'gen_ai.request.model': 'gpt-4.1-mini',
        'gen_ai.usage.input_tokens': 24,
        'drawloom.agent.turns': 2,
      },
    });
    const chat = spans().find(({ name }) => name === 'chat gpt-4.1-mini')!;
    expect(chat).toMatchObject({
      kind: SpanKind.CLIENT,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4.1-mini',
        'gen_ai.request.temperature': 0.2,
        'gen_ai.request.max_tokens': 100,
        'gen_ai.request.stop_sequences': ['END'],
        'gen_ai.output.type': 'text',
        'gen_ai.response.finish_reasons': ['tool_calls'],
        'gen_ai.usage.input_tokens': 12,
        'gen_ai.usage.output_tokens': 3,
      },
    });
    expect(span('execute_tool add')).toMatchObject({
      kind: SpanKind.INTERNAL,
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': 'add',
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': 'call-1',
      },
    });
    const { instrumentationScope } = chat;
    expect(instrumentationScope.schemaUrl).toBe('https://opentelemetry.io/schemas/1.41.0');
  });

  it('name the routes that a router took, by its own keys only', async () => {
    const { telemetry, span } = recorded();
    const flow = new Workflow<string>('flow', { telemetry })
      .addNode('a', (text: string) => text)
      .addNode('b', (text: string) => text)
      .addNode('c', (text: string) => text)
      .addRouter('a', (text: string) => ['x', text], { x: 'b' }, { name: 'pick', default: 'c' })
      .setStart('a');
    await flow.run('something private');
    expect(span('route pick').attributes).toMatchObject({
      'drawloom.step.kind': 'router',
      'drawloom.route.keys': ['x', 'default'],
      'drawloom.route.targets': ['b', 'c'],
    });
  });

  it('say of a key without a route that the router failed', async () => {
    const { telemetry, span } = recorded();
    const flow = new Workflow<string>('flow', { telemetry })
      .addNode('a', (text: string) => text)
      .addNode('b', (text: string) => text)
      .addRouter('a', (text: string) => text, { x: 'b' }, { name: 'pick' })
      .setStart('a');
    await expect(flow.run('y')).rejects.toMatchObject({ code: 'NO_ROUTE' });
    expect(span('route pick')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'NO_ROUTE' },
      attributes: { 'error.type': 'NO_ROUTE', 'drawloom.outcome': 'failed' },
    });
  });

  it('have what is decided of a tool as an event, and its failure as one', async () => {
    const { telemetry, span } = recorded();
    const model = new ScriptedModel([
      { toolCalls: [{ id: '1', name: 'fails', arguments: {} }] },
      { toolCalls: [{ id: '2', name: 'refused', arguments: {} }] },
      { content: 'done' },
    ]);
    const fails = tool({ name: 'fails', description: 'x', run: () => Promise.reject(new Error('no')) });
    const refused = tool({ name: 'refused', description: 'x', approval: true, run: () => 1 });
    const agent = new Agent({
      name: 'clerk',
      model,
      tools: [fails, refused],
      telemetry,
      approve: ({ tool }) => tool !== 'refused',
    });
    await agent.run('go');
    expect(span('execute_tool fails')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'TOOL_FAILED', 'drawloom.outcome': 'failed' },
    });
    const decisions = span('invoke_agent clerk').events.map(({ name, attributes }) => ({ name, ...attributes }));
    expect(decisions).toContainEqual({
      name: 'drawloom.approval.decided',
      'drawloom.approval.subject': 'refused',
      'drawloom.approval.decision': 'deny',
      'gen_ai.tool.call.id': '2',
    });
  });

  it('B154, B36 belong to what the agent says, else to the run, else to nobody', async () => {
    const [own, outer] = [recorded(), recorded()];
    const look = step('look', async () => 'seen');
    const answer = (telemetry?: null | (typeof own)['telemetry']) =>
      new Agent({
        name: 'clerk',
        telemetry,
        model: new ScriptedModel([{ toolCalls: [{ name: 'see', arguments: {} }] }, { content: 'x' }]),
        tools: [tool({ name: 'see', description: 'x', run: () => look() })],
      });
    await Workflow.chain([answer(own.telemetry)], { name: 'w', telemetry: outer.telemetry }).run('x');
    await Workflow.chain([answer(null)], { name: 'w', telemetry: outer.telemetry }).run('x');
    expect(outer.tree()).toEqual(['invoke_workflow w', '  step clerk', 'invoke_workflow w', '  step clerk']);
    expect(own.spans().map(({ name }) => name)).toEqual([
      'chat scripted',
      'step look',
      'execute_tool see',
      'chat scripted',
      'invoke_agent clerk',
    ]);
    expect(own.span('step look').attributes).toMatchObject({
      'drawloom.pattern': 'agent',
      'drawloom.function.name': 'look',
    });
    await answer(own.telemetry).run('x', { telemetry: null });
    expect(own.spans()).toHaveLength(5);
  });

  it('keep together whatever runs at the same time', async () => {
    const { telemetry, spans } = recorded();
    const flow = workflow(
      'w',
      async (n: number, { run }: StepContext) => {
        await Promise.all([look(n), look(n)]);
        return run.runId;
      },
      { telemetry },
    );
    const look = step('look', async (n: number) => n);
    await Promise.all(Array.from({ length: 50 }, (_, n) => flow.run(n, { runId: `r${n}` })));
    const runsByTrace = new Map<string, Set<unknown>>();
    for (const span of spans()) {
      const { traceId } = span.spanContext();
      runsByTrace.set(traceId, (runsByTrace.get(traceId) ?? new Set()).add(span.attributes['drawloom.run.id']));
    }
    expect([...runsByTrace.values()].map(({ size }) => size)).toEqual(Array(50).fill(1));
    expect(spans()).toHaveLength(50 * 4);
  });

  it('are there also in a workflow without ambient context, and without a registered context manager', async () => {
    const { telemetry, tree } = recorded();
    const inner = Workflow.chain([double], { name: 'inner', ambient: false });
    await new Workflow<number>('w', { telemetry, ambient: false })
      .addNode('n', inner as never)
      .setStart('n')
      .run(1);
    expect(tree()).toEqual(['invoke_workflow w', '  step n', '    invoke_workflow inner', '      step double']);
  });
});
