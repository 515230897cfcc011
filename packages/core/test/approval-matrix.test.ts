/** Who may decide what, and when it counts. Times are milliseconds from the opening; nothing waits. */
import type { ApprovalPolicy } from '@drawloom/core';
import { openApproval, settledApproval, ValueCodec } from '@drawloom/core/front-end';
import { FACTS, OpenApproval, REQUEST } from './support/open-wait.js';
import { thrownBy } from './collect-events.js';

const outcomeOf = ({ wait }: OpenApproval): string | undefined => settledApproval(wait)?.outcome;
const HOUR = 3_600_000;

describe('Quorum', () => {
  it('approves when as many different people have as it says, and not before', () => {
    const approval = new OpenApproval({ groups: ['managers'], quorum: 3 });
    for (const user of ['a', 'b']) {
      expect(approval.decide(user, 'approved', { groups: ['managers'] })).toBe('counted');
      expect([outcomeOf(approval), approval.wait.status]).toEqual([undefined, 'open']);
    }
    expect(approval.decide('c', 'approved', { groups: ['managers'] })).toBe('counted');
    expect([outcomeOf(approval), approval.wait.status]).toEqual(['approved', 'settled']);
  });

  it('counts a double click once', () => {
    const approval = new OpenApproval({ users: ['mia', 'tom'], quorum: 2 });
    expect(approval.decide('mia', 'approved', { comment: 'fine' })).toBe('counted');
    for (let click = 0; click < 5; click++) expect(approval.decide('mia', 'approved')).toBe('repeated');
    expect(outcomeOf(approval)).toBeUndefined();
    expect(approval.decide('tom', 'approved')).toBe('counted');
    expect(approval.decide('tom', 'approved', { at: 99 })).toBe('repeated'); // after it is settled, too
    expect(settledApproval(approval.wait)!.decisions).toEqual([
      { userId: 'mia', outcome: 'approved', comment: 'fine', at: 1 },
      { userId: 'tom', outcome: 'approved', at: 1 },
    ]);
  });

  it('lets nobody take a decision back', () => {
    const approval = new OpenApproval({ users: ['mia', 'tom'], quorum: 2 });
    approval.decide('mia', 'approved');
    expect(approval.decide('mia', 'rejected')).toBe('already-decided');
    expect(outcomeOf(approval)).toBeUndefined();
  });

  it('tells people apart to the letter', () => {
    const approval = new OpenApproval({ users: ['mia'] });
    for (const user of ['Mia', 'mia ', 'mi', 'mia\u0000'])
      expect(approval.decide(user, 'approved')).toBe('not-entitled');
  });
});

describe('Rejections', () => {
  it('settle it with the first one, and what comes later counts no more', () => {
    const approval = new OpenApproval({ users: ['mia', 'tom', 'ida'], quorum: 2 });
    approval.decide('mia', 'approved');
    expect(approval.decide('tom', 'rejected')).toBe('counted');
    expect(outcomeOf(approval)).toBe('rejected');
    expect(approval.decide('ida', 'approved')).toBe('settled');
    expect(outcomeOf(approval)).toBe('rejected');
  });

  it('settle it with as many as the policy says', () => {
    const approval = new OpenApproval({ groups: ['board'], quorum: 2, rejections: 2 });
    const groups = ['board'];
    approval.decide('mia', 'rejected', { groups });
    expect(outcomeOf(approval)).toBeUndefined();
    approval.decide('tom', 'approved', { groups });
    approval.decide('ida', 'rejected', { groups });
    expect(outcomeOf(approval)).toBe('rejected');
  });

  it('settle it as soon as too few named people are left to approve', () => {
    const approval = new OpenApproval({ users: ['mia', 'tom'], quorum: 2, rejections: 2 });
    approval.decide('mia', 'rejected');
    expect(outcomeOf(approval)).toBe('rejected'); // or it would wait for ever
  });
});

