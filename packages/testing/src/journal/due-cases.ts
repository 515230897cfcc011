import assert from 'node:assert/strict';
import type { JournalCase } from './journal-contract.js';
import { begin, idsOf, newWait, NOW, OTHER, OWNER, suspended, waitIdsOf } from './journal-data.js';

const workflows = ['Claims'];

export function dueCases(test: JournalCase): void {
  test('finds suspended runs whose time has come', async (journal, seen) => {
    await suspended(journal, { runId: 'now' }, { wakeAt: NOW });
    await suspended(journal, { runId: 'soon' }, { wakeAt: NOW + 1 });
    await suspended(journal, { runId: 'never' });
    const due = async (now: number): Promise<string[]> => idsOf(await seen.dueRuns({ now, workflows }));
    assert.deepEqual(await due(NOW - 1), []);
    assert.deepEqual(await due(NOW), ['now']);
    assert.deepEqual(await due(NOW + 1), ['now', 'soon']);
  });

  test('finds running ones whose owner is gone, or has let go', async (journal, seen) => {
    const lease = await begin(journal, { runId: 'left' });
    await journal.release(await begin(journal, { runId: 'released' }));
    const due = async (now: number): Promise<string[]> => idsOf(await seen.dueRuns({ now, workflows }));
    assert.deepEqual(await due(OWNER.until), ['released']);
    assert.deepEqual(await due(-1), ['released']);
    assert.deepEqual(await due(OWNER.until + 1), ['released', 'left']);
    await journal.renew([lease], OWNER.until + 10);
    assert.deepEqual(await due(OWNER.until + 1), ['released']);
    await journal.claim({ tenant: 'acme', runId: 'released' }, { ...OTHER, now: NOW });
    assert.deepEqual(await due(OWNER.until + 1), []);
  });

  test('finds no run that is over', async (journal, seen) => {
    for (const status of ['completed', 'failed', 'cancelled'] as const) {
      const lease = await begin(journal, { runId: status });
      await journal.commit(lease, { records: [], status, wakeAt: NOW, at: NOW });
    }
    assert.deepEqual(await seen.dueRuns({ now: Infinity, workflows }), []);
  });

  test('finds a run that a decision has woken', async (journal, seen) => {
    await suspended(journal, {}, { waits: [{}], wakeAt: NOW + 1_000 });
    await journal.changeWait({ tenant: 'acme', id: 'run-1/wait' }, 1, { state: '1', status: 'settled' }, NOW + 5);
    assert.deepEqual(idsOf(await seen.dueRuns({ now: NOW + 5, workflows })), ['run-1']);
  });

  test('finds what is due of all tenants, of the workflows that are named alone, each once', async (journal, seen) => {
    await suspended(journal, { tenant: 'a', workflow: 'A' }, { wakeAt: NOW, waits: [{ dueAt: NOW }] });
    await suspended(journal, { tenant: 'b', workflow: 'B' }, { wakeAt: NOW, waits: [{ dueAt: NOW + 1 }] });
    await suspended(journal, { tenant: 'c', workflow: 'C' }, { wakeAt: NOW, waits: [{ dueAt: NOW }] });
    const query = { now: NOW + 1, workflows: ['A', 'B', 'A', 'D'] };
    assert.deepEqual((await seen.dueRuns(query)).map(({ tenant }) => tenant).sort(), ['a', 'b']);
    assert.deepEqual(
      (await seen.dueWaits(query)).map(({ tenant }) => tenant),
      ['a', 'b'],
    );
    assert.deepEqual(await seen.dueRuns({ ...query, workflows: [] }), []);
    assert.deepEqual(await seen.dueWaits({ ...query, workflows: [] }), []);
  });

  test('finds open waits whose time has come, the longest overdue first', async (journal, seen) => {
    const lease = await begin(journal);
    const times = [NOW + 3, NOW + 1, undefined, NOW + 2, NOW + 4];
    const opens = times.map((dueAt, index) => newWait(lease, { id: `${index}`, dueAt }));
    await journal.commit(lease, { records: [], opens, at: NOW });
    const due = async (now: number): Promise<string[]> => waitIdsOf(await seen.dueWaits({ now, workflows }));
    assert.deepEqual(await due(NOW), []);
    assert.deepEqual(await due(NOW + 3), ['1', '3', '0']);
    await journal.changeWait({ tenant: 'acme', id: '1' }, 1, { state: '{}', dueAt: NOW + 10 }, NOW);
    await journal.changeWait({ tenant: 'acme', id: '3' }, 1, { state: '{}', dueAt: null }, NOW);
    await journal.changeWait({ tenant: 'acme', id: '0' }, 1, { state: '{}', status: 'settled' }, NOW);
    assert.deepEqual(await due(NOW + 9), ['4']);
    await journal.commit(lease, { records: [], closes: ['4'], at: NOW });
    assert.deepEqual(await due(NOW + 10), ['1']);
  });

  test('gives as much of what is due as is asked for, the longest overdue first', async (journal, seen) => {
    for (let index = 0; index < 6; index++) {
      const facts = { runId: `run-${index}`, workflow: `W${index % 2}` };
      await suspended(journal, facts, { wakeAt: NOW - index, waits: [{ dueAt: NOW - index }] });
    }
    const query = { now: NOW, workflows: ['W0', 'W1'], limit: 3 };
    assert.deepEqual(idsOf(await seen.dueRuns(query)), ['run-5', 'run-4', 'run-3']);
    assert.deepEqual(waitIdsOf(await seen.dueWaits(query)), ['run-5/wait', 'run-4/wait', 'run-3/wait']);
  });
}
