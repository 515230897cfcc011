import { inspect } from 'node:util';
import { generateKeyPairSync } from 'node:crypto';
import {
  ChainedAuditLog,
  ed25519Key,
  ed25519Verifier,
  hmacKey,
  InMemoryAuditAnchors,
  InMemoryAuditStore,
  verifyAuditLog,
  type AuditEntry,
  type AuditQuery,
  type AuditStore,
  type ChainedAuditLogOptions,
  type NewAuditEntry,
  type SealedLine,
} from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { SECRET } from './support/tampering.js';

const key = hmacKey('k1', SECRET);
const told = (actor = 'user:alice', more: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  action: 'test.told',
  actor,
  ...more,
});
const logOver = (store: AuditStore, options: Partial<ChainedAuditLogOptions> = {}): ChainedAuditLog =>
  new ChainedAuditLog({ store, key, ...options });

async function entriesOf(log: ChainedAuditLog, query?: AuditQuery): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of log.entries(query)) entries.push(entry);
  return entries;
}

/** A store whose writes end when the test says so, or fail. */
class SlowStore extends InMemoryAuditStore {
  readonly writes: number[] = [];
  next: Promise<void> = Promise.resolve();

  override async append(lines: readonly SealedLine[]): Promise<void> {
    this.writes.push(lines.length);
    await this.next;
    await super.append(lines);
  }
}

