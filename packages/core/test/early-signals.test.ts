import {
  ChainedAuditLog,
  hmacKey,
  InMemoryAuditStore,
  InMemoryJournal,
  LocalExecutor,
  Signals,
  Workflow,
  type AuditEntry,
  type DurabilityOptions,
  type ExecutorDefaults,
  type Journal,
  type RunResult,
} from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { z } from 'zod';
import { thrownBy } from './collect-events.js';
import { DyingJournal } from './support/dying-journal.js';

const bank = { userId: 'bank', groups: ['banks'] };
const authentication = { trustedCaller: true } as const;

class Post {
  readonly clock = new VirtualClock({ startAt: 0 });
  readonly journal: Journal = new InMemoryJournal();
  readonly log = new ChainedAuditLog({ store: new InMemoryAuditStore(), key: hmacKey('k', 'a secret of many bytes') });

  executor(durability: DurabilityOptions = {}, more: ExecutorDefaults = {}): LocalExecutor {
    const { clock, journal, log } = this;
    return new LocalExecutor({
      journal,
      clock,
      audit: { log },
      durability: { authentication, ...durability },
      ...more,
    });
  }

  /** What went on record of signals: what was done, by whom, and why not. */
  async entries(): Promise<Pick<AuditEntry, 'action' | 'actor' | 'node' | 'facts'>[]> {
    const found = [];
    for await (const { action, actor, node, facts } of this.log.entries({ run: 'r' }))
      if (/^signal\.(received|refused)$/.test(action)) found.push({ action, actor, node, facts });
    return found;
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 300; turn++) await Promise.resolve();
};

/** Comes to its wait when the gate opens. */
function gated(gate: Promise<unknown>) {
  return new Workflow<string>('orders')
    .addNode('pack', async (order: string) => (await gate, order))
    .addWait('paid', { payload: z.number() })
    .addNode('ship', (cents: number) => `shipped for ${cents}`)
    .setStart('pack')
    .addEdge('pack', 'paid')
    .addEdge('paid', 'ship');
}

const paid = (payload: unknown, more: object = {}) => ({ runId: 'r', signal: 'paid', payload, sender: bank, ...more });

/** Carries out `count` iterations, each of which waits. */
function listener(count: number) {
  const heard: unknown[] = [];
  const workflow = new Workflow<string>('listener')
    .addNode('begin', (text: string) => text)
    .addWait('next')
    .addNode('hear', (payload: unknown) => heard.push(payload))
    .setStart('begin')
    .addEdge('begin', 'next')
    .addEdge('next', 'hear')
    .addRouter('hear', (length: number) => (length < count ? 'again' : 'done'), { again: 'next', done: 'end' })
    .addNode('end', () => heard);
  return { workflow, heard };
}

