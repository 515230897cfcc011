import { END, START, Workflow, step, currentContext } from '@drawloom/core';
test('smoke', async () => {
  const inc = async (x: number) => x + 1;
  const c = Workflow.chain([inc, inc, inc]);
  const r = await c.run(1);
  expect(r.output).toBe(4);
  expect(r.visited).toEqual(['inc', 'inc_1', 'inc_2']);
  const loop = new Workflow<number>('loop', { maxVisitsPerNode: 2000, maxSteps: 2000 })
    .addNode('s', inc)
    .setStart('s')
    .addRouter('s', (x) => (x < 1000 ? 'again' : 'done'), { again: 's', done: END });
  expect((await loop.run(0)).output).toBe(1000);
  const d = new Workflow<number>('d')
    .addNode('a', inc)
    .addNode('b', async (x: number) => x * 2)
    .addNode('c', (x: number) => x * 3)
    .addNode('j', (xs: number[]) => xs)
    .setStart('a')
    .addEdge('a', 'b')
    .addEdge('a', 'c')
    .addEdge('b', 'j')
    .addEdge('c', 'j');
  expect((await d.run(1)).output).toEqual([4, 6]);
  const p = Workflow.parallel([inc, inc], { merge: async (xs) => xs.reduce((a, b) => a + b, 0) });
  expect((await p.run(1)).output).toBe(4);
  const boom = async (_: number): Promise<number> => {
    throw new Error('x');
  };
  const ps = Workflow.parallel([inc, boom], { settled: true });
  expect((await ps.run(1)).output).toMatchObject([{ status: 'fulfilled', value: 2 }, { status: 'rejected' }]);
  const rt = Workflow.route(async (x: string) => ' a ', { a: async (x: string) => x + '!' });
  expect((await rt.run('hi')).output).toBe('hi!');
  const deco = step('deco', async (x: number) => currentContext().userId + String(x));
  const n = Workflow.chain([Workflow.chain([deco])]);
  const types: string[] = [];
  for await (const e of n.stream(1, { userId: 'u' })) types.push(`${e.type}:${e.path.join('/')}`);
  expect(types).toMatchInlineSnapshot(`
    [
      "run.started:",
      "step.started:",
      "run.started:chain",
      "step.started:chain",
      "step.completed:chain",
      "run.completed:chain",
      "step.completed:",
      "run.completed:",
    ]
  `);
  const m = new Workflow('m').addMap('m', async (x: number) => x * 2, { concurrency: 2 }).setStart('m');
  expect((await m.run([1, 2, 3])).output).toEqual([2, 4, 6]);
  await expect(Workflow.chain([inc, boom]).run(1)).rejects.toThrow('STEP_FAILED');
  try {
    new Workflow('w').addNode('a', inc).addEdge('a', 'bb').addNode('b', inc).validate();
  } catch (e) {
    console.log(String(e));
  }
  try {
    await new Workflow('w').addNode('a', inc).setStart('a').addEdge('a', 'a').run(1);
  } catch (e) {
    console.log(String(e));
  }
});
