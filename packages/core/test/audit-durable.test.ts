import {
  ChainedAuditLog,
  END,
  evidence,
  hmacKey,
  InMemoryAuditStore,
  InMemoryJournal,
  LocalExecutor,
  verifyAuditLog,
  verifyEvidence,
  Workflow,
  type AuditEntry,
  type AuditLog,
  type AuditPolicy,
  type Journal,
  type SuspendedRun,
} from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { thrownBy } from './collect-events.js';
import { DyingJournal } from './support/dying-journal.js';
import { SharedJournal } from './support/shared-journal.js';
import { SECRET } from './support/tampering.js';

const key = hmacKey('k1', SECRET);

const order = () =>
  new Workflow<number>('order')
    .addNode('charge', (amount: number) => amount)
    .addNode('ship', (amount: number) => amount + 1)
    .addNode('done', (amount: number) => `done ${amount}`)
    .setStart('charge')
    .addEdge('charge', 'ship')
    .addRouter('ship', () => 'yes', { yes: 'done' });
const on = (journal: Journal, audit: AuditPolicy) => ({ executor: new LocalExecutor({ journal, audit }) });

async function entriesOf(log: AuditLog): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of log.entries()) entries.push(entry);
  return entries;
}
const shortly = ({ action, node }: AuditEntry): string => `${action} ${node ?? ''}`.trim();
const WHOLE = [
  'run.started',
  'step.started charge',
  'step.completed charge',
  'step.started ship',
  'step.completed ship',
  'route.taken ship',
  'step.started done',
  'step.completed done',
  'run.completed',
];

