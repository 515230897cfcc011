/** What a server does that starts over the journal of another one: nobody asks for a run by its id. */
import {
  ChainedAuditLog,
  Executor,
  hmacKey,
  InMemoryAuditStore,
  InMemoryJournal,
  LocalExecutor,
  Workflow,
  type Journal,
} from '@drawloom/core';
import {
  Approval,
  Configure,
  Container,
  Delay,
  drawloom,
  End,
  inject,
  Start,
  WaitFor,
  WorkflowBase,
  workflows,
  type ApprovalRequest,
  type Later,
} from '@drawloom/decorators';
import { VirtualClock } from '@drawloom/testing';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';

class Payment extends WorkflowBase<number, string> {
  @Start()
  @Approval({ groups: ['managers'], routes: { approved: 'pay', rejected: 'refuse' } })
  ask(euros: number): ApprovalRequest {
    return { title: `Pay ${euros}?` };
  }
  @End() pay(euros: number): string {
    return `paid ${euros}`;
  }
  @End() refuse(): string {
    return 'refused';
  }
}

class Reminder extends WorkflowBase<string, string> {
  @Start()
  @Delay({ for: '1h' })
  wait(_: string): Later<string> {}
  @End({ after: 'wait' }) remind(text: string): string {
    return `remember ${text}`;
  }
}

const clock = new VirtualClock();
const durability = { authentication: { trustedCaller: true } } as const;

function containerOn(journal: Journal, parent?: Container): Container {
  const container = new Container(parent === undefined ? {} : { parent });
  if (parent === undefined) container.load(drawloom({ journal, clock, durability }));
  container.load(workflows(Payment, Reminder));
  return container;
}

/** Two runs that a process has left: one that waits for a person, one for a time. */
async function left(): Promise<Journal> {
  const journal = new InMemoryJournal();
  const container = containerOn(journal);
  expect(await container.get(Payment).run(7, { runId: 'p' })).toMatchObject({ status: 'suspended' });
  expect(await container.get(Reminder).run('milk', { runId: 'r' })).toMatchObject({ status: 'suspended' });
  await container.get(Executor).drain();
  return journal;
}

async function statusesOf(journal: Journal): Promise<unknown> {
  const runs = await Promise.all(['p', 'r'].map((runId) => journal.run({ tenant: '', runId })));
  return runs.map((run) => run?.status);
}

async function decides(executor: Executor): Promise<void> {
  const [ask] = await executor.approvals.list({ user: 'mia', groups: ['managers'] });
  const actor = { userId: 'mia', groups: ['managers'] };
  await executor.approvals.decide(ask!.id, { actor, outcome: 'approved', digest: ask!.digest });
}

/** What a promise rejects with. */
const settled = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

async function collected(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
}

