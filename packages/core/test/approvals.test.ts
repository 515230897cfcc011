/** The service that people decide with, over a journal. Who may decide what is in `approval-matrix.test.ts`. */
import {
  AdapterError,
  Approvals,
  type Actor,
  type ApprovalPolicy,
  type ApprovalsOptions,
  InMemoryJournal,
  type Journal,
  RunError,
  type Wait,
} from '@drawloom/core';
import { keepTime, openApproval, settledApproval, type WaitFacts } from '@drawloom/core/front-end';
import { deferred, VirtualClock } from '@drawloom/testing';
import { thrownBy } from './collect-events.js';
import { FACTS, REQUEST } from './support/open-wait.js';

const mia: Actor = { tenant: 'acme', userId: 'mia', groups: ['managers'] };

/** A journal with one run for each wait that is opened in it. */
class Office {
  readonly clock = new VirtualClock({ startAt: 0 });
  readonly settledWaits: string[] = [];
  readonly approvals: Approvals;

  constructor(
    readonly journal: Journal = new InMemoryJournal(),
    options: Partial<ApprovalsOptions> = { trustedCaller: true },
  ) {
    const onSettled = ({ id }: Wait): void => void this.settledWaits.push(id);
    this.approvals = new Approvals({ journal, clock: this.clock, onSettled, ...options });
  }

  async open(policy: ApprovalPolicy, more: Partial<WaitFacts> = {}, excluded: readonly string[] = []): Promise<string> {
    const facts = { ...FACTS, ...more, runId: `run of ${more.id ?? FACTS.id}` };
    const now = this.clock.now();
    const wait = openApproval({ policy, request: REQUEST, facts, excluded, now });
    const { tenant, runId, workflow, userId, graphHash } = facts;
    const run = { tenant, runId, workflow, userId, graphHash, version: undefined, sessionId: 's', createdAt: now };
    const made = await this.journal.create({ ...run, forkedFrom: undefined, graph: '{}' }, [], {
      owner: 'p',
      until: 1e12,
    });
    if (made.isNew) await this.journal.commit(made.lease, { records: [], opens: [wait], status: 'suspended', at: now });
    return wait.id;
  }

  async decide(id: string, actor: unknown = mia, more: object = {}) {
    const { digest } = await this.approvals.get(id, { tenant: 'acme' });
    return this.approvals.decide(id, { actor, outcome: 'approved', digest, ...more });
  }

  async inbox(user: string, groups: readonly string[] = [], more: object = {}): Promise<string[]> {
    return (await this.approvals.list({ tenant: 'acme', user, groups, ...more })).map(({ id }) => id);
  }
}

const reasonOf = async (deciding: () => Promise<unknown>): Promise<string | undefined> => {
  const error = await thrownBy(deciding);
  expect(error).toMatchObject({ code: 'DECISION_REFUSED' });
  return (error as RunError).reason;
};

