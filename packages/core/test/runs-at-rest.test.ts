import {
  Agent,
  InMemoryJournal,
  LocalExecutor,
  step,
  tool,
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

  it('does not lose a cancellation either', async () => {
    const journal = new SlowJournal();
    const { executor } = office(journal);
    const running = release.run('v1', { executor, runId: 'r' });
    await journal.reached.promise;
    const cancelled = release.cancel('r', { executor });
    await settle();
    journal.gate.resolve();
    await Promise.all([running, cancelled]);
    expect(await journal.run({ tenant: '', runId: 'r' })).toMatchObject({ status: 'cancelled' });
    expect(await executor.approvals.list({ user: 'mia' })).toEqual([]);
  });
});

describe('A step of which one part waits for a person', () => {
  it.each(['tool', 'function'] as const)(
    'is not laid to rest before another %s that it has called has ended',
    async (kind) => {
      const { executor } = office();
      const gate = deferred<string>();
      const sent: string[] = [];
      const deliver = async (): Promise<string> => {
        sent.push(kind);
        return gate.promise;
      };
      const model = new AnsweringModel((request) =>
        isAfterTools(request)
          ? request.messages
              .slice(-2)
              .map(({ content }) => content)
              .join()
          : { toolCalls: [callOf('release', { input: 'v2' }, 'c1'), callOf('send', {}, 'c2')] },
      );
      const send = tool({ name: 'send', description: 'Sends.', run: deliver });
      const boss = new Agent({ name: 'boss', model, tools: [release.asTool({ description: 'Releases.' }), send] });
      const both = step('send', deliver);
      const flow = new Workflow<string>('flow')
        .addNode(
          'boss',
          kind === 'tool'
            ? boss
            : async (text: string) =>
                (await Promise.all([release.run(text).then(({ output }) => output), both()])).join(),
        )
        .setStart('boss');
      const running = flow.run('v1', { executor, runId: 'r' });
      await settle();
      expect((await executor.approvals.list({ user: 'mia' })).length).toBe(1);
      gate.resolve('sent');
      const result = await running;
      expect(result.status).toBe('suspended');
      await approve(executor, result as SuspendedRun);
      expect([(await flow.resume('r', { executor })).output, sent]).toEqual(['it is approved,sent', [kind]]);
    },
  );

  it('is not laid to rest before another item of its map has ended', async () => {
    const { executor } = office();
    const gate = deferred<string>();
    const did: string[] = [];
    const flow = new Workflow<string[]>('flow').setStart('each').addMap('each', async (item: string) => {
      if (item === 'ask') return (await release.run(item)).output;
      did.push(item);
      return item === 'slow' ? gate.promise : item;
    });
    const running = flow.run(['ask', 'slow', 'quick'], { executor, runId: 'r' });
    await settle();
    gate.resolve('slow');
    const result = await running;
    expect(result.status).toBe('suspended');
    await approve(executor, result as SuspendedRun);
    expect((await flow.resume('r', { executor })).output).toEqual(['it is approved', 'slow', 'quick']);
    expect(did).toEqual(['slow', 'quick']);
  });

  it('is laid to rest although a call that was given up has not ended', async () => {
    const { executor, clock } = office();
    const hangs = step('hangs', () => new Promise<string>(() => undefined));
    const flow = new Workflow<string>('flow', { cancelGrace: '1s' })
      .addNode('try', (text: string, { attempt }) => (attempt === 1 ? hangs() : text), {
        timeout: '1m',
        retry: { initialInterval: '1s' },
      })
      .addNode('release', release)
      .setStart('try')
      .addEdge('try', 'release');
    const running = flow.run('v1', { executor, runId: 'r' });
    await clock.advance('2m');
    const result = await running;
    expect([result.status, clock.foreground]).toEqual(['suspended', 0]);
    await approve(executor, result as SuspendedRun);
    expect((await flow.resume('r', { executor })).output).toBe('it is approved');
  });
});
