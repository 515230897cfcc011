// The same, with an audit log in the same file: the end of each step is on record in the transaction of its record.
import { ChainedAuditLog, hmacKey } from '@drawloom/core';
import { openRuns as openDurableRuns } from './durable-run.mjs';

const key = hmacKey('bench', 'a secret of many bytes, for the benchmark');

export const openRuns = (path, steps) =>
  openDurableRuns(path, steps, {
    auditOf: (store) => new ChainedAuditLog({ store: store.auditStore(), key }),
  });
