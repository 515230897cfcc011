/**
 * Writes until it is killed, and says what was acknowledged, after it was: `run seq text`. Words: the file, its own name, how
 * many runs are its own, how many runs it contends for with others.
 */
import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Lease, NewRun } from '@drawloom/core';
import { sqlite } from '../../src/sqlite.js';

const [path, name, own, contested] = process.argv.slice(2);
const store = sqlite(path!, { busyTimeout: 30_000 });
const lease = () => ({ owner: name!, until: Date.now() + 40, now: Date.now() });

function newRun(runId: string): NewRun {
  const facts = { workflow: 'w', version: undefined, graphHash: 'h', userId: undefined, sessionId: 's' };
  return { tenant: '', runId, ...facts, createdAt: Date.now(), forkedFrom: undefined, graph: '{}' };
}

/** Whether the lease held. */
async function write(held: Lease, seq: number): Promise<boolean> {
  const text = JSON.stringify(`${name} ${'x'.repeat((seq * 37) % 900)}`);
  const records = [{ seq, type: 'step.completed', text }];
  if (!(await store.commit(held, { records, at: Date.now() }))) return false;
  writeSync(1, `${held.runId} ${seq} ${text.length}\n`);
  return true;
}

async function writeOwn(runId: string): Promise<void> {
  const created = await store.create(newRun(runId), [], { owner: name!, until: Date.now() + 3_600_000 });
  if (!created.isNew) throw created;
  for (let seq = 1; ; seq++) if (!(await write(created.lease, seq))) throw runId;
}

/** Takes the run where it can be had, and goes on until another has taken it over. */
async function contend(runId: string): Promise<void> {
  await store.create(newRun(runId), [], { owner: name!, until: 0 });
  for (;;) {
    const claimed = await store.claim({ tenant: '', runId }, lease());
    if (claimed === undefined) await setTimeout(5);
    else for (let seq = claimed.run.length + 1; await write(claimed.lease, seq); seq++);
  }
}

await Promise.all([
  ...Array.from({ length: Number(own) }, (_, index) => writeOwn(`${name}/${index}`)),
  ...Array.from({ length: Number(contested) }, (_, index) => contend(`contested/${index}`)),
]);
