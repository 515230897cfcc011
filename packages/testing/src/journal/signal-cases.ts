import assert from 'node:assert/strict';
import type { KeptSignal, NewRun, WaitChange } from '@drawloom/core';
import type { JournalCase } from './journal-contract.js';
import { begin, newWait, NOW, OTHER, refuses, suspended } from './journal-data.js';

const RUN = { tenant: 'acme', runId: 'run-1' };
const SETTLED = { state: '{"received":true}', status: 'settled' } as const;

function message(id: string, facts: Partial<KeptSignal> = {}): KeptSignal {
  return { ...RUN, signal: 'paid', id, text: `{"payload":"${id}"}`, at: NOW, ...facts };
}

/** A wait for a signal. */
function waitFor(run: Pick<NewRun, 'tenant' | 'runId'>, id: string, signal = 'paid') {
  return newWait(run, { id, kind: 'signal', signal });
}

const taking = (id: string, isKept: boolean): WaitChange => ({ ...SETTLED, takes: { id, isKept } });
const idsOf = (signals: readonly KeptSignal[]): string[] => signals.map(({ id }) => id);
const key = (id: string) => ({ tenant: 'acme', id });

export function signalCases(test: JournalCase): void {
  test('keeps signals with all that is said of them, in the order in which they came', async (journal, seen) => {
    await begin(journal);
    const [late, early, other] = [message('z', { at: NOW + 9 }), message('a'), message('m', { signal: 'shipped' })];
    for (const signal of [late, early, other]) assert.equal(await journal.keepSignal(signal, 9), 'kept');
    assert.deepEqual(await seen.keptSignals(RUN), [late, early, other]);
    assert.deepEqual(await seen.keptSignals({ ...RUN, signal: 'paid' }), [late, early]);
    assert.deepEqual(await seen.keptSignals({ ...RUN, limit: 1 }), [late]);
    assert.deepEqual(await seen.signal(early), { ...early, waitId: undefined });
    assert.equal(await seen.signal({ ...early, id: 'never' }), undefined);
    assert.equal(await seen.signal({ ...early, signal: 'shipped' }), undefined);
  });

  test('keeps one message once, and no more than may be in a run, whatever their names', async (journal, seen) => {
    await begin(journal);
    await begin(journal, { runId: 'run-2' });
    assert.equal(await journal.keepSignal(message('a'), 2), 'kept');
    assert.equal(await journal.keepSignal(message('a', { text: '"other"' }), 2), 'known');
    assert.equal(await journal.keepSignal(message('a', { signal: 'shipped' }), 2), 'kept');
    assert.equal(await journal.keepSignal(message('b'), 2), 'full');
    assert.equal(await journal.keepSignal(message('a'), 2), 'known');
    assert.equal(await journal.keepSignal(message('b', { runId: 'run-2' }), 2), 'kept');
    assert.deepEqual(await seen.keptSignals(RUN), [message('a'), message('a', { signal: 'shipped' })]);
    const many = Array.from({ length: 30 }, (_, index) => journal.keepSignal(message(`m${index}`), 10));
    assert.equal((await Promise.all(many)).filter((result) => result === 'kept').length, 8);
    assert.equal((await seen.keptSignals(RUN)).length, 10);
  });

  test('keeps none for a run that has ended, or that there is none of', async (journal, seen) => {
    for (const status of ['completed', 'failed', 'cancelled'] as const) {
      const lease = await begin(journal, { runId: status });
      await journal.commit(lease, { records: [], status, at: NOW });
      assert.equal(await journal.keepSignal(message('a', { runId: status }), 9), 'over');
      assert.deepEqual(await seen.keptSignals({ tenant: 'acme', runId: status }), []);
    }
    assert.equal(await journal.keepSignal(message('a', { runId: 'never' }), 9), 'over');
    await suspended(journal, { runId: 'asleep' });
    assert.equal(await journal.keepSignal(message('a', { runId: 'asleep' }), 9), 'kept');
  });

  test('F. gives a kept signal to the wait that takes it, and to no other', async (journal, seen) => {
    const opens = [waitFor(RUN, 'one'), waitFor(RUN, 'two')];
    const lease = await begin(journal);
    await journal.commit(lease, { records: [], opens, status: 'suspended', at: NOW });
    await journal.keepSignal(message('a'), 9);
    await journal.keepSignal(message('b'), 9);
    assert.equal(await journal.changeWait(key('one'), 2, taking('a', true), NOW), false);
    assert.equal(await journal.changeWait(key('one'), 1, taking('a', true), NOW + 5), true);
    assert.equal(await journal.changeWait(key('two'), 1, taking('a', true), NOW), false);
    assert.equal(await journal.changeWait(key('two'), 1, taking('a', false), NOW), false);
    const two = (await seen.wait(key('two')))!;
    assert.deepEqual([two.status, two.version, two.state], ['open', 1, '{}']);
    assert.deepEqual(await seen.signal(message('a')), { ...message('a'), text: '', waitId: 'one' });
    assert.deepEqual(idsOf(await seen.keptSignals(RUN)), ['b']);
    assert.equal((await seen.wait(key('one')))!.status, 'settled');
    assert.equal((await seen.run(RUN))!.wakeAt, NOW + 5);
    assert.equal(await journal.keepSignal(message('a'), 9), 'known');
  });

  test('F. gives a message that was not kept to one wait', async (journal, seen) => {
    const opens = [waitFor(RUN, 'one'), waitFor(RUN, 'two'), waitFor(RUN, 'three', 'shipped')];
    const lease = await begin(journal);
    await journal.commit(lease, { records: [], opens, status: 'suspended', at: NOW });
    assert.equal(await journal.changeWait(key('one'), 1, taking('a', true), NOW), false);
    assert.equal(await journal.changeWait(key('one'), 1, taking('a', false), NOW + 2), true);
    assert.equal(await journal.changeWait(key('two'), 1, taking('a', false), NOW), false);
    assert.equal(await journal.changeWait(key('three'), 1, taking('a', false), NOW), true);
    assert.deepEqual(await seen.signal(message('a')), { ...message('a'), at: NOW + 2, text: '', waitId: 'one' });
    assert.equal(await journal.keepSignal(message('a'), 9), 'known');
    await journal.keepSignal(message('b'), 9);
    assert.equal(await journal.changeWait(key('two'), 1, taking('b', false), NOW), false);
    assert.equal((await seen.wait(key('two')))!.status, 'open');
  });

  test('F. gives one message to one of many waits, however many take it at once', async (journal, seen) => {
    const opens = Array.from({ length: 20 }, (_, index) => waitFor(RUN, `wait-${index}`));
    await journal.commit(await begin(journal), { records: [], opens, status: 'suspended', at: NOW });
    await journal.keepSignal(message('a'), 9);
    const taken = await Promise.all(
      opens.map(({ id }, index) => (index % 2 === 0 ? journal : seen).changeWait(key(id), 1, taking('a', true), NOW)),
    );
    assert.equal(taken.filter(Boolean).length, 1);
    assert.equal((await seen.waits({ tenant: 'acme', status: 'settled' })).length, 1);
  });

  test('wakes a run that sleeps beside a signal that it waits for, and no other', async (journal, seen) => {
    const lease = await suspended(
      journal,
      {},
      { waits: [{ id: 'one', kind: 'signal', signal: 'paid' }, { id: 'asked' }] },
    );
    await suspended(journal, { runId: 'run-2' }, { waits: [{ id: 'two', kind: 'signal', signal: 'paid' }] });
    await journal.keepSignal(message('a', { signal: 'shipped' }), 9);
    assert.equal((await seen.run(lease))!.wakeAt, undefined);
    await journal.keepSignal(message('a', { at: NOW + 3 }), 9);
    assert.equal((await seen.run(lease))!.wakeAt, NOW + 3);
    assert.equal((await seen.run({ tenant: 'acme', runId: 'run-2' }))!.wakeAt, undefined);
    const again = (await journal.claim(lease, { ...OTHER, now: NOW }))!.lease;
    await journal.commit(again, { records: [], status: 'suspended', at: NOW + 4 });
    assert.equal((await seen.run(lease))!.wakeAt, NOW + 4);
    await journal.claim(lease, { ...OTHER, now: NOW });
    await journal.dropSignal(message('a'));
    const last = { ...again, epoch: again.epoch + 1 };
    assert.equal(await journal.commit(last, { records: [], status: 'suspended', wakeAt: NOW + 99, at: NOW + 5 }), true);
    assert.equal((await seen.run(lease))!.wakeAt, NOW + 99);
  });

  test('lets go of a signal that is kept, and of none that was taken', async (journal, seen) => {
    await journal.commit(await begin(journal), { records: [], opens: [waitFor(RUN, 'one')], at: NOW });
    await journal.keepSignal(message('a'), 9);
    await journal.keepSignal(message('b'), 9);
    assert.equal(await journal.dropSignal(message('b', { signal: 'shipped' })), false);
    assert.equal(await journal.dropSignal(message('b')), true);
    assert.equal(await journal.dropSignal(message('b')), false);
    assert.equal(await journal.changeWait(key('one'), 1, taking('b', true), NOW), false);
    assert.equal(await journal.changeWait(key('one'), 1, taking('a', true), NOW), true);
    assert.equal(await journal.dropSignal(message('a')), false);
    assert.equal((await seen.signal(message('a')))!.waitId, 'one');
    assert.equal(await journal.keepSignal(message('b'), 9), 'kept');
  });

  test('remembers what was taken when its wait is closed and its run is over', async (journal, seen) => {
    const lease = await begin(journal);
    await journal.commit(lease, { records: [], opens: [waitFor(RUN, 'one')], at: NOW });
    await journal.changeWait(key('one'), 1, taking('a', false), NOW);
    await journal.commit(lease, { records: [], closes: ['one'], status: 'completed', at: NOW });
    assert.equal((await seen.signal(message('a')))!.waitId, 'one');
  });

  test('A. keeps the signals of tenants and runs apart', async (journal, seen) => {
    for (const tenant of ['acme', 'evil']) {
      const lease = await begin(journal, { tenant });
      await journal.commit(lease, { records: [], opens: [waitFor(lease, 'one')], at: NOW });
      await begin(journal, { tenant, runId: 'run-2' });
    }
    await journal.keepSignal(message('a'), 1);
    assert.equal(await journal.keepSignal(message('a', { tenant: 'evil' }), 1), 'kept');
    assert.equal(await journal.keepSignal(message('a', { tenant: 'nobody' }), 1), 'over');
    for (const other of [{ tenant: 'nobody' }, { runId: 'run-2' }]) {
      assert.deepEqual(await seen.keptSignals({ ...RUN, ...other }), []);
      assert.equal(await seen.signal(message('a', other)), undefined);
      assert.equal(await journal.dropSignal(message('a', other)), false);
    }
    assert.equal(await journal.changeWait({ tenant: 'evil', id: 'one' }, 1, taking('a', true), NOW), true);
    assert.deepEqual(idsOf(await seen.keptSignals(RUN)), ['a']);
    assert.equal(await journal.changeWait({ tenant: 'acme', id: 'one' }, 1, taking('a', true), NOW), true);
  });

  test('erases signals with the runs of a user', async (journal, seen) => {
    const lease = await begin(journal);
    await journal.commit(lease, { records: [], opens: [waitFor(RUN, 'one')], status: 'suspended', at: NOW });
    await journal.keepSignal(message('a'), 9);
    await journal.changeWait(key('one'), 1, taking('b', false), NOW);
    await journal.forgetUser({ tenant: 'acme', userId: 'alice' });
    await begin(journal);
    assert.deepEqual(await seen.keptSignals(RUN), []);
    assert.equal(await seen.signal(message('b')), undefined);
  });

  test('is taken note of by whoever takes the run over', async (journal, seen) => {
    await begin(journal);
    await journal.keepSignal(message('a'), 9);
    const again = await journal.claim(RUN, { ...OTHER, now: OTHER.until });
    assert.notEqual(again, undefined);
    assert.deepEqual(idsOf(await seen.keptSignals(RUN)), ['a']);
  });

  test('compares names and ids of messages exactly, and refuses half a character', async (journal, seen) => {
    await begin(journal);
    const ids = ['a', 'A', ' a', 'a\u0000', 'a\u0000b', '\u0001', 'á', 'a\u0301', "'", '%', '__proto__', 'constructor'];
    for (const id of ids) assert.equal(await journal.keepSignal(message(id, { text: JSON.stringify(id) }), 99), 'kept');
    for (const signal of ids) assert.equal(await journal.keepSignal(message('a', { signal }), 99), 'kept');
    for (const id of ids) assert.equal((await seen.signal(message(id)))!.text, JSON.stringify(id));
    for (const signal of ids) assert.equal((await seen.keptSignals({ ...RUN, signal })).length, 1);
    await refuses(journal.keepSignal(message('\ud83d'), 99));
    await refuses(journal.keepSignal(message('a', { signal: '\ud83d' }), 99));
    await refuses(journal.changeWait(key('one'), 1, taking('\ud83d', false), NOW));
    assert.equal(await seen.signal(message('\ud83d')), undefined);
  });
}
