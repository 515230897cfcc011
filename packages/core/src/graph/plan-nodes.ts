import { sourceName } from './check-graph.js';
import type { Contexts } from './contexts.js';
import { isWaiting, type JoinMode } from './definition.js';
import type { EdgeLists } from './edge-lists.js';
import { hasRoutes, type IndexedGraph } from './index-graph.js';
import type { Plan, RouteChoice } from './plan.js';

/** The parts of a plan that are lists by node. */
export type PlannedNodes = Pick<
  Plan,
  | 'names'
  | 'isRouter'
  | 'passesOn'
  | 'joins'
  | 'outputs'
  | 'takesRunInput'
  | 'isDirect'
  | 'sourceNames'
  | 'routes'
  | 'defaultRoute'
  | 'joinSlot'
  | 'slotCount'
>;

const NONE: readonly never[] = [];

/** All of them in one pass, since a graph is compiled once, while this code is not. */
export function planNodes(graph: IndexedGraph, entries: EdgeLists, places: Contexts): PlannedNodes {
  const { definition, nodeCount, defaults } = graph;
  const { contexts, nodeContext } = places;
  const names: string[] = [];
  const outputs: number[] = [];
  let takesRunInput: Uint8Array | undefined;
  const isRouter = new Uint8Array(nodeCount);
  const passesOn = new Uint8Array(nodeCount);
  const isDirect = new Uint8Array(nodeCount);
  const joinSlot = new Int32Array(nodeCount);
  const slotCount = new Int32Array(contexts.length);
  const joins = new Array<JoinMode>(nodeCount).fill('auto');
  const sourceNames = new Array<readonly string[]>(nodeCount).fill(NONE);
  const routes = new Array<Plan['routes'][number]>(nodeCount).fill(undefined);
  const defaultRoute = new Int32Array(nodeCount).fill(-1);
  for (let node = 0; node < nodeCount; node++) {
    const defined = definition.nodes[node]!;
    const { kind, join } = defined;
    names.push(defined.name);
    if (join !== undefined) joins[node] = join;
    if (defined.output === true) outputs.push(node);
    if (defined.takesRunInput === true) (takesRunInput ??= new Uint8Array(nodeCount))[node] = 1;
    if (kind === 'router') isRouter[node] = 1;
    if (kind === 'router' || (isWaiting(kind) && hasRoutes(graph, node))) {
      passesOn[node] = 1;
      routes[node] = routesOf(graph, node);
      defaultRoute[node] = defaults.get(node) ?? -1;
    }
    if (entries.count(node) === 1 && join !== 'all' && join !== 'any') {
      isDirect[node] = 1;
    } else {
      joinSlot[node] = slotCount[nodeContext[node]!]!++;
      sourceNames[node] = Array.from(entries.of(node), (edge) => sourceName(graph, edge));
    }
  }
  return {
    names,
    isRouter,
    passesOn,
    joins,
    outputs,
    takesRunInput,
    isDirect,
    sourceNames,
    routes,
    defaultRoute,
    joinSlot,
    slotCount,
  };
}

function routesOf(graph: IndexedGraph, router: number): Map<string, RouteChoice> {
  const routes = new Map<string, RouteChoice>();
  for (const edge of graph.out.of(router)) {
    for (const key of graph.keys.get(edge) ?? NONE) {
      routes.set(key, Object.freeze({ router, keys: Object.freeze([key]), taken: Object.freeze([edge]) }));
    }
  }
  return routes;
}