describe('Four eyes', () => {
  const policy: ApprovalPolicy = { groups: ['managers'], users: ['ann'], notBy: ['intake'], delegation: true };

  it('keeps out whoever acted in the steps that it names, though they are entitled twice', () => {
    const approval = new OpenApproval(policy, { excluded: ['ann'] });
    expect(approval.decide('ann', 'approved', { groups: ['managers'] })).toBe('excluded');
    expect(approval.decide('ann', 'rejected')).toBe('excluded');
    expect(approval.delegate('ann', 'bob')).toBe('excluded');
    expect(approval.wait.users).toEqual([]); // nor is it in their inbox
    expect(approval.decide('mia', 'approved', { groups: ['managers'] })).toBe('counted');
  });

  it('is not got around by standing in for somebody', () => {
    const approval = new OpenApproval(policy, { excluded: ['ann'] });
    expect(approval.delegate('mia', 'ann', { groups: ['managers'] })).toBe('unfit-delegate');
  });

  it('is not to be had where it leaves too few, or where it is not known who acted', async () => {
    const open = (policy: ApprovalPolicy, excluded: readonly (string | undefined)[]) => () =>
      openApproval({ policy, request: REQUEST, facts: FACTS, excluded, now: 0 });
    expect(await thrownBy(open({ users: ['ann', 'mia'], quorum: 2, notBy: ['intake'] }, ['ann']))).toMatchObject({
      code: 'APPROVAL_IMPOSSIBLE',
      where: 'claims.askManager',
      message: expect.stringContaining('quorum is 2, but of those who are named only 1 may decide'),
    });
    expect(await thrownBy(open({ groups: ['managers'], notBy: ['intake'] }, [undefined]))).toMatchObject({
      code: 'APPROVAL_IMPOSSIBLE',
      fix: 'start the run with a userId, or remove notBy',
    });
  });
});

describe('A deadline', () => {
  it('lets decisions count until it comes, and none when it has come', () => {
    const inTime = new OpenApproval({ users: ['mia'], deadline: '1h' });
    expect(inTime.decide('mia', 'approved', { at: HOUR - 1 })).toBe('counted');
    const late = new OpenApproval({ users: ['mia'], deadline: '1h' });
    expect(late.decide('mia', 'approved', { at: HOUR })).toBe('late'); // although nobody had marked it
    expect([outcomeOf(late), late.wait.status, late.wait.dueAt]).toEqual(['expired', 'settled', undefined]);
    expect(late.decide('mia', 'approved', { at: 1 })).toBe('settled'); // a clock that is set back changes nothing
  });

  it('settles it as expired by itself, never as approved', () => {
    const approval = new OpenApproval({ users: ['mia', 'tom'], quorum: 2, deadline: '1h' });
    approval.decide('mia', 'approved');
    expect(approval.tick(HOUR - 1)).toEqual([]);
    expect(approval.tick(HOUR)).toEqual([{ type: 'time over' }]);
    expect(outcomeOf(approval)).toBe('expired');
    expect(approval.tick(2 * HOUR)).toEqual([]);
    expect(approval.decide('tom', 'approved', { at: HOUR })).toBe('settled');
  });

  it('is what the journal wakes up for', () => {
    expect(new OpenApproval({ users: ['mia'], deadline: '1h' }, { now: 500 }).wait.dueAt).toBe(500 + HOUR);
    expect(new OpenApproval({ users: ['mia'] }).wait.dueAt).toBeUndefined();
  });

  it('does not take back what was decided before', () => {
    const approval = new OpenApproval({ users: ['mia'], deadline: '1h' });
    approval.decide('mia', 'approved', { at: 1 });
    expect(approval.tick(HOUR)).toEqual([]);
    expect(outcomeOf(approval)).toBe('approved');
  });
});