describe('A signal that comes before its wait', () => {
  it('is kept, and taken as soon as the run comes to the wait: the run is not suspended for it', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor();
    const handle = gated(gate.promise).start('a book', { executor, runId: 'r' });
    await settle();
    await post.clock.advance(5);
    expect(await handle.signal({ signal: 'paid', payload: 900, sender: bank })).toEqual({
      status: 'kept',
      until: 5 + 7 * 86_400_000,
      isNew: true,
    });
    expect(await executor.signals.kept({ runId: 'r' })).toEqual([{ signal: 'paid', id: expect.any(String), at: 5 }]);
    const events: string[] = [];
    const listening = (async () => {
      for await (const { type } of handle.events()) events.push(type);
    })();
    gate.resolve();
    expect(await handle.result()).toMatchObject({ status: 'completed', output: 'shipped for 900' });
    await listening;
    expect(events).not.toContain('run.suspended');
    expect(await executor.signals.kept({ runId: 'r' })).toEqual([]);
    expect(await post.entries()).toMatchObject([{ action: 'signal.received', actor: 'user:bank', node: 'paid' }]);
  });

  it('outlives the process that it was sent to', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const dying = new DyingJournal(post.journal, 2);
    const first = post.executor({}, { journal: dying });
    const lost = gated(gate.promise).start('a book', { executor: first, runId: 'r' });
    await settle();
    await Promise.race([first.signals.send(paid(900)), dying.died]); // the death comes with the write that keeps it
    gate.resolve();
    void lost.result().catch(() => undefined);
    await settle();
    await post.clock.advance('1m');
    const second = post.executor();
    const workflow = gated(Promise.resolve());
    expect(await workflow.resume('r', { executor: second })).toMatchObject({ output: 'shipped for 900' });
  });

  it('is found by a run that is taken up again where it waits already', async () => {
    const post = new Post();
    const workflow = gated(Promise.resolve());
    await workflow.run('a book', { executor: post.executor(), runId: 'r' });
    // Kept by a process that died before it could look for the wait, which had opened meanwhile.
    const dying = new DyingJournal(post.journal, 1);
    const text = { v: 1, payload: '900', sender: { userId: 'bank', groups: [] }, until: 1e12 };
    const early = { tenant: '', runId: 'r', signal: 'paid', id: 'm', at: 0, text: JSON.stringify(text) };
    void dying.keepSignal(early, 9);
    await dying.died;
    expect(await workflow.resume('r', { executor: post.executor() })).toMatchObject({ output: 'shipped for 900' });
  });

  it("waits its turn: of one name the first that came is taken first, and others are in nobody's way", async () => {
    const post = new Post();
    const { workflow, heard } = listener(5);
    const gate = deferred<void>();
    const executor = post.executor();
    const slow = new Workflow<string>('slow')
      .addNode('gate', async (text: string) => (await gate.promise, text))
      .addNode('listen', workflow)
      .setStart('gate')
      .addEdge('gate', 'listen');
    const handle = slow.start('', { executor, runId: 'r' });
    await settle();
    const send = (signal: string, payload: number) =>
      executor.signals.send({ runId: 'r', signal, payload, sender: bank });
    await send('other', 0);
    for (const payload of [1, 2, 3]) await send('next', payload);
    gate.resolve();
    expect(await handle.result()).toMatchObject({ status: 'suspended', waits: [{ node: 'next', visit: 4 }] });
    expect(heard).toEqual([1, 2, 3]);
    expect(await send('next', 4)).toMatchObject({ status: 'taken' });
    expect(await send('next', 5)).toMatchObject({ status: 'kept' }); // the run has not come to the next wait yet
    expect(await slow.resume('r', { executor })).toMatchObject({ output: [1, 2, 3, 4, 5] });
  });

  it('with an id is one message, however often it is sent, kept or taken', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor();
    const handle = gated(gate.promise).start('a book', { executor, runId: 'r' });
    await settle();
    const send = () => executor.signals.send(paid(900, { id: 'm-1' }));
    const receipts = await Promise.all([send(), send(), send()]);
    expect(receipts.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await executor.signals.kept({ runId: 'r' })).toMatchObject([{ id: 'm-1' }]);
    gate.resolve();
    await handle.result();
    expect(await send()).toMatchObject({ status: 'taken', node: 'paid', isNew: false });
    expect(await post.entries()).toHaveLength(1);
  });

  it('may be an object of a type that the journal keeps', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor();
    const workflow = new Workflow<string>('orders')
      .addNode('pack', async (order: string) => (await gate.promise, order))
      .addWait('paid')
      .setStart('pack')
      .addEdge('pack', 'paid');
    const handle = workflow.start('', { executor, runId: 'r' });
    await settle();
    const payload = new Map([['amount', 900n]]);
    await executor.signals.send(paid(payload));
    expect(await thrownBy(() => executor.signals.send(paid({ pay: () => 1 })))).toMatchObject({
      code: 'VALUE_NOT_STORABLE',
    });
    gate.resolve();
    expect((await handle.result()) as RunResult<unknown>).toMatchObject({ output: payload });
  });
});

