import assert from 'node:assert/strict';
import type { Memory, MemoryOwner } from '@drawloom/core';
import { alice, episode } from './episode-cases.js';
import { lives } from './fact-cases.js';
import type { MemoryCase } from './memory-contract.js';

const REFUSED = { code: 'INVALID_MEMORY_ARGUMENT', name: 'DefinitionError' };
const HALF = '\ud83d'; // half a surrogate pair

/** Tenants that cannot be meant. */
const TENANTS = [3, null, HALF].map((tenant) => ({ userId: 'alice', tenant }));

type Call = (memory: Memory, owner: MemoryOwner) => Promise<unknown>;

const METHODS: Readonly<Record<string, Call>> = {
  remember: (memory, owner) => memory.remember(owner, episode('a')),
  recall: (memory, owner) => memory.recall(owner, 'a'),
  history: (memory, owner) => memory.history(owner, 's1'),
  learn: (memory, owner) => memory.learn(owner, lives('a', 1)),
  facts: (memory, owner) => memory.facts(owner),
  setBlock: (memory, owner) => memory.setBlock(owner, 'a', 'b'),
  removeBlock: (memory, owner) => memory.removeBlock(owner, 'a'),
  blocks: (memory, owner) => memory.blocks(owner),
  profile: (memory, owner) => memory.profile(owner),
  forget: (memory, owner) => memory.forget(owner),
  export: (memory, owner) => memory.export(owner),
};

const WRONG: readonly Call[] = [
  ...[
    { id: '' },
    { id: HALF },
    { sessionId: 1 },
    { input: undefined },
    { output: null },
    { time: NaN },
    { user: 'x' },
  ].map(
    (wrong): Call =>
      (memory, owner) =>
        memory.remember(owner, { ...episode('a'), ...(wrong as object) }),
  ),
  ...[{}, 'text', [{ input: 1 }], [{ tool: 't', input: 1n }]].map(
    (transcript): Call =>
      (memory, owner) =>
        memory.remember(owner, { ...episode('a'), transcript: transcript as never }),
  ),
  ...[
    ...[{ subject: '' }, { predicate: ' _-' }, { predicate: 3 }, { object: 3 }, { validFrom: Infinity }],
    ...[{ validUntil: 1 }, { sessionId: '' }, { learnedAt: 1 }],
  ].map(
    (wrong): Call =>
      (memory, owner) =>
        memory.learn(owner, { ...lives('a', 1), ...(wrong as object) }),
  ),
  ...[{ limit: -1 }, { limit: 1.5 }, { limit: '1' }, { sessionId: '' }, { excludeSession: 's1' }, { signal: {} }].map(
    (options): Call =>
      (memory, owner) =>
        memory.recall(owner, 'a', options as never),
  ),
  (memory, owner) => memory.recall(owner, undefined as never),
  ...[{ limit: NaN }, { last: 3 }].map(
    (options): Call =>
      (memory, owner) =>
        memory.history(owner, 's1', options as never),
  ),
  (memory, owner) => memory.history(owner, ''),
  ...[
    { asOf: 'now' },
    { knownAt: NaN },
    { subject: '' },
    { predicate: '_' },
    { query: 3 },
    { limit: -1 },
    { at: 1 },
  ].map(
    (query): Call =>
      (memory, owner) =>
        memory.facts(owner, query as never),
  ),
  (memory, owner) => memory.setBlock(owner, '', 'a'),
  (memory, owner) => memory.setBlock(owner, 'a', 3 as never),
  (memory, owner) => memory.removeBlock(owner, ''),
];

export function argumentCases(test: MemoryCase): void {
  test('E. refuses what is no owner, in every method: a forgotten user is not "no user"', async (memory) => {
    const wrong = [undefined, null, 'alice', {}, { userid: 'alice' }, { userId: '' }, { userId: null }, { userId: 7 }];
    for (const owner of [...wrong, { userId: HALF }, ...TENANTS]) {
      for (const call of Object.values(METHODS)) await assert.rejects(call(memory, owner as never), REFUSED);
    }
    assert.equal((await memory.profile({ userId: undefined })).episodes, 0);
  });

  test('E. refuses wrong arguments before it changes anything', async (memory) => {
    for (const call of WRONG) await assert.rejects(call(memory, alice), REFUSED);
    const { episodes, facts, blocks } = await memory.export(alice);
    assert.deepEqual([episodes, facts, blocks], [[], [], []]);
  });

  test('takes the owner from whatever has a user id, such as the context of a run', async (memory) => {
    class Context {
      get userId(): string {
        return 'alice';
      }
    }
    for (const call of Object.values(METHODS)) await call(memory, new Context());
    assert.equal((await memory.profile(alice)).episodes, 0);
  });
}
