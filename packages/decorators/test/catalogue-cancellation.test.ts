/** The catalogue in class form, group L: cancellation. */
import { type StepContext, type WorkflowOptions } from '@drawloom/core';
import { Configure, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred, VirtualClock } from '@drawloom/testing';
import { collectEvents, ofType, settled } from '../../core/test/collect-events.js';
import { obedient } from '../../core/test/support/obedient.js';
import { bothWays, type Workflows } from './support/both-ways.js';

/** A class of one step. */
function single(
  body: (value: any, context: StepContext) => unknown,
  options: WorkflowOptions = {},
): Workflows<any, unknown> {
  @Configure({ name: 'w', ...options })
  class Single extends WorkflowBase<any, unknown> {
    @Start() a(value: any, context: StepContext): unknown {
      return body(value, context);
    }
  }
  return Single;
}

/** Two steps at once. */
function pair(
  a: (value: any, context: StepContext) => unknown,
  b: (value: any, context: StepContext) => unknown,
): Workflows<any, unknown> {
  @Configure({ name: 'w' })
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

describe.each(bothWays)('Cancellation of a class, %s:', (_, make) => {
  it('by a signal aborts the steps, announces them, and rejects with the reason as cause (B114)', async () => {
    const controller = new AbortController();
    const reason = new Error('the client went away');
    const aborted: unknown[] = [];
    const type = pair(obedient(aborted), obedient(aborted));
    const collecting = collectEvents(make(type).stream(1, { signal: controller.signal }));
    await settled();
    controller.abort(reason);
    const { lines, thrown } = await collecting;
    expect(aborted).toEqual(['a', 'b']);
    expect(lines.slice(-3)).toEqual(['step.cancelled a', 'step.cancelled b', 'run.cancelled']);
    expect(thrown).toMatchObject({ code: 'RUN_CANCELLED', where: 'w', cause: reason });
  });

  it('by a signal that is aborted already begins no step, and the workflow can be run again (B114)', async () => {
    const began: unknown[] = [];
    const workflow = make(single((value) => began.push(value)));
    const { lines, thrown } = await collectEvents(workflow.stream(1, { signal: AbortSignal.abort('too late') }));
    expect(lines).toEqual(['run.started', 'run.cancelled']);
    expect([began, thrown]).toMatchObject([[], { code: 'RUN_CANCELLED', cause: 'too late' }]);
    expect((await workflow.run(2)).status).toBe('completed');
  });

  it('by a handle ends the run once; a step that was running may complete, none begins (B114)', async () => {
    const gate = deferred<string>();
    const began: unknown[] = [];
    class Two extends WorkflowBase<number, unknown> {
      @Start() a(_: number): Promise<string> {
        return gate.promise;
      }
      @Step({ after: 'a' }) b(value: string): void {
        began.push(value);
      }
    }
    const handle = make(Two).start(1);
    const collecting = collectEvents(handle.events());
    await settled();
    handle.cancel('enough');
    handle.cancel('again');
    gate.resolve('in spite of it');
    const outcome = await handle.result();
    handle.cancel('after the end');
    expect(outcome).toMatchObject({ status: 'cancelled', error: { cause: 'enough' }, partial: { visited: ['a'] } });
    expect((await collecting).lines).toEqual(['run.started', 'step.started a', 'step.completed a', 'run.cancelled']);
    expect(began).toEqual([]);
  });

  it('waits for steps that do not react no longer than the grace, and is free for the next run (B114, B21)', async () => {
    const clock = new VirtualClock();
    const late = deferred<string>();
    let runs = 0;
    const type = single(() => (runs++ === 0 ? late.promise : 'second'), { clock, cancelGrace: '2s' });
    const workflow = make(type);
    const handle = workflow.start(1);
    const collecting = collectEvents(handle.events());
    await settled();
    handle.cancel();
    await clock.advance(1999);
    expect(handle.status()).toBe('running');
    await clock.advance(1);
    expect(handle.status()).toBe('cancelled');
    expect(ofType((await collecting).events, 'step.cancelled')).toMatchObject([{ node: 'a', isAbandoned: true }]);
    const next = await workflow.run(2);
    late.resolve('first, too late');
    await settled();
    expect(next.output).toBe('second');
    expect((await handle.result()).status).toBe('cancelled');
  });

  it('reaches the innermost step of nested classes, and is announced at every level (B114)', async () => {
    const signals: AbortSignal[] = [];
    class Innermost extends WorkflowBase<number, unknown> {
      @Start() deep(n: number, context: StepContext): Promise<never> {
        signals.push(context.signal, this.context.signal!);
        return obedient()(n, context);
      }
    }
    class Between extends WorkflowBase<number, unknown> {
      @Start() @Step() readonly two = new Innermost();
    }
    class Outermost extends WorkflowBase<number, unknown> {
      @Start() @Step() readonly one = new Between();
    }
    const handle = make(Outermost).start(1);
    const collecting = collectEvents(handle.events());
    await settled();
    handle.cancel('enough');
    expect(await handle.result()).toMatchObject({ status: 'cancelled', error: { cause: 'enough', furtherErrors: [] } });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect((await collecting).lines.slice(-6)).toEqual([
      'step.cancelled one/two/deep',
      'run.cancelled one/two',
      'step.cancelled one/two',
      'run.cancelled one',
      'step.cancelled one',
      'run.cancelled',
    ]);
  });

  it('of a run that a step began itself comes with the step (B114)', async () => {
    const Inner = single(obedient());
    const failures: unknown[] = [];
    class Calls extends WorkflowBase<number, unknown> {
      @Start() async call(n: number): Promise<unknown> {
        return make(Inner)
          .run(n)
          .catch((error: unknown) => {
            failures.push(error);
            throw error;
          });
      }
    }
    const handle = make(Calls).start(1);
    await settled();
    handle.cancel('enough');
    expect(await handle.result()).toMatchObject({ status: 'cancelled', error: { furtherErrors: [] } });
    expect(failures).toMatchObject([{ code: 'RUN_CANCELLED', workflow: 'w' }]);
  });
});
