/** What waits for people, signals and times, written as a class. What it then does is core's: `waiting-nodes.test.ts` there. */
import {
  END,
  InMemoryJournal,
  LocalExecutor,
  START,
  Workflow,
  type DefinitionError,
  Executor as ExecutorToken,
  type Executor,
  type Problem,
} from '@drawloom/core';
import {
  Approval,
  Compensate,
  Configure,
  Container,
  Delay,
  drawloom,
  End,
  ForEach,
  Router,
  Start,
  State,
  Step,
  WaitFor,
  WorkflowBase,
  workflows,
  type ApprovalDecision,
  type ApprovalRequest,
  type Later,
  type StepContext,
} from '@drawloom/decorators';
import { edgeCoverage, VirtualClock } from '@drawloom/testing';
import { IsInt } from 'class-validator';
import { decorate } from './support/both-ways.js';

class Payment {
  @IsInt() readonly cents!: number;
}

@Configure({ name: 'claims' })
class Claims extends WorkflowBase<number, string> {
  @State() asked = 0;
  @Start() intake(amount: number): number {
    return amount;
  }
  @Approval({
    after: 'intake',
    groups: ['managers'],
    quorum: 2,
    notBy: ['intake'],
    deadline: '48h',
    routes: { approved: 'payment', rejected: 'refuse', expired: 'refuse' },
  })
  ask(amount: number): ApprovalRequest {
    this.asked++;
    return { title: `Pay ${amount} €?` };
  }
  @WaitFor({ signal: 'paid', payload: Payment, expiresAfter: '1h', onError: 'refuse' }) payment(
    _: number,
  ): Later<Payment> {}
  @Delay({ after: 'payment', for: '3d' }) pause(_: Payment): Later<Payment> {}
  @End({ after: 'pause' }) book(payment: Payment, context: StepContext): string {
    const { decisions } = context.decision<ApprovalDecision>('ask')!;
    const by = decisions.map(({ userId }) => userId).join(' and ');
    return `${payment.cents} cents (${payment instanceof Payment}), approved by ${by}, asked ${this.asked} time`;
  }
  @End() refuse(_: unknown, context: StepContext): string {
    return `refused: ${context.decision<ApprovalDecision>('ask')!.outcome}`;
  }
}

const journal = () => ({
  clock: new VirtualClock(),
  journal: new InMemoryJournal(),
  durability: {
    authentication: { trustedCaller: true },
    lease: '30d',
    pollInterval: '30d',
    values: { types: { Payment: { type: Payment, revive: (plain: unknown) => Object.assign(new Payment(), plain) } } },
  } as const,
});

async function decide({ approvals }: Executor, user: string, outcome: 'approved' | 'rejected'): Promise<void> {
  const groups = ['managers'];
  const [open] = await approvals.list({ user, groups });
  await approvals.decide(open!.id, { actor: { userId: user, groups }, outcome, digest: open!.digest });
}

