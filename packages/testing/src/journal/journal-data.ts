import assert from 'node:assert/strict';
import type { Created, Journal, JournalRecord, Lease, NewRun, NewWait, RunInfo } from '@drawloom/core';

/** When everything of the suite happens, unless it is said: no clock is read. */
export const NOW = 1_700_000_000_000;
export const OWNER = { owner: 'worker-1', until: NOW + 30_000 };
export const OTHER = { owner: 'worker-2', until: NOW + 60_000 };

export function newRun(facts: Partial<NewRun> = {}): NewRun {
  return {
    tenant: 'acme',
    runId: 'run-1',
    workflow: 'Claims',
    version: '1.0',
    graphHash: 'hash-1',
    userId: 'alice',
    sessionId: 'session-1',
    createdAt: NOW,
    forkedFrom: undefined,
    graph: '{"nodes":[]}',
    ...facts,
  };
}

/** Records in a row, the first with the number `from`. */
export function recordsFrom(from: number, count = 1, text = 'n'): readonly JournalRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    seq: from + index,
    type: 'step.completed',
    text: JSON.stringify(`${text}${from + index}`),
  }));
}

export function newWait(run: Pick<NewRun, 'tenant' | 'runId'>, facts: Partial<NewWait> = {}): NewWait {
  return {
    tenant: run.tenant,
    runId: run.runId,
    id: `${run.runId}/wait`,
    kind: 'approval',
    workflow: 'Claims',
    userId: 'alice',
    node: 'askManager',
    visit: 1,
    signal: undefined,
    openedAt: NOW,
    dueAt: undefined,
    users: [],
    groups: [],
    about: '{"amount":10}',
    state: '{}',
    ...facts,
  };
}

/** The lease of a run that has to be new. */
export function leaseOf(created: Created): Lease {
  assert.equal(created.isNew, true);
  return (created as Extract<Created, { isNew: true }>).lease;
}

/** Begins a run under the usual lease. */
export async function begin(journal: Journal, facts: Partial<NewRun> = {}, records = 0): Promise<Lease> {
  return leaseOf(await journal.create(newRun(facts), recordsFrom(1, records), OWNER));
}

/** A run that sleeps, with waits if there are any. */
export async function suspended(
  journal: Journal,
  facts: Partial<NewRun> = {},
  { waits = [], wakeAt, at = NOW }: { waits?: readonly Partial<NewWait>[]; wakeAt?: number; at?: number } = {},
): Promise<Lease> {
  const lease = await begin(journal, facts);
  const opens = waits.map((wait) => newWait(lease, { ...(facts.workflow && { workflow: facts.workflow }), ...wait }));
  assert.equal(await journal.commit(lease, { records: [], opens, status: 'suspended', wakeAt, at }), true);
  return lease;
}

export async function seqsOf(journal: Journal, key: Pick<NewRun, 'tenant' | 'runId'>): Promise<number[]> {
  return (await journal.records(key, 0, 1_000)).map(({ seq }) => seq);
}

export function idsOf(runs: readonly RunInfo[]): string[] {
  return runs.map(({ runId }) => runId);
}

export function waitIdsOf(waits: readonly { readonly id: string }[]): string[] {
  return waits.map(({ id }) => id);
}

/** That something is refused as what cannot be kept. */
export async function refuses(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.equal((error as { code?: unknown }).code, 'JOURNAL_MISMATCH');
    return true;
  });
}
