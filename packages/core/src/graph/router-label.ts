import type { Plan } from './plan.js';

/** The name by which a node is known to the author: a router without one goes by its source. */
export function routerLabel({ names, definition }: Plan, node: number): string {
  const source = definition.nodes[node]!.anonymousRouterOf;
  if (source === undefined) return names[node]!;
  return typeof source === 'string' ? source : 'START';
}
