import assert from 'node:assert/strict';
import type { JournalCase } from './journal-contract.js';
import {
  begin,
  idsOf,
  newRun,
  newWait,
  NOW,
  OTHER,
  OWNER,
  recordsFrom,
  refuses,
  seqsOf,
  waitIdsOf,
} from './journal-data.js';

/** Ids that something might take for one another, or for something else. */
const IDS: readonly string[] = [
  ...['a', 'A', ' a', 'a ', 'a\u0000', 'a\u0000b', '\u0000', 'á', 'a\u0301', 'ａ', '\ufeffa', 'a\u200b'],
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'undefined', 'null', 'NaN', '0', '00', '1e0', '1'],
  ...["'", "''", '"', '`', ';', '--', '/*', "' OR '1'='1", "'; DROP TABLE runs; --", '?', '?1', ':a', '@a', '$a', '\\'],
  ...[
    '%',
    '_',
    '*',
    '[a]',
    '../a',
    'a/b',
    'a:b',
    '1:a',
    'a\nb',
    'a\r\nb',
    '\t',
    '😀',
    '😁',
    '\ufffd',
    '\uffff',
    '',
    ' ',
  ],
  'x'.repeat(5_000),
  'x'.repeat(5_001),
];

/** Half a surrogate pair: as UTF-8 all of them would be the same. */
const HALVES: readonly string[] = ['\ud83d', '\ud83e', 'a\udc00', '\udc00\ud800'];

