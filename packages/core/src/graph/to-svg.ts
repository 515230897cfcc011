/**
 * Job: a diagram as a picture, without a renderer: boxes in rows, one row for each step away from the start, and curves
 * between them. For reports that have to stand alone; a page that can run Mermaid or Graphviz draws better.
 * Boundary: what is drawn is `drawGraph`'s. A nested workflow is one box here.
 *
 * A. The same graph and run give the same picture, byte for byte.
 * B. Any text is shown as it is: nothing in it becomes markup.
 */
import type { GraphDefinition } from './definition.js';
import { drawGraph, shownText, type Arrow, type Box, type DiagramOptions, type Mark } from './diagram.js';

interface Placed {
  readonly box: Box;
  readonly row: number;
  /** Of its middle. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const LINE = 18;
const CHARACTER = 7.4;
const PADDING = 12;
const GAP = { x: 36, y: 64 };
const MARGIN = 40;

const FILLS: Partial<Record<Mark, string>> = {
  visited: '#e3f2e6',
  running: '#e3f2fd',
  cancelled: '#fff3e0',
  failed: '#fdecea',
};
const STROKES: Partial<Record<Mark, string>> = {
  visited: '#2e7d32',
  unvisited: '#bdbdbd',
  running: '#1565c0',
  cancelled: '#8d6e00',
  failed: '#c62828',
};

/** The graph as SVG, from top to bottom; with an overlay it shows what a run did. */
export function toSvg(definition: GraphDefinition, { overlay }: Pick<DiagramOptions, 'overlay'> = {}): string {
  const { boxes, arrows } = drawGraph(definition, overlay);
  const rows = rowsOf(boxes, arrows);
  const placed = placedIn(rows);
  const width =
    Math.max(...[...placed.values()].map(({ x, width: of }) => x + of / 2)) + MARGIN + sideOf(arrows, placed);
  const height = Math.max(...[...placed.values()].map(({ y, height: of }) => y + of / 2)) + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${rounded(width)} ${rounded(height)}" font-family="sans-serif" font-size="13" text-anchor="middle">`,
    `<title>${escaped(shownText(definition.name))}</title>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 0L8 4L0 8z" fill="context-stroke"/></marker></defs>',
    ...arrows.map((arrow) => arrowSvg(arrow, placed)),
    ...[...placed.values()].map(boxSvg),
    '</svg>',
  ].join('\n');
}

// Where boxes stand.

/** Each box stands below everything that leads to it, but for what leads back up. */
function rowsOf(boxes: readonly Box[], arrows: readonly Arrow[]): readonly (readonly Box[])[] {
  const after = new Map<string, string[]>();
  for (const { from, to } of arrows) after.set(from, [...(after.get(from) ?? []), to]);
  const order = orderFrom(
    boxes.map(({ id }) => id),
    after,
  );
  const place = new Map(order.map((id, index) => [id, index]));
  const row = new Map<string, number>();
  for (const id of order) {
    const own = row.get(id) ?? 0;
    row.set(id, own);
    for (const next of after.get(id) ?? []) {
      if (place.get(next)! > place.get(id)!) row.set(next, Math.max(row.get(next) ?? 0, own + 1));
    }
  }
  const rows: Box[][] = [];
  for (const box of boxes) (rows[row.get(box.id)!] ??= []).push(box);
  return rows.filter((one) => one !== undefined);
}

/** Every box before those that it leads to, where no cycle is in the way: a search in depth, its ends reversed. */
function orderFrom(starts: readonly string[], after: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const seen = new Set<string>();
  const ended: string[] = [];
  for (const start of starts) {
    if (seen.has(start)) continue;
    seen.add(start);
    const open = [{ id: start, next: 0 }];
    while (open.length > 0) {
      const top = open.at(-1)!;
      const to = after.get(top.id)?.[top.next++];
      if (to === undefined) ended.push(open.pop()!.id);
      else if (!seen.has(to)) {
        seen.add(to);
        open.push({ id: to, next: 0 });
      }
    }
  }
  return ended.reverse();
}

function placedIn(rows: readonly (readonly Box[])[]): ReadonlyMap<string, Placed> {
  const sized = rows.map((row) => row.map((box) => ({ box, ...sizeOf(box) })));
  const widths = sized.map((row) => row.reduce((sum, { width }) => sum + width + GAP.x, -GAP.x));
  const widest = Math.max(...widths);
  const placed = new Map<string, Placed>();
  let top = MARGIN;
  for (const [index, row] of sized.entries()) {
    const tallest = Math.max(...row.map(({ height }) => height));
    let left = MARGIN + (widest - widths[index]!) / 2;
    for (const { box, width, height } of row) {
      placed.set(box.id, { box, row: index, x: left + width / 2, y: top + tallest / 2, width, height });
      left += width + GAP.x;
    }
    top += tallest + GAP.y;
  }
  return placed;
}

function sizeOf({ kind, lines }: Box): { readonly width: number; readonly height: number } {
  if (kind === 'dot') return { width: 10, height: 10 };
  const longest = Math.max(...lines.map((line) => line.length), 4);
  const room = kind === 'router' ? 1.6 : 1;
  return { width: (longest * CHARACTER + 2 * PADDING) * room, height: lines.length * LINE * room + 2 * PADDING };
}

/** Room at the right for arrows that lead back up. */
function sideOf(arrows: readonly Arrow[], placed: ReadonlyMap<string, Placed>): number {
  const back = arrows.filter(({ from, to }) => placed.get(from)!.row >= placed.get(to)!.row);
  const longest = Math.max(0, ...back.map(({ lines }) => lines.join(' ').length));
  return back.length === 0 ? 0 : 80 + longest * CHARACTER;
}

// What is drawn.

function boxSvg({ box, x, y, width, height }: Placed): string {
  const { kind, lines, marks } = box;
  const fill = find(marks, FILLS) ?? '#ffffff';
  const stroke = find(marks, STROKES) ?? (kind === 'missing' ? '#c62828' : '#424242');
  const style = `fill="${fill}" stroke="${stroke}" stroke-width="${marks.includes('output') ? 2.5 : 1.2}"`;
  const dashed = kind === 'missing' || marks.includes('cancelled') ? ' stroke-dasharray="5 3"' : '';
  const [left, top] = [x - width / 2, y - height / 2];
  const round = kind === 'start' || kind === 'end' || kind === 'dot' ? height / 2 : kind === 'map' ? 0 : 6;
  const rect = (inset: number) =>
    `<rect x="${rounded(left + inset)}" y="${rounded(top + inset)}" width="${rounded(width - 2 * inset)}" height="${rounded(height - 2 * inset)}" rx="${rounded(round)}" ${style}${dashed}/>`;
  const points = [
    [x, top],
    [x + width / 2, y],
    [x, top + height],
    [left, y],
  ].map(([px, py]) => `${rounded(px!)},${rounded(py!)}`);
  const shape = kind === 'router' ? `<polygon points="${points.join(' ')}" ${style}${dashed}/>` : rect(0);
  const isDouble = marks.includes('agent') || kind === 'workflow';
  const color = marks.includes('unvisited') ? '#9e9e9e' : '#212121';
  const text = lines.map((line, index) => textSvg(line, x, y + (index - (lines.length - 1) / 2) * LINE, color));
  return [shape, ...(isDouble ? [rect(4)] : []), ...text].join('');
}

function arrowSvg({ from, to, kind, lines, emphasis }: Arrow, placed: ReadonlyMap<string, Placed>): string {
  const [source, target] = [placed.get(from)!, placed.get(to)!];
  const color = emphasis === 'faded' ? '#bdbdbd' : kind === 'error' ? '#c62828' : '#424242';
  const dashed = kind === 'default' || kind === 'error' ? ' stroke-dasharray="5 3"' : '';
  const style = `fill="none" stroke="${color}" stroke-width="${emphasis === 'taken' ? 3 : 1.2}"${dashed} marker-end="url(#tip)"`;
  const { path, x, y } = source.row < target.row ? down(source, target) : back(source, target);
  const label = lines.length === 0 ? '' : textSvg(lines.join(' '), x, y, color);
  return `<path d="${path}" ${style}/>${label}`;
}

interface Curve {
  readonly path: string;
  /** Where its label stands. */
  readonly x: number;
  readonly y: number;
}

function down(source: Placed, target: Placed): Curve {
  const [top, bottom] = [source.y + source.height / 2, target.y - target.height / 2];
  const middle = (top + bottom) / 2;
  const path = `M${rounded(source.x)} ${rounded(top)}C${rounded(source.x)} ${rounded(middle)} ${rounded(target.x)} ${rounded(middle)} ${rounded(target.x)} ${rounded(bottom)}`;
  return { path, x: (source.x + target.x) / 2, y: middle };
}

/** Round the right side. */
function back(source: Placed, target: Placed): Curve {
  const [right, goal] = [source.x + source.width / 2, target.x + target.width / 2];
  const side = Math.max(right, goal) + 60;
  const lift = source === target ? 14 : 0;
  const path = `M${rounded(right)} ${rounded(source.y + lift)}C${rounded(side)} ${rounded(source.y + lift)} ${rounded(side)} ${rounded(target.y - lift)} ${rounded(goal)} ${rounded(target.y - lift)}`;
  return { path, x: side - 10, y: (source.y + target.y) / 2 };
}

/** With a light edge around the letters, so that a line behind them does not strike them through. */
function textSvg(text: string, x: number, y: number, color: string): string {
  const halo = 'stroke="#ffffff" stroke-width="3" paint-order="stroke"';
  return `<text x="${rounded(x)}" y="${rounded(y)}" dominant-baseline="central" fill="${color}" ${halo}>${escaped(text)}</text>`;
}

function find(marks: readonly Mark[], of: Partial<Record<Mark, string>>): string | undefined {
  return marks.map((mark) => of[mark]).find((value) => value !== undefined);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