describe('A process that starts over what another one has left', () => {
  it('takes up what is due with resumeAll(), though no workflow was asked for yet', async () => {
    const journal = await left();
    await clock.advance('2h');
    const { resumed } = await containerOn(journal).get(Executor).resumeAll();
    expect(resumed).toEqual([{ tenant: '', runId: 'r' }]);
    await clock.advance('1s');
    expect(await statusesOf(journal)).toEqual(['suspended', 'completed']);
  });

  it('goes on by itself with a run that somebody decides there, and with one whose time comes', async () => {
    const journal = await left();
    const executor = containerOn(journal).get(Executor);
    await executor.resumeAll();
    await decides(executor);
    await clock.advance('2m');
    expect(await statusesOf(journal)).toEqual(['completed', 'suspended']);
    await clock.advance('2h');
    expect(await statusesOf(journal)).toEqual(['completed', 'completed']);
  });

  it('knows the workflows of a child container, too', async () => {
    const journal = await left();
    const outer = new Container();
    outer.load(drawloom({ journal, clock, durability }));
    const executor = containerOn(journal, outer).get(Executor);
    await clock.advance('2h');
    expect((await executor.resumeAll()).resumed).toEqual([{ tenant: '', runId: 'r' }]);
  });

  it('knows what is registered without a container', async () => {
    const journal = await left();
    const executor = new LocalExecutor({ journal, clock, durability });
    executor.register(new Payment(), new Reminder());
    await clock.advance('2h');
    expect((await executor.resumeAll()).resumed).toEqual([{ tenant: '', runId: 'r' }]);
    await decides(executor);
    await clock.advance('2m');
    expect(await statusesOf(journal)).toEqual(['completed', 'completed']);
  });

  it('says what is wrong with a workflow that cannot be made, and goes on with the others', async () => {
    class Ledger {}
    class Books extends WorkflowBase<number, number> {
      constructor(@inject(Ledger) readonly ledger: Ledger) {
        super();
      }
      @Start() @End() sum(count: number): number {
        return count;
      }
    }
    const journal = await left();
    const errors: unknown[] = [];
    const onBackgroundError = (error: unknown): void => void errors.push(error);
    const container = new Container();
    container.load(drawloom({ journal, clock, durability: { ...durability, onBackgroundError } }));
    container.load(workflows(Books, Payment, Reminder));
    const executor = container.get(Executor);
    expect(String(await settled(executor.resumeAll()))).toContain('Ledger');
    await decides(executor);
    await clock.advance('2m');
    expect(await statusesOf(journal)).toEqual(['completed', 'suspended']);
    expect(String(errors[0])).toContain('Ledger');
  });

  it('judges a signal by the schema of its class, and puts a refusal on the record that the class says', async () => {
    const log = new ChainedAuditLog({ store: new InMemoryAuditStore(), key: hmacKey('k', 'a secret of many bytes') });
    @Configure({ audit: { log } })
    class Order extends WorkflowBase<string, number> {
      @Start()
      @WaitFor({ signal: 'paid', payload: z.number(), groups: ['banks'] })
      payment(_: string): Later<number> {}
      @End({ after: 'payment' }) ship(cents: number): number {
        return cents;
      }
    }
    const journal = new InMemoryJournal();
    const start = () => {
      const container = new Container();
      container.load(drawloom({ journal, clock, durability }), workflows(Order));
      return container;
    };
    await start().get(Order).run('a book', { runId: 'o' });
    const { signals } = start().get(Executor);
    const sent = { runId: 'o', signal: 'paid', sender: { userId: 'bank', groups: ['banks'] } };
    expect(await settled(signals.send({ ...sent, payload: 'much' }))).toMatchObject({ reason: 'invalid' });
    expect(await settled(signals.send({ ...sent, payload: 1, sender: { userId: 'eve' } }))).toMatchObject({
      reason: 'not-entitled',
    });
    const refused = [];
    for await (const { action, actor, facts } of log.entries({ run: 'o' }))
      if (action === 'signal.refused') refused.push([actor, facts?.['reason']]);
    expect(refused).toEqual([
      ['user:bank', 'invalid'],
      ['user:eve', 'not-entitled'],
    ]);
  });

  it('keeps one program of a class, however many ask for a handle', async () => {
    const journal = new InMemoryJournal();
    const container = containerOn(journal);
    const programs: WeakRef<object>[] = [];
    for (let index = 0; index < 20; index++) {
      const handle = container.get(Payment);
      programs.push(new WeakRef(handle.compiled()));
      await handle.run(index, { runId: `run-${index}` });
    }
    await clock.advance('1m');
    await collected();
    expect(programs.filter((program) => program.deref() !== undefined).length).toBeLessThan(5);
  });

  it('says which workflow cannot be registered', () => {
    const executor = new LocalExecutor({ journal: new InMemoryJournal() });
    expect(() => executor.register(Payment as never)).toThrow('INVALID_OPTION');
    const broken = new Workflow('broken');
    expect(() => executor.register(broken)).toThrow('broken');
  });
});
