import assert from 'node:assert/strict';
import type { Lease, NewRun, NewWait } from '@drawloom/core';
import type { SqliteStore } from '../../src/index.js';

/** A record that somebody was told is durable. */
export interface Acknowledged {
  readonly runId: string;
  readonly seq: number;
  /** Of the log at that time. */
  readonly logSize: number;
}

export function numberedRun(runId: string, facts: Partial<NewRun> = {}): NewRun {
  return {
    tenant: '',
    runId,
    workflow: 'w',
    version: undefined,
    graphHash: 'h',
    userId: 'alice',
    sessionId: 's',
    createdAt: 1,
    forkedFrom: undefined,
    graph: '{}',
    ...facts,
  };
}

export async function begin(store: SqliteStore, runId: string): Promise<Lease> {
  const created = await store.create(numberedRun(runId), [], { owner: 'tests', until: 1e15 });
  assert.ok(created.isNew);
  return created.lease;
}

/** One more record, and a wait that goes with it; the number of the record. */
export async function commitNumber(store: SqliteStore, lease: Lease): Promise<number> {
  const seq = (await store.run(lease))!.length + 1;
  const records = [{ seq, type: 'step.completed', text: JSON.stringify('x'.repeat((seq * 131) % 1_500)) }];
  assert.equal(await store.commit(lease, { records, opens: [waitOf(lease, seq)], at: seq }), true);
  return seq;
}

function waitOf({ tenant, runId }: Lease, seq: number): NewWait {
  return {
    tenant,
    runId,
    id: `${runId}/${seq}`,
    kind: 'approval',
    workflow: 'w',
    userId: 'alice',
    node: 'ask',
    visit: seq,
    signal: undefined,
    openedAt: seq,
    dueAt: undefined,
    users: ['bob'],
    groups: [],
    about: '{}',
    state: '{}',
  };
}

/** How many records each run has, after a look at whether each commit is there as a whole and none is left out. */
export async function openAll(store: SqliteStore, runs: number): Promise<Map<string, number>> {
  const lengths = new Map<string, number>();
  for (let index = 0; index < runs; index++) {
    const key = { tenant: '', runId: `run-${index}` };
    const run = await store.run(key);
    if (run === undefined) continue;
    const records = await store.records(key, 0, Infinity);
    assert.deepEqual(
      records.map(({ seq }) => seq),
      Array.from({ length: run.length }, (_, place) => place + 1),
    );
    const waits = await store.waits({ ...key, limit: Infinity });
    assert.deepEqual(
      waits.map(({ visit }) => visit),
      records.map(({ seq }) => seq),
    );
    lengths.set(key.runId, run.length);
  }
  return lengths;
}