describe('A kept signal that its wait does not take', () => {
  it('is judged as if it came then, and told of: the next one has its turn', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor();
    const workflow = new Workflow<string>('orders')
      .addNode('pack', async (order: string) => (await gate.promise, order))
      .addWait('paid', { payload: z.number(), groups: ['banks'] })
      .setStart('pack')
      .addEdge('pack', 'paid');
    const handle = workflow.start('', { executor, runId: 'r' });
    await settle();
    await executor.signals.send(paid('900'));
    await executor.signals.send(paid(1, { sender: { userId: 'eve' } }));
    await executor.signals.send(paid(2));
    gate.resolve();
    expect(await handle.result()).toMatchObject({ output: 2 });
    expect(await post.entries()).toMatchObject([
      { action: 'signal.refused', actor: 'user:bank', node: 'paid', facts: { signal: 'paid', reason: 'invalid' } },
      { action: 'signal.refused', actor: 'user:eve', node: 'paid', facts: { reason: 'not-entitled' } },
      { action: 'signal.received', actor: 'user:bank' },
    ]);
  });

  it('is let go of when it was kept too long', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor({ lease: '1h' });
    const handle = gated(gate.promise).start('a book', { executor, runId: 'r' });
    await settle();
    expect(await executor.signals.send(paid(1, { keepFor: '1m' }))).toMatchObject({ until: 60_000 });
    await executor.signals.send(paid(2, { keepFor: 60_001 }));
    await post.clock.advance('1m');
    gate.resolve();
    expect(await handle.result()).toMatchObject({ output: 'shipped for 2' });
    expect(await post.entries()).toMatchObject([
      { action: 'signal.refused', facts: { reason: 'kept-too-long' } },
      { action: 'signal.received' },
    ]);
  });

  it('is let go of when the run ends without waiting for it', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor();
    const handle = gated(gate.promise).start('a book', { executor, runId: 'r' });
    await settle();
    await executor.signals.send({ runId: 'r', signal: 'payed', payload: 1, sender: bank });
    await executor.signals.send(paid(2));
    gate.resolve();
    await handle.result();
    expect(await executor.signals.kept({ runId: 'r' })).toEqual([]);
    expect(await post.entries()).toMatchObject([
      { action: 'signal.received' },
      { action: 'signal.refused', actor: 'user:bank', facts: { signal: 'payed', reason: 'run-over' } },
    ]);
    expect(await thrownBy(() => executor.signals.send(paid(3)))).toMatchObject({
      code: 'SIGNAL_REFUSED',
      reason: 'run-over',
    });
  });

  it.each(['fails', 'is cancelled'])('is let go of when the run %s', async (how) => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor();
    const handle = gated(gate.promise).start('a book', { executor, runId: 'r' });
    await settle();
    await executor.signals.send({ runId: 'r', signal: 'later', sender: bank });
    if (how === 'fails') gate.reject(new Error('no stock'));
    else handle.cancel();
    gate.resolve();
    await handle.result();
    expect(await executor.signals.kept({ runId: 'r' })).toEqual([]);
    expect(await post.entries()).toMatchObject([{ facts: { signal: 'later', reason: 'run-over' } }]);
  });
});

