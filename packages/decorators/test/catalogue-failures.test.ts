/** The catalogue in class form, group L: failure, retry, timeout and error edges. */
import { currentContext, StepError, type StepContext, type StepFailure, type WorkflowOptions } from '@drawloom/core';
import { Configure, End, oneOf, Start, Step, WorkflowBase, type StepOptions } from '@drawloom/decorators';
import { deferred, VirtualClock } from '@drawloom/testing';
import { collectEvents, ofType, settled, thrownBy } from '../../core/test/collect-events.js';
import { obedient } from '../../core/test/support/obedient.js';
import { bothWays, type Make, type Workflows } from './support/both-ways.js';

const HOUR = 3_600_000;
type Policies = Pick<StepOptions<never, never, never>, 'retry' | 'timeout'>;

/** A class of one step with policies. */
function single(
  body: (value: any, context: StepContext) => unknown,
  policies: Policies,
  options: WorkflowOptions,
): Workflows<any, unknown> {
  @Configure({ name: 'w', ...options })
  class Single extends WorkflowBase<any, unknown> {
    @Start(policies) a(value: any, context: StepContext): unknown {
      return body(value, context);
    }
  }
  return Single;
}

/** Two steps at once. */
function pair(
  a: (value: any, context: StepContext) => unknown,
  b: typeof a,
  options: WorkflowOptions = {},
): Workflows<any, unknown> {
  @Configure({ name: 'w', ...options })
  class Pair extends WorkflowBase<any, unknown> {
    @Start() a(value: any, context: StepContext): unknown {
      return a(value, context);
    }
    @Start() b(value: any, context: StepContext): unknown {
      return b(value, context);
    }
  }
  return Pair;
}

/** Runs a step that fails until its `works`th attempt through an hour; gives its outcome and when it was tried. */
async function flaky(make: Make, policies: Policies, works = Infinity) {
  const clock = new VirtualClock({ startAt: 0 });
  const tries: number[] = [];
  const body = async (input: string): Promise<string> => {
    if (tries.push(clock.now()) < works) throw new Error('down');
    return `${input} done`;
  };
  const handle = make(single(body, policies, { clock })).start('work', { runId: 'r' });
  const collecting = collectEvents(handle.events());
  await clock.advance(HOUR);
  return { outcome: await handle.result(), tries, ...(await collecting), pending: clock.pending };
}

