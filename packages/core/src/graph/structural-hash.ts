import { type End, type GraphDefinition, isEnd, isStart, type Start } from './definition.js';

/**
 * SHA-256 over what a run of the graph depends on: names, kinds, joins, outputs, edges, nested graphs, in an order of
 * its own. Two front ends that say the same have the same hash; the order of declaration counts only where it shows,
 * in the list that an `auto` join receives.
 */
export function structuralHash(definition: GraphDefinition): string {
  let hash = hashes.get(definition);
  if (hash === undefined) hashes.set(definition, (hash = computeHash(definition)));
  return hash;
}

/** Of definitions that were asked for before: runs with a journal ask for each wait. */
const hashes = new WeakMap<GraphDefinition, string>();

function computeHash(definition: GraphDefinition): string {
  // Loaded when the first hash is asked for: importing it would be a tenth of what starting up costs.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256')
    .update(JSON.stringify(canonical(definition)))
    .digest('hex');
}

function canonical(definition: GraphDefinition): unknown {
  const listed = new Map<string, string[]>();
  for (const node of definition.nodes) if ((node.join ?? 'auto') === 'auto') listed.set(node.name, []);
  for (const { from, to } of definition.edges) if (!isEnd(to)) listed.get(to)?.push(end(from));
  const nodes = definition.nodes.map((node) => [
    node.name,
    node.kind,
    node.join ?? 'auto',
    node.cancelOthers ?? false,
    node.output ?? false,
    node.takesRunInput ?? false,
    node.terms ?? null,
    node.compensated ?? false,
    node.nested === undefined ? null : canonical(node.nested),
    listed.get(node.name) ?? [],
  ]);
  const edges = definition.edges.map((edge) => [
    edge.kind,
    end(edge.from),
    end(edge.to),
    edge.kind === 'route' ? edge.key : '',
  ]);
  return { name: definition.name, version: definition.version ?? null, nodes: sorted(nodes), edges: sorted(edges) };
}

/** Sentinels are told from nodes that have their names. */
function end(name: string | Start | End): string {
  if (isStart(name)) return 'START';
  return isEnd(name) ? 'END' : `node:${name}`;
}

function sorted(rows: readonly unknown[][]): string[] {
  return [...new Set(rows.map((row) => JSON.stringify(row)))].sort();
}
