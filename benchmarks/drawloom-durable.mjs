// Durable runs of Drawloom, with the executor and a store of @drawloom/sqlite.
import { END, LocalExecutor, Workflow } from '@drawloom/core';
import { sqlite } from '@drawloom/sqlite';
import { check, makeRoute, makeStep } from './work.mjs';

/** What a record of a step says beside the output: type, node, visit, time, duration, attempts. */
const ENVELOPE = 100;

const bare = { ambient: false };

/** @returns { carryOut(runs, steps): that many runs of a chain at once, close() } */
export function openDurable(path, { durability, bytes }) {
  const store = sqlite(path, { durability });
  const executor = new LocalExecutor({ journal: store });
  const text = 'x'.repeat(Math.max(1, bytes - ENVELOPE));
  const workflows = new Map();
  const chainOf = (steps) => {
    if (!workflows.has(steps)) {
      const bodies = Array.from({ length: steps }, () => async () => text);
      workflows.set(steps, Workflow.chain(bodies, { ...bare, maxSteps: steps }));
    }
    return workflows.get(steps);
  };
  return {
    async carryOut(runs, steps) {
      const workflow = chainOf(steps);
      const results = await Promise.all(Array.from({ length: runs }, () => workflow.run(text, { executor })));
      for (const { output } of results) check(output, text);
    },
    close: () => store.close(),
  };
}

/** A loop of `n` steps, each with a record of its own and one of its router. */
export function openLoop(path, n) {
  const store = sqlite(path, { durability: 'normal' });
  const executor = new LocalExecutor({ journal: store });
  const workflow = new Workflow('loop', { ...bare, maxSteps: n, maxVisitsPerNode: n, history: 100 })
    .addNode('step', makeStep())
    .addRouter('step', makeRoute(n), { again: 'step', done: END })
    .setStart('step');
  return { run: async (input) => (await workflow.run(input, { executor })).output, close: () => store.close() };
}

/** Runs that were left unfinished after `records` records, or wait for a signal; each `resume` is a process of its own. */
export function openResumable(path, records) {
  const waiting = new Workflow('waiting', bare).addNode('first', makeStep());
  waiting.addWait('go', { signal: 'go' }).setStart('first').addEdge('first', 'go');
  const long = new Workflow('long', { ...bare, maxSteps: records, maxVisitsPerNode: records })
    .addNode('step', makeStep())
    .addRouter('step', makeRoute(records / 2), { again: 'step', done: 'go' })
    .addWait('go', { signal: 'go' })
    .setStart('step');
  const store = sqlite(path, { durability: 'normal' });
  const executor = new LocalExecutor({ journal: store });
  executor.register(waiting, long);
  return {
    suspendMany: async (runs) => {
      const results = await Promise.all(Array.from({ length: runs }, (_, input) => waiting.run(input, { executor })));
      for (const { status } of results) check(status, 'suspended');
    },
    suspendLong: async (runId) => check((await long.run(0, { runId, executor })).status, 'suspended'),
    resume: async (runId) => check((await long.resume(runId, { executor })).status, 'suspended'),
    resumeAll: async () => check((await executor.resumeAll()).resumed.length, 0),
    close: () => store.close(),
  };
}
