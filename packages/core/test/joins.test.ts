import { END, StepFailure, Workflow, type JoinMode, type StepContext } from '@drawloom/core';
import { deferred } from '@drawloom/testing';
import { collectEvents, settled, thrownBy } from './collect-events.js';

const same = <T>(value: T): T => value;
const name = (_: unknown, { node }: StepContext): string => node;

/** A diamond a → (b, c) → d of which b and c wait for their gates. */
function gatedDiamond(join: JoinMode = 'auto') {
  const gates = { b: deferred<string>(), c: deferred<string>() };
  const built = new Workflow<string>('w')
    .addNode('a', same<string>)
    .addNode('b', () => gates.b.promise)
    .addNode('c', () => gates.c.promise)
    .addNode('d', (value: unknown) => ({ got: value }), { join: join as 'auto' })
    .setStart('a')
    .addEdge('a', 'b')
    .addEdge('a', 'c')
    .addEdge('b', 'd')
    .addEdge('c', 'd');
  return { built, gates };
}

/** Two of START's three branches reach "join"; the third one ends before it. */
function partialJoin(join: JoinMode): Workflow<number, any> {
  return new Workflow<number>('w')
    .addNode('x', (value: number) => value + 1)
    .addNode('y', (value: number) => value + 2)
    .addNode('z', (value: number) => value + 3)
    .addNode('join', (value: unknown) => ({ got: value }), { join: join as 'auto' })
    .setStart('x')
    .setStart('y')
    .setStart('z')
    .addEdge('z', 'join')
    .addRouter('x', () => 'on', { on: 'join' })
    .addRouter('y', () => 'off', { on: 'join', off: END }) as never;
}

