import {
  DefinitionError,
  InMemoryMemory,
  type Embedder,
  type InMemoryMemoryOptions,
  type MemoryNotice,
  type MemoryOwner,
  type NewEpisode,
} from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { settled, thrownBy } from './collect-events.js';

const alice = { userId: 'alice' };
const bob = { userId: 'bob' };
const nobody = { userId: undefined };

const about = (input: string, more: Partial<NewEpisode> = {}): NewEpisode => ({
  id: input,
  sessionId: 's1',
  input,
  output: '',
  ...more,
});

function noticed(options: InMemoryMemoryOptions = {}): { memory: InMemoryMemory; notices: MemoryNotice[] } {
  const notices: MemoryNotice[] = [];
  return { memory: new InMemoryMemory({ ...options, onNotice: (notice) => void notices.push(notice) }), notices };
}

const idsIn = async (memory: InMemoryMemory, query: string, owner: MemoryOwner = alice): Promise<string[]> =>
  (await memory.recall(owner, query)).map(({ episode }) => episode.id);

describe('The options of InMemoryMemory', () => {
  it('are checked, all at once, with the name that was probably meant', async () => {
    const error = await thrownBy(
      () => new InMemoryMemory({ bytes: 0, factsPerUser: 1.5, withoutUser: 'sometimes' as never }),
    );
    expect(error).toBeInstanceOf(DefinitionError);
    expect(await thrownBy(() => new InMemoryMemory({ episodePerUser: 5 } as never))).toMatchObject({
      code: 'INVALID_OPTION',
      where: 'InMemoryMemory',
      fix: 'change it to "episodesPerUser"',
    });
    const limits = await thrownBy(() => new InMemoryMemory({ bytes: 0, factsPerUser: '3' as never }));
    expect((limits as DefinitionError).problems.map(({ what }) => what)).toEqual([
      expect.stringContaining('factsPerUser is "3"'),
      expect.stringContaining('bytes is 0'),
    ]);
  });

  it('may be undefined, which means the default', async () => {
    const memory = new InMemoryMemory({ bytes: undefined, clock: undefined } as never);
    await memory.remember(alice, about('a'));
    expect(await idsIn(memory, 'a')).toEqual(['a']);
  });
});

describe('Without a user', () => {
  it('B225 a recall where there are named users is told once; it gives those of no user', async () => {
    const { memory, notices } = noticed();
    await memory.remember(nobody, about('a'));
    await memory.recall(nobody, 'a');
    expect(notices).toEqual([]);
    await memory.remember(alice, about('b'));
    expect([await idsIn(memory, '', nobody), await idsIn(memory, 'b', nobody)]).toEqual([['a'], []]);
    expect(notices).toEqual([{ type: 'user.missing' }]);
  });

  it('nothing is told where that is allowed', async () => {
    const { memory, notices } = noticed({ withoutUser: 'allow' });
    await memory.remember(alice, about('b'));
    await memory.recall(nobody, 'b');
    expect(notices).toEqual([]);
  });

  it('B225 every method refuses where the memory insists, with or without named users', async () => {
    const memory = new InMemoryMemory({ withoutUser: 'refuse' });
    const calls = [
      () => memory.remember(nobody, about('a')),
      () => memory.recall(nobody, 'a'),
      () => memory.history(nobody, 's1'),
      () => memory.learn(nobody, { subject: 'a', predicate: 'b', object: 'c' }),
      () => memory.facts(nobody),
      () => memory.setBlock(nobody, 'a', 'b'),
      () => memory.removeBlock(nobody, 'a'),
      () => memory.blocks(nobody),
      () => memory.profile(nobody),
      () => memory.forget(nobody),
      () => memory.export(nobody),
    ];
    for (const call of calls) {
      expect(await thrownBy(call)).toMatchObject({ code: 'MEMORY_NEEDS_USER', name: 'RunError' });
    }
    await memory.remember(alice, about('a'));
    expect(await idsIn(memory, 'a')).toEqual(['a']);
  });
});

