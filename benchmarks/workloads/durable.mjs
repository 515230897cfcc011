import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sample } from './sample.mjs';

const STEPS = 20;

/** Runs that are carried out at once, each awaiting that a step is durable before it takes the next. */
export async function durable(peer, { runs, bytes, durability, budgetMs }) {
  const directory = mkdtempSync(join(tmpdir(), 'drawloom-bench-'));
  const file = peer.openDurable(join(directory, 'runs.db'), { durability, isAlone: runs === 1 });
  const text = JSON.stringify('x'.repeat(bytes));
  const appends = await Promise.all(Array.from({ length: runs }, (_, index) => file.run(`run-${index}`)));
  let seq = 0;
  const burst = async () => {
    const first = seq + 1;
    seq += STEPS;
    await Promise.all(
      appends.map(async (append) => {
        for (let next = first; next < first + STEPS; next += 1) await append(next, text);
      }),
    );
    return runs * STEPS;
  };
  try {
    return await sample(burst, () => runs * STEPS, budgetMs);
  } finally {
    await file.close();
    rmSync(directory, { recursive: true });
  }
}
