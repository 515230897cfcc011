import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ChainedAuditLog,
  FileAuditAnchors,
  hmacKey,
  InMemoryAuditStore,
  JsonlAuditStore,
  verifyAuditLog,
  type AuditEntry,
  type AuditNotice,
} from '@drawloom/core';
import { auditStoreContract } from '@drawloom/testing';
import { runChild } from './support/audit-child.js';
import { SECRET } from './support/tampering.js';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'drawloom-audit-'));
  folders.push(folder);
  return folder;
}

const key = hmacKey('k1', SECRET);
const told = { action: 'test.told', actor: 'user:alice' };

auditStoreContract('InMemoryAuditStore', () => new InMemoryAuditStore());

const paths = new WeakMap<object, string>();
const jsonl = (path: string): JsonlAuditStore => {
  const store = new JsonlAuditStore(path);
  paths.set(store, path);
  return store;
};
auditStoreContract('JsonlAuditStore', () => jsonl(join(newFolder(), 'deep', 'audit.jsonl')), {
  again: (store) => jsonl(paths.get(store)!),
});

describe('A log in a file', () => {
  let path: string;
  let notices: AuditNotice[];
  const open = (): ChainedAuditLog =>
    new ChainedAuditLog({
      store: new JsonlAuditStore(path),
      key,
      anchors: new FileAuditAnchors(`${path}.anchor`),
      onNotice: (notice) => notices.push(notice),
    });
  const verdict = async () =>
    verifyAuditLog(new JsonlAuditStore(path), { keys: key, anchor: readFileSync(`${path}.anchor`) });
  beforeEach(() => {
    path = join(newFolder(), 'audit.jsonl');
    notices = [];
  });

  it('has one entry a line, which any tool can read, and can be read by its owner only', async () => {
    const log = open();
    await log.append({ ...told, facts: { to: 'bob' } });
    await log.close();
    const line = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    expect(line).toMatchObject({
      v: 1,
      seq: 1,
      action: 'test.told',
      actor: 'user:alice',
      facts: { to: 'bob' },
      key: 'k1',
    });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..')).sort()).toEqual(['audit.jsonl', 'audit.jsonl.anchor']);
  });

  it('B180, D. loses nothing but the unfinished entry when it was torn, goes on on a line of its own, and says so', async () => {
    const log = open();
    await log.append([told, told]);
    await log.close();
    appendFileSync(path, '{"v":1,"seq":3,"time":12');
    expect((await verdict()).firstBreak).toMatchObject({ kind: 'truncation', seq: 3 });
    const later = open();
    await later.append(told);
    await later.close();
    expect(await verdict()).toMatchObject({ ok: true, entries: 4 });
    expect(notices).toEqual([{ type: 'log.repaired', bytes: 24 }]);
    expect(JSON.parse(readFileSync(path, 'utf8').split('\n')[2]!)).toMatchObject({
      seq: 3,
      action: 'audit.repaired',
      facts: { bytes: 24 },
    });
  });

  it('is not continued where its end is missing, whole entries as well as the line feed of the last', async () => {
    const log = open();
    await log.append([told, told, told]);
    await log.close();
    const whole = readFileSync(path, 'utf8');
    for (const rest of [whole.split('\n').slice(0, 2).join('\n') + '\n', whole.slice(0, -1), '']) {
      writeFileSync(path, rest);
      const later = open();
      await expect(later.append(told)).rejects.toMatchObject({ code: 'AUDIT_DAMAGED' });
      await later.close();
    }
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  it('is not continued where its last entry was changed', async () => {
    const log = open();
    await log.append(told);
    await log.close();
    writeFileSync(path, readFileSync(path, 'utf8').replace('alice', 'malice'));
    await expect(open().append(told)).rejects.toMatchObject({ code: 'AUDIT_DAMAGED' });
    writeFileSync(path, 'something else\n');
    await expect(open().append(told)).rejects.toMatchObject({ code: 'AUDIT_DAMAGED' });
  });

  it('B180, C. has one writer: another process is refused for as long as the first one has not closed it', async () => {
    const log = open();
    await log.append(told);
    const append = `
      const store = new core.JsonlAuditStore(${JSON.stringify(path)});
      const log = new core.ChainedAuditLog({ store, key: core.hmacKey('k1', ${JSON.stringify(SECRET)}) });
      const told = { action: 'test.told', actor: 'user:bob' };
      console.log(await log.append(told).then(({ seq }) => 'entry ' + seq, (error) => error.message));
      await log.close();`;
    const { value: refusal } = await runChild(newFolder(), append).lines.next();
    expect(refusal).toContain(`[AUDIT_LOCKED] JsonlAuditStore: it has a writer already: process ${process.pid} on`);
    await log.append(told);
    await log.close();
    expect((await runChild(newFolder(), append).lines.next()).value).toBe('entry 3');
    expect(await verdict()).toMatchObject({ ok: true, entries: 3 });
  });

  it('B, C. has every entry that a killed process was told to be written, and is free for the next one', async () => {
    const child = runChild(
      newFolder(),
      `
      const store = new core.JsonlAuditStore(${JSON.stringify(path)});
      const log = new core.ChainedAuditLog({ store, key: core.hmacKey('k1', ${JSON.stringify(SECRET)}) });
      for (let n = 0; ; n++) {
        const told = { action: 'test.told', actor: 'user:bob', content: 'x'.repeat(5000) };
        const receipts = await Promise.all([log.append(told), log.append(told)]);
        console.log(receipts[1].seq);
      }`,
    );
    let acknowledged = 0;
    for (let count = 0; count < 20; count++) acknowledged = Number((await child.lines.next()).value);
    child.process.kill('SIGKILL');
    expect(await child.ended).toEqual({ code: null, signal: 'SIGKILL' });
    expect(existsSync(`${path}.lock`)).toBe(true);
    appendFileSync(path, '{"v":1,"se'); // in the middle of a write
    const log = open();
    const { seq } = await log.append(told);
    await log.close();
    expect(seq).toBeGreaterThan(acknowledged);
    expect(await verdict()).toMatchObject({ ok: true, entries: seq });
    expect(notices.map(({ type }) => type)).toContain('log.repaired');
  });

  it('C. leaves the lock of another machine, or of nobody that it knows, to those who know', async () => {
    const holder = { pid: process.pid, host: hostname(), began: 'boot/1', since: 'long ago', token: 't' };
    for (const text of [JSON.stringify({ ...holder, host: 'elsewhere' }), '', '{}']) {
      writeFileSync(`${path}.lock`, text);
      await expect(open().append(told)).rejects.toMatchObject({ code: 'AUDIT_LOCKED' });
      expect(readFileSync(`${path}.lock`, 'utf8')).toBe(text);
    }
  });

  it('C. takes over the lock of a process whose number another one has by now', async () => {
    if (!existsSync('/proc/self/stat')) return; // where the system does not tell, the lock stays
    const holder = { pid: process.pid, host: hostname(), began: 'another boot/1', since: 'long ago', token: 't' };
    writeFileSync(`${path}.lock`, JSON.stringify(holder));
    const log = open();
    expect(await log.append(told)).toEqual({ seq: 1 });
    await log.close();
  });

  it('C. writes nothing more once its lock was taken away', async () => {
    const log = open();
    await log.append(told);
    rmSync(`${path}.lock`);
    const second = open();
    await second.append(told);
    await expect(log.append(told)).rejects.toMatchObject({ code: 'AUDIT_LOCKED' });
    await second.append(told);
    await second.close();
    await log.close();
    expect(await verdict()).toMatchObject({ ok: true, entries: 3 });
  });

  it('tells where it cannot be written, and goes on where it can again', async () => {
    writeFileSync(join(path, '..', 'file'), '');
    const log = new ChainedAuditLog({ store: new JsonlAuditStore(join(path, '..', 'file', 'audit.jsonl')), key });
    await expect(log.append(told)).rejects.toMatchObject({ code: 'AUDIT_UNAVAILABLE' });
    rmSync(join(path, '..', 'file'));
    expect(await log.append(told)).toEqual({ seq: 2 }); // after the entry that says that one is missing
    await log.close();
  });

  it('finds the last line however long it is', async () => {
    const log = open();
    await log.append([told, { ...told, content: 'é'.repeat(200_000) }]);
    await log.close();
    const later = open();
    expect(await later.append(told)).toEqual({ seq: 3 });
    const read: AuditEntry[] = [];
    for await (const entry of later.entries()) read.push(entry);
    expect(read.map(({ content }) => String(content).length)).toEqual([9, 200_000, 9]);
    await later.close();
  });
});
