import assert from 'node:assert/strict';
import type { Journal, RunQuery, RunStatus } from '@drawloom/core';
import type { JournalCase } from './journal-contract.js';
import { begin, idsOf, NOW } from './journal-data.js';

const STATUSES: readonly RunStatus[] = ['running', 'suspended', 'completed', 'failed', 'cancelled'];

/** Thirty runs, `run-0` the oldest, of two users and nobody, three workflows, all statuses. */
async function thirty(journal: Journal): Promise<void> {
  for (let index = 0; index < 30; index++) {
    const userId = ['alice', 'bob', undefined][index % 3];
    const facts = { runId: `run-${index}`, userId, workflow: `W${index % 2}`, createdAt: NOW + index };
    const lease = await begin(journal, facts);
    const status = STATUSES[index % 5]!;
    if (status !== 'running') await journal.commit(lease, { records: [], status, at: NOW + index });
  }
}

const numbers = async (journal: Journal, query: Omit<RunQuery, 'tenant'>): Promise<number[]> =>
  idsOf(await journal.runs({ tenant: 'acme', ...query })).map((id) => Number(id.slice(4)));

const which = (isMeant: (index: number) => boolean): number[] =>
  Array.from({ length: 30 }, (_, index) => 29 - index).filter(isMeant);

export function runQueryCases(test: JournalCase): void {
  test('finds runs by user, workflow, status and time, newest first', async (journal, seen) => {
    await thirty(journal);
    assert.deepEqual(
      await numbers(seen, {}),
      which(() => true),
    );
    assert.deepEqual(
      await numbers(seen, { userId: 'bob' }),
      which((index) => index % 3 === 1),
    );
    assert.deepEqual(
      await numbers(seen, { workflow: 'W1' }),
      which((index) => index % 2 === 1),
    );
    for (const [place, status] of STATUSES.entries()) {
      assert.deepEqual(
        await numbers(seen, { status }),
        which((index) => index % 5 === place),
      );
    }
    assert.deepEqual(
      await numbers(seen, { from: NOW + 10 }),
      which((index) => index >= 10),
    );
    assert.deepEqual(
      await numbers(seen, { to: NOW + 10 }),
      which((index) => index < 10),
    );
    assert.deepEqual(await numbers(seen, { from: NOW + 5, to: NOW + 6 }), [5]);
    assert.deepEqual(await numbers(seen, { from: NOW + 6, to: NOW + 5 }), []);
  });

  test('narrows by everything that is said at once', async (journal, seen) => {
    await thirty(journal);
    const query = { userId: 'alice', workflow: 'W0', status: 'running', from: NOW, to: NOW + 30 } as const;
    assert.deepEqual(
      await numbers(seen, query),
      which((index) => index % 30 === 0),
    );
    assert.deepEqual(await numbers(seen, { userId: 'Alice' }), []);
    assert.deepEqual(await numbers(seen, { userId: 'alice', workflow: 'W2' }), []);
  });

  test('shows each run once from page to page, also runs of the same time', async (journal, seen) => {
    for (let index = 0; index < 25; index++) {
      await begin(journal, {
        runId: `run-${index}`,
        createdAt: NOW + Math.floor(index / 10),
        userId: index % 2 ? 'bob' : 'alice',
      });
    }
    for (const userId of [undefined, 'bob']) {
      const pages: string[] = [];
      let after: RunQuery['after'];
      for (;;) {
        const page = await seen.runs({ tenant: 'acme', userId, limit: 7, after });
        assert.ok(page.length <= 7);
        if (page.length === 0) break;
        pages.push(...idsOf(page));
        assert.ok(pages.length <= 25, 'a page comes again');
        after = page.at(-1);
      }
      const whole = idsOf(await seen.runs({ tenant: 'acme', userId, limit: Infinity }));
      assert.deepEqual([pages, new Set(pages).size], [whole, userId === undefined ? 25 : 12]);
    }
  });

  test('gives a hundred runs where no limit is said', async (journal, seen) => {
    await Promise.all(Array.from({ length: 101 }, (_, index) => begin(journal, { runId: `run-${index}` })));
    assert.equal((await seen.runs({ tenant: 'acme' })).length, 100);
    assert.equal((await seen.runs({ tenant: 'acme', limit: 101 })).length, 101);
    assert.equal((await seen.runs({ tenant: 'acme', limit: 1 })).length, 1);
  });
}
