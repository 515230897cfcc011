import { hmacKey, LocalExecutor, Workflow } from '@drawloom/core';
import { VirtualClock } from '@drawloom/testing';
import { DyingJournal } from './support/dying-journal.js';
import { SharedJournal } from './support/shared-journal.js';

const KEY = hmacKey('k1', 'a secret of many bytes');

/** More to begin with than may run at once; the first of them fails, and the run goes on by its error edge. */
function flow(turns: readonly number[]): Workflow<string> {
  const takes = (count: number, fails: boolean) => async (text: string) => {
    for (let turn = 0; turn < count; turn++) await Promise.resolve();
    if (fails) throw new Error('it failed');
    return text;
  };
  const workflow = new Workflow<string>('flow', { maxConcurrency: 2 })
    .addNode('a', takes(turns[0]!, true), { onError: 'b' })
    .addNode('b', () => 'mended')
    .addNode('c', takes(turns[1]!, false))
    .setStart('a')
    .setStart('c')
    .addEdge('a', 'c'); // so that c begins when it is known that a gives nothing
  for (const [index, name] of ['d', 'e', 'f'].entries())
    workflow.addNode(name, takes(turns[index + 2]!, false)).setStart(name);
  return workflow as unknown as Workflow<string>;
}

describe('A run whose record is required', () => {
  it.each([
    [0, 0, 0, 0, 0],
    [0, 1, 0, 1, 0],
    [0, 2, 0, 0, 0],
    [1, 2, 1, 0, 3],
    [2, 0, 1, 0, 2],
    [3, 4, 0, 1, 0],
  ])(
    'hears of what ended in the order of its records, also of a failure: takes %i %i %i %i %i turns',
    async (...turns) => {
      const carryOut = (journal: DyingJournal) => {
        Object.assign(journal, { carries: () => true });
        const { log } = journal.inner as SharedJournal;
        return new LocalExecutor({ journal, clock: new VirtualClock(), audit: { log, mode: 'required' } });
      };
      const whole = new DyingJournal(new SharedJournal(KEY), Infinity);
      const { perStep } = await flow(turns).run('x', { executor: carryOut(whole) });
      for (let last = 1; last <= whole.writes; last++) {
        const journal = new SharedJournal(KEY);
        const dying = new DyingJournal(journal, last);
        void flow(turns).run('x', { runId: 'r', executor: carryOut(dying) });
        await dying.died;
        const executor = carryOut(new DyingJournal(journal, Infinity));
        const again = await flow(turns).resume('r', { executor, takeOver: true });
        expect({ last, perStep: again.perStep }).toEqual({ last, perStep });
      }
    },
  );
});
