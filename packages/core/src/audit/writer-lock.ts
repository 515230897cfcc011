/**
 * Job: one writer for a file, among all processes of a machine: a file beside it that says who writes.
 *
 * Boundary: a process that was killed leaves the file behind. It is taken over where it is certain that its writer is gone: the
 * process does not exist, or is another one under the same number. In doubt it stays, and whoever knows better removes it.
 *
 * Invariants.
 * W1. The file is made by one process only (`O_EXCL`).
 * W2. A lock that was taken away is noticed before the next write (`confirm`).
 */
import { AdapterError } from '../errors/adapter-error.js';

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** When the process began, as its system tells it; empty where it does not. */
  readonly began: string;
  /** ISO 8601. */
  readonly since: string;
  /** Of this very claim. */
  readonly token: string;
}

export class WriterLock {
  readonly #path: string;
  readonly #where: string;
  readonly #text: string;
  /** Of the file: another one under the same name is not this lock. */
  readonly #inode: bigint | undefined;

  private constructor(path: string, where: string, text: string) {
    this.#path = path;
    this.#where = where;
    this.#text = text;
    this.#inode = inodeOf(path);
  }

  /** @throws {@link AdapterError} AUDIT_LOCKED when somebody else has it, or may have it. */
  static async claim(path: string, where: string): Promise<WriterLock> {
    const text = JSON.stringify(await self());
    for (let attempt = 1; ; attempt++) {
      if (await create(path, text)) return new WriterLock(path, where, text);
      const found = await textOf(path);
      if (found === undefined) continue; // given back meanwhile
      const holder = holderOf(found);
      if (attempt >= ATTEMPTS || !(await isGone(holder)))
        throw AdapterError.auditLocked(where, described(holder, path));
      await remove(path, found);
    }
  }

  /** @throws {@link AdapterError} AUDIT_LOCKED when the lock was taken away. */
  async confirm(): Promise<void> {
    // Looked at before each write, so not read: asking for a number takes microseconds, reading a file a tenth of a millisecond.
    if (this.#inode !== undefined && inodeOf(this.#path) === this.#inode) return;
    const found = await textOf(this.#path);
    if (found !== this.#text) throw AdapterError.auditLocked(this.#where, described(holderOf(found ?? ''), this.#path));
  }

  async release(): Promise<void> {
    await remove(this.#path, this.#text);
  }
}

const ATTEMPTS = 3;

async function self(): Promise<Holder> {
  const { hostname } = process.getBuiltinModule('node:os');
  const since = new Date().toISOString();
  return { pid: process.pid, host: hostname(), began: await beginOf(process.pid), since, token: crypto.randomUUID() };
}

/** Whether nobody can be writing any more. */
async function isGone(holder: Holder | undefined): Promise<boolean> {
  if (holder === undefined) return false;
  const { hostname } = process.getBuiltinModule('node:os');
  if (holder.host !== hostname()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
  // Numbers of processes are given anew: in a container, the first one to every life of it.
  const began = await beginOf(holder.pid);
  return began !== '' && holder.began !== '' && began !== holder.began;
}

/** When a process began, in ticks since the machine did, with the machine's own number; empty where the system does not tell. */
async function beginOf(pid: number): Promise<string> {
  const { readFile } = process.getBuiltinModule('node:fs/promises');
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain anything; the 22nd field is the 20th after it.
    return `${boot.trim()}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!}`;
  } catch {
    return '';
  }
}

/** W1. With its text in it from the beginning: it is written elsewhere, and linked. */
async function create(path: string, text: string): Promise<boolean> {
  const { link, unlink, writeFile } = process.getBuiltinModule('node:fs/promises');
  const own = `${path}.${crypto.randomUUID()}`;
  await writeFile(own, text, { flag: 'wx', mode: 0o600 });
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(own);
  }
}

/** Removes the lock if it is the one that was looked at. It is moved aside first, so that no younger one is removed by mistake. */
async function remove(path: string, text: string): Promise<void> {
  const { link, rename, unlink } = process.getBuiltinModule('node:fs/promises');
  const aside = `${path}.${crypto.randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    if ((await textOf(aside)) !== text) await link(aside, path);
  } catch {
    // Somebody has claimed it since: the one that was moved aside notices (W2).
  } finally {
    await unlink(aside);
  }
}

function inodeOf(path: string): bigint | undefined {
  return process.getBuiltinModule('node:fs').statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await process.getBuiltinModule('node:fs/promises').readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function holderOf(text: string): Holder | undefined {
  try {
    const { pid, host, began, since, token } = JSON.parse(text) as Holder;
    return Number.isSafeInteger(pid) && pid > 0 ? { pid, host, began, since, token } : undefined;
  } catch {
    return undefined;
  }
}

function described(holder: Holder | undefined, path: string): string {
  if (holder === undefined) return `nobody knows who (${path} is to be removed by whoever knows that none is left)`;
  return `process ${holder.pid} on ${holder.host}, since ${holder.since} (${path} is to be removed if it is gone)`;
}
