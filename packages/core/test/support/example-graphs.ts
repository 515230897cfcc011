import type { GraphDefinition } from '../../src/graph/definition.js';
import type { DiagramOptions } from '../../src/graph/diagram.js';
import { graphOf } from './graph-text.js';

/** A graph whose diagrams are written down in full in a test. */
export interface ExampleGraph {
  readonly definition: GraphDefinition;
  readonly options?: DiagramOptions;
}

const chain = graphOf('START -> draft -> review -> END');

const loop = graphOf(`
  START -> write -> judge -again-> write
  judge -good-> END
`);

export const exampleGraphs = {
  chain: { definition: chain },
  'chain from left to right': { definition: chain, options: { direction: 'LR' } },
  route: {
    definition: graphOf(`
      classify-router router of:classify
      START -> classify -> classify-router -billing-> billing -> END
      classify-router -bug-> bug -> END
      classify-router -*-> other -> END
    `),
  },
  'loop with a router': { definition: loop },
  'entry router': {
    definition: graphOf(`
      entry router of:START
      START -> entry -new-> create
      entry -known-> update
      entry -*-> END
    `),
  },
  'several routers': {
    definition: graphOf(`
      after-a router of:a
      join one output
      START -> a -> after-a -left-> b -> join -> END
      after-a -right-> triage -urgent-> join
      triage -*-> b
      b -!-> join
    `),
  },
  'fan-out and join': {
    definition: graphOf(`
      each map
      join all output
      race first cancelOthers
      START -> a -> each -> join -> END
      a -> b -> join
      b -> race
      each -> race
    `),
  },
  'nested workflow': {
    definition: {
      name: 'outer',
      nodes: [
        { name: 'plan', kind: 'step', shows: 'agent' },
        { name: 'refine', kind: 'step', shows: 'workflow', nested: loop },
        { name: 'publish', kind: 'step' },
      ],
      edges: [
        ...graphOf('START -> plan -> refine -> publish -> END').edges,
        { kind: 'error', from: 'refine', to: 'plan' },
      ],
    },
  },
  empty: { definition: graphOf('') },
  'missing node': { definition: { ...chain, nodes: chain.nodes.slice(0, 1) } },
  'finished run': {
    definition: graphOf(`
      pick router of:judge
      START -> write -> judge -> pick -again-> write
      pick -good-> publish -> END
      pick -*-> escalate -> END
      judge -!-> repair
    `),
    options: {
      overlay: {
        visits: new Map([
          ['write', 3],
          ['judge', 3],
          ['publish', 1],
        ]),
        failed: ['publish'],
        routes: [
          { router: 'judge', key: 'again', count: 2 },
          { router: 'judge', key: 'good', count: 1 },
        ],
      },
    },
  },
} satisfies Record<string, ExampleGraph>;