describe('Reminders', () => {
  it('come once, or on their beat until it is settled', () => {
    const once = new OpenApproval({ users: ['mia'], reminder: '1h' });
    expect(once.tick(HOUR)).toEqual([{ type: 'reminder', number: 1, users: ['mia'], groups: [] }]);
    expect([once.tick(9 * HOUR), once.wait.dueAt]).toEqual([[], undefined]);

    const often = new OpenApproval({ groups: ['board'], reminder: { after: '2h', every: '1h' } });
    expect(often.tick(2 * HOUR + 5)).toMatchObject([{ type: 'reminder', number: 1 }]);
    expect(often.wait.dueAt).toBe(3 * HOUR);
    often.decide('mia', 'approved', { groups: ['board'], at: 2.5 * HOUR });
    expect([often.tick(3 * HOUR), often.wait.dueAt]).toEqual([[], undefined]);
  });

  it('that were missed are one', () => {
    const approval = new OpenApproval({ groups: ['board'], reminder: { after: '1h', every: '1h' } });
    expect(approval.tick(1_000 * HOUR + 1)).toMatchObject([{ type: 'reminder', number: 1 }]);
    expect(approval.wait.dueAt).toBe(1_001 * HOUR);
  });
});

describe('An escalation', () => {
  const policy: ApprovalPolicy = {
    groups: ['managers'],
    escalate: { after: '1h', groups: ['directors'], users: ['ceo'] },
    deadline: '2h',
    reminder: '90m',
  };

  it('lets others decide as well, from its time on', () => {
    const approval = new OpenApproval(policy);
    expect(approval.decide('ceo', 'approved', { at: HOUR - 1 })).toBe('not-entitled');
    expect(approval.tick(HOUR)).toEqual([{ type: 'escalation', users: ['ceo'], groups: ['directors'] }]);
    expect(approval.wait).toMatchObject({ users: ['ceo'], groups: ['managers', 'directors'], dueAt: 1.5 * HOUR });
    expect(approval.tick(HOUR)).toEqual([]);
    expect(approval.decide('dan', 'approved', { groups: ['directors'], at: HOUR })).toBe('counted');
    expect(outcomeOf(approval)).toBe('approved');
  });

  it('holds although nobody has marked it, and still lets the first ones decide', () => {
    const unmarked = new OpenApproval(policy);
    expect(unmarked.decide('ceo', 'rejected', { at: HOUR })).toBe('counted');
    const approval = new OpenApproval(policy);
    approval.tick(HOUR);
    expect(approval.decide('mia', 'approved', { groups: ['managers'], at: HOUR + 1 })).toBe('counted');
  });

  it('does not let in who is kept out', () => {
    const approval = new OpenApproval(policy, { excluded: ['ceo'] });
    expect(approval.tick(HOUR)).toEqual([{ type: 'escalation', users: [], groups: ['directors'] }]);
    expect(approval.decide('ceo', 'approved', { at: HOUR, groups: ['directors'] })).toBe('excluded');
  });

  it('comes with the reminder where both are due, and not at all where the deadline is', () => {
    const both = new OpenApproval(policy);
    expect(both.tick(1.75 * HOUR).map(({ type }) => type)).toEqual(['escalation', 'reminder']);
    const over = new OpenApproval(policy);
    expect(over.tick(5 * HOUR)).toEqual([{ type: 'time over' }]);
  });
});

