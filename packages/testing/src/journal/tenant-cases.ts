import assert from 'node:assert/strict';
import type { Journal } from '@drawloom/core';
import type { JournalCase } from './journal-contract.js';
import { begin, idsOf, newRun, newWait, NOW, OTHER, OWNER, recordsFrom, seqsOf, waitIdsOf } from './journal-data.js';

const LATER = OWNER.until + 1;

export function tenantCases(test: JournalCase): void {
  test('A. keeps runs, records and waits of one id apart by their tenants', async (journal, seen) => {
    const tenants = ['', 'a', 'A', 'a ', 'aa', 'tenant', '__proto__', '%', "'"];
    for (const tenant of tenants) await fill(journal, tenant);
    for (const tenant of tenants) {
      const run = (await seen.run({ tenant, runId: 'same' }))!;
      assert.deepEqual([run.tenant, run.userId], [tenant, `user of ${tenant}`]);
      assert.deepEqual(await seen.records(run, 0, 10), recordsFrom(1, 2, tenant));
      const wait = { tenant, id: 'same' };
      assert.equal((await seen.wait(wait))!.state, JSON.stringify(tenant));
      assert.deepEqual([...new Set((await seen.runs({ tenant })).map((found) => found.tenant))], [tenant]);
      assert.deepEqual(
        (await seen.waits({ tenant })).map((found) => found.tenant),
        [tenant],
      );
      assert.deepEqual(
        (await seen.waits({ tenant, runId: 'same' })).map((found) => found.tenant),
        [tenant],
      );
      assert.deepEqual(
        (await seen.waits({ tenant, actor: { userId: 'bob' } })).map((found) => found.tenant),
        [tenant],
      );
      assert.deepEqual(
        (await seen.waits({ tenant, actor: { groups: ['g'] } })).map((found) => found.tenant),
        [tenant],
      );
    }
    assert.deepEqual([await seen.runs({ tenant: 'nobody' }), await seen.waits({ tenant: 'nobody' })], [[], []]);
  });

  test('A. does not take the border between tenant and id for another', async (journal, seen) => {
    await begin(journal, { tenant: 'a', runId: 'bc' }, 1);
    await begin(journal, { tenant: 'ab', runId: 'c' }, 2);
    await begin(journal, { tenant: '', runId: 'abc' }, 3);
    assert.deepEqual(
      await Promise.all(
        [
          ['a', 'bc'],
          ['ab', 'c'],
          ['', 'abc'],
        ].map(([tenant, runId]) => seqsOf(seen, { tenant: tenant!, runId: runId! })),
      ),
      [[1], [1, 2], [1, 2, 3]],
    );
    for (const [tenant, runId] of [
      ['abc', ''],
      ['a', 'c'],
      ['ab', 'bc'],
    ]) {
      assert.equal(await seen.run({ tenant: tenant!, runId: runId! }), undefined);
    }
  });

  test('A. changes nothing with the key of another tenant', async (journal, seen) => {
    const lease = await fill(journal, 'acme');
    const [run, wait] = [await seen.run(lease), await seen.wait({ tenant: 'acme', id: 'same' })];
    const theirs = { ...lease, tenant: 'evil' };
    assert.equal(await journal.commit(theirs, { records: recordsFrom(3), at: NOW }), false);
    assert.equal(await journal.claim(theirs, { ...OTHER, now: LATER }), undefined);
    assert.deepEqual(await journal.renew([theirs], LATER), [theirs]);
    await journal.release(theirs);
    assert.equal(
      await journal.changeWait({ tenant: 'evil', id: 'same' }, 1, { state: 'x', status: 'settled' }, NOW),
      false,
    );
    const mine = await begin(journal, { tenant: 'evil', runId: 'mine' });
    assert.equal(await journal.commit(mine, { records: [], closes: ['same'], at: NOW }), true);
    assert.deepEqual(await journal.forgetUser({ tenant: 'evil', userId: 'user of acme' }), {
      runs: 0,
      records: 0,
      waits: 0,
    });
    assert.deepEqual([await seen.run(lease), await seen.wait({ tenant: 'acme', id: 'same' })], [run, wait]);
  });

  test('A. lets each tenant have a run and a wait of the same id', async (journal, seen) => {
    await fill(journal, 'a');
    const again = await journal.create(newRun({ tenant: 'b', runId: 'same' }), [], OWNER);
    assert.equal(again.isNew, true);
    assert.deepEqual(idsOf(await seen.runs({ tenant: 'b' })), ['same']);
    assert.deepEqual(waitIdsOf(await seen.waits({ tenant: 'b' })), []);
  });
}

/** A run with records and a wait, under ids that all tenants have. */
async function fill(journal: Journal, tenant: string) {
  const lease = await begin(journal, { tenant, runId: 'same', userId: `user of ${tenant}` });
  const wait = newWait(lease, { id: 'same', state: JSON.stringify(tenant), users: ['bob'], groups: ['g'] });
  assert.equal(await journal.commit(lease, { records: recordsFrom(1, 2, tenant), opens: [wait], at: NOW }), true);
  return lease;
}