describe('A signal to a wait of which only its run knows what it takes', () => {
  const payment = new Workflow<string>('payment')
    .addNode('ask', (order: string) => order)
    .addWait('paid', { payload: z.object({ cents: z.number() }), users: ['bank'] })
    .setStart('ask')
    .addEdge('ask', 'paid');
  /** The wait stands in a run that is nested in it. */
  const orders = new Workflow<string>('orders')
    .addNode('pay', payment)
    .addNode('ship', ({ cents }: { cents: number }) => `shipped for ${cents}`)
    .setStart('pay')
    .addEdge('pay', 'ship');
  const wakes = async (post: Post): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) {
      await post.clock.advance('1s');
      await settle();
    }
  };

  it('is judged by the run: one that does not fit neither ends it nor takes the place of one that does', async () => {
    const post = new Post();
    const executor = post.executor();
    expect(await orders.run('a book', { executor, runId: 'r' })).toMatchObject({ status: 'suspended' });
    expect(await executor.signals.send(paid({ cents: 'many' }))).toMatchObject({ status: 'kept' });
    await wakes(post);
    expect(await executor.signals.kept({ runId: 'r' })).toEqual([]);
    expect(await post.journal.run({ tenant: '', runId: 'r' })).toMatchObject({
      status: 'suspended',
      wakeAt: undefined,
    });
    expect(await post.entries()).toMatchObject([
      { action: 'signal.refused', actor: 'user:bank', node: 'paid', facts: { reason: 'invalid' } },
    ]);
    await executor.signals.send(paid({ cents: 900 }));
    await wakes(post);
    expect(await orders.resume('r', { executor })).toMatchObject({ output: 'shipped for 900' });
  });

  it('is refused at once where more than its payload is wrong', async () => {
    const post = new Post();
    const executor = post.executor();
    await orders.run('a book', { executor, runId: 'r' });
    const sending = () => executor.signals.send(paid({ cents: 9 }, { sender: { userId: 'eve' } }));
    expect(await thrownBy(sending)).toMatchObject({ code: 'SIGNAL_REFUSED', reason: 'not-entitled' });
    expect(await executor.signals.kept({ runId: 'r' })).toEqual([]);
  });

  it('may be sent by a process that knows no workflows', async () => {
    const post = new Post();
    const executor = post.executor();
    await payment.run('a book', { executor, runId: 'r' });
    const elsewhere = new Signals({ journal: post.journal, clock: post.clock, trustedCaller: true });
    expect(await elsewhere.send(paid('nothing that fits'))).toMatchObject({ status: 'kept' });
    expect(await elsewhere.send(paid({ cents: 900 }))).toMatchObject({ status: 'kept' });
    expect(await post.journal.run({ tenant: '', runId: 'r' })).toMatchObject({ status: 'suspended', wakeAt: 0 });
    await wakes(post);
    expect(await payment.resume('r', { executor })).toMatchObject({ output: { cents: 900 } });
    expect(await post.entries()).toMatchObject([{ action: 'signal.refused' }, { action: 'signal.received' }]);
  });

  it('is taken by a run that is under way meanwhile', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor();
    const both = new Workflow<string>('both')
      .addNode('begin', (text: string) => text)
      .addNode('pay', payment)
      .addNode('work', async (text: string) => (await gate.promise, text))
      .addNode('end', ({ pay }: { pay: { cents: number }; work: string }) => pay.cents, { join: 'all' })
      .setStart('begin')
      .addEdge('begin', 'pay')
      .addEdge('begin', 'work')
      .addEdge('pay', 'end')
      .addEdge('work', 'end');
    const handle = both.start('', { executor, runId: 'r' });
    await settle();
    await handle.signal({ signal: 'paid', payload: { cents: 5 }, sender: bank });
    await settle();
    expect(await executor.signals.kept({ runId: 'r' })).toEqual([]);
    gate.resolve();
    expect(await handle.result()).toMatchObject({ output: 5 });
  });
});

describe('How many signals are kept', () => {
  it('is bounded in each run, and what is too old makes room', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor({ signals: { most: 2, keepFor: '1h' }, lease: '1d' });
    const handle = gated(gate.promise).start('a book', { executor, runId: 'r' });
    await settle();
    await executor.signals.send(paid(1, { keepFor: '1s' }));
    await executor.signals.send(paid(2));
    const full = () => thrownBy(() => executor.signals.send(paid(3)));
    expect(await full()).toMatchObject({ code: 'SIGNAL_REFUSED', reason: 'too-many' });
    expect((await full()).message).toContain('signals: { most }');
    await post.clock.advance('1s');
    expect(await executor.signals.send(paid(4))).toMatchObject({ status: 'kept' });
    gate.resolve();
    expect(await handle.result()).toMatchObject({ output: 'shipped for 2' });
    expect((await post.entries()).map(({ facts }) => facts?.['reason'])).toEqual([
      'too-many',
      'too-many',
      'kept-too-long',
      undefined,
      'run-over',
    ]);
  });

  it('is none where nothing is to be kept, as for a run or a tenant that there is none of', async () => {
    const [post, gate] = [new Post(), deferred<void>()];
    const executor = post.executor({ signals: { keepFor: 0 } });
    const handle = gated(gate.promise).start('a book', { executor, runId: 'r' });
    await settle();
    const refused = [
      paid(1),
      paid(1, { runId: 'never', keepFor: '1h' }),
      paid(1, { keepFor: '1h', sender: { ...bank, tenant: 't' } }),
    ];
    const errors = [];
    for (const signal of refused) errors.push(await thrownBy(() => executor.signals.send(signal)));
    expect(errors.map(({ code }) => code)).toEqual(Array(3).fill('WAIT_NOT_FOUND'));
    expect(new Set(errors.map(({ message }) => message)).size).toBe(1);
    expect(await executor.signals.kept({ tenant: 't', runId: 'r' })).toEqual([]);
    expect(await executor.signals.send(paid(1, { keepFor: '1h' }))).toMatchObject({ status: 'kept' });
    gate.resolve();
    await handle.result();
  });

  it.each([
    [{ keepFor: 'soon' }, 'durability.signals.keepFor'],
    [{ most: 0 }, 'durability.signals.most'],
    [{ most: 1_001 }, 'durability.signals.most'],
    [7, 'durability.signals'],
  ])('can be said: not %p', (signals, option) => {
    const make = () => new LocalExecutor({ journal: new InMemoryJournal(), durability: { signals: signals as never } });
    expect(make).toThrow(option);
  });
});