describe('A delegation', () => {
  const policy: ApprovalPolicy = { groups: ['managers'], quorum: 2, delegation: true };
  const groups = ['managers'];

  it('lets the delegate decide in the stead of one person, who then does not decide as well', () => {
    const approval = new OpenApproval(policy);
    expect(approval.decide('dee', 'approved')).toBe('not-entitled');
    expect(approval.delegate('mia', 'dee', { groups })).toBe('counted');
    expect(approval.wait.users).toEqual(['dee']); // it is in their inbox
    expect(approval.delegate('mia', 'dee', { groups })).toBe('repeated');
    expect(approval.decide('mia', 'approved', { groups })).toBe('delegated-away');
    expect(approval.decide('dee', 'approved')).toBe('counted');
    expect(outcomeOf(approval)).toBeUndefined();
    expect(approval.decide('tom', 'approved', { groups })).toBe('counted');
    expect(settledApproval(approval.wait)).toMatchObject({
      outcome: 'approved',
      decisions: [{ userId: 'dee', inPlaceOf: 'mia' }, { userId: 'tom' }],
    });
  });

  it('gives nobody a second vote, though they could decide in their own right', () => {
    const approval = new OpenApproval(policy);
    approval.delegate('mia', 'tom', { groups });
    expect(approval.decide('tom', 'approved', { groups })).toBe('counted');
    expect(approval.decide('tom', 'approved', { groups })).toBe('repeated');
    expect(outcomeOf(approval)).toBeUndefined();
    expect(approval.delegate('ida', 'tom', { groups })).toBe('unfit-delegate');
  });

  it('is not passed on, nor crossed', () => {
    const approval = new OpenApproval(policy);
    approval.delegate('mia', 'dee', { groups });
    expect(approval.delegate('dee', 'eve', { groups })).toBe('no-delegation');
    expect(approval.delegate('tom', 'mia', { groups })).toBe('unfit-delegate');
    expect(approval.delegate('tom', 'dee', { groups })).toBe('unfit-delegate');
    expect(approval.delegate('tom', 'tom', { groups })).toBe('unfit-delegate');
  });

  it('may be changed until the delegate has decided', () => {
    const approval = new OpenApproval(policy);
    approval.delegate('mia', 'dee', { groups });
    expect(approval.delegate('mia', 'eve', { groups })).toBe('counted');
    expect(approval.decide('dee', 'approved')).toBe('not-entitled');
    expect(approval.wait.users).toEqual(['eve']);
    approval.decide('eve', 'approved');
    expect(approval.delegate('mia', 'dee', { groups })).toBe('already-decided');
  });

  it('is for those who could decide, and have not', () => {
    const approval = new OpenApproval(policy);
    expect(approval.delegate('eve', 'dee')).toBe('not-entitled');
    approval.decide('mia', 'approved', { groups });
    expect(approval.delegate('mia', 'dee', { groups })).toBe('already-decided');
    expect(approval.delegate('tom', 'mia', { groups })).toBe('unfit-delegate');
  });

  it('takes no vote of those who have one, now or after an escalation', () => {
    const named: ApprovalPolicy = {
      users: ['mia'],
      escalate: { after: '1h', users: ['ceo'] },
      quorum: 2,
      delegation: true,
    };
    const approval = new OpenApproval(named);
    expect(approval.delegate('mia', 'ceo')).toBe('unfit-delegate');
    expect(approval.delegate('mia', 'dee')).toBe('counted');
    expect(approval.wait.status).toBe('open');
  });

  it('is refused where the policy has none, after the deadline, and when it is settled', () => {
    expect(new OpenApproval({ users: ['mia'] }).delegate('mia', 'dee')).toBe('no-delegation');
    const late = new OpenApproval({ users: ['mia'], deadline: '1h', delegation: true });
    expect(late.delegate('mia', 'dee', { at: HOUR })).toBe('late');
    expect(outcomeOf(late)).toBe('expired');
    expect(late.delegate('mia', 'dee')).toBe('settled');
  });

  it.each([
    undefined,
    null,
    ['mia', 'dee'],
    {},
    { to: 'dee' },
    { actor: 'mia', to: 'dee' },
    { actor: { userId: 'mia' } },
    { actor: { userId: 'mia' }, to: '' },
    { actor: { userId: 'mia' }, to: ['dee'] },
    { actor: { userId: 'mia' }, to: 'dee', from: 'tom' },
  ])('is not %j', (said) => {
    const approval = new OpenApproval({ users: ['mia'], delegation: true });
    const before = approval.wait;
    expect(approval.hand(said)).toBe('malformed');
    expect(approval.wait).toBe(before);
  });
});

