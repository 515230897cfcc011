import {
  Agent,
  InMemoryJournal,
  LocalExecutor,
  Workflow,
  type Commit,
  type Lease,
  type SuspendedRun,
  type Clock,
} from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';
import { AnsweringModel, callOf, isAfterTools } from './support/answering-model.js';

/** Knows which of its timers would keep a process alive. */
class WatchedClock extends VirtualClock {
  foreground = 0;

  override setTimer(
    ms: number,
    fire: () => void,
    { background = false }: NonNullable<Parameters<Clock['setTimer']>[2]> = {},
  ): () => void {
    if (background) return super.setTimer(ms, fire);
    this.foreground++;
    let isOver = false;
    const end = (): void => {
      if (!isOver) this.foreground--;
      isOver = true;
    };
    const stop = super.setTimer(ms, () => {
      end();
      fire();
    });
    return () => {
      end();
      stop();
    };
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
};

/** Asks a person. */
const release = new Workflow<string>('release')
  .addApproval('ask', (text: string) => ({ title: text }), { users: ['mia'] })
  .addNode('tell', ({ outcome }: { outcome: string }) => `it is ${outcome}`)
  .setStart('ask')
  .addEdge('ask', 'tell') as unknown as Workflow<string, string>;

async function approve(executor: LocalExecutor, { waits: [wait] }: SuspendedRun): Promise<void> {
  const { digest } = await executor.approvals.get(wait!.id);
  await executor.approvals.decide(wait!.id, { actor: { userId: 'mia' }, outcome: 'approved', digest });
}

function office(journal = new InMemoryJournal()) {
  const clock = new WatchedClock();
  const durability = { authentication: { trustedCaller: true } } as const;
  const executor = new LocalExecutor({ journal, clock, durability });
  return { clock, executor };
}

describe('A run that is laid to rest', () => {
  it('leaves no timer that would keep its process alive, of a step or of a tool', async () => {
    const { clock, executor } = office();
    const model = new AnsweringModel((request) =>
      isAfterTools(request) ? request.messages.at(-1)!.content : { toolCalls: [callOf('release', { input: 'v2' })] },
    );
    const boss = new Agent({ name: 'boss', model, tools: [release.asTool({ description: 'Releases.' })] });
    const flow = new Workflow<string>('flow')
      .addNode('slow', async (text: string) => (await release.run(text)).output, { timeout: '1m', retry: {} })
      .addNode('boss', boss)
      .setStart('slow')
      .addEdge('slow', 'boss');
    let result = await flow.run('v1', { executor, runId: 'r' });
    for (const _ of ['slow', 'boss']) {
      expect([result.status, clock.foreground]).toEqual(['suspended', 0]);
      await approve(executor, result as SuspendedRun);
      await clock.advance('1h');
      result = await flow.resume('r', { executor });
    }
    expect([result.output, clock.foreground]).toEqual(['it is approved', 0]);
  });
});

describe('A decision that comes while a run is being laid to rest', () => {
  /** Holds back the write that lays the run to rest. */
  class SlowJournal extends InMemoryJournal {
    readonly reached = deferred<void>();
    readonly gate = deferred<void>();

    override async commit(lease: Lease, change: Commit): Promise<boolean> {
      if (change.status === 'suspended') {
        this.reached.resolve();
        await this.gate.promise;
      }
      return super.commit(lease, change);
    }
  }

  it('wakes the run, which loses neither its lease nor the decision', async () => {
    const journal = new SlowJournal();
    const { executor, clock } = office(journal);
    const running = release.run('v1', { executor, runId: 'r' });
    await journal.reached.promise;
    const [wait] = await executor.approvals.list({ user: 'mia' });
    const { digest } = await executor.approvals.get(wait!.id);
    await executor.approvals.decide(wait!.id, { actor: { userId: 'mia' }, outcome: 'approved', digest });
    await settle();
    journal.gate.resolve();
    expect((await running).status).toBe('suspended');
    await clock.advance('1ms');
    expect(await journal.run({ tenant: '', runId: 'r' })).toMatchObject({ status: 'completed' });
    expect((await release.resume('r', { executor })).output).toBe('it is approved');
  });
});
