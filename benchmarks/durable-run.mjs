// Durable runs of Drawloom, with a journal in a SQLite file.
import { LocalExecutor, Workflow } from '@drawloom/core';
import { sqlite } from '@drawloom/sqlite';

/**
 * @param options.durability as the store takes it
 * @param options.auditOf the log that puts the runs on record, or a policy with it, made of the store; none where it is left out
 */
export function openRuns(path, steps, { durability, auditOf } = {}) {
  const store = sqlite(path, { durability });
  const audit = auditOf?.(store);
  const executor = new LocalExecutor({ journal: store, audit });
  const workflow = Workflow.chain(steps, { maxSteps: steps.length });
  return {
    run: async (input) => (await workflow.run(input, { executor })).output,
    async close() {
      await (audit?.log ?? audit)?.close();
      await store.close();
    },
  };
}
