import assert from 'node:assert/strict';
import type { Memory, MemoryOwner } from '@drawloom/core';
import { alice, episode, idsOf } from './episode-cases.js';
import { lives } from './fact-cases.js';
import type { MemoryCase } from './memory-contract.js';

/** Ids that something might take for one another, or for something else. The last is "no user". */
const OWNERS: readonly MemoryOwner[] = [
  ...['alice', 'Alice', 'ALICE', ' alice', 'alice ', 'alice\u0000', 'alice\u0000bob', 'alicé', 'alice\u0301'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'undefined', 'null', 'anonymous', ' '],
  ...['%', '_', '*', "'", '"', "' OR '1'='1", '../alice', 'alice/bob', 'alice:bob', '😀', '😁', '0', 'x'.repeat(5_000)],
  undefined,
].map((userId) => ({ userId }));

/** The same users in several tenants, and pairs that together read like others. The empty tenant is none. */
const TENANTS: readonly MemoryOwner[] = [undefined, 'acme', 'Acme', 'acme/alice', '__proto__', 'null'].flatMap(
  (tenant) => ['alice', 'acme/alice', 'null', undefined].map((userId) => ({ tenant, userId })),
);

/** Writes to every tier what nobody else may read. */
async function fill(memory: Memory, owner: MemoryOwner, mark: string): Promise<void> {
  await memory.remember(owner, episode(`shared ${mark}`, { id: 'same', sessionId: 'same' }));
  await memory.learn(owner, lives(mark, 1, { sessionId: 'same' }));
  await memory.setBlock(owner, 'same', mark);
}

/** Every text that a user can get to see. */
async function everythingOf(memory: Memory, owner: MemoryOwner): Promise<string[]> {
  const [words, newest, history, facts, found, blocks, profile, exported] = await Promise.all([
    memory.recall(owner, 'shared', { limit: 1_000 }),
    memory.recall(owner, '', { limit: 1_000 }),
    memory.history(owner, 'same', { limit: 1_000 }),
    memory.facts(owner, { asOf: 'ever', limit: 1_000 }),
    memory.facts(owner, { query: 'lives', limit: 1_000 }),
    memory.blocks(owner),
    memory.profile(owner),
    memory.export(owner),
  ]);
  return [
    ...[...words, ...newest].map(({ episode: { input } }) => input),
    ...history.filter(({ role }) => role === 'user').map(({ text }) => text),
    ...[...facts, ...found, ...profile.sampleFacts, ...exported.facts].map(({ object }) => `shared ${object}`),
    ...[...blocks, ...exported.blocks].map(({ text }) => `shared ${text}`),
    ...exported.episodes.map(({ input }) => input),
  ];
}

const SHOWN = 10;

export function partitionCases(test: MemoryCase): void {
  test('A. keeps users apart, however their ids look, and those without one', async (memory) => {
    for (const [index, owner] of OWNERS.entries()) await fill(memory, owner, `${index}`);
    for (const [index, owner] of OWNERS.entries()) {
      assert.deepEqual(await everythingOf(memory, owner), Array(SHOWN).fill(`shared ${index}`));
      assert.equal((await memory.profile(owner)).userId, owner.userId);
      assert.equal((await memory.export(owner)).userId, owner.userId ?? null);
    }
  });

  test('A. keeps the users of one tenant from those of another, whose ids may be the same', async (memory) => {
    for (const [index, owner] of TENANTS.entries()) await fill(memory, owner, `${index}`);
    for (const [index, owner] of TENANTS.entries()) {
      assert.deepEqual(await everythingOf(memory, owner), Array(SHOWN).fill(`shared ${index}`));
      assert.equal((await memory.profile(owner)).userId, owner.userId);
    }
    assert.deepEqual(await everythingOf(memory, { tenant: '', userId: 'alice' }), Array(SHOWN).fill('shared 0'));
    await memory.forget(TENANTS[4]!);
    for (const [index, owner] of TENANTS.entries()) {
      assert.equal((await everythingOf(memory, owner)).length, index === 4 ? 0 : SHOWN);
    }
  });

  test('A. forgets one user and no other, however their ids look', async (memory) => {
    for (const [index, owner] of OWNERS.entries()) await fill(memory, owner, `${index}`);
    for (const [index, owner] of OWNERS.entries()) {
      await memory.removeBlock(owner, 'nothing');
      assert.deepEqual(await memory.forget(owner), { episodes: 1, facts: 1, blocks: 1 });
      const left = await Promise.all(OWNERS.map(async (other) => (await everythingOf(memory, other)).length));
      assert.deepEqual(
        left,
        OWNERS.map((_, other) => (other <= index ? 0 : SHOWN)),
      );
    }
  });

  test('A. shows a named user nothing of those without a name, nor the other way round', async (memory) => {
    const nobody = { userId: undefined };
    await fill(memory, nobody, 'nobody');
    assert.deepEqual(await everythingOf(memory, alice), []);
    await fill(memory, alice, 'alice');
    await memory.forget(nobody);
    assert.deepEqual(await everythingOf(memory, nobody), []);
    assert.equal((await everythingOf(memory, alice)).length, SHOWN);
  });

  test('A. ranks the same whatever other users have', async (memory) => {
    const texts = ['red apple', 'red red pear', 'green apple tree', 'blue sky'];
    for (const text of texts) await memory.remember(alice, episode(text));
    const before = await memory.recall(alice, 'red apple');
    for (let index = 0; index < 50; index++) {
      await memory.remember({ userId: 'bob' }, episode(`red ${index}`));
      await memory.remember({ userId: undefined }, episode(`apple ${index}`));
    }
    assert.deepEqual(await memory.recall(alice, 'red apple'), before);
    assert.equal(before.length, 3);
  });

  test('A. serves two hundred users at once without a single cross read', async (memory) => {
    const users = Array.from({ length: 200 }, (_, index) => ({ userId: index === 0 ? undefined : `user-${index}` }));
    await Promise.all(
      users.map(async (owner, index) => {
        for (let turn = 0; turn < 3; turn++) {
          const mark = `${index}`;
          await Promise.all([
            memory.remember(owner, episode(`shared ${mark}`, { id: `${turn}`, sessionId: 'same' })),
            memory.learn(owner, lives(mark, turn)),
            memory.setBlock(owner, 'same', mark),
          ]);
          const seen = await everythingOf(memory, owner);
          assert.deepEqual(new Set(seen), new Set([`shared ${mark}`]));
        }
      }),
    );
    for (const [index, owner] of users.entries()) {
      const { episodes } = await memory.export(owner);
      assert.deepEqual(
        episodes.map(({ input }) => input),
        Array(3).fill(`shared ${index}`),
      );
    }
  });

  test('keeps sessions, episodes and blocks apart, however their ids look', async (memory) => {
    const ids = OWNERS.flatMap(({ userId }) => (userId === undefined ? [] : [userId]));
    for (const id of ids) {
      await memory.remember(alice, episode(id, { sessionId: id }));
      await memory.setBlock(alice, id, id);
    }
    for (const id of ids) {
      assert.deepEqual(idsOf(await memory.recall(alice, '', { sessionId: id, limit: 100 })), [id]);
      assert.deepEqual((await memory.history(alice, id))[0]!.text, id);
    }
    assert.deepEqual(
      (await memory.blocks(alice)).map(({ name, text }) => [name, text]),
      ids.map((id) => [id, id]),
    );
    assert.equal((await memory.profile(alice)).sessions, ids.length);
  });
}