describe('The digest', () => {
  it('is over everything that a decision stands for', () => {
    const digestOf = (more: object = {}, policy: ApprovalPolicy = { groups: ['g'] }) =>
      new OpenApproval(policy, more).digest;
    const own = digestOf();
    expect(own).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOf({ now: 999, facts: { ...FACTS, id: 'wait-2' } })).toBe(own);
    const others = [
      digestOf({ request: { ...REQUEST, title: 'Pay 901 €?' } }),
      digestOf({ request: { ...REQUEST, data: { amount: 901 } } }),
      digestOf({ request: { title: REQUEST.title, body: REQUEST.body } }),
      digestOf({ facts: { ...FACTS, graphHash: 'hash-2' } }),
      digestOf({ facts: { ...FACTS, tenant: 'other' } }),
      digestOf({ facts: { ...FACTS, runId: 'run-2' } }),
      digestOf({ facts: { ...FACTS, node: 'askBoard' } }),
      digestOf({ facts: { ...FACTS, visit: 2 } }),
      digestOf({ excluded: ['ann'] }),
      digestOf({}, { groups: ['g'], quorum: 2 }),
      digestOf({}, { groups: ['g'], deadline: '1h' }),
    ];
    expect(new Set([own, ...others]).size).toBe(others.length + 1);
  });

  it('has to come back with the decision, unchanged', () => {
    const approval = new OpenApproval({ users: ['mia'] });
    for (const digest of [
      '',
      approval.digest.toUpperCase(),
      `${approval.digest} `,
      new OpenApproval({ groups: ['g'] }).digest,
    ]) {
      expect(approval.decide('mia', 'approved', { digest })).toBe('wrong-digest');
    }
    expect(outcomeOf(approval)).toBeUndefined();
  });
});

describe('What is no decision', () => {
  const actor = { tenant: 'acme', userId: 'mia', groups: [] };
  class Said {
    get outcome(): string {
      return 'approved';
    }
  }
  const inherited = (digest: string) => Object.create({ actor, outcome: 'approved', digest }) as object;
  const HOSTILE: [string, (digest: string) => unknown][] = [
    ['nothing', () => undefined],
    ['null', () => null],
    ['true', () => true],
    ['a truthy text', () => 'approved'],
    ['a number', () => 1],
    ['a function', () => () => 'approved'],
    ['a list', (digest) => [actor, 'approved', digest]],
    ['{ approved: "no" }', () => ({ approved: 'no' })],
    ['{ approved: true }', (digest) => ({ actor, approved: true, digest })],
    ['another word', (digest) => ({ actor, outcome: 'approve', digest })],
    ['the word in capitals', (digest) => ({ actor, outcome: 'APPROVED', digest })],
    ['the word as an object', (digest) => ({ actor, outcome: new String('approved'), digest })],
    ['the word in a list', (digest) => ({ actor, outcome: ['approved'], digest })],
    ['an expiry by hand', (digest) => ({ actor, outcome: 'expired', digest })],
    ['no digest', () => ({ actor, outcome: 'approved' })],
    ['a digest that is no text', (digest) => ({ actor, outcome: 'approved', digest: { toString: () => digest } })],
    ['one property too many', (digest) => ({ actor, outcome: 'approved', digest, quorum: 0 })],
    [
      '__proto__ of a parser',
      (digest) =>
        JSON.parse(`{"actor":{"userId":"mia"},"outcome":"approved","digest":"${digest}","__proto__":{}}`) as unknown,
    ],
    ['a symbol beside it', (digest) => ({ actor, outcome: 'approved', digest, [Symbol('x')]: 1 })],
    ['an instance of a class', (digest) => Object.assign(new Said(), { actor, digest })],
    ['inherited properties', inherited],
    [
      'an accessor',
      (digest) => ({
        actor,
        digest,
        get outcome() {
          return 'approved';
        },
      }),
    ],
    ['a hidden property', (digest) => Object.defineProperty({ actor, digest }, 'outcome', { value: 'approved' })],
    ['a proxy', (digest) => new Proxy({ actor, outcome: 'approved', digest }, {})],
    ['a comment that is no text', (digest) => ({ actor, outcome: 'approved', digest, comment: {} })],
    ['a comment without end', (digest) => ({ actor, outcome: 'approved', digest, comment: 'x'.repeat(10_001) })],
    ['nobody', (digest) => ({ outcome: 'approved', digest })],
    ['an actor that is a name', (digest) => ({ actor: 'mia', outcome: 'approved', digest })],
    ['an actor of several', (digest) => ({ actor: { ...actor, userId: ['mia'] }, outcome: 'approved', digest })],
    ['an actor without an id', (digest) => ({ actor: { ...actor, userId: '' }, outcome: 'approved', digest })],
    ['an actor with more to say', (digest) => ({ actor: { ...actor, admin: true }, outcome: 'approved', digest })],
    ['groups that are a text', (digest) => ({ actor: { ...actor, groups: 'managers' }, outcome: 'approved', digest })],
    [
      'groups that look like a list',
      (digest) => ({ actor: { ...actor, groups: { 0: 'managers', length: 1 } }, outcome: 'approved', digest }),
    ],
    ['groups with a hole', (digest) => ({ actor: { ...actor, groups: Array(1) }, outcome: 'approved', digest })],
    ['groups that are null', (digest) => ({ actor: { ...actor, groups: null }, outcome: 'approved', digest })],
    ['a tenant that is null', (digest) => ({ actor: { ...actor, tenant: null }, outcome: 'approved', digest })],
  ];

  it.each(HOSTILE)('%s', (_, said) => {
    const approval = new OpenApproval({ users: ['mia'], groups: ['managers'] });
    const before = approval.wait;
    expect(approval.say(said(approval.digest))).toBe('malformed');
    expect(approval.wait).toBe(before);
  });

  it('runs nothing of what it looks at', () => {
    const approval = new OpenApproval({ users: ['mia'] });
    const trap = (): never => {
      throw new Error('a trap');
    };
    const traps = { get: trap, ownKeys: trap, getPrototypeOf: trap, getOwnPropertyDescriptor: trap, has: trap };
    expect(approval.say(new Proxy({}, traps))).toBe('malformed');
    expect(approval.say({ actor: new Proxy({}, traps), outcome: 'approved', digest: approval.digest })).toBe(
      'malformed',
    );
    expect(approval.say(Object.defineProperty({}, 'outcome', { get: trap, enumerable: true }))).toBe('malformed');
  });

  it('but an object without a prototype is one, and what is undefined is left out', () => {
    const approval = new OpenApproval({ users: ['mia'] });
    const bare = Object.assign(Object.create(null) as object, {
      actor,
      outcome: 'approved',
      digest: approval.digest,
      comment: undefined,
    });
    expect(approval.say(bare)).toBe('counted');
    expect(settledApproval(approval.wait)!.decisions).toEqual([{ userId: 'mia', outcome: 'approved', at: 1 }]);
  });
});

