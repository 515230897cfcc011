/** The catalogue in class form: what of groups F and H is about branches, their concurrency and where they end. */
import { END, Workflow, type StepContext, type Telemetry } from '@drawloom/core';
import { Configure, End, oneOf, Router, Start, Step, WorkflowBase } from '@drawloom/decorators';
import { deferred } from '@drawloom/testing';
import { collectEvents, settled, thrownBy } from '../../core/test/collect-events.js';
import { bothWays, decorate, handleOf, type Workflows } from './support/both-ways.js';

/** As many steps that begin at once as there are bodies, `s0`, `s1`, … */
function branches(
  options: object,
  bodies: readonly ((n: number, context: StepContext) => unknown)[],
): Workflows<number, any> {
  @Configure({ name: 'branches', ...options })
  class Branches extends WorkflowBase<number, any> {}
  bodies.forEach((value, index) => {
    Object.defineProperty(Branches.prototype, `s${index}`, { value });
    decorate(Branches, `s${index}`, Start());
  });
  return Branches;
}

const orders = [
  ['b', 'c'],
  ['c', 'b'],
] as const;

describe.each(bothWays)('Fan-out in a class, %s:', (_, make) => {
  it('no more run at a time than maxConcurrency, and a start is announced only with its slot (B73, B57)', async () => {
    const gates = Array.from({ length: 5 }, () => deferred());
    const type = branches(
      { maxConcurrency: 2 },
      gates.map(
        ({ promise }) =>
          () =>
            promise,
      ),
    );
    const handle = make(type).start(1);
    const collecting = collectEvents(handle.events());
    let running = 0;
    const counting = (async () => {
      let peak = 0;
      for await (const event of handle.events()) {
        if (event.type === 'step.started') peak = Math.max(peak, ++running);
        if (event.type === 'step.completed') running--;
      }
      return peak;
    })();
    await settled();
    gates[1]!.resolve();
    await settled();
    gates.forEach(({ resolve }) => resolve());
    const { lines } = await collecting;
    expect(lines.slice(1, 5)).toEqual(['step.started s0', 'step.started s1', 'step.completed s1', 'step.started s2']);
    expect(await counting).toBe(2);
  });

  it('eight run at a time where nothing else is said (B73)', async () => {
    const gate = deferred();
    let running = 0;
    const done = make(
      branches(
        {},
        Array.from({ length: 20 }, () => () => (running++, gate.promise)),
      ),
    ).run(1);
    await settled();
    expect(running).toBe(8);
    gate.resolve();
    await done;
    expect(running).toBe(20);
  });

  it.each(orders)(
    'the output is an object by step name where %s ends before %s and none is an @End (B76)',
    async (...order) => {
      const gates = { b: deferred<string>(), c: deferred<string>() };
      class Ends extends WorkflowBase<string, unknown> {
        @Start() async c(_: string): Promise<string> {
          return gates.c.promise;
        }
        @Start() async b(_: string): Promise<string> {
          return gates.b.promise;
        }
      }
      const running = make(Ends).run('x');
      for (const branch of order) {
        await settled();
        gates[branch].resolve(branch.toUpperCase());
      }
      expect(JSON.stringify((await running).output)).toBe('{"c":"C","b":"B"}');
    },
  );

  it('the output is what the @End step returned, whatever else ends later (B76)', async () => {
    const gate = deferred();
    class Answers extends WorkflowBase<string, string> {
      @Start() @End() answer(question: string): string {
        return `answer to ${question}`;
      }
      @Start() async log(_: string): Promise<string> {
        await gate.promise;
        return 'logged';
      }
    }
    const running = make(Answers).run('why');
    await settled();
    gate.resolve();
    expect(await running).toMatchObject({ output: 'answer to why', visited: ['answer', 'log'] });
  });

  it('a route to END ends its own branch only (B77)', async () => {
    class Branches extends WorkflowBase<number, unknown> {
      @Start() @Router({ routes: { stop: END } }) stops(_: number): 'stop' {
        return 'stop';
      }
      @Start() begins(n: number): number {
        return n + 1;
      }
      @Step({ after: 'begins' }) goesOn(n: number): number {
        return n + 1;
      }
    }
    expect(await make(Branches).run(1)).toMatchObject({ visited: ['begins', 'goesOn'], output: 3 });
  });

  it('finish ends the run with its value, whatever the @End step would have given (B77)', async () => {
    const signals: AbortSignal[] = [];
    class First extends WorkflowBase<string, string> {
      @Start() slow(_: string, { signal }: StepContext): Promise<string> {
        signals.push(signal);
        return new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      }
      @Start() quick(question: string, context: StepContext): string {
        context.finish(`answer to ${question}`);
        return 'ignored';
      }
      @End({ after: oneOf('slow', 'quick') }) last(_: string): string {
        return 'never runs';
      }
    }
    const { events, lines } = await collectEvents(make(First).stream('why'));
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: 'answer to why' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(lines.slice(1, -1)).toEqual([
      'step.started slow',
      'step.started quick',
      'step.completed quick',
      'step.cancelled slow',
    ]);
  });

  it('sequential graphs give exactly the events of a plain walk (B75)', async () => {
    class Walk extends WorkflowBase<number, number> {
      @Start() a(n: number): number {
        return n;
      }
      @Router({ after: 'a', routes: { on: 'b', off: 'c' } }) choose(n: number): 'on' | 'off' {
        return n > 0 ? 'on' : 'off';
      }
      @End({ after: 'c' }) b(n: number): number {
        return n + 1;
      }
      @Step() c(n: number): number {
        return n + 2;
      }
    }
    const lines = async (input: number): Promise<readonly string[]> =>
      (await collectEvents(make(Walk).stream(input))).lines;
    const first = ['run.started', 'step.started a', 'step.completed a', 'route.taken choose'];
    const last = ['step.started b', 'step.completed b', 'run.completed'];
    expect(await lines(1)).toEqual([...first, ...last]);
    expect(await lines(-1)).toEqual([...first, 'step.started c', 'step.completed c', ...last]);
  });

  it('branches have spans, events and values of their own (B55, B56)', async () => {
    const spans: string[] = [];
    const telemetry: Telemetry = { span: ({ operation, name }, body) => (spans.push(`${operation} ${name}`), body()) };
    const type = branches({ telemetry }, [(n) => n + 1, (n) => n + 2]);
    const { lines, events } = await collectEvents(make(type).stream(1));
    expect(spans).toEqual(['invoke_workflow branches', 'step s0', 'step s1']);
    expect(lines.filter((line) => line.startsWith('step.completed'))).toEqual([
      'step.completed s0',
      'step.completed s1',
    ]);
    expect(events.at(-1)).toMatchObject({ output: { s0: 2, s1: 3 } });
  });

  it('the first failure of a branch is the run’s own, further ones are attached (B52, B53)', async () => {
    const errors = [new Error('first'), new Error('second')];
    const aborted = deferred();
    const type = branches({}, [
      () => Promise.reject(errors[0]!),
      (_n, { signal }) =>
        new Promise((_r, reject) =>
          signal.addEventListener('abort', () => {
            aborted.resolve();
            reject(errors[1]!);
          }),
        ),
    ]);
    const error = await thrownBy(() => make(type).run(1));
    await aborted.promise;
    expect(error).toMatchObject({ code: 'STEP_FAILED', node: 's0', furtherErrors: [{ node: 's1' }] });
    expect(error.cause).toBe(errors[0]);
    expect((error as unknown as { furtherErrors: Error[] }).furtherErrors[0]!.cause).toBe(errors[1]);
  });
});

