import { stripVTControlCharacters } from 'node:util';
import {
  DefinitionError,
  END,
  START,
  Workflow,
  type GraphDefinition,
  type Runnable,
  type StepContext,
} from '@drawloom/core';
import { edgeCoverage, type EdgeCoverage } from './edge-coverage.js';

const pass = <T>(value: T): T => value;
const fail = (): never => {
  throw new Error('no');
};

/** The coverage of runs with these inputs, failed ones included. */
async function coverageOf<I>(workflow: Runnable<I, unknown>, ...inputs: readonly I[]): Promise<EdgeCoverage> {
  const coverage = edgeCoverage(workflow);
  for (const input of inputs) await workflow.run(input).then(coverage.add, coverage.add);
  return coverage;
}

async function edgesOf<I>(workflow: Runnable<I, unknown>, ...inputs: readonly I[]) {
  const { taken, missed } = await coverageOf(workflow, ...inputs);
  return { taken: taken.map(({ name, runs }) => (runs === 1 ? name : `${runs} x ${name}`)), missed };
}

const triage = new Workflow<string>('triage')
  .addNode('classify', pass<string>)
  .addNode('billing', (label: string) => (label === 'billing' ? 'paid' : fail()), { onError: 'alarm' })
  .addNode('alarm', pass)
  .addNode('desk', pass)
  .setStart('classify')
  .addRouter(
    'classify',
    (label) => (label === 'none' ? [] : label.split('+')),
    { billing: 'billing', broken: 'billing', spam: END },
    { default: 'desk' },
  )
  .addEdge('billing', END);

describe('edgeCoverage tells which edges a run takes', () => {
  it('along a line, from START to END', async () => {
    const line = new Workflow('line')
      .addNode('a', pass)
      .addNode('b', pass)
      .setStart('a')
      .addEdge('a', 'b')
      .addEdge('b', END);
    expect(await edgesOf(line, 1, 2)).toEqual({ taken: ['2 x START -> a', '2 x a -> b', '2 x b -> END'], missed: [] });
  });

  it.each([
    ['billing', ['classify --billing--> billing', 'billing -> END']],
    ['spam', ['classify --spam--> END']],
    ['other', ['classify --default--> desk']],
    ['none', ['classify --default--> desk']],
    ['broken', ['classify --broken--> billing', 'billing --error--> alarm']],
    ['billing+other', ['classify --billing--> billing', 'classify --default--> desk', 'billing --error--> alarm']],
  ])('of a router that returns %s', async (keys, taken) => {
    // A list of keys is more than one word, so `billing` fails on it.
    const found = await edgesOf(triage, keys);
    expect([...found.taken].sort()).toEqual(['START -> classify', ...taken].sort());
    expect([...found.taken, ...found.missed].sort()).toEqual(edgeCoverage(triage).missed.toSorted());
  });

  it('of a router at the entry, by the name START', async () => {
    const entry = new Workflow<string>('entry').addNode('a', pass).addRouter(START, (key) => key, { a: 'a', end: END });
    expect(await edgesOf(entry, 'a')).toEqual({ taken: ['START --a--> a'], missed: ['START --end--> END'] });
  });

  it('of a router with a name, which is a node that edges and routes lead to', async () => {
    const gated = new Workflow<string>('gated')
      .addNode('a', pass<string>)
      .addNode('b', pass<string>)
      .addNode('c', pass)
      .setStart('a')
      .addRouter('a', (text) => text[0], { x: 'gate', y: 'b' })
      .addRouter('b', (text) => text[1], { p: 'c', q: END }, { name: 'gate' });
    const through = ['START -> a', 'a --x--> gate', 'gate --p--> c'];
    expect((await edgesOf(gated, 'xp')).taken.toSorted()).toEqual(through.toSorted());
    expect((await edgesOf(gated, 'xp', 'yq')).missed).toEqual([]);
    // A router that throws has not chosen, so what leads to it counts as missed, too.
    expect((await edgesOf(gated, 'x!')).taken).toEqual(['START -> a']);
  });

  it('in a loop, once for each run', async () => {
    const refine = new Workflow<number>('refine')
      .addNode('write', (round: number) => round + 1)
      .setStart('write')
      .addRouter('write', (round) => (round < 3 ? 'revise' : 'approve'), { revise: 'write', approve: END });
    expect(await edgesOf(refine, 0, 2)).toEqual({
      taken: ['2 x START -> write', 'write --revise--> write', '2 x write --approve--> END'],
      missed: [],
    });
  });

  it('in a fan-out with a map and a join', async () => {
    const fan = new Workflow<number[]>('fan')
      .addMap('double', (item: number) => item * 2)
      .addNode('count', (items: number[]) => items.length)
      .addNode('both', pass, { join: 'all' })
      .addEdge(START, 'double')
      .addEdge(START, 'count')
      .addEdge('double', 'both')
      .addEdge('count', 'both');
    expect((await coverageOf(fan, [])).missed).toEqual([]);
  });

  it('into a join only where it was complete', async () => {
    const join = new Workflow<string>('join')
      .addNode('a', pass)
      .addNode('b', pass)
      .addNode('both', pass, { join: 'all' })
      .addRouter(START, (keys) => keys.split(''), { a: 'a', b: 'b' })
      .addEdge('a', 'both')
      .addEdge('b', 'both');
    expect((await edgesOf(join, 'a', 'b')).missed).toEqual(['a -> both', 'b -> both']);
    expect((await edgesOf(join, 'ab')).missed).toEqual([]);
  });

  it('along an error edge, but not behind a failure that nothing handles', async () => {
    const pay = new Workflow<string>('pay')
      .addNode('charge', (card: string) => (card === 'good' ? card : fail()), { onError: 'byHand' })
      .addNode('byHand', fail)
      .addNode('receipt', pass)
      .setStart('charge')
      .addEdge('charge', 'receipt')
      .addEdge('byHand', 'receipt');
    expect((await edgesOf(pay, 'bad')).taken).toEqual(['charge --error--> byHand', 'START -> charge']);
    expect((await edgesOf(pay, 'good', 'bad')).missed).toEqual(['byHand -> receipt']);
  });

  it('not behind a step that finishes or stops the run', async () => {
    const search = new Workflow<string>('search')
      .addNode('cache', (question: string, context: StepContext) => {
        if (question === 'usual') context.finish('answer');
        return question;
      })
      .addNode('ask', pass)
      .setStart('cache')
      .addEdge('cache', 'ask');
    expect((await edgesOf(search, 'usual')).missed).toEqual(['cache -> ask']);
    const capped = Workflow.chain({ a: pass, b: pass }, { maxSteps: 1 });
    expect((await edgesOf(capped, 1)).missed).toEqual(['a -> b']);
  });

  it('of a run that was cancelled before it began: none', async () => {
    const coverage = edgeCoverage(triage);
    await triage.run('spam', { signal: AbortSignal.abort() }).catch(coverage.add);
    expect([coverage.runs, coverage.taken]).toEqual([1, []]);
  });

  it('of the workflow itself, not of those nested in it', async () => {
    const inner = Workflow.chain({ first: pass, second: pass }, { name: 'inner' });
    const outer = new Workflow('outer').addNode('inner', inner).setStart('inner').addEdge('inner', END);
    expect(await edgesOf(outer, 1)).toEqual({ taken: ['START -> inner', 'inner -> END'], missed: [] });
  });
});