export function hostileCases(test: JournalCase): void {
  test('compares ids of runs and waits exactly, whatever is in them', async (journal, seen) => {
    for (const [index, runId] of IDS.entries()) {
      const lease = await begin(journal, { runId });
      const wait = newWait(lease, { id: runId, about: `${index}` });
      assert.equal(
        await journal.commit(lease, { records: recordsFrom(1, 1, `${index}/`), opens: [wait], at: NOW }),
        true,
      );
    }
    for (const [index, runId] of IDS.entries()) {
      const run = (await seen.run({ tenant: 'acme', runId }))!;
      assert.equal(run.runId, runId);
      assert.deepEqual(await seen.records(run, 0, 10), recordsFrom(1, 1, `${index}/`));
      assert.equal((await seen.wait({ tenant: 'acme', id: runId }))!.about, `${index}`);
      assert.deepEqual(waitIdsOf(await seen.waits({ tenant: 'acme', runId })), [runId]);
      assert.equal(await journal.changeWait({ tenant: 'acme', id: runId }, 1, { state: `${index}` }, NOW), true);
    }
    assert.deepEqual(new Set(idsOf(await seen.runs({ tenant: 'acme', limit: Infinity }))), new Set(IDS));
  });

  test('compares tenants, users, workflows, owners, signals and actors exactly', async (journal, seen) => {
    for (const [index, id] of IDS.entries()) {
      const runId = `run-${index}`;
      const lease = await begin(journal, { tenant: id, runId, userId: id, workflow: id, sessionId: id, version: id });
      const wait = newWait(lease, { workflow: id, signal: id, node: id, users: [id], groups: [`${id}!`], dueAt: NOW });
      await journal.commit(lease, { records: [], opens: [wait], status: 'suspended', wakeAt: NOW, at: NOW });
      await begin(journal, { runId, userId: id, workflow: id });
      const other = await begin(journal, { runId: `wait-${index}` });
      const opens = [newWait(other, { workflow: id, signal: id, users: [id], groups: [`${id}!`] })];
      await journal.commit(other, { records: [], opens, at: NOW });
    }
    for (const [index, id] of IDS.entries()) {
      assert.deepEqual(idsOf(await seen.runs({ tenant: id })), index === IDS.indexOf(id) ? [`run-${index}`] : []);
      assert.deepEqual(idsOf(await seen.runs({ tenant: 'acme', userId: id })), [`run-${index}`]);
      assert.deepEqual(idsOf(await seen.runs({ tenant: 'acme', workflow: id })), [`run-${index}`]);
      const wait = [`wait-${index}/wait`];
      assert.deepEqual(waitIdsOf(await seen.waits({ tenant: 'acme', workflow: id })), wait);
      assert.deepEqual(waitIdsOf(await seen.waits({ tenant: 'acme', signal: id })), wait);
      assert.deepEqual(waitIdsOf(await seen.waits({ tenant: 'acme', actor: { userId: id } })), wait);
      assert.deepEqual(waitIdsOf(await seen.waits({ tenant: 'acme', actor: { groups: [`${id}!`] } })), wait);
      assert.deepEqual(idsOf(await seen.dueRuns({ now: NOW, workflows: [id] })), [`run-${index}`]);
      assert.deepEqual(waitIdsOf(await seen.dueWaits({ now: NOW, workflows: [id] })), [`run-${index}/wait`]);
    }
  });

  test('takes no part of a query for more than a value', async (journal, seen) => {
    await begin(journal, {}, 1);
    for (const id of IDS.filter((text) => text !== '')) {
      const nothing = [
        seen.runs({ tenant: id }),
        seen.runs({ tenant: 'acme', userId: id }),
        seen.runs({ tenant: 'acme', workflow: id }),
        seen.runs({ tenant: 'acme', status: id as never }),
        seen.waits({ tenant: 'acme', status: id as never }),
        seen.waits({ tenant: 'acme', kind: id as never }),
        seen.waits({ tenant: 'acme', actor: { userId: id, groups: [id, id] } }),
        seen.dueRuns({ now: Infinity, workflows: [id] }),
      ];
      assert.deepEqual(new Set((await Promise.all(nothing)).map((list) => list.length)), new Set([0]));
      assert.equal(
        await journal.commit({ tenant: 'acme', runId: id, owner: id, epoch: 1 }, { records: [], at: NOW }),
        false,
      );
      assert.equal(await seen.graph(id), undefined);
    }
    assert.deepEqual(await seqsOf(seen, newRun()), [1]);
  });

  test('keeps texts as they are: long, empty, with every character', async (journal, seen) => {
    const characters =
      Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('') + '😀\ufffd\uffff';
    const texts = ['', characters, 'x'.repeat(2_000_000), '\u0000', '"\u0000"', JSON.stringify(characters)];
    const lease = await begin(journal);
    const records = texts.map((text, index) => ({ seq: index + 1, type: text.slice(0, 1_000), text }));
    const opens = texts.map((text, index) => newWait(lease, { id: `${index}`, about: text, state: text }));
    await journal.commit(lease, { records, opens, at: NOW });
    assert.deepEqual(await seen.records(lease, 0, 100), records);
    for (const [index, text] of texts.entries()) {
      const wait = (await seen.wait({ tenant: 'acme', id: `${index}` }))!;
      assert.equal(wait.about === text && wait.state === text, true);
    }
  });

  test('refuses ids that are no well-formed text, and finds nothing by them', async (journal, seen) => {
    const lease = await begin(journal, { runId: '\ufffd', tenant: '\ufffd', userId: '\ufffd', workflow: '\ufffd' });
    const opens = [
      newWait(lease, { id: '\ufffd', users: ['\ufffd'], groups: ['\ufffd'], signal: '\ufffd', workflow: '\ufffd' }),
    ];
    await journal.commit(lease, { records: [], opens, at: NOW });
    const tenant = '\ufffd';
    for (const half of HALVES) {
      for (const name of ['tenant', 'runId', 'workflow', 'version', 'graphHash', 'userId', 'sessionId', 'forkedFrom']) {
        await refuses(journal.create(newRun({ runId: 'new', [name]: half }), [], OWNER));
      }
      await refuses(journal.create(newRun({ runId: 'new' }), [], { ...OWNER, owner: half }));
      await refuses(journal.claim(lease, { ...OTHER, owner: half, now: OWNER.until + 1 }));
      for (const name of ['id', 'workflow', 'userId', 'node', 'signal']) {
        await refuses(
          journal.commit(lease, { records: [], opens: [newWait(lease, { id: 'w', [name]: half })], at: NOW }),
        );
      }
      await refuses(
        journal.commit(lease, { records: [], opens: [newWait(lease, { id: 'w', users: ['a', half] })], at: NOW }),
      );
      await refuses(journal.changeWait({ tenant, id: tenant }, 1, { state: '', groups: [half] }, NOW));
      const lists = [
        seen.runs({ tenant: half }),
        seen.runs({ tenant, userId: half }),
        seen.runs({ tenant, workflow: half }),
        seen.waits({ tenant: half }),
        seen.waits({ tenant, runId: half }),
        seen.waits({ tenant, signal: half }),
        seen.waits({ tenant, workflow: half }),
        seen.waits({ tenant, actor: { userId: half, groups: [half] } }),
        seen.dueRuns({ now: Infinity, workflows: [half] }),
        seen.dueWaits({ now: Infinity, workflows: [half] }),
      ];
      assert.deepEqual(new Set((await Promise.all(lists)).map((list) => list.length)), new Set([0]));
      const found = [seen.run({ tenant, runId: half }), seen.wait({ tenant, id: half }), seen.graph(half)];
      assert.deepEqual(await Promise.all(found), [undefined, undefined, undefined]);
      assert.equal(await journal.claim({ tenant, runId: half }, { ...OTHER, now: OWNER.until + 1 }), undefined);
      assert.equal(await journal.changeWait({ tenant, id: half }, 1, { state: '' }, NOW), false);
    }
    assert.equal((await seen.run(lease))!.owner, OWNER.owner);
  });
}
