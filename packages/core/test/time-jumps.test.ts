import {
  InMemoryJournal,
  LocalExecutor,
  Workflow,
  type ApprovalDecision,
  type Journal,
  type StepContext,
  type SuspendedRun,
} from '@drawloom/core';
import { deferred, VirtualClock } from '@drawloom/testing';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Timers go by the time that passes; what it reads can be moved, as an administrator or NTP moves a machine's clock. */
class MovedClock extends VirtualClock {
  moved = 0;

  override now(): number {
    return super.now() + this.moved;
  }
}

/** A journal that counts how often it is asked what is due. */
class AskedJournal extends InMemoryJournal {
  asked = 0;

  override dueRuns(...args: Parameters<Journal['dueRuns']>): ReturnType<Journal['dueRuns']> {
    this.asked++;
    return super.dueRuns(...args);
  }
}

function machine() {
  const clock = new MovedClock();
  const journal = new AskedJournal();
  const newProcess = (): LocalExecutor =>
    new LocalExecutor({ journal, clock, durability: { authentication: { trustedCaller: true } } });
  const statusOf = async (runId: string) => (await journal.run({ tenant: '', runId }))?.status;
  const completions = async (runId: string): Promise<number> =>
    (await journal.records({ tenant: '', runId }, 0, 1_000)).filter(({ type }) => type === 'step.completed').length;
  return { clock, journal, newProcess, statusOf, completions };
}

/** A workflow whose step hangs when it is begun for the first time, as in a process that dies. */
function hangingAtFirst() {
  let begun = 0;
  const flow = new Workflow<string>('flow')
    .addNode('job', (text) => (++begun === 1 ? new Promise<string>(() => undefined) : text))
    .setStart('job');
  return { flow, begun: () => begun };
}

function sleeping(log: string[]): Workflow<string> {
  return new Workflow<string>('sleeping')
    .addDelay('sleep', '1h')
    .addNode('job', (text: string, { idempotencyKey }: StepContext) => {
      log.push(idempotencyKey);
      return text;
    })
    .setStart('sleep')
    .addEdge('sleep', 'job') as unknown as Workflow<string>;
}

const asking = new Workflow<string>('asking')
  .addApproval('ask', (text: string) => ({ title: text }), {
    users: ['mia'],
    deadline: '48h',
    routes: { approved: 'yes', rejected: 'no', expired: 'late' },
  })
  .addNode('yes', () => 'approved', { output: true })
  .addNode('no', () => 'rejected', { output: true })
  .addNode('late', () => 'expired', { output: true })
  .setStart('ask') as unknown as Workflow<string, string>;

const approve = async (executor: LocalExecutor, id: string): Promise<ApprovalDecision | unknown> => {
  const { digest } = await executor.approvals.get(id);
  return executor.approvals.decide(id, { actor: { userId: 'mia' }, outcome: 'approved', digest });
};

