// Mastra with its LibSQL store, which sets SQLite's `synchronous` to NORMAL itself and offers nothing else. Snapshots are written as by
// default, so after each step; schemas are not checked.
import { Mastra } from '@mastra/core/mastra';
import { LibSQLStore } from '@mastra/libsql';
import { chainWorkflow, runnable } from './mastra.mjs';

export function openRuns(path, steps) {
  const workflow = chainWorkflow(steps, { validateInputs: false });
  const storage = new LibSQLStore({ id: 'store', url: `file:${path}` });
  const mastra = new Mastra({ storage, workflows: { work: workflow }, logger: false });
  const { run } = runnable(mastra.getWorkflow('work'));
  return { run, close: () => storage.close?.() };
}