describe('An audit log', () => {
  it('numbers from 1 without a gap, tells who, what and when, and never goes back in time', async () => {
    const clock = new VirtualClock();
    const log = logOver(new InMemoryAuditStore(), { clock });
    await log.append(told('user:alice', { time: 2_000, run: 'r', node: 'a', visit: 2 }));
    await log.append([told('agent:writer', { time: 1_000 }), told('workflow')]);
    const entries = await entriesOf(log);
    expect(entries.map(({ seq, actor, time }) => [seq, actor, time])).toEqual([
      [1, 'user:alice', 2_000],
      [2, 'agent:writer', 2_000],
      [3, 'workflow', clock.now()],
    ]);
    expect(entries[0]).toEqual({ seq: 1, time: 2_000, ...told(), run: 'r', node: 'a', visit: 2 });
  });

  it('C2. keeps one chain for 8 writers at once, none between the entries of an append, and shares their writes', async () => {
    const store = new SlowStore();
    const log = logOver(store);
    const writers = Array.from({ length: 8 }, (_, writer) => `user:${writer}`);
    await Promise.all(
      writers.map(async (actor) => {
        for (let n = 0; n < 50; n++) await log.append([told(actor, { visit: 1 }), told(actor, { visit: 2 })]);
      }),
    );
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 800 });
    const entries = await entriesOf(log);
    entries.forEach(({ actor, visit }, index) =>
      expect([actor, visit]).toEqual([entries[index & ~1]!.actor, (index & 1) + 1]),
    );
    expect(store.writes).toEqual(new Array(50).fill(16));
  });

  it('C2. writes at most 1,000 entries at a time, but never parts of an append', async () => {
    const store = new SlowStore();
    const log = logOver(store);
    const list = (length: number) => Array.from({ length }, () => told());
    await Promise.all([log.append(list(600)), log.append(list(600)), log.append(list(1_500)), log.append(list(1))]);
    expect(store.writes).toEqual([600, 600, 1_500, 1]);
  });

  it('C1. refuses what could not be written, and says so in a chain that is whole when the store works again', async () => {
    const store = new SlowStore();
    const log = logOver(store);
    await log.append(told());
    const failure = new Error('the disk is full');
    const failing = deferred<void>();
    store.next = failing.promise;
    const refused = log.append([told('user:bob'), told('user:bob')]);
    await Promise.resolve();
    failing.reject(failure);
    await expect(refused).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE', cause: failure, isTransient: true });
    store.next = Promise.resolve();
    expect(await log.append(told('user:carol'))).toEqual({ seq: 3 });
    const entries = await entriesOf(log);
    expect(entries.map(({ actor }) => actor)).toEqual(['user:alice', 'audit', 'user:carol']);
    expect(entries[1]).toMatchObject({ action: 'audit.lost', facts: { entries: 2 } });
    expect(await log.append(told('user:carol'))).toEqual({ seq: 4 });
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 4 });
  });

  it('refuses an entry that cannot be meant, alone, and shows nothing of it', async () => {
    const log = logOver(new InMemoryAuditStore());
    const cycle: Record<string, unknown> = { canary: 'canary-content' };
    cycle['self'] = cycle;
    const wrong: unknown[] = [
      { action: '', actor: 'a' },
      { action: 'a' },
      told('a', { time: NaN }),
      told('a', { content: 1n }),
      told('a', { facts: cycle }),
      [told('a'), told('')],
    ];
    const all = wrong.map((entry) => log.append(entry as NewAuditEntry));
    const right = log.append(told());
    for (const outcome of await Promise.allSettled(all)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'INVALID_OPTION' } });
      expect(inspect(outcome, { depth: 9 })).not.toContain('canary-content');
    }
    expect(await right).toEqual({ seq: 1 });
  });

  it('finds entries by tenant, user, session, run and action, in any combination', async () => {
    const log = logOver(new InMemoryAuditStore());
    await log.append([
      told('a', { tenant: 't1', user: 'u1', session: 's1', run: 'r1' }),
      told('b', { tenant: 't2', user: 'u1', session: 's1', run: 'r2' }),
      { action: 'test.other', actor: 'c', tenant: 't1', user: 'u2', session: 's2', run: 'r1' },
    ]);
    const actors = async (query: AuditQuery) => (await entriesOf(log, query)).map(({ actor }) => actor).join('');
    expect(await actors({})).toBe('abc');
    expect(await actors({ tenant: 't1' })).toBe('ac');
    expect(await actors({ tenant: 't1', user: 'u1' })).toBe('a');
    expect(await actors({ session: 's1', run: 'r2' })).toBe('b');
    expect(await actors({ action: 'test.other', run: undefined })).toBe('c');
    expect(await actors({ user: 'U1' })).toBe('');
    await log.append(told('d'));
    expect(await actors({ tenant: '' })).toBe('d');
  });

  it('takes nothing more when it is closed, and closing waits for what was told', async () => {
    const store = new SlowStore();
    const log = logOver(store);
    const slow = deferred<void>();
    store.next = slow.promise;
    const last = log.append(told());
    const closed = log.close();
    await expect(log.append(told())).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    slow.resolve();
    await closed;
    expect(await last).toEqual({ seq: 1 });
    await log.close();
    await expect(log.within(() => undefined)).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
  });

  it('says all that is wrong with its options, and shows no key', () => {
    const wrong = {
      store: {},
      key: SECRET,
      formerKeys: [3],
      anchors: null,
      anchorEvery: 'soon',
      onNotice: 1,
      keys: [],
    };
    const make = (options: unknown) => () => new ChainedAuditLog(options as ChainedAuditLogOptions);
    expect(make(wrong)).toThrow(/7 problems/);
    expect(make(undefined)).toThrow(/INVALID_OPTION/);
    for (const text of [SECRET, SECRET.slice(0, 10)]) expect(make(wrong)).not.toThrow(text);
    expect(() => hmacKey('k1', 'canary')).toThrow(/secret is 6 \(allowed: at least 16 bytes/);
    expect(() => hmacKey('k 1', SECRET)).toThrow(/option id/);
    expect(() => hmacKey('unsigned', SECRET)).toThrow(/option id/);
    expect(() => ed25519Key('k', SECRET)).toThrow(/INVALID_OPTION.*privateKey/);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(() => ed25519Key('k', rsa.privateKey)).toThrow(/a private key of rsa/);
    expect(() => ed25519Verifier('k', generateKeyPairSync('ed25519').privateKey)).toThrow(/a private key of ed25519/);
    expect(() => ed25519Verifier('k', '-----BEGIN')).toThrow(/something else/);
  });

  it('shows its secrets nowhere: neither in what is printed of keys and logs, nor in lines and anchors', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const pair = ed25519Key('k2', pem);
    const store = new InMemoryAuditStore();
    const log = logOver(store);
    await log.append(told());
    const shown = [inspect([key, pair, log, store], { depth: 9, showHidden: true }), JSON.stringify([key, pair, log])];
    for await (const bytes of log.read()) shown.push(Buffer.from(bytes).toString());
    shown.push(Buffer.from((await log.anchor())!).toString());
    const body = pem.split('\n')[1]!;
    for (const secret of [SECRET, Buffer.from(SECRET).toString('base64'), Buffer.from(SECRET).toString('hex'), body])
      expect(shown.join('\n')).not.toContain(secret);
  });
});

