/** Opens a store as somebody who may not write, and says what came of it. */
import { writeSync } from 'node:fs';
import { sqlite } from '../../src/sqlite.js';

if (process.getuid?.() === 0) process.setuid!(65_534);
try {
  const store = sqlite(process.argv[2]!);
  writeSync(1, 'opened\n');
  await store.close();
} catch (error) {
  writeSync(1, `${(error as { code?: unknown }).code}: ${(error as Error).message.replaceAll('\n', ' ')}\n`);
}