describe('An approval', () => {
  it('is shown with what is to be decided, and settled by a decision on just that', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'], deadline: '48h' });
    const [shown] = await office.approvals.list({ tenant: 'acme', user: 'mia', groups: ['managers'] });
    expect(shown).toEqual({
      ...{
        id,
        tenant: 'acme',
        runId: 'run of wait-1',
        workflow: 'claims',
        node: 'askManager',
        visit: 1,
        userId: 'ann',
      },
      ...REQUEST,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      ...{ openedAt: 0, deadline: 172_800_000, quorum: 1, rejections: 1, delegation: false },
      ...{ decisions: [], delegations: [], status: 'open', outcome: undefined },
    });
    await office.clock.advance('1h');
    const { isNew, approval } = await office.approvals.decide(id, {
      actor: mia,
      outcome: 'rejected',
      comment: 'too much',
      digest: shown!.digest,
    });
    expect(isNew).toBe(true);
    expect(approval).toMatchObject({ status: 'settled', outcome: 'rejected' });
    expect(approval.decisions).toEqual([{ userId: 'mia', outcome: 'rejected', comment: 'too much', at: 3_600_000 }]);
    expect(await office.approvals.get(id, { tenant: 'acme' })).toEqual(approval);
    expect(office.settledWaits).toEqual([id]);
    expect((await office.journal.run({ tenant: 'acme', runId: 'run of wait-1' }))!.wakeAt).toBe(3_600_000);
  });

  it('says why a decision does not count, where, and what to do', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['directors'] });
    const error = await thrownBy(() => office.decide(id));
    expect(error.message).toBe(
      '[DECISION_REFUSED] claims.askManager: this person is neither among the users nor in one of the groups that may\n' +
        '  Fix: let somebody who may do it, or let one of them delegate it\n' +
        '  More: docs/errors.md#decision_refused',
    );
    expect(error).toMatchObject({ reason: 'not-entitled', workflow: 'claims', node: 'askManager' });
  });

  it('is settled as expired by a decision that comes too late, and its run goes on', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'], deadline: '1h' });
    await office.clock.advance('1h');
    expect(await reasonOf(() => office.decide(id))).toBe('late');
    expect(await office.approvals.get(id, { tenant: 'acme' })).toMatchObject({ status: 'settled', outcome: 'expired' });
    expect(office.settledWaits).toEqual([id]);
  });

  it('may be delegated', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'], delegation: true });
    expect(await office.inbox('dee')).toEqual([]);
    const { isNew, approval } = await office.approvals.delegate(id, { actor: mia, to: 'dee' });
    expect([isNew, approval.delegations]).toEqual([true, [{ from: 'mia', to: 'dee', at: 0 }]]);
    expect(await office.inbox('dee')).toEqual([id]);
    expect(await office.inbox('mia', ['managers'])).toEqual([]);
    expect(await office.inbox('tom', ['managers'])).toEqual([id]);
    await office.decide(id, { tenant: 'acme', userId: 'dee' });
    expect(await office.approvals.get(id, { tenant: 'acme' })).toMatchObject({
      outcome: 'approved',
      decisions: [{ userId: 'dee', inPlaceOf: 'mia' }],
    });
  });

  it('whose run is over takes no decision', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'] });
    const run = { tenant: 'acme', runId: 'run of wait-1' };
    const { lease } = (await office.journal.claim(run, { owner: 'q', until: 1e12, now: 0 }))!;
    await office.journal.commit(lease, { records: [], closes: [id], status: 'cancelled', at: 0 });
    expect(await reasonOf(() => office.decide(id))).toBe('settled');
    expect(await office.approvals.get(id, { tenant: 'acme' })).toMatchObject({ status: 'closed', outcome: undefined });
  });

  it('settles though nobody can be told of it', async () => {
    const onSettled = (): never => {
      throw new Error('asleep');
    };
    const office = new Office(new InMemoryJournal(), { trustedCaller: true, onSettled });
    const id = await office.open({ groups: ['managers'] });
    expect((await office.decide(id)).approval.outcome).toBe('approved');
  });
});

