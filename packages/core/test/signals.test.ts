import {
  type Actor,
  InMemoryJournal,
  type Journal,
  RunError,
  Signals,
  type SignalsOptions,
  type Wait,
} from '@drawloom/core';
import {
  keepTime,
  openSignal,
  openTimer,
  settledSignal,
  ValueCodec,
  type SignalOpening,
} from '@drawloom/core/front-end';
import { VirtualClock } from '@drawloom/testing';
import { thrownBy } from './collect-events.js';
import { FACTS } from './support/open-wait.js';

const { graphHash, ...facts } = FACTS;
const shop: Actor = { tenant: 'acme', userId: 'shop' };
const paid = { runId: 'run-1', signal: 'paid', sender: shop };

class Post {
  readonly clock = new VirtualClock({ startAt: 0 });
  readonly settledWaits: string[] = [];
  readonly signals: Signals;

  constructor(
    options: Partial<SignalsOptions> = { trustedCaller: true },
    readonly journal: Journal = new InMemoryJournal(),
  ) {
    const onSettled = ({ id }: Wait): void => void this.settledWaits.push(id);
    this.signals = new Signals({ journal, clock: this.clock, onSettled, ...options });
  }

  async open(...openings: readonly Partial<SignalOpening & { readonly id: string }>[]): Promise<void> {
    const { tenant, runId, workflow, userId } = facts;
    const run = { tenant, runId, workflow, userId, graphHash, version: undefined, sessionId: 's', createdAt: 0 };
    const made = await this.journal.create({ ...run, forkedFrom: undefined, graph: '{}' }, [], {
      owner: 'p',
      until: 1e12,
    });
    const opens = openings.map(({ id = 'wait-1', ...opening }) =>
      openSignal({ facts: { ...facts, id }, signal: 'paid', timeoutMs: undefined, now: 0, ...opening }),
    );
    if (made.isNew) await this.journal.commit(made.lease, { records: [], opens, status: 'suspended', at: 0 });
  }

  async outcome(id = 'wait-1'): Promise<unknown> {
    return settledSignal((await this.journal.wait({ tenant: 'acme', id }))!, new ValueCodec());
  }
}

const reasonOf = async (sending: () => Promise<unknown>): Promise<string | undefined> => {
  const error = await thrownBy(sending);
  expect(error).toMatchObject({ code: 'SIGNAL_REFUSED' });
  return (error as RunError).reason;
};

describe('A signal', () => {
  it('settles the wait for it with its payload, and the run goes on', async () => {
    const post = new Post();
    await post.open({});
    expect(await post.outcome()).toBeUndefined();
    await post.clock.advance(5);
    const payload = { amount: 900n, at: new Date(0) };
    expect(await post.signals.send({ ...paid, payload })).toEqual({
      status: 'taken',
      waitId: 'wait-1',
      node: 'askManager',
      isNew: true,
    });
    expect(await post.outcome()).toEqual({ outcome: 'received', payload, sender: 'shop', at: 5 });
    expect(post.settledWaits).toEqual(['wait-1']);
  });

  it('may have no payload', async () => {
    const post = new Post();
    await post.open({});
    await post.signals.send(paid);
    expect(await post.outcome()).toEqual({ outcome: 'received', payload: undefined, sender: 'shop', at: 0 });
  });

  it('goes to one wait each, the one that has waited longest', async () => {
    const post = new Post();
    await post.open({ id: 'second', now: 2 }, { id: 'first', now: 1 }, { id: 'other', signal: 'shipped' });
    const sent = await Promise.all([post.signals.send(paid), post.signals.send(paid)]);
    expect(sent).toMatchObject([{ waitId: 'first' }, { waitId: 'second' }]);
    expect(await thrownBy(() => post.signals.send({ ...paid, keepFor: 0 }))).toMatchObject({ code: 'WAIT_NOT_FOUND' });
    expect(await post.outcome('other')).toBeUndefined();
  });

  it('that is sent twice under one id is taken once, also where another wait is open', async () => {
    const post = new Post();
    await post.open({ id: 'first', now: 1 }, { id: 'second', now: 2 });
    const message = { ...paid, id: 'm-1' };
    const sent = await Promise.all(Array.from({ length: 100 }, () => post.signals.send(message)));
    expect(sent.filter(({ isNew }) => isNew)).toHaveLength(1);
    for (const receipt of sent) expect(receipt).toMatchObject({ status: 'taken', waitId: 'first' });
    const run = { tenant: 'acme', runId: 'run-1' };
    const { lease } = (await post.journal.claim(run, { owner: 'q', until: 1e12, now: 0 }))!;
    await post.journal.commit(lease, { records: [], closes: ['first'], at: 0 }); // the run has taken note
    expect(await post.signals.send(message)).toMatchObject({ waitId: 'first', node: 'askManager', isNew: false });
    expect(await post.signals.send({ ...paid, id: 'm-2' })).toMatchObject({ waitId: 'second', isNew: true });
  });

  it('is not taken when its time is over', async () => {
    const post = new Post();
    await post.open({ timeoutMs: 1_000 });
    await post.clock.advance('1s');
    expect(await reasonOf(() => post.signals.send(paid))).toBe('late');
    expect(await post.outcome()).toEqual({ outcome: 'expired' });
    expect(post.settledWaits).toEqual(['wait-1']);
  });

  it('that never comes is over by itself', async () => {
    const post = new Post();
    await post.open({ timeoutMs: 1_000 });
    const keep = (now: number) => keepTime({ journal: post.journal, workflows: ['claims'], now });
    expect([await keep(999), await keep(1_000)]).toEqual([0, 1]);
    expect(await post.outcome()).toEqual({ outcome: 'expired' });
  });

  it('is validated before it counts: one that does not fit leaves the wait open', async () => {
    const wrong = new Error('amount is missing');
    const validate = async (_: Wait, payload: unknown): Promise<unknown> => {
      if (payload === undefined) throw wrong;
      return { amount: Number(payload) };
    };
    const post = new Post({ trustedCaller: true, validate });
    await post.open({});
    const error = await thrownBy(() => post.signals.send(paid));
    expect(error).toMatchObject({
      code: 'SIGNAL_REFUSED',
      reason: 'invalid',
      cause: wrong,
      where: 'claims.askManager',
    });
    await post.signals.send({ ...paid, payload: '900' });
    expect(await post.outcome()).toMatchObject({ payload: { amount: 900 } });
  });

  it('has a payload that can be journaled', async () => {
    const post = new Post();
    await post.open({});
    const error = await thrownBy(() => post.signals.send({ ...paid, payload: { pay: () => 1 } }));
    expect(error).toMatchObject({
      code: 'VALUE_NOT_STORABLE',
      message: expect.stringContaining('the payload of visit 1'),
    });
  });
});