describe('Concurrent runs', () => {
  it('of one handle share nothing: neither values, counters nor fields (B84)', async () => {
    const gates = [deferred<string>(), deferred<string>()];
    class Keeps extends WorkflowBase<number, unknown> {
      count = 0;
      @Start() async a(n: number): Promise<string> {
        this.count += n + 1;
        return gates[n]!.promise;
      }
      @End({ after: 'a' }) b(text: string, { visit }: StepContext): unknown {
        return [text, visit, ++this.count];
      }
    }
    const handle = handleOf(Keeps);
    const running = [handle.run(0), handle.run(1)];
    await settled();
    gates[1]!.resolve('one');
    gates[0]!.resolve('zero');
    const results = await Promise.all(running);
    expect(results.map(({ output }) => output)).toEqual([
      ['zero', 1, 2],
      ['one', 1, 3],
    ]);
    expect(new Set(results.map(({ runId }) => runId)).size).toBe(2);
  });

  it('of one instance made by hand are refused, those of two of its class are not (B84)', async () => {
    const gate = deferred();
    class Waits extends WorkflowBase<number, number> {
      @Start() async wait(n: number): Promise<number> {
        await gate.promise;
        return n;
      }
    }
    const [one, other] = [new Waits(), new Waits()];
    const running = [one.run(1), other.run(2)];
    await expect(one.run(3)).rejects.toMatchObject({ code: 'WORKFLOW_BUSY', where: 'Waits' });
    // The same where it stands in a node: what is built around it has the one instance only, a handle does not.
    const built = new Workflow<number>('built').addNode('waits', one).setStart('waits');
    await expect(built.run(4)).rejects.toMatchObject({ cause: { code: 'WORKFLOW_BUSY' } });
    const around = new Workflow<number>('around').addNode('waits', handleOf(Waits)).setStart('waits');
    const nested = [around.run(5), around.run(6)];
    gate.resolve();
    expect((await Promise.all(running)).map(({ output }) => output)).toEqual([1, 2]);
    expect((await Promise.all(nested)).map(({ output }) => output)).toEqual([5, 6]);
  });
});