describe('A class that waits', () => {
  it('goes on when people have decided, the signal has come and the time has passed', async () => {
    const options = journal();
    const executor = new LocalExecutor(options);
    const claims = new Claims();
    const run = { executor };
    expect(await claims.run(900, { ...run, runId: 'r', userId: 'ann' })).toMatchObject({
      status: 'suspended',
      waits: [{ kind: 'approval', node: 'ask' }],
    });
    await decide(executor, 'mia', 'approved');
    await decide(executor, 'tom', 'approved');
    expect(await claims.resume('r', run)).toMatchObject({ waits: [{ kind: 'signal', node: 'payment' }] });
    await executor.signals.send({ runId: 'r', signal: 'paid', payload: { cents: 9 }, sender: { userId: 'bank' } });
    expect(await claims.resume('r', run)).toMatchObject({ waits: [{ kind: 'timer', node: 'pause' }] });
    await options.clock.advance('3d');
    expect(await claims.resume('r', run)).toMatchObject({
      status: 'completed',
      output: '9 cents (true), approved by mia and tom, asked 1 time',
    });
  });

  it('does so from a container, whose executor people decide with', async () => {
    const container = new Container();
    const { durability, ...options } = journal();
    container.load(drawloom({ ...options, durability }), workflows(Claims));
    const claims = container.get(Claims);
    await claims.run(900, { runId: 'r', userId: 'ann' });
    await decide(container.get(ExecutorToken), 'mia', 'rejected');
    expect(await claims.resume('r')).toMatchObject({ output: 'refused: rejected' });
  });

  it('has the graph of the builder, and the hash', () => {
    const noop = (): never => undefined as never;
    const built = new Workflow('claims')
      .addNode('intake', noop)
      .addApproval('ask', noop, {
        groups: ['managers'],
        quorum: 2,
        notBy: ['intake'],
        deadline: '2d',
        routes: { approved: 'payment', rejected: 'refuse', expired: 'refuse' },
      })
      .addWait('payment', { signal: 'paid', expiresAfter: '60m', onError: 'refuse' })
      .addDelay('pause', '72h')
      .addNode('book', noop, { output: true })
      .addNode('refuse', noop, { output: true, join: 'one' })
      .addEdge(START, 'intake')
      .addEdge('intake', 'ask')
      .addEdge('payment', 'pause')
      .addEdge('pause', 'book');
    expect(new Claims().hash).toBe(built.hash);
    expect(new Claims().toMermaid()).toContain('approval');
  });

  it('has routes that tests can cover', async () => {
    const executor = new LocalExecutor(journal());
    const claims = new Claims();
    const coverage = edgeCoverage(claims);
    await claims.run(900, { runId: 'r', userId: 'ann', executor });
    await decide(executor, 'mia', 'rejected');
    coverage.add(await claims.resume('r', { executor }));
    expect(coverage.missed).toEqual([
      'ask --approved--> payment',
      'ask --expired--> refuse',
      'payment --error--> refuse',
      'payment -> pause',
      'pause -> book',
    ]);
  });

  it('undoes what it has done when it fails, the last first, on the object of the run', async () => {
    const log: string[] = [];
    class Order extends WorkflowBase<string, string> {
      private readonly log = log;
      @Start() charge(id: string): string {
        return `charge ${id}`;
      }
      @Compensate('charge') refund(made: string): void {
        this.log.push(`undo ${made}`);
      }
      @Step({ after: 'charge' }) reserve(made: string): string {
        return `room for ${made}`;
      }
      @Compensate('reserve') async release(made: string, { node }: StepContext): Promise<void> {
        this.log.push(`undo ${made} of ${node}`);
      }
      @End({ after: 'reserve' }) fly(_: string): string {
        throw new Error('no seat');
      }
    }
    await expect(new Order().run('o-1')).rejects.toMatchObject({ code: 'STEP_FAILED' });
    expect(log).toEqual(['undo room for charge o-1 of reserve', 'undo charge o-1']);
    const noop = (): never => undefined as never;
    const built = new Workflow('Order')
      .addNode('charge', noop)
      .addNode('reserve', noop)
      .addCompensation('charge', noop)
      .addCompensation('reserve', noop)
      .addNode('fly', noop, { output: true })
      .addEdge(START, 'charge')
      .addEdge('charge', 'reserve')
      .addEdge('reserve', 'fly');
    expect(new Order().hash).toBe(built.hash);
  });
});

