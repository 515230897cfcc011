import assert from 'node:assert/strict';
import type { JournalCase } from './journal-contract.js';
import { begin, newWait, NOW, OTHER, OWNER, recordsFrom, seqsOf, suspended } from './journal-data.js';

const LATER = OWNER.until + 1;

export function leaseCases(test: JournalCase): void {
  test('D. lets nobody have a run whose owner may be alive', async (journal) => {
    const lease = await begin(journal);
    assert.equal(await journal.claim(lease, { ...OTHER, now: NOW }), undefined);
    assert.equal(await journal.claim(lease, { ...OTHER, now: OWNER.until }), undefined);
    assert.equal(await journal.claim({ tenant: 'acme', runId: 'nobody' }, { ...OTHER, now: LATER }), undefined);
  });

  test('D. gives a run whose lease has ended to the next, with a higher epoch', async (journal, seen) => {
    const lease = await begin(journal, {}, 2);
    const claimed = (await journal.claim(lease, { ...OTHER, now: LATER }))!;
    assert.equal(claimed.lease.owner, 'worker-2');
    assert.ok(claimed.lease.epoch > lease.epoch);
    const { owner, leaseUntil, epoch, status, length } = claimed.run;
    assert.deepEqual(
      [owner, leaseUntil, epoch, status, length],
      ['worker-2', OTHER.until, claimed.lease.epoch, 'running', 2],
    );
    assert.deepEqual(await seen.run(lease), claimed.run);
  });

  test('D. writes nothing under a lease that was taken over, and says so', async (journal, seen) => {
    const lease = await begin(journal);
    const claimed = (await journal.claim(lease, { ...OTHER, now: LATER }))!;
    const late = { records: recordsFrom(1), opens: [newWait(lease)], status: 'completed', at: NOW + 9 } as const;
    assert.equal(await journal.commit(lease, late), false);
    assert.equal(await journal.commit(lease, { records: recordsFrom(9), at: NOW }), false);
    assert.equal(await journal.commit(lease, { records: [], at: NOW + 9 }), false);
    assert.deepEqual(await seen.run(lease), claimed.run);
    assert.deepEqual([await seqsOf(seen, lease), await seen.waits({ tenant: 'acme' })], [[], []]);
    assert.equal(await journal.commit(claimed.lease, { records: recordsFrom(1), at: NOW }), true);
  });

  test('D. does not take the same owner under an old epoch for the new one', async (journal) => {
    const lease = await begin(journal);
    const claimed = (await journal.claim(lease, { owner: OWNER.owner, until: OTHER.until, now: LATER }))!;
    assert.equal(await journal.commit(lease, { records: recordsFrom(1), at: NOW }), false);
    assert.equal(
      await journal.commit({ ...claimed.lease, owner: 'worker-3' }, { records: recordsFrom(1), at: NOW }),
      false,
    );
    assert.equal(await journal.commit(claimed.lease, { records: recordsFrom(1), at: NOW }), true);
  });

  test('D. lets one of many who claim at once have it', async (journal, seen) => {
    const lease = await suspended(journal);
    const claims = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? journal : seen).claim(lease, { owner: `worker-${index}`, until: LATER, now: NOW }),
      ),
    );
    const won = claims.filter((claim) => claim !== undefined);
    assert.equal(won.length, 1);
    assert.equal((await seen.run(lease))!.owner, won[0]!.lease.owner);
  });

  test('wakes a suspended run with its claim', async (journal, seen) => {
    const lease = await suspended(journal, {}, { wakeAt: NOW + 5 });
    const claimed = (await journal.claim(lease, { ...OTHER, now: NOW }))!;
    assert.deepEqual([claimed.run.status, claimed.run.wakeAt], ['running', undefined]);
    assert.deepEqual(await seen.run(lease), claimed.run);
  });

  test('keeps a lease that is renewed, and names those that are lost', async (journal, seen) => {
    const [mine, lost, given] = [
      await begin(journal, { runId: 'mine' }),
      await begin(journal, { runId: 'lost' }),
      await begin(journal, { runId: 'given' }),
    ];
    await journal.claim(lost, { ...OTHER, now: LATER });
    await journal.release(given);
    const never = { ...mine, runId: 'never' };
    assert.deepEqual(await journal.renew([mine, lost, given, never], LATER + 100), [lost, given, never]);
    assert.equal((await seen.run(mine))!.leaseUntil, LATER + 100);
    assert.equal((await seen.run(lost))!.leaseUntil, OTHER.until);
    assert.equal((await seen.run(given))!.leaseUntil, 0);
    assert.equal(await journal.claim(mine, { ...OTHER, now: LATER + 100 }), undefined);
    assert.deepEqual(await journal.renew([], LATER), []);
  });

  test('lets a released run be claimed at once, and changes nothing else of it', async (journal, seen) => {
    const lease = await begin(journal, {}, 1);
    const before = (await seen.run(lease))!;
    await journal.release(lease);
    assert.deepEqual(await seen.run(lease), { ...before, owner: undefined, leaseUntil: 0 });
    assert.equal(await journal.commit(lease, { records: recordsFrom(2), at: NOW }), false);
    const claimed = (await journal.claim(lease, { ...OTHER, now: -1 }))!;
    assert.ok(claimed.lease.epoch > lease.epoch);
    await journal.release(lease);
    assert.equal((await seen.run(lease))!.owner, 'worker-2');
  });
}
