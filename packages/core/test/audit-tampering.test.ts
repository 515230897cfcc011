import { generateKeyPairSync } from 'node:crypto';
import {
  ChainedAuditLog,
  ed25519Key,
  ed25519Verifier,
  hmacKey,
  InMemoryAuditStore,
  unsigned,
  verifyAuditLog,
  type AuditBreakKind,
  type AuditVerdict,
} from '@drawloom/core';
import { campaigns, reading, sampleLog, SECRET, verdictOf, type Sample } from './support/tampering.js';

let sample: Sample;
beforeAll(async () => void (sample = await sampleLog(40)));

const found = ({ ok, entries, firstBreak }: AuditVerdict) => [ok, entries, firstBreak?.kind, firstBreak?.seq];

describe('A log that somebody has touched', () => {
  it('is proven as long as nobody has', async () => {
    const verdict = await verdictOf(sample, sample.lines);
    expect(verdict).toEqual({
      ok: true,
      entries: 40,
      head: sample.heads[40]!.hash,
      anchored: 40,
      firstBreak: undefined,
    });
  });

  it('B2. shows the change of any byte', () => {
    expect(campaigns.changedBytes(sample, [1, 0x80])).toEqual([]);
  });

  it('B2. shows any byte that is lost, or there twice', () => {
    expect(campaigns.lostAndDoubledBytes(sample)).toEqual([]);
  });

  it('B180 shows that any entry is missing', () => {
    expect(campaigns.deletedEntries(sample)).toEqual([]);
  });

  it('shows any two entries in each other’s place', () => {
    expect(campaigns.swappedEntries(sample)).toEqual([]);
  });

  it('shows any entry that is there twice, wherever', () => {
    expect(campaigns.insertedEntries(sample)).toEqual([]);
  });

  it('shows that its end is missing, wherever it was cut', async () => {
    expect(await campaigns.cutFiles(sample)).toEqual([]);
  });

  it('B2. has one proof for each entry also with Ed25519: no other text for the same signature is taken', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const few = await sampleLog(3, { key: ed25519Key('k2', privateKey) });
    expect(campaigns.changedBytes(few, [1, 2, 4, 8, 16, 32, 64, 128])).toEqual([]);
    expect(await campaigns.cutFiles(few)).toEqual([]);
  });
});

