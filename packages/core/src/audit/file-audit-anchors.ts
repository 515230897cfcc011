import type { AuditAnchors } from '../ports/audit-log.js';

/**
 * An anchor in a file. It proves what it should where whoever may change the log may not change this file: on another disk,
 * or under another account.
 */
export class FileAuditAnchors implements AuditAnchors {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      return await process.getBuiltinModule('node:fs/promises').readFile(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Written elsewhere and moved there: a crash leaves the old one or the new one. */
  async write(anchor: Uint8Array): Promise<void> {
    const { mkdir, rename, writeFile } = process.getBuiltinModule('node:fs/promises');
    await mkdir(process.getBuiltinModule('node:path').dirname(this.#path), { recursive: true });
    const next = `${this.#path}.next`;
    await writeFile(next, anchor, { mode: 0o600, flush: true });
    await rename(next, this.#path);
  }
}