describe('Early signals of a process that dies', () => {
  const ordered = new Workflow<string>('orders')
    .addNode('pack', (order: string) => order)
    .addWait('paid')
    .addWait('delivered')
    .addNode('thank', ({ paid, delivered }: { paid: string; delivered: string }) => `${paid} for ${delivered}`, {
      join: 'all',
    })
    .setStart('pack')
    .addEdge('pack', 'paid')
    .addEdge('pack', 'delivered')
    .addEdge('paid', 'thank')
    .addEdge('delivered', 'thank');
  const messages = [
    { signal: 'delivered', payload: 'a parcel', sender: bank, id: 'm-1' },
    { signal: 'paid', payload: '900', sender: bank, id: 'm-2' },
    { signal: 'paid', payload: '901', sender: bank, id: 'm-3' },
  ];

  async function live(post: Post, journal: Journal): Promise<string | undefined> {
    const executor = post.executor({ lease: '10m' }, { journal });
    const handle = ordered.start('', { executor, runId: 'r' });
    for (const message of messages) {
      await handle.signal(message).catch((error: { readonly reason?: string }) => {
        if (error.reason !== 'run-over') throw error;
      });
    }
    const { status } = await handle.result();
    const result = status === 'suspended' ? await ordered.resume('r', { executor }) : await handle.result();
    return result.status === 'completed' ? result.output : result.status;
  }

  it('are taken once and in their order, whatever the write it dies at, when they are sent again', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    const expected = '900 for a parcel';
    expect(await live(new Post(), whole)).toBe(expected);
    for (let last = 1; last <= whole.writes; last++) {
      for (const when of ['before', 'after'] as const) {
        const post = new Post();
        const dying = new DyingJournal(post.journal, last, when);
        void live(post, dying).catch(() => undefined);
        await dying.died;
        await post.clock.advance('11m');
        expect(await live(post, post.journal)).toBe(expected);
      }
    }
  });
});

describe('Signals and waits that come in any order', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('give each payload to one wait, none twice and none lost (%i)', async (seed) => {
    const post = new Post();
    const count = 24;
    const { workflow } = listener(count);
    let state = seed * 7_919;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    const executor = post.executor({ signals: { most: count } });
    const elsewhere = new Signals({ journal: post.journal, clock: post.clock, trustedCaller: true });
    const handle = workflow.start('', { executor, runId: 'r' });
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    const sending: Promise<unknown>[] = [];
    for (let payload = 0; payload < count; payload++) {
      const signals = random(2) === 0 ? executor.signals : elsewhere;
      const message = { runId: 'r', signal: 'next', payload, sender: bank, id: `m-${payload}` };
      for (let times = 1 + random(2); times > 0; times--) sending.push(signals.send(message));
      for (let turns = random(40); turns > 0; turns--) await Promise.resolve();
    }
    await Promise.all(sending);
    for (let tries = 0; tries < 100; tries++) {
      await settle();
      await post.clock.advance('1m');
    }
    const result = await handle.result();
    const output = (result.status === 'completed' ? result : await workflow.resume('r', { executor })).output;
    expect([...(output as number[])].sort((one, other) => one - other)).toEqual(
      Array.from({ length: count }, (_, n) => n),
    );
  });
});
