import { setTimeout } from 'node:timers/promises';
import { sqlite, type SqliteStore } from '../src/index.js';
import { findDriver } from '../src/store/drivers.js';
import { connect } from '../src/connection/connect.js';
import { buildChild, startChild } from './support/child-program.js';
import { temporaryFiles } from './support/temporary-files.js';
import { withSqlite } from './support/with-sqlite.js';

const files = temporaryFiles();
const PROCESSES = 3;
const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 4);

/** Everything that is wrong with the file, in SQLite's own words. */
function integrityOf(path: string): unknown {
  const options = { driver: findDriver('tests', undefined), synchronous: 'FULL', busyTimeout: 5_000 } as const;
  const connection = connect({ ...options, path, checkpointPages: 0 });
  try {
    return connection.prepare('PRAGMA integrity_check').all();
  } finally {
    connection.close();
  }
}

async function allRecords(store: SqliteStore, runId: string): Promise<readonly { seq: number; text: string }[]> {
  return store.records({ tenant: '', runId }, 0, Infinity);
}

withSqlite('Processes that write one file and are killed', () => {
  it('B, C, D. lose nothing that was acknowledged, leave no gap, and no record to two of them', async () => {
    const program = buildChild('writer', files.directory);
    const path = files.path();
    const acknowledged = new Map<string, Map<number, number>>();
    for (let round = 0; round < ROUNDS; round++) {
      const children = Array.from({ length: PROCESSES }, (_, index) =>
        startChild(program, [path, `writer-${round}-${index}`, '4', '3']),
      );
      // Begun at different times, so that some are killed while others make the tables.
      const enough = Date.now() + 20_000;
      while (children.some(({ lines }) => lines.length < 20 + round * 7) && Date.now() < enough) await setTimeout(5);
      for (const { process } of children) process.kill('SIGKILL');
      for (const { lines, ended } of children) {
        expect((await ended).errors).toBe('');
        for (const line of lines) {
          const [run, seq, length] = line.split(' ');
          const known = acknowledged.get(run!) ?? new Map<number, number>();
          // Two acknowledgements of one number would be two owners at a time.
          expect(known.has(Number(seq))).toBe(false);
          acknowledged.set(run!, known.set(Number(seq), Number(length)));
        }
      }

      const store = sqlite(path);
      for (const [runId, numbers] of acknowledged) {
        const records = await allRecords(store, runId);
        expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
        expect(await store.run({ tenant: '', runId })).toMatchObject({ length: records.length });
        for (const [seq, length] of numbers) expect(records[seq - 1]?.text).toHaveLength(length);
      }
      await store.close();
      expect(integrityOf(path)).toEqual([{ integrity_check: 'ok' }]);
    }
    expect(acknowledged.size).toBeGreaterThanOrEqual(PROCESSES * ROUNDS);
  }, 120_000);
});