describe('Names of edges', () => {
  const named = (graph: Pick<GraphDefinition, 'nodes' | 'edges'>) =>
    edgeCoverage({ name: 'names', ...graph }).edges.map(({ name }) => name);

  it('are in quotes where they could be taken for something else', () => {
    const nodes = ['START', 'a -> b', 'say "hi"', ' ', 'ordinary name'].map((name) => ({
      name,
      kind: 'step' as const,
    }));
    expect(named({ nodes, edges: nodes.map(({ name }) => ({ kind: 'plain', from: START, to: name })) })).toEqual([
      'START -> "START"',
      'START -> "a -> b"',
      'START -> "say \\"hi\\""',
      'START -> " "',
      'START -> ordinary name',
    ]);
  });

  it('tell keys from the default and from error edges', () => {
    const nodes = [
      { name: 'pay', kind: 'step' },
      { name: 'pay?', kind: 'router', anonymousRouterOf: 'pay' },
      { name: 'alarm', kind: 'step' },
    ] as const;
    const route = { kind: 'route', from: 'pay?', to: 'alarm' } as const;
    const edges = [
      { kind: 'plain', from: START, to: 'pay' },
      { kind: 'plain', from: 'pay', to: 'pay?' },
      { ...route, key: 'error' },
      { ...route, key: 'default' },
      { ...route, key: '' },
      { kind: 'default', from: 'pay?', to: 'alarm' },
      { kind: 'error', from: 'pay', to: 'alarm' },
    ] as const;
    expect(named({ nodes, edges })).toEqual([
      'START -> pay',
      'pay --"error"--> alarm',
      'pay --"default"--> alarm',
      'pay --""--> alarm',
      'pay --default--> alarm',
      'pay --error--> alarm',
    ]);
  });
});

