import { END, START, Workflow, type RouteKey, type StepContext } from '@drawloom/core';
import { deferred } from '@drawloom/testing';
import { collectEvents, ofType, settled } from './collect-events.js';

const same = <T>(value: T): T => value;

/** a → router → b, c or END; the router returns `key`. */
function routed(key: RouteKey | readonly RouteKey[], fallback?: string | typeof END): Workflow<string, any> {
  return new Workflow<string>('w')
    .addNode('a', (input: string) => `${input}!`)
    .addNode('b', (input: string) => `b got ${input}`)
    .addNode('c', (input: string) => `c got ${input}`)
    .setStart('a')
    .addRouter('a', () => key, { toB: 'b', toC: 'c', stop: END }, { default: fallback }) as never;
}

describe('A router', () => {
  it('B60 runs exactly one target, once; the others leave no trace', async () => {
    const { lines } = await collectEvents(routed('toC').stream('x'));
    expect(lines).toEqual([
      'run.started',
      'step.started a',
      'step.completed a',
      'route.taken a',
      'step.started c',
      'step.completed c',
      'run.completed',
    ]);
    expect((await routed('toC').run('x')).output).toBe('c got x!');
  });

  it('B60 is asked once, with the value of its node and the context', async () => {
    const asked: unknown[] = [];
    const built = new Workflow<string>('w')
      .addNode('a', (input: string) => `${input}!`)
      .setStart('a')
      .addRouter('a', (value, { node, run }) => [asked.push([value, node, run.userId]), 'end'][1], { end: END });
    await built.run('x', { userId: 'ada' });
    expect(asked).toEqual([['x!', 'a', 'ada']]);
  });

  it('B60 ends the branch with END: the value of the node is the output', async () => {
    const result = await routed('stop').run('x');
    expect(result.output).toBe('x!');
    expect(result.routes).toEqual([{ router: 'a', keys: ['stop'], targets: [], ends: true }]);
  });

  it.each([
    ['a node', 'b', 'b got x!'],
    ['END', END, 'x!'],
  ])('B61 leads other keys to the default, which may be %s', async (_, fallback, output) => {
    expect((await routed('other', fallback).run('x')).output).toBe(output);
  });

  it('B62 fails where no route takes the key, naming the node, or for an entry router the workflow', async () => {
    const error = await routed('toD')
      .run('x')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'NO_ROUTE', where: 'w.a', node: 'a' });
    expect(String(error)).toContain('its router returned "toD": no matching route and no default');
    const entry = new Workflow('w').addNode('a', same).addRouter(START, () => 'x', { y: 'a' });
    await expect(entry.run(1)).rejects.toMatchObject({ code: 'NO_ROUTE', where: 'w.START' });
  });

  it('B63 may be async, or return any thenable', async () => {
    const thenable = { then: (resolve: (key: string) => void) => resolve('toB') } as PromiseLike<string>;
    for (const choose of [async () => 'toB', () => thenable]) {
      const built = new Workflow<number>('w')
        .addNode('a', same<number>)
        .addNode('b', same<number>)
        .setStart('a');
      expect((await built.addRouter('a', choose, { toB: 'b' }).run(1)).visited).toEqual(['a', 'b']);
    }
  });

  it('B64 at START sees the input of the run and chooses the first node, without a node of its own', async () => {
    const built = new Workflow<number>('w')
      .addNode('even', (value: number) => `${value} is even`)
      .addNode('odd', (value: number) => `${value} is odd`)
      .addRouter(START, (value) => value % 2, { 0: 'even', 1: 'odd' });
    const { lines } = await collectEvents(built.stream(3));
    expect(lines).toEqual([
      'run.started',
      'route.taken START',
      'step.started odd',
      'step.completed odd',
      'run.completed',
    ]);
    const result = await built.run(4);
    expect(result).toMatchObject({ output: '4 is even', visited: ['even'] });
    expect(result.routes).toEqual([{ router: 'START', keys: ['0'], targets: ['even'], ends: false }]);
  });

  it.each([
    ['by a route', { leave: END, go: 'a' }, undefined],
    ['by default', { go: 'a' }, END],
  ])('B65 at START that chooses END %s runs no step, and the output is the input', async (_, routes, fallback) => {
    const input = { original: true };
    const built = new Workflow('w')
      .addNode('a', same)
      .addRouter(START, () => 'leave', routes, { default: fallback as never });
    const result = await built.run(input);
    expect(result.output).toBe(input);
    expect([result.visited, result.perStep, result.steps]).toEqual([[], {}, []]);
  });

  it('B66 compares keys as text, on both sides', async () => {
    const keys: [RouteKey, string][] = [
      [1, '1'],
      [1.5, '1.5'],
      [true, 'true'],
      [false, 'false'],
      [10n, '10'],
      ['', ''],
    ];
    for (const [key, route] of keys) {
      const built = new Workflow('w').addNode('a', same).addRouter(START, () => key, { [route]: 'a' });
      expect((await built.run('x')).visited).toEqual(['a']);
    }
  });

  it('B66 lets null, undefined and an empty list take no route but the default', async () => {
    for (const nothing of [null, undefined, [], [null]] as const) {
      const routes = { null: 'b', undefined: 'b', '': 'b' };
      const built = (fallback?: string): Workflow =>
        new Workflow('w')
          .addNode('a', same)
          .addNode('b', same)
          .addNode('c', same)
          .setStart('a')
          .addRouter('a', () => nothing, { ...routes, c: 'c' }, { default: fallback }) as never;
      expect((await built('c').run('x')).visited).toEqual(['a', 'c']);
      await expect(built().run('x')).rejects.toMatchObject({ code: 'NO_ROUTE', where: 'w.a' });
    }
  });

  it('B67 that throws fails the run with its own event, error and code', async () => {
    const error = new Error('cannot decide');
    for (const choose of [() => Promise.reject(error), () => fail(error)]) {
      const built = new Workflow('w').addNode('a', same).setStart('a').addRouter('a', choose, { x: END });
      const { events, lines, thrown } = await collectEvents(built.stream(1));
      expect(lines.slice(-2)).toEqual(['route.failed a', 'run.failed']);
      expect(ofType(events, 'route.failed')[0]!.error).toEqual({ name: 'Error', message: 'cannot decide' });
      expect(thrown).toMatchObject({ code: 'ROUTER_FAILED', where: 'w.a', cause: error });
    }
  });

  it('B67 that returns a key without a text form fails as one that throws', async () => {
    const hostile = { toString: () => fail(new Error('no text')) };
    const built = new Workflow('w')
      .addNode('a', same)
      .setStart('a')
      .addRouter('a', () => hostile as never, { x: END });
    await expect(built.run(1)).rejects.toMatchObject({ code: 'ROUTER_FAILED', cause: { message: 'no text' } });
  });

  it('B68 is recorded with key and target, in the events and in the result', async () => {
    const { events } = await collectEvents(routed('other', 'b').stream('x'));
    const record = { router: 'a', keys: ['other'], targets: ['b'], ends: false };
    expect(ofType(events, 'route.taken')).toEqual([expect.objectContaining(record)]);
    expect((await routed('other', 'b').run('x')).routes).toEqual([record]);
  });

  it('B69 that is slow does not hold up other branches', async () => {
    const gate = deferred<string>();
    const done: string[] = [];
    const note = (_: number, { node }: StepContext): number => done.push(node);
    const built = new Workflow<number>('w')
      .addNode('a', note)
      .addNode('b', note)
      .addNode('afterA', note)
      .addNode('afterB', note)
      .setStart('a')
      .setStart('b')
      .addRouter('a', () => gate.promise, { on: 'afterA' })
      .addEdge('b', 'afterB');
    const running = built.run(1);
    await settled();
    expect(done).toEqual(['a', 'b', 'afterB']);
    gate.resolve('on');
    await running;
    expect(done).toEqual(['a', 'b', 'afterB', 'afterA']);
  });

  it('may choose several routes; targets that are named twice run once', async () => {
    const result = await routed(['toC', 'toB', 'toC', 'stop']).run('x');
    expect(result.visited).toEqual(['a', 'b', 'c']);
    expect(result.routes).toEqual([
      { router: 'a', keys: ['toC', 'toB', 'toC', 'stop'], targets: ['c', 'b'], ends: true },
    ]);
    expect(result.output).toEqual({ a: 'x!', b: 'b got x!', c: 'c got x!' });
  });

  it('with a name takes edges from several sources, and is known by its name', async () => {
    const built = new Workflow<number>('w')
      .addNode('a', (value: number) => value + 1)
      .addNode('b', (value: number) => value + 2)
      .addNode('c', same<number>)
      .addRouter(START, (value) => value, { 1: 'a', 2: 'b' })
      .addRouter('a', (value) => (value > 0 ? 'on' : 'off'), { on: 'c' }, { name: 'gate' })
      .addEdge('b', 'gate');
    for (const input of [1, 2]) {
      const result = await built.run(input);
      expect(result.visited).toEqual([input === 1 ? 'a' : 'b', 'c']);
      expect(result.routes[1]).toEqual({ router: 'gate', keys: ['on'], targets: ['c'], ends: false });
    }
  });

  it('takes no step activation of a cap', async () => {
    const built = new Workflow('w', { maxSteps: 1 })
      .addNode('a', same)
      .setStart('a')
      .addRouter('a', () => 'x', { x: END });
    expect((await built.run(1)).visited).toEqual(['a']);
  });
});

function fail(error: unknown): never {
  throw error;
}
