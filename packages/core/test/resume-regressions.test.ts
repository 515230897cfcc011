/**
 * What users of other engines have reported of resuming, each as a test of its own: none of it happens here. The names say whose
 * report it was.
 */
import {
  END,
  InMemoryJournal,
  LocalExecutor,
  Workflow,
  type ApprovalDecision,
  type Journal,
  type Runnable,
  type SuspendedRun,
} from '@drawloom/core';
import { DyingJournal } from './support/dying-journal.js';

const executorOn = (journal: Journal): LocalExecutor =>
  new LocalExecutor({ journal, durability: { authentication: { trustedCaller: true } } });

const decide = async (
  executor: LocalExecutor,
  id: string,
  outcome: 'approved' | 'rejected' = 'approved',
): Promise<unknown> => {
  const { digest } = await executor.approvals.get(id);
  return executor.approvals.decide(id, { actor: { userId: 'mia' }, outcome, digest });
};

const waitsOf = async (run: Promise<unknown>): Promise<SuspendedRun['waits']> => ((await run) as SuspendedRun).waits;

/** Carries a run out on a journal whose process dies at its n-th write, and then in another process to its end. */
async function dieAndGoOn(flow: Runnable<never, unknown>, input: unknown, writes: number): Promise<unknown> {
  const journal = new InMemoryJournal();
  const dying = new DyingJournal(journal, writes);
  void flow.run(input as never, { executor: executorOn(dying), runId: 'r' }).catch(() => undefined);
  await dying.died;
  return (await flow.resume('r', { executor: executorOn(journal), takeOver: true })).output;
}

describe('LangGraph', () => {
  it('#8039: the order of writes does not decide whether a step runs again', async () => {
    const log: string[] = [];
    const flow = new Workflow('order')
      .addNode('a', () => log.push('a'))
      .addNode('b', () => log.push('b'))
      .addNode('join', (counts: { a: number; b: number }) => Object.keys(counts).sort().join(), { join: 'all' })
      .setStart('a')
      .setStart('b')
      .addEdge('a', 'join')
      .addEdge('b', 'join');
    // Both completions are one commit: after it neither runs again, before it both do.
    expect(await dieAndGoOn(flow, 0, 2)).toBe('a,b');
    expect(log).toEqual(['a', 'b']);
  });

  it('#6792: what a subgraph had done before it waited is not repeated', async () => {
    const log: string[] = [];
    const inner = new Workflow<string>('inner')
      .addNode('before', (text: string) => {
        log.push('before');
        return text;
      })
      .addApproval('ask', (text: string) => ({ title: text }), { users: ['mia'] })
      .setStart('before')
      .addEdge('before', 'ask');
    const outer = new Workflow<string>('outer').addNode('inner', inner).setStart('inner');
    const executor = executorOn(new InMemoryJournal());
    const [wait] = await waitsOf(outer.run('x', { executor, runId: 'r' }));
    await decide(executor, wait!.id);
    expect((await outer.resume('r', { executor })).status).toBe('completed');
    expect(log).toEqual(['before']);
  });

  it('#7361: resuming a run that is over does not run it again', async () => {
    let count = 0;
    const flow = new Workflow<string>('once').addNode('step', () => ++count).setStart('step');
    const executor = executorOn(new InMemoryJournal());
    await flow.run('x', { executor, runId: 'r' });
    expect((await flow.resume('r', { executor })).output).toBe(1);
    expect(count).toBe(1);
  });

  it('#8837: an answer to one question is not taken for the answer to the next', async () => {
    const flow = new Workflow<number>('rounds')
      .addNode('draft', (round: number) => round + 1)
      .addApproval('ask', (round: number) => ({ title: `round ${round}` }), {
        users: ['mia'],
        routes: { approved: END, rejected: 'draft' },
      })
      .setStart('draft')
      .addEdge('draft', 'ask');
    const executor = executorOn(new InMemoryJournal());
    const [first] = await waitsOf(flow.run(0, { executor, runId: 'r' }));
    const { digest } = await executor.approvals.get(first!.id);
    await decide(executor, first!.id, 'rejected');
    const [second] = await waitsOf(flow.resume('r', { executor }));
    expect(second!.id).not.toBe(first!.id);
    const stale = { actor: { userId: 'mia' }, outcome: 'approved', digest } as const;
    await expect(executor.approvals.decide(second!.id, stale)).rejects.toMatchObject({ code: 'DECISION_REFUSED' });
    expect((await flow.resume('r', { executor })).status).toBe('suspended');
  });
});

