import { isStart } from './definition.js';
import type { EdgeDefinition, GraphDefinition, NodeDefinition } from './definition.js';

/** What a finished or live run adds to the diagram of its graph. Of a nested workflow it says only whether it ran. */
export interface RunOverlay {
  /** Node name → how often it was activated. A node that is not in it is drawn as unvisited. */
  readonly visits: ReadonlyMap<string, number>;
  /** Names of nodes that failed for good. */
  readonly failed?: readonly string[];
  /** Names of nodes that were aborted. */
  readonly cancelled?: readonly string[];
  /** Names of nodes that are running now. */
  readonly running?: readonly string[];
  /** How often each route was taken. Without it no route is marked as taken. */
  readonly routes?: readonly RouteCount[];
}

/** How often a router returned one key. */
export interface RouteCount {
  /** The router; for an anonymous one also its source, as results name it: `START` at the entry. */
  readonly router: string;
  /** A key that the router does not declare counts for its default. */
  readonly key: string;
  readonly count: number;
}

export type RunState = 'visited' | 'unvisited' | 'running' | 'cancelled' | 'failed';

/** An overlay, as the questions that a drawing asks of it. */
export interface OverlaidRun {
  visitsOf(node: NodeDefinition): number;
  stateOf(node: NodeDefinition): RunState;
  /** `undefined` where the overlay does not say, and for edges that are no routes. */
  timesTaken(edge: EdgeDefinition): number | undefined;
}

export function readOverlay(definition: GraphDefinition, overlay: RunOverlay): OverlaidRun {
  const states = new Map<string, RunState>();
  for (const state of ['running', 'cancelled', 'failed'] as const) {
    for (const name of overlay[state] ?? []) states.set(name, state);
  }
  const declaredKeys = keysByRouter(definition);
  const taken = countsByRouter(overlay.routes ?? []);
  const sources = new Map(definition.nodes.map((node) => [node.name, node.anonymousRouterOf]));
  const countsOf = (router: string) => {
    const source = sources.get(router);
    const bySource = source === undefined ? undefined : taken.get(isStart(source) ? 'START' : source);
    return [...(taken.get(router) ?? []), ...(bySource ?? [])];
  };

  // A result lists routers by the routes they chose, not by visits.
  const visitsOf = ({ name, kind }: NodeDefinition) =>
    overlay.visits.get(name) ?? (kind === 'router' ? total(countsOf(name)) : 0);
  return {
    visitsOf,
    stateOf: (node) => states.get(node.name) ?? (visitsOf(node) > 0 ? 'visited' : 'unvisited'),
    timesTaken(edge) {
      if (overlay.routes === undefined || (edge.kind !== 'route' && edge.kind !== 'default')) return undefined;
      const isTaken = ({ key }: RouteCount) =>
        edge.kind === 'route' ? key === edge.key : declaredKeys.get(edge.from)?.has(key) !== true;
      return total(countsOf(edge.from).filter(isTaken));
    },
  };
}

function keysByRouter(definition: GraphDefinition): ReadonlyMap<string, ReadonlySet<string>> {
  const keys = new Map<string, Set<string>>();
  for (const edge of definition.edges) {
    if (edge.kind === 'route') keys.set(edge.from, (keys.get(edge.from) ?? new Set()).add(edge.key));
  }
  return keys;
}

function countsByRouter(routes: readonly RouteCount[]): ReadonlyMap<string, readonly RouteCount[]> {
  const counts = new Map<string, RouteCount[]>();
  for (const route of routes) {
    const known = counts.get(route.router);
    if (known === undefined) counts.set(route.router, [route]);
    else known.push(route);
  }
  return counts;
}

function total(counts: readonly RouteCount[]): number {
  return counts.reduce((sum, { count }) => sum + count, 0);
}
