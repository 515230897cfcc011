import assert from 'node:assert/strict';
import type { Memory } from '@drawloom/core';
import { alice, episode, idsOf } from './episode-cases.js';
import { lives } from './fact-cases.js';
import type { MemoryCase } from './memory-contract.js';

/** Two sessions before, one after a second has passed; facts and blocks likewise. */
async function fill(memory: Memory, advance: () => Promise<void>): Promise<void> {
  await memory.remember(alice, episode('word a', { sessionId: 's1' }));
  await memory.remember(alice, episode('word b', { sessionId: 's2' }));
  await memory.learn(alice, lives('Berlin', 1, { sessionId: 's1' }));
  await memory.learn(alice, lives('Paris', 2));
  await memory.setBlock(alice, 'old', 'x');
  await advance();
  await memory.remember(alice, episode('word c', { sessionId: 's1' }));
  await memory.learn(alice, lives('Rome', 3, { sessionId: 's1' }));
  await memory.setBlock(alice, 'new', 'x');
}

export function forgetAndExportCases(test: MemoryCase): void {
  test('forgets everything of a user, and counts it', async (memory, clock) => {
    await fill(memory, () => clock.advance(1_000));
    assert.deepEqual(await memory.forget(alice), { episodes: 3, facts: 3, blocks: 2 });
    assert.deepEqual(await memory.recall(alice, 'word'), []);
    assert.deepEqual(await memory.recall(alice, ''), []);
    assert.deepEqual(await memory.history(alice, 's1'), []);
    assert.deepEqual(await memory.facts(alice, { asOf: 'ever' }), []);
    assert.deepEqual(await memory.facts(alice, { query: 'lives', asOf: 'ever' }), []);
    assert.deepEqual(await memory.blocks(alice), []);
    const { episodes, facts, blocks } = await memory.export(alice);
    assert.deepEqual([episodes, facts, blocks], [[], [], []]);
    assert.deepEqual(await memory.forget(alice), { episodes: 0, facts: 0, blocks: 0 });
  });

  test('forgets a session with the facts that were learned in it, and leaves the blocks', async (memory, clock) => {
    await fill(memory, () => clock.advance(1_000));
    assert.deepEqual(await memory.forget(alice, { sessionId: 's1' }), { episodes: 2, facts: 2, blocks: 0 });
    assert.deepEqual(idsOf(await memory.recall(alice, 'word')), ['word b']);
    assert.deepEqual(
      (await memory.facts(alice, { asOf: 'ever' })).map(({ object, validUntil }) => [object, validUntil]),
      [['Paris', undefined]],
    );
    assert.equal((await memory.blocks(alice)).length, 2);
    assert.equal((await memory.profile(alice)).sessions, 1);
  });

  test('forgets what is older than a time, in every tier', async (memory, clock) => {
    await fill(memory, () => clock.advance(1_000));
    assert.deepEqual(await memory.forget(alice, { before: clock.now() }), { episodes: 2, facts: 2, blocks: 1 });
    assert.deepEqual(idsOf(await memory.recall(alice, 'word')), ['word c']);
    assert.deepEqual(
      (await memory.facts(alice)).map(({ object }) => object),
      ['Rome'],
    );
    assert.deepEqual(
      (await memory.blocks(alice)).map(({ name }) => name),
      ['new'],
    );
  });

  test('forgets of a session what is older than a time', async (memory, clock) => {
    await fill(memory, () => clock.advance(1_000));
    const forgotten = await memory.forget(alice, { sessionId: 's1', before: clock.now() });
    assert.deepEqual(forgotten, { episodes: 1, facts: 1, blocks: 0 });
    assert.deepEqual(idsOf(await memory.recall(alice, 'word')).sort(), ['word b', 'word c']);
  });

  test('remembers anew after it forgot', async (memory) => {
    await memory.remember(alice, episode('word'));
    await memory.forget(alice);
    assert.equal((await memory.remember(alice, episode('word'))).replaced, false);
    assert.deepEqual(idsOf(await memory.recall(alice, 'word')), ['word']);
  });

  test('refuses to forget everything where a session was meant', async (memory) => {
    await memory.remember(alice, episode('word'));
    for (const scope of [{ sessionId: undefined }, { session: 's1' }, { before: undefined }, { before: '1' }, null]) {
      await assert.rejects(memory.forget(alice, scope as never), { code: 'INVALID_MEMORY_ARGUMENT' });
    }
    assert.equal((await memory.profile(alice)).episodes, 1);
  });

  test('exports everything as JSON, from which it can be told again', async (memory, clock) => {
    await fill(memory, () => clock.advance(0));
    const transcript = [{ tool: 't', input: { a: [1, null] }, output: 'x' }];
    await memory.remember(alice, episode('é😀\u0000"', { speaker: 'clerk', transcript, time: 5 }));
    await memory.learn(alice, lives('Bern', 2, { validUntil: 4 }));
    const exported = await memory.export(alice);
    assert.deepEqual(JSON.parse(JSON.stringify(exported)), exported);
    assert.deepEqual([exported.format, exported.version, exported.userId], ['drawloom.memory', 1, 'alice']);
    assert.deepEqual(
      exported.episodes.map(({ id }) => id),
      ['é😀\u0000"', 'word a', 'word b', 'word c'],
    );
    const seen = async () => [
      await memory.recall(alice, 'word'),
      await memory.history(alice, 's1'),
      await memory.facts(alice, { asOf: 'ever' }),
      await memory.profile(alice),
    ];
    const before = await seen();
    await memory.forget(alice);
    for (const each of exported.episodes) await memory.remember(alice, each);
    for (const { learnedAt: _, ...fact } of exported.facts) await memory.learn(alice, fact);
    for (const { name, text } of exported.blocks) await memory.setBlock(alice, name, text);
    assert.deepEqual(await memory.export(alice), exported);
    assert.deepEqual(await seen(), before);
  });

  test('exports superseded facts and corrected ones, as they were learned', async (memory) => {
    const stated = [lives('Paris', 5), lives('Berlin', 1), lives('Rome', 5)];
    for (const fact of stated) await memory.learn(alice, fact);
    const { facts } = await memory.export(alice);
    assert.deepEqual(
      facts.map(({ learnedAt: _, ...fact }) => fact),
      stated,
    );
  });
}
