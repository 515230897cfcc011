import {
  Agent,
  Allowance,
  InMemoryJournal,
  InMemoryMemory,
  LocalExecutor,
  RateLimiter,
  Workflow,
  tool,
} from '@drawloom/core';
import { AnsweringModel, callOf, isAfterTools } from './support/answering-model.js';
import { DyingJournal } from './support/dying-journal.js';

const usage = { inputTokens: 30, outputTokens: 10 };

describe('An agent in a run that is resumed', () => {
  it('asks its model and its tools for nothing again that is recorded, whatever the moment of the crash', async () => {
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    await deskFlow().flow.run('go', { executor: new LocalExecutor({ journal: whole }) });
    expect(whole.writes).toBeGreaterThan(5);
    for (let writes = 1; writes < whole.writes; writes++) {
      const journal = new InMemoryJournal();
      const dying = new DyingJournal(journal, writes, 'after');
      const allowance = new Allowance({ name: 'mine', calls: 100 });
      const rateLimit = new RateLimiter({ perMinute: 100 });
      const acquired = jest.spyOn(rateLimit, 'acquire');
      const { flow, model, looked, memory } = deskFlow();
      const accompanied = { allowances: [allowance], rateLimit, memory };
      const about = { runId: 'r', userId: 'alice' };
      void flow.run('go', { ...about, executor: new LocalExecutor({ journal: dying, ...accompanied }) });
      await dying.died;
      const executor = new LocalExecutor({ journal, ...accompanied });
      const result = await flow.resume('r', { takeOver: true, executor });
      expect(result.output).toBe('done, done');
      // What was made and not yet recorded when the process died is made again: one call at most.
      const asked = model.requests.length;
      expect([writes, asked === 4 || asked === 5]).toEqual([writes, true]);
      expect(looked.length).toBeLessThanOrEqual(3);
      expect([(await allowance.used('alice')).calls, acquired.mock.calls.length]).toEqual([asked, asked]);
      expect(result.usage).toMatchObject({ calls: 4, totalTokens: 160 });
      expect(result.steps.map(({ node, usage: used }) => [node, used?.calls])).toEqual([
        ['first', 2],
        ['second', 2],
      ]);
      const { episodes } = await memory.export({ userId: 'alice' });
      expect(episodes.map(({ id, output }) => [id, output])).toEqual([
        ['r/first/1', 'done'],
        ['r/second/1', 'done, done'],
      ]);
    }
  });
});

/** Two agents one after the other; each asks its model, a tool, and its model again. */
function deskFlow() {
  const looked: string[] = [];
  const look = tool({
    name: 'look',
    description: 'Looks.',
    run: (_, { idempotencyKey }) => void looked.push(idempotencyKey),
  });
  const model = new AnsweringModel((request) => {
    if (!isAfterTools(request)) return { toolCalls: [callOf('look')], usage };
    const { content } = request.messages.findLast(({ role }) => role === 'user')!;
    return { content: content === 'go' ? 'done' : `${content}, done`, usage };
  });
  const memory = new InMemoryMemory();
  const agent = new Agent({ name: 'desk', model, tools: [look] });
  return { flow: Workflow.chain({ first: agent, second: agent }), model, looked, memory };
}
