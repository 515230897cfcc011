import { existsSync } from 'node:fs';
import { InMemoryMemory, type Memory, type MemoryNotice } from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import fc from 'fast-check';
import { sqlite, type SqliteStore } from '../src/index.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();
const alice = { userId: 'alice' };

function open(path: string, memory: object = {}): SqliteStore {
  return sqlite(path, { durability: 'normal', memory });
}

const WORDS = ['parcel', 'Graz', 'late', 'the', 'invoice', 'Straße', '荷物', 'tea'];
const text = fc.array(fc.constantFrom(...WORDS), { maxLength: 6 }).map((words) => words.join(' '));

/** What can be done to a memory. */
const changes = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('remember' as const), id: fc.nat(6), session: fc.nat(2), time: fc.nat(9), text }),
    fc.record({
      kind: fc.constant('learn' as const),
      subject: fc.nat(2),
      object: fc.nat(3),
      time: fc.nat(9),
      session: fc.nat(2),
    }),
    fc.record({ kind: fc.constant('block' as const), name: fc.nat(3), text }),
    fc.record({ kind: fc.constant('remove' as const), name: fc.nat(3) }),
    fc.record({ kind: fc.constant('forget' as const), session: fc.nat(2) }),
  ),
  { maxLength: 25 },
);
type Change = typeof changes extends fc.Arbitrary<readonly (infer T)[]> ? T : never;

function apply(memory: Memory, change: Change): Promise<unknown> {
  switch (change.kind) {
    case 'remember': {
      const { id, session, time, text: input } = change;
      return memory.remember(alice, { id: `${id}`, sessionId: `s${session}`, time, input, output: 'the' });
    }
    case 'learn': {
      const { subject, object, time: validFrom, session } = change;
      const fact = { subject: `${subject}`, predicate: 'likes', object: WORDS[object]!, validFrom };
      return memory.learn(alice, { ...fact, sessionId: `s${session}` });
    }
    case 'block':
      return memory.setBlock(alice, `${change.name}`, change.text);
    case 'remove':
      return memory.removeBlock(alice, `${change.name}`);
    case 'forget':
      return memory.forget(alice, { sessionId: `s${change.session}` });
  }
}

/** Everything that can be asked. */
function seen(memory: Memory): Promise<unknown> {
  return Promise.all([
    memory.export(alice),
    memory.profile(alice),
    memory.history(alice, 's1'),
    memory.facts(alice, { asOf: 'ever' }),
    memory.facts(alice, { query: 'tea parcel likes', asOf: 5 }),
    ...WORDS.map((word) => memory.recall(alice, `${word} the`, { limit: 3 })),
    memory.recall(alice, '', { excludeSessionId: 's0' }),
  ]);
}

