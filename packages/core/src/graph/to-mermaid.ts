import type { GraphDefinition } from './definition.js';
import { drawGraph } from './diagram.js';
import type { Arrow, Box, BoxKind, DiagramOptions, Drawing, Mark } from './diagram.js';

/**
 * The graph as a Mermaid flowchart. Names and keys are shown as they are, whatever they hold; over 80 characters they
 * are cut.
 *
 * Mermaid itself refuses to draw more than 500 edges or 50,000 characters unless its page raises `maxEdges` and
 * `maxTextSize`.
 */
export function toMermaid(definition: GraphDefinition, options: DiagramOptions = {}): string {
  const { direction = 'TB', overlay } = options;
  const drawing = drawGraph(definition, overlay);
  const lines = [`flowchart ${direction}`, ...drawingLines(drawing, direction, '  ')];
  return [...lines, ...classLines(drawing), ...arrowStyleLines(drawing)].join('\n');
}

function drawingLines(drawing: Drawing, direction: string, indent: string): string[] {
  return [
    ...drawing.boxes.flatMap((box) => boxLines(box, direction, indent)),
    ...drawing.arrows.map((arrow) => indent + arrowLine(arrow)),
  ];
}

const BRACKETS: Record<Exclude<BoxKind, 'workflow'>, readonly [string, string]> = {
  start: ['([', '])'],
  end: ['([', '])'],
  step: ['[', ']'],
  map: ['[[', ']]'],
  router: ['{', '}'],
  approval: ['[/', '\\]'],
  wait: ['[/', '/]'],
  delay: ['[/', '/]'],
  dot: ['((', '))'],
  missing: ['[', ']'],
  remark: ['[', ']'],
};
const AGENT_BRACKETS = ['{{', '}}'] as const;

function boxLines(box: Box, direction: string, indent: string): string[] {
  const { id, kind, inside } = box;
  if (kind === 'workflow') {
    const lines = inside === undefined ? [] : drawingLines(inside, direction, `${indent}  `);
    // Without its own direction a subgraph turns by a quarter.
    return [
      `${indent}subgraph ${id}[${label(box.lines)}]`,
      `${indent}  direction ${direction}`,
      ...lines,
      `${indent}end`,
    ];
  }
  const [open, close] = kind === 'step' && box.marks.includes('agent') ? AGENT_BRACKETS : BRACKETS[kind];
  return [`${indent}${id}${open}${label(box.lines)}${close}`];
}

function arrowLine({ from, to, kind, lines, emphasis }: Arrow): string {
  const line = isDashed(kind) ? '-.->' : emphasis === 'taken' ? '==>' : '-->';
  return `${from} ${line}${lines.length > 0 ? `|${label(lines)}|` : ''} ${to}`;
}

function isDashed(kind: Arrow['kind']): boolean {
  return kind === 'default' || kind === 'error';
}

// Classes and styles. A `#` colour must not stand in one line with a label: Mermaid drops the `;` that ends such a line.

const CLASSES: Record<Mark | 'missing' | 'remark' | 'dot', string> = {
  agent: 'stroke-width:3px',
  output: 'stroke-width:3px,stroke:#1b5e20',
  dot: 'fill:#333333,stroke:#333333',
  missing: 'stroke:#c62828,stroke-dasharray:4 4',
  remark: 'stroke-dasharray:4 4',
  visited: 'fill:#e3f2e6,stroke:#2e7d32,color:#1b1b1b',
  unvisited: 'opacity:0.4',
  running: 'fill:#e3f2fd,stroke:#1565c0,color:#1b1b1b',
  cancelled: 'fill:#fff3e0,stroke:#8d6e00,color:#1b1b1b,stroke-dasharray:4 4',
  failed: 'fill:#fdecea,stroke:#c62828,color:#1b1b1b',
};

function classLines(drawing: Drawing): string[] {
  const boxes = allBoxes(drawing);
  return Object.entries(CLASSES).flatMap(([name, style]) => {
    const ids = boxes
      .filter(({ kind, marks }) => kind === name || marks.some((mark) => mark === name))
      .map(({ id }) => id);
    return ids.length > 0 ? [`  classDef ${name} ${style}`, `  class ${ids.join(',')} ${name}`] : [];
  });
}

/** Mermaid counts arrows in the order in which they are written. */
function arrowStyleLines(drawing: Drawing): string[] {
  const positions = new Map<string, number[]>();
  for (const [position, arrow] of allArrows(drawing).entries()) {
    const style = arrowStyle(arrow);
    if (style === '') continue;
    const same = positions.get(style);
    if (same === undefined) positions.set(style, [position]);
    else same.push(position);
  }
  return [...positions].map(([style, same]) => `  linkStyle ${same.join(',')} ${style}`);
}

function arrowStyle({ kind, emphasis }: Arrow): string {
  const styles: string[] = [];
  if (kind === 'error') styles.push('stroke:#c62828', 'stroke-dasharray:8 4');
  // A solid arrow that was taken is written as a thick one.
  if (emphasis === 'taken' && isDashed(kind)) styles.push('stroke-width:4px');
  if (emphasis === 'faded') styles.push('opacity:0.4');
  return styles.join(',');
}

function allBoxes({ boxes }: Drawing): Box[] {
  return boxes.flatMap((box) => (box.inside === undefined ? [box] : [box, ...allBoxes(box.inside)]));
}

function allArrows({ boxes, arrows }: Drawing): Arrow[] {
  return [...boxes.flatMap(({ inside }) => (inside === undefined ? [] : allArrows(inside))), ...arrows];
}

// Labels.

function label(lines: readonly string[]): string {
  // Without any text Mermaid would show the id. A `<br/>` in place of the line break would have it decode entity codes early.
  return `"${lines.length > 0 ? lines.map(escaped).join('\n') : '#160;'}"`;
}

/**
 * What some stage between this text and the picture would act on, within quotes or not: Mermaid's directives; its lexer,
 * for which a line that holds `direction TB` is a statement; Markdown, which some versions read in every label; icons
 * (`fa:fa-bolt`); HTML, which trims and folds spaces.
 * A `-`, `_` or `.` within a word and a `:` before a space are inert, and kept so that most names stay readable; `www.`
 * would become a link.
 */
const ACTIVE =
  /["#$%&()*+;<=>@[\\\]^`{|}~]|:(?! )|(?<![A-Za-z0-9])[-_.]|[-_.](?![A-Za-z0-9])|(?<=[Ww]{3})\.|(?<=direction) |[^\S ]|^ | (?= |$)/gu;

const NAMED_CODES: Readonly<Record<string, string>> = { '"': '#quot;', '&': '#amp;', '<': '#lt;', '>': '#gt;' };

/** What Mermaid writes entity codes as meanwhile. Nothing can stand for these but a character between them that is not seen. */
const MEANWHILE = /(?<=ﬂ)(?=°)|(?<=¶)(?=ß)/g;

/** Entity codes, because Mermaid decodes them last, into text. */
function escaped(text: string): string {
  return text.replace(MEANWHILE, '\u2060').replace(ACTIVE, (character, position: number) => {
    if (character === ' ' && !text.slice(0, position).endsWith('direction')) return '#160;';
    return NAMED_CODES[character] ?? `#${character.codePointAt(0)};`;
  });
}