describe('A clock that is set back by hours', () => {
  it('makes a delay longer, and nothing is lost, done twice, or asked for again and again', async () => {
    const { clock, journal, newProcess, statusOf } = machine();
    const log: string[] = [];
    await sleeping(log).run('x', { executor: newProcess(), runId: 'r' });
    await clock.advance('30m');
    clock.moved -= 5 * HOUR;
    const before = journal.asked;
    await clock.advance('5h');
    expect([await statusOf('r'), log]).toEqual(['suspended', []]);
    // Once a minute is what an idle process does.
    expect(journal.asked - before).toBeLessThanOrEqual(2 * 300 + 10);
    await clock.advance('31m');
    expect([await statusOf('r'), log]).toEqual(['completed', ['r/job/1']]);
  });

  it('does not keep a decision from being taken up', async () => {
    const { clock, newProcess, statusOf } = machine();
    const executor = newProcess();
    const { waits } = (await asking.run('pay', { executor, runId: 'r' })) as SuspendedRun;
    await clock.advance('10h');
    clock.moved -= 5 * HOUR;
    await approve(executor, waits[0]!.id);
    await clock.advance('1ms');
    expect([await statusOf('r'), (await asking.resume('r', { executor })).output]).toEqual(['completed', 'approved']);
  });

  it('leaves a run that is under way with its process, and lets others have it soon after that has died', async () => {
    const { clock, journal, newProcess, completions } = machine();
    const { flow, begun } = hangingAtFirst();
    void flow.run('x', { executor: newProcess(), runId: 'r' });
    await clock.advance('1m');
    clock.moved -= 5 * HOUR;
    await clock.advance('1m');
    const other = newProcess();
    await expect(flow.resume('r', { executor: other })).rejects.toMatchObject({ code: 'RUN_ELSEWHERE' });
    // Its lease is one of the new time by now; a process that dies says nothing more.
    expect((await journal.run({ tenant: '', runId: 'r' }))!.leaseUntil).toBeLessThanOrEqual(clock.now() + 30_000);
    journal.renew = () => Promise.resolve([]);
    await clock.advance('31s');
    expect((await flow.resume('r', { executor: other })).output).toBe('x');
    expect([begun(), await completions('r')]).toEqual([2, 1]);
  });

  it('keeps the run of a process that died before it for as long, unless it is taken over', async () => {
    const { clock, journal, newProcess, completions } = machine();
    const { flow, begun } = hangingAtFirst();
    void flow.run('x', { executor: newProcess(), runId: 'r' });
    await clock.advance('1s');
    journal.renew = () => Promise.resolve([]);
    clock.moved -= 5 * HOUR;
    const other = newProcess();
    other.register(flow);
    await clock.advance('1h');
    expect((await other.resumeAll()).resumed).toEqual([]);
    expect((await other.resumeAll({ takeOver: true })).resumed).toEqual([{ tenant: '', runId: 'r' }]);
    await clock.advance('1ms');
    expect((await flow.resume('r', { executor: other })).output).toBe('x');
    expect([begun(), await completions('r')]).toEqual([2, 1]);
  });
});

describe('A clock that is set forward by days', () => {
  it('ends within a minute what is due by it, and approves nothing', async () => {
    const { clock, journal, newProcess, statusOf } = machine();
    const executor = newProcess();
    const log: string[] = [];
    await sleeping(log).run('x', { executor, runId: 'asleep' });
    await asking.run('pay', { executor, runId: 'asked' });
    await clock.advance('10m');
    const before = journal.asked;
    clock.moved += 3 * DAY;
    await clock.advance('1m');
    expect([await statusOf('asleep'), await statusOf('asked'), log]).toEqual(['completed', 'completed', ['asleep/job/1']]); // prettier-ignore
    expect((await asking.resume('asked', { executor })).output).toBe('expired');
    expect(journal.asked - before).toBeLessThanOrEqual(20);
  });

  it('lets a decision that comes then be taken up at once', async () => {
    const { clock, newProcess, statusOf } = machine();
    const executor = newProcess();
    const { waits } = (await asking.run('pay', { executor, runId: 'r' })) as SuspendedRun;
    await clock.advance('10m');
    clock.moved += 1 * DAY;
    await approve(executor, waits[0]!.id);
    await clock.advance('1ms');
    expect([await statusOf('r'), (await asking.resume('r', { executor })).output]).toEqual(['completed', 'approved']);
  });

  it('may move a run to another process, and no step is recorded twice', async () => {
    const { clock, newProcess, completions } = machine();
    const gate = deferred<string>();
    const begun: string[] = [];
    const flow = new Workflow<string>('flow')
      .addNode('job', (text: string, { idempotencyKey }) => {
        begun.push(idempotencyKey);
        return begun.length === 1 ? gate.promise : text;
      })
      .addNode('last', (text: string) => `${text}.`)
      .setStart('job')
      .addEdge('job', 'last');
    const first = flow.run('x', { executor: newProcess(), runId: 'r' });
    const lost = expect(first).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await clock.advance('1s');
    clock.moved += 3 * DAY;
    // The first process has not said since that it is alive.
    expect((await flow.resume('r', { executor: newProcess() })).output).toBe('x.');
    gate.resolve('too late');
    await lost;
    expect([begun, await completions('r')]).toEqual([['r/job/1', 'r/job/1'], 2]);
  });
});
