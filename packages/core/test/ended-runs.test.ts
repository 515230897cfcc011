/** A run that is asked for again, or taken up again, shows whoever asks what it showed before: the same result, the same error. */
import {
  END,
  InMemoryJournal,
  LocalExecutor,
  RunError,
  StepError,
  Workflow,
  type Runnable,
  type StepContext,
  type StepFailure,
  type WorkflowError,
} from '@drawloom/core';
import { z } from 'zod';
import { DyingJournal } from './support/dying-journal.js';

const never = (_: unknown, { signal }: StepContext): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

const fails: Readonly<Record<string, () => Runnable<number, unknown>>> = {
  'a step throws': () =>
    new Workflow<number>('throws')
      .addNode('a', (): never => {
        throw Object.assign(new RangeError('too far'), { code: 'E_FAR' });
      })
      .setStart('a'),
  'a step takes too long': () => new Workflow<number>('slow').addNode('a', never, { timeout: 5 }).setStart('a'),
  'an input does not fit': () =>
    new Workflow<number>('unfit').addNode('a', (x: number) => x, { input: z.number().max(0) }).setStart('a'),
  'an output cannot be kept': () => new Workflow<number>('kept').addNode('a', () => () => 1).setStart('a'),
  'what was thrown cannot be kept': () =>
    new Workflow<number>('odd')
      .addNode('a', (): never => {
        throw new Error('odd', { cause: () => 1 });
      })
      .setStart('a'),
  'a key has no route': () =>
    new Workflow<number>('lost')
      .addNode('a', (x: number) => x)
      .addRouter('a', () => 'no' as 'yes', { yes: END })
      .setStart('a'),
  'a router throws': () =>
    new Workflow<number>('route')
      .addNode('a', (x: number) => x)
      .addRouter(
        'a',
        (): 'yes' => {
          throw new TypeError('what?');
        },
        { yes: END },
      )
      .setStart('a'),
  'a cap is reached': () => Workflow.chain([(x: number) => x, (x: number) => x], { maxSteps: 1 }),
  'the run takes too long': () => new Workflow<number>('late', { timeout: 5 }).addNode('a', never).setStart('a'),
  'a nested run reaches a cap': () =>
    new Workflow<number>('outer')
      .addNode('n', Workflow.chain([(x: number) => x, (x: number) => x], { maxSteps: 1 }))
      .setStart('n'),
  'it fails and is undone': () =>
    new Workflow<number>('undone', { maxSteps: 1 })
      .addNode('a', (x: number) => x)
      .addNode('b', (x: number) => x)
      .addCompensation('a', () => undefined)
      .setStart('a')
      .addEdge('a', 'b'),
};

const failureOf = (run: Promise<unknown>): Promise<WorkflowError> =>
  run.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as WorkflowError,
  );

/** What a caller can tell errors by. Of what a step threw, class and stack are not kept where they are a user's. */
const shownOf = ({ name, message, code, where, fix, cause, constructor }: WorkflowError) => {
  const { name: causeName, message: causeMessage } = (cause ?? {}) as Error;
  return { name, message, code, where, fix, constructor, causeName, causeMessage };
};

describe('A run that has failed', () => {
  it.each(Object.entries(fails))('fails in the same way when it is asked for again: %s', async (_, make) => {
    const executor = new LocalExecutor({ journal: new InMemoryJournal() });
    const workflow = make();
    const first = await failureOf(workflow.run(1, { executor, runId: 'r' }));
    for (const again of [workflow.run(1, { executor, runId: 'r' }), make().resume('r', { executor })])
      expect(shownOf(await failureOf(again))).toEqual(shownOf(first));
  });

  it('and was cancelled says that again, and can be cancelled once more', async () => {
    const executor = new LocalExecutor({ journal: new InMemoryJournal() });
    const workflow = Workflow.chain([(x: number) => x]);
    const cancelled = { executor, runId: 'r', signal: AbortSignal.abort('enough') };
    const first = await failureOf(workflow.run(1, cancelled));
    expect(first).toMatchObject({ code: 'RUN_CANCELLED' });
    expect(shownOf(await failureOf(workflow.resume('r', { executor })))).toEqual(shownOf(first));
    await workflow.cancel('r', { executor });
  });

  it('however it did, has ended for whoever cancels it', async () => {
    const executor = new LocalExecutor({ journal: new InMemoryJournal() });
    for (const make of Object.values(fails)) {
      const workflow = make();
      await failureOf(workflow.run(1, { executor, runId: `${workflow.name} 2` }));
      await workflow.cancel(`${workflow.name} 2`, { executor });
    }
  });
});

describe('A failure that a step handles', () => {
  it('is the same one after a crash: of the same class, with the same facts', async () => {
    const seen: unknown[] = [];
    const look = ({ error }: StepFailure<number>): string => {
      seen.push([StepError.is(error), RunError.is((error as Error).cause), (error as StepError).code]);
      return 'handled';
    };
    const workflow = new Workflow<number>('handles')
      .addNode('slow', never, { timeout: 5, onError: 'look' })
      .addNode('look', look)
      .setStart('slow');
    const kept = new InMemoryJournal();
    const journal = new DyingJournal(kept, 3, 'before'); // the one that says that it was looked at
    void workflow.run(1, { executor: new LocalExecutor({ journal }), runId: 'r' });
    await journal.died;
    const later = new LocalExecutor({ journal: kept });
    expect((await workflow.resume('r', { executor: later, takeOver: true })).output).toBe('handled');
    expect(seen).toEqual([
      [true, false, 'STEP_TIMEOUT'],
      [true, false, 'STEP_TIMEOUT'],
    ]);
  });
});
