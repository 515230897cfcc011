// The same, with a record that is required: the intent of each step is on record before it begins.
import { ChainedAuditLog, hmacKey } from '@drawloom/core';
import { openRuns as openDurableRuns } from './durable-run.mjs';

const key = hmacKey('bench', 'a secret of many bytes, for the benchmark');

export const openRuns = (path, steps) =>
  openDurableRuns(path, steps, {
    auditOf: (store) => ({ log: new ChainedAuditLog({ store: store.auditStore(), key }), mode: 'required' }),
  });
