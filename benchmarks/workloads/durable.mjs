import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { check } from '../work.mjs';
import { sample } from './sample.mjs';

const BATCH = 1_000;
const ATTEMPTS = 5;
const COLLECT_EVERY_MS = 500;

/** Of a run in one burst: enough that its beginning and its end hardly count. */
export const STEPS = 100;

/** Runs that are carried out at once, each awaiting that a step is durable before it takes the next. */
export async function durable(peer, { runs, bytes, durability, budgetMs }) {
  return inDirectory(async (path) => {
    const file = peer.openDurable(path, { durability, bytes, isAlone: runs === 1 });
    const carryOut = file.carryOut ?? (await appending(file, runs, bytes));
    const burst = async () => {
      await carryOut(runs, STEPS);
      return runs * STEPS;
    };
    try {
      return await sample(burst, () => runs * STEPS, budgetMs);
    } finally {
      await file.close();
    }
  });
}

/** How long the event loop keeps others waiting while many durable runs are busy: the 99th percentile, in milliseconds. */
export async function busyRuns(peer, { runs, bytes, budgetMs }) {
  return inDirectory(async (path) => {
    const file = peer.openDurable(path, { durability: 'full', bytes, isAlone: false });
    const carryOut = file.carryOut ?? (await appending(file, runs, bytes));
    await carryOut(runs, STEPS);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    for (const until = performance.now() + 2 * budgetMs; performance.now() < until;) await carryOut(runs, STEPS);
    delay.disable();
    await file.close();
    return { delayMs: delay.percentile(99) / 1e6 };
  });
}

/** The same for a peer that knows records only. */
async function appending(file, runs, bytes) {
  const text = JSON.stringify('x'.repeat(bytes));
  const appends = await Promise.all(Array.from({ length: runs }, (_, index) => file.run(`run-${index}`)));
  let seq = 0;
  return async (_, steps) => {
    const first = seq + 1;
    seq += steps;
    const writeAll = async (append) => {
      for (let next = first; next < first + steps; next += 1) await append(next, text);
    };
    await Promise.all(appends.map(writeAll));
  };
}

/** How long it takes to take up a run with `n` records, and to start beside `suspended` runs that wait; in milliseconds. */
export async function resuming(peer, { n, suspended }) {
  return inDirectory(async (path) => {
    const before = peer.openResumable(path, n);
    await before.suspendLong('long');
    for (let made = 0; made < suspended; made += BATCH) await before.suspendMany(Math.min(BATCH, suspended - made));
    await before.close();
    const times = [];
    let startMs = Infinity;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const opening = performance.now();
      const after = peer.openResumable(path, n);
      await after.resumeAll();
      startMs = Math.min(startMs, performance.now() - opening);
      const started = performance.now();
      await after.resume('long');
      times.push(performance.now() - started);
      await after.close();
    }
    return { resumeMs: Math.min(...times), startMs };
  });
}

/** How much the heap grows over very many durable steps of a few endless runs, in bytes, after a forced collection. */
export async function endlessDurable(peer, { n, runs }) {
  return inDirectory(async (path) => {
    const file = peer.openLoop(path, n / runs);
    const heaps = [];
    const timer = setInterval(() => {
      globalThis.gc();
      heaps.push(process.memoryUsage().heapUsed);
    }, COLLECT_EVERY_MS);
    const outputs = await Promise.all(Array.from({ length: runs }, () => file.run(0)));
    for (const output of outputs) check(output, n / runs);
    clearInterval(timer);
    await file.close();
    return { heapGrowth: heaps.length < 2 ? undefined : heaps.at(-1) - heaps[0] };
  });
}

async function inDirectory(work) {
  const directory = mkdtempSync(join(tmpdir(), 'drawloom-bench-'));
  try {
    return await work(join(directory, 'runs.db'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
