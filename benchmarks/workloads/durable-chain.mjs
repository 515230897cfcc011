import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSteps } from '../work.mjs';
import { sample } from './sample.mjs';

/** Runs of a chain of n steps, one after the other, each step durable before the next; `durability` where it is not the peer's default. */
export async function durableChain(peer, { n, durability, budgetMs }) {
  const directory = mkdtempSync(join(tmpdir(), 'drawloom-bench-'));
  const { run, close } = peer.openRuns(join(directory, 'runs.db'), makeSteps(n), { durability });
  try {
    return await sample(run, (input) => input + n, budgetMs);
  } finally {
    await close();
    rmSync(directory, { recursive: true });
  }
}
