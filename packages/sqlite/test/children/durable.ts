/** Carries a run out that a killed process began, or begins it: says each step that it does, and then the output. */
import { writeSync } from 'node:fs';
import { END, LocalExecutor, Workflow, type StepContext } from '@drawloom/core';
import { sqlite } from '../../src/sqlite.js';

const [path, runId] = process.argv.slice(2);
const store = sqlite(path!);

function told<T, R>(work: (value: T) => R) {
  return (value: T, { idempotencyKey }: StepContext): R => {
    writeSync(1, `did ${idempotencyKey}\n`);
    return work(value);
  };
}

/** A loop around two branches and their join. */
const counting = new Workflow<number>('counting')
  .addNode(
    'split',
    told((count: number) => count),
  )
  .addNode(
    'left',
    told((count: number) => count + 1),
  )
  .addNode(
    'right',
    told((count: number) => count * 2),
  )
  .addNode(
    'sum',
    told(({ left, right }: { left: number; right: number }) => Math.min(left, right)),
    { join: 'all' },
  )
  .setStart('split')
  .addEdge('split', 'left')
  .addEdge('split', 'right')
  .addEdge('left', 'sum')
  .addEdge('right', 'sum')
  .addRouter('sum', (count) => (count < 20 ? 'again' : 'done'), { again: 'split', done: END });

const options = { executor: new LocalExecutor({ journal: store }) };
const known = await store.run({ tenant: '', runId: runId! });
const result =
  known === undefined
    ? await counting.run(2, { runId: runId!, ...options })
    : await counting.resume(runId!, { takeOver: true, ...options });
writeSync(1, `output ${JSON.stringify(result.output)} ${result.visited.length}\n`);
await store.close();