describe('The inbox', () => {
  it('has what somebody may decide and has not decided, the oldest first', async () => {
    const office = new Office();
    const policies: ApprovalPolicy[] = [
      { groups: ['managers'], quorum: 2 },
      { users: ['mia'] },
      { users: ['tom'] },
      { groups: ['managers'], deadline: '1h' },
    ];
    for (const [index, policy] of policies.entries()) {
      await office.open(policy, { id: `wait-${index}`, workflow: index === 1 ? 'loans' : 'claims' });
      await office.clock.advance(1);
    }
    await office.open({ groups: ['managers'], users: ['mia'] }, { id: 'kept-out' }, ['mia']);
    expect(await office.inbox('mia', ['managers'])).toEqual(['wait-0', 'wait-1', 'wait-3']);
    expect(await office.inbox('tom')).toEqual(['wait-2']);
    expect(await office.inbox('mia', ['managers'], { workflow: 'loans' })).toEqual(['wait-1']);
    expect(await office.approvals.list({ user: 'mia', groups: ['managers'] })).toEqual([]); // of another tenant
    await office.decide('wait-0');
    await office.clock.advance('1h');
    expect(await office.inbox('mia', ['managers'])).toEqual(['wait-1']);
  });

  it('comes in pages, full ones, whatever is left out between', async () => {
    const office = new Office();
    for (let index = 0; index < 25; index++) {
      await office.open(
        { groups: ['managers'] },
        { id: `wait-${String(index).padStart(2, '0')}` },
        index % 3 === 0 ? [] : ['mia'],
      );
    }
    const all = await office.inbox('mia', ['managers']);
    expect(all).toHaveLength(9);
    const paged: string[] = [];
    for (let after: object | undefined; ;) {
      const page = await office.approvals.list({
        tenant: 'acme',
        user: 'mia',
        groups: ['managers'],
        limit: 2,
        after: after as never,
      });
      paged.push(...page.map(({ id }) => id));
      if (page.length < 2) break;
      after = page.at(-1);
    }
    expect(paged).toEqual(all);
  });

  it('has an escalation from the time on at which somebody keeps the time', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'], escalate: { after: '1h', users: ['ceo'] }, reminder: '1h' });
    const told: unknown[] = [];
    const keep = (): Promise<number> =>
      keepTime({
        journal: office.journal,
        workflows: ['claims'],
        now: office.clock.now(),
        onNotice: (_, notice) => void told.push(notice),
      });
    expect([await keep(), await office.inbox('ceo')]).toEqual([0, []]);
    await office.clock.advance('1h');
    expect([await keep(), await keep(), await office.inbox('ceo')]).toEqual([1, 0, [id]]);
    expect(told).toEqual([
      { type: 'escalation', users: ['ceo'], groups: [] },
      { type: 'reminder', number: 1, users: ['ceo'], groups: ['managers'] },
    ]);
  });

  it.each([{ user: '' }, { user: 'mia', groups: 'managers' }, { user: 'mia', limit: 0 }, { user: 'mia', tenant: 7 }])(
    'is nobody’s where it is asked for with %j',
    async (query) => {
      expect(await thrownBy(() => new Office().approvals.list(query as never))).toMatchObject({
        code: 'INVALID_OPTION',
      });
    },
  );
});

describe('Another tenant', () => {
  it('finds the same as where there is nothing', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'], delegation: true });
    const { digest } = await office.approvals.get(id, { tenant: 'acme' });
    const other = { ...mia, tenant: 'other' };
    const asks: ((id: string) => Promise<unknown>)[] = [
      (id) => office.approvals.get(id, { tenant: 'other' }),
      (id) => office.approvals.get(id),
      (id) => office.approvals.decide(id, { actor: other, outcome: 'approved', digest }),
      (id) => office.approvals.delegate(id, { actor: other, to: 'dee' }),
    ];
    for (const ask of asks) {
      const [theirs, none] = [await thrownBy(() => ask(id)), await thrownBy(() => ask('never-was'))];
      expect(theirs.code).toBe('WAIT_NOT_FOUND');
      expect({ ...theirs, message: theirs.message }).toEqual({ ...none, message: none.message });
    }
    expect(await office.approvals.get(id, { tenant: 'acme' })).toMatchObject({ status: 'open', decisions: [] });
  });

  it('finds no wait that is no approval, and none by what is no id', async () => {
    const office = new Office();
    for (const id of [undefined, null, 7, '', {}, ['wait-1'], '__proto__']) {
      expect(await thrownBy(() => office.approvals.get(id as never))).toMatchObject({ code: 'WAIT_NOT_FOUND' });
    }
  });
});

