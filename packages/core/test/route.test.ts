import { Workflow, type RouteKey } from '@drawloom/core';
import { deferred, type Deferred } from '@drawloom/testing';
import { collectEvents, ofType } from './collect-events.js';

/** A route workflow of which the classifier gives the label. */
const labelled = (label: RouteKey, handlers = ['a', 'b']): Workflow<string, string> =>
  Workflow.route(
    () => label,
    Object.fromEntries(handlers.map((key) => [key, (input: string) => `${key} got ${input}`])),
  );

describe('route', () => {
  it('B42, B43 lets the label pick the handler, which gets the original input', async () => {
    const result = await labelled('b').run('the request');
    expect(result.output).toBe('b got the request');
    expect(result.visited).toEqual(['classify', 'route_b']);
  });

  it('B44 gives what no handler takes to the default handler, with the original input', async () => {
    const options = { default: (input: string) => `fallback got ${input}` };
    const built = Workflow.route(() => 'c', { a: (input: string) => `a got ${input}` }, options);
    const result = await built.run('the request');
    expect(result.output).toBe('fallback got the request');
    expect(result.visited).toEqual(['classify', 'route_default']);
  });

  it('B45 fails without a default, and says key, node and routes', async () => {
    const error = await labelled('c')
      .run('x')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'NO_ROUTE', where: 'route.classify', node: 'classify' });
    expect(String(error)).toContain('returned "c": no matching route and no default (routes: "a", "b")');
  });

  it('B46 compares the label as text without surrounding space, and minds upper case', async () => {
    expect((await labelled('  a \n').run('x')).output).toBe('a got x');
    expect((await labelled(1, ['1']).run('x')).output).toBe('1 got x');
    expect((await labelled(true, ['true']).run('x')).output).toBe('true got x');
    await expect(labelled('A').run('x')).rejects.toMatchObject({
      code: 'NO_ROUTE',
      message: expect.stringContaining('did you mean "a"?'),
    });
  });

  it('B47 takes a function, a workflow or an agent as the classifier', async () => {
    const handlers = { a: (input: string) => `a got ${input}` };
    const classifiers = [() => 'a', async () => 'a', Workflow.chain([() => 'a']), { runStep: () => 'a' }];
    for (const classifier of classifiers) {
      expect((await Workflow.route(classifier, handlers).run('x')).output).toBe('a got x');
    }
  });

  it('B48 gives each of many concurrent runs its own input, whatever the interleaving', async () => {
    const gates = new Map<string, Deferred<string>>();
    const built = Workflow.route(
      (input: string) => {
        const gate = deferred<string>();
        gates.set(input, gate);
        return gate.promise;
      },
      { a: async (input: string) => `a got ${input}`, b: async (input: string) => `b got ${input}` },
    );
    const inputs = Array.from({ length: 24 }, (_, index) => `request ${index}`);
    const running = Promise.all(inputs.map((input) => built.run(input)));
    const shuffled = [...inputs].sort(
      (one, other) => ((one.length * 7 + one.charCodeAt(8)) % 5) - ((other.length * 7 + other.charCodeAt(8)) % 5),
    );
    for (const input of shuffled) gates.get(input)!.resolve(Number(input.slice(8)) % 2 === 0 ? 'a' : 'b');
    const outputs = (await running).map(({ output }) => output);
    expect(outputs).toEqual(inputs.map((input, index) => `${index % 2 === 0 ? 'a' : 'b'} got ${input}`));
  });

  it('B49 has names for its nodes that no key can meet', async () => {
    const handlers = Object.fromEntries(
      ['default', 'classify', '__proto__', 'constructor', ''].map((key) => [key, () => `handler of ${key}`] as const),
    );
    Object.defineProperty(handlers, '__proto__', { value: () => 'handler of __proto__', enumerable: true });
    const built = Workflow.route((input: string) => input, handlers, { default: () => 'the default' });
    for (const key of ['default', 'classify', '__proto__', 'constructor', '']) {
      expect((await built.run(key)).output).toBe(`handler of ${key}`);
    }
    expect((await built.run('toString')).output).toBe('the default');
    expect((await built.run('route_default')).output).toBe('the default');
  });

  it('B50 keeps the original input out of the user’s metadata', async () => {
    const seen: unknown[] = [];
    const built = Workflow.route(() => 'a', { a: (_: string, context) => seen.push(context.run.metadata) });
    await built.run('secret', { metadata: { mine: 1 } });
    expect(seen).toEqual([{ mine: 1 }]);
  });

  it('B68 announces the route that was taken, and records it', async () => {
    const { events, lines } = await collectEvents(labelled('b').stream('x'));
    expect(lines).toEqual([
      'run.started',
      'step.started classify',
      'step.completed classify',
      'route.taken classify',
      'step.started route_b',
      'step.completed route_b',
      'run.completed',
    ]);
    const record = { router: 'classify', keys: ['b'], targets: ['route_b'], ends: false };
    expect(ofType(events, 'route.taken')[0]).toMatchObject(record);
    expect((await labelled('b').run('x')).routes).toEqual([record]);
  });
});