describe('A delay of a class', () => {
  interface Visit {
    readonly days: number;
    readonly at: Date;
  }
  class Visits extends WorkflowBase<Visit, string> {
    @Start()
    @Delay({ for: ({ days }: Visit) => `${days}d` as const })
    prepare(_: Visit): Later<Visit> {}
    @Delay({ after: 'prepare', until: async ({ at }: Visit) => Promise.resolve(at) })
    set(_: Visit): Later<Visit> {}
    @End({ after: 'set' }) begin({ days }: Visit): string {
      return `begun after ${days} days`;
    }
  }

  it('takes as long as a function of what it is given says, and until when another one says', async () => {
    const clock = new VirtualClock();
    const day = 86_400_000;
    const journal = new InMemoryJournal();
    const dueIn = async (): Promise<number> => {
      const [wait] = await journal.waits({ tenant: '', runId: 'r' });
      return (wait!.dueAt! - begun) / day;
    };
    const begun = clock.now();
    const here = { executor: new LocalExecutor({ journal, clock }) };
    await new Visits().run({ days: 2, at: new Date(begun + 5 * day) }, { runId: 'r', ...here });
    expect(await dueIn()).toBe(2);
    await clock.advance('2d');
    await here.executor.resumeAll();
    expect((await new Visits().resume('r', here)).status).toBe('suspended');
    expect(await dueIn()).toBe(5);
    await clock.advance('3d');
    await here.executor.resumeAll();
    expect(await new Visits().resume('r', here)).toMatchObject({ output: 'begun after 2 days' });
  });

  it('has the hash of a builder whose delay is a function', () => {
    const noop = (): never => undefined as never;
    const built = new Workflow('Visits')
      .addDelay('prepare', noop)
      .addDelay('set', noop)
      .addNode('begin', noop, { output: true })
      .setStart('prepare')
      .addEdge('prepare', 'set')
      .addEdge('set', 'begin');
    expect(new Visits().hash).toBe(built.hash);
  });

  it('fails where its function says no time', async () => {
    class Wrong extends WorkflowBase<number, number> {
      @Start() @Delay({ until: () => 'tomorrow' as unknown as Date }) pause(_: number): Later<number> {}
    }
    const executor = new LocalExecutor({ journal: new InMemoryJournal() });
    await expect(new Wrong().run(1, { executor })).rejects.toMatchObject({ code: 'INVALID_DELAY' });
  });
});

/** What a caller writes who has no compiler to hold him back. */
type Untyped = (options?: unknown) => unknown;
const untyped = { Approval, Compensate, Delay, End, ForEach, Router, Start, Step, WaitFor };
const {
  Approval: approval,
  Compensate: compensate,
  Delay: delay,
  WaitFor: waitFor,
  ...others
} = untyped as unknown as Record<keyof typeof untyped, Untyped>;

/** What is wrong with a class that has a right step and one more member. */
function mistakes(...decorators: readonly unknown[]): string[] {
  @Configure({ name: 'Claims' })
  class Wrong extends WorkflowBase<unknown, unknown> {
    @Start() intake(claim: unknown): unknown {
      return claim;
    }
    @Step({ after: 'intake' }) pay(claim: unknown): unknown {
      return claim;
    }
    member(): unknown {
      return undefined;
    }
  }
  decorate(Wrong, 'member', ...decorators);
  try {
    new Wrong().compiled();
  } catch (error) {
    return (error as DefinitionError).problems.map(({ code, what, where }: Problem) => {
      expect(where).toBe('Claims.member');
      return `${code}: ${what.split(' (')[0]}`;
    });
  }
  return [];
}