describe('Who may send a signal', () => {
  it('is anybody of the tenant, or whom the wait names', async () => {
    const post = new Post();
    await post.open({ users: ['bank'], groups: ['banks'] });
    expect(await reasonOf(() => post.signals.send(paid))).toBe('not-entitled');
    await post.signals.send({ ...paid, sender: { ...shop, groups: ['banks'] } });
  });

  it('is nobody of another tenant: they find what is found where there is nothing', async () => {
    const post = new Post();
    await post.open({});
    const sender = { userId: 'shop', tenant: 'other' };
    const [theirs, none] = [
      await thrownBy(() => post.signals.send({ ...paid, sender })),
      await thrownBy(() => post.signals.send({ ...paid, sender, runId: 'never-was' })),
    ];
    expect([theirs.code, theirs.message]).toEqual(['WAIT_NOT_FOUND', none.message]);
  });

  it('is nobody without authentication', async () => {
    const post = new Post({});
    await post.open({});
    expect(await thrownBy(() => post.signals.send(paid))).toMatchObject({ code: 'NO_AUTHENTICATION' });
    const strict = new Post({ authenticate: () => undefined });
    expect(await reasonOf(() => strict.signals.send(paid))).toBe('unauthenticated');
  });
});

describe('What is no signal', () => {
  it.each<[unknown]>([
    [undefined],
    ['paid'],
    [[paid]],
    [{ ...paid, runId: '' }],
    [{ ...paid, signal: 7 }],
    [{ ...paid, id: '' }],
    [{ ...paid, keepFor: 'soon' }],
    [{ ...paid, keepFor: -1 }],
    [{ ...paid, approved: true }],
    [Object.create(paid)],
    [new Proxy(paid, {})],
  ])('%p', async (signal) => {
    const post = new Post();
    await post.open({});
    expect(await reasonOf(() => post.signals.send(signal as never))).toBe('malformed');
    expect(await post.outcome()).toBeUndefined();
  });
});

describe('A delay', () => {
  it('is over when its time has come, and takes no signal', async () => {
    const post = new Post();
    await post.open({});
    const journal = post.journal as InMemoryJournal;
    const run = { tenant: 'acme', runId: 'run-1' };
    const { lease } = (await journal.claim(run, { owner: 'q', until: 1e12, now: 0 }))!;
    const opens = [openTimer({ ...facts, id: 'pause' }, 5_000, 0)];
    await journal.commit(lease, { records: [], opens, closes: ['wait-1'], status: 'suspended', at: 0 });
    expect(await post.signals.send(paid)).toMatchObject({ status: 'kept' });
    const told: unknown[] = [];
    const keep = (now: number) =>
      keepTime({ journal, workflows: ['claims'], now, onNotice: (wait, notice) => void told.push(wait.id, notice) });
    expect([await keep(4_999), await keep(5_000), await keep(6_000)]).toEqual([0, 1, 0]);
    expect([told, await post.outcome('pause')]).toEqual([['pause', { type: 'time over' }], { outcome: 'expired' }]);
  });
});
