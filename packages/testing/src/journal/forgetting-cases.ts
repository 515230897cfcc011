import assert from 'node:assert/strict';
import type { JournalCase } from './journal-contract.js';
import { begin, idsOf, newRun, NOW, OTHER, OWNER, recordsFrom, seqsOf, suspended, waitIdsOf } from './journal-data.js';

export function forgettingCases(test: JournalCase): void {
  test('erases the runs of a user with their records and waits, and counts them', async (journal, seen) => {
    const done = await begin(journal, { runId: 'done' }, 3);
    await journal.commit(done, { records: recordsFrom(4), status: 'completed', at: NOW });
    await suspended(journal, { runId: 'asleep' }, { waits: [{ id: 'a', users: ['bob'], groups: ['g'] }, { id: 'b' }] });
    await suspended(journal, { runId: 'of-bob', userId: 'bob' }, { waits: [{ id: 'c', users: ['bob'] }] });
    assert.deepEqual(await journal.forgetUser({ tenant: 'acme', userId: 'alice' }), { runs: 2, records: 4, waits: 2 });
    assert.deepEqual(idsOf(await seen.runs({ tenant: 'acme' })), ['of-bob']);
    assert.deepEqual(waitIdsOf(await seen.waits({ tenant: 'acme', actor: { userId: 'bob', groups: ['g'] } })), ['c']);
    assert.equal(await seen.wait({ tenant: 'acme', id: 'a' }), undefined);
    assert.deepEqual(await seqsOf(seen, done), []);
    assert.deepEqual(await journal.forgetUser({ tenant: 'acme', userId: 'alice' }), { runs: 0, records: 0, waits: 0 });
  });

  test('leaves a run that somebody carries out', async (journal, seen) => {
    const lease = await begin(journal, {}, 2);
    assert.deepEqual(await journal.forgetUser({ tenant: 'acme', userId: 'alice' }), { runs: 0, records: 0, waits: 0 });
    assert.deepEqual(await seqsOf(seen, lease), [1, 2]);
    assert.equal(await journal.commit(lease, { records: recordsFrom(3), at: NOW }), true);
  });

  test('takes no user for another, nor for nobody', async (journal, seen) => {
    const users = ['alice', 'Alice', '', 'undefined', 'null', undefined];
    for (const [index, userId] of users.entries()) await suspended(journal, { runId: `run-${index}`, userId });
    for (const [index, userId] of users.entries()) {
      assert.equal((await journal.forgetUser({ tenant: 'acme', userId })).runs, 1);
      assert.equal((await seen.runs({ tenant: 'acme' })).length, users.length - 1 - index);
    }
  });

  test('begins a run anew whose id was forgotten, with nothing of the old one', async (journal, seen) => {
    const lease = await begin(journal, {}, 5);
    await journal.commit(lease, { records: [], status: 'failed', at: NOW });
    await journal.forgetUser({ tenant: 'acme', userId: 'alice' });
    const again = await journal.create(newRun(), recordsFrom(1), OTHER);
    assert.equal(again.isNew, true);
    assert.deepEqual(await seqsOf(seen, lease), [1]);
    assert.equal(await journal.commit({ ...lease, owner: OWNER.owner }, { records: recordsFrom(2), at: NOW }), false);
  });
}
