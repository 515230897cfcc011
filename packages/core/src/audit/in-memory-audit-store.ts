import { AdapterError } from '../errors/adapter-error.js';
import type { AuditStore, OpenedAuditStore, SealedLine } from '../ports/audit-log.js';

/** Lines that live as long as the process: for tests, and for whoever carries them away himself. */
export class InMemoryAuditStore implements AuditStore {
  readonly #lines: Uint8Array[] = [];
  #isOpen = false;

  async open(): Promise<OpenedAuditStore> {
    if (this.#isOpen) throw AdapterError.auditLocked('InMemoryAuditStore', 'another log of this process');
    this.#isOpen = true;
    return { last: this.#lines.at(-1) };
  }

  async append(lines: readonly SealedLine[]): Promise<void> {
    if (!this.#isOpen) throw AdapterError.auditUnavailable('InMemoryAuditStore', 'it is not open');
    for (const { bytes } of lines) this.#lines.push(Uint8Array.from(bytes));
  }

  async *read(): AsyncIterable<Uint8Array> {
    for (const bytes of this.#lines) yield Uint8Array.from(bytes);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
  }
}
