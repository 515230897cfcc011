import { DefinitionError, END, START, Workflow } from '@drawloom/core';
import { deferred } from '@drawloom/testing';
import { collectEvents, thrownBy } from './collect-events.js';

const increment = (value: number): number => value + 1;
const double = (value: number): number => value * 2;

/** The codes of all problems that a call reports, in order. */
async function problemsOf(call: () => unknown): Promise<string[]> {
  const error = await thrownBy(call);
  expect(DefinitionError.is(error)).toBe(true);
  return (error as DefinitionError).problems.map(({ code, where, what }) => `${code} ${where}: ${what}`);
}

describe('Building a graph', () => {
  it('B1 is done in one chain of calls, and the graph can then be run', async () => {
    const built = new Workflow<number>('sum')
      .addNode('a', increment)
      .addNode('b', double)
      .addNode('c', double)
      .setStart('a')
      .addEdge('a', 'b')
      .addRouter('b', () => 'on', { on: 'c' })
      .addEdge('c', END)
      .validate();
    expect((await built.run(1)).output).toBe(8);
  });

  it('B1 calls what has no name "workflow", "chain", "route" and "parallel"', () => {
    expect([
      new Workflow().name,
      Workflow.chain([increment]).name,
      Workflow.route(String, { a: increment }).name,
      Workflow.parallel([increment]).name,
    ]).toEqual(['workflow', 'chain', 'route', 'parallel']);
  });

  it('B2 refuses a name that is taken, at once, and names it', async () => {
    const built = new Workflow('w').addNode('a', increment);
    const error = await thrownBy(() => built.addNode('a', double));
    expect(error).toMatchObject({ code: 'DUPLICATE_NODE', where: 'w.a' });
    expect(error.message).toContain('a node "a" is already registered');
    expect((await built.setStart('a').run(1)).output).toBe(2);
  });

  it('B3 reports sources and starts that are not nodes when the graph is checked, and says what to add', async () => {
    const built = new Workflow('w')
      .addNode('a', increment)
      .setStart('missing')
      .addEdge('ghost', 'a')
      .addRouter('spirit', () => 'x', { x: 'a' });
    const error = await thrownBy(() => built.validate());
    expect(error.message).toContain('the source of an edge "ghost" does not exist');
    expect(error.message).toContain('the source of an edge "spirit" does not exist');
    expect(error.message).toContain('next step "missing" does not exist');
    expect(error.message).toContain('addNode("ghost", ...)');
  });

  it('B4 takes addEdge(START, node) and setStart(node) for the same', () => {
    const one = new Workflow('w').addNode('a', increment).setStart('a');
    const other = new Workflow('w').addNode('a', increment).addEdge(START, 'a');
    expect(other.graph).toEqual(one.graph);
    expect(other.hash).toBe(one.hash);
  });

  it('B5 refuses an edge from START to END, to START, and from END', async () => {
    const built = new Workflow('w').addNode('a', increment).setStart('a');
    const fromEnd = await thrownBy(() => built.addEdge(END as never, 'a' as never));
    expect(fromEnd).toMatchObject({ code: 'INVALID_EDGE', fix: expect.stringContaining('addEdge("node", END)') });
    built.addEdge(START, END).addEdge('a', START as never);
    expect(await problemsOf(() => built.validate())).toEqual([
      'INVALID_EDGE w: an edge leads from START to END',
      'INVALID_EDGE w.a: START is the target of an edge',
    ]);
  });

  it('B6 fans out over several edges of one source, in the order in which they were declared', async () => {
    const built = new Workflow<number>('w', { maxConcurrency: 1 })
      .addNode('a', increment)
      .addNode('b', increment)
      .addNode('c', increment)
      .setStart('a')
      .addEdge('a', 'c')
      .addEdge('a', 'b')
      .addNode('join', (values: number[]) => values)
      .addEdge('c', 'join')
      .addEdge('b', 'join');
    expect((await built.run(1)).output).toEqual([3, 3]);
    expect(built.graph.edges.map(({ to }) => to)).toEqual(['a', 'c', 'b', 'join', 'join']);
  });

  it('B7 counts the same edge once', async () => {
    const built = new Workflow('w')
      .addNode('a', increment)
      .addNode('b', increment)
      .setStart('a')
      .setStart('a')
      .addEdge('a', 'b')
      .addEdge('a', 'b');
    expect((await built.run(1)).visited).toEqual(['a', 'b']);
  });

  it.each([
    [
      'a router over edges',
      () =>
        base()
          .addEdge('a', 'b')
          .addRouter('a', () => 'x', { x: 'b' }),
      'plain edges already',
    ],
    [
      'an edge over a router',
      () =>
        base()
          .addRouter('a', () => 'x', { x: 'b' })
          .addEdge('a', 'b'),
      'a router already',
    ],
    [
      'a router over a router',
      () =>
        base()
          .addRouter('a', () => 'x', { x: 'b' })
          .addRouter('a', () => 'y', { y: 'b' }),
      'another one',
    ],
  ])('B8, B9 refuses %s instead of replacing in silence', async (_, build, held) => {
    const error = await thrownBy(build);
    expect(error).toMatchObject({ code: 'EDGES_AND_ROUTER', where: 'w.a' });
    expect(error.message).toContain(held);
  });

  it('B10 refuses an entry router beside a start node, in either order', async () => {
    const routed = (): Workflow =>
      new Workflow('w').addNode('a', increment).addRouter(START, () => 'x', { x: 'a' }) as never;
    const started = (): Workflow => new Workflow('w').addNode('a', increment).setStart('a') as never;
    const errors = [
      await thrownBy(() => routed().setStart('a')),
      await thrownBy(() => started().addRouter(START, () => 'x', { x: 'a' })),
    ];
    for (const error of errors) expect(error).toMatchObject({ code: 'EDGES_AND_ROUTER', where: 'w.START' });
  });

  it('B11, B12 allows forward references while building and then reports every misspelt target, with source and key', async () => {
    const built = new Workflow('triage')
      .addRouter(START, () => 'x', { x: 'clasify', y: 'b' }, { default: 'nowhere' })
      .addEdge('classify', 'bb')
      .addNode('classify', increment, { onError: 'rescue' })
      .addNode('b', increment)
      .addRouter('b', () => 'x', { 'the key': 'clasify' });
    expect(await problemsOf(() => built.run(1))).toEqual([
      expect.stringContaining('UNKNOWN_NODE triage: the target of route "x" "clasify" does not exist'),
      expect.stringContaining('UNKNOWN_NODE triage: the target of the default route "nowhere" does not exist'),
      expect.stringContaining('UNKNOWN_NODE triage.classify: next step "bb" does not exist'),
      expect.stringContaining('UNKNOWN_NODE triage.classify: onError step "rescue" does not exist'),
      expect.stringContaining('UNKNOWN_NODE triage.b: the target of route "the key" "clasify" does not exist'),
    ]);
    await expect(built.run(1)).rejects.toThrow('Fix: change it to "classify", or add it with addNode("clasify", ...)');
  });

  it('B13 keeps START and END apart from nodes of the same name, and takes only END as a target', async () => {
    const built = new Workflow<number>('w')
      .addNode('END', increment)
      .addNode('START', double)
      .addNode('drawloom.END', double)
      .setStart('START')
      .addRouter('START', () => 'go', { go: 'END' })
      .addEdge('END', 'drawloom.END');
    expect((await built.run(1)).visited).toEqual(['START', 'END', 'drawloom.END']);
    const routed = new Workflow('w').addNode('a', increment).setStart('a');
    routed.addRouter('a', () => 'x', { x: START as never }, { default: START as never });
    expect(await problemsOf(() => routed.validate())).toEqual([
      'INVALID_EDGE w.a: START is the target of an edge',
      'INVALID_EDGE w.a: START is the target of an edge',
    ]);
  });

  it('B14 refuses to run without a start, before any step, in the call itself', async () => {
    const called: number[] = [];
    const built = new Workflow<number>('lost').addNode('a', (value: number) => called.push(value));
    for (const call of [() => built.run(1), () => built.stream(1), () => built.start(1)]) {
      const error = await thrownBy(call);
      expect(error).toMatchObject({ code: 'NO_START', where: 'lost' });
      expect(error.fix).toBe('call setStart("node"), addEdge(START, "node") or addRouter(START, choose, routes)');
    }
    expect(() => built.stream(1)).toThrow(DefinitionError);
    expect(called).toEqual([]);
  });

  it.each(['maxSteps', 'maxVisitsPerNode', 'maxConcurrency'])(
    'B15 refuses %s below 1, and what is no whole number',
    async (cap) => {
      for (const value of [0, -1, 1.5, NaN, '3', null]) {
        const error = await thrownBy(() => new Workflow('w', { [cap]: value }));
        expect(error).toMatchObject({ code: 'INVALID_OPTION', where: 'w' });
        expect(error.message).toContain(`option ${cap} is`);
      }
      expect(() => new Workflow('w', { [cap]: 1 })).not.toThrow();
      expect(() => new Workflow('w', { [cap]: Infinity })).not.toThrow();
    },
  );

  it('B16 ends a branch at a node without edges as at an edge to END', async () => {
    const base = (): Workflow<number> => new Workflow<number>('w').addNode('a', increment).setStart('a') as never;
    expect((await base().run(1)).output).toBe(2);
    expect((await base().addEdge('a', END).run(1)).output).toBe(2);
  });

  it.each([
    ['undefined', undefined],
    ['42', 42],
    ['an object', { run: increment }],
    ['an instance of Promise', Promise.resolve(1)],
  ])('B17 refuses %s as a step, naming node and value', async (shown, step) => {
    const error = await thrownBy(() => new Workflow('w').addNode('a', step as never));
    expect(error).toMatchObject({ code: 'INVALID_STEP', where: 'w.a' });
    expect(error.message).toContain(`${shown} cannot be run as a step`);
  });

  it('B18 refuses every edit while a run is in progress, and takes it afterwards for later runs', async () => {
    const gate = deferred();
    const built = new Workflow<number>('w')
      .addNode('a', (value: number) => gate.promise.then(() => value))
      .setStart('a');
    const running = built.run(1);
    const edits: [string, () => unknown][] = [
      ['addNode', () => built.addNode('b', increment)],
      ['addMap', () => built.addMap('b', increment)],
      ['addEdge', () => built.addEdge('a', 'b')],
      ['addRouter', () => built.addRouter('a', () => 'x', { x: END })],
      ['addEdge', () => built.setStart('a')],
    ];
    for (const [name, edit] of edits) {
      const error = await thrownBy(edit);
      expect(error).toMatchObject({ code: 'EDIT_DURING_RUN', where: 'w' });
      expect(error.message).toContain(`${name} was called while a run of it is in progress`);
    }
    gate.resolve();
    expect((await running).output).toBe(1);
    built.addNode('b', increment).addEdge('a', 'b');
    expect((await built.run(1)).output).toBe(2);
  });

  it('B18 takes edits again after a run that failed, and after one that was cancelled', async () => {
    const failing = new Workflow('w').setStart('a').addNode('a', () => Promise.reject(new Error('no')));
    await failing.run(1).catch(() => undefined);
    const handle = failing.start(1);
    handle.cancel();
    await handle.result();
    expect(() => failing.addNode('b', increment)).not.toThrow();
  });

  it('lets a user give a node the name that a router without a name goes by', async () => {
    const built = new Workflow<number>('w')
      .addNode('a', increment)
      .setStart('a')
      .addRouter('a', () => 'x', { x: 'a?' })
      .addNode('a?', double)
      .addNode('START?', double)
      .addEdge('a?', 'START?');
    const { lines } = await collectEvents(built.stream(1));
    expect(lines).toContain('route.taken a');
    expect((await built.run(1)).visited).toEqual(['a', 'a?', 'START?']);
  });
});

function base(): Workflow {
  return new Workflow('w').addNode('a', increment).addNode('b', increment).setStart('a') as never;
}
