import type { EdgeDefinition, GraphDefinition, NodeDefinition } from './definition.js';

/** How one graph differs from another, in words: nodes and edges that are gone, new, or not as they were. */
export function graphChanges(before: GraphDefinition, after: GraphDefinition): string[] {
  const [nodesBefore, nodesAfter] = [byName(before), byName(after)];
  const [edgesBefore, edgesAfter] = [before.edges.map(shown), after.edges.map(shown)];
  return [
    ...[...nodesBefore.keys()].filter((name) => !nodesAfter.has(name)).map((name) => `node "${name}" is gone`),
    ...[...nodesAfter.keys()].filter((name) => !nodesBefore.has(name)).map((name) => `node "${name}" is new`),
    ...[...nodesAfter].flatMap(([name, node]) => {
      const old = nodesBefore.get(name);
      return old === undefined ? [] : nodeChanges(old, node);
    }),
    ...edgesBefore.filter((edge) => !edgesAfter.includes(edge)).map((edge) => `edge ${edge} is gone`),
    ...edgesAfter.filter((edge) => !edgesBefore.includes(edge)).map((edge) => `edge ${edge} is new`),
    ...(before.version === after.version
      ? []
      : [`version ${before.version ?? 'none'} is now ${after.version ?? 'none'}`]),
  ];
}

function byName({ nodes }: GraphDefinition): Map<string, NodeDefinition> {
  return new Map(nodes.map((node) => [node.name, node]));
}

const COMPARED = ['kind', 'join', 'cancelOthers', 'output', 'takesRunInput', 'terms', 'compensated'] as const;

function nodeChanges(before: NodeDefinition, after: NodeDefinition): string[] {
  const changed = COMPARED.filter((key) => before[key] !== after[key]).map((key) => `${key} of node "${after.name}"`);
  const inner =
    before.nested !== undefined && after.nested !== undefined
      ? graphChanges(before.nested, after.nested).map((change) => `in "${after.name}" ${change}`)
      : [];
  return [...changed.map((what) => `${what} has changed`), ...inner];
}

/** One of the two graphs may come from JSON, where START and END have become texts. */
function shown(edge: EdgeDefinition): string {
  const end = (name: unknown): string =>
    typeof name === 'symbol' ? name.description!.replace(/^drawloom\./, '') : String(name).replace(/^drawloom\./, '');
  const key = edge.kind === 'route' ? ` by "${edge.key}"` : edge.kind === 'plain' ? '' : ` (${edge.kind})`;
  return `${end(edge.from)} -> ${end(edge.to)}${key}`;
}