describe('Who decides', () => {
  const digest = 'd';

  it('is nobody, unless it is said how they are authenticated or that the caller did it', async () => {
    const office = new Office(new InMemoryJournal(), {});
    const id = await office.open({ groups: ['managers'], delegation: true });
    for (const act of [() => office.decide(id), () => office.approvals.delegate(id, { actor: mia, to: 'dee' })]) {
      expect(await thrownBy(act)).toMatchObject({
        code: 'NO_AUTHENTICATION',
        fix: 'give it authenticate: (claimed) => ({ userId, groups }), or trustedCaller: true where the caller has authenticated them',
      });
    }
  });

  it('is whom the hook makes of what is claimed, and nothing else that is claimed counts', async () => {
    const authenticate = async (token: unknown): Promise<Actor | undefined> => (token === 'secret' ? mia : undefined);
    const office = new Office(new InMemoryJournal(), { authenticate });
    const id = await office.open({ groups: ['managers'] });
    for (const claim of ['guess', mia, { ...mia, admin: true }, undefined]) {
      expect(await reasonOf(() => office.decide(id, claim))).toBe('unauthenticated');
    }
    expect((await office.decide(id, 'secret')).approval.decisions).toMatchObject([{ userId: 'mia' }]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no directory');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no directory'))],
    ['gives true', () => true],
    ['gives a name', () => 'mia'],
    ['gives null', () => null],
    ['gives an instance', () => Object.assign(new (class User {})(), mia)],
    ['gives more than an actor', () => ({ ...mia, role: 'admin' })],
    ['gives an actor without an id', () => ({ groups: ['managers'] })],
  ])('is nobody where the hook %s', async (_, authenticate) => {
    const office = new Office(new InMemoryJournal(), { authenticate: authenticate as never });
    const id = await office.open({ groups: ['managers'] });
    expect(await reasonOf(() => office.decide(id))).toBe('unauthenticated');
    expect(await office.approvals.get(id, { tenant: 'acme' })).toMatchObject({ decisions: [] });
  });

  it('has the error of the hook as cause, and not in the message', async () => {
    const failure = new Error('LDAP password hunter2 was refused');
    const office = new Office(new InMemoryJournal(), { authenticate: () => Promise.reject(failure) });
    const error = await thrownBy(async () => office.decide(await office.open({ groups: ['managers'] })));
    expect(error.cause).toBe(failure);
    expect(error.message).not.toContain('hunter2');
  });

  it('is nobody when the hook takes too long, and what it says then counts no more', async () => {
    const late = deferred<Actor>();
    let signal: AbortSignal | undefined;
    const authenticate = (_: unknown, context: { signal: AbortSignal }): Promise<Actor> => {
      signal = context.signal;
      return late.promise;
    };
    const office = new Office(new InMemoryJournal(), { authenticate, authenticationTimeout: '2s' });
    const id = await office.open({ groups: ['managers'] });
    const deciding = reasonOf(() => office.decide(id));
    await office.clock.advance('2s');
    expect([await deciding, signal!.aborted, office.clock.pending]).toEqual(['unauthenticated', true, 0]);
    late.resolve(mia);
    await office.clock.advance(1);
    expect(await office.approvals.get(id, { tenant: 'acme' })).toMatchObject({ decisions: [] });
  });

  it('is checked before it is told whether there is anything to decide', async () => {
    const office = new Office(new InMemoryJournal(), { authenticate: () => undefined });
    const decide = () => office.approvals.decide('never-was', { actor: mia, outcome: 'approved', digest });
    expect(await reasonOf(decide)).toBe('unauthenticated');
  });

  it('has to be said properly where the caller is trusted', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'] });
    expect(await reasonOf(() => office.decide(id, 'mia'))).toBe('malformed');
    expect(await reasonOf(() => office.approvals.decide(id, { approved: 'no' } as never))).toBe('malformed');
    expect(await reasonOf(() => office.approvals.delegate(id, { actor: mia } as never))).toBe('malformed');
  });

  it('is not left to chance by an option that cannot be meant', async () => {
    const journal = new InMemoryJournal();
    const wrong = { journal, authenticate: 'ldap', trustedCaller: 'yes', authenticationTimeout: 0 };
    const error = await thrownBy(() => new Approvals(wrong as never));
    expect((error as unknown as { problems: unknown[] }).problems).toHaveLength(3);
    const both = { journal, authenticate: () => mia, trustedCaller: true };
    expect(await thrownBy(() => new Approvals(both))).toMatchObject({ code: 'INVALID_OPTION' });
  });
});

