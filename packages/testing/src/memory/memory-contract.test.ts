/** The suite itself: each of these memories has one fault, and at least one of its tests must say so. */
import {
  InMemoryMemory,
  type Episode,
  type Fact,
  type FactQuery,
  type ForgetScope,
  type HistoryMessage,
  type Memory,
  type MemoryBlock,
  type MemoryExport,
  type MemoryOwner,
  type NewEpisode,
  type NewFact,
  type RecalledEpisode,
  type RecallOptions,
  type Stored,
  type TierCounts,
} from '@drawloom/core';
import { memoryContract, type MemorySetup } from './memory-contract.js';

/** The owner as somebody careless would have it. */
const mistaken = (owner: MemoryOwner, mistake: (userId: string) => string | undefined): MemoryOwner =>
  typeof owner?.userId === 'string' && owner.userId !== '' && owner.userId !== '\ud83d'
    ? { userId: mistake(owner.userId) }
    : owner;

/** A memory whose every method has the owner through `mistake`. */
function misfiling(mistake: (userId: string) => string | undefined, noUser?: string): typeof InMemoryMemory {
  const isNobody = (owner: MemoryOwner): boolean =>
    typeof owner === 'object' && owner !== null && 'userId' in owner && owner.userId === undefined;
  class Misfiling extends InMemoryMemory {}
  for (const name of ['remember', 'recall', 'history', 'learn', 'facts', 'setBlock', 'blocks', 'forget'] as const) {
    const original = InMemoryMemory.prototype[name] as (...values: unknown[]) => unknown;
    Object.defineProperty(Misfiling.prototype, name, {
      value(this: InMemoryMemory, owner: MemoryOwner, ...rest: unknown[]) {
        const meant = isNobody(owner) && noUser !== undefined ? { userId: noUser } : mistaken(owner, mistake);
        return original.call(this, meant, ...rest);
      },
    });
  }
  return Misfiling;
}