describe('A decision of another tenant', () => {
  it('does not count, whatever else fits', () => {
    const approval = new OpenApproval({ users: ['mia'] });
    const actor = { tenant: 'other', userId: 'mia' };
    expect(approval.say({ actor, outcome: 'approved', digest: approval.digest })).toBe('not-entitled');
  });
});

describe('What is shown', () => {
  const open = (request: unknown) => () =>
    openApproval({ policy: { groups: ['g'] }, request, facts: FACTS, excluded: [], now: 0, codec: new ValueCodec() });

  it.each<[string, unknown, string]>([
    ['is an object', 'Pay?', 'it is no plain object'],
    ['is no instance', new Date(0), 'it is no plain object'],
    ['has a title', { body: 'Pay?' }, 'title is no text of at least one character'],
    ['has a title with something in it', { title: ' \n' }, 'title is no text of at least one character'],
    ['has a short title', { title: 'x'.repeat(501) }, 'title is longer than 500 characters'],
    ['has text as its body', { title: 'Pay?', body: 7 }, 'body is no text'],
    ['has a body with an end', { title: 'Pay?', body: 'x'.repeat(100_001) }, 'body is longer than 100000 characters'],
    [
      'has data with an end',
      { title: 'Pay?', data: 'x'.repeat(1_000_000) },
      'data is longer than 1000000 characters as JSON',
    ],
    ['has nothing else', { title: 'Pay?', html: '<b>' }, 'it has a property html as well'],
  ])('%s', async (_, request, what) => {
    const error = await thrownBy(open(request));
    expect(error).toMatchObject({ code: 'INVALID_APPROVAL_REQUEST', where: 'claims.askManager' });
    expect(error.message).toContain(`cannot be shown to those who decide: ${what}\n`);
  });

  it('is plain data, as everything that a journal keeps', async () => {
    expect(await thrownBy(open({ title: 'Pay?', data: { pay: () => 900 } }))).toMatchObject({
      code: 'VALUE_NOT_STORABLE',
    });
  });
});
