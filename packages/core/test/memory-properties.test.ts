/** `InMemoryMemory` beside lists that are gone through from the beginning for every question. */
import { InMemoryMemory, type Episode, type MemoryOwner } from '@drawloom/core';
import fc from 'fast-check';

const OWNERS: readonly MemoryOwner[] = [{ userId: 'a' }, { userId: 'b' }, { userId: undefined }];
const SESSIONS = ['s1', 's2', '__proto__'];
const WORDS = ['red', 'green', 'blue', '猫', 'the'];
const LIMIT = 6;

type Operation =
  | { readonly type: 'remember'; readonly owner: number; readonly episode: Episode }
  | { readonly type: 'forget'; readonly owner: number; readonly sessionId: string; readonly before: number }
  | { readonly type: 'erase'; readonly owner: number };

const owner = fc.nat(OWNERS.length - 1);
const sessionId = fc.constantFrom(...SESSIONS);
const text = fc.array(fc.constantFrom(...WORDS), { maxLength: 5 }).map((words) => words.join(' '));
const episode: fc.Arbitrary<Episode> = fc.record({
  id: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8', '9'),
  sessionId,
  time: fc.nat(5),
  input: text,
  output: text,
});
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ type: fc.constant('remember' as const), owner, episode }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('forget' as const), owner, sessionId, before: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('erase' as const), owner }) },
);

/** What a user should have: in the order in which each id was first remembered. */
class NaiveUser {
  episodes: Episode[] = [];
  dropped = 0;

  remember(episode: Episode): { replaced: boolean; dropped: number } {
    const place = this.episodes.findIndex(({ id }) => id === episode.id);
    if (place === -1) this.episodes.push(episode);
    else this.episodes[place] = episode;
    const oldest = this.oldestFirst[0]!;
    const isOver = this.episodes.length > LIMIT;
    if (isOver) this.episodes = this.episodes.filter((each) => each !== oldest);
    this.dropped += isOver ? 1 : 0;
    return { replaced: place !== -1, dropped: isOver ? 1 : 0 };
  }

  /** Sorting keeps the order of equals. */
  get oldestFirst(): Episode[] {
    return [...this.episodes].sort((a, b) => a.time - b.time);
  }

  withWord(word: string): Episode[] {
    return this.episodes.filter(({ input, output }) => `${input} ${output}`.split(' ').includes(word));
  }
}

async function compare(memory: InMemoryMemory, users: readonly NaiveUser[]): Promise<void> {
  for (const [index, user] of users.entries()) {
    const owner = OWNERS[index]!;
    const newest = user.oldestFirst.reverse();
    expect((await memory.recall(owner, '', { limit: 100 })).map(({ episode }) => episode)).toEqual(newest);
    expect((await memory.export(owner)).episodes).toEqual(user.oldestFirst);
    for (const sessionId of SESSIONS) {
      const session = user.oldestFirst.filter((episode) => episode.sessionId === sessionId);
      const messages = session.flatMap(({ input, output }) => [input, output]);
      const history = await memory.history(owner, sessionId, { limit: 5 });
      expect(history.map(({ text }) => text)).toEqual(messages.slice(-5));
      const others = await memory.recall(owner, '', { limit: 2, excludeSessionId: sessionId });
      const expected = newest.filter((episode) => episode.sessionId !== sessionId).slice(0, 2);
      expect(others.map(({ episode }) => episode)).toEqual(expected);
    }
    for (const word of WORDS) {
      const found = (await memory.recall(owner, word, { limit: 100 })).map(({ episode }) => episode.id);
      expect(found.sort()).toEqual(
        user
          .withWord(word)
          .map(({ id }) => id)
          .sort(),
      );
    }
    const { episodes, sessions, lastSeen, dropped } = await memory.profile(owner);
    expect([episodes, sessions, lastSeen]).toEqual([
      user.episodes.length,
      new Set(user.episodes.map(({ sessionId }) => sessionId)).size,
      newest[0]?.time,
    ]);
    expect(dropped.episodes).toBe(user.dropped);
  }
}

describe('InMemoryMemory', () => {
  it('answers as plain lists do, after whatever was remembered, replaced, pushed out and forgotten', async () => {
    const operations = fc.array(operation, { maxLength: 40 });
    const check = fc.asyncProperty(operations, async (operations) => {
      const memory = new InMemoryMemory({
        episodesPerUser: LIMIT,
        withoutUser: 'allow',
        onNotice: () => undefined,
      });
      const users = OWNERS.map(() => new NaiveUser());
      for (const operation of operations) {
        const [owner, user] = [OWNERS[operation.owner]!, users[operation.owner]!];
        if (operation.type === 'remember') {
          const { replaced, dropped } = await memory.remember(owner, operation.episode);
          expect({ replaced, dropped: dropped.episodes }).toEqual(user.remember(operation.episode));
        } else if (operation.type === 'forget') {
          const { sessionId, before } = operation;
          const left = user.episodes.filter((episode) => episode.sessionId !== sessionId || episode.time >= before);
          const forgotten = await memory.forget(owner, { sessionId, before });
          expect(forgotten.episodes).toBe(user.episodes.length - left.length);
          user.episodes = left;
        } else {
          expect((await memory.forget(owner)).episodes).toBe(user.episodes.length);
          users[operation.owner] = new NaiveUser();
        }
      }
      await compare(memory, users);
    });
    await fc.assert(check, { numRuns: 150 });
  });
});
