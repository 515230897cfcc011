/**
 * Carries out runs of a loop as it is told, line by line: `start run`, `resume run`, `take run` (from whoever has it), `await run`
 * (as soon as it is to be had). Says `ready`, each step that it begins as `did key`, how a run ends as `output run value`, and
 * `error run code`. Words: the file, the lease, how many milliseconds a step takes.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { END, LocalExecutor, WorkflowError, Workflow, type Duration, type StepContext } from '@drawloom/core';
import { sqlite } from '../../src/sqlite.js';

const [path, lease, stepMs] = process.argv.slice(2);
const store = sqlite(path!, { busyTimeout: 30_000 });
const executor = new LocalExecutor({ journal: store, durability: { lease: lease as Duration } });
const say = (line: string): void => void writeSync(1, `${line}\n`);

const counting = new Workflow<number, number>('counting')
  .addNode('count', async (count: number, { idempotencyKey }: StepContext) => {
    say(`did ${idempotencyKey}`);
    await setTimeout(Number(stepMs));
    return count + 1;
  })
  .setStart('count')
  .addRouter('count', (count) => (count < 10 ? 'again' : 'done'), { again: 'count', done: END });

async function carryOut(word: string, runId: string): Promise<void> {
  const options = { executor, takeOver: word === 'take' };
  try {
    const { output } = await (word === 'start'
      ? counting.run(0, { executor, runId })
      : counting.resume(runId, options));
    say(`output ${runId} ${output}`);
  } catch (error) {
    const { code } = error as WorkflowError;
    if (word !== 'await' || code !== 'RUN_ELSEWHERE') return say(`error ${runId} ${code}`);
    await setTimeout(20);
    await carryOut(word, runId);
  }
}

const underWay: Promise<void>[] = [];
say('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const [word, runId] = line.split(' ');
  underWay.push(carryOut(word!, runId!));
}
await Promise.all(underWay);
await store.close();
