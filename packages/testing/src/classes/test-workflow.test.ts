import { Clock, END, RunContext } from '@drawloom/core';
import { inject, Router, Start, Step, WorkflowBase, workflows } from '@drawloom/decorators';
import { VirtualClock } from '@drawloom/testing';
import { testWorkflow } from '@drawloom/testing/classes';
import { ContainerModule } from 'inversify';

class Classifier {
  readonly #secret = 'only the real one has it';
  async label(text: string): Promise<'billing' | 'other'> {
    return Promise.reject(new Error(`a test must not reach the real service with ${text}${this.#secret}`));
  }
  describe(): string {
    return 'real';
  }
}

class Clerk {
  constructor(@inject(RunContext) readonly context: RunContext) {}
}

class Triage extends WorkflowBase<string, string> {
  constructor(
    @inject(Classifier) private readonly classifier: Classifier,
    @inject(Clerk) private readonly clerk: Clerk,
  ) {
    super();
  }
  @Start({ retry: { maximumAttempts: 2, initialInterval: '1h' } })
  async classify(text: string): Promise<{ label: 'billing' | 'other'; text: string }> {
    return { label: await this.classifier.label(text), text };
  }
  @Router({ after: 'classify', routes: { billing: 'billing', other: END } })
  pick({ label }: { label: 'billing' | 'other'; text: string }): 'billing' | 'other' {
    return label;
  }
  @Step() billing({ text }: { text: string }): string {
    return `${this.clerk.context.userId} bills ${text}`;
  }
}

const clerks = new ContainerModule(({ bind }) => {
  bind(Clerk).toSelf();
  bind(Classifier).toSelf();
});

describe('The test of a workflow class', () => {
  it('runs it with fakes in place of what it injects, loaded modules for the rest', async () => {
    const triage = testWorkflow(Triage)
      .load(clerks)
      .override(Classifier, { label: async () => 'billing' });
    const result = await triage.run('an invoice', { userId: 'alice' });
    expect(result.output).toBe('alice bills an invoice');
    expect(result).toHaveVisitedExactly('classify', 'billing');
    expect(result).toHaveRouted('pick', 'billing');
  });

  it('takes the latest fake for the next run', async () => {
    const triage = testWorkflow(Triage).load(clerks);
    triage.override(Classifier, { label: async () => 'billing' });
    await triage.run('x');
    triage.override(Classifier, { label: async () => 'other' });
    expect(await triage.run('x')).toHaveVisitedExactly('classify');
  });

  it('lacks what is neither faked nor loaded', () => {
    expect(() => testWorkflow(Triage).start('x')).toThrow('Classifier');
    const onlyClassifier = testWorkflow(Triage).override(Classifier, { label: async () => 'other' });
    expect(() => onlyClassifier.start('x')).toThrow('Clerk');
  });

  it('counts the edges of all its runs, failed and cancelled ones too', async () => {
    const triage = testWorkflow(Triage).load(clerks);
    triage.override(Classifier, { label: async () => 'billing' });
    await triage.run('x');
    expect(triage.coverage.missed).toEqual(['pick --other--> END']);
    expect(triage.coverage).toCoverEveryEdge({ except: ['pick --other--> END'] });

    const clock = new VirtualClock();
    triage.override(Clock, clock).override(Classifier, { label: () => Promise.reject(new Error('down')) });
    const failing = triage.run('x');
    const failed = expect(failing).rejects.toMatchObject({ code: 'STEP_FAILED' });
    await clock.advance('1h');
    await failed;
    const handle = triage.start('x');
    handle.cancel();
    await handle.result();
    expect(triage.coverage.runs).toBe(3);
  });

  it('lets the workflow run others that are loaded', async () => {
    class Outer extends WorkflowBase<string, string> {
      @Start() @Step() @inject(Triage) readonly triage!: Triage;
    }
    const outer = testWorkflow(Outer)
      .load(workflows(Triage), clerks)
      .override(Classifier, { label: async () => 'billing' });
    expect((await outer.run('x', { userId: 'bob' })).output).toBe('bob bills x');
    expect(outer.coverage).toCoverEveryEdge();
  });

  it('has the types of the workflow', () => {
    const triage = testWorkflow(Triage);
    // @ts-expect-error -- it takes text
    const wrong = (): unknown => triage.run(1);
    // @ts-expect-error -- the real one has no such method
    const unknown = (): unknown => triage.override(Classifier, { labl: async () => 'billing' });
    expect([wrong, unknown]).toHaveLength(2);
  });
});
