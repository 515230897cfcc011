// Durable steps in the store, without the executor: a commit with one record for each.
import { sqlite } from '@drawloom/sqlite';
import { check } from './work.mjs';

const FACTS = { workflow: 'w', version: undefined, graphHash: 'h', userId: 'u', sessionId: 's', forkedFrom: undefined };

/** @returns { run(name): appends(text) for one run, close() } */
export function openDurable(path, { durability }) {
  const store = sqlite(path, { durability });
  return {
    async run(runId) {
      const run = { tenant: '', runId, ...FACTS, createdAt: Date.now(), graph: '{}' };
      const { lease } = await store.create(run, [], { owner: 'bench', until: Infinity });
      return async (seq, text) =>
        check(await store.commit(lease, { records: [{ seq, type: 'step.completed', text }], at: Date.now() }), true);
    },
    close: () => store.close(),
  };
}
