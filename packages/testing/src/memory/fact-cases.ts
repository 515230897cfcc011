import assert from 'node:assert/strict';
import type { Fact, FactQuery, Memory, NewFact } from '@drawloom/core';
import { alice } from './episode-cases.js';
import type { MemoryCase } from './memory-contract.js';

/** `user lives in <place>`, from a time on. */
export function lives(object: string, validFrom: number, more: Partial<NewFact> = {}): NewFact {
  return { subject: 'user', predicate: 'lives in', object, validFrom, ...more };
}

/** `Berlin [1, 5)`, in the order of time. */
async function storyOf(memory: Memory, query: FactQuery = {}): Promise<string[]> {
  const facts = await memory.facts(alice, { asOf: 'ever', ...query });
  return facts.map(shown).reverse();
}

function shown({ object, validFrom, validUntil }: Fact): string {
  return `${object} [${validFrom}, ${validUntil ?? '…'})`;
}

async function learnAll(memory: Memory, facts: readonly NewFact[]): Promise<void> {
  for (const fact of facts) await memory.learn(alice, fact);
}

function permutationsOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) => permutationsOf(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

export function factCases(test: MemoryCase): void {
  test('gives a fact back, with when it was learned', async (memory, clock) => {
    const stored = await memory.learn(alice, lives('Graz', 5, { validUntil: 9, sessionId: 's1' }));
    assert.deepEqual(stored, { replaced: false, dropped: { episodes: 0, facts: 0, blocks: 0 } });
    assert.deepEqual(await memory.facts(alice, { asOf: 5 }), [
      {
        subject: 'user',
        predicate: 'lives in',
        object: 'Graz',
        validFrom: 5,
        validUntil: 9,
        learnedAt: clock.now(),
        sessionId: 's1',
      },
    ]);
  });

  test('closes a fact where another object takes its place, and tells what held at any time', async (memory) => {
    await learnAll(memory, [lives('Berlin', 10), lives('Paris', 20)]);
    assert.deepEqual(await storyOf(memory), ['Berlin [10, 20)', 'Paris [20, …)']);
    const at = async (asOf: number) => (await memory.facts(alice, { asOf })).map(({ object }) => object);
    assert.deepEqual([await at(9), await at(10), await at(19), await at(20)], [[], ['Berlin'], ['Berlin'], ['Paris']]);
  });

  test('recalls only what holds now, unless asked', async (memory, clock) => {
    const now = clock.now();
    await learnAll(memory, [lives('Berlin', now - 20), lives('Paris', now), lives('Rome', now + 1_000)]);
    assert.deepEqual((await memory.facts(alice)).map(shown), [`Paris [${now}, ${now + 1_000})`]);
    await clock.advance(1_000);
    assert.deepEqual((await memory.facts(alice)).map(shown), [`Rome [${now + 1_000}, …)`]);
  });

  test('puts a fact that arrives late in its place, whatever comes after it', async (memory) => {
    await learnAll(memory, [lives('Paris', 20), lives('Berlin', 10)]);
    assert.deepEqual(await storyOf(memory), ['Berlin [10, 20)', 'Paris [20, …)']);
    await memory.learn(alice, lives('Bern', 15));
    assert.deepEqual(await storyOf(memory), ['Berlin [10, 15)', 'Bern [15, 20)', 'Paris [20, …)']);
  });

  test('goes on with a fact that is stated again, earlier or later', async (memory) => {
    await learnAll(memory, [lives('Berlin', 10), lives('Berlin', 20), lives('Berlin', 5)]);
    assert.deepEqual(await storyOf(memory), ['Berlin [5, …)']);
    const stored = await memory.learn(alice, lives('Berlin', 20));
    assert.equal(stored.replaced, true);
  });

  test('goes back to an earlier object when it is stated again', async (memory) => {
    await learnAll(memory, [lives('Berlin', 1), lives('Paris', 5), lives('Berlin', 9)]);
    assert.deepEqual(await storyOf(memory), ['Berlin [1, 5)', 'Paris [5, 9)', 'Berlin [9, …)']);
  });

  test('C. tells the same story in whatever order it was learned', async (memory) => {
    const facts = [
      lives('Berlin', 1),
      lives('Berlin', 4),
      lives('Paris', 2, { validUntil: 3 }),
      lives('Rome', 6),
      lives('Rome', 8, { validUntil: 9 }),
    ];
    const story = ['Berlin [1, 2)', 'Paris [2, 3)', 'Berlin [4, 6)', 'Rome [6, 9)'];
    for (const order of permutationsOf(facts)) {
      await learnAll(memory, order);
      assert.deepEqual(await storyOf(memory), story);
      await memory.forget(alice);
    }
  });

  test('C. lets the later of two statements from the same time on hold', async (memory) => {
    await learnAll(memory, [lives('Berlin', 5), lives('Paris', 5)]);
    assert.deepEqual(await storyOf(memory), ['Paris [5, …)']);
    await memory.learn(alice, lives('Berlin', 5));
    assert.deepEqual(await storyOf(memory), ['Berlin [5, …)']);
  });

  test('tells what was known at a time', async (memory, clock) => {
    const start = clock.now();
    await memory.learn(alice, lives('Berlin', 10));
    await clock.advance(100);
    await memory.learn(alice, lives('Paris', 10));
    await clock.advance(100);
    await memory.learn(alice, lives('Rome', 20));
    const known = (after: number) => storyOf(memory, { knownAt: start + after });
    assert.deepEqual(await known(-1), []);
    assert.deepEqual(await known(0), ['Berlin [10, …)']);
    assert.deepEqual(await known(199), ['Paris [10, …)']);
    assert.deepEqual(await known(200), ['Paris [10, 20)', 'Rome [20, …)']);
  });

  test('compares predicates in their normal form, and gives them in it', async (memory) => {
    const forms = ['Lives_In', 'lives in', ' LIVES-in ', 'lives \t_ in', 'ｌｉｖｅｓ in'];
    for (const [index, predicate] of forms.entries()) {
      await memory.learn(alice, { subject: 'user', predicate, object: `${index}`, validFrom: index });
    }
    const facts = await memory.facts(alice, { asOf: 'ever', predicate: 'LIVES__in' });
    assert.equal(facts.length, forms.length);
    assert.ok(facts.every(({ predicate }) => predicate === 'lives in'));
    assert.deepEqual(
      (await memory.facts(alice)).map(({ object }) => object),
      [`${forms.length - 1}`],
    );
  });

  test('compares subjects and objects exactly', async (memory) => {
    await learnAll(memory, [lives('Berlin', 1), lives('Paris', 2, { subject: 'User' }), lives('berlin', 3)]);
    assert.equal((await memory.facts(alice)).length, 2);
    assert.deepEqual(await storyOf(memory, { subject: 'user' }), ['Berlin [1, 3)', 'berlin [3, …)']);
    assert.deepEqual(await memory.facts(alice, { subject: 'nobody' }), []);
  });

  test('gives facts with the words of a query, the best first, at most so many', async (memory) => {
    await learnAll(memory, [
      lives('Berlin', 1),
      { subject: 'user', predicate: 'likes', object: 'green tea', validFrom: 2 },
      { subject: 'user', predicate: 'likes', object: 'green tea and green apples', validFrom: 1 },
    ]);
    const words = async (query: string) => (await memory.facts(alice, { query })).map(({ object }) => object);
    assert.deepEqual(await words('tea'), ['green tea']);
    assert.deepEqual(await words('where does the user live in Berlin'), ['Berlin', 'green tea']);
    assert.deepEqual(await words('nothing'), []);
    assert.deepEqual(await words(' '), ['green tea', 'Berlin']);
    assert.equal((await memory.facts(alice, { limit: 1 })).length, 1);
    assert.equal((await memory.facts(alice, { limit: 0 })).length, 0);
  });

  test('keeps hostile subjects, predicates and objects apart', async (memory) => {
    const texts = ['__proto__', 'constructor', '["a","b"]', 'a","b', 'a\u0000b', 'a', "'; drop table facts; --"];
    for (const subject of texts) {
      for (const predicate of texts) {
        await memory.learn(alice, { subject, predicate, object: `${subject}→${predicate}`, validFrom: 0 });
      }
    }
    const facts = await memory.facts(alice, { limit: 1_000 });
    assert.equal(facts.length, texts.length ** 2);
    for (const subject of texts) {
      const found = await memory.facts(alice, { subject });
      assert.ok(found.length === texts.length && found.every(({ object }) => object.startsWith(`${subject}→`)));
    }
  });

  test('takes an empty object', async (memory) => {
    await memory.learn(alice, lives('', 1));
    assert.deepEqual(await storyOf(memory), [' [1, …)']);
  });
}
