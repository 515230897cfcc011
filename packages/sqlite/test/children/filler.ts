/** Writes to a store until it cannot, says each record that was acknowledged, and then the code that it got. */
import { writeSync } from 'node:fs';
import { sqlite } from '../../src/sqlite.js';
import { begin } from '../support/numbered-runs.js';

const [path, runId] = process.argv.slice(2);

try {
  const store = sqlite(path!);
  const lease = await begin(store, runId!);
  for (let seq = 1; seq < 100_000; seq++) {
    const records = [{ seq, type: 'step.completed', text: JSON.stringify('x'.repeat(3_000)) }];
    await store.commit(lease, { records, at: seq });
    writeSync(1, `${seq}\n`);
  }
} catch (error) {
  writeSync(1, `${(error as { code?: unknown }).code}: ${(error as Error).message.split('\n')[0]}\n`);
}
process.exit(0);
