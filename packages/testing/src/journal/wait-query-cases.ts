import assert from 'node:assert/strict';
import type { Journal, NewWait, WaitQuery } from '@drawloom/core';
import type { JournalCase } from './journal-contract.js';
import { begin, newWait, NOW, waitIdsOf } from './journal-data.js';

const WAITS: readonly Partial<NewWait>[] = [
  { id: 'a', kind: 'approval', users: ['bob'], groups: ['managers'] },
  { id: 'b', kind: 'approval', users: ['carol', 'bob'] },
  { id: 'c', kind: 'signal', signal: 'paid', groups: ['managers', 'finance'] },
  { id: 'd', kind: 'signal', signal: 'shipped', workflow: 'Orders' },
  { id: 'e', kind: 'timer', workflow: 'Orders', users: ['managers'], groups: ['bob'] },
];

/** The waits above, opened one after the other, and a run with one more. */
async function open(journal: Journal): Promise<void> {
  const lease = await begin(journal);
  const opens = WAITS.map((wait, index) => newWait(lease, { openedAt: NOW + index, ...wait }));
  await journal.commit(lease, { records: [], opens: opens.toReversed(), at: NOW });
  const other = await begin(journal, { runId: 'run-2' });
  await journal.commit(other, { records: [], opens: [newWait(other, { id: 'z', openedAt: NOW + 9 })], at: NOW });
}

const found = async (journal: Journal, query: Omit<WaitQuery, 'tenant'>): Promise<string> =>
  waitIdsOf(await journal.waits({ tenant: 'acme', ...query })).join('');

export function waitQueryCases(test: JournalCase): void {
  test('finds waits by what is said of them, oldest first', async (journal, seen) => {
    await open(journal);
    assert.equal(await found(seen, {}), 'abcdez');
    assert.equal(await found(seen, { kind: 'approval' }), 'abz');
    assert.equal(await found(seen, { signal: 'paid' }), 'c');
    assert.equal(await found(seen, { workflow: 'Orders' }), 'de');
    assert.equal(await found(seen, { runId: 'run-1' }), 'abcde');
    assert.equal(await found(seen, { runId: 'run-2', kind: 'timer' }), '');
    assert.equal(await found(seen, { runId: 'nobody' }), '');
    assert.equal(await found(seen, { kind: 'signal', workflow: 'Orders', signal: 'shipped', runId: 'run-1' }), 'd');
  });

  test('finds the inbox of a person and of groups, each wait once', async (journal, seen) => {
    await open(journal);
    assert.equal(await found(seen, { actor: { userId: 'bob' } }), 'ab');
    assert.equal(await found(seen, { actor: { groups: ['managers'] } }), 'ac');
    assert.equal(await found(seen, { actor: { userId: 'bob', groups: ['managers', 'finance'] } }), 'abc');
    assert.equal(await found(seen, { actor: { groups: ['bob'] } }), 'e');
    assert.equal(await found(seen, { actor: { userId: 'managers' } }), 'e');
    assert.equal(await found(seen, { actor: { userId: 'bob', groups: [] }, kind: 'approval' }), 'ab');
    assert.equal(await found(seen, { actor: { userId: 'bob', groups: ['managers'] }, kind: 'signal' }), 'c');
    assert.equal(await found(seen, { actor: {} }), '');
    assert.equal(await found(seen, { actor: { userId: 'mallory', groups: ['none'] } }), '');
  });

  test('moves a wait from inbox to inbox as who may act changes', async (journal, seen) => {
    await open(journal);
    const key = { tenant: 'acme', id: 'a' };
    await journal.changeWait(key, 1, { state: '{}', users: ['dave'] }, NOW);
    assert.equal(await found(seen, { actor: { userId: 'bob' } }), 'b');
    assert.equal(await found(seen, { actor: { userId: 'dave' } }), 'a');
    assert.equal(await found(seen, { actor: { groups: ['managers'] } }), 'ac');
    await journal.changeWait(key, 2, { state: '{}', groups: ['directors'], users: [] }, NOW);
    assert.equal(await found(seen, { actor: { userId: 'dave', groups: ['managers'] } }), 'c');
    assert.equal(await found(seen, { actor: { groups: ['directors'] } }), 'a');
  });

  test('shows waits that are open, and others where their status is asked for', async (journal, seen) => {
    const lease = await begin(journal);
    const opens = WAITS.map((wait, index) => newWait(lease, { openedAt: NOW + index, ...wait }));
    await journal.commit(lease, { records: [], opens, at: NOW });
    const key = (id: string) => ({ tenant: 'acme', id });
    await journal.changeWait(key('a'), 1, { state: '{}', status: 'settled', users: ['bob', 'erin'] }, NOW);
    await journal.changeWait(key('b'), 1, { state: '{}', status: 'settled' }, NOW);
    await journal.commit(lease, { records: [], closes: ['b', 'c'], at: NOW });
    assert.equal(await found(seen, {}), 'de');
    assert.equal(await found(seen, { status: 'settled' }), 'a');
    assert.equal(await found(seen, { status: 'closed' }), 'bc');
    assert.equal(await found(seen, { actor: { userId: 'bob', groups: ['managers'] } }), '');
    assert.equal(await found(seen, { actor: { userId: 'erin' }, status: 'settled' }), 'a');
    assert.equal(await found(seen, { actor: { userId: 'bob', groups: ['managers'] }, status: 'closed' }), 'bc');
  });

  test('shows each wait once from page to page, also waits of the same time', async (journal, seen) => {
    const lease = await begin(journal);
    const opens = Array.from({ length: 25 }, (_, index) =>
      newWait(lease, { id: `wait-${index}`, openedAt: NOW + Math.floor(index / 10), users: ['bob'] }),
    );
    await journal.commit(lease, { records: [], opens, at: NOW });
    for (const actor of [undefined, { userId: 'bob', groups: ['g'] }]) {
      const pages: string[] = [];
      let after: WaitQuery['after'];
      for (;;) {
        const page = await seen.waits({ tenant: 'acme', limit: 7, after, actor });
        if (page.length === 0) break;
        pages.push(...waitIdsOf(page));
        assert.ok(pages.length <= 25, 'a page comes again');
        after = page.at(-1);
      }
      assert.deepEqual(pages, waitIdsOf(await seen.waits({ tenant: 'acme', limit: Infinity, actor })));
      assert.equal(new Set(pages).size, 25);
    }
  });

  test('gives a hundred waits where no limit is said', async (journal, seen) => {
    const lease = await begin(journal);
    const opens = Array.from({ length: 101 }, (_, index) => newWait(lease, { id: `${index}` }));
    await journal.commit(lease, { records: [], opens, at: NOW });
    assert.equal((await seen.waits({ tenant: 'acme' })).length, 100);
  });
}
