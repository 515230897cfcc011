import assert from 'node:assert/strict';
import { alice, episode } from './episode-cases.js';
import { lives } from './fact-cases.js';
import type { MemoryCase } from './memory-contract.js';

export function blockAndProfileCases(test: MemoryCase): void {
  test('keeps named texts in the order in which they were first written', async (memory, clock) => {
    const start = clock.now();
    await memory.setBlock(alice, 'plan', 'first');
    await memory.setBlock(alice, '__proto__', '');
    await clock.advance(7);
    assert.equal((await memory.setBlock(alice, 'plan', 'second')).replaced, true);
    assert.deepEqual(await memory.blocks(alice), [
      { name: 'plan', text: 'second', updatedAt: start + 7 },
      { name: '__proto__', text: '', updatedAt: start },
    ]);
  });

  test('removes a named text, and says whether there was one', async (memory) => {
    await memory.setBlock(alice, 'plan', 'x');
    assert.deepEqual([await memory.removeBlock(alice, 'plan'), await memory.removeBlock(alice, 'plan')], [true, false]);
    assert.deepEqual(await memory.blocks(alice), []);
  });

  test('counts what it knows of a user', async (memory, clock) => {
    const start = clock.now();
    const times = { s1: start - 30, s2: start - 10, s3: start - 20 };
    for (const [sessionId, time] of Object.entries(times)) {
      for (const id of ['a', 'b']) await memory.remember(alice, episode(`${sessionId} ${id}`, { sessionId, time }));
    }
    await memory.learn(alice, lives('Berlin', 1));
    await memory.learn(alice, lives('Paris', 2));
    await memory.setBlock(alice, 'plan', 'x');
    assert.deepEqual(await memory.profile(alice), {
      userId: 'alice',
      episodes: 6,
      sessions: 3,
      facts: 1,
      blocks: 1,
      recentSessions: [
        { sessionId: 's2', episodes: 2, lastSeen: start - 10 },
        { sessionId: 's3', episodes: 2, lastSeen: start - 20 },
        { sessionId: 's1', episodes: 2, lastSeen: start - 30 },
      ],
      lastSeen: start - 10,
      sampleFacts: [{ subject: 'user', predicate: 'lives in', object: 'Paris', validFrom: 2, learnedAt: start }],
      dropped: { episodes: 0, facts: 0, blocks: 0 },
    });
  });

  test('knows nothing of a user that it never heard of', async (memory) => {
    const nothing = { episodes: 0, facts: 0, blocks: 0 };
    const empty = { sessions: 0, recentSessions: [], lastSeen: undefined, sampleFacts: [], dropped: nothing };
    assert.deepEqual(await memory.profile({ userId: 'nobody' }), { userId: 'nobody', ...nothing, ...empty });
  });

  test('names ten sessions and five facts at most', async (memory) => {
    for (let index = 0; index < 12; index++) {
      await memory.remember(alice, episode(`${index}`, { sessionId: `s${index}`, time: index }));
      await memory.learn(alice, { subject: `${index}`, predicate: 'is', object: 'x', validFrom: index });
    }
    const { recentSessions, sampleFacts } = await memory.profile(alice);
    assert.deepEqual([recentSessions.length, recentSessions[0]!.sessionId], [10, 's11']);
    assert.deepEqual([sampleFacts.length, sampleFacts[0]!.subject], [5, '11']);
  });
}
