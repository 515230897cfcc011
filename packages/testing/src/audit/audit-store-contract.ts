import assert from 'node:assert/strict';
import type { AuditStore, SealedLine } from '@drawloom/core';
import type { SuiteRunner } from '../models/language-model-contract.js';

/** How the suite gets stores, and where it runs. */
export interface AuditStoreContractOptions {
  /**
   * A second store over the very place that the given one keeps its lines in, as another process would make it. Left out
   * where a store's lines live and die with it.
   */
  readonly again?: ((store: AuditStore) => AuditStore | Promise<AuditStore>) | undefined;
  /** Called with each store when its test has ended: a place to remove files. */
  readonly dispose?: ((store: AuditStore) => void | Promise<void>) | undefined;
  /** @defaultValue the globals: those of jest and vitest will do */
  readonly runner?: SuiteRunner | undefined;
}

/**
 * The tests that every store of an audit log must pass. Call it where `describe` may stand, with a function that makes an
 * empty store.
 *
 * @example
 * auditStoreContract('InMemoryAuditStore', () => new InMemoryAuditStore());
 */
export function auditStoreContract(
  name: string,
  makeStore: () => AuditStore | Promise<AuditStore>,
  { again, dispose, runner = globalThis as unknown as SuiteRunner }: AuditStoreContractOptions = {},
): void {
  const test = (title: string, body: (store: AuditStore) => Promise<void>): void =>
    runner.it(title, async () => {
      const store = await makeStore();
      try {
        await body(store);
      } finally {
        await store.close();
        await dispose?.(store);
      }
    });
  runner.describe(`${name} as a store of an audit log`, () => {
    test('is empty at first, also where it is read before it is opened', async (store) => {
      assert.deepEqual(await textsOf(store), []);
      assert.equal((await store.open()).last, undefined);
      assert.deepEqual(await textsOf(store), []);
    });

    test('A. gives lines back byte for byte, in their order', async (store) => {
      await store.open();
      const odd = ['{"a":"\u0000\u2028é😀"}\n', '{"b":"\\ud800"}\n', `{"long":"${'x'.repeat(200_000)}"}\n`, '{}\n'];
      await store.append([line(1, odd[0]!)]);
      await store.append([line(2, odd[1]!), line(3, odd[2]!), line(4, odd[3]!)]);
      assert.deepEqual(await textsOf(store), odd);
    });

    test('A. keeps many lines in the order of their numbers, and not of their texts', async (store) => {
      await store.open();
      const texts = Array.from({ length: 120 }, (_, index) => `{"seq":${index + 1}}\n`);
      for (let from = 0; from < texts.length; from += 40)
        await store.append(texts.slice(from, from + 40).map((text, index) => line(from + index + 1, text)));
      assert.deepEqual(await textsOf(store), texts);
    });

    test('A. does not keep what its caller does with the bytes afterwards', async (store) => {
      await store.open();
      const bytes = Buffer.from('{"a":1}\n');
      await store.append([{ ...line(1, ''), bytes: Uint8Array.from(bytes) }]);
      for await (const read of store.read()) (read as Uint8Array)[2] = 0;
      assert.equal((await textsOf(store)).length, 1);
    });

    test('takes an append of no line', async (store) => {
      await store.open();
      await store.append([]);
      assert.deepEqual(await textsOf(store), []);
    });

    test('B. has what it has taken when it is opened again, and goes on after it', async (store) => {
      await store.open();
      await store.append([line(1, '{"a":1}\n'), line(2, '{"a":2}\n')]);
      await store.close();
      const later = again === undefined ? store : await again(store);
      try {
        const { last, torn } = await later.open();
        assert.deepEqual([text(last!), torn], ['{"a":2}\n', undefined]);
        await later.append([line(3, '{"a":3}\n')]);
        assert.deepEqual(await textsOf(later), ['{"a":1}\n', '{"a":2}\n', '{"a":3}\n']);
      } finally {
        await later.close();
      }
    });

    test('B. takes nothing before it is opened, nor after it is closed', async (store) => {
      await assert.rejects(async () => store.append([line(1, '{}\n')]), { code: 'AUDIT_UNAVAILABLE' });
      await store.open();
      await store.close();
      await assert.rejects(async () => store.append([line(1, '{}\n')]), { code: 'AUDIT_UNAVAILABLE' });
      assert.deepEqual(await textsOf(store), []);
    });

    test('C. refuses a second writer, and takes it when the first has gone', async (store) => {
      await store.open();
      const second = again === undefined ? store : await again(store);
      await assert.rejects(second.open(), { code: 'AUDIT_LOCKED' });
      await store.append([line(1, '{"a":1}\n')]);
      assert.deepEqual(await textsOf(second), ['{"a":1}\n']);
      await store.close();
      assert.equal(text((await second.open()).last!), '{"a":1}\n');
      await second.close();
    });

    test('closes twice, and without having been opened', async (store) => {
      await store.close();
      await store.open();
      await store.close();
      await store.close();
    });
  });
}

function line(seq: number, text: string): SealedLine {
  return { seq, bytes: Buffer.from(text), about: { action: 'test.line', run: 'r' } };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

async function textsOf(store: AuditStore): Promise<string[]> {
  const texts: string[] = [];
  for await (const bytes of store.read()) texts.push(text(bytes));
  return texts;
}