describe('The first break of a log', () => {
  type Touch = (lines: Buffer[]) => unknown;
  const cases: Readonly<Record<string, readonly [AuditBreakKind, number, Touch]>> = {
    'another text in an entry': [
      'edit',
      10,
      (lines) => lines.splice(9, 1, Buffer.from(String(lines[9]).replace('claims', 'blames'))),
    ],
    'an edit that makes an entry another one': [
      'edit',
      10,
      (lines) => lines.splice(9, 1, Buffer.from(String(lines[9]).replace('"seq":10', '"seq":11'))),
    ],
    'text that is no entry': ['edit', 10, (lines) => lines.splice(9, 1, Buffer.from('{}\n'))],
    'an entry that is missing': ['deletion', 10, (lines) => lines.splice(9, 1)],
    'entries that are missing': ['deletion', 10, (lines) => lines.splice(9, 5)],
    'the first entry missing': ['deletion', 1, (lines) => lines.shift()],
    'the last entry missing': ['truncation', 40, (lines) => lines.pop()],
    'the last entry cut': ['truncation', 40, (lines) => lines.push(lines.pop()!.subarray(0, 50))],
    'the last line feed missing': ['truncation', 40, (lines) => lines.push(lines.pop()!.subarray(0, -1))],
    'all missing': ['truncation', 1, (lines) => lines.splice(0)],
    'two entries swapped': ['reorder', 10, (lines) => lines.splice(9, 2, lines[10]!, lines[9]!)],
    'an entry moved to the end': ['reorder', 10, (lines) => lines.push(...lines.splice(9, 1))],
    'an entry copied': ['insertion', 10, (lines) => lines.splice(9, 0, lines[3]!)],
    'an entry forged': [
      'insertion',
      10,
      (lines) => lines.splice(9, 0, Buffer.from(String(lines[9]).replace('claims', 'blames'))),
    ],
    'a blank line': ['insertion', 10, (lines) => lines.splice(9, 0, Buffer.from('\n'))],
    'a key that nobody gave': [
      'key',
      10,
      (lines) => lines.splice(9, 1, Buffer.from(String(lines[9]).replace('"key":"k1"', '"key":"k7"'))),
    ],
  };

  it.each(Object.entries(cases))('is told with its place and kind: %s', async (_, [kind, seq, touch]) => {
    const lines = [...sample.lines];
    touch(lines);
    const verdict = await verdictOf(sample, lines);
    expect(found(verdict)).toEqual([false, seq - 1, kind, seq]);
    expect(verdict.firstBreak!.message).toMatch(/^\S.*[^.]$/);
  });

  it('is a fork where the log goes on with the entries of another writer, both with the key', async () => {
    const other = await sampleLog(40, { branchAfter: 10 });
    expect(other.lines.slice(0, 10)).toEqual(sample.lines.slice(0, 10));
    const mixed = [...sample.lines.slice(0, 12), ...other.lines.slice(12)];
    expect(found(await verdictOf(sample, mixed))).toEqual([false, 12, 'fork', 13]);
    const doubled = [...sample.lines.slice(0, 12), ...other.lines.slice(11)];
    expect(found(await verdictOf(sample, doubled))).toEqual([false, 12, 'fork', 13]);
  });

  it('is a fork where the anchor names another entry than the log has, although all are signed', async () => {
    const other = await sampleLog(40, { branchAfter: 10 });
    expect(found(await verdictOf(sample, other.lines))).toEqual([false, 40, 'fork', 40]);
    const anchors = { keys: sample.key, anchor: [sample.anchor, other.anchor] };
    expect(found(await verifyAuditLog({ read: () => reading(other.lines) }, anchors))).toEqual([false, 40, 'fork', 40]);
  });

  it('is the anchor where that was touched', async () => {
    for (let at = 0; at < sample.anchor.length; at++) {
      const anchor = Buffer.from(sample.anchor);
      anchor[at]! ^= 1;
      expect((await verdictOf({ ...sample, anchor }, sample.lines.slice(0, 1))).firstBreak?.kind).toBe('anchor');
    }
  });

  it('does not show without an anchor where the end is missing, and says up to where it was anchored', async () => {
    const verdict = await verifyAuditLog({ read: () => reading(sample.lines.slice(0, 9)) }, { keys: sample.key });
    expect(verdict).toMatchObject({ ok: true, entries: 9, anchored: 0 });
  });

  it('is found by who has the public key only', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { lines, anchor } = await sampleLog(3, { key: ed25519Key('k2', privateKey) });
    const keys = ed25519Verifier('k2', publicKey.export({ type: 'spki', format: 'pem' }) as string);
    expect(await verifyAuditLog({ read: () => reading(lines) }, { keys, anchor })).toMatchObject({
      ok: true,
      entries: 3,
    });
    lines[1]![40]! ^= 1;
    expect(found(await verifyAuditLog({ read: () => reading(lines) }, { keys, anchor }))).toEqual([
      false,
      1,
      'edit',
      2,
    ]);
  });

  it('is found with another secret at the first entry', async () => {
    const keys = hmacKey('k1', 'another secret of 32 bytes, made up');
    expect(found(await verifyAuditLog({ read: () => reading(sample.lines) }, { keys }))).toEqual([false, 0, 'edit', 1]);
  });

  it('shows damage without a key, and proves nothing then', async () => {
    const { lines, anchor, key } = await sampleLog(3, { key: unsigned });
    lines[1]![60]! ^= 1;
    expect(found(await verifyAuditLog({ read: () => reading(lines) }, { keys: key, anchor }))).toEqual([
      false,
      1,
      'edit',
      2,
    ]);
  });

  it('is none where the key was changed, as long as both are given', async () => {
    const store = new InMemoryAuditStore();
    const old = hmacKey('2025', SECRET);
    const young = hmacKey('2026', `${SECRET}!`);
    for (const options of [{ key: old }, { key: young, formerKeys: [old] }]) {
      const log = new ChainedAuditLog({ store, ...options });
      await log.append({ action: 'test.told', actor: 'user:alice' });
      await log.close();
    }
    expect(found(await verifyAuditLog(store, { keys: [old, young] }))).toEqual([true, 2, undefined, undefined]);
    expect(found(await verifyAuditLog(store, { keys: young }))).toEqual([false, 0, 'key', 1]);
    const forgetful = new ChainedAuditLog({ store, key: hmacKey('2027', `${SECRET}?`), formerKeys: [old] });
    await expect(forgetful.append({ action: 'test.told', actor: 'user:alice' })).rejects.toMatchObject({
      code: 'AUDIT_DAMAGED',
    });
  });
});