describe('A mistake in what waits', () => {
  const people = { after: 'intake', groups: ['managers'] };

  it.each<[string, readonly unknown[], readonly string[]]>([
    ['nothing', [approval(people)], []],
    ['no options', [others.Start(), approval(undefined)], ['INVALID_OPTION: option groups is undefined']],
    [
      'everything at once',
      [approval({ after: 'intake', quorum: 0, deadline: 'soon', retry: 3, users: 'mia' })],
      [
        'INVALID_OPTION: option retry is 3',
        'INVALID_OPTION: option users is "mia"',
        'INVALID_OPTION: option groups is undefined',
        'INVALID_OPTION: option quorum is 0',
        'INVALID_OPTION: option deadline is "soon"',
      ].filter((line) => !line.includes('groups')),
    ],
    ['a misspelt option', [approval({ ...people, quorom: 1 })], ['INVALID_OPTION: there is no option "quorom"']],
    [
      'a step that does not exist',
      [approval({ ...people, notBy: ['intaek'] })],
      ['UNKNOWN_NODE: the step in notBy "intaek" does not exist'],
    ],
    [
      'routes of something else',
      [approval({ ...people, deadline: 1, routes: { approved: 'pay', rejected: 'refuse', expire: END } })],
      [
        'INVALID_OPTION: option routes is a list of 3',
        'UNKNOWN_NODE: the target of route "rejected" "refuse" does not exist',
      ],
    ],
    ['a signal of the name of the method', [waitFor({ after: 'intake' })], []],
    [
      'what only waits and is retried',
      [waitFor({ after: 'intake', signal: 'paid', payload: 3, expiresAfter: 0, retry: {} })],
      [
        'INVALID_OPTION: there is no option "retry"',
        'INVALID_OPTION: option expiresAfter is 0',
        'INVALID_OPTION: option payload is 3',
      ],
    ],
    ['a delay without a time', [delay({ after: 'intake' })], ['INVALID_OPTION: option for is undefined']],
    [
      'a delay with two times',
      [delay({ after: 'intake', for: 1, until: () => new Date() })],
      ['INVALID_OPTION: option until is function until'],
    ],
    [
      'a delay until what is no function',
      [delay({ after: 'intake', until: 'tomorrow' })],
      ['INVALID_OPTION: option until is "tomorrow"'],
    ],
    [
      'two in one',
      [delay({ after: 'intake', for: 1 }), approval(people)],
      ['CONFLICTING_DECORATORS: @Approval and @Delay stand on it'],
    ],
    [
      'a step that waits',
      [others.Step(), approval(people)],
      ['CONFLICTING_DECORATORS: @Approval and @Step stand on it'],
    ],
    [
      'an end that leads on',
      [others.End(), approval({ ...people, routes: { approved: 'pay', rejected: 'pay', expired: END } })],
      ['CONFLICTING_DECORATORS: @Approval and @End stand on it'],
    ],
    ['undoing nothing', [compensate('chrage')], ['UNKNOWN_NODE: the step of @Compensate "chrage" does not exist']],
    ['undoing no name', [compensate(3)], ['INVALID_OPTION: option @Compensate is 3']],
    [
      'undoing as a step',
      [others.Step({ after: 'intake' }), compensate('pay')],
      ['CONFLICTING_DECORATORS: @Compensate stands beside @Step'],
    ],
  ])('%s', (_, decorators, found) => {
    expect(mistakes(...decorators)).toEqual(found);
  });

  it('may be of two methods that undo one step, or of one that undoes what does nothing', () => {
    class Twice extends WorkflowBase<number, number> {
      @Start() charge(id: number): number {
        return id;
      }
      @Delay({ after: 'charge', for: '1h' }) pause(_: number): Later<number> {}
      @Compensate('charge') refund(): void {}
      @Compensate('charge') refundAgain(): void {}
      @Compensate('pause') unpause(): void {}
    }
    expect(() => new Twice().compiled()).toThrow(
      /refund\(\) undoes "charge" already[^]*names "pause", which does nothing/,
    );
  });

  it('may be an approval that other steps come after although it leads on by routes', () => {
    class Both extends WorkflowBase<number, unknown> {
      @Start()
      @Approval({ users: ['mia'], routes: { approved: END, rejected: END } })
      ask(_: number): ApprovalRequest {
        return { title: '?' };
      }
      @Step({ after: 'ask' }) then2(_: unknown): void {}
    }
    expect(() => new Both().compiled()).toThrow(/UNKNOWN_NODE|EDGES_AND_ROUTER|INVALID_EDGE/);
  });
});
