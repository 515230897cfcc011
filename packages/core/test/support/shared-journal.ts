import {
  ChainedAuditLog,
  InMemoryAuditStore,
  InMemoryJournal,
  type AuditEntry,
  type AuditKey,
  type AuditLog,
  type Commit,
  type Lease,
} from '@drawloom/core';

/** A journal with the lines of a log in the same place: both are written, or neither. */
export class SharedJournal extends InMemoryJournal {
  readonly store = new InMemoryAuditStore();
  readonly log: ChainedAuditLog;
  commits = 0;

  constructor(key: AuditKey) {
    super();
    this.log = new ChainedAuditLog({ store: this.store, key });
  }

  carries(log: AuditLog): boolean {
    return log === this.log;
  }

  override commit(lease: Lease, change: Commit): Promise<boolean> {
    this.commits++;
    const { audit } = change;
    if (audit === undefined) return super.commit(lease, change);
    return this.log.within(async (seal) => {
      const lines = seal(audit.entries);
      const isWritten = await super.commit(lease, change);
      await this.store.append(lines);
      return isWritten;
    });
  }

  /** What is stored at this moment; the log itself would first wait for what is on its way. */
  async stored(): Promise<AuditEntry[]> {
    const entries: AuditEntry[] = [];
    for await (const line of this.store.read()) entries.push(JSON.parse(Buffer.from(line).toString()) as AuditEntry);
    return entries;
  }
}
