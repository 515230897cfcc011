import assert from 'node:assert/strict';
import { alice, episode, idsOf } from './episode-cases.js';
import { lives } from './fact-cases.js';
import type { MemoryCase } from './memory-contract.js';

const NOTHING = { episodes: 0, facts: 0, blocks: 0 };

export function limitCases(test: MemoryCase): void {
  test(
    'D. drops the oldest episode of a user at the limit, and counts it',
    async (memory) => {
      for (const time of [3, 1, 2]) {
        assert.deepEqual((await memory.remember(alice, episode(`word ${time}`, { time }))).dropped, NOTHING);
      }
      const { dropped } = await memory.remember(alice, episode('word 4', { time: 4 }));
      assert.deepEqual(dropped, { episodes: 1, facts: 0, blocks: 0 });
      assert.deepEqual(idsOf(await memory.recall(alice, 'word')), ['word 4', 'word 3', 'word 2']);
      const profile = await memory.profile(alice);
      assert.deepEqual([profile.episodes, profile.dropped], [3, dropped]);
    },
    { episodesPerUser: 3 },
  );

  test(
    'D. drops nothing where an episode is replaced, nor of another user',
    async (memory) => {
      await memory.remember({ userId: undefined }, episode('a'));
      for (const id of ['a', 'b', 'b', 'a']) {
        assert.deepEqual((await memory.remember(alice, episode(id))).dropped, NOTHING);
      }
      assert.equal((await memory.profile({ userId: undefined })).episodes, 1);
    },
    { episodesPerUser: 2 },
  );

  test(
    'D. drops the past of facts before what holds, and counts it',
    async (memory) => {
      await memory.learn(alice, { subject: 'user', predicate: 'name', object: 'Alice', validFrom: 0 });
      for (const [place, time] of [
        ['Rome', 9],
        ['Berlin', 1],
        ['Paris', 5],
      ] as const) {
        await memory.learn(alice, lives(place, time));
      }
      const { dropped } = await memory.learn(alice, {
        subject: 'user',
        predicate: 'likes',
        object: 'tea',
        validFrom: 3,
      });
      assert.deepEqual(dropped, { episodes: 0, facts: 1, blocks: 0 });
      const left = await memory.facts(alice, { asOf: 'ever' });
      assert.deepEqual(
        left.map(({ object, validFrom, validUntil }) => [object, validFrom, validUntil]),
        [
          ['Rome', 9, undefined],
          ['Paris', 5, 9],
          ['tea', 3, undefined],
          ['Alice', 0, undefined],
        ],
      );
      assert.deepEqual(await memory.facts(alice, { query: 'Berlin', asOf: 'ever' }), []);
      assert.deepEqual((await memory.profile(alice)).dropped, dropped);
    },
    { factsPerUser: 4 },
  );

  test(
    'D. drops what was learned first where there is no past',
    async (memory) => {
      for (const subject of ['b', 'a', 'c']) {
        await memory.learn(alice, { subject, predicate: 'is', object: 'x', validFrom: 1 });
      }
      assert.deepEqual((await memory.facts(alice)).map(({ subject }) => subject).sort(), ['a', 'c']);
    },
    { factsPerUser: 2 },
  );

  test(
    'refuses a block over the limit, and changes nothing',
    async (memory) => {
      await memory.setBlock(alice, 'a', '1');
      await memory.setBlock(alice, 'b', '1');
      await assert.rejects(memory.setBlock(alice, 'c', '1'), { code: 'MEMORY_FULL' });
      await memory.setBlock(alice, 'b', '2');
      assert.deepEqual(
        (await memory.blocks(alice)).map(({ name, text }) => `${name}${text}`),
        ['a1', 'b2'],
      );
      await memory.removeBlock(alice, 'a');
      await memory.setBlock(alice, 'c', '1');
    },
    { blocksPerUser: 2 },
  );

  test(
    'D. drops the oldest episodes where the bytes do not suffice, then facts, never blocks',
    async (memory) => {
      const long = 'x'.repeat(20_000);
      await memory.setBlock(alice, 'plan', 'keep this');
      await memory.learn(alice, lives('Berlin', 1));
      let episodes = 0;
      for (let time = 0; time < 20; time++) {
        episodes += (await memory.remember(alice, episode(`${time} ${long}`, { id: `${time}`, time }))).dropped
          .episodes;
      }
      const profile = await memory.profile(alice);
      assert.ok(episodes > 0 && profile.episodes === 20 - episodes && profile.facts === 1);
      assert.deepEqual(profile.dropped, { episodes, facts: 0, blocks: 0 });
      assert.equal((await memory.recall(alice, '', { limit: 1 }))[0]!.episode.id, '19');
      // How texts are counted is the memory's business: this many characters take half of it, or nearly all.
      const { dropped } = await memory.setBlock(alice, 'long', 'x'.repeat(95_000));
      assert.ok(dropped.episodes > 0 && dropped.blocks === 0);
      const after = await memory.profile(alice);
      assert.ok(after.episodes === 0 || after.facts === 1);
      assert.deepEqual([after.episodes, after.blocks], [profile.episodes - dropped.episodes, 2]);
    },
    { bytesPerUser: 200_000 },
  );

  test(
    'refuses what could not be kept at all, and changes nothing',
    async (memory) => {
      await memory.remember(alice, episode('small'));
      await memory.learn(alice, lives('Berlin', 1));
      const before = await memory.export(alice);
      const huge = 'x'.repeat(100_000);
      const refused = { code: 'MEMORY_FULL', name: 'RunError' };
      await assert.rejects(memory.remember(alice, episode(huge, { id: 'small' })), refused);
      await assert.rejects(memory.learn(alice, lives(huge, 2)), refused);
      await assert.rejects(memory.setBlock(alice, 'a', huge), refused);
      await assert.rejects(memory.remember({ userId: 'bob' }, episode(huge)), refused);
      assert.deepEqual(await memory.export(alice), before);
      assert.equal((await memory.profile({ userId: 'bob' })).episodes, 0);
    },
    { bytesPerUser: 50_000 },
  );
}