describe('Notices', () => {
  it('tell of everything that a limit pushed out', async () => {
    const { memory, notices } = noticed({ episodesPerUser: 1, factsPerUser: 1 });
    for (const id of ['a', 'b', 'c']) await memory.remember(alice, about(id));
    for (const object of ['x', 'y']) await memory.learn(nobody, { subject: 's', predicate: 'p', object, validFrom: 1 });
    const dropped = (userId: string | undefined, episodes: number, facts: number): MemoryNotice => {
      return { type: 'entries.dropped', userId, dropped: { episodes, facts, blocks: 0 } };
    };
    expect(notices).toEqual([dropped('alice', 1, 0), dropped('alice', 1, 0), dropped(undefined, 0, 1)]);
  });

  it('change no outcome, whatever their listener throws', async () => {
    const onNotice = (): never => {
      throw new Error('the listener failed');
    };
    const memory = new InMemoryMemory({ episodesPerUser: 1, onNotice });
    await memory.remember(alice, about('a'));
    expect((await memory.remember(alice, about('b'))).dropped.episodes).toBe(1);
    expect(await idsIn(memory, '', nobody)).toEqual([]);
  });

  it('are warnings of the process where nobody listens: the first of each type, without a word of what is remembered', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation();
    const embedder = { embed: () => Promise.reject(new Error('no network')) };
    const memory = new InMemoryMemory({ episodesPerUser: 1, embedder });
    for (const id of ['secret-a', 'secret-b', 'secret-c']) await memory.remember(alice, about(id));
    await memory.recall(nobody, '');
    const warnings = warn.mock.calls;
    warn.mockRestore();
    expect(
      warnings.map(
        ([message]) =>
          String(message)
            .replace(/^InMemoryMemory: /, '')
            .split(/[,;(]/)[0],
      ),
    ).toEqual([
      'the embedder failed',
      'a limit pushed out 1 episodes and 0 facts of a user ',
      'recall was called without a user id',
    ]);
    expect(warnings.every(([, options]) => (options as { type?: string }).type === 'DrawloomWarning')).toBe(true);
    expect(JSON.stringify(warnings)).not.toMatch(/secret|alice/);
  });
});

describe('The bytes of all users', () => {
  const long = 'x'.repeat(10_000);

  it('are a limit that refuses who comes too late, and costs nobody else anything', async () => {
    const memory = new InMemoryMemory({ bytes: 60_000, bytesPerUser: 60_000, withoutUser: 'allow' });
    await memory.remember(alice, about(long, { id: '1' }));
    await memory.remember(nobody, about(long, { id: '1' }));
    const error = await thrownBy(() => memory.remember(bob, about(long, { id: '1' })));
    expect(error).toMatchObject({ code: 'MEMORY_FULL', where: 'InMemoryMemory' });
    expect(error.message).toMatch(/bytes of 60000 would be exceeded: 7\d{4} are needed/);
    expect(await idsIn(memory, '')).toEqual(['1']);
    expect(await memory.profile(bob)).toMatchObject({ episodes: 0, dropped: { episodes: 0 } });
    await memory.remember(alice, about(long, { id: '1', output: 'replaced' }));
    await memory.forget(nobody);
    await memory.remember(bob, about(long, { id: '1' }));
  });

  it('are given back to the last: by replacing, forgetting, dropping, removing, and by what is refused', async () => {
    const embedder = { embed: async (texts: readonly string[]) => texts.map(() => [1, 2, 3]) };
    const options = { bytes: 80_000, bytesPerUser: 70_000, episodesPerUser: 2, factsPerUser: 2, blocksPerUser: 1 };
    const { memory } = noticed({ ...options, embedder });
    for (let round = 0; round < 200; round++) {
      for (const id of ['a', 'b', 'c', 'c']) await memory.remember(alice, about(`${id} ${long}`, { id }));
      for (const object of ['x', 'y', 'z']) await memory.learn(alice, { subject: 's', predicate: 'p', object });
      await memory.setBlock(alice, 'plan', 'x');
      await memory.setBlock(alice, 'plan', long.slice(0, round));
      await thrownBy(() => memory.setBlock(alice, 'other', 'x'));
      await thrownBy(() => memory.setBlock(bob, 'huge', 'x'.repeat(40_000)));
      if (round % 3 === 0) await memory.removeBlock(alice, 'plan');
      if (round % 5 === 0) await memory.forget(alice, { sessionId: 's1' });
      if (round % 2 === 0) await memory.forget(alice);
      else await memory.forget(alice, { before: Number.MAX_VALUE });
    }
    await memory.forget(alice);
    // All of it is there again: this fits only into a memory that is empty.
    await memory.setBlock(bob, 'plan', 'x'.repeat(32_000));
  });
});

