import type { GraphDefinition } from './definition.js';
import { drawGraph, shownText } from './diagram.js';
import type { Arrow, Box, BoxKind, DiagramOptions, Drawing, Mark } from './diagram.js';

/**
 * The graph in DOT, for Graphviz. Names and keys are shown as they are, whatever they hold; over 80 characters they are
 * cut.
 */
export function toDot(definition: GraphDefinition, options: DiagramOptions = {}): string {
  const { direction = 'TB', overlay } = options;
  return [
    `digraph "${escaped(shownText(definition.name))}" {`,
    // `compound` lets an arrow end at the frame of a nested workflow.
    `  graph [rankdir=${direction}, compound=true, fontname="Helvetica"]`,
    '  node [shape=box, fontname="Helvetica"]',
    '  edge [fontname="Helvetica"]',
    ...drawingLines(drawGraph(definition, overlay), '  '),
    '}',
  ].join('\n');
}

function drawingLines({ boxes, arrows }: Drawing, indent: string): string[] {
  const frames = new Map(boxes.flatMap(({ id, inside }) => (inside === undefined ? [] : [[id, inside] as const])));
  return [
    ...boxes.flatMap((box) => boxLines(box, indent)),
    ...arrows.flatMap((arrow, position) => arrowLines(arrow, position, frames)).map((line) => indent + line),
  ];
}

// Boxes.

/** Attributes by name, in the order in which they are written. Text among them is escaped already; empty text is left out. */
type Attributes = Readonly<Record<string, string | number>>;

/** What something looks like. Of several looks the later attribute wins, and styles add up. */
interface Look {
  readonly styles?: readonly string[];
  readonly attributes?: Attributes;
}

const KINDS: Record<BoxKind, Look> = {
  start: { attributes: { shape: 'ellipse' } },
  end: { attributes: { shape: 'ellipse' } },
  step: { styles: ['rounded'] },
  map: { attributes: { shape: 'box3d' } },
  router: { attributes: { shape: 'diamond' } },
  approval: { attributes: { shape: 'house' } },
  wait: { attributes: { shape: 'cds' } },
  delay: { attributes: { shape: 'cds' } },
  workflow: { styles: ['rounded'] },
  dot: { attributes: { shape: 'point' } },
  missing: { styles: ['rounded', 'dashed'], attributes: { color: '#c62828' } },
  remark: { attributes: { shape: 'note' } },
};

const MARKS: Record<Mark, Look> = {
  agent: { attributes: { peripheries: 2 } },
  output: { attributes: { penwidth: 2 } },
  visited: { styles: ['filled'], attributes: { fillcolor: '#e3f2e6', color: '#2e7d32' } },
  unvisited: { attributes: { color: '#bdbdbd', fontcolor: '#9e9e9e' } },
  running: { styles: ['filled'], attributes: { fillcolor: '#e3f2fd', color: '#1565c0' } },
  cancelled: { styles: ['filled', 'dashed'], attributes: { fillcolor: '#fff3e0', color: '#8d6e00' } },
  failed: { styles: ['filled'], attributes: { fillcolor: '#fdecea', color: '#c62828' } },
};

function boxLines({ id, kind, lines, marks, inside }: Box, indent: string): string[] {
  const looks = [KINDS[kind], ...marks.map((mark) => MARKS[mark])];
  const attributes = written({ label: label(lines), ...combined(looks), class: marks.join(' ') });
  if (inside === undefined) return [`${indent}${id} ${listed(attributes)}`];
  return [
    `${indent}subgraph cluster_${id} {`,
    ...attributes.map((attribute) => `${indent}  ${attribute}`),
    ...drawingLines(inside, `${indent}  `),
    `${indent}}`,
  ];
}

// Arrows.

const ARROWS: Record<Arrow['kind'], Look> = {
  plain: {},
  route: {},
  default: { styles: ['dashed'] },
  error: { styles: ['dashed'], attributes: { color: '#c62828', fontcolor: '#c62828', arrowhead: 'onormal' } },
};

const EMPHASES: Record<NonNullable<Arrow['emphasis']>, Look> = {
  taken: { styles: ['bold'], attributes: { penwidth: 3 } },
  faded: { attributes: { color: '#bdbdbd', fontcolor: '#9e9e9e' } },
};

function arrowLines(arrow: Arrow, position: number, frames: ReadonlyMap<string, Drawing>): string[] {
  const { from, to, kind, lines, emphasis } = arrow;
  const looks = [ARROWS[kind], ...(emphasis === undefined ? [] : [EMPHASES[emphasis]])];
  // Graphviz draws arrows between nodes only, and cuts them where they cross the frame.
  const source = frames.get(from);
  const target = frames.get(to);
  const tail = source === undefined ? from : doorway(source, 'exit');
  const head = target === undefined ? to : doorway(target, 'entrance');
  const atTail: Attributes = source === undefined ? {} : { ltail: `cluster_${from}` };
  const atHead: Attributes = target === undefined ? {} : { lhead: `cluster_${to}` };
  const attributes = { label: label(lines), ...combined(looks) };
  if (source === undefined || from !== to) return [arrowLine(tail, head, { ...attributes, ...atTail, ...atHead })];
  // From a frame to itself it would cross nothing, and run inside: it is led round by a point outside.
  const bend = `${from}_b${position}`;
  return [
    `${bend} [shape="point", width=0.02]`,
    arrowLine(tail, bend, { ...attributes, ...atTail, arrowhead: 'none' }),
    arrowLine(bend, head, { ...attributes, label: '', ...atHead }),
  ];
}

function arrowLine(tail: string, head: string, attributes: Attributes): string {
  return `${tail} -> ${head} ${listed(written(attributes))}`.trimEnd();
}

/** The node that stands for a whole frame at one of its ends. */
function doorway(drawing: Drawing, end: 'entrance' | 'exit'): string {
  const inside = drawing.boxes.find(({ id }) => id === drawing[end])?.inside;
  return inside === undefined ? drawing[end] : doorway(inside, end);
}

// Writing.

function combined(looks: readonly Look[]): Attributes {
  const style = looks.flatMap(({ styles }) => styles ?? []).join(',');
  return Object.assign({}, ...looks.map(({ attributes }) => attributes), { style });
}

function written(attributes: Attributes): string[] {
  return Object.entries(attributes).flatMap(([name, value]) => {
    if (value === '') return [];
    return [typeof value === 'number' ? `${name}=${value}` : `${name}="${value}"`];
  });
}

function listed(attributes: readonly string[]): string {
  return attributes.length > 0 ? `[${attributes.join(', ')}]` : '';
}

function label(lines: readonly string[]): string {
  return lines.map(escaped).join('\\n');
}

/** Within quotes Graphviz acts on backslashes (`\N` is the node's name) and, as in HTML, on `&lt;` and the like. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
