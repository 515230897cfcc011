import assert from 'node:assert/strict';
import type { Memory, NewEpisode, RecalledEpisode } from '@drawloom/core';
import type { MemoryCase } from './memory-contract.js';

export const alice = { userId: 'alice' };

/** An episode about a text: its id is the text, unless it is told. */
export function episode(input: string, more: Partial<NewEpisode> = {}): NewEpisode {
  return { id: input, sessionId: 's1', input, output: '', ...more };
}

export function idsOf(found: readonly RecalledEpisode[]): string[] {
  return found.map(({ episode: { id } }) => id);
}

async function rememberAll(memory: Memory, episodes: readonly NewEpisode[]): Promise<void> {
  for (const each of episodes) await memory.remember(alice, each);
}

export function episodeCases(test: MemoryCase): void {
  test('gives an episode back as it was remembered', async (memory) => {
    const whole: Required<NewEpisode> = {
      id: 'run-1/answer',
      sessionId: 's1',
      time: 1_000,
      input: 'Where is my parcel?',
      output: 'In Graz.',
      speaker: 'clerk',
      transcript: [{ tool: 'track', input: { parcel: 7, tags: ['x', null] }, output: 'Graz', isError: false }],
    };
    assert.deepEqual(await memory.remember(alice, whole), {
      replaced: false,
      dropped: { episodes: 0, facts: 0, blocks: 0 },
    });
    const [found] = await memory.recall(alice, 'parcel');
    assert.deepEqual(found!.episode, whole);
    assert.ok(found!.score > 0);
  });

  test('takes the time from its clock where none is given', async (memory, clock) => {
    await memory.remember(alice, episode('a'));
    assert.equal((await memory.recall(alice, ''))[0]!.episode.time, clock.now());
  });

  test('keeps what it was given, whatever the caller does to it later', async (memory) => {
    const given = { ...episode('a'), transcript: [{ tool: 't', input: { deep: [1] }, output: 'x' }] };
    await memory.remember(alice, given);
    given.transcript[0]!.input.deep.push(2);
    given.input = 'changed';
    const [found] = await memory.recall(alice, '');
    assert.equal(found!.episode.input, 'a');
    assert.deepEqual(found!.episode.transcript![0]!.input, { deep: [1] });
  });

  test('B. replaces what has the same id, also in another session, and finds nothing of the old', async (memory) => {
    await memory.remember(alice, episode('parcel', { id: 'x', time: 1 }));
    const { replaced } = await memory.remember(alice, episode('invoice', { id: 'x', sessionId: 's2', time: 1 }));
    assert.equal(replaced, true);
    assert.deepEqual(await memory.recall(alice, 'parcel'), []);
    assert.deepEqual(idsOf(await memory.recall(alice, 'invoice')), ['x']);
    assert.deepEqual(await memory.history(alice, 's1'), []);
    assert.equal((await memory.profile(alice)).episodes, 1);
  });

  test('finds by words: rare ones count for more, and what has none is not found', async (memory) => {
    await rememberAll(memory, [
      episode('the parcel is late'),
      episode('the invoice is wrong'),
      episode('the weather is fine'),
    ]);
    assert.deepEqual(idsOf(await memory.recall(alice, 'is the INVOICE here?'))[0], 'the invoice is wrong');
    assert.deepEqual(await memory.recall(alice, 'unheard'), []);
  });

  test('searches the output as well as the input', async (memory) => {
    await memory.remember(alice, episode('where?', { output: 'in Graz' }));
    assert.deepEqual(idsOf(await memory.recall(alice, 'graz')), ['where?']);
  });

  test('gives the newest first with an empty query, and of those that fit alike', async (memory) => {
    await rememberAll(memory, [
      episode('a word', { time: 5 }),
      episode('b word', { time: 9 }),
      episode('c word', { time: 1 }),
      episode('d word', { time: 9 }),
    ]);
    const newestFirst = ['d word', 'b word', 'a word', 'c word'];
    for (const query of ['', '  \n', 'word']) assert.deepEqual(idsOf(await memory.recall(alice, query)), newestFirst);
    assert.ok((await memory.recall(alice, '')).every(({ score }) => score === 0));
  });

  test('gives at most so many: five, or the limit', async (memory) => {
    await rememberAll(
      memory,
      Array.from({ length: 9 }, (_, index) => episode(`word ${index}`)),
    );
    for (const query of ['', 'word']) {
      assert.equal((await memory.recall(alice, query)).length, 5);
      for (const limit of [0, 1, 9, 1_000]) {
        assert.equal((await memory.recall(alice, query, { limit })).length, Math.min(limit, 9));
      }
    }
  });

  test('searches one session, or all but one, and the limit counts what is left', async (memory) => {
    await rememberAll(memory, [
      episode('old word', { sessionId: 's1', time: 1 }),
      episode('word', { sessionId: 's2', time: 2 }),
      episode('new word', { sessionId: 's3', time: 3 }),
    ]);
    for (const query of ['', 'word']) {
      assert.deepEqual(idsOf(await memory.recall(alice, query, { sessionId: 's1' })), ['old word']);
      const others = await memory.recall(alice, query, { excludeSessionId: 's2', limit: 2 });
      assert.deepEqual(idsOf(others).sort(), ['new word', 'old word']);
      assert.deepEqual(await memory.recall(alice, query, { sessionId: 's1', excludeSessionId: 's1' }), []);
      const belows = ['s2/a', 's2/a/b', 's21'];
      for (const sessionId of belows)
        await memory.remember(alice, { id: sessionId, sessionId, input: query, output: 'x' });
      const rest = await memory.recall(alice, query, { excludeSessionId: 's2', limit: 20 });
      const sessions = rest.map(({ episode }) => episode.sessionId).filter((id) => belows.includes(id));
      assert.deepEqual(sessions, ['s21']); // what is below the session is excluded with it
      assert.deepEqual(await memory.recall(alice, query, { sessionId: 'nowhere' }), []);
    }
  });

  test('gives the last messages of a session, oldest first, with who spoke', async (memory) => {
    await rememberAll(memory, [
      episode('second', { output: 'two', time: 2, speaker: 'writer' }),
      episode('elsewhere', { sessionId: 's2', time: 3 }),
      episode('third', { output: '', time: 3 }),
      episode('first', { output: 'one', time: 1 }),
    ]);
    const messages = await memory.history(alice, 's1');
    assert.deepEqual(messages, [
      { role: 'user', text: 'first', time: 1, episodeId: 'first' },
      { role: 'assistant', text: 'one', time: 1, episodeId: 'first' },
      { role: 'user', text: 'second', time: 2, episodeId: 'second' },
      { role: 'assistant', text: 'two', speaker: 'writer', time: 2, episodeId: 'second' },
      { role: 'user', text: 'third', time: 3, episodeId: 'third' },
      { role: 'assistant', text: '', time: 3, episodeId: 'third' },
    ]);
    for (const limit of [0, 1, 2, 5, 6, 100]) {
      assert.deepEqual(await memory.history(alice, 's1', { limit }), limit === 0 ? [] : messages.slice(-limit));
    }
    assert.deepEqual(await memory.history(alice, 'nowhere'), []);
  });

  test('gives twenty messages of a longer session, those of one time as they were remembered', async (memory) => {
    await rememberAll(
      memory,
      Array.from({ length: 15 }, (_, index) => episode(`${index}`)),
    );
    const messages = await memory.history(alice, 's1');
    assert.deepEqual(
      messages.filter(({ role }) => role === 'user').map(({ text }) => text),
      ['5', '6', '7', '8', '9', '10', '11', '12', '13', '14'],
    );
  });

  test('takes empty texts and very long ones', async (memory) => {
    const long = `${'lorem ipsum '.repeat(40_000)}needle`;
    await rememberAll(memory, [episode('empty', { input: '' }), episode(long, { id: 'long' })]);
    assert.deepEqual(idsOf(await memory.recall(alice, 'needle')), ['long']);
    assert.equal((await memory.recall(alice, long))[0]!.episode.input, long);
    assert.deepEqual(idsOf(await memory.recall(alice, '')), ['long', 'empty']);
  });

  test('knows words in any script, without regard to case and form', async (memory) => {
    const pairs = [
      ['Die Straße nach Köln', 'STRASSE'],
      ['ΤΟ ΔΈΜΑ ΜΟΥ', 'δέμα'],
      ['посылка потерялась', 'ПОСЫЛКА'],
      ['私の荷物はどこですか', '荷物'],
      ['พัสดุของฉันอยู่ที่ไหน', 'พัสดุ'],
      ['कहाँ है मेरा पार्सल', 'पार्सल'],
      ['ｆｕｌｌｗｉｄｔｈ', 'fullwidth'],
      ['cafe\u0301 au lait', 'caf\u00e9'],
      ['𝒻𝓁𝑜𝓌𝑒𝓇 🌸', 'flower'],
    ] as const;
    await rememberAll(
      memory,
      pairs.map(([input]) => episode(input)),
    );
    for (const [input, query] of pairs) assert.deepEqual(idsOf(await memory.recall(alice, query)), [input]);
  });
}