describe('EdgeCoverage', () => {
  it('gives back what was added, and counts outcomes and records as well', async () => {
    const coverage = edgeCoverage(triage.graph);
    const result = await triage.run('spam');
    expect(coverage.add(result)).toBe(result);
    coverage.add(await triage.start('other').result());
    coverage.add({ partial: result });
    expect([coverage.workflow, coverage.runs, coverage.ratio]).toEqual(['triage', 3, 3 / 7]);
    expect(coverage.edges).toHaveLength(7);
  });

  it('counts nothing for an error before any run', async () => {
    const faulty = new Workflow('faulty').addNode('a', pass);
    expect((await coverageOf(faulty, 1)).runs).toBe(0);
  });

  it('reports what was missed, then what was taken', async () => {
    const coverage = await coverageOf(triage, 'spam', 'spam', 'broken');
    expect(coverage.report()).toMatchInlineSnapshot(`
      "triage: 4 of 7 edges taken (57 %) in 3 runs

      Never taken:
        classify --billing--> billing
        classify --default--> desk
        billing -> END

      Taken in so many runs:
        1  billing --error--> alarm
        3  START -> classify
        1  classify --broken--> billing
        2  classify --spam--> END"
    `);
    expect(edgeCoverage(triage).report()).toMatch('triage: 0 of 7 edges taken (0 %) in 0 runs');
  });

  it('says where a short history may have lost something, and takes what is still known', async () => {
    const loop = new Workflow<number>('loop', { history: 1 })
      .addNode('a', pass<number>)
      .addNode('b', (value: number) => value + 1)
      .setStart('a')
      .addEdge('a', 'b')
      .addRouter('b', (value) => (value < 3 ? 'again' : 'done'), { again: 'a', done: END });
    const coverage = await coverageOf(loop, 1);
    expect(coverage.missed).toEqual(['b --again--> a']);
    expect(coverage.report()).toMatch('1 run with a short history: routes and failures before it are not counted');
  });

  it.each([
    ['a run of another workflow', () => Workflow.chain({ a: pass }, { name: 'other' }).run(1), 'one of "other"'],
    ['one of the same name', () => Workflow.chain({ a: pass }, { name: 'triage' }).run(1), 'with the nodes "a"'],
    ['a promise', async () => ({ then: undefined, run: pass }), 'it was given a workflow'],
    ['nothing', async () => undefined, 'it was given undefined'],
  ])('refuses %s', async (_what, make, message) => {
    const given = await make();
    const refused = (): unknown => edgeCoverage(triage).add(given);
    expect(refused).toThrow(DefinitionError);
    expect(refused).toThrow(message);
    expect(refused).toThrow('edgeCoverage("triage").add');
  });

  it('draws what ran, and which routes were taken, with the numbers of runs', async () => {
    const diagram = (await coverageOf(triage, 'spam', 'spam', 'other')).toMermaid({ direction: 'LR' });
    expect(diagram).toMatch('flowchart LR');
    expect(diagram).toMatch('n0["classify\nx3"]');
    expect(diagram).toMatch('n0 ==>|"spam\nx2"| stop');
    expect(diagram).toMatch(/class n1,n2 unvisited/);
  });
});

describe('toCoverEveryEdge', () => {
  const messageOf = (assertion: () => void): string => {
    try {
      assertion();
    } catch (error) {
      return stripVTControlCharacters((error as Error).message);
    }
    return 'nothing: it passed';
  };
  const ALARM = ['classify --broken--> billing', 'billing --error--> alarm'];

  it('passes when each edge was taken, but for the exceptions', async () => {
    const most = await coverageOf(triage, 'billing', 'spam', 'other');
    expect(most).not.toCoverEveryEdge();
    expect(most).toCoverEveryEdge({ except: ALARM });
    expect(await coverageOf(triage, 'billing', 'spam', 'other', 'broken')).toCoverEveryEdge();
  });

  it('fails with the report', async () => {
    const coverage = await coverageOf(triage, 'billing', 'spam');
    expect(messageOf(() => expect(coverage).toCoverEveryEdge({ except: ALARM }))).toMatchInlineSnapshot(`
      "expect(received).toCoverEveryEdge(options)

      Expected every edge to be taken, but for "classify --broken--> billing", "billing --error--> alarm"
      Missed: "classify --default--> desk"

      triage: 4 of 7 edges taken (57 %) in 2 runs

      Never taken:
        billing --error--> alarm
        classify --broken--> billing
        classify --default--> desk

      Taken in so many runs:
        2  START -> classify
        1  classify --billing--> billing
        1  classify --spam--> END
        1  billing -> END"
    `);
    expect(messageOf(() => expect(coverage).not.toCoverEveryEdge())).toBe('nothing: it passed');
    const whole = await coverageOf(triage, 'billing', 'spam', 'other', 'broken');
    expect(messageOf(() => expect(whole).not.toCoverEveryEdge())).toMatch('Expected an edge that no run took');
  });

  it('fails, with not as well, when an exception was taken after all or is no edge', async () => {
    const coverage = await coverageOf(triage, 'billing', 'spam', 'other', 'broken');
    const except = ['classify --spam--> END', 'classify --spam--> ENDE', 'nowhere'];
    for (const assertion of [
      () => expect(coverage).toCoverEveryEdge({ except }),
      () => expect(coverage).not.toCoverEveryEdge({ except }),
    ]) {
      const message = messageOf(assertion);
      expect(message).toMatch('"classify --spam--> END" was taken: remove it from the list');
      expect(message).toMatch('"classify --spam--> ENDE" is no edge (did you mean "classify --spam--> END"?)');
      expect(message).toMatch('"nowhere" is no edge: remove it');
    }
  });

  it('refuses what is no coverage', () => {
    expect(messageOf(() => expect(triage).toCoverEveryEdge())).toMatch('what edgeCoverage(workflow) returned');
    expect(messageOf(() => expect(null).not.toCoverEveryEdge())).toMatch('what edgeCoverage(workflow) returned');
  });
});
