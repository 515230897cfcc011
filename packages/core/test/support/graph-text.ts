import {
  END,
  JOIN_MODES,
  START,
  type EdgeDefinition,
  type End,
  type GraphDefinition,
  type JoinMode,
  type NodeDefinition,
  type Start,
} from '../../src/graph/definition.js';

const KINDS = ['step', 'map', 'router'] as const;

/**
 * Reads a graph from lines such as these; a random counterexample is printed in the same form, ready to be pasted into a test.
 *
 * ```
 * j all                 a node: name, then any of a kind, a join mode, `output`, `cancelOthers`, `of:source`
 * START -> a -> r       plain edges; a node without a line of its own is a step
 * r -again-> a          a route with its key
 * r -*-> END            the default route
 * a -!-> repair         an error edge
 * ```
 *
 * What has a route is a router. Nodes are declared in the order of their first mention.
 */
export function graphOf(text: string): GraphDefinition {
  const nodes = new Map<string, NodeDefinition>();
  const edges: EdgeDefinition[] = [];
  const mention = (name: string) => {
    if (name !== 'START' && name !== 'END' && !nodes.has(name)) nodes.set(name, { name, kind: 'step' });
  };
  for (const line of text.split(/[\n;]/).map((part) => part.trim())) {
    if (line === '') continue;
    const words = line.split(/\s+/);
    if (!words.some((word) => word.startsWith('-'))) {
      nodes.set(words[0]!, nodeOf(words));
      continue;
    }
    for (let index = 0; index + 2 < words.length; index += 2) {
      const [from, arrow, to] = words.slice(index, index + 3) as [string, string, string];
      mention(from);
      mention(to);
      edges.push(edgeOf(from, arrow, to));
    }
  }
  for (const { kind, from } of edges) {
    const node = nodes.get(from as string);
    if ((kind === 'route' || kind === 'default') && node) nodes.set(node.name, { ...node, kind: 'router' });
  }
  return { name: 'example', nodes: [...nodes.values()], edges };
}

/** The inverse of {@link graphOf}. */
export function textOf({ nodes, edges }: GraphDefinition): string {
  const nodeLines = nodes.map((node) =>
    [
      node.name,
      node.kind,
      node.join ?? 'auto',
      ...(node.output ? ['output'] : []),
      ...(node.cancelOthers ? ['cancelOthers'] : []),
      ...(node.anonymousRouterOf === undefined ? [] : [`of:${endText(node.anonymousRouterOf)}`]),
    ].join(' '),
  );
  const arrows = { plain: '->', default: '-*->', error: '-!->' };
  const edgeLines = edges.map(
    (edge) =>
      `${endText(edge.from)} ${edge.kind === 'route' ? `-${edge.key}->` : arrows[edge.kind]} ${endText(edge.to)}`,
  );
  return [...nodeLines, ...edgeLines].join('\n');
}

function nodeOf([name, ...words]: string[]): NodeDefinition {
  const source = words.find((word) => word.startsWith('of:'))?.slice('of:'.length);
  const join = words.find((word): word is JoinMode => (JOIN_MODES as readonly string[]).includes(word));
  return {
    name: name!,
    kind: KINDS.find((kind) => words.includes(kind)) ?? 'step',
    ...(join === undefined ? {} : { join }),
    ...(words.includes('output') ? { output: true } : {}),
    ...(words.includes('cancelOthers') ? { cancelOthers: true } : {}),
    ...(source === undefined ? {} : { anonymousRouterOf: source === 'START' ? START : source }),
  };
}

function edgeOf(source: string, arrow: string, target: string): EdgeDefinition {
  const from = source === 'START' ? START : source;
  const to = target === 'END' ? END : target;
  if (arrow === '->') return { kind: 'plain', from, to };
  if (arrow === '-!->') return { kind: 'error', from: source, to: target };
  if (arrow === '-*->') return { kind: 'default', from: source, to };
  return { kind: 'route', from: source, to, key: arrow.slice(1, -2) };
}

function endText(end: string | Start | End): string {
  if (end === START) return 'START';
  return end === END ? 'END' : String(end);
}