withSqlite('The memory of a store', () => {
  it('answers as the one in the process does, scores and limits included, and the same when it is opened again', async () => {
    const limits = { episodesPerUser: 4, factsPerUser: 4, blocksPerUser: 3 };
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const [path, clock] = [files.path(), new VirtualClock()];
        const store = open(path, { ...limits, clock });
        const model = new InMemoryMemory({ ...limits, clock, withoutUser: 'allow', onNotice: () => undefined });
        for (const change of all) {
          const [answer, expected] = await Promise.allSettled([apply(store.memory, change), apply(model, change)]);
          expect(answer.status).toBe(expected.status);
          if (answer.status === 'fulfilled' && expected.status === 'fulfilled')
            expect(answer.value).toEqual(expected.value);
        }
        const answers = await seen(store.memory);
        expect(answers).toEqual(await seen(model));
        await store.close();
        const again = open(path, { ...limits, clock });
        expect(await seen(again.memory)).toEqual(answers);
        await again.close();
      }),
      { numRuns: 25 },
    );
  }, 120_000);

  it('B. plans a write anew where another process came first, and stays within its limits', async () => {
    const path = files.path();
    const stores = [1, 2, 3].map(() => open(path, { episodesPerUser: 10 }));
    const dropped = await Promise.all(
      stores.flatMap(({ memory }, process) =>
        Array.from({ length: 20 }, async (_, index) => {
          const id = `${process}/${index}`;
          const answer = await memory.remember(alice, { id, sessionId: 's', time: index, input: 'word', output: '' });
          return answer.dropped.episodes;
        }),
      ),
    );
    const profile = await stores[0]!.memory.profile(alice);
    expect(profile.episodes).toBe(10);
    expect(dropped.reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(profile.dropped.episodes).toBe(50);
    expect(await stores[1]!.memory.recall(alice, 'word', { limit: 100 })).toHaveLength(10);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('A. never gives what was planned for somebody to another who came after him', async () => {
    const path = files.path();
    const [one, other] = [open(path), open(path)];
    await one.memory.setBlock(alice, 'plan', 'of alice');
    // Planned for the version of alice that the other forgets meanwhile, whose place bob takes.
    const late = one.memory.setBlock(alice, 'plan', 'of alice, too');
    const forgotten = other.memory.forget(alice).then(() => other.memory.setBlock({ userId: 'bob' }, 'plan', 'of bob'));
    await Promise.all([late, forgotten]);
    expect((await other.memory.blocks({ userId: 'bob' })).map(({ text: block }) => block)).toEqual(['of bob']);
    await Promise.all([one.close(), other.close()]);
  });

  it('keeps half characters in texts as they are', async () => {
    const store = open(files.path());
    const input = 'cut \ud83d in the middle';
    await store.memory.remember(alice, { id: 'a', sessionId: 's', input, output: '\udc00' });
    expect((await store.memory.recall(alice, 'middle'))[0]!.episode).toMatchObject({ input, output: '\udc00' });
    await store.close();
  });

  it('refuses nobody where it is told to', async () => {
    const store = open(files.path(), { withoutUser: 'refuse' });
    await expect(store.memory.blocks({ userId: undefined })).rejects.toMatchObject({ code: 'MEMORY_NEEDS_USER' });
    expect(await store.memory.blocks(alice)).toEqual([]);
    await store.close();
  });

  it('B225 tells once of a search without a user where there are named ones, of whatever tenant', async () => {
    const notices: MemoryNotice[] = [];
    const store = open(files.path(), { onNotice: (notice: MemoryNotice) => void notices.push(notice) });
    const nobody = { userId: undefined };
    await store.memory.remember(nobody, { id: 'a', sessionId: 's', input: 'of ["nobody"]', output: '' });
    await store.memory.remember({ ...nobody, tenant: '"]' }, { id: 'a', sessionId: 's', input: '', output: '' });
    await store.memory.recall(nobody, 'of');
    expect(notices).toEqual([]);
    const secret = { id: 'b', sessionId: 's', input: 'of alice', output: '' };
    await store.memory.remember({ ...alice, tenant: 'acme' }, secret);
    for (const query of ['of', '']) expect(await store.memory.recall(nobody, query)).toHaveLength(1);
    expect(notices).toEqual([{ type: 'user.missing' }]);
    await store.close();
    const allowing = open(store.path, { withoutUser: 'allow', onNotice: () => notices.push(null as never) });
    await allowing.memory.recall(nobody, 'of');
    expect(notices).toHaveLength(1);
    await allowing.close();
  });

  it('tells of everything that a limit pushes out, once it is durable; no listener changes an outcome', async () => {
    const notices: MemoryNotice[] = [];
    const onNotice = (notice: MemoryNotice): never => {
      notices.push(notice);
      throw new Error('the listener failed');
    };
    const store = open(files.path(), { episodesPerUser: 1, factsPerUser: 1, onNotice });
    for (const id of ['a', 'b'])
      await store.memory.remember(alice, { id, sessionId: 's', input: 'secret', output: '' });
    for (const object of ['x', 'y'])
      await store.memory.learn({ userId: undefined }, { subject: 's', predicate: 'p', object, validFrom: 1 });
    expect(notices).toEqual([
      { type: 'entries.dropped', userId: 'alice', dropped: { episodes: 1, facts: 0, blocks: 0 } },
      { type: 'entries.dropped', userId: undefined, dropped: { episodes: 0, facts: 1, blocks: 0 } },
    ]);
    await store.close();
  });

  it('warns the process where nobody listens, once, and not of what is remembered', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    const store = open(files.path(), { episodesPerUser: 1 });
    for (const id of ['secret-a', 'secret-b', 'secret-c'])
      await store.memory.remember(alice, { id, sessionId: 's', input: 'secret', output: '' });
    const said = warn.mock.calls.map(([message]) => String(message));
    warn.mockRestore();
    expect(said).toEqual([expect.stringMatching(/^SqliteMemory: a limit pushed out 1 episodes /)]);
    expect(said.join()).not.toMatch(/secret|alice/);
    await store.close();
  });

  it('refuses options that there are not, before a file is made', () => {
    const path = files.path();
    for (const wrong of [{ episodePerUser: 1 }, { withoutUser: 'no' }, { onNotice: 'log' }, { episodesPerUser: 0 }])
      expect(() => open(path, wrong)).toThrow(/^\[INVALID_OPTION\] SqliteMemory: /);
    expect(existsSync(path)).toBe(false);
  });
});
