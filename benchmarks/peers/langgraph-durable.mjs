// LangGraph with its SQLite checkpointer. `durability: 'sync'`: a checkpoint is written before the next step begins, as with ours.
// Its saver leaves SQLite's `synchronous` as the driver has it, which is NORMAL; FULL is set on its database.
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { chainGraph } from './langgraph.mjs';

const SYNCHRONOUS = { normal: 'NORMAL', full: 'FULL' };

export function openRuns(path, steps, { durability }) {
  const saver = SqliteSaver.fromConnString(path);
  saver.db.pragma('journal_mode = WAL');
  saver.db.pragma(`synchronous = ${SYNCHRONOUS[durability]}`);
  const compiled = chainGraph(steps).compile({ checkpointer: saver });
  let threads = 0;
  return {
    run: async (input) => {
      const configurable = { thread_id: `run-${(threads += 1)}` };
      const options = { configurable, recursionLimit: steps.length + 2, durability: 'sync' };
      return (await compiled.invoke({ value: input }, options)).value;
    },
    close: () => saver.db.close(),
  };
}
