import { END, RunError, START, Workflow, type StepContext } from '@drawloom/core';
import { deferred } from '@drawloom/testing';
import { settled, thrownBy } from './collect-events.js';

const same = <T>(value: T): T => value;

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

  it('refuses an `any` join of success and failure of one step across iterations, where one would be lost', () => {
    const workflow = new Workflow<number>('w')
      .addNode('outside', (value: number) => value)
      .addNode('turn', (value: number) => value, { onError: 'join' })
      .addNode('next', (value: number) => value)
      .addNode('join', (found: { outside?: number; turn?: unknown }) => found, { join: 'any' })
      .addEdge(START, 'outside')
      .addEdge(START, 'turn')
      .addEdge('turn', 'next')
      .addEdge('turn', 'join')
      .addEdge('outside', 'join')
      .addRouter('next', () => 'done', { again: 'turn', done: END });
    expect(() => workflow.validate()).toThrow(expect.objectContaining({ code: 'AMBIGUOUS_KEY' }) as Error);
  });
});