describe('Fan-out and joins', () => {
  it('B70 gives all targets of a fan-out the value, and runs them at the same time', async () => {
    const { built, gates } = gatedDiamond();
    const handle = built.start('x');
    const started: string[] = [];
    const reading = (async () => {
      for await (const event of handle.events())
        if (event.type === 'step.started') started.push(`${event.node} ${String(event.input)}`);
    })();
    await settled();
    expect(started).toEqual(['a x', 'b x', 'c x']);
    gates.b.resolve('B');
    gates.c.resolve('C');
    await reading;
  });

  it('B71 a diamond joins once, in declared order, whatever finishes first', async () => {
    for (const order of [
      ['b', 'c'],
      ['c', 'b'],
    ] as const) {
      const { built, gates } = gatedDiamond();
      const running = built.run('x');
      await settled();
      for (const branch of order) {
        gates[branch].resolve(branch.toUpperCase());
        await settled();
      }
      const result = await running;
      expect(result.output).toEqual({ got: ['B', 'C'] });
      expect(result.visited).toEqual(['a', ...order, 'd']);
    }
  });

  it('B72 gives the bare value where only one source delivers', async () => {
    const built = new Workflow<string>('w')
      .addNode('a', same<string>)
      .addNode('b', same<string>)
      .addNode('c', same<string>)
      .addNode('d', (value: unknown) => ({ got: value }))
      .setStart('a')
      .addRouter('a', () => 'toB', { toB: 'b', toC: 'c' })
      .addEdge('b', 'd')
      .addEdge('c', 'd');
    expect((await built.run('x')).output).toEqual({ got: 'x' });
  });

  it('B73 starts no more than maxConcurrency at a time, and announces a start only with its slot', async () => {
    const gates = Array.from({ length: 5 }, () => deferred());
    const built = Workflow.parallel(
      gates.map(
        ({ promise }) =>
          () =>
            promise,
      ),
      { maxConcurrency: 2 },
    );
    const handle = built.start(1);
    const lines: string[] = [];
    const reading = (async () => {
      for await (const event of handle.events()) if ('node' in event) lines.push(`${event.type} ${event.node}`);
    })();
    await settled();
    expect(lines).toEqual(['step.started branch_0', 'step.started branch_1']);
    gates[1]!.resolve();
    await settled();
    expect(lines.slice(2)).toEqual(['step.completed branch_1', 'step.started branch_2']);
    gates.forEach(({ resolve }) => resolve());
    await reading;
    expect((await handle.result()).status).toBe('completed');
  });

  it('B73 runs eight at a time by default', async () => {
    const gate = deferred();
    let running = 0;
    const built = Workflow.parallel(Array.from({ length: 20 }, () => () => (running++, gate.promise)));
    const done = built.run(1);
    await settled();
    expect(running).toBe(8);
    gate.resolve();
    await done;
    expect(running).toBe(20);
  });

  it('B76 gives an object by node name where several branches end, whichever is last', async () => {
    for (const order of [
      ['b', 'c'],
      ['c', 'b'],
    ] as const) {
      const gates = { b: deferred<string>(), c: deferred<string>() };
      const built = new Workflow('w')
        .addNode('a', same)
        .addNode('c', () => gates.c.promise)
        .addNode('b', () => gates.b.promise)
        .setStart('a')
        .addEdge('a', 'b')
        .addEdge('a', 'c');
      const running = built.run('x');
      for (const branch of order) {
        await settled();
        gates[branch].resolve(branch.toUpperCase());
      }
      expect(JSON.stringify((await running).output)).toBe('{"c":"C","b":"B"}');
    }
  });

  it('B76 gives what the output node returned, whatever else ends', async () => {
    const built = new Workflow('w')
      .addNode('a', same)
      .addNode('log', () => 'logged')
      .addNode('answer', () => 'the answer', { output: true })
      .setStart('a')
      .addEdge('a', 'log')
      .addEdge('a', 'answer');
    expect((await built.run('x')).output).toBe('the answer');
  });

  it('B77 ends only its own branch with an edge to END', async () => {
    const built = new Workflow('w')
      .addNode('a', name)
      .addNode('b', name)
      .addNode('c', name)
      .addNode('d', name)
      .setStart('a')
      .addEdge('a', 'b')
      .addEdge('a', 'c')
      .addEdge('b', END)
      .addEdge('c', 'd');
    expect(await built.run('x')).toMatchObject({ visited: ['a', 'b', 'c', 'd'], output: { b: 'b', d: 'd' } });
  });

  it('B78 does not wait for a branch that has gone elsewhere', async () => {
    const gate = deferred();
    const done: string[] = [];
    const note = (_: unknown, { node }: StepContext): number => done.push(node);
    const built = new Workflow('w')
      .addNode('quick', note)
      .addNode('leaves', note)
      .addNode('join', note)
      .addNode('slow', () => gate.promise)
      .setStart('quick')
      .setStart('leaves')
      .addEdge('quick', 'join')
      .addRouter('leaves', () => 'away', { away: 'slow', here: 'join' });
    const running = built.run(1);
    await settled();
    expect(done).toEqual(['quick', 'leaves', 'join']);
    gate.resolve();
    await running;
  });

  it.each<[JoinMode, unknown]>([
    ['auto', [4, 2]],
    ['any', { z: 4, x: 2 }],
  ])('B79 join "%s" fires with what was delivered, where a source routes away', async (join, got) => {
    expect((await partialJoin(join).run(1)).perStep['join']).toEqual({ got });
  });

  it('B79 join "all" is skipped where a source routes away; nothing is lost in silence', async () => {
    const result = await partialJoin('all').run(1);
    expect(result.visited).toEqual(['x', 'y', 'z']);
    expect(result.output).toEqual({ x: 2, y: 3, z: 4 });
    expect(result.explain()).toEqual([
      {
        node: 'join',
        reason: 'its join "all" was not complete: the router of "y" returned "off", which does not lead here',
      },
    ]);
  });

  it('B79 join "one" takes the bare value of the only delivery, and refuses several', async () => {
    const error = await thrownBy(() => partialJoin('one').run(1));
    expect(error).toMatchObject({ code: 'AMBIGUOUS_JOIN', where: 'w.join' });
    expect(error.message).toContain('"z", "x" delivered');
    const { built, gates } = gatedDiamond('one');
    gates.b.resolve('B');
    gates.c.resolve('C');
    await expect(built.run('x')).rejects.toMatchObject({ code: 'AMBIGUOUS_JOIN' });
  });

  it('B79 join "first" starts at once with the first delivery, and drops later ones', async () => {
    const { built, gates } = gatedDiamond('first');
    const running = built.run('x');
    await settled();
    gates.c.resolve('C');
    await settled();
    gates.b.resolve('B');
    const result = await running;
    expect(result.visited).toEqual(['a', 'c', 'd', 'b']);
    expect(result.perStep['d']).toEqual({ got: 'C' });
  });

  it.each<JoinMode>(['all', 'any'])('B79 join "%s" names its sources, also where there is only one', async (join) => {
    const built = new Workflow('w')
      .addNode('a', same)
      .addNode('b', same, { join: join as 'all' })
      .setStart('a')
      .addEdge('a', 'b');
    expect((await built.run([1, 2])).output).toEqual({ a: [1, 2] });
  });

  it('B79 join "all" keeps one branch that returns a list apart from two branches', async () => {
    const { built, gates } = gatedDiamond('all');
    gates.b.resolve(['B', 'B'] as never);
    gates.c.resolve(undefined as never);
    expect((await built.run('x')).output).toEqual({ got: { b: ['B', 'B'], c: undefined } });
  });

  it('delivers the failure and the input along an error edge', async () => {
    const error = new Error('no');
    const built = new Workflow<string>('w')
      .addNode(
        'a',
        (_: string): string => {
          throw error;
        },
        { onError: 'rescue' },
      )
      .addNode('b', same)
      .addNode('rescue', (failure: StepFailure<string>) => [
        failure instanceof StepFailure,
        failure.error,
        failure.input,
      ])
      .setStart('a')
      .addEdge('a', 'b');
    const result = await built.run('x');
    expect(result.output).toEqual([true, error, 'x']);
    expect(result.visited).toEqual(['rescue']);
  });

  it('aborts the losers of a first join with cancelOthers, and lets the others be', async () => {
    const aborted: string[] = [];
    const waiting = (_: unknown, { node, signal }: StepContext): Promise<never> =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          aborted.push(node);
          reject(signal.reason);
        }),
      );
    const bystander = deferred<string>();
    const built = new Workflow('w')
      .addNode('slow', waiting)
      .addNode('slower', waiting)
      .addNode('quick', () => 'first')
      .addNode('bystander', () => bystander.promise)
      .addNode('race', same, { join: 'first', cancelOthers: true })
      .setStart('slow')
      .setStart('slower')
      .setStart('quick')
      .setStart('bystander')
      .addEdge('slow', 'race')
      .addEdge('slower', 'race')
      .addEdge('quick', 'race');
    const stream = collectEvents(built.stream(1));
    await settled();
    expect(aborted).toEqual(['slow', 'slower']);
    bystander.resolve('still there');
    const { events, lines } = await stream;
    expect(lines.filter((line) => line.startsWith('step.cancelled'))).toEqual([
      'step.cancelled slow',
      'step.cancelled slower',
    ]);
    expect(events.at(-1)).toMatchObject({ type: 'run.completed', output: { race: 'first', bystander: 'still there' } });
  });

  it('B84 keeps concurrent runs of one workflow apart', async () => {
    const { built, gates } = gatedDiamond();
    const running = [built.run('1'), built.run('2')];
    await settled();
    gates.c.resolve('C');
    gates.b.resolve('B');
    const results = await Promise.all(running);
    for (const result of results)
      expect(result).toMatchObject({ visited: ['a', 'c', 'b', 'd'], output: { got: ['B', 'C'] } });
    expect(results.map(({ perStep }) => perStep['a'])).toEqual(['1', '2']);
  });
});
