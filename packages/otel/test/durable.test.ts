import {
  Agent,
  END,
  InMemoryJournal,
  LocalExecutor,
  tool,
  Workflow,
  type Journal,
  type Runnable,
  type Telemetry,
} from '@drawloom/core';
import { RandomIdGenerator, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { ScriptedModel, VirtualClock, type ScriptedTurn } from '@drawloom/testing';
import { DyingJournal } from '../../core/test/support/dying-journal.js';
import { recorded, treeOf, type Recorded } from './support/recorded.js';

const flow = new Workflow<number>('order')
  .addNode('charge', async (amount: number) => amount)
  .addNode('ship', (amount: number) => amount + 1)
  .addRouter('charge', (amount: number) => (amount > 0 ? 'yes' : 'no'), { yes: 'ship', no: 'ship' }, { name: 'paid' })
  .setStart('charge');
const nesting = new Workflow<number>('outer').addNode('order', flow).addNode('last', (n: number) => n);
nesting.setStart('order').addEdge('order', 'last');

const on = (journal: Journal, telemetry: Telemetry) => ({ executor: new LocalExecutor({ journal, telemetry }) });
const rootsOf = (spans: readonly ReadableSpan[]): string[] => treeOf(spans).filter((line) => !line.startsWith(' '));

/** A process that dies at its n-th write to the journal, and one that goes on. Gives the spans of both. */
async function killed(
  workflow: Runnable<number, unknown>,
  write: number,
  when: 'before' | 'after',
  make: () => Recorded,
) {
  const [first, second] = [make(), make()];
  const journal = new InMemoryJournal();
  const dying = new DyingJournal(journal, write, when);
  void workflow.run(4, { runId: 'r', ...on(dying, first.telemetry) });
  await dying.died;
  const isKnown = (await journal.run({ tenant: '', runId: 'r' })) !== undefined;
  const here = on(journal, second.telemetry);
  await (isKnown ? workflow.resume('r', { takeOver: true, ...here }) : workflow.run(4, { runId: 'r', ...here }));
  return { isKnown, spans: [...first.spans(), ...second.spans()] };
}

describe('A durable run', () => {
  it('is one tree, whatever the moment at which its process is killed', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    await flow.run(4, on(whole, recorded().telemetry));
    expect(whole.writes).toBeGreaterThan(3);
    for (let write = 1; write < whole.writes; write++) {
      for (const when of ['before', 'after'] as const) {
        const { spans } = await killed(flow, write, when, recorded);
        expect(rootsOf(spans)).toEqual(['invoke_workflow order']);
        expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
        expect(new Set(spans.map((span) => span.spanContext().spanId)).size).toBe(spans.length);
      }
    }
  });

  it('is one tree with what is nested in it, when its process is killed within that', async () => {
    const { spans } = await killed(nesting, 2, 'after', recorded);
    expect(rootsOf(spans)).toEqual(['invoke_workflow outer']);
    expect(treeOf(spans).filter((line) => line.includes('invoke_workflow order'))).toHaveLength(1);
    expect(treeOf(spans)).toContain('      step charge');
  });

  it('is one trace, where the SDK makes ids as it pleases', async () => {
    const { spans } = await killed(flow, 2, 'after', () => recorded({}, new RandomIdGenerator()));
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    expect(spans.filter(({ name }) => name === 'invoke_workflow order')).toHaveLength(1); // the other one was killed
  });

  it('tells its span once, however often its result is asked for', async () => {
    const { telemetry, tree } = recorded();
    const here = on(new InMemoryJournal(), telemetry);
    await flow.run(4, { runId: 'r', ...here });
    await flow.run(4, { runId: 'r', ...here });
    await flow.resume('r', here);
    expect(tree()).toEqual(['invoke_workflow order', '  step charge', '  route paid', '  step ship']);
  });

  it('runs without telemetry where it was begun with one, and the other way round', async () => {
    const { telemetry, spans } = recorded();
    const [begun, resumed] = [new InMemoryJournal(), new InMemoryJournal()];
    const without = (journal: Journal) => ({ executor: new LocalExecutor({ journal }) });
    for (const [journal, one, other] of [
      [begun, (j: Journal) => on(j, telemetry), without],
      [resumed, without, (j: Journal) => on(j, telemetry)],
    ] as const) {
      const dying = new DyingJournal(journal, 2, 'after');
      void flow.run(4, { runId: 'r', ...one(dying) });
      await dying.died;
      expect((await flow.resume('r', { takeOver: true, ...other(journal) })).output).toBe(5);
    }
    expect(rootsOf(spans().filter(({ name }) => name !== 'step charge' && name !== 'route paid'))).toEqual([
      'invoke_workflow order',
    ]);
  });

  it('that waits for a person is one tree, whoever goes on with it; the decision is an event of its root', async () => {
    const claim = new Workflow<number>('claim')
      .addNode('assess', (amount: number) => amount)
      .addApproval('ask', () => ({ title: 'Pay?' }), {
        groups: ['managers'],
        routes: { approved: 'pay', rejected: END },
      })
      .addNode('pay', (amount: number) => amount)
      .setStart('assess')
      .addEdge('assess', 'ask');
    const [first, second] = [recorded(), recorded()];
    const journal = new InMemoryJournal();
    const executorWith = ({ telemetry }: Recorded): LocalExecutor =>
      new LocalExecutor({ journal, telemetry, durability: { authentication: { trustedCaller: true } } });
    const { status } = await claim.run(7, { runId: 'r', executor: executorWith(first) });
    expect(status).toBe('suspended');
    expect(first.spans().map(({ name }) => name)).toEqual(['step assess', 'step ask']);
    const executor = executorWith(second);
    const [wait] = await executor.approvals.list({ user: 'mia', groups: ['managers'] });
    const actor = { userId: 'mia', groups: ['managers'] };
    await executor.approvals.decide(wait!.id, { actor, outcome: 'approved', digest: wait!.digest });
    expect((await claim.resume('r', { executor })).output).toBe(7);
    const all = [...first.spans(), ...second.spans()];
    expect(treeOf(all)).toEqual(['invoke_workflow claim', '  step assess', '  step ask', '  step pay']);
    expect(second.span('invoke_workflow claim').events).toMatchObject([
      {
        name: 'drawloom.approval.decided',
        attributes: { 'drawloom.approval.subject': 'ask', 'drawloom.approval.decision': 'approved' },
      },
    ]);
  });

  it('has every decision in its root, whichever process heard of it, once and with its time', async () => {
    const clock = new VirtualClock();
    const claim = new Workflow<number>('claim')
      .addApproval('first', () => ({ title: 'One?' }), {
        users: ['mia'],
        routes: { approved: 'second', rejected: END },
      })
      .addApproval('second', () => ({ title: 'Two?' }), { users: ['mia'], routes: { approved: 'pay', rejected: END } })
      .addNode('pay', async (amount: number) => amount)
      .setStart('first');
    const [one, two, three, four] = [recorded(), recorded(), recorded(), recorded()];
    const journal = new InMemoryJournal();
    const executorWith = ({ telemetry }: Recorded, on: Journal = journal): LocalExecutor =>
      new LocalExecutor({ journal: on, clock, telemetry, durability: { authentication: { trustedCaller: true } } });
    const decide = async (): Promise<void> => {
      await clock.advance('1m');
      const { approvals } = executorWith(four);
      const [wait] = await approvals.list({ user: 'mia' });
      await approvals.decide(wait!.id, { actor: { userId: 'mia' }, outcome: 'approved', digest: wait!.digest });
    };
    await claim.run(7, { runId: 'r', executor: executorWith(one) });
    await decide();
    const began = clock.now();
    expect((await claim.resume('r', { executor: executorWith(two) })).status).toBe('suspended');
    await decide();
    const dying = new DyingJournal(journal, 4, 'after');
    void claim.resume('r', { executor: executorWith(three, dying) });
    await dying.died;
    await clock.advance('1h');
    await claim.resume('r', { takeOver: true, executor: executorWith(four) });
    const roots = [one, two, three, four]
      .flatMap((each) => each.spans())
      .filter(({ name }) => name === 'invoke_workflow claim');
    expect(roots).toHaveLength(1);
    const { events } = roots[0]!;
    expect(events.map(({ attributes }) => attributes!['drawloom.approval.subject'])).toEqual(['first', 'second']);
    const times = events.map(({ time: [seconds, nanos] }) => seconds * 1_000 + nanos / 1e6 - began);
    expect(times).toEqual([0, 60_000]);
  });

  it('that is a fork is one tree, and not in the trace of the run it is made of', async () => {
    const waiting = new Workflow<number>('waiting')
      .addNode('first', (amount: number) => amount)
      .addWait('go', { signal: 'go' })
      .addNode('last', (payload: unknown) => payload)
      .setStart('first')
      .addEdge('first', 'go')
      .addEdge('go', 'last');
    const [original, forked, resumed] = [recorded(), recorded(), recorded()];
    const journal = new InMemoryJournal();
    const executorWith = ({ telemetry }: Recorded): LocalExecutor =>
      new LocalExecutor({ journal, telemetry, durability: { authentication: { trustedCaller: true } } });
    await waiting.run(7, { runId: 'r', executor: executorWith(original) });
    await waiting.fork('r', { from: 'first', runId: 'f', executor: executorWith(forked) });
    const executor = executorWith(resumed);
    await executor.signals.send({ signal: 'go', runId: 'f', payload: 1, sender: { userId: 'mia' } });
    expect((await waiting.resume('f', { executor })).status).toBe('completed');
    const own = [...forked.spans(), ...resumed.spans()];
    expect(rootsOf(own)).toEqual(['invoke_workflow waiting']);
    const traces = new Set(own.map((span) => span.spanContext().traceId));
    expect(traces.size).toBe(1);
    for (const span of original.spans()) expect(traces).not.toContain(span.spanContext().traceId);
  });

  it('of an agent alone is one tree, when its process is killed between two calls of its model', async () => {
    const echo = tool({ name: 'echo', description: 'Echoes.', run: () => 'echoed' });
    const agent = (turns: readonly ScriptedTurn[]) =>
      new Agent({ name: 'clerk', model: new ScriptedModel(turns), tools: [echo] });
    const [first, second] = [recorded(), recorded()];
    const journal = new InMemoryJournal();
    const dying = new DyingJournal(journal, 2, 'after');
    const calls = { toolCalls: [{ name: 'echo', arguments: {} }] };
    const clock = new VirtualClock();
    const executorWith = (kept: Journal, { telemetry }: Recorded) =>
      new LocalExecutor({ journal: kept, telemetry, clock });
    void agent([calls, 'done']).run('go', { runId: 'r', executor: executorWith(dying, first) });
    await dying.died;
    await clock.advance('1h'); // its lease has ended
    const executor = executorWith(journal, second);
    expect((await agent(['done']).run('go', { runId: 'r', executor })).output).toBe('done');
    const all = [...first.spans(), ...second.spans()];
    expect(all.map(({ name }) => name)).toContain('chat scripted');
    expect(first.spans().length).toBeGreaterThan(0);
    expect(rootsOf(all)).toEqual(['invoke_agent clerk']);
    expect(new Set(all.map((span) => span.spanContext().traceId)).size).toBe(1);
  });

  it('that fails has a span for each step that is undone', async () => {
    const { telemetry, tree } = recorded();
    const fail = (): never => {
      throw new Error('no');
    };
    const paying = new Workflow<number>('paying')
      .addNode('charge', (amount: number) => amount)
      .addNode('ship', fail)
      .addEdge('charge', 'ship')
      .addCompensation('charge', () => undefined)
      .setStart('charge');
    await expect(paying.run(1, { telemetry })).rejects.toMatchObject({ code: 'STEP_FAILED' });
    expect(tree()).toEqual(['invoke_workflow paying', '  step charge', '  step ship', '  compensate charge']);
  });
});

