import { START, END, type EdgeDefinition, type End, type GraphDefinition, type Start } from '@drawloom/core';

/** An edge with the name that people read: `classify -> reply`, `classify --billing--> pay`, `pay --error--> alarm`. */
export interface NamedEdge {
  readonly name: string;
  readonly edge: EdgeDefinition;
}

/**
 * The edges of a graph as a diagram draws them: a router that the author did not name is no node, its routes lead from its
 * source. Each name is there once.
 */
export function nameEdges(graph: GraphDefinition): readonly NamedEdge[] {
  const sources = new Map(graph.nodes.map((node) => [node.name, node.anonymousRouterOf]));
  const named = new Map<string, NamedEdge>();
  for (const edge of graph.edges) {
    if (edge.kind === 'plain' && edge.to !== END && sources.get(edge.to as string) === edge.from) continue;
    const from = (typeof edge.from === 'string' ? sources.get(edge.from) : undefined) ?? edge.from;
    const name = `${shownEnd(from)} ${arrow(edge)} ${shownEnd(edge.to)}`;
    if (!named.has(name)) named.set(name, { name, edge });
  }
  return [...named.values()];
}

function arrow(edge: EdgeDefinition): string {
  if (edge.kind === 'plain') return '->';
  return `--${edge.kind === 'route' ? shown(edge.key, ['default', 'error']) : edge.kind}-->`;
}

function shownEnd(end: string | Start | End): string {
  return typeof end === 'string' ? shown(end, ['START', 'END']) : end === START ? 'START' : 'END';
}

/** In quotes where it could be taken for something else, so that no two edges have one name. */
function shown(text: string, reserved: readonly string[]): string {
  const isPlain = !reserved.includes(text) && text === text.trim() && text !== '' && !/--|->|["\p{Cc}]/u.test(text);
  return isPlain ? text : JSON.stringify(text);
}
