import assert from 'node:assert/strict';
import type { JournalCase } from './journal-contract.js';
import { begin, newWait, NOW, OTHER, refuses, suspended, waitIdsOf } from './journal-data.js';

const KEY = { tenant: 'acme', id: 'run-1/wait' };

export function waitCases(test: JournalCase): void {
  test('keeps all that is said of a wait', async (journal, seen) => {
    const lease = await begin(journal);
    const full = newWait(lease, {
      id: 'a',
      kind: 'signal',
      signal: 'paid',
      dueAt: NOW,
      users: ['b', 'a'],
      groups: ['g'],
      visit: 3,
    });
    const bare = newWait(lease, { id: 'b', kind: 'timer', userId: undefined, node: '' });
    await journal.commit(lease, { records: [], opens: [full, bare], at: NOW });
    assert.deepEqual(await seen.wait({ tenant: 'acme', id: 'a' }), { ...full, status: 'open', version: 1 });
    assert.deepEqual(await seen.wait({ tenant: 'acme', id: 'b' }), { ...bare, status: 'open', version: 1 });
    assert.equal(await seen.wait({ tenant: 'acme', id: 'c' }), undefined);
  });

  test('refuses a wait whose id is taken, and one of another run, and writes nothing of their commit', async (journal, seen) => {
    const lease = await suspended(journal, {}, { waits: [{}] });
    const other = await begin(journal, { runId: 'run-2' });
    const wait = newWait(other, { id: KEY.id, about: '"mine"' });
    const extra = newWait(other, { id: 'extra' });
    await refuses(journal.commit(other, { records: [], opens: [extra, wait], at: NOW + 1 }));
    await refuses(journal.commit(other, { records: [], opens: [extra, extra], at: NOW + 1 }));
    await refuses(journal.commit(other, { records: [], opens: [extra, newWait(lease, { id: 'x' })], at: NOW + 1 }));
    await refuses(journal.commit(other, { records: [], opens: [{ ...extra, tenant: 'evil' }], at: NOW + 1 }));
    assert.deepEqual(waitIdsOf(await seen.waits({ tenant: 'acme' })), [KEY.id]);
    assert.equal((await seen.wait(KEY))!.about, '{"amount":10}');
    assert.equal((await seen.run(other))!.updatedAt, NOW);
    const again = (await journal.claim(lease, { ...OTHER, now: NOW }))!.lease;
    await journal.commit(again, { records: [], closes: [KEY.id], at: NOW });
    await refuses(journal.commit(again, { records: [], opens: [newWait(lease)], at: NOW }));
  });

  test('E. changes what is said and leaves the rest', async (journal, seen) => {
    const lease = await suspended(journal, {}, { waits: [{ dueAt: NOW + 5, users: ['bob'], groups: ['g'] }] });
    const before = (await seen.wait(KEY))!;
    assert.equal(await journal.changeWait(KEY, 1, { state: '{"n":1}' }, NOW), true);
    assert.deepEqual(await seen.wait(KEY), { ...before, state: '{"n":1}', version: 2 });
    assert.equal(await journal.changeWait(KEY, 2, { state: '{}', dueAt: NOW + 9, groups: ['h', 'i'] }, NOW), true);
    assert.deepEqual(await seen.wait(KEY), { ...before, dueAt: NOW + 9, groups: ['h', 'i'], version: 3 });
    assert.equal(await journal.changeWait(KEY, 3, { state: '{}', dueAt: null, users: [] }, NOW), true);
    assert.deepEqual(await seen.wait(KEY), { ...before, dueAt: undefined, users: [], groups: ['h', 'i'], version: 4 });
    assert.equal((await seen.run(lease))!.wakeAt, undefined);
  });

  test('E. lets one of many changes of the same version hold', async (journal, seen) => {
    await suspended(journal, {}, { waits: [{}] });
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        (index % 2 === 0 ? journal : seen).changeWait(KEY, 1, { state: `${index}`, status: 'settled' }, NOW + index),
      ),
    );
    assert.equal(answers.filter(Boolean).length, 1);
    const held = answers.indexOf(true);
    const wait = (await seen.wait(KEY))!;
    assert.deepEqual([wait.state, wait.status, wait.version], [`${held}`, 'settled', 2]);
    assert.equal((await seen.run({ tenant: 'acme', runId: 'run-1' }))!.wakeAt, NOW + held);
  });

  test('E. changes nothing of a wait of another version, that is not open, or that does not exist', async (journal, seen) => {
    await suspended(journal, {}, { waits: [{ id: 'a' }, { id: 'b' }] });
    const [a, b] = [
      { tenant: 'acme', id: 'a' },
      { tenant: 'acme', id: 'b' },
    ];
    assert.equal(await journal.changeWait(a, 2, { state: 'x', users: ['eve'] }, NOW), false);
    assert.equal(await journal.changeWait(a, 0, { state: 'x' }, NOW), false);
    assert.equal(await journal.changeWait({ ...a, id: 'c' }, 1, { state: 'x' }, NOW), false);
    assert.equal(await journal.changeWait(b, 1, { state: 'done', status: 'settled' }, NOW), true);
    assert.equal(await journal.changeWait(b, 2, { state: 'x' }, NOW), false);
    assert.equal((await seen.wait(a))!.version, 1);
    assert.equal((await seen.wait(b))!.state, 'done');
    assert.deepEqual(await seen.waits({ tenant: 'acme', actor: { userId: 'eve' } }), []);
  });

  test('wakes a suspended run when one of its waits is settled', async (journal, seen) => {
    const lease = await suspended(journal, {}, { waits: [{ id: 'a' }, { id: 'b' }], wakeAt: NOW + 1_000 });
    const other = await suspended(journal, { runId: 'run-2' }, { wakeAt: NOW + 1_000 });
    await journal.changeWait({ tenant: 'acme', id: 'a' }, 1, { state: '1' }, NOW + 1);
    assert.equal((await seen.run(lease))!.wakeAt, NOW + 1_000);
    await journal.changeWait({ tenant: 'acme', id: 'b' }, 1, { state: '1', status: 'settled' }, NOW + 2);
    assert.equal((await seen.run(lease))!.wakeAt, NOW + 2);
    assert.equal((await seen.run(other))!.wakeAt, NOW + 1_000);
  });

  test('leaves a run alone that is carried out while one of its waits is settled, and wakes it when it would sleep', async (journal, seen) => {
    const lease = await begin(journal);
    await journal.commit(lease, { records: [], opens: [newWait(lease)], at: NOW });
    const before = (await seen.run(lease))!;
    await journal.changeWait(KEY, 1, { state: '1', status: 'settled' }, NOW + 2);
    assert.deepEqual(await seen.run(lease), before);
    await journal.commit(lease, { records: [], status: 'suspended', wakeAt: NOW + 1_000, at: NOW + 3 });
    assert.equal((await seen.run(lease))!.wakeAt, NOW + 3);
  });

  test('lets a run sleep that has taken note of what was settled', async (journal, seen) => {
    const lease = await begin(journal);
    await journal.commit(lease, { records: [], opens: [newWait(lease)], at: NOW });
    await journal.changeWait(KEY, 1, { state: '1', status: 'settled' }, NOW + 2);
    await journal.commit(lease, { records: [], closes: [KEY.id], status: 'suspended', at: NOW + 3 });
    assert.equal((await seen.run(lease))!.wakeAt, undefined);
    const { status, version } = (await seen.wait(KEY))!;
    assert.deepEqual([status, version], ['closed', 3]);
  });

  test('closes waits of the run alone, each once, and none that does not exist', async (journal, seen) => {
    const lease = await begin(journal);
    const other = await suspended(journal, { runId: 'run-2' }, { waits: [{ users: ['bob'] }] });
    await journal.commit(lease, { records: [], opens: [newWait(lease)], at: NOW });
    const closes = [KEY.id, KEY.id, 'nothing', `${other.runId}/wait`];
    assert.equal(await journal.commit(lease, { records: [], closes, at: NOW }), true);
    assert.equal(await journal.commit(lease, { records: [], closes, at: NOW }), true);
    const { status, version } = (await seen.wait(KEY))!;
    assert.deepEqual([status, version], ['closed', 2]);
    assert.equal((await seen.wait({ tenant: 'acme', id: 'run-2/wait' }))!.status, 'open');
    assert.equal((await seen.waits({ tenant: 'acme', actor: { userId: 'bob' } })).length, 1);
  });
}