describe('With an embedder', () => {
  /** Directions by what a text is about: pets, money, both, neither. */
  const embedder: Embedder = {
    embed: async (texts) =>
      texts.map((text) => [/dog|cat|puppy|pet/i.test(text) ? 3 : 0, /invoice|bill|money/i.test(text) ? 5 : 0, 0.01]),
  };

  it('finds by meaning what shares no word, and says what each score is made of', async () => {
    const memory = new InMemoryMemory({ embedder });
    for (const text of ['the dog barks', 'an invoice came', 'a puppy is a pet', 'the weather']) {
      await memory.remember(alice, about(text));
    }
    const found = await memory.recall(alice, 'my cat and the dog', { limit: 10 });
    expect(found[0]!.episode.id).toBe('the dog barks');
    expect(found[0]!.score).toBeCloseTo(1 / 61 + 1 / 62, 10);
    expect(found[0]!.parts.lexical).toBeGreaterThan(0);
    expect(found[0]!.parts.semantic).toBeCloseTo(1, 5);
    const puppy = found.find(({ episode }) => episode.id === 'a puppy is a pet')!;
    expect(puppy.parts).toEqual({ lexical: undefined, semantic: expect.closeTo(1, 5) });
  });

  it('ranks by meaning alone where no word is shared, and keeps to sessions and limits', async () => {
    const memory = new InMemoryMemory({ embedder });
    await memory.remember(alice, about('dog', { sessionId: 's1', time: 1 }));
    await memory.remember(alice, about('puppy', { sessionId: 's2', time: 2 }));
    await memory.remember(alice, about('bill', { sessionId: 's2', time: 3 }));
    await memory.remember(bob, about('kitten pet'));
    const ids = async (options: object) =>
      (await memory.recall(alice, 'cat', options)).map(({ episode }) => episode.id);
    expect(await ids({ limit: 2 })).toEqual(['puppy', 'dog']);
    expect(await ids({ sessionId: 's1' })).toEqual(['dog']);
    expect((await ids({ excludeSessionId: 's1' }))[0]).toBe('puppy');
    expect((await memory.recall(alice, 'cat'))[0]!.parts).toEqual({ semantic: expect.closeTo(1, 3) });
  });

  it('goes on by words when the embedder fails, while remembering or recalling, and tells of it', async () => {
    let fails = true;
    const failing: Embedder = {
      embed: (texts, options) =>
        fails ? Promise.reject(new Error('no network')) : Promise.resolve(embedder.embed(texts, options)),
    };
    const { memory, notices } = noticed({ embedder: failing });
    await memory.remember(alice, about('dog'));
    expect(await idsIn(memory, 'dog')).toEqual(['dog']);
    expect(notices.map(({ type }) => type)).toEqual(['embedding.failed', 'embedding.failed']);
    fails = false;
    await memory.remember(alice, about('cat'));
    expect((await idsIn(memory, 'dog')).sort()).toEqual(['cat', 'dog']);
  });

  it.each([
    ['nothing', []],
    ['an empty vector', [[]]],
    ['only zeros', [[0, 0]]],
    ['what is no number', [[1, NaN]]],
    ['what is no list', [undefined]],
    ['infinity', [[Infinity, 1]]],
  ])('takes %s for a failure', async (_, vectors) => {
    const { memory, notices } = noticed({ embedder: { embed: async () => vectors as never } });
    await memory.remember(alice, about('dog'));
    expect(await idsIn(memory, 'dog')).toEqual(['dog']);
    expect(notices.map(({ type }) => type)).toEqual(['embedding.failed', 'embedding.failed']);
  });

  it('takes an embedder that throws before it returns a promise for one that failed', async () => {
    const embed = (): never => {
      throw 'not an Error';
    };
    const { memory, notices } = noticed({ embedder: { embed } });
    await memory.remember(alice, about('dog'));
    expect(notices).toEqual([{ type: 'embedding.failed', error: 'not an Error' }]);
  });

  it('compares no vectors of different lengths: those of another model', async () => {
    const { memory } = noticed({ embedder: { embed: async ([text]) => [text === 'old' ? [1] : [1, 1]] } });
    await memory.remember(alice, about('old'));
    await memory.remember(alice, about('new'));
    expect(await idsIn(memory, 'anything')).toEqual(['new']);
  });

  it('finds an episode by its words while its vector is still on the way', async () => {
    const vector = deferred<number[][]>();
    const memory = new InMemoryMemory({
      embedder: { embed: ([text]) => (text === 'dog' ? vector.promise : Promise.resolve([[1]])) },
    });
    const remembering = memory.remember(alice, about('dog'));
    expect(await idsIn(memory, 'my dog')).toEqual(['dog']);
    vector.resolve([[1]]);
    expect(await remembering).toMatchObject({ replaced: false });
    expect(await idsIn(memory, 'other')).toEqual(['dog']);
  });

  it('gives no vector to what was forgotten or replaced in the meantime', async () => {
    const vectors: ReturnType<typeof deferred<number[][]>>[] = [];
    const slow: Embedder = {
      embed: () => {
        const vector = deferred<number[][]>();
        vectors.push(vector);
        return vector.promise;
      },
    };
    const memory = new InMemoryMemory({ embedder: slow });
    const first = memory.remember(alice, about('one', { id: 'x' }));
    const second = memory.remember(alice, about('two', { id: 'x' }));
    const third = memory.remember(bob, about('three'));
    await memory.forget(bob);
    for (const [index, vector] of vectors.entries()) vector.resolve([[index === 0 ? 1 : -1]]);
    await Promise.all([first, second, third]);
    const searching = memory.recall(alice, 'unheard');
    vectors.at(-1)!.resolve([[1]]);
    expect(await searching).toEqual([]); // The vector of "one" would have been found.
    expect((await memory.export(bob)).episodes).toEqual([]);
  });

  it('gives up waiting when the signal is aborted, with its reason', async () => {
    let signalSeen: AbortSignal | undefined;
    const hanging: Embedder = {
      embed: (_, options) => {
        signalSeen = options?.signal;
        return new Promise(() => undefined);
      },
    };
    const { memory, notices } = noticed({ embedder: hanging });
    void memory.remember(alice, about('dog'));
    const controller = new AbortController();
    const searching = memory.recall(alice, 'dog', { signal: controller.signal });
    await settled();
    controller.abort('the run was cancelled');
    await expect(searching).rejects.toBe('the run was cancelled');
    expect(signalSeen).toBe(controller.signal);
    await expect(memory.recall(alice, 'dog', { signal: AbortSignal.abort('at once') })).rejects.toBe('at once');
    expect(notices).toEqual([]);
  });

  it('is not asked for a user without memories, nor with an empty query', async () => {
    let asked = 0;
    const memory = new InMemoryMemory({ embedder: { embed: async () => (asked++, [[1]]) } });
    await memory.recall(alice, 'dog');
    await memory.remember(alice, about('dog'));
    await memory.recall(alice, ' ');
    expect(asked).toBe(1);
  });

  it('counts vectors among the bytes', async () => {
    const vector = Array.from({ length: 5_000 }, () => 1);
    const { memory } = noticed({ embedder: { embed: async () => [vector] }, bytesPerUser: 50_000 });
    const dropped = [];
    for (const id of ['a', 'b', 'c']) dropped.push((await memory.remember(alice, about(id))).dropped.episodes);
    expect(dropped).toEqual([0, 0, 1]);
    expect((await memory.profile(alice)).dropped.episodes).toBe(1);
  });
});

