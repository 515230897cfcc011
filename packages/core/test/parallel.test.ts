import { Workflow, type StepContext } from '@drawloom/core';
import { deferred } from '@drawloom/testing';
import { collectEvents, settled } from './collect-events.js';

const rejected = (message: string): Promise<never> => Promise.reject(new Error(message));

describe('parallel', () => {
  it('B51 gives all branches the same input, at the same time, and their results in declared order', async () => {
    const gates = [deferred<string>(), deferred<string>(), deferred<string>()];
    const given: number[] = [];
    const branches = gates.map(({ promise }) => (input: number) => {
      given.push(input);
      return promise;
    });
    const running = Workflow.parallel(branches).run(7);
    await settled();
    expect(given).toEqual([7, 7, 7]);
    for (const index of [2, 0, 1]) {
      gates[index]!.resolve(`branch ${index}`);
      await settled();
    }
    expect((await running).output).toEqual(['branch 0', 'branch 1', 'branch 2']);
  });

  it('B51 makes the output of what merge returns', async () => {
    const built = Workflow.parallel([(value: number) => value + 1, (value: number) => value * 10], {
      merge: (results) => results.join(' and '),
    });
    expect((await built.run(2)).output).toBe('3 and 20');
  });

  it('B51 gives a list of one for one branch, also of a branch that returns a list', async () => {
    expect((await Workflow.parallel([(value: number) => value]).run(1)).output).toEqual([1]);
    expect((await Workflow.parallel([(value: number) => [value]]).run(1)).output).toEqual([[1]]);
    expect((await Workflow.parallel([(value: number) => value], { settled: true }).run(1)).output).toEqual([
      { status: 'fulfilled', value: 1 },
    ]);
  });

  it('B52, B53 aborts the siblings of a branch that fails, and rejects with its error as the cause', async () => {
    const error = new Error('branch');
    const reasons: unknown[] = [];
    const sibling = ({ signal }: StepContext): Promise<void> =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason);
          reject(signal.reason);
        }),
      );
    const built = Workflow.parallel([
      (_: number, context: StepContext) => sibling(context),
      () => Promise.reject(error),
      (_: number, context: StepContext) => sibling(context),
    ]);
    const { lines, thrown } = await collectEvents(built.stream(1));
    expect(thrown).toMatchObject({ code: 'STEP_FAILED', cause: error, furtherErrors: [] });
    expect(reasons).toEqual([thrown, thrown]);
    expect(lines.slice(-4)).toEqual([
      'step.failed branch_1',
      'step.cancelled branch_0',
      'step.cancelled branch_2',
      'run.failed',
    ]);
  });

  it('B53 attaches the errors of further branches to the first, in order of arrival', async () => {
    const gate = deferred();
    const built = Workflow.parallel([
      () => gate.promise.then(() => rejected('second')),
      () => rejected('first'),
      (_: number, { signal }: StepContext) => {
        signal.addEventListener('abort', () => gate.resolve());
        return gate.promise.then(() => gate.promise).then(() => rejected('third'));
      },
    ]);
    const error: any = await built.run(1).catch((reason: unknown) => reason);
    expect(error.cause.message).toBe('first');
    expect(error.furtherErrors.map((further: any) => further.cause.message)).toEqual(['second', 'third']);
  });

  it('B54 with settled lets every branch end, and gives outcomes in declared order', async () => {
    const error = new Error('branch');
    const slow = deferred<string>();
    const built = Workflow.parallel([() => slow.promise, () => Promise.reject(error), () => 'quick'], {
      settled: true,
    });
    const running = built.run(1);
    await settled();
    slow.resolve('slow');
    expect((await running).output).toEqual([
      { status: 'fulfilled', value: 'slow' },
      { status: 'rejected', reason: error },
      { status: 'fulfilled', value: 'quick' },
    ]);
  });

  it('B54 with settled gives merge the outcomes, and succeeds where all branches fail', async () => {
    const built = Workflow.parallel([() => rejected('a'), () => rejected('b')], {
      settled: true,
      merge: (outcomes) => outcomes.map(({ status }) => status),
    });
    expect((await built.run(1)).output).toEqual(['rejected', 'rejected']);
  });

  it('B55 makes the names of repeated branches unique, and keeps clear of its own merge', async () => {
    function merge(value: number): number {
      return value;
    }
    const result = await Workflow.parallel([merge, merge]).run(1);
    expect(result.visited).toEqual(['merge', 'merge_1', 'merge_2']);
    expect(result.output).toEqual([1, 1]);
  });

  it('B56 has branches that are real nodes, in the events and in the result', async () => {
    const built = Workflow.parallel({ left: (value: number) => value + 1, right: (value: number) => value + 2 });
    const { lines } = await collectEvents(built.stream(1));
    expect(lines).toEqual([
      'run.started',
      'step.started left',
      'step.completed left',
      'step.started right',
      'step.completed right',
      'step.started merge',
      'step.completed merge',
      'run.completed',
    ]);
    expect((await built.run(1)).perStep).toEqual({ left: 2, right: 3, merge: [2, 3] });
  });

  it('B57 runs no more branches at a time than maxConcurrency', async () => {
    for (const [options, most] of [
      [{}, 8],
      [{ maxConcurrency: 3 }, 3],
    ] as const) {
      let running = 0;
      let peak = 0;
      const branch = async (): Promise<void> => {
        peak = Math.max(peak, ++running);
        await settled();
        running--;
      };
      await Workflow.parallel(
        Array.from({ length: 50 }, () => branch),
        options,
      ).run(1);
      expect(peak).toBe(most);
    }
  });

  it('B58 awaits a merge that is async, and fails with one that throws', async () => {
    const branches = [(value: number) => value, (value: number) => value * 2];
    const summed = Workflow.parallel(branches, { merge: async ([a, b]) => a! + b! });
    expect((await summed.run(1)).output).toBe(3);
    const broken = Workflow.parallel(branches, { merge: () => rejected('merge') });
    await expect(broken.run(1)).rejects.toMatchObject({
      code: 'STEP_FAILED',
      node: 'merge',
      cause: { message: 'merge' },
    });
  });

  it('B59 gives every branch the user and the session of the run', async () => {
    const who = (_: number, { run }: StepContext): string => `${run.userId} ${run.sessionId}`;
    const { output } = await Workflow.parallel([who, who]).run(1, { userId: 'ada', sessionId: 's1' });
    expect(output).toEqual(['ada s1', 'ada s1']);
  });
});
