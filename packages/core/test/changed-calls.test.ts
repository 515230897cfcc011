import {
  Agent,
  InMemoryJournal,
  LocalExecutor,
  step,
  systemClock,
  Workflow,
  type Clock,
  type Workflow as AnyWorkflow,
} from '@drawloom/core';
import { AnsweringModel } from './support/answering-model.js';
import { thrownBy } from './collect-events.js';
import { DyingJournal } from './support/dying-journal.js';

/** Of a process that is dead soon: what it waits for keeps nobody waiting. */
const clock: Clock = {
  now: () => Date.now(),
  setTimer: (ms, fire) => systemClock.setTimer(ms, fire, { background: true }),
};

/** What a step asks for in each of its lives; and what was really asked. */
interface Asked {
  readonly life: { number: number };
  readonly done: unknown[];
}

const double = new Workflow<number>('double').addNode('times', (count: number) => 2 * count).setStart('times');

const KINDS: readonly (readonly [string, (asked: Asked, ask: (life: number) => number) => AnyWorkflow])[] = [
  [
    'a function that is a step()',
    ({ life, done }, ask) => {
      const look = step('look', async (id: number) => (done.push(id), id * 2));
      return flow(async () => look(ask(life.number)));
    },
  ],
  [
    'a model',
    ({ life, done }, ask) => {
      const model = new AnsweringModel(({ messages }) => (done.push(messages.at(-1)), 'fine'));
      const clerk = new Agent({ name: 'clerk', model, instructions: 'Be brief.' });
      return flow(async () => (await clerk.run(`number ${ask(life.number)}`)).output);
    },
  ],
  [
    'a workflow',
    ({ life, done }, ask) =>
      flow(async () => {
        const { output } = await double.run(ask(life.number));
        done.push(output);
        return output as number;
      }),
  ],
];

/** A step that asks, and another thing to do, in the middle of which the process dies. */
function flow(body: () => Promise<unknown>): AnyWorkflow {
  return new Workflow<string>('flow')
    .addNode('ask', async () => {
      const answer = await body();
      await step('last', () => Promise.resolve('done'))();
      return answer;
    })
    .setStart('ask') as unknown as AnyWorkflow;
}

describe.each(KINDS)('A step that runs again and asks %s', (_, build) => {
  /** Dies at every write after the answer is recorded, and lives again. */
  async function livesTwice(ask: (life: number) => number) {
    const outcomes: { error: unknown; again: number; isRecorded: boolean }[] = [];
    const counting = new DyingJournal(new InMemoryJournal(), Infinity);
    await build({ life: { number: 1 }, done: [] }, ask).run('', { executor: new LocalExecutor({ journal: counting }) });
    for (let last = 1; last < counting.writes; last++) {
      const asked: Asked = { life: { number: 1 }, done: [] };
      const workflow = build(asked, ask);
      const journal = new InMemoryJournal();
      const dying = new DyingJournal(journal, last);
      void workflow.run('', { runId: 'r', executor: new LocalExecutor({ journal: dying, clock }) });
      await dying.died;
      for (let turn = 0; turn < 50; turn++) await Promise.resolve();
      const records = await journal.records({ tenant: '', runId: 'r' }, 0, 100);
      const before = asked.done.length;
      asked.life.number = 2;
      const executor = new LocalExecutor({ journal });
      const error = await thrownBy(() => workflow.resume('r', { executor, takeOver: true })).catch(() => undefined);
      const isAnswered = records.some(
        ({ type, text }) => type === 'call.completed' || (type === 'run.started' && text.includes('"path"')),
      );
      const isOver = records.some(
        ({ type, text }) => type === 'step.completed' && text.includes('"ask"') && !text.includes('"path"'),
      );
      const isRecorded = isAnswered && !isOver;
      outcomes.push({ error, again: asked.done.length - before, isRecorded });
    }
    return outcomes;
  }

  it('for the same gets the answer that is recorded', async () => {
    const outcomes = await livesTwice(() => 7);
    expect(outcomes.filter(({ isRecorded }) => isRecorded).length).toBeGreaterThan(0);
    expect(outcomes.map(({ error }) => error)).toEqual(outcomes.map(() => undefined));
  });

  it('for something else is told so, and does not get the answer to another question', async () => {
    const outcomes = (await livesTwice((life) => life)).filter(({ isRecorded }) => isRecorded);
    expect(outcomes.length).toBeGreaterThan(0);
    for (const { error, again } of outcomes) {
      expect(error).toMatchObject({ code: 'STEP_FAILED', cause: { code: 'CALL_CHANGED' } });
      expect(again).toBe(0);
    }
  });
});
