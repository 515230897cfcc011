import {
  ChainedAuditLog,
  hmacKey,
  InMemoryAuditStore,
  InMemoryJournal,
  InMemoryMemory,
  PersonalData,
  type KeepsUsers,
  type Person,
  type RunStatus,
} from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import { thrownBy } from './collect-events.js';

const alice = { userId: 'alice' };

async function rememberFor(memory: InMemoryMemory, userId: string | undefined): Promise<void> {
  const owner = { userId };
  await memory.remember(owner, { id: 'e', sessionId: 's', input: 'a', output: 'b' });
  await memory.learn(owner, { subject: 'x', predicate: 'is', object: 'y' });
  await memory.setBlock(owner, 'plan', 'z');
}

/** A run with one record and one wait, in a status; one that is running is held by somebody. */
async function keepRun(
  journal: InMemoryJournal,
  runId: string,
  userId: string | undefined,
  status: RunStatus,
  tenant = '',
): Promise<void> {
  const facts = {
    tenant,
    runId,
    workflow: 'w',
    version: undefined,
    graphHash: 'h',
    userId,
    sessionId: 's',
    forkedFrom: undefined,
  };
  const created = await journal.create(
    { ...facts, createdAt: 1, graph: '{}' },
    [{ seq: 1, type: 'run.started', text: '{}' }],
    {
      owner: 'me',
      until: 1e15,
    },
  );
  if (status === 'running' || !created.isNew) return;
  await journal.commit(created.lease, { records: [], status, at: 2 });
}

describe('The data of a person', () => {
  it('B231 is erased in every place with one call, and of nobody else; the report counts it', async () => {
    const [memory, journal, clock] = [new InMemoryMemory(), new InMemoryJournal(), new VirtualClock()];
    for (const user of ['alice', 'bob', undefined]) {
      await rememberFor(memory, user);
      await keepRun(journal, `${user}-done`, user, 'completed');
      await keepRun(journal, `${user}-waits`, user, 'suspended');
    }
    await keepRun(journal, 'elsewhere', 'alice', 'completed', 'other');
    const asked: unknown[] = [];
    const crm = { forgetUser: async (owner: object) => (asked.push(owner), { contacts: 3 }) };
    const data = new PersonalData({ memory, crm, journal, notes: undefined }, { clock });
    expect(await data.forget(alice)).toEqual({
      userId: 'alice',
      tenant: '',
      at: clock.now(),
      isComplete: true,
      places: [
        { place: 'crm', outcome: 'erased', counts: { contacts: 3 } },
        { place: 'journal', outcome: 'erased', counts: { runs: 2, records: 2, waits: 0 }, runsInProgress: 0 },
        { place: 'memory', outcome: 'erased', counts: { episodes: 1, facts: 1, blocks: 1 } },
      ],
    });
    expect(asked).toEqual([{ tenant: '', userId: 'alice' }]);
    const left = (await journal.runs({ tenant: '' })).map(({ runId }) => runId).sort();
    expect(left).toEqual(['bob-done', 'bob-waits', 'undefined-done', 'undefined-waits']);
    expect(await journal.runs({ tenant: 'other' })).toHaveLength(1);
    expect((await memory.profile(alice)).episodes).toBe(0);
    expect((await memory.profile({ userId: 'bob' })).episodes).toBe(1);
    expect(await data.forget({ userId: 'alice', tenant: 'other' })).toMatchObject({
      places: [{}, { counts: { runs: 1 } }, {}],
    });
    expect(await data.forget({ userId: undefined })).toMatchObject({
      places: [{}, { counts: { runs: 2 } }, { counts: { episodes: 1 } }],
    });
  });

  it('is not erased of runs in progress, and the report says how many there are', async () => {
    const journal = new InMemoryJournal();
    await keepRun(journal, 'goes-on', 'alice', 'running');
    await keepRun(journal, 'done', 'alice', 'failed');
    await keepRun(journal, 'of-bob', 'bob', 'running');
    const report = await new PersonalData({ journal }).forget(alice);
    expect(report).toMatchObject({ isComplete: false, places: [{ counts: { runs: 1 }, runsInProgress: 1 }] });
    expect((await new PersonalData({ journal }).forget({ userId: undefined })).isComplete).toBe(true);
  });

  it('stays in an audit log, entry by entry, of that tenant alone', async () => {
    const log = new ChainedAuditLog({ store: new InMemoryAuditStore(), key: hmacKey('k', Buffer.alloc(32, 1)) });
    for (const [tenant, user] of [
      [undefined, 'alice'],
      ['acme', 'alice'],
      [undefined, 'bob'],
      [undefined, undefined],
    ]) {
      await log.append({ action: 'run.started', actor: 'workflow', tenant, user });
    }
    const kept = async (person: Person): Promise<unknown> =>
      (await new PersonalData({ audit: log }).forget(person)).places[0];
    for (const person of [alice, { ...alice, tenant: 'acme' }, { userId: undefined }]) {
      expect(await kept(person)).toEqual({ place: 'audit', outcome: 'kept', counts: { entries: 1 } });
    }
    expect(await kept({ userId: 'carol' })).toMatchObject({ counts: { entries: 0 } });
  });

  it('stays in a log that nobody may change, which is counted', async () => {
    const audit: KeepsUsers = {
      async *entries({ user }) {
        for (const one of ['alice', 'alice', 'bob', undefined])
          if (user === undefined || one === user) yield { user: one };
      },
    };
    const report = await new PersonalData({ audit }).forget(alice);
    expect(report).toMatchObject({
      isComplete: true,
      places: [{ place: 'audit', outcome: 'kept', counts: { entries: 2 } }],
    });
    expect(await new PersonalData({ audit }).forget({ userId: undefined })).toMatchObject({
      places: [{ counts: { entries: 1 } }],
    });
  });

  it('E1 is erased elsewhere where one place fails', async () => {
    const memory = new InMemoryMemory();
    await rememberFor(memory, 'alice');
    const gone = new TypeError('no connection');
    const broken = { forgetUser: () => Promise.reject(gone) };
    const { isComplete, places } = await new PersonalData({ broken, memory }).forget(alice);
    expect([isComplete, places]).toMatchObject([
      false,
      [
        { place: 'broken', outcome: 'failed', error: gone },
        { place: 'memory', outcome: 'erased', counts: { episodes: 1 } },
      ],
    ]);
  });

  it('E2 is erased from memories last, however they are listed', async () => {
    const order: string[] = [];
    class Noted extends InMemoryMemory {
      override forget(...asked: Parameters<InMemoryMemory['forget']>): ReturnType<InMemoryMemory['forget']> {
        order.push('memory');
        return super.forget(...asked);
      }
    }
    const store = { forgetUser: async () => (order.push('store'), {}) };
    await new PersonalData({ memory: new Noted(), store }).forget(alice);
    expect(order).toEqual(['store', 'memory']);
  });

  it('is refused where nobody is named, and where nothing could forget', async () => {
    for (const nobody of [undefined, null, {}, { userId: '' }, { userId: null }]) {
      const forgets = (): unknown => new PersonalData({ memory: new InMemoryMemory() }).forget(nobody as never);
      expect(await thrownBy(forgets)).toMatchObject({ code: 'INVALID_MEMORY_ARGUMENT' });
    }
    for (const wrong of [undefined, { memory: 3 }, { memory: {} }]) {
      expect(await thrownBy(() => new PersonalData(wrong as never))).toMatchObject({ code: 'INVALID_OPTION' });
    }
  });
});