describe('The anchor of a log', () => {
  it('C3. follows the entries, at most once in the time that it is given, and at the end', async () => {
    const clock = new VirtualClock();
    const anchors = new InMemoryAuditAnchors();
    const log = logOver(new InMemoryAuditStore(), { clock, anchors, anchorEvery: '2s' });
    const anchored = async () => {
      await clock.advance(0); // the anchor is written while the entries go on
      const anchor = await anchors.read();
      return (await verifyAuditLog(log, { keys: key, anchor })).anchored;
    };
    await log.append(told());
    expect(await anchored()).toBe(1);
    await log.append(told());
    await log.append(told());
    expect(await anchored()).toBe(1);
    await clock.advance('2s');
    expect(await anchored()).toBe(3);
    await log.append(told());
    expect(await anchored()).toBe(3);
    await log.close();
    expect((await verifyAuditLog(log, { keys: key, anchor: await anchors.read() })).anchored).toBe(4);
  });

  it('C3. costs no entry where it cannot be kept; closing says so, and gives the store back', async () => {
    const failure = new Error('read only');
    const anchors = { read: async () => undefined, write: () => Promise.reject(failure) };
    const noticed = deferred<unknown>();
    const store = new InMemoryAuditStore();
    const onNotice = (notice: unknown): void => {
      noticed.resolve(notice);
      throw failure;
    };
    const log = logOver(store, { anchors, anchorEvery: 0, onNotice });
    await log.append(told());
    await log.append(told());
    expect(await noticed.promise).toEqual({ type: 'anchor.failed', error: failure });
    await expect(log.close()).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE', cause: failure });
    expect(await logOver(store).append(told())).toEqual({ seq: 3 });
  });
});

describe('A log within the transaction of something else', () => {
  /** What a transaction keeps, or loses: texts beside the lines of the log. */
  class Database extends InMemoryAuditStore {
    readonly rows: string[] = [];

    async transaction(
      log: ChainedAuditLog,
      row: string,
      entries: readonly NewAuditEntry[],
      fails = false,
    ): Promise<void> {
      await log.within(async (seal) => {
        const lines = [...seal(entries)];
        await Promise.resolve();
        if (fails) throw new RangeError('rolled back');
        await this.append(lines);
        this.rows.push(row);
      });
    }
  }

  it('has its entries exactly where the transaction is written, in one chain with all others', async () => {
    const store = new Database();
    const log = logOver(store);
    const before = log.append(told('before'));
    const outcomes = await Promise.allSettled([
      store.transaction(log, 'a', [told('a')]),
      store.transaction(log, 'b', [told('b')], true),
      log.append(told('between')),
      store.transaction(log, 'c', [told('c'), told('c')]),
    ]);
    await before;
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((outcomes[1] as PromiseRejectedResult).reason).toBeInstanceOf(RangeError);
    expect(store.rows).toEqual(['a', 'c']);
    const actors = (await entriesOf(log)).map(({ actor }) => actor);
    expect([...actors].sort()).toEqual(['a', 'before', 'between', 'c', 'c']);
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 5 });
  });

  it('takes along what was told before, and writes it by itself where the transaction seals nothing', async () => {
    const store = new Database();
    const log = logOver(store);
    await log.append(told('first'));
    const slow = deferred<void>();
    const running = log.within(() => slow.promise);
    const waiting = store.transaction(log, 'a', [told('a')]);
    const early = log.append(told('early'));
    slow.resolve();
    await Promise.all([running, waiting, early]);
    await Promise.all([log.append(told('alone')), log.within(() => undefined)]);
    expect((await entriesOf(log)).map(({ actor }) => actor)).toEqual(['first', 'early', 'a', 'alone']);
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 4 });
  });
});
