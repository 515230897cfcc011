/** What leads on from a router, or from what waits, where an `input` schema has given what arrived another form. */
import { Executor, InMemoryJournal, LocalExecutor, type Journal } from '@drawloom/core';
import {
  Approval,
  Container,
  drawloom,
  End,
  Router,
  Start,
  WorkflowBase,
  workflows,
  type ApprovalRequest,
} from '@drawloom/decorators';
import { z } from 'zod';
import { DyingJournal } from '../../core/test/support/dying-journal.js';
import { bothWays } from './support/both-ways.js';

interface Amount {
  readonly euros: number;
}
const amount = z.object({ cents: z.number().int() }).transform(({ cents }): Amount => ({ euros: cents / 100 }));

class Triage extends WorkflowBase<{ cents: number }, string> {
  @Start() read(given: { cents: number }): { cents: number } {
    return given;
  }
  @Router({ after: 'read', input: amount, routes: { small: 'pay', large: 'refuse' } })
  bySize({ euros }: Amount): 'small' | 'large' {
    return euros < 10 ? 'small' : 'large';
  }
  @End() pay({ euros }: Amount): string {
    return `paid ${euros}`;
  }
  @End() refuse({ euros }: Amount): string {
    return `refused ${euros}`;
  }
}

const trimmed = z.string().trim();
const measured = z.string().transform((text) => `${text.length}`);

class Ask extends WorkflowBase<string, string> {
  @Start() @Router({ input: trimmed, routes: { on: 'ask' } }) choose(_: string): 'on' {
    return 'on';
  }
  @Approval({ input: measured, users: ['mia'], routes: { approved: 'tell', rejected: 'tell' } })
  ask(title: string): ApprovalRequest {
    return { title };
  }
  @End() tell(text: string): string {
    return text;
  }
}

describe.each(bothWays)('A router with a schema, %s', (_, make) => {
  it('passes on what it was shown, and not what had arrived', async () => {
    expect((await make(Triage).run({ cents: 500 })).output).toBe('paid 5');
    expect((await make(Triage).run({ cents: 5_000 })).output).toBe('refused 50');
  });

  it('fails with what does not fit, and leads nowhere', async () => {
    await expect(make(Triage).run({ cents: 'many' } as never)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('passes the same on when its run is resumed, whatever the moment of the crash', async () => {
    const on = (journal: Journal): { executor: LocalExecutor } => ({ executor: new LocalExecutor({ journal }) });
    const whole = new DyingJournal(new InMemoryJournal(), Infinity);
    await make(Triage).run({ cents: 500 }, on(whole));
    for (let writes = 1; writes < whole.writes; writes++) {
      const journal = new InMemoryJournal();
      const dying = new DyingJournal(journal, writes);
      void make(Triage).run({ cents: 500 }, { ...on(dying), runId: 'r' });
      await dying.died;
      const { output } = await make(Triage).resume('r', { ...on(journal), takeOver: true });
      expect([writes, output]).toEqual([writes, 'paid 5']);
    }
  });
});

it('What waits passes on the form of its schema, in whichever process it goes on', async () => {
  const journal = new InMemoryJournal();
  const container = (): Container => {
    const made = new Container();
    made.load(drawloom({ journal, durability: { authentication: { trustedCaller: true } } }), workflows(Ask));
    return made;
  };
  await container().get(Ask).run('  four  ', { runId: 'r' });
  const other = container();
  const { approvals } = other.get(Executor);
  const [open] = await approvals.list({ user: 'mia' });
  expect(open!.title).toBe('4');
  await approvals.decide(open!.id, { actor: { userId: 'mia' }, outcome: 'approved', digest: open!.digest });
  expect(await other.get(Ask).resume('r', { takeOver: true })).toMatchObject({ output: '4' });
});
