import type { GraphDefinition } from './definition.js';
import { drawGraph, shownText } from './diagram.js';
import type { Arrow, Box, BoxKind, DiagramOptions, Drawing, Mark } from './diagram.js';

/**
 * The graph in DOT, for Graphviz. Names and keys are shown as they are, whatever they hold; over 80 characters they are
 * cut.
 */
export function toDot(definition: GraphDefinition, options: DiagramOptions = {}): string {
  const { direction = 'TB', overlay } = options;
  const drawing = drawGraph(definition, overlay);
  return [
    `digraph ${quoted(shownText(definition.name))} {`,
    // `compound` lets arrows end at the frame of a nested workflow.
    `  graph [rankdir=${direction}, compound=true, fontname="Helvetica"]`,
    '  node [shape=box, style="rounded", fontname="Helvetica"]',
    '  edge [fontname="Helvetica"]',
    ...drawingLines(drawing, '  '),
    '}',
    '',
  ].join('\n');
}

function drawingLines(drawing: Drawing, indent: string): string[] {
  const frames = new Map(drawing.boxes.flatMap((box) => (box.inside === undefined ? [] : [[box.id, box.inside]])));
  return [
    ...drawing.boxes.flatMap((box) => boxLines(box, indent)),
    ...drawing.arrows.flatMap((arrow, position) => arrowLines(arrow, position, frames).map((line) => indent + line)),
  ];
}

/** Attributes by name; `undefined` stands for the default. */
type Attributes = Readonly<Record<string, string | number | undefined>>;

const SHAPES: Record<Exclude<BoxKind, 'workflow'>, Attributes> = {
  start: { shape: 'ellipse' },
  end: { shape: 'ellipse' },
  step: {},
  map: { shape: 'box3d', style: '' },
  router: { shape: 'diamond', style: '' },
  dot: { shape: 'point' },
  missing: { style: 'dashed', color: '#c62828' },
  remark: { shape: 'note', style: '' },
};