describe('Many at once', () => {
  it('count a thousand equal decisions once', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'], quorum: 2 });
    const { digest } = await office.approvals.get(id, { tenant: 'acme' });
    const decide = (actor: Actor) => office.approvals.decide(id, { actor, outcome: 'approved', digest });
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => decide(mia)));
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    const { decisions, outcome } = await office.approvals.get(id, { tenant: 'acme' });
    expect([decisions.length, outcome]).toEqual([1, undefined]);
    await decide({ ...mia, userId: 'tom' });
    expect(office.settledWaits).toEqual([id]);
  });

  it('count a decision once although it comes to several processes', async () => {
    const journal = new InMemoryJournal();
    const processes = Array.from({ length: 40 }, () => new Office(journal));
    const id = await processes[0]!.open({ groups: ['managers'], quorum: 20 });
    const { digest } = await processes[0]!.approvals.get(id, { tenant: 'acme' });
    const decisions = processes.flatMap(({ approvals }, index) =>
      [index % 20, (index + 7) % 20].map((user) =>
        approvals.decide(id, { actor: { ...mia, userId: `user-${user}` }, outcome: 'approved', digest }),
      ),
    );
    const answers = await Promise.all(decisions);
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(20);
    const settled = settledApproval((await journal.wait({ tenant: 'acme', id }))!)!;
    expect([settled.outcome, settled.decisions.length]).toEqual(['approved', 20]);
    expect(processes.flatMap(({ settledWaits }) => settledWaits)).toEqual([id]); // the run is woken once
  });

  it('settle one thing where approval, veto and deadline meet', async () => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'], deadline: '1h' });
    const { digest } = await office.approvals.get(id, { tenant: 'acme' });
    const decide = (userId: string, outcome: 'approved' | 'rejected') => () =>
      office.approvals.decide(id, { actor: { ...mia, userId }, outcome, digest });
    const [yes, no] = await Promise.all([decide('a', 'approved')(), thrownBy(decide('b', 'rejected'))]);
    expect(yes).toMatchObject({ approval: { outcome: 'approved' } });
    expect(no).toMatchObject({ code: 'DECISION_REFUSED', reason: 'settled' });
    await office.clock.advance('1h');
    const keeping = { journal: office.journal, workflows: ['claims'], now: office.clock.now() };
    expect(await keepTime(keeping)).toBe(0);
  });

  it('give up where the journal says again and again that somebody was faster', async () => {
    const journal = new InMemoryJournal();
    const office = new Office(journal);
    const id = await office.open({ groups: ['managers'] });
    let tries = 0;
    journal.changeWait = () => Promise.resolve(tries++ < 0);
    expect(await reasonOf(() => office.decide(id))).toBe('contended');
    expect(tries).toBe(100);
  });
});

describe('A journal that fails', () => {
  it('fails the decision with its own error, and the next one finds it working', async () => {
    const journal = new InMemoryJournal();
    const office = new Office(journal);
    const id = await office.open({ groups: ['managers'] });
    const full = AdapterError.valueUnreadable('journal', [], 'the disk is full');
    const { changeWait } = journal;
    journal.changeWait = () => Promise.reject(full);
    expect(await thrownBy(() => office.decide(id))).toBe(full);
    journal.changeWait = changeWait;
    expect((await office.decide(id)).isNew).toBe(true);
  });

  it.each([
    ['no JSON', '{"v":1,"deci'],
    ['of another release', '{"v":2}'],
    ['null', 'null'],
    ['without what belongs there', '{"v":1,"decisions":[]}'],
  ])('and holds text that is %s says so, whoever asks, and stops nobody else', async (_, state) => {
    const office = new Office();
    const id = await office.open({ groups: ['managers'], deadline: '1h' });
    const good = await office.open({ groups: ['managers'], deadline: '1h' }, { id: 'wait-2' });
    await office.journal.changeWait({ tenant: 'acme', id }, 1, { state }, 0);
    const error = await thrownBy(() => office.decide(id));
    expect(AdapterError.is(error) && error.code).toBe('JOURNAL_VALUE_UNREADABLE');
    await office.clock.advance('1h');
    const unreadable: string[] = [];
    const keeping = { journal: office.journal, workflows: ['claims'], now: office.clock.now() };
    expect(await keepTime({ ...keeping, onUnreadable: ({ id }) => void unreadable.push(id) })).toBe(1);
    expect(unreadable).toEqual([id]);
    expect(await office.approvals.get(good, { tenant: 'acme' })).toMatchObject({ outcome: 'expired' });
  });
});
