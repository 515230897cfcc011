import { SpanStatusCode } from '@opentelemetry/api';
import { Agent, Workflow, type StepContext } from '@drawloom/core';
import { deferred, ScriptedModel, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { recorded } from './support/recorded.js';

const failing = (error: unknown) => (): never => {
  throw error;
};

describe('How a span ends', () => {
  it('B158 with a failure: type and place, but not the message, which may hold anything', async () => {
    const { telemetry, span, spans } = recorded();
    const error = new TypeError('the account of Gundula is overdrawn\n    at the bank');
    await expect(Workflow.chain({ pay: failing(error) }, { name: 'w', telemetry }).run(1)).rejects.toThrow();
    expect(span('step pay')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'TypeError' },
      attributes: { 'error.type': 'TypeError', 'drawloom.outcome': 'failed' },
      events: [{ name: 'exception', attributes: { 'exception.type': 'TypeError' } }],
    });
    expect(span('step pay').events[0]!.attributes!['exception.stacktrace']).toContain('outcomes.test.ts');
    expect(span('invoke_workflow w')).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: 'STEP_FAILED' },
      attributes: { 'error.type': 'STEP_FAILED', 'drawloom.outcome': 'failed' },
    });
    const said = JSON.stringify(spans().map(({ attributes, events, status }) => [attributes, events, status]));
    expect(said).not.toMatch(/Gundula|bank/);
  });

  it.each([
    ['text', 'just text', '_OTHER'],
    ['nothing', undefined, '_OTHER'],
    ['an error with a code', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    ['an error whose name is a sentence', Object.assign(new Error('x'), { name: 'Dear Ada, you owe us 5' }), 'Error'],
    ['an error that cannot be looked at', new Proxy(new Error('x'), { get: failing(new Error('no')) }), '_OTHER'],
  ])('with a failure that is %s', async (_, error, type) => {
    const { telemetry, span } = recorded();
    await expect(Workflow.chain({ a: failing(error) }, { name: 'w', telemetry }).run(1)).rejects.toThrow();
    expect(span('step a').attributes['error.type']).toBe(type);
  });

  it('B158, B114 with a cancellation: the run, its steps and what runs within them, none of them failed or well', async () => {
    const { telemetry, spans, tree } = recorded();
    const begun = deferred();
    const hang = (_: unknown, { signal }: StepContext): Promise<never> => {
      begun.resolve();
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    const inner = Workflow.chain({ hang }, { name: 'inner' });
    const handle = Workflow.chain({ inner }, { name: 'outer', telemetry }).start(1);
    await begun.promise;
    handle.cancel('enough');
    await handle.result();
    expect(tree()).toEqual(['invoke_workflow outer', '  step inner', '    invoke_workflow inner', '      step hang']);
    for (const { status, attributes, events } of spans()) {
      expect(status).toEqual({ code: SpanStatusCode.ERROR, message: 'cancelled' });
      expect(attributes['drawloom.outcome']).toBe('cancelled');
      expect(events).toEqual([]);
    }
  });

  it('E1 with the run, where a step or anything in it does not react to that', async () => {
    const { telemetry, tree, span } = recorded();
    const clock = new VirtualClock();
    const begun = deferred();
    const model = new ScriptedModel([{ content: 'never' }]);
    model.answer = () => {
      begun.resolve();
      return new Promise(() => undefined);
    };
    const agent = new Agent({ name: 'deaf', model });
    const handle = Workflow.chain([agent], { name: 'w', telemetry, clock, cancelGrace: '1s' }).start('x');
    await begun.promise;
    handle.cancel();
    await clock.advance('1s');
    await handle.result();
    expect(tree()).toEqual(['invoke_workflow w', '  step deaf', '    invoke_agent deaf', '      chat scripted']);
    expect(span('chat scripted').attributes).toMatchObject({
      'drawloom.abandoned': true,
      'drawloom.outcome': 'cancelled',
    });
  });

  it('with a time-out, each attempt by itself', async () => {
    const { telemetry, spans, metrics } = recorded();
    const clock = new VirtualClock();
    let calls = 0;
    const slow = (): unknown => (++calls === 1 ? new Promise(() => undefined) : 'quick');
    const flow = new Workflow('w', { telemetry, clock, cancelGrace: 0 })
      .addNode('slow', slow, { timeout: '1s', retry: { maximumAttempts: 2, initialInterval: '1s' } })
      .setStart('slow');
    const running = flow.run(1);
    await clock.advance('1s');
    await clock.advance('1s');
    await running;
    const attempts = spans().filter(({ name }) => name === 'step slow');
    expect(attempts.map(({ attributes }) => attributes)).toMatchObject([
      { 'drawloom.step.attempt': 1, 'error.type': 'STEP_TIMEOUT', 'drawloom.outcome': 'failed' },
      { 'drawloom.step.attempt': 2, 'drawloom.outcome': 'completed' },
    ]);
    expect((await metrics()).get('drawloom.step.retries')).toMatchObject([{ value: 1 }]);
  });

  it('says of a step how long it has waited for its turn, which is measured (B162)', async () => {
    const { telemetry, span, metrics } = recorded();
    const clock = new VirtualClock();
    const { promise, resolve } = deferred<number>();
    const flow = new Workflow('w', { telemetry, clock, maxConcurrency: 1 })
      .addNode('first', () => promise)
      .addNode('second', (n: number) => n)
      .setStart('first')
      .setStart('second');
    const running = flow.run(1);
    await clock.advance('3s');
    resolve(1);
    await running;
    expect(span('step first').attributes['drawloom.step.queued']).toBe(0);
    expect(span('step second').attributes['drawloom.step.queued']).toBe(3);
    expect((await metrics()).get('drawloom.step.queue.duration')).toMatchObject([
      { attributes: { 'drawloom.step.name': 'first' }, value: { sum: 0, count: 1 } },
      { attributes: { 'drawloom.step.name': 'second' }, value: { sum: 3, count: 1 } },
    ]);
  });

  it('with what arrived, where that does not fit the step', async () => {
    const { telemetry, span } = recorded();
    const flow = new Workflow('w', { telemetry })
      .addNode('a', (n: unknown) => n, { input: z.number() as never })
      .setStart('a');
    await expect(flow.run('private')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(span('step a').attributes).toMatchObject({ 'error.type': 'INVALID_INPUT' });
    expect(JSON.stringify([span('step a').attributes, span('step a').events])).not.toContain('private');
  });

  it('does not begin a lazy result a second time', async () => {
    const { telemetry } = recorded();
    let begun = 0;
    const query = {
      then: (resolve: (rows: string) => void) => {
        begun++;
        resolve('rows');
      },
    };
    expect((await Workflow.chain([() => query], { telemetry }).run(1)).output).toBe('rows');
    expect(begun).toBe(1);
  });

  it('B162 counts the calls that a budget refuses, and notes them in the span of the agent', async () => {
    const { telemetry, metrics, spans } = recorded();
    const agent = new Agent({ name: 'clerk', model: new ScriptedModel([]), budget: { calls: 0 } });
    const flow = Workflow.chain([agent], { name: 'w', telemetry });
    await expect(flow.run('x')).rejects.toMatchObject({ code: 'STEP_FAILED' });
    const facts = { 'drawloom.workflow.name': 'w', 'gen_ai.agent.name': 'clerk', 'drawloom.budget.cap': 'calls' };
    expect((await metrics()).get('drawloom.budget.exceeded')).toMatchObject([{ value: 1, attributes: facts }]);
    const noted = spans().find(({ name }) => name === 'invoke_agent clerk')!.events;
    expect(noted).toMatchObject([
      {
        name: 'drawloom.budget.exceeded',
        attributes: { ...facts, 'drawloom.budget.limit': 0, 'drawloom.budget.used': 0 },
      },
      {},
    ]);
  });

  it('B162 is measured: runs, steps, agents, tools, tokens, cost and calls of models', async () => {
    const { telemetry, metrics } = recorded();
    const usage = { inputTokens: 1_000, outputTokens: 10 };
    const model = new ScriptedModel([{ content: 'x', usage }], { name: 'gpt-4.1-mini' });
    await Workflow.chain([new Agent({ name: 'clerk', model })], { name: 'w', telemetry }).run('x', { userId: 'ada' });
    const found = await metrics();
    const ofModel = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4.1-mini',
    };
    expect(found.get('gen_ai.client.token.usage')).toMatchObject([
      { attributes: { ...ofModel, 'gen_ai.token.type': 'input' }, value: { sum: 1_000 } },
      { attributes: { ...ofModel, 'gen_ai.token.type': 'output' }, value: { sum: 10 } },
    ]);
    expect(found.get('gen_ai.client.operation.duration')).toMatchObject([{ attributes: ofModel, value: { count: 1 } }]);
    expect(found.get('drawloom.usage.cost')![0]!.value).toBeGreaterThan(0);
    expect(found.get('drawloom.run.duration')).toMatchObject([
      { attributes: { 'drawloom.workflow.name': 'w', 'drawloom.outcome': 'completed' }, value: { count: 1 } },
    ]);
    expect(found.get('drawloom.step.duration')).toMatchObject([{ attributes: { 'drawloom.step.name': 'clerk' } }]);
    expect(found.get('drawloom.agent.duration')).toMatchObject([{ attributes: { 'gen_ai.agent.name': 'clerk' } }]);
    const all = JSON.stringify([...found.values()].flat().map(({ attributes }) => attributes));
    expect(all).not.toMatch(/ada|run\.id|session/); // each value of an attribute is a series of its own
  });
});
