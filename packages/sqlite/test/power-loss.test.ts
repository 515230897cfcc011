import { copyFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { sqlite } from '../src/index.js';
import { begin, commitNumber, openAll, type Acknowledged } from './support/numbered-runs.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();
const CUTS = Number(process.env['POWER_CUTS'] ?? 300);
/** Few enough that the log is not copied into the file meanwhile. */
const COMMITS = 60;
const RUNS = 3;

/** What a power failure leaves: the file as it was, and as much of the log as reached the disk. */
interface Remains {
  readonly database: Buffer;
  readonly log: Buffer;
  /** What was acknowledged when the log had this size. */
  readonly acknowledged: readonly Acknowledged[];
}

async function write(): Promise<Remains> {
  const path = files.path();
  const store = sqlite(path);
  const leases = await Promise.all(Array.from({ length: RUNS }, (_, index) => begin(store, `run-${index}`)));
  const acknowledged: Acknowledged[] = [];
  for (let index = 0; index < COMMITS; index++) {
    // One alone and several together, records and waits.
    const writers = index % 4 === 0 ? leases : [leases[index % RUNS]!];
    const seqs = await Promise.all(writers.map((lease) => commitNumber(store, lease)));
    for (const [place, { runId }] of writers.entries()) {
      acknowledged.push({ runId, seq: seqs[place]!, logSize: statSync(`${path}-wal`).size });
    }
  }
  const [database, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
  await store.close();
  return { database, log, acknowledged };
}

/** Opens what remains as a store would be after the power is back, and checks it; which records it has. */
async function recovered({ database, log }: Pick<Remains, 'database' | 'log'>): Promise<Map<string, number>> {
  const path = files.path();
  writeFileSync(path, database);
  writeFileSync(`${path}-wal`, log);
  const store = sqlite(path);
  const lengths = await openAll(store, RUNS);
  await store.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
  return lengths;
}

withSqlite('A store after a power failure', () => {
  it('B. has a prefix of what was written, with all that was acknowledged, wherever the log is cut or torn', async () => {
    const { database, log, acknowledged } = await write();
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 0x7fff_ffff) % below;
    const seen = new Set<number>();
    for (let index = 0; index < CUTS; index++) {
      const end = random(log.length + 1);
      // Every second time the last sector that was being written is garbage.
      const sound = index % 2 === 0 ? end : Math.max(0, end - 512);
      const cut = Buffer.from(log.subarray(0, end));
      cut.fill(0xa5, sound);
      const lengths = await recovered({ database, log: cut });
      for (const { runId, seq, logSize } of acknowledged) {
        if (logSize <= sound) expect(lengths.get(runId) ?? 0).toBeGreaterThanOrEqual(seq);
      }
      seen.add([...lengths.values()].reduce((sum, length) => sum + length, 0));
    }
    // The cuts were not all at one end.
    expect(seen.size).toBeGreaterThan(Math.min(CUTS, COMMITS) / 4);
  }, 300_000);

  it('B. has all of it where the log is whole', async () => {
    const { database, log, acknowledged } = await write();
    const lengths = await recovered({ database, log });
    for (const { runId, seq } of acknowledged) expect(lengths.get(runId)).toBeGreaterThanOrEqual(seq);
    expect(lengths.size).toBe(RUNS);
  });

  it('goes on from a copy of file and log that was made while it was open', async () => {
    const [path, copy] = [files.path(), files.path()];
    const store = sqlite(path);
    const lease = await begin(store, 'run-0');
    await commitNumber(store, lease);
    for (const suffix of ['', '-wal']) copyFileSync(path + suffix, copy + suffix);
    await commitNumber(store, lease);
    await store.close();
    const other = sqlite(copy);
    expect(await openAll(other, 1)).toEqual(new Map([['run-0', 1]]));
    expect(await commitNumber(other, lease)).toBe(2);
    await other.close();
  });
});
