import assert from 'node:assert/strict';
import type { JournalCase } from './journal-contract.js';
import { begin, leaseOf, newRun, newWait, NOW, OTHER, OWNER, recordsFrom, refuses, seqsOf } from './journal-data.js';

export function commitCases(test: JournalCase): void {
  test('begins a run with all that is said of it, under a lease', async (journal, seen) => {
    const { graph, ...facts } = newRun({ forkedFrom: 'run-0' });
    const lease = leaseOf(await journal.create({ ...facts, graph }, recordsFrom(1, 2), OWNER));
    assert.deepEqual(lease, { tenant: 'acme', runId: 'run-1', owner: 'worker-1', epoch: lease.epoch });
    assert.deepEqual(await seen.run(facts), {
      ...facts,
      status: 'running',
      length: 2,
      updatedAt: NOW,
      wakeAt: undefined,
      owner: 'worker-1',
      leaseUntil: OWNER.until,
      epoch: lease.epoch,
    });
    assert.deepEqual(await seen.records(facts, 0, 10), recordsFrom(1, 2));
    assert.equal(await seen.graph('hash-1'), graph);
  });

  test('keeps apart what is left out from what is empty', async (journal, seen) => {
    const empty = { version: '', userId: '', sessionId: '', forkedFrom: '', workflow: '' };
    await begin(journal, { runId: 'without', version: undefined, userId: undefined });
    await begin(journal, { runId: 'empty', ...empty });
    const without = await seen.run({ tenant: 'acme', runId: 'without' });
    assert.deepEqual([without!.version, without!.userId, without!.forkedFrom], [undefined, undefined, undefined]);
    const { version, userId, sessionId, forkedFrom, workflow } = (await seen.run({ tenant: 'acme', runId: 'empty' }))!;
    assert.deepEqual({ version, userId, sessionId, forkedFrom, workflow }, empty);
  });

  test('changes nothing of a run that is there already, and shows it', async (journal, seen) => {
    const lease = await begin(journal, {}, 1);
    const before = await seen.run(lease);
    const again = await journal.create(newRun({ workflow: 'Other', userId: 'bob' }), recordsFrom(1, 3), OTHER);
    assert.deepEqual(again, { isNew: false, run: before });
    assert.deepEqual(await seen.run(lease), before);
    assert.deepEqual(await seqsOf(seen, lease), [1]);
  });

  test('lets one of many who begin the same run at once have it', async (journal) => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        journal.create(newRun({ userId: `user-${index}` }), [], { owner: `worker-${index}`, until: OWNER.until }),
      ),
    );
    assert.equal(all.filter(({ isNew }) => isNew).length, 1);
  });

  test('B. has everything of a commit when it has answered', async (journal, seen) => {
    const lease = await begin(journal);
    const wait = newWait(lease, { users: ['bob'], groups: ['managers'], dueAt: NOW + 5, signal: 'paid' });
    const commit = {
      records: recordsFrom(1, 3),
      opens: [wait],
      status: 'suspended',
      wakeAt: NOW + 9,
      at: NOW + 1,
    } as const;
    assert.equal(await journal.commit(lease, commit), true);
    const run = (await seen.run(lease))!;
    assert.deepEqual(
      [run.status, run.length, run.updatedAt, run.wakeAt, run.owner, run.leaseUntil, run.epoch],
      ['suspended', 3, NOW + 1, NOW + 9, undefined, 0, lease.epoch],
    );
    assert.deepEqual(await seen.records(lease, 0, 10), commit.records);
    assert.deepEqual(await seen.wait(wait), { ...wait, status: 'open', version: 1 });
  });

  for (const status of ['completed', 'failed', 'cancelled'] as const) {
    test(`gives the lease back when a run is ${status}, and has no time to wake`, async (journal, seen) => {
      const lease = await begin(journal);
      assert.equal(await journal.commit(lease, { records: [], status, wakeAt: NOW, at: NOW }), true);
      const run = (await seen.run(lease))!;
      assert.deepEqual([run.status, run.owner, run.wakeAt], [status, undefined, undefined]);
      assert.equal(await journal.commit(lease, { records: recordsFrom(1), at: NOW }), false);
      assert.equal(await journal.claim(lease, { ...OTHER, now: OTHER.until + 1 }), undefined);
    });
  }

  test('leaves status and lease as they are where a commit says nothing of them', async (journal, seen) => {
    const lease = await begin(journal);
    assert.equal(await journal.commit(lease, { records: recordsFrom(1), at: NOW + 7 }), true);
    assert.equal(await journal.commit(lease, { records: [], status: 'running', at: NOW + 8 }), true);
    const run = (await seen.run(lease))!;
    assert.deepEqual(
      [run.status, run.owner, run.leaseUntil, run.updatedAt],
      ['running', 'worker-1', OWNER.until, NOW + 8],
    );
  });

  test('C. reads records in their order, from any place, as many as are asked for', async (journal, seen) => {
    const lease = await begin(journal, {}, 1);
    for (let seq = 2; seq < 10; seq += 2) await journal.commit(lease, { records: recordsFrom(seq, 2), at: NOW });
    assert.deepEqual(await seqsOf(seen, lease), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(await seen.records(lease, 3, 2), recordsFrom(4, 2));
    assert.deepEqual(await seen.records(lease, 8, Infinity), recordsFrom(9));
    assert.deepEqual(await seen.records(lease, 9, 10), []);
    assert.deepEqual(await seen.records({ ...lease, runId: 'nobody' }, 0, 10), []);
    assert.equal((await seen.run(lease))!.length, 9);
  });

  test('C. refuses records that do not follow on, and writes nothing of their commit', async (journal, seen) => {
    const lease = await begin(journal, {}, 2);
    const opens = [newWait(lease)];
    for (const from of [1, 2, 4, 0, -1]) {
      await refuses(journal.commit(lease, { records: recordsFrom(from), opens, status: 'completed', at: NOW + 1 }));
    }
    const [third, , fifth] = recordsFrom(3, 3);
    await refuses(journal.commit(lease, { records: [third!, fifth!], opens, at: NOW + 1 }));
    await refuses(journal.commit(lease, { records: [third!, third!], opens, at: NOW + 1 }));
    await refuses(journal.create(newRun({ runId: 'gap' }), recordsFrom(2), OWNER));
    assert.deepEqual(await seqsOf(seen, lease), [1, 2]);
    assert.deepEqual(await seen.waits({ tenant: 'acme' }), []);
    const run = (await seen.run(lease))!;
    assert.deepEqual([run.length, run.status, run.updatedAt], [2, 'running', NOW]);
    assert.equal(await seen.run({ tenant: 'acme', runId: 'gap' }), undefined);
    assert.equal(await journal.commit(lease, { records: recordsFrom(3), at: NOW }), true);
  });

  test('C. keeps what was said, whatever becomes of the objects that said it', async (journal, seen) => {
    const lease = await begin(journal);
    const records = recordsFrom(1).map((record) => ({ ...record }));
    const users = ['bob'];
    await journal.commit(lease, { records, opens: [newWait(lease, { users })], at: NOW });
    Object.assign(records[0]!, { text: '"changed"' });
    users.push('mallory');
    assert.deepEqual(await seen.records(lease, 0, 10), recordsFrom(1));
    assert.deepEqual((await seen.wait({ tenant: 'acme', id: 'run-1/wait' }))!.users, ['bob']);
  });

  test('keeps the commits of one run in the order in which they were asked for', async (journal, seen) => {
    const lease = await begin(journal);
    const commits = Array.from({ length: 50 }, (_, index) =>
      journal.commit(lease, { records: recordsFrom(index + 1), at: NOW + index }),
    );
    assert.deepEqual(new Set(await Promise.all(commits)), new Set([true]));
    assert.deepEqual(
      await seqsOf(seen, lease),
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    assert.equal((await seen.run(lease))!.updatedAt, NOW + 49);
  });

  test('takes the commits of many runs at once, each with its own answer', async (journal, seen) => {
    const leases = await Promise.all(
      Array.from({ length: 60 }, (_, index) => begin(journal, { runId: `run-${index}` })),
    );
    await Promise.all(
      leases
        .filter((_, index) => index % 3 === 0)
        .map((lease) => journal.claim(lease, { ...OTHER, now: OWNER.until + 1 })),
    );
    const answers = await Promise.all(
      leases.map((lease, index) =>
        journal
          .commit(lease, { records: recordsFrom(index % 3 === 1 ? 7 : 1), at: NOW })
          .catch((error: unknown) => error),
      ),
    );
    for (const [index, answer] of answers.entries()) {
      if (index % 3 === 1) assert.equal((answer as { code?: unknown }).code, 'JOURNAL_MISMATCH');
      else assert.equal(answer, index % 3 === 2);
      assert.deepEqual(await seqsOf(seen, leases[index]!), index % 3 === 2 ? [1] : []);
    }
  });

  test('knows a graph by its hash, and none that it was not given', async (journal, seen) => {
    await begin(journal, { runId: 'a', graphHash: 'h1', graph: '{"a":1}' });
    await begin(journal, { runId: 'b', graphHash: 'h2', graph: '{"b":1}' });
    await begin(journal, { runId: 'c', graphHash: 'h1', graph: '{"a":1}' });
    assert.deepEqual(await Promise.all(['h1', 'h2', 'h3'].map((hash) => seen.graph(hash))), [
      '{"a":1}',
      '{"b":1}',
      undefined,
    ]);
  });

  test('finishes what was asked before it was closed', async (journal, seen) => {
    const lease = await begin(journal);
    const last = journal.commit(lease, { records: recordsFrom(1, 5), at: NOW });
    if (seen === journal) return assert.equal(await last, true);
    const closing = journal.close();
    assert.equal(await last, true);
    await closing;
    assert.deepEqual(await seqsOf(seen, lease), [1, 2, 3, 4, 5]);
  });
}
