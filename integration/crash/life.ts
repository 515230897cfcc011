/**
 * One life of a process that carries out every golden run on one SQLite file, until it is killed or everything is over; then
 * it says how each run ended. Before, it says which records were acknowledged: `run seq`. Words: the file of the store, that of the notes, its durability, a seed, and at which write it
 * kills itself (`0` at none, less than that before it instead of after).
 *
 * Asked with SIGTERM, it says what it has come to, and ends: so it is known where a life is stuck.
 */
import { appendFileSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { LocalExecutor } from '@drawloom/core';
import { sqlite } from '@drawloom/sqlite';
import { carryOut, goldenRuns, type GoldenOutcome } from '../../packages/core/test/support/golden-runs.js';
import { randomFrom } from './random.js';

const [path, notes, durability, seed, lastWrite] = process.argv.slice(2);
const random = randomFrom(Number(seed));
const ends = new Map<string, GoldenOutcome>();
writeSync(1, 'alive\n'); // from here on it may be killed
const store = sqlite(path!, { durability: durability as 'full' | 'normal', busyTimeout: 30_000 });

async function tellWhereItStands(): Promise<void> {
  const open = (await store.runs({ tenant: '', limit: 1_000 })).filter(({ runId }) => !ends.has(runId));
  const told = open.map(({ runId, workflow, status, length }) => `${runId} ${workflow} ${status} ${length}`);
  writeSync(2, `After ${writes} writes these are not over: ${told.join(', ') || 'none'}. `);
  writeSync(2, `It is kept alive by: ${process.getActiveResourcesInfo().join(', ') || 'nothing'}.`);
  process.exit(1);
}
process.once('SIGTERM', () => void tellWhereItStands());

/** Once it is written; a pipe takes it before the process can die. */
function tellAcknowledged(name: string, given: unknown[], written: unknown): void {
  if (name !== 'commit' || written !== true) return;
  const [{ runId }, { records }] = given as Parameters<typeof store.commit>;
  const last = records.at(-1);
  if (last !== undefined) writeSync(1, `${runId} ${last.seq}\n`);
}

let writes = 0;
for (const name of ['create', 'commit', 'claim', 'changeWait'] as const) {
  const write = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>;
  const dying = async (...args: unknown[]): Promise<unknown> => {
    const isLast = ++writes === Math.abs(Number(lastWrite));
    if (isLast && Number(lastWrite) < 0) process.kill(process.pid, 'SIGKILL');
    const written = await write(...args);
    tellAcknowledged(name, args, written);
    if (isLast) process.kill(process.pid, 'SIGKILL');
    return written;
  };
  Object.assign(store, { [name]: dying });
}

/** Noted before it is done, so that the notes have at least what was done. */
const note = async (what: string): Promise<void> => {
  appendFileSync(notes!, `${what}\n`);
  await setTimeout(random() * 4);
};
const authentication = { trustedCaller: true } as const;
const executor = new LocalExecutor({ journal: store, durability: { authentication, pollInterval: '50ms' } });
const runs = goldenRuns.map((golden, index) => ({ golden, runId: `run-${index}`, workflow: golden.build(note) }));
const known = await store.runs({ tenant: '', limit: 1_000 });
for (const { workflow } of runs) executor.register(workflow);
await executor.resumeAll({ takeOver: true });

/** A run that rests is looked at again soon: a delay may be over. */
async function pass<T>(result: Promise<T>): Promise<T> {
  const settled = await result;
  if ((settled as { status?: string } | undefined)?.status === 'suspended') await setTimeout(25);
  return settled;
}

await Promise.all(
  runs.map(async ({ golden, runId, workflow }) => {
    const goesOn = known.some((run) => run.runId === runId);
    ends.set(runId, await carryOut(workflow, golden.input, { executor, runId, goesOn, pass }));
  }),
);
await store.close();
const outcomes = runs.map(({ golden, runId }) => [golden.name, ends.get(runId)]);
writeSync(1, `${JSON.stringify({ writes, outcomes: Object.fromEntries(outcomes) as unknown })}\n`);
