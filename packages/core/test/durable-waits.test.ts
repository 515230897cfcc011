import {
  END,
  InMemoryJournal,
  LocalExecutor,
  Workflow,
  type ApprovalDecision,
  type Journal,
  type SuspendedRun,
} from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { DyingJournal } from './support/dying-journal.js';

const executorOn = (journal: Journal, clock = new VirtualClock()): LocalExecutor =>
  new LocalExecutor({ journal, clock, durability: { authentication: { trustedCaller: true } } });

/** Lets everything that can go on do so. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
};

const claim = new Workflow<number>('claim')
  .addNode('assess', (amount: number) => amount)
  .addApproval('askManager', (amount: number) => ({ title: `Pay ${amount}?` }), {
    groups: ['managers'],
    quorum: 2,
    notBy: ['assess'],
    deadline: '48h',
    routes: { approved: 'pay', rejected: 'refuse', expired: 'refuse' },
  })
  .addNode(
    'pay',
    (amount: number, context) => `paid ${amount}: ${context.decision<ApprovalDecision>('askManager')!.outcome}`,
    { output: true },
  )
  .addNode(
    'refuse',
    (amount: number, context) => `refused ${amount}: ${context.decision<ApprovalDecision>('askManager')!.outcome}`,
    { output: true },
  )
  .setStart('assess')
  .addEdge('assess', 'askManager');

const decideAs = async (
  executor: LocalExecutor,
  id: string,
  userId: string,
  outcome: 'approved' | 'rejected' = 'approved',
) => {
  const { digest } = await executor.approvals.get(id);
  return executor.approvals.decide(id, { actor: { userId, groups: ['managers'] }, outcome, digest });
};

describe('A run that waits for people', () => {
  it('is suspended, and goes on by itself when enough have decided', async () => {
    const journal = new InMemoryJournal();
    const executor = executorOn(journal);
    const result = await claim.run(7, { executor, runId: 'r', userId: 'alice' });
    expect(result.status).toBe('suspended');
    const [wait] = (result as SuspendedRun).waits;
    expect(wait).toMatchObject({ node: 'askManager', kind: 'approval' });
    expect(() => result.output).toThrow('RUN_SUSPENDED');
    const [first] = await executor.approvals.list({ user: 'mia', groups: ['managers'] });
    expect(first).toMatchObject({ id: wait!.id, title: 'Pay 7?' });
    await expect(decideAs(executor, wait!.id, 'alice')).rejects.toMatchObject({ code: 'DECISION_REFUSED' });
    await decideAs(executor, wait!.id, 'mia');
    await settle();
    expect(await journal.run({ tenant: '', runId: 'r' })).toMatchObject({ status: 'suspended' });
    await decideAs(executor, wait!.id, 'max');
    const done = await claim.resume('r', { executor });
    expect(done).toMatchObject({
      status: 'completed',
      output: 'paid 7: approved',
      visited: ['assess', 'askManager', 'pay'],
    });
    expect(done.routes).toEqual([{ router: 'askManager', keys: ['approved'], targets: ['pay'], ends: false }]);
  });

  it('is never approved by time', async () => {
    const journal = new InMemoryJournal();
    const clock = new VirtualClock();
    const executor = executorOn(journal, clock);
    await claim.run(7, { executor, runId: 'r', userId: 'alice' });
    await clock.advance('49h');
    await settle();
    const done = await claim.resume('r', { executor });
    expect(done.output).toBe('refused 7: expired');
  });

  it('goes on in another process, whatever the moment of a crash', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    const executor = executorOn(whole);
    const suspended = (await claim.run(7, { executor, runId: 'r', userId: 'alice' })) as SuspendedRun;
    const { id } = suspended.waits[0]!;
    for (const user of ['mia', 'max']) await decideAs(executor, id, user);
    await claim.resume('r', { executor });
    for (let writes = 1; writes < whole.writes; writes++) {
      const journal = new InMemoryJournal();
      const dying = new DyingJournal(journal, writes);
      const before = executorOn(dying);
      void claim
        .run(7, { executor: before, runId: 'r', userId: 'alice' })
        .then(async () => {
          for (const user of ['mia', 'max']) await decideAs(before, id, user);
          await claim.resume('r', { executor: before });
        })
        .catch(() => undefined);
      await dying.died;
      const after = executorOn(journal);
      let result = await claim.resume('r', { executor: after, takeOver: true });
      if (result.status === 'suspended') {
        for (const user of ['mia', 'max']) await decideAs(after, id, user).catch(() => undefined);
        await settle();
        result = await claim.resume('r', { executor: after });
      }
      expect(result).toMatchObject({ output: 'paid 7: approved', visited: ['assess', 'askManager', 'pay'] });
    }
  });

  it('lets other branches go on', async () => {
    const log: string[] = [];
    const flow = new Workflow<string>('branches')
      .addNode('begin', (text: string) => text)
      .addApproval('ask', (text: string) => ({ title: text }), { users: ['mia'] })
      .addNode('work', (text: string) => {
        log.push('work');
        return `${text}!`;
      })
      .addNode('join', (both: { ask: ApprovalDecision; work: string }) => `${both.work} ${both.ask.outcome}`, {
        join: 'all',
      })
      .setStart('begin')
      .addEdge('begin', 'ask')
      .addEdge('begin', 'work')
      .addEdge('ask', 'join')
      .addEdge('work', 'join');
    const executor = executorOn(new InMemoryJournal());
    const result = (await flow.run('go', { executor, runId: 'r' })) as SuspendedRun;
    expect(result.visited).toEqual(['begin', 'work']);
    await decideAs(executor, result.waits[0]!.id, 'mia', 'rejected');
    expect((await flow.resume('r', { executor })).output).toBe('go! rejected');
    expect(log).toEqual(['work']);
  });

  it('waits within a nested workflow, too', async () => {
    const inner = new Workflow<string>('inner')
      .addNode('before', (text: string) => `${text}1`)
      .addApproval('ask', (text: string) => ({ title: text }), {
        users: ['mia'],
        routes: { approved: 'after', rejected: END },
      })
      .addNode('after', (text: string) => `${text}2`)
      .setStart('before')
      .addEdge('before', 'ask');
    const outer = new Workflow<string>('outer').addNode('nested', inner).addNode('last', (text: string) => `${text}.`);
    outer.setStart('nested').addEdge('nested', 'last');
    const executor = executorOn(new InMemoryJournal());
    const result = (await outer.run('x', { executor, runId: 'r' })) as SuspendedRun;
    expect(result.status).toBe('suspended');
    await decideAs(executor, result.waits[0]!.id, 'mia');
    expect((await outer.resume('r', { executor })).output).toBe('x12.');
  });
});

describe('A run that waits for a signal or a time', () => {
  const flow = new Workflow<string>('parcel')
    .addWait('arrival', {
      payload: z.object({ place: z.string() }),
      expiresAfter: '2d',
      routes: { received: 'tell', expired: 'search' },
    })
    .addNode(
      'tell',
      (number: string, context) => `${number} is in ${context.decision<{ place: string }>('arrival')!.place}`,
      { output: true },
    )
    .addNode('search', (number: string) => `${number} is lost`, { output: true })
    .setStart('arrival');

  it('takes a signal that fits', async () => {
    const executor = executorOn(new InMemoryJournal());
    await flow.run('4711', { executor, runId: 'r' });
    const sender = { userId: 'post' };
    await expect(
      executor.signals.send({ runId: 'r', signal: 'arrival', payload: { place: 1 }, sender }),
    ).rejects.toMatchObject({ code: 'SIGNAL_REFUSED', reason: 'invalid' });
    await executor.signals.send({ runId: 'r', signal: 'arrival', payload: { place: 'Graz' }, sender });
    expect((await flow.resume('r', { executor })).output).toBe('4711 is in Graz');
  });

  it('gives the node what the schema makes of the payload, once', async () => {
    const count = new Workflow<string>('count')
      .addWait('number', { payload: z.string().transform(Number) })
      .setStart('number');
    const executor = executorOn(new InMemoryJournal());
    await count.run('x', { executor, runId: 'r' });
    await executor.signals.send({ runId: 'r', signal: 'number', payload: '7', sender: { userId: 'post' } });
    expect((await count.resume('r', { executor })).output).toBe(7);
  });

  it('takes a payload by the schema of its own node, where one of the same name waits in the run around', async () => {
    const inner = new Workflow<string>('inner').addWait('number', { payload: z.string() }).setStart('number');
    const outer = new Workflow<string>('outer')
      .addNode('inner', inner)
      .addWait('number', { payload: z.number() })
      .setStart('inner')
      .addEdge('inner', 'number');
    const executor = executorOn(new InMemoryJournal());
    const send = (payload: unknown) =>
      executor.signals.send({ runId: 'r', signal: 'number', payload, sender: { userId: 'post' } });
    await outer.run('x', { executor, runId: 'r' });
    await send('text');
    expect((await outer.resume('r', { executor })).status).toBe('suspended');
    await expect(send('text')).rejects.toMatchObject({ code: 'SIGNAL_REFUSED', reason: 'invalid' });
    await send(7);
    expect((await outer.resume('r', { executor })).output).toBe(7);
  });

  it('goes another way when none comes in time', async () => {
    const clock = new VirtualClock();
    const executor = executorOn(new InMemoryJournal(), clock);
    await flow.run('4711', { executor, runId: 'r' });
    await clock.advance('3d');
    await settle();
    expect((await flow.resume('r', { executor })).output).toBe('4711 is lost');
  });

  it('sleeps without a process, and passes on what it received', async () => {
    const journal = new InMemoryJournal();
    const slow = new Workflow<string>('slow').addDelay('sleep', '1h').addNode('wake', (text: string) => `${text}!`);
    slow.setStart('sleep').addEdge('sleep', 'wake');
    const result = await slow.run('x', { executor: executorOn(journal), runId: 'r' });
    expect(result.status).toBe('suspended');
    const later = new VirtualClock();
    await later.advance('2h');
    const executor = executorOn(journal, later);
    executor.register(slow);
    await executor.resumeAll();
    await settle();
    expect((await slow.resume('r', { executor })).output).toBe('x!');
  });
});

describe('A run that fails', () => {
  const saga = (log: string[], failing = true) =>
    new Workflow<string>('trip')
      .addNode('flight', (to: string) => log.push(`book flight ${to}`) && `F-${to}`)
      .addNode('hotel', (flight: unknown) => log.push('book hotel') && `H-${String(flight)}`)
      .addNode('pay', (hotel: unknown) => {
        if (failing) throw new TypeError('no money');
        return hotel;
      })
      .addCompensation('flight', (flight) => void log.push(`cancel ${String(flight)}`))
      .addCompensation('hotel', (hotel) => void log.push(`cancel ${String(hotel)}`))
      .setStart('flight')
      .addEdge('flight', 'hotel')
      .addEdge('hotel', 'pay');

  it('is undone, the last step first, with and without a journal', async () => {
    for (const options of [{}, { executor: executorOn(new InMemoryJournal()) }]) {
      const log: string[] = [];
      await expect(saga(log).run('Rome', options)).rejects.toMatchObject({ code: 'STEP_FAILED', node: 'pay' });
      expect(log).toEqual(['book flight Rome', 'book hotel', 'cancel H-F-Rome', 'cancel F-Rome']);
    }
  });

  it('goes on being undone after a crash, each step once', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    await saga([])
      .run('Rome', { executor: executorOn(whole), runId: 'r' })
      .catch(() => undefined);
    for (let writes = 2; writes < whole.writes; writes++) {
      const log: string[] = [];
      const journal = new InMemoryJournal();
      const dying = new DyingJournal(journal, writes);
      void saga(log).run('Rome', { executor: executorOn(dying), runId: 'r' });
      await dying.died;
      const error: unknown = await saga(log)
        .resume('r', { executor: executorOn(journal), takeOver: true })
        .catch((thrown: unknown) => thrown);
      expect((error as Error).message).toContain('no money');
      expect(log.filter((entry) => entry.startsWith('book'))).toEqual(['book flight Rome', 'book hotel']);
      expect(log.filter((entry) => entry.startsWith('cancel'))).toEqual(['cancel H-F-Rome', 'cancel F-Rome']);
      expect(await journal.run({ tenant: '', runId: 'r' })).toMatchObject({ status: 'failed' });
    }
  });
});

describe('A run that is suspended', () => {
  it('can be cancelled: its waits are closed, and what it has done is undone', async () => {
    const log: string[] = [];
    const flow = new Workflow<string>('order')
      .addNode('charge', (text: string) => `charge ${text}`)
      .addCompensation('charge', (charge) => void log.push(`refund ${charge}`))
      .addApproval('ask', (text: string) => ({ title: text }), { users: ['mia'] })
      .setStart('charge')
      .addEdge('charge', 'ask');
    const journal = new InMemoryJournal();
    const executor = executorOn(journal);
    await flow.run('x', { executor, runId: 'r', userId: 'alice' });
    await expect(flow.cancel('r', { executor, userId: 'bob' })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
    await flow.cancel('r', { executor, userId: 'alice', reason: 'changed her mind' });
    expect(log).toEqual(['refund charge x']);
    expect(await journal.run({ tenant: '', runId: 'r' })).toMatchObject({ status: 'cancelled' });
    expect(await executor.approvals.list({ user: 'mia' })).toEqual([]);
    await flow.cancel('r', { executor });
    await expect(flow.resume('r', { executor })).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  });

  it('is decided through a handle as well', async () => {
    const executor = executorOn(new InMemoryJournal());
    const handle = claim.start(7, { executor, runId: 'r', userId: 'alice' });
    const suspended = (await handle.result()) as SuspendedRun;
    const { id } = suspended.waits[0]!;
    const { digest } = await executor.approvals.get(id);
    await handle.decide(id, { actor: { userId: 'mia', groups: ['managers'] }, outcome: 'rejected', digest });
    expect((await claim.resume('r', { executor })).output).toBe('refused 7: rejected');
  });
});

describe('A process that stops', () => {
  it('lets steps end, begins nothing more, and leaves runs that anybody may take up', async () => {
    const log: string[] = [];
    const gate = deferred<string>();
    const flow = new Workflow<string>('two')
      .addNode('one', async (text: string) => {
        log.push('one');
        return `${text}${await gate.promise}`;
      })
      .addNode('two', (text: string) => {
        log.push('two');
        return `${text}2`;
      })
      .setStart('one')
      .addEdge('one', 'two');
    const journal = new InMemoryJournal();
    const stopping = executorOn(journal);
    const running = flow.run('x', { executor: stopping, runId: 'r' });
    await settle();
    const drained = stopping.drain();
    gate.resolve('1');
    await drained;
    expect(await running).toMatchObject({ status: 'suspended', waits: [] });
    expect(log).toEqual(['one']);
    await expect(flow.run('y', { executor: stopping })).rejects.toMatchObject({ code: 'EXECUTOR_DRAINING' });
    expect((await flow.resume('r', { executor: executorOn(journal) })).output).toBe('x12');
    expect(log).toEqual(['one', 'two']);
  });

  it('gives up at the deadline what does not end', async () => {
    const journal = new InMemoryJournal();
    const clock = new VirtualClock();
    const stopping = executorOn(journal, clock);
    const never = deferred<string>();
    let isLast = false;
    const flow = new Workflow<string>('stuck', { cancelGrace: 0 })
      .addNode('one', (text: string) => (isLast ? text : never.promise))
      .setStart('one');
    const running = flow.run('x', { executor: stopping, runId: 'r' });
    const failure = expect(running).rejects.toMatchObject({ code: 'EXECUTOR_DRAINING' });
    await settle();
    const drained = stopping.drain({ deadline: '3s' });
    await clock.advance('4s');
    await drained;
    await failure;
    isLast = true;
    expect((await flow.resume('r', { executor: executorOn(journal), takeOver: true })).output).toBe('x');
  });

  it('loses its runs to another one when it is not heard of, and writes nothing more', async () => {
    const journal = new InMemoryJournal();
    const gate = deferred<string>();
    const log: string[] = [];
    const flow = new Workflow<string>('slow')
      .addNode('one', async (text: string, { signal }) => {
        log.push('one');
        return log.length === 1 ? await Promise.race([gate.promise, aborted(signal)]) : `${text}1`;
      })
      .setStart('one');
    const slow = flow.run('x', { executor: executorOn(journal), runId: 'r' }); // its clock stands still: it is not heard of
    const lost = expect(slow).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await settle();
    const later = new VirtualClock();
    await later.advance('31s');
    expect((await flow.resume('r', { executor: executorOn(journal, later) })).output).toBe('x1');
    gate.resolve('too late');
    await lost;
    expect(log).toEqual(['one', 'one']);
    expect((await journal.records({ tenant: '', runId: 'r' }, 0, 10)).map(({ type }) => type)).toEqual([
      'run.started',
      'run.resumed',
      'step.completed',
      'run.completed',
    ]);
  });
});

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