describe('InMemoryMemory', () => {
  it('has its time from its clock alone', async () => {
    const clock = new VirtualClock({ startAt: 1_000 });
    const memory = new InMemoryMemory({ clock });
    await memory.learn(alice, { subject: 's', predicate: 'p', object: 'o' });
    await clock.advance(500);
    await memory.remember(alice, about('a'));
    await memory.setBlock(alice, 'b', 'x');
    expect(await memory.export(alice)).toMatchObject({
      exportedAt: 1_500,
      episodes: [{ time: 1_500 }],
      facts: [{ validFrom: 1_000, learnedAt: 1_000 }],
      blocks: [{ updatedAt: 1_500 }],
    });
  });

  it('shares no memory with another one', async () => {
    const [one, other] = [new InMemoryMemory(), new InMemoryMemory()];
    await one.remember(alice, about('a'));
    expect(await idsIn(other, 'a')).toEqual([]);
  });

  it('gives out nothing through which its memory could be changed', async () => {
    const memory = new InMemoryMemory();
    await memory.remember(alice, about('a', { transcript: [{ tool: 't', input: { x: 1 }, output: [] }] }));
    await memory.learn(alice, { subject: 's', predicate: 'p', object: 'o', validFrom: 1 });
    const before = JSON.stringify(await memory.export(alice));
    const exported = (await memory.export(alice)) as unknown as Record<string, Record<string, unknown>[]>;
    for (const list of ['episodes', 'facts', 'blocks']) {
      for (const entry of exported[list]!) {
        for (const key of Object.keys(entry)) Reflect.set(entry, key, 'changed');
      }
      exported[list]!.length = 0;
    }
    ((await memory.recall(alice, '')) as unknown[]).length = 0;
    expect(JSON.stringify(await memory.export(alice)).replace(/"exportedAt":\d+/, '')).toBe(
      before.replace(/"exportedAt":\d+/, ''),
    );
  });
});
