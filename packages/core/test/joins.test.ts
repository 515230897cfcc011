import { END, RunError, StepFailure, Workflow, type JoinMode, type StepContext } from '@drawloom/core';
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
});

describe('Fan-out and joins inside a loop', () => {
  it('B74 never runs a node twice at once; a second activation waits its turn', async () => {
    const gates = [deferred(), deferred(), deferred()];
    let running = 0;
    let peak = 0;
    const visits: number[] = [];
    const built = new Workflow<number>('w')
      .addNode('draft', (value: number) => value + 1)
      .addNode('log', async (_: number, { visit }: StepContext) => {
        peak = Math.max(peak, ++running);
        visits.push(visit);
        await gates[visit - 1]!.promise;
        running--;
      })
      .addNode('check', same<number>)
      .setStart('draft')
      .addEdge('draft', 'log')
      .addEdge('draft', 'check')
      .addRouter('check', (value) => value < 3, { true: 'draft', false: END });
    const done = built.run(0);
    await settled();
    expect(visits).toEqual([1]);
    gates[0]!.resolve();
    await settled();
    expect(visits).toEqual([1, 2]);
    gates.forEach(({ resolve }) => resolve());
    await done;
    expect([visits, peak]).toEqual([[1, 2, 3], 1]);
  });

  it('B80 runs the branches of one iteration at the same time', async () => {
    const meeting = { a: deferred(), b: deferred() };
    const built = new Workflow<number>('w')
      .addNode('head', same<number>)
      .addNode('a', (value: number) => (meeting.a.resolve(), meeting.b.promise.then(() => value + 1)))
      .addNode('b', (value: number) => (meeting.b.resolve(), meeting.a.promise.then(() => value)))
      .addNode('join', ({ a }: { a: number; b: number }) => a, { join: 'all' })
      .setStart('head')
      .addEdge('head', 'a')
      .addEdge('head', 'b')
      .addEdge('a', 'join')
      .addEdge('b', 'join')
      .addRouter('join', (value) => value < 3, { true: 'head', false: END });
    expect((await built.run(0)).output).toBe(3);
  });

  it('B81 joins a diamond in a loop the same, however its nodes were declared', async () => {
    const nodes = ['head', 'left', 'right', 'join'] as const;
    const bodies = {
      head: same<number>,
      left: (value: number) => value + 1,
      right: (value: number) => value * 10,
      join: ([left, right]: number[]) => Math.max(left!, right! / 10),
    };
    const orders = nodes.flatMap((_, turn) => [
      nodes.map((_, at) => nodes[(at + turn) % 4]!),
      nodes.map((_, at) => nodes[(turn + 4 - at) % 4]!),
    ]);
    const inputs = new Set<string>();
    for (const order of orders) {
      const seen: unknown[] = [];
      const built: Workflow<number> = new Workflow<number>('w');
      for (const node of order) {
        built.addNode(node, (value: never) => {
          if (node === 'join') seen.push(value);
          return bodies[node](value);
        });
      }
      built.setStart('head').addEdge('head', 'left').addEdge('head', 'right');
      built.addEdge('left', 'join').addEdge('right', 'join');
      built.addRouter('join', (value: number) => value < 4, { true: 'head', false: END });
      expect((await built.run(1)).output).toBe(4);
      inputs.add(JSON.stringify(seen));
    }
    expect([...inputs]).toEqual(['[[2,10],[3,20],[4,30]]']);
  });

  it('B82 takes a second value along an edge as a second activation, not as a list', async () => {
    const logged: unknown[] = [];
    const built = new Workflow<number>('w')
      .addNode('draft', (value: number) => value + 1)
      .addNode('log', (value: number) => void logged.push(value))
      .setStart('draft')
      .addRouter('draft', (value) => (value < 3 ? ['log', 'again'] : ['log']), { again: 'draft', log: 'log' });
    await built.run(0);
    expect(logged).toEqual([1, 2, 3]);
  });

  it('B83 refuses joins that wait for each other, and names what to do', async () => {
    const built = new Workflow('w')
      .addNode('a', same)
      .addNode('x', same, { join: 'all' })
      .addNode('y', same, { join: 'all' })
      .setStart('a')
      .addEdge('a', 'x')
      .addEdge('a', 'y')
      .addEdge('x', 'y')
      .addEdge('y', 'x');
    const error = await thrownBy(() => built.validate());
    expect(error).toMatchObject({ code: 'IMPOSSIBLE_JOIN', where: 'w.x' });
    expect(error.message).toContain('so after the first iteration they never all deliver');
    expect(error.fix).toContain('use join "one" or "any"');
  });

  it('B83 gives mutually dependent nodes with the default join the same inputs, however they were declared', async () => {
    const seen = new Set<string>();
    for (const order of [
      ['x', 'y'],
      ['y', 'x'],
    ] as const) {
      const inputs: unknown[] = [];
      const built: Workflow = new Workflow('w', { maxVisitsPerNode: 3 });
      built.addNode('a', () => 'a');
      for (const node of order) built.addNode(node, (value: unknown) => [inputs.push([node, value]), node][1]);
      built.setStart('a').addEdge('a', 'x').addEdge('x', 'y').addEdge('y', 'x');
      const error = await thrownBy(() => built.run(1));
      expect(RunError.is(error) && error.code).toBe('MAX_VISITS');
      seen.add(JSON.stringify(inputs));
    }
    expect(seen.size).toBe(1);
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
