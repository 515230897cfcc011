import {
  ChainedAuditLog,
  evidence,
  hmacKey,
  InMemoryAuditStore,
  verifyAuditLog,
  verifyEvidence,
  type AuditEntry,
} from '@drawloom/core';
import {
  AUDIT,
  Configure,
  Container,
  drawloom,
  End,
  graphOf,
  inject,
  Router,
  Start,
  Step,
  WorkflowBase,
  workflows,
} from '@drawloom/decorators';

const key = hmacKey('k1', 'a secret of many bytes');
const newLog = (): ChainedAuditLog => new ChainedAuditLog({ store: new InMemoryAuditStore(), key });

class Claim extends WorkflowBase<number, string> {
  @Start()
  @Step()
  assess(euros: number): number {
    return euros;
  }
  @Router({ after: 'assess', routes: { small: 'pay', large: 'refuse' } })
  bySize(euros: number): 'small' | 'large' {
    return euros < 100 ? 'small' : 'large';
  }
  @End()
  pay(euros: number): string {
    return `${euros} paid`;
  }
  @End()
  refuse(): string {
    return 'refused';
  }
}

@Configure({ audit: { content: 'full', mode: 'required' } })
class Shown extends Claim {}

@Configure({ audit: null })
class Unrecorded extends Claim {}

async function entriesOf(log: ChainedAuditLog): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of log.entries()) entries.push(entry);
  return entries;
}

describe('The log of a container', () => {
  it('records the runs of its workflows, with the choices of their routers', async () => {
    const log = newLog();
    const container = new Container();
    container.load(drawloom({ audit: log }), workflows(Claim));
    await container.get(Claim).run(40, { userId: 'alice' });
    const entries = await entriesOf(log);
    expect(entries.map(({ action, node }) => `${action} ${node ?? ''}`.trim())).toEqual([
      'run.started',
      'step.started assess',
      'step.completed assess',
      'route.taken bySize',
      'step.started pay',
      'step.completed pay',
      'run.completed',
    ]);
    expect(entries[3]!.facts).toEqual({ n: 4, keys: ['small'], targets: ['pay'], ends: false });
    expect(entries.every(({ user, workflow }) => user === 'alice' && workflow === 'Claim')).toBe(true);
    expect(await verifyAuditLog(log, { keys: key })).toMatchObject({ ok: true, entries: 7 });
  });

  it('is evidence of a class in which a property is a step, whatever the pictures of it show', async () => {
    class Outer extends WorkflowBase<number, string> {
      @Start() @Step() @inject(Claim) readonly claim!: Claim;
      @End({ after: 'claim' }) tell(text: string): string {
        return text;
      }
    }
    const log = newLog();
    const container = new Container();
    container.load(drawloom({ audit: log }), workflows(Claim, Outer));
    const outer = container.get(Outer);
    const { runId } = await outer.run(40);
    expect(outer.graph).toEqual(graphOf(Outer));
    expect(outer.toMermaid()).toContain('assess');
    const { files, runs } = await evidence(runId, { log, workflow: outer });
    expect(runs.map(({ workflow }) => workflow)).toEqual(['Outer', 'Claim']);
    expect(await verifyEvidence(files, key)).toMatchObject({ ok: true, problems: [] });
  });

  it('is recorded in as each class says, or not at all', async () => {
    const log = newLog();
    const container = new Container();
    container.load(drawloom({ audit: { log, content: 'none' } }), workflows(Shown, Unrecorded));
    await container.get(Unrecorded).run(40);
    await container.get(Shown).run(400);
    const entries = await entriesOf(log);
    expect(entries[0]).toMatchObject({ workflow: 'Shown', facts: { mode: 'required', content: 'full' }, content: 400 });
    expect(entries.at(-1)).toMatchObject({ action: 'run.completed', content: 'refused' });
  });

  it('can be bound anew, for a test', async () => {
    const [log, other] = [newLog(), newLog()];
    const container = new Container();
    container.load(drawloom({ audit: log }), workflows(Claim));
    (await container.rebind(AUDIT)).toConstantValue(other);
    await container.get(Claim).run(40);
    expect([(await entriesOf(log)).length, (await entriesOf(other)).length]).toEqual([0, 7]);
  });

  it('is refused where it is none', () => {
    expect(() => drawloom({ audit: 'audit.jsonl' as never })).toThrow(/INVALID_OPTION.*audit/);
  });
});