describe('Mastra', () => {
  it('#7464, #5549: no run stays "running" after a restart', async () => {
    const journal = new InMemoryJournal();
    const dying = new DyingJournal(journal, 2);
    const flow = new Workflow<string>('restart')
      .addNode('a', (text: string) => text)
      .addNode('b', (text: string) => `${text}!`);
    flow.setStart('a').addEdge('a', 'b');
    void flow.run('x', { executor: executorOn(dying), runId: 'r' }).catch(() => undefined);
    await dying.died;
    const executor = executorOn(journal);
    executor.register(flow);
    expect((await executor.resumeAll({ takeOver: true })).resumed).toEqual([{ tenant: '', runId: 'r' }]);
    expect((await flow.resume('r', { executor })).output).toBe('x!');
    expect(await journal.run({ tenant: '', runId: 'r' })).toMatchObject({ status: 'completed' });
  });

  it('#9288: of two branches that wait, the one that was decided stays decided', async () => {
    const flow = new Workflow<string>('two')
      .addNode('begin', (text: string) => text)
      .addApproval('left', (text: string) => ({ title: text }), { users: ['mia'] })
      .addApproval('right', (text: string) => ({ title: text }), { users: ['mia'] })
      .addNode(
        'join',
        (both: { left: ApprovalDecision; right: ApprovalDecision }) => `${both.left.outcome} ${both.right.outcome}`,
        {
          join: 'all',
        },
      )
      .setStart('begin')
      .addEdge('begin', 'left')
      .addEdge('begin', 'right')
      .addEdge('left', 'join')
      .addEdge('right', 'join');
    const executor = executorOn(new InMemoryJournal());
    const waits = await waitsOf(flow.run('x', { executor, runId: 'r' }));
    await decide(executor, waits.find(({ node }) => node === 'left')!.id);
    const left = await waitsOf(flow.resume('r', { executor }));
    expect(left.map(({ node }) => node)).toEqual(['right']);
    await decide(executor, left[0]!.id, 'rejected');
    expect((await flow.resume('r', { executor })).output).toBe('approved rejected');
  });

  it('#20443: two that resume one run do the rest once', async () => {
    let count = 0;
    const flow = new Workflow<string>('twice')
      .addApproval('ask', (text: string) => ({ title: text }), { users: ['mia'] })
      .addNode('rest', () => ++count)
      .setStart('ask')
      .addEdge('ask', 'rest');
    const journal = new InMemoryJournal();
    const executor = executorOn(journal);
    const [wait] = await waitsOf(flow.run('x', { executor, runId: 'r' }));
    await decide(executor, wait!.id);
    const [here, again, elsewhere] = await Promise.allSettled([
      flow.resume('r', { executor }),
      flow.resume('r', { executor }),
      flow.resume('r', { executor: executorOn(journal) }),
    ]);
    expect(here).toMatchObject({ status: 'fulfilled', value: { output: 1 } });
    expect(again).toMatchObject({ status: 'fulfilled', value: { output: 1 } });
    const isRefused =
      elsewhere.status === 'rejected' && (elsewhere.reason as { code?: string }).code === 'RUN_ELSEWHERE';
    expect(isRefused || elsewhere.status === 'fulfilled').toBe(true);
    expect(count).toBe(1);
  });

  it('17015: a decision that comes while the run is on its way to sleep is not lost', async () => {
    const flow = new Workflow<string>('race')
      .addApproval('ask', (text: string) => ({ title: text }), { users: ['mia'] })
      .setStart('ask');
    const executor = executorOn(new InMemoryJournal());
    const running = flow.run('x', { executor, runId: 'r' });
    let found = await executor.approvals.list({ user: 'mia' });
    while (found.length === 0) found = await executor.approvals.list({ user: 'mia' });
    await decide(executor, found[0]!.id);
    await running;
    expect((await flow.resume('r', { executor })).status).toBe('completed');
  });
});

describe('CrewAI', () => {
  it('4501: a loop goes on after a restart, and does not end in silence', async () => {
    const flow = new Workflow<number>('loop')
      .addNode('count', (count: number) => count + 1)
      .addNode('done', (count: number) => count)
      .setStart('count')
      .addRouter('count', (count) => (count < 4 ? 'again' : 'enough'), { again: 'count', enough: 'done' });
    for (let writes = 1; writes <= 9; writes++) expect(await dieAndGoOn(flow, 0, writes)).toBe(4);
  });

  it('#7358: dates and sets survive', async () => {
    const flow = new Workflow<number>('values')
      .addNode('make', () => ({ at: new Date(5), tags: new Set(['a']), by: new Map([['x', 1n]]) }))
      .addNode('show', ({ at, tags, by }: { at: Date; tags: Set<string>; by: Map<string, bigint> }) =>
        [at.getTime(), tags.has('a'), by.get('x')].join(),
      )
      .setStart('make')
      .addEdge('make', 'show');
    expect(await dieAndGoOn(flow, 0, 2)).toBe('5,true,1');
  });

  it('#6706: fields without a value survive, too', async () => {
    const flow = new Workflow<number>('fields')
      .addNode('make', () => ({ given: undefined, list: [undefined] }))
      .addNode('show', (made: object) => `${Object.keys(made).join()} ${(made as { list: unknown[] }).list.length}`)
      .setStart('make')
      .addEdge('make', 'show');
    expect(await dieAndGoOn(flow, 0, 2)).toBe('given,list 1');
  });

  it('6113: what a later step does to a value is not in the record of an earlier one', async () => {
    const flow = new Workflow<number>('live')
      .addNode('make', () => ({ count: 1 }))
      .addNode('change', (made: { count: number }) => {
        made.count++;
        return made.count;
      })
      .setStart('make')
      .addEdge('make', 'change');
    for (let writes = 2; writes <= 4; writes++) expect(await dieAndGoOn(flow, 0, writes)).toBe(2);
  });
});
