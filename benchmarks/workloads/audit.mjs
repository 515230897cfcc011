import { ChainedAuditLog, hmacKey, InMemoryAuditStore, verifyAuditLog } from '@drawloom/core';
import { check } from '../work.mjs';

const AT_ONCE = 100;

/** A log of n entries such as a run makes, then its verification, in milliseconds. */
export async function auditVerify(_, { n }) {
  const key = hmacKey('bench', 'a secret of many bytes, for the benchmark');
  const log = new ChainedAuditLog({ store: new InMemoryAuditStore(), key });
  const about = { tenant: 'acme', user: 'alice', session: 's-1', run: 'r-1', workflow: 'claims', node: 'assess' };
  const digest = 'a'.repeat(64);
  const started = performance.now();
  for (let seq = 0; seq < n; seq += AT_ONCE) {
    const entry = (_, index) => ({
      action: 'step.completed',
      actor: 'workflow',
      ...about,
      visit: 1,
      facts: { n: seq + index, attempts: 1 },
      digest,
    });
    await log.append(Array.from({ length: AT_ONCE }, entry));
  }
  const written = performance.now();
  const { ok, entries } = await verifyAuditLog(log, { keys: key, anchor: await log.anchor() });
  const verified = performance.now();
  check(ok && entries, n);
  return { appendMs: written - started, verifyMs: verified - written };
}