describe.each(bothWays)('Failure in a class, %s:', (_, make) => {
  it('aborts siblings, and rejects with the first one, the step’s own error as its cause (B113)', async () => {
    const error = new Error('own');
    const aborted: unknown[] = [];
    const rejection = await thrownBy(() => make(pair(obedient(aborted), () => Promise.reject(error))).run(1));
    expect(rejection).toMatchObject({ code: 'STEP_FAILED', workflow: 'w', node: 'b', visit: 1, attempt: 1 });
    expect(rejection.cause).toBe(error);
    expect(aborted).toEqual(['a']);
  });

  it.each([
    ['text', 'gone'],
    ['nothing', undefined],
    ['an object', { code: 7 }],
  ])('of a step that throws %s, which is no Error, keeps it as the cause (B113)', async (_name, thrown) => {
    const error = await thrownBy(() =>
      make(
        pair(
          () => {
            throw thrown;
          },
          (value) => value,
        ),
      ).run(1),
    );
    expect(StepError.is(error)).toBe(true);
    expect(error.cause).toBe(thrown);
  });

  it('lets nothing more begin (B113)', async () => {
    const gate = deferred();
    const began: string[] = [];
    class After extends WorkflowBase<number, unknown> {
      @Start() fails(_: number): Promise<never> {
        return Promise.reject(new Error('no'));
      }
      @Start() slow(_: number): Promise<void> {
        return gate.promise;
      }
      @Step({ after: 'slow' }) next(): void {
        began.push('next');
      }
    }
    const failed = thrownBy(() => make(After).run(1));
    await settled();
    gate.resolve();
    expect((await failed).partial!.visited).toEqual(['slow']);
    await settled();
    expect(began).toEqual([]);
  });

  it('leaves the caller’s context, and the instance’s, as they were (B117)', async () => {
    const inner = make(single(() => Promise.reject(new Error('no')), {}, {}));
    class Outer extends WorkflowBase<number, unknown> {
      @Start() async call(_: number): Promise<unknown> {
        await inner.run(1, { userId: 'inner' }).catch(() => undefined);
        return [currentContext().userId, this.context.userId];
      }
    }
    const outer = make(Outer);
    expect((await outer.run(1, { userId: 'outer' })).output).toEqual(['outer', 'outer']);
    expect([currentContext().userId, outer.context.userId, inner.context.userId]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe.each(bothWays)('Policies of a step of a class, %s:', (_, make) => {
  it('retry tries again after waits that grow, as one visit with one idempotency key (B115)', async () => {
    const { outcome, tries } = await flaky(make, { retry: { maximumAttempts: 5, initialInterval: '1s' } }, 4);
    expect(tries).toEqual([0, 1000, 3000, 7000]);
    expect(outcome).toMatchObject({ output: 'work done', visited: ['a'], steps: [{ visit: 1, attempts: 4 }] });
  });

  it('retry gives up after its attempts, and announces each that another one follows (B115)', async () => {
    const { outcome, tries, lines, events } = await flaky(make, { retry: {} });
    expect(tries).toEqual([0, 1000, 3000]);
    expect(outcome).toMatchObject({ status: 'failed', error: { code: 'STEP_FAILED', attempt: 3 } });
    expect(lines.slice(1)).toEqual([
      'step.started a',
      'step.retrying a',
      'step.retrying a',
      'step.failed a',
      'run.failed',
    ]);
    expect(ofType(events, 'step.retrying')).toMatchObject([
      { attempt: 1, delayMs: 1000 },
      { attempt: 2, delayMs: 2000 },
    ]);
  });

  it('retry leaves alone what is excluded (B115)', async () => {
    const { tries } = await flaky(make, { retry: { nonRetryableErrors: ['Error'] } });
    expect(tries).toEqual([0]);
    const asked = await flaky(make, { retry: { maximumAttempts: 9, retryIf: (_error, attempt) => attempt < 2 } });
    expect(asked.tries).toEqual([0, 1000]);
  });

  it('timeout aborts the attempt’s signal, and each attempt has its own (B115)', async () => {
    const clock = new VirtualClock({ startAt: 0 });
    const signals: AbortSignal[] = [];
    const body = (value: unknown, context: StepContext): Promise<never> => {
      signals.push(context.signal);
      return obedient()(value, context);
    };
    const type = single(body, { timeout: '10s', retry: { maximumAttempts: 2, initialInterval: '1s' } }, { clock });
    const failed = thrownBy(() => make(type).run(1));
    await clock.advance(9_999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await clock.advance(HOUR);
    expect(await failed).toMatchObject({ code: 'STEP_TIMEOUT', where: 'w.a', attempt: 2 });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(clock.pending).toBe(0);
  });

  it('onError hands error and input to a step after the last attempt, and the run goes on (B115)', async () => {
    const error = new Error('down');
    const clock = new VirtualClock();
    @Configure({ clock })
    class Rescue extends WorkflowBase<string, unknown> {
      @Start({ retry: { maximumAttempts: 2 }, onError: 'rescue' }) a(input: string): Promise<string> {
        return input === 'fails' ? Promise.reject(error) : Promise.resolve(input);
      }
      @Step({ after: 'a' }) next(text: string): string {
        return `next got ${text}`;
      }
      @Step() rescue(failure: StepFailure<string>): unknown {
        return [failure.input, failure.error];
      }
      @End({ after: oneOf('next', 'rescue') }) last(value: unknown): unknown {
        return value;
      }
    }
    const collecting = collectEvents(make(Rescue).stream('fails'));
    await clock.advance(HOUR);
    const { events, lines } = await collecting;
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: ['fails', error] });
    expect(ofType(events, 'step.failed')[0]).toMatchObject({ isHandled: true, attempts: 2 });
    expect(lines).not.toContain('step.started next');
    expect(await make(Rescue).run('works')).toMatchObject({ output: 'next got works', visited: ['a', 'next', 'last'] });
  });

  it('onError takes no cancellation for a failure, and may lead back to the step itself, bounded by caps (B115)', async () => {
    class Again extends WorkflowBase<unknown, unknown> {
      @Start({ onError: 'a' as string }) a(_: unknown, context: StepContext): Promise<never> {
        if (context.visit < 3) return Promise.reject(new Error('again'));
        return obedient()(_, context);
      }
    }
    const handle = make(Again).start(1);
    await settled();
    handle.cancel();
    const outcome = await handle.result();
    expect(outcome.status === 'cancelled' && outcome.partial.steps.map((step) => step.outcome)).toEqual([
      'failed',
      'failed',
      'cancelled',
    ]);
    @Configure({ maxVisitsPerNode: 2 })
    class Capped extends Again {}
    await expect(make(Capped).run(1)).rejects.toMatchObject({ code: 'MAX_VISITS', node: 'a' });
  });
});
