import { END, InMemoryJournal, LocalExecutor, Workflow, step, type StepContext } from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import { thrownBy } from './collect-events.js';
import { DyingJournal } from './support/dying-journal.js';

/** What was really done, across executions. */
type Log = string[];

function order(log: Log) {
  const charge = async (amount: number, { idempotencyKey }: StepContext) => {
    log.push(`charge ${idempotencyKey}`);
    await Promise.resolve();
    return { amount, at: new Date(0) };
  };
  return new Workflow<number>('order')
    .addNode('charge', charge)
    .addNode('ship', (paid: { amount: number; at: Date }) => {
      log.push(`ship ${paid.at.getTime()}`);
      return paid.amount + 1;
    })
    .addNode('done', (amount: number) => `done ${amount}`)
    .setStart('charge')
    .addEdge('charge', 'ship')
    .addRouter('ship', (amount) => (amount > 0 ? 'yes' : 'no'), { yes: 'done', no: END });
}

const on = (journal: InMemoryJournal) => ({ executor: new LocalExecutor({ journal }) });

describe('A run with a journal', () => {
  it('gives what a run without one gives', async () => {
    const log: Log = [];
    const journal = new InMemoryJournal();
    const result = await order(log).run(4, { runId: 'r-1', userId: 'alice', ...on(journal) });
    expect(result).toMatchObject({ status: 'completed', output: 'done 5', visited: ['charge', 'ship', 'done'] });
    expect(await journal.run({ tenant: '', runId: 'r-1' })).toMatchObject({
      status: 'completed',
      userId: 'alice',
      workflow: 'order',
    });
    const records = await journal.records({ tenant: '', runId: 'r-1' }, 0, 100);
    expect(records.map(({ type }) => type)).toEqual([
      'run.started',
      'step.completed',
      'step.completed',
      'route.taken',
      'step.completed',
      'run.completed',
    ]);
  });

  it('does nothing again that is recorded, whatever the moment of the crash', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    await order([]).run(4, { ...on(whole) });
    for (let writes = 1; writes < whole.writes; writes++) {
      for (const when of ['before', 'after'] as const) {
        const log: Log = [];
        const journal = new InMemoryJournal();
        const dying = new DyingJournal(journal, writes, when);
        const workflow = order(log);
        void workflow.run(4, { runId: 'r', ...on(dying) });
        await dying.died;
        const known = await journal.run({ tenant: '', runId: 'r' });
        const result = await (known === undefined
          ? workflow.run(4, { runId: 'r', ...on(journal) })
          : workflow.resume('r', { takeOver: true, ...on(journal) }));
        expect(result).toMatchObject({ output: 'done 5', visited: ['charge', 'ship', 'done'] });
        expect(new Set(log)).toEqual(new Set(['charge r/charge/1', 'ship 0']));
        expect(log.length).toBeLessThanOrEqual(3);
      }
    }
  });

  it('gives the same result again to whoever starts it again', async () => {
    const log: Log = [];
    const journal = new InMemoryJournal();
    const workflow = order(log);
    const here = on(journal);
    const [first, second] = await Promise.all([
      workflow.run(4, { runId: 'r', ...here }),
      workflow.run(4, { runId: 'r', ...here }),
    ]);
    const third = await workflow.run(4, { runId: 'r', ...here });
    expect([first.output, second.output, third.output]).toEqual(['done 5', 'done 5', 'done 5']);
    expect(third.visited).toEqual(['charge', 'ship', 'done']);
    expect(log).toHaveLength(2);
    await expect(workflow.run(5, { runId: 'r', ...here })).rejects.toMatchObject({ code: 'RUN_ID_TAKEN' });
    await expect(workflow.run(4, { runId: 'r', userId: 'bob', ...here })).rejects.toMatchObject({
      code: 'RUN_ID_TAKEN',
    });
    await expect(workflow.resume('r', { userId: 'bob', ...here })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(workflow.resume('r', { tenant: 'acme', ...here })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('does decorated functions once', async () => {
    const log: Log = [];
    const look = step('look', async (name: string) => {
      log.push(`look ${name}`);
      return Promise.resolve(new Map([[name, 1]]));
    });
    const flow = new Workflow<string>('looks').addNode('all', async (name: string) => {
      const first = await look(name);
      const second = await look(`${name}!`);
      return [...first.keys(), ...second.keys()].join();
    });
    flow.setStart('all');
    for (let writes = 2; writes <= 4; writes++) {
      log.length = 0;
      const journal = new InMemoryJournal();
      const dying = new DyingJournal(journal, writes, 'after');
      void flow.run('a', { runId: 'r', ...on(dying) });
      await dying.died;
      const { output } = await flow.resume('r', { takeOver: true, ...on(journal) });
      expect(output).toBe('a,a!');
      expect(log).toEqual(['look a', 'look a!']);
    }
  });

  it('begins a nested run again where it was', async () => {
    const log: Log = [];
    const inner = new Workflow<string>('inner')
      .addNode('one', (text: string) => {
        log.push(`one ${text}`);
        return `${text}1`;
      })
      .addNode('two', (text: string) => {
        log.push(`two ${text}`);
        return `${text}2`;
      })
      .setStart('one')
      .addEdge('one', 'two');
    const outer = new Workflow<string>('outer').addNode('nested', inner).addNode('last', (text: string) => `${text}.`);
    outer.setStart('nested').addEdge('nested', 'last');
    const journal = new InMemoryJournal();
    const dying = new DyingJournal(journal, 2, 'after'); // the start, then what the first step gave
    void outer.run('x', { runId: 'r', ...on(dying) });
    await dying.died;
    const result = await outer.resume('r', { takeOver: true, ...on(journal) });
    expect(result.output).toBe('x12.');
    expect(log).toEqual(['one x', 'two x1']);
  });

  it('fails as it failed, when it is asked for again', async () => {
    const journal = new InMemoryJournal();
    const flow = new Workflow('bad').addNode('a', () => {
      throw new Error('no');
    });
    flow.setStart('a');
    const here = on(journal);
    await expect(flow.run(1, { runId: 'r', ...here })).rejects.toMatchObject({ code: 'STEP_FAILED' });
    await expect(flow.resume('r', here)).rejects.toMatchObject({ message: expect.stringContaining('no') as string });
    expect(await journal.run({ tenant: '', runId: 'r' })).toMatchObject({ status: 'failed' });
  });

  it('is a run of its own within one that has no journal', async () => {
    const log: Log = [];
    const journal = new InMemoryJournal();
    const outer = new Workflow<number>('outer').addNode('order', async (amount: number) => {
      const { output } = await order(log).run(amount, { runId: 'own', ...on(journal) });
      return output;
    });
    outer.setStart('order');
    expect((await outer.run(4, { userId: 'alice', tenant: 'acme' })).output).toBe('done 5');
    expect(await journal.run({ tenant: 'acme', runId: 'own' })).toMatchObject({ status: 'completed', userId: 'alice' });
  });
});

describe('Runs that cannot be taken up', () => {
  it('are each tried once in a pass, however many there are, and keep no other from going on', async () => {
    const journal = new InMemoryJournal();
    let asked = 0;
    const dueRuns = journal.dueRuns.bind(journal);
    journal.dueRuns = async (query) => {
      if (++asked > 50) throw new Error('asked again and again');
      await new Promise((resolve) => setImmediate(resolve)); // a store with a disk takes longer than what fails at once
      return dueRuns(query);
    };
    const delayed = (name: string, node: string): Workflow<string> =>
      new Workflow<string>(name)
        .addNode(node, (text: string) => text)
        .addDelay('sleep', '1h')
        .setStart(node)
        .addEdge(node, 'sleep') as unknown as Workflow<string>;
    const clock = new VirtualClock();
    const before = new LocalExecutor({ journal, clock });
    for (let index = 0; index < 120; index++)
      await delayed('changed', 'old').run('x', { executor: before, runId: `changed-${index}` });
    await clock.advance('1s');
    await delayed('same', 'node').run('y', { executor: before, runId: 'same' });
    await before.drain();
    await clock.advance('2h');

    const codes: unknown[] = [];
    const onBackgroundError = (error: unknown): void => void codes.push((error as { code: string }).code);
    const after = new LocalExecutor({ journal, clock, durability: { onBackgroundError } });
    after.register(delayed('changed', 'new'));
    after.register(delayed('same', 'node'));
    await after.resumeAll();
    await clock.advance('1s');
    expect(await journal.run({ tenant: '', runId: 'same' })).toMatchObject({ status: 'completed' });
    expect(codes).toEqual(Array(120).fill('GRAPH_CHANGED'));

    asked = 0;
    const claimed = jest.spyOn(journal, 'claim');
    for (let turn = 0; turn < 20; turn++) await clock.advance('1m');
    expect([asked > 5, claimed.mock.calls.length, codes.length]).toEqual([true, 0, 120]);
    after.register(delayed('changed', 'old')); // now one is known that they fit
    await clock.advance('2m');
    const runs = await journal.runs({ tenant: '', workflow: 'changed', limit: 200 });
    expect(new Set(runs.map(({ status }) => status))).toEqual(new Set(['completed']));
  });

  it('are as they were', async () => {
    const journal = new InMemoryJournal();
    const sleeping = (node: string): Workflow<string> =>
      new Workflow<string>('sleeper')
        .addNode(node, (text: string) => text)
        .addDelay('sleep', '1h')
        .setStart(node)
        .addEdge(node, 'sleep') as unknown as Workflow<string>;
    const executor = new LocalExecutor({ journal, clock: new VirtualClock() });
    await sleeping('old').run('x', { executor, runId: 'r' });
    const before = await journal.run({ tenant: '', runId: 'r' });
    expect(before).toMatchObject({ status: 'suspended', owner: undefined });
    expect(await thrownBy(() => sleeping('new').resume('r', { executor }))).toMatchObject({ code: 'GRAPH_CHANGED' });
    const { epoch, ...after } = (await journal.run({ tenant: '', runId: 'r' }))!;
    expect({ ...after, epoch: before!.epoch }).toEqual(before);
    expect(epoch).toBe(before!.epoch + 1);
  });
});
