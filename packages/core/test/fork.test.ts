import {
  END,
  InMemoryJournal,
  LocalExecutor,
  Workflow,
  type Journal,
  type RunHandle,
  type StepContext,
  type SuspendedRun,
} from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';

const executorOn = (journal: Journal, clock = new VirtualClock()): LocalExecutor =>
  new LocalExecutor({ journal, clock, durability: { authentication: { trustedCaller: true } } });

const recordsOf = (journal: Journal, runId: string) => journal.records({ tenant: '', runId }, 0, 1_000);
const infoOf = (journal: Journal, runId: string) => journal.run({ tenant: '', runId });

/** Three steps, of which each says that it was done. */
function order(log: string[], ship: (value: string) => string = (value) => `${value} ship`) {
  return new Workflow<string>('order')
    .addNode('charge', (value: string, { idempotencyKey }: StepContext) => {
      log.push(idempotencyKey);
      return `${value} charge`;
    })
    .addNode('ship', (value: string) => {
      log.push('ship');
      return ship(value);
    })
    .addNode('tell', (value: string) => {
      log.push('tell');
      return `${value} tell`;
    })
    .setStart('charge')
    .addEdge('charge', 'ship')
    .addEdge('ship', 'tell');
}

describe('A fork', () => {
  it('shares what was done before its node, and leaves the run it is made of as it was', async () => {
    const log: string[] = [];
    const journal = new InMemoryJournal();
    const executor = executorOn(journal);
    await order(log).run('a', { runId: 'r', userId: 'alice', executor });
    const before = [await infoOf(journal, 'r'), await recordsOf(journal, 'r')];
    log.length = 0;
    const forked = await order(log).fork('r', { from: 'ship', runId: 'f', executor });
    expect(forked).toMatchObject({ runId: 'f', output: 'a charge ship tell', visited: ['charge', 'ship', 'tell'] });
    expect(log).toEqual(['ship', 'tell']);
    expect([await infoOf(journal, 'r'), await recordsOf(journal, 'r')]).toEqual(before);
    expect(await infoOf(journal, 'f')).toMatchObject({ forkedFrom: 'r', status: 'completed', userId: 'alice' });
    expect(await order(log).resume('f', { executor })).toMatchObject({ output: 'a charge ship tell' });
    expect(log).toHaveLength(2);
  });

  it('says of itself what it is made of, and only where it begins', async () => {
    const journal = new InMemoryJournal();
    const waiting = new Workflow<string>('waiting')
      .addNode('first', (value: string) => value)
      .addWait('go', { signal: 'go' })
      .setStart('first')
      .addEdge('first', 'go');
    const typesOf = async (handle: RunHandle<unknown>): Promise<string[]> => {
      const types: string[] = [];
      for await (const event of handle.events()) {
        types.push(event.type);
        if (event.type === 'run.forked')
          expect(event).toMatchObject({
            sourceRunId: 'r',
            from: { node: 'first', visit: 1 },
            input: 'a',
            userId: 'al',
          });
      }
      return types;
    };
    const executor = executorOn(journal);
    await waiting.run('a', { runId: 'r', userId: 'al', executor });
    const begun = await typesOf(waiting.startFork('r', { from: 'first', runId: 'f', executor }));
    expect([begun[0], begun.at(-1)]).toEqual(['run.forked', 'run.suspended']);
    expect((await typesOf(waiting.startResume('f', { executor: executorOn(journal) })))[0]).toBe('run.resumed');
  });

  it('gives the node another input, and is a run of its own for whoever counts keys', async () => {
    const log: string[] = [];
    const executor = executorOn(new InMemoryJournal());
    await order(log).run('a', { runId: 'r', executor });
    const later = await order(log).fork('r', { from: 'ship', input: 'b', executor });
    expect(later.output).toBe('b ship tell');
    const again = await order(log).fork(later.runId, { from: 'ship', executor });
    expect(again.output).toBe('b ship tell');
    const first = await order(log).fork('r', { from: 'charge', input: 'c', runId: 'f', executor });
    expect(first.output).toBe('c charge ship tell');
    expect(log.filter((entry) => entry.includes('/'))).toEqual(['r/charge/1', 'f/charge/1']);
  });

  it('goes on where a run has failed, with a graph that has been mended', async () => {
    const log: string[] = [];
    const executor = executorOn(new InMemoryJournal());
    const fail = () => {
      throw new Error('no truck');
    };
    await expect(order(log, fail).run('a', { runId: 'r', executor })).rejects.toThrow('no truck');
    const mended = order(log).addNode('log', (value: string) => `${value} log`).addEdge('tell', 'log'); // prettier-ignore
    const { output } = await mended.fork('r', { from: 'ship', executor });
    expect(output).toBe('a charge ship tell log');
    expect(log).toEqual(['r/charge/1', 'ship', 'ship', 'tell']);
  });

  it('goes back to one visit of a loop', async () => {
    const executor = executorOn(new InMemoryJournal());
    const loop = new Workflow<number>('loop')
      .addNode('add', (value: number) => value + 1)
      .addRouter('add', (value) => (value < 5 ? 'again' : 'done'), { again: 'add', done: END })
      .setStart('add');
    await loop.run(0, { runId: 'r', executor });
    const second = await loop.fork('r', { from: 'add', visit: 2, input: 3, executor });
    expect(second).toMatchObject({ output: 5, visited: ['add', 'add', 'add'] });
    const last = await loop.fork('r', { from: 'add', input: 10, executor });
    expect(last.output).toBe(11);
  });

  it('decides anew from a router', async () => {
    let key = 'left';
    const executor = executorOn(new InMemoryJournal());
    const flow = new Workflow<string>('choice')
      .addNode('a', (value: string) => value)
      .addNode('left', () => 'left')
      .addNode('right', () => 'right')
      .addRouter('a', () => key, { left: 'left', right: 'right' }, { name: 'side' })
      .setStart('a');
    await flow.run('x', { runId: 'r', executor });
    key = 'right';
    expect((await flow.fork('r', { from: 'side', executor })).output).toBe('right');
  });

  it('begins a map, and a nested workflow, anew', async () => {
    const log: string[] = [];
    const executor = executorOn(new InMemoryJournal());
    const inner = new Workflow<number[]>('inner').addNode('sum', (list: number[]) => {
      log.push('sum');
      return list.reduce((a, b) => a + b, 0);
    });
    inner.setStart('sum');
    const flow = new Workflow<number[]>('outer')
      .addMap('double', (item: number) => {
        log.push(`double ${item}`);
        return item * 2;
      })
      .addNode('nested', inner)
      .setStart('double')
      .addEdge('double', 'nested');
    await flow.run([1, 2], { runId: 'r', executor });
    log.length = 0;
    expect((await flow.fork('r', { from: 'double', input: [1, 5], executor })).output).toBe(12);
    expect(log).toEqual(['double 1', 'double 5', 'sum']);
    log.length = 0;
    expect((await flow.fork('r', { from: 'nested', executor })).output).toBe(6);
    expect(log).toEqual(['sum']);
    await expect(flow.fork('r', { from: 'sum', executor })).rejects.toThrow(
      /fork from "nested", which it is nested in/,
    );
  });

  it('opens waits anew that were open, and asks again from one that was decided', async () => {
    const journal = new InMemoryJournal();
    const executor = executorOn(journal);
    const flow = new Workflow<number>('claims')
      .addNode('assess', (amount: number) => amount)
      .addNode('look', (amount: number) => amount)
      .addWait('letter', { signal: 'letter' })
      .addNode('done', (all: unknown) => all, { join: 'all' })
      .setStart('assess')
      .addEdge('assess', 'look')
      .addEdge('assess', 'letter')
      .addEdge('look', 'done')
      .addEdge('letter', 'done');
    const run = (await flow.run(7, { runId: 'r', executor })) as SuspendedRun;
    const forked = (await flow.fork('r', { from: 'look', input: 8, runId: 'f', executor })) as SuspendedRun;
    expect(forked.status).toBe('suspended');
    expect(forked.waits[0]!.id).not.toBe(run.waits[0]!.id);
    expect(await journal.waits({ tenant: '', runId: 'f' })).toHaveLength(1);
    await executor.signals.send({ signal: 'letter', runId: 'f', payload: 'yes', sender: { userId: 'mia' } });
    const done = await flow.resume('f', { executor });
    expect(done.output).toMatchObject({ look: 8 });
    expect(await infoOf(journal, 'r')).toMatchObject({ status: 'suspended' });
    const asked = await flow.fork('f', { from: 'letter', executor });
    expect(asked.status).toBe('suspended');
  });

  it('has of its timeout what the run had left there', async () => {
    const clock = new VirtualClock();
    const executor = executorOn(new InMemoryJournal(), clock);
    await order([]).run('a', { runId: 'r', timeout: '1h', executor });
    await clock.advance('3h');
    const { output } = await order([]).fork('r', { from: 'tell', executor });
    expect(output).toBe('a charge ship tell');
  });

  it('is refused after a step that was undone', async () => {
    const log: string[] = [];
    const executor = executorOn(new InMemoryJournal());
    const saga = order(log, () => {
      throw new Error('no truck');
    }).addCompensation('charge', () => void log.push('refund'));
    await expect(saga.run('a', { runId: 'r', executor })).rejects.toThrow('no truck');
    expect(log).toContain('refund');
    await expect(saga.fork('r', { from: 'ship', executor })).rejects.toMatchObject({ code: 'FORK_REFUSED' });
    await expect(saga.fork('r', { from: 'charge', executor })).rejects.toThrow('no truck'); // it may begin
  });

  it('is refused without a run, without such a node, and under an id that is taken', async () => {
    const journal = new InMemoryJournal();
    const executor = executorOn(journal);
    const flow = order([]);
    await flow.run('a', { runId: 'r', userId: 'alice', executor });
    const fork = (runId: string, options: object) => flow.fork(runId, { from: 'ship', executor, ...options });
    await expect(fork('s', {})).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(fork('r', { userId: 'bob' })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(fork('r', { tenant: 'acme' })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await expect(fork('r', { from: 'shpi' })).rejects.toThrow(/FORK_POINT_UNKNOWN[^]*change it to "ship"/);
    await expect(fork('r', { visit: 2 })).rejects.toMatchObject({ code: 'FORK_POINT_UNKNOWN' });
    await expect(fork('r', { runId: 'r' })).rejects.toMatchObject({ code: 'RUN_ID_TAKEN' });
    await expect(fork('r', { visit: 0 })).rejects.toMatchObject({ code: 'INVALID_RUN_OPTION' });
    await expect(fork('r', { form: 'ship' })).rejects.toMatchObject({ code: 'INVALID_RUN_OPTION' });
    await expect(flow.fork('r', { from: 'ship' })).rejects.toMatchObject({ code: 'NO_JOURNAL' });
    await expect(fork('r', { input: () => 1 })).rejects.toMatchObject({ code: 'VALUE_NOT_STORABLE' });
    expect(await journal.runs({ tenant: '' })).toHaveLength(1);
  });

  it('is over at once where what it shares does not fit the graph', async () => {
    const journal = new InMemoryJournal();
    const executor = executorOn(journal);
    await order([]).run('a', { runId: 'r', executor });
    const other = new Workflow<string>('order').addNode('ship', (value: string) => value).setStart('ship');
    await expect(other.fork('r', { from: 'ship', runId: 'f', executor })).rejects.toMatchObject({
      code: 'GRAPH_CHANGED',
    });
    expect(await infoOf(journal, 'f')).toMatchObject({ status: 'failed', owner: undefined });
  });
});