describe('A durable run that is begun within a traced run without a journal', () => {
  const waiting = new Workflow<number>('waiting')
    .addNode('first', (amount: number) => amount)
    .addWait('go', { signal: 'go' })
    .addNode('last', (payload: unknown) => payload)
    .setStart('first')
    .addEdge('first', 'go')
    .addEdge('go', 'last');
  const begun = [
    'invoke_workflow around',
    '  step call',
    '    invoke_workflow waiting',
    '      step first',
    '      step go',
  ];

  /** A run around `body`, which begins the other one and says what it wants with it. */
  const around = (body: () => Promise<unknown>, telemetry: Telemetry) =>
    new Workflow('around', { telemetry }).addNode('call', body).setStart('call').run(1);
  const executorOn = (journal: Journal, telemetry?: Telemetry): LocalExecutor =>
    new LocalExecutor({ journal, telemetry, durability: { authentication: { trustedCaller: true } } });
  const send = (executor: LocalExecutor) =>
    executor.signals.send({ signal: 'go', runId: 'r', payload: 1, sender: { userId: 'mia' } });

  it('is in its tree when it is suspended, also if nobody ever goes on with it', async () => {
    const { telemetry, tree, span } = recorded();
    await around(() => waiting.run(7, { runId: 'r', executor: executorOn(new InMemoryJournal()) }), telemetry);
    expect(tree()).toEqual(begun);
    expect(span('invoke_workflow waiting').attributes['drawloom.outcome']).toBe('suspended');
  });

  it('goes on in the telemetry around whoever takes it up', async () => {
    const { telemetry, tree, spans } = recorded();
    await around(async () => {
      const executor = executorOn(new InMemoryJournal());
      await waiting.run(7, { runId: 'r', executor });
      await waiting.resume('r', { executor });
      await send(executor);
      await waiting.resume('r', { executor });
    }, telemetry);
    expect(tree()).toEqual([...begun, '    invoke_workflow waiting', '    invoke_workflow waiting', '      step last']);
    const turns = spans().filter(({ name }) => name === 'invoke_workflow waiting');
    expect(turns.map(({ events }) => events.length).sort()).toEqual([0, 0, 1]);
  });

  it('goes on in another process, whatever that is doing, in the trace in which it was begun', async () => {
    const [first, second] = [recorded(), recorded()];
    const journal = new InMemoryJournal();
    await around(() => waiting.run(7, { runId: 'r', executor: executorOn(journal) }), first.telemetry);
    await around(async () => {
      const executor = executorOn(journal);
      await send(executor);
      await waiting.resume('r', { executor });
    }, second.telemetry);
    const [traceId] = first.spans().map((one) => one.spanContext().traceId);
    const all = [...first.spans(), ...second.spans()].filter((one) => one.spanContext().traceId === traceId);
    expect(treeOf(all)).toEqual([...begun, '      invoke_workflow waiting', '        step last']);
    expect(treeOf(second.spans().filter((one) => one.spanContext().traceId !== traceId))).toEqual([
      'invoke_workflow around',
      '  step call',
    ]);
  });

  it('is one tree when its process is killed in the part that goes on, whoever takes it up then', async () => {
    const [first, second, third] = [recorded(), recorded(), recorded()];
    const journal = new InMemoryJournal();
    await around(() => waiting.run(7, { runId: 'r', executor: executorOn(journal) }), first.telemetry);
    await send(executorOn(journal));
    const dying = new DyingJournal(journal, 2, 'after');
    void waiting.resume('r', { executor: executorOn(dying, second.telemetry) });
    await dying.died;
    await waiting.resume('r', { takeOver: true, executor: executorOn(journal, third.telemetry) });
    const all = [...first.spans(), ...second.spans(), ...third.spans()];
    expect(rootsOf(all)).toEqual(['invoke_workflow around']);
    expect(new Set(all.map((one) => one.spanContext().spanId)).size).toBe(all.length);
  });

  it('leaves the trace alone of a traced run that only takes it up', async () => {
    const { telemetry, spans } = recorded();
    const executor = executorOn(new InMemoryJournal(), telemetry);
    await waiting.run(7, { runId: 'r', executor });
    await around(async () => {
      await send(executor);
      await waiting.resume('r', { executor });
    }, telemetry);
    const traces = [...new Set(spans().map((one) => one.spanContext().traceId))];
    const trees = traces.map((id) => treeOf(spans().filter((one) => one.spanContext().traceId === id)));
    expect(trees).toEqual([
      ['invoke_workflow waiting', '  step first', '  step go', '  step last'],
      ['invoke_workflow around', '  step call'],
    ]);
  });
});