const FAULTS: Readonly<Record<string, typeof InMemoryMemory>> = {
  'folds the case of users': misfiling((id) => id.toLowerCase()),
  'trims users': misfiling((id) => id.trim() || ' '),
  'ends users at a zero character': misfiling((id) => id.split('\u0000')[0]!),
  'composes users': misfiling((id) => id.normalize('NFC')),
  'keeps those of no user under a name': misfiling((id) => id, 'anonymous'),
  'takes a user called undefined for no user': misfiling((id) => (id === 'undefined' ? undefined : id)),
  'cuts long ids': misfiling((id) => id.slice(0, 255)),
  'ranks by chance': class extends InMemoryMemory {
    override async recall(...call: [MemoryOwner, string, RecallOptions?]): Promise<readonly RecalledEpisode[]> {
      return [...(await super.recall(...call))].reverse();
    }
  },
  'ignores the session that is left out': class extends InMemoryMemory {
    override recall(
      owner: MemoryOwner,
      query: string,
      options: RecallOptions = {},
    ): Promise<readonly RecalledEpisode[]> {
      return super.recall(owner, query, { ...options, excludeSessionId: undefined });
    }
  },
  'leaves the session out after the limit': class extends InMemoryMemory {
    override async recall(
      owner: MemoryOwner,
      query: string,
      options: RecallOptions = {},
    ): Promise<readonly RecalledEpisode[]> {
      const found = await super.recall(owner, query, { ...options, excludeSessionId: undefined });
      return found.filter(({ episode }) => episode.sessionId !== options.excludeSessionId);
    }
  },
  'keeps what it is given by reference': class extends InMemoryMemory {
    readonly #given: NewEpisode[] = [];
    override remember(owner: MemoryOwner, episode: NewEpisode): Promise<Stored> {
      this.#given.push(episode);
      return super.remember(owner, episode);
    }
    override async recall(...call: [MemoryOwner, string, RecallOptions?]): Promise<readonly RecalledEpisode[]> {
      return (await super.recall(...call)).map((found) => {
        return {
          ...found,
          episode: (this.#given.find(({ id }) => id === found.episode.id) ?? found.episode) as Episode,
        };
      });
    }
  },
  'tells the history backwards': class extends InMemoryMemory {
    override async history(...call: [MemoryOwner, string]): Promise<readonly HistoryMessage[]> {
      return [...(await super.history(...call))].reverse();
    }
  },
  'forgets who spoke': class extends InMemoryMemory {
    override remember(owner: MemoryOwner, episode: NewEpisode): Promise<Stored> {
      return super.remember(owner, episode && { ...episode, speaker: undefined });
    }
  },
  'takes facts for valid from when they were learned': class extends InMemoryMemory {
    override learn(owner: MemoryOwner, fact: NewFact): Promise<Stored> {
      return super.learn(owner, { ...fact, validFrom: undefined, validUntil: undefined });
    }
  },
  'recalls superseded facts': class extends InMemoryMemory {
    override facts(owner: MemoryOwner, query: FactQuery = {}): Promise<readonly Fact[]> {
      return super.facts(owner, query && { asOf: 'ever', ...query });
    }
  },
  'knows no earlier knowledge': class extends InMemoryMemory {
    override facts(owner: MemoryOwner, query: FactQuery = {}): Promise<readonly Fact[]> {
      return super.facts(owner, query && { ...query, knownAt: undefined });
    }
  },
  'leaves blocks behind when it forgets': class extends InMemoryMemory {
    override async forget(owner: MemoryOwner, scope?: ForgetScope): Promise<TierCounts> {
      const blocks = await super.blocks(owner);
      const counts = await super.forget(owner, scope);
      for (const { name, text } of blocks) await super.setBlock(owner, name, text);
      return counts;
    }
  },
  'forgets everything for an undefined session': class extends InMemoryMemory {
    override forget(owner: MemoryOwner, scope: ForgetScope = {}): Promise<TierCounts> {
      const given = Object.entries(scope ?? { a: 1 }).filter(([, value]) => value !== undefined);
      return super.forget(owner, Object.fromEntries(given));
    }
  },
  'writes blocks anew at the end': class extends InMemoryMemory {
    override async setBlock(owner: MemoryOwner, name: string, text: string): Promise<Stored> {
      const replaced = typeof name === 'string' && name !== '' && (await super.removeBlock(owner, name));
      return { ...(await super.setBlock(owner, name, text)), replaced };
    }
  },
  'exports no blocks': class extends InMemoryMemory {
    override async export(owner: MemoryOwner): Promise<MemoryExport> {
      return { ...(await super.export(owner)), blocks: [] as MemoryBlock[] };
    }
  },
  'says nothing of what a limit pushed out': class extends InMemoryMemory {
    override async remember(owner: MemoryOwner, episode: NewEpisode): Promise<Stored> {
      return { ...(await super.remember(owner, episode)), dropped: { episodes: 0, facts: 0, blocks: 0 } };
    }
  },
  'has no limits': class extends InMemoryMemory {
    constructor() {
      super({ withoutUser: 'allow' });
    }
  },
  'takes every owner': class extends InMemoryMemory {
    override profile(owner: MemoryOwner): ReturnType<Memory['profile']> {
      return super.profile({ userId: owner?.userId || undefined });
    }
  },
};

/** The names of the tests that fail. */
async function failuresOf(make: (setup: MemorySetup) => Memory, close?: () => void): Promise<string[]> {
  const tests: { readonly name: string; readonly body: () => Promise<void> }[] = [];
  const runner = {
    describe: (_: string, body: () => void) => body(),
    it: (name: string, body: () => Promise<void>) => void tests.push({ name, body }),
  };
  memoryContract('a memory', make, { runner, close });
  const failures: string[] = [];
  for (const { name, body } of tests) await body().catch(() => failures.push(name));
  return failures;
}

const quiet = { withoutUser: 'allow', onNotice: () => undefined } as const;

describe('memoryContract', () => {
  it('passes a memory without fault, and closes each that it had made', async () => {
    let open = 0;
    const make = ({ clock, limits }: MemorySetup): Memory => (
      open++,
      new InMemoryMemory({ ...limits, ...quiet, clock })
    );
    expect(await failuresOf(make, () => void open--)).toEqual([]);
    expect(open).toBe(0);
  });

  it.each(Object.entries(FAULTS))('finds a memory that %s', async (_, Faulty) => {
    const failures = await failuresOf(({ clock, limits }) => new Faulty({ ...limits, ...quiet, clock }));
    expect(failures).not.toEqual([]);
  });
});