describe('The record of a durable run', () => {
  it('has what that of any other run has, each once, whether the log is in the same place as the journal or not', async () => {
    const journal = new SharedJournal(key);
    await order().run(4, { tenant: 'acme', ...on(journal, { log: journal.log }) });
    const shared = await entriesOf(journal.log);
    expect(shared.map(shortly)).toEqual(WHOLE);
    expect(shared.every(({ tenant }) => tenant === 'acme')).toBe(true);
    const log = new ChainedAuditLog({ store: new InMemoryAuditStore(), key });
    await order().run(4, on(new InMemoryJournal(), { log }));
    expect((await entriesOf(log)).map(shortly)).toEqual(WHOLE);
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 9 });
  });

  it('Q5, Q6. costs no commit of its own, though the intent of the first step has one where it is required: the end saves it', async () => {
    const commits = async (mode: AuditPolicy['mode'], hasLog = true) => {
      const journal = new SharedJournal(key);
      await order().run(4, on(journal, hasLog ? { log: journal.log, mode } : {}));
      return journal.commits;
    };
    const bare = await commits('best-effort', false);
    expect(await commits('best-effort')).toBe(bare);
    expect(await commits('required')).toBe(bare);
  });

  it('Q6. has the intent of a step, and what it depends on, before its code runs, whatever the moment of the crash', async () => {
    const ran: string[] = [];
    const looking = (journal: SharedJournal) => {
      const look = async (node: string, before: readonly string[]) => {
        ran.push(node);
        const records = await journal.records({ tenant: '', runId: 'r' }, 0, 100);
        expect((await journal.stored()).map(shortly)).toContain(`step.started ${node}`);
        expect(records.map(({ type }) => type).filter((type) => type !== 'run.resumed')).toEqual(before);
      };
      return new Workflow<number>('order')
        .addNode('charge', async (amount: number) => (await look('charge', ['run.started']), amount))
        .addNode('ship', async (amount: number) => (await look('ship', ['run.started', 'step.completed']), amount + 1))
        .addNode('done', async (amount: number) => {
          await look('done', ['run.started', 'step.completed', 'step.completed', 'route.taken']);
          return `done ${amount}`;
        })
        .setStart('charge')
        .addEdge('charge', 'ship')
        .addRouter('ship', () => 'yes', { yes: 'done' });
    };
    const required = (log: AuditLog) => ({ log, mode: 'required' }) as const;
    const counted = new SharedJournal(key);
    const counting = Object.assign(new DyingJournal(counted, Infinity), { carries: () => true });
    await looking(counted).run(4, { runId: 'r', ...on(counting, required(counted.log)) });
    expect(ran).toEqual(['charge', 'ship', 'done']);
    for (let writes = 2; writes < counting.writes; writes++) {
      for (const when of ['before', 'after'] as const) {
        const journal = new SharedJournal(key);
        const dying = Object.assign(new DyingJournal(journal, writes, when), { carries: () => true });
        ran.length = 0;
        void looking(journal).run(4, { runId: 'r', ...on(dying, required(journal.log)) }); // it is never heard of again
        await dying.died;
        const again = await looking(journal).resume('r', { takeOver: true, ...on(journal, required(journal.log)) });
        expect(again).toMatchObject({ status: 'completed', output: 'done 5' });
        expect([...new Set(ran)]).toEqual(['charge', 'ship', 'done']);
        expect(await verifyAuditLog(journal.log, { keys: key })).toMatchObject({ ok: true });
      }
    }
  });

  it('Q6. has nothing in the journal of which a log beside it lacks the entry, whatever the moment of the crash', async () => {
    const required = (log: AuditLog) => ({ log, mode: 'required' }) as const;
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    const newLog = (store = new InMemoryAuditStore()) => new ChainedAuditLog({ store, key });
    await order().run(4, on(whole, required(newLog())));
    for (let writes = 1; writes <= whole.writes; writes++) {
      for (const when of ['before', 'after'] as const) {
        const store = new InMemoryAuditStore();
        const dying = new DyingJournal(new InMemoryJournal(), writes, when);
        let isDead = false;
        const append = store.append.bind(store);
        store.append = async (lines) => {
          await new Promise(setImmediate); // slower than the journal
          return isDead ? new Promise(() => undefined) : append(lines);
        };
        void order().run(4, { runId: 'r', ...on(dying, required(newLog(store))) }); // it is never heard of again
        await dying.died;
        isDead = true;
        const lines: string[] = [];
        for await (const line of store.read())
          lines.push(shortly(JSON.parse(Buffer.from(line).toString()) as AuditEntry));
        const records = await dying.inner.records({ tenant: '', runId: 'r' }, 0, 100);
        const outcomes = records.filter(({ type }) => /^(step.completed|route.taken|run.completed)$/.test(type));
        const countOf = (type: string, among: readonly string[]) => among.filter((one) => one.startsWith(type)).length;
        const recorded = outcomes.map(({ type }) => type);
        for (const type of recorded) expect(countOf(type, lines)).toBeGreaterThanOrEqual(countOf(type, recorded));
        store.append = append;
        await store.close(); // as it is when its process is gone
        const log = newLog(store);
        const here = on(dying.inner, required(log));
        const isKnown = (await dying.inner.run({ tenant: '', runId: 'r' })) !== undefined;
        await (isKnown ? order().resume('r', { takeOver: true, ...here }) : order().run(4, { runId: 'r', ...here }));
        const { files } = await evidence('r', { log, workflow: order() });
        expect(await verifyEvidence(files, key)).toMatchObject({ ok: true, problems: [] });
      }
    }
  });

  it.each(['in the same place', 'beside it'])(
    'Q6. has the way that a decision took with the record of the decision, whatever the moment of the crash; the log %s',
    async (where) => {
      const ask = new Workflow<number>('ask')
        .addApproval('ask', () => ({ title: 'Pay?' }), { users: ['mia'], routes: { approved: 'pay', rejected: END } })
        .addNode('pay', (n: number) => n)
        .setStart('ask');
      for (let writes = 1; ; writes++) {
        const journal = new SharedJournal(key);
        const isShared = where === 'in the same place';
        const log = isShared ? journal.log : new ChainedAuditLog({ store: journal.store, key });
        const executorOn = (on: Journal) => {
          const durability = { authentication: { trustedCaller: true } } as const;
          return new LocalExecutor({ journal: on, durability, audit: { log, mode: 'required' } });
        };
        await ask.run(7, { runId: 'r', executor: executorOn(journal) });
        const { approvals } = executorOn(journal);
        const [wait] = await approvals.list({ user: 'mia' });
        await approvals.decide(wait!.id, { actor: { userId: 'mia' }, outcome: 'approved', digest: wait!.digest });
        const dying = Object.assign(new DyingJournal(journal, writes), isShared ? { carries: () => true } : {});
        const ended = ask.resume('r', { executor: executorOn(dying) }).then(() => 'ended');
        const isOver = (await Promise.race([ended, dying.died])) === 'ended';
        const before = (await journal.stored()).map(shortly);
        const records = await journal.records({ tenant: '', runId: 'r' }, 0, 100);
        if (records.some(({ type }) => type === 'wait.resolved'))
          expect(before).toEqual(
            expect.arrayContaining(['approval.decided ask', 'step.completed ask', 'route.taken ask']),
          );
        if (isOver) return;
        await ask.resume('r', { takeOver: true, executor: executorOn(journal) });
        const { files } = await evidence('r', { log, workflow: ask });
        expect(await verifyEvidence(files, key)).toMatchObject({ ok: true, problems: [] });
      }
    },
  );

  it('Q6. announces what a step has come to, and what follows, when both are durable', async () => {
    const journal = new SharedJournal(key);
    const commit = journal.commit.bind(journal);
    const gate = deferred<void>();
    const asked = deferred<void>();
    journal.commit = async (lease, change) => {
      if (change.records.some(({ type }) => type === 'step.completed')) {
        asked.resolve();
        await gate.promise;
      }
      return commit(lease, change);
    };
    const seen: string[] = [];
    const handle = order().start(4, on(journal, { log: journal.log, mode: 'required' }));
    const following = (async () => {
      for await (const event of handle.events()) seen.push(event.type);
    })();
    await asked.promise;
    await new Promise(setImmediate);
    expect(seen).toEqual(['run.started', 'step.started']);
    gate.resolve();
    await following;
    expect(seen.slice(2)).toEqual([
      'step.completed',
      'step.started',
      'step.completed',
      'route.taken',
      'step.started',
      'step.completed',
      'run.completed',
    ]);
  });

  it('Q6. gives the outcome of a run within a step when all of it is durable, though the run around has no record', async () => {
    const journal = new SharedJournal(key);
    const inner = new Workflow<number>('inner', { audit: { log: journal.log, mode: 'required' } })
      .addNode('last', (n: number) => n + 1)
      .setStart('last');
    const outer = new Workflow<number>('outer')
      .addNode('step', async (n: number) => {
        const { output } = await inner.run(n);
        const records = await journal.records({ tenant: '', runId: 'r' }, 0, 100);
        expect(records.map(({ type }) => type)).toEqual([
          'run.started',
          'run.started',
          'step.completed',
          'run.completed',
        ]);
        return output;
      })
      .setStart('step');
    const executor = new LocalExecutor({ journal });
    expect((await outer.run(1, { executor, runId: 'r' })).output).toBe(2);
  });

  it('Q6. begins nothing before the record of what it depends on, also where that shares a commit with another log', async () => {
    const journal = new SharedJournal(key);
    const other = new ChainedAuditLog({ store: new InMemoryAuditStore(), key });
    journal.carries = () => true;
    const commit = journal.commit.bind(journal);
    const gate = deferred<void>();
    const asked = deferred<AuditLog | undefined>();
    const begun = deferred<void>();
    const beginning = deferred<void>();
    journal.commit = async (lease, change) => {
      if (change.records.some(({ type }) => type === 'run.started')) {
        begun.resolve(); // of the inner run: what comes now gathers for the next commit
        await beginning.promise;
      }
      if (change.records.some(({ text }) => text.includes('"node":"a"') && text.includes('step.completed'))) {
        asked.resolve(change.audit?.log);
        await gate.promise;
      }
      return commit(lease, { ...change, audit: change.audit?.log === journal.log ? change.audit : undefined });
    };
    const both = deferred<void>();
    const inner = new Workflow<number>('inner', { audit: { log: other, mode: 'best-effort' } })
      .addNode('beside', () => both.promise)
      .setStart('beside');
    const ran: string[] = [];
    const outer = new Workflow<number>('outer')
      .addNode('a', async (n: number) => {
        void inner.run(n);
        await both.promise;
        return n;
      })
      .addNode('b', (n: number) => (ran.push('b'), n))
      .addEdge('a', 'b')
      .setStart('a');
    const ended = outer.run(1, on(journal, { log: journal.log, mode: 'required' }));
    await begun.promise;
    both.resolve();
    await new Promise(setImmediate);
    beginning.resolve();
    expect(await asked.promise).toBe(other);
    await journal.log.flush();
    await new Promise(setImmediate);
    expect(ran).toEqual([]);
    gate.resolve();
    expect((await ended).output).toBe(1);
  });

  it('Q6. ends with the loss of its lease where the record of a step finds that it is lost', async () => {
    const journal = new SharedJournal(key);
    const commit = journal.commit.bind(journal);
    journal.commit = (lease, change) =>
      commit(change.records.some(({ type }) => type === 'step.completed') ? { ...lease, epoch: 9 } : lease, change);
    const ran: string[] = [];
    const workflow = new Workflow<number>('w')
      .addNode('a', (n: number) => (ran.push('a'), n))
      .addNode('b', (n: number) => (ran.push('b'), n))
      .addEdge('a', 'b')
      .setStart('a');
    const handle = workflow.start(1, on(journal, { log: journal.log, mode: 'required' }));
    const seen: string[] = [];
    for await (const event of handle.events()) seen.push(event.type);
    expect(await handle.result()).toMatchObject({ status: 'failed', error: { code: 'LEASE_LOST' } });
    expect(ran).toEqual(['a']);
    expect(seen.at(-1)).toBe('run.failed');
  });

  it('Q5. has the end of exactly those steps that the journal has, whatever the moment of the crash', async () => {
    const counting = new DyingJournal(new SharedJournal(key), Infinity);
    await order().run(4, on(counting, {}));
    for (let writes = 1; writes < counting.writes; writes++) {
      for (const when of ['before', 'after'] as const) {
        const journal = new SharedJournal(key);
        const dying = Object.assign(new DyingJournal(journal, writes, when), { carries: () => true });
        order()
          .run(4, { runId: 'r', ...on(dying, { log: journal.log }) })
          .catch(() => undefined); // its lease is lost
        await dying.died;
        const ended = (await entriesOf(journal.log)).filter(({ action }) => action === 'step.completed');
        const records = await journal.records({ tenant: '', runId: 'r' }, 0, 100);
        const recorded = records.filter(({ type }) => type === 'step.completed');
        expect(ended.map(({ node }) => node)).toEqual(
          recorded.map(({ text }) => (JSON.parse(text) as { node: string }).node),
        );
        if (records.length === 0) continue;
        const audit = { log: journal.log };
        await order().resume('r', { takeOver: true, ...on(journal, audit) });
        const entries = await entriesOf(journal.log);
        const completed = entries.filter(({ action }) => action === 'step.completed').map(({ node }) => node);
        expect(completed).toEqual(['charge', 'ship', 'done']);
        const begins = entries.filter(({ action }) => action === 'run.started' || action === 'run.resumed');
        expect(begins.at(-1)!.action).toBe(recorded.length > 0 ? 'run.resumed' : 'run.started');
        expect(await verifyAuditLog(journal.log, { keys: key })).toMatchObject({ ok: true });
      }
    }
  });

  it('is evidence over the parts of a run that several processes carried out', async () => {
    const journal = new SharedJournal(key);
    const dying = Object.assign(new DyingJournal(journal, 3, 'after'), { carries: () => true });
    const workflow = order();
    workflow.run(4, { runId: 'r', ...on(dying, { log: journal.log }) }).catch(() => undefined); // its lease is lost
    await dying.died;
    await workflow.resume('r', { takeOver: true, ...on(journal, { log: journal.log }) });
    const { files, runs } = await evidence('r', { log: journal.log, workflow });
    expect(runs[0]).toMatchObject({ status: 'completed', user: undefined });
    expect(runs[0]!.steps.map(({ node, outcome }) => [node, outcome])).toEqual([
      ['charge', 'completed'],
      ['ship', 'completed'],
      ['done', 'completed'],
    ]);
    expect(await verifyEvidence(files, key)).toMatchObject({ ok: true, problems: [] });
  });

  it.each(['in the same place', 'beside it'])(
    'E2. is no evidence where any entry is missing that something followed from, whichever process told it; the log %s',
    async (where) => {
      const journal = new SharedJournal(key);
      const log = where === 'beside it' ? new ChainedAuditLog({ store: journal.store, key }) : journal.log;
      const claim = new Workflow<number>('claim')
        .addNode('check', (n: number) => n)
        .addApproval('first', () => ({ title: 'One?' }), {
          users: ['mia'],
          routes: { approved: 'second', rejected: END },
        })
        .addApproval('second', () => ({ title: 'Two?' }), {
          users: ['mia'],
          routes: { approved: 'pay', rejected: END },
        })
        .addNode('pay', (n: number) => n)
        .setStart('check')
        .addEdge('check', 'first');
      const newExecutor = () => {
        const durability = { authentication: { trustedCaller: true } } as const;
        return new LocalExecutor({ journal, durability, audit: { log, mode: 'required' } });
      };
      await claim.run(7, { runId: 'r', executor: newExecutor() });
      for (let part = 0; part < 2; part++) {
        const executor = newExecutor();
        const [wait] = await executor.approvals.list({ user: 'mia' });
        const actor = { userId: 'mia' };
        await executor.approvals.decide(wait!.id, { actor, outcome: 'approved', digest: wait!.digest });
        await claim.resume('r', { executor });
      }
      const { files } = await evidence('r', { log, workflow: claim });
      expect(await verifyEvidence(files, key)).toMatchObject({ ok: true, problems: [] });
      const lines = Buffer.from(files.get('entries.jsonl')!).toString().trimEnd().split('\n');
      const unnoticed: string[] = [];
      for (let from = 0; from < lines.length; from++) {
        for (let to = from + 1; to <= lines.length; to++) {
          const left = [...lines.slice(0, from), ...lines.slice(to)];
          const excerpt = new Map([...files, ['entries.jsonl', Buffer.from(left.map((line) => `${line}\n`).join(''))]]);
          const { problems } = await verifyEvidence(excerpt, key);
          const isNoticed = problems.some((problem) => /is missing before|has no end|has no entry/.test(problem));
          const until = left.length === from ? left.at(-1) : undefined;
          if (until?.includes('run.suspended') === true) continue; // what is left was all there was of the run then
          const gone = lines.slice(from, to).map((line) => shortly(JSON.parse(line) as AuditEntry));
          if (!isNoticed) unnoticed.push(gone.join(', '));
        }
      }
      expect(new Set(unnoticed)).toEqual(new Set(['run.suspended'])); // which comes after the last record of its process
    },
  );

  it('is evidence of a fork, which says what it is made of', async () => {
    const journal = new SharedJournal(key);
    const workflow = order();
    const here = on(journal, { log: journal.log, content: 'full' });
    await workflow.run(4, { runId: 'r', ...here });
    await workflow.fork('r', { from: 'ship', runId: 'f', ...here });
    const { files, runs } = await evidence('f', { log: journal.log, workflow });
    expect(runs).toMatchObject([
      { forkedFrom: { run: 'r', from: { node: 'ship', visit: 1 } }, status: 'completed', input: { content: 4 } },
    ]);
    expect(await verifyEvidence(files, key)).toMatchObject({ ok: true, problems: [] });
    expect((await evidence('r', { log: journal.log, workflow })).runs).toMatchObject([{ forkedFrom: undefined }]);
  });

  it('has the failure of a step in the transaction of its record', async () => {
    const journal = new SharedJournal(key);
    const failing = new Workflow<number>('w')
      .addNode('a', () => {
        throw new TypeError('no');
      })
      .setStart('a');
    await thrownBy(() => failing.run(1, on(journal, { log: journal.log, mode: 'required' })));
    expect((await entriesOf(journal.log)).map(shortly)).toEqual([
      'run.started',
      'step.started a',
      'step.failed a',
      'run.failed',
    ]);
  });

  it('says who was asked, who decided what and when, and that the run has rested and gone on', async () => {
    const journal = new SharedJournal(key);
    const clock = new VirtualClock();
    const audit = { log: journal.log, mode: 'required', content: 'full' } as const;
    const durability = { authentication: { trustedCaller: true } } as const;
    const executor = new LocalExecutor({ journal, clock, durability, audit });
    const claim = new Workflow<number>('claim')
      .addNode('assess', (amount: number) => amount)
      .addApproval('ask', (amount: number) => ({ title: `Pay ${amount}?` }), {
        users: ['mia', 'noa'],
        quorum: 2,
        routes: { approved: 'pay', rejected: 'refuse' },
      })
      .addNode('pay', (amount: number) => `paid ${amount}`)
      .addNode('refuse', () => 'refused')
      .addEdge('assess', 'ask')
      .setStart('assess');
    const suspended = await claim.run(7, { executor, runId: 'r', userId: 'alice' });
    expect(suspended.status).toBe('suspended');
    const [wait] = (suspended as SuspendedRun).waits;
    const { digest } = await executor.approvals.get(wait!.id);
    for (const userId of ['mia', 'noa']) {
      await clock.advance('1m');
      await executor.approvals.decide(wait!.id, { actor: { userId }, outcome: 'approved', digest, comment: 'fine' });
    }
    expect(await claim.resume('r', { executor })).toMatchObject({ status: 'completed', output: 'paid 7' });
    const entries = await entriesOf(journal.log);
    const asked = entries.find(({ action }) => action === 'approval.requested')!;
    expect(asked).toMatchObject({
      node: 'ask',
      facts: { digest, users: ['mia', 'noa'], quorum: 2 },
      content: { title: 'Pay 7?' },
    });
    const decided = entries.filter(({ action }) => action === 'approval.decided');
    expect(decided.map(({ actor, facts, content }) => [actor, facts!['outcome'], facts!['digest'], content])).toEqual([
      ['user:mia', 'approved', digest, 'fine'],
      ['user:noa', 'approved', digest, 'fine'],
    ]);
    expect(entries.map(shortly)).toEqual(
      expect.arrayContaining(['run.suspended', 'run.resumed', 'route.taken ask', 'run.completed']),
    );
    const { files, runs } = await evidence('r', { log: journal.log, workflow: claim });
    expect(runs[0]!.decisions.map(({ action, actor }) => `${action} ${actor}`)).toEqual([
      'approval.requested workflow',
      'approval.decided user:mia',
      'approval.decided user:noa',
    ]);
    expect(await verifyEvidence(files, key)).toMatchObject({ ok: true, problems: [] });
  });

  it('says who was refused and why, in the log that their run is recorded in', async () => {
    const journal = new SharedJournal(key);
    const durability = { authentication: { trustedCaller: true } } as const;
    const executor = new LocalExecutor({ journal, durability, audit: { log: journal.log } });
    const claim = new Workflow<number>('claim')
      .addApproval('ask', () => ({ title: 'Pay?' }), { users: ['mia'] })
      .addWait('letter', { users: ['post'] })
      .setStart('ask')
      .addEdge('ask', 'letter');
    const suspended = await claim.run(7, { executor, runId: 'r', userId: 'alice' });
    const [wait] = (suspended as SuspendedRun).waits;
    const { digest } = await executor.approvals.get(wait!.id);
    const decide = (userId: string) =>
      executor.approvals.decide(wait!.id, { actor: { userId }, outcome: 'approved', digest });
    await expect(decide('mallory')).rejects.toMatchObject({ code: 'DECISION_REFUSED', reason: 'not-entitled' });
    await decide('mia');
    await claim.resume('r', { executor });
    const send = (userId: string) => executor.signals.send({ runId: 'r', signal: 'letter', sender: { userId } });
    await expect(send('mallory')).rejects.toMatchObject({ code: 'SIGNAL_REFUSED', reason: 'not-entitled' });
    await send('post');
    await claim.resume('r', { executor });
    const refused = (await entriesOf(journal.log)).filter(({ action }) => action.endsWith('.refused'));
    expect(refused).toMatchObject([
      { action: 'approval.refused', actor: 'user:mallory', run: 'r', user: 'alice', node: 'ask', visit: 1 },
      { action: 'signal.refused', actor: 'user:mallory', run: 'r', node: 'letter', facts: { reason: 'not-entitled' } },
    ]);
    const { files, runs } = await evidence('r', { log: journal.log, workflow: claim });
    expect(runs[0]!.decisions.map(({ action, actor }) => `${action} ${actor}`)).toContain(
      'approval.refused user:mallory',
    );
    expect(await verifyEvidence(files, key)).toMatchObject({ ok: true, problems: [] });
  });

  it("has nothing of what is guessed: approvals that never were, another tenant's, and people whom nobody knows", async () => {
    const journal = new SharedJournal(key);
    const authenticate = (token: unknown) => (token === 'mia' ? { userId: 'mia', tenant: 'acme' } : undefined);
    const executor = new LocalExecutor({
      journal,
      durability: { authentication: { authenticate } },
      audit: journal.log,
    });
    const claim = new Workflow<number>('claim').addApproval('ask', () => ({ title: 'Pay?' }), { users: ['mia'] });
    const suspended = await claim.setStart('ask').run(7, { executor, runId: 'r', tenant: 'umbrella' });
    const [wait] = (suspended as SuspendedRun).waits;
    const { digest } = await executor.approvals.get(wait!.id, { tenant: 'umbrella' });
    const before = await entriesOf(journal.log);
    const decide = (id: string, actor: string) => executor.approvals.decide(id, { actor, outcome: 'approved', digest });
    await expect(decide('never-was', 'mia')).rejects.toMatchObject({ code: 'WAIT_NOT_FOUND' });
    await expect(decide(wait!.id, 'mia')).rejects.toMatchObject({ code: 'WAIT_NOT_FOUND' });
    await expect(decide(wait!.id, 'mallory')).rejects.toMatchObject({ reason: 'unauthenticated' });
    expect(await entriesOf(journal.log)).toEqual(before);
  });

  it('takes a refusal for no failure where the log takes no entry', async () => {
    const broken: unknown[] = [];
    const log = new ChainedAuditLog({ store: new InMemoryAuditStore(), key });
    const durability = {
      authentication: { trustedCaller: true },
      onBackgroundError: (error: unknown) => broken.push(error),
    } as const;
    const executor = new LocalExecutor({ journal: new InMemoryJournal(), durability, audit: { log } });
    const claim = new Workflow<number>('claim').addApproval('ask', () => ({ title: 'Pay?' }), { users: ['mia'] });
    const suspended = await claim.setStart('ask').run(7, { executor, runId: 'r' });
    const [wait] = (suspended as SuspendedRun).waits;
    const { digest } = await executor.approvals.get(wait!.id);
    await log.close();
    const actor = { userId: 'mallory' };
    await expect(executor.approvals.decide(wait!.id, { actor, outcome: 'approved', digest })).rejects.toMatchObject({
      code: 'DECISION_REFUSED',
    });
    expect(broken).toHaveLength(1);
  });

  it('has what was undone when a run fails', async () => {
    const log = new ChainedAuditLog({ store: new InMemoryAuditStore(), key });
    const pay = new Workflow<number>('pay', { audit: log })
      .addNode('charge', (amount: number) => amount)
      .addNode('ship', () => {
        throw new TypeError('no');
      })
      .addEdge('charge', 'ship')
      .setStart('charge')
      .addCompensation('charge', () => undefined);
    await thrownBy(() => pay.run(4));
    expect((await entriesOf(log)).map(shortly).slice(-4)).toEqual([
      'step.failed ship',
      'compensation.started charge',
      'compensation.completed charge',
      'run.failed',
    ]);
  });

  describe('where it is required', () => {
    const failing = (undo: (amount: number) => unknown) =>
      new Workflow<number>('pay')
        .addNode('charge', (amount: number) => amount)
        .addNode('ship', (_: number, { run }) => {
          run.get<() => void>('fail')?.();
          throw new TypeError('no');
        })
        .addEdge('charge', 'ship')
        .setStart('charge')
        .addCompensation('charge', undo);

    it.each(['with a journal beside it', 'in the same place as the journal', 'without a journal'])(
      'Q2. has that something is about to be undone before it is, %s',
      async (where) => {
        const journal = new SharedJournal(key);
        const log = where.startsWith('in') ? journal.log : new ChainedAuditLog({ store: journal.store, key });
        const atUndoing: string[] = [];
        const undo = async () => atUndoing.push(...(await journal.stored()).map(shortly));
        const audit = { log, mode: 'required' } as const;
        const executor = new LocalExecutor({ ...(where.startsWith('without') ? {} : { journal }), audit });
        await thrownBy(() => failing(undo).run(4, { executor }));
        expect(atUndoing.slice(-2)).toEqual(['step.failed ship', 'compensation.started charge']);
        const all = await entriesOf(log);
        expect(all.map(shortly).slice(-2)).toEqual(['compensation.completed charge', 'run.failed']);
        const { runs } = await evidence(all[0]!.run!, { log, workflow: failing(undo) });
        expect(runs[0]!.steps.map(({ node, undone }) => [node, undone])).toEqual([
          ['charge', 'completed'],
          ['ship', undefined],
        ]);
      },
    );

    it('Q3. undoes what was done also where the log takes nothing more, and says so with the failure', async () => {
      const store = new InMemoryAuditStore();
      const log = new ChainedAuditLog({ store, key });
      const undone: number[] = [];
      const flow = failing((amount) => undone.push(amount));
      const fail = () => {
        store.append = () => Promise.reject(new Error('down'));
      };
      const error = await thrownBy(() => flow.run(4, { audit: { log, mode: 'required' }, metadata: { fail } }));
      expect(undone).toEqual([4]);
      expect(error).toMatchObject({ code: 'STEP_FAILED', furtherErrors: [{ code: 'AUDIT_UNAVAILABLE' }] });
    });
  });
});
