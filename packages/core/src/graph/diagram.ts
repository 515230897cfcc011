/**
 * Job: what both diagram formats draw, decided once: boxes, arrows, what a box says and what it is marked with.
 * Boundary: no syntax and no colour. `toMermaid` and `toDot` own those, and the escaping that each format needs.
 *
 * A. Ids are made from positions, never from names: no two boxes meet in one id, and no name becomes syntax.
 * B. Any definition can be drawn, a faulty one too: a diagram is how authors find the fault.
 * C. A text is one line of well-formed, visible characters of bounded length.
 */
import { isEnd, isStart, START } from './definition.js';
import type { EdgeDefinition, End, GraphDefinition, NodeDefinition, Start } from './definition.js';
import { readOverlay } from './run-overlay.js';
import type { OverlaidRun, RunOverlay, RunState } from './run-overlay.js';

export interface DiagramOptions {
  /** Marks visits, failures and the routes taken. */
  readonly overlay?: RunOverlay;
  /** Top to bottom, or left to right. @defaultValue `'TB'` */
  readonly direction?: 'TB' | 'LR';
}

/** One workflow, drawn: at least one box. */
export interface Drawing {
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
  /** The box that an arrow into this workflow's frame leads to. */
  readonly entrance: string;
  /** The box that an arrow out of this workflow's frame comes from. */
  readonly exit: string;
}

/**
 * `workflow`: a frame. `dot`: START or END of a nested workflow, drawn only where a labelled arrow needs one, because
 * the frame stands for both. `missing`: a name that an edge uses and no node has. `remark`: there is nothing to draw.
 */
export type BoxKind = NodeDefinition['kind'] | 'workflow' | 'start' | 'end' | 'dot' | 'missing' | 'remark';

/** What a box is marked with besides its shape. */
export type Mark = 'agent' | 'output' | RunState;

export interface Box {
  readonly id: string;
  readonly kind: BoxKind;
  /** The name, then its notes; none for a dot. */
  readonly lines: readonly string[];
  readonly marks: readonly Mark[];
  /** What a frame holds. */
  readonly inside?: Drawing;
}

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeDefinition['kind'];
  /** The route key, `default` or `error`, then how often it was taken; none for a plain edge. */
  readonly lines: readonly string[];
  /** With an overlay: the run took this route, or had no part in this edge. */
  readonly emphasis?: 'taken' | 'faded';
}

/** Draws `definition`, nested workflows included, as it is: nothing is checked. */
export function drawGraph(definition: GraphDefinition, overlay?: RunOverlay): Drawing {
  return drawWorkflow(definition, '', overlay);
}

/** `prefix` keeps the ids of a nested workflow apart from all others; it is empty for the outermost one. */
function drawWorkflow(definition: GraphDefinition, prefix: string, overlay: RunOverlay | undefined): Drawing {
  const isNested = prefix !== '';
  const folded = foldedRouters(definition);
  const run = overlay === undefined ? undefined : readOverlay(definition, overlay);
  const links = linksOf(definition, folded, isNested, run);
  const joins = nodesWithSeveralSources(links);

  const ids = new Map<string, string>();
  const nodes = definition.nodes.flatMap((node, index) => {
    if (folded.get(node.name) === node) return [];
    const id = `${prefix}${node.nested === undefined ? 'n' : 'c'}${index}`;
    // A second node of the same name is drawn too, without arrows (invariant B).
    if (!ids.has(node.name)) ids.set(node.name, id);
    return [boxOf(node, id, joins.has(node.name), run)];
  });
  const missing = missingNames(links, ids).map((name, index): Box => {
    const id = `${prefix}m${index}`;
    ids.set(name, id);
    return { id, kind: 'missing', lines: [shownText(name), 'missing'], marks: [] };
  });

  // Not `end`: that word closes a subgraph in Mermaid.
  const start = outsideBox(`${prefix}start`, isNested ? 'dot' : 'start', 'START');
  const end = outsideBox(`${prefix}stop`, isNested ? 'dot' : 'end', 'END');
  const boxes = [
    ...(links.some((link) => isStart(link.from)) ? [start] : []),
    ...nodes,
    ...missing,
    ...(links.some((link) => isEnd(link.to)) ? [end] : []),
  ];
  if (boxes.length === 0) {
    boxes.push({ id: `${prefix}empty`, kind: 'remark', lines: ['This workflow is empty'], marks: [] });
  }
  const fromId = (name: string | Start) => (isStart(name) ? start.id : ids.get(name)!);
  const toId = (name: string | End) => (isEnd(name) ? end.id : ids.get(name)!);
  const faded = new Set(nodes.filter((box) => box.marks.includes('unvisited')).map((box) => box.id));
  const arrows = links.map((link) => arrowOf(link, fromId(link.from), toId(link.to), faded));
  return { boxes, arrows, ...doors(definition, ids, boxes) };
}

function outsideBox(id: string, kind: BoxKind, name: string): Box {
  return { id, kind, lines: kind === 'dot' ? [] : [name], marks: [] };
}

// Links: the edges as they are drawn.

interface Link {
  readonly from: string | Start;
  readonly to: string | End;
  readonly kind: EdgeDefinition['kind'];
  readonly label?: string;
  /** How often a run took this route; absent where the overlay does not say. */
  readonly taken?: number;
}

/**
 * The anonymous routers that are drawn as arrows straight from their source, by name. One that is fed by anything but
 * its source could not be drawn so without a lie, and is drawn as a named one (invariant B).
 */
function foldedRouters(definition: GraphDefinition): ReadonlyMap<string, NodeDefinition> {
  const fed = new Map<string | End, boolean>();
  const nodes = new Map(definition.nodes.map((node) => [node.name, node]));
  for (const edge of definition.edges) {
    const source = isEnd(edge.to) ? undefined : nodes.get(edge.to)?.anonymousRouterOf;
    if (source !== undefined)
      fed.set(edge.to, edge.kind === 'plain' && edge.from === source && fed.get(edge.to) !== false);
  }
  const isDrawn = (name: string | Start) => isStart(name) || nodes.get(name)?.anonymousRouterOf === undefined;
  return new Map([...nodes].filter(([name, node]) => fed.get(name) === true && isDrawn(node.anonymousRouterOf!)));
}

function linksOf(
  definition: GraphDefinition,
  folded: ReadonlyMap<string, NodeDefinition>,
  isNested: boolean,
  run: OverlaidRun | undefined,
): Link[] {
  return definition.edges.flatMap((edge): Link[] => {
    if (!isEnd(edge.to) && folded.has(edge.to)) return [];
    const from = isStart(edge.from) ? START : (folded.get(edge.from)?.anonymousRouterOf ?? edge.from);
    if (edge.kind === 'plain' && isNested && (isStart(from) || isEnd(edge.to))) return [];
    const link = { from, to: edge.to, kind: edge.kind };
    if (edge.kind === 'plain') return [link];
    const label = edge.kind === 'route' ? shownText(edge.key) : edge.kind;
    const taken = run?.timesTaken(edge);
    return [taken === undefined ? { ...link, label } : { ...link, label, taken }];
  });
}

function nodesWithSeveralSources(links: readonly Link[]): ReadonlySet<string | End> {
  const firstSource = new Map<string | End, string | Start>();
  const several = new Set<string | End>();
  for (const { from, to } of links) {
    if (!firstSource.has(to)) firstSource.set(to, from);
    else if (firstSource.get(to) !== from) several.add(to);
  }
  return several;
}

function missingNames(links: readonly Link[], ids: ReadonlyMap<string, string>): string[] {
  const names = new Set(links.flatMap(({ from, to }) => [from, to]));
  return [...names].filter((name): name is string => typeof name === 'string' && !ids.has(name));
}

function arrowOf(link: Link, from: string, to: string, faded: ReadonlySet<string>): Arrow {
  const { kind, label, taken } = link;
  const times = taken !== undefined && taken > 1 ? [`x${taken}`] : [];
  const arrow = { from, to, kind, lines: label === undefined ? [] : [label, ...times] };
  if (taken !== undefined && taken > 0) return { ...arrow, emphasis: 'taken' };
  const hasNoPart = taken === 0 || faded.has(from) || faded.has(to);
  return hasNoPart ? { ...arrow, emphasis: 'faded' } : arrow;
}

/** Where arrows into and out of a frame are tied: at the node that the workflow begins with, and at one that it ends with. */
function doors(
  definition: GraphDefinition,
  ids: ReadonlyMap<string, string>,
  boxes: readonly Box[],
): { entrance: string; exit: string } {
  const entrances = definition.edges.flatMap(({ from, to }) =>
    isStart(from) && !isEnd(to) ? (ids.get(to) ?? []) : [],
  );
  const exits = definition.edges.flatMap(({ from, to }) => (isEnd(to) && !isStart(from) ? (ids.get(from) ?? []) : []));
  return { entrance: entrances[0] ?? boxes[0]!.id, exit: exits.at(-1) ?? boxes.at(-1)!.id };
}

// Boxes: the nodes as they are drawn.

function boxOf(node: NodeDefinition, id: string, isJoin: boolean, run: OverlaidRun | undefined): Box {
  const visits = run?.visitsOf(node) ?? 0;
  const state = run?.stateOf(node);
  const marks: Mark[] = [];
  const notes: string[] = [];
  if (node.shows === 'agent') {
    marks.push('agent');
    notes.push('agent');
  }
  if (node.shows === 'workflow' && node.nested === undefined) notes.push('workflow');
  if (node.kind !== 'step' && node.kind !== 'router') notes.push(node.kind);
  if (isJoin && node.join !== undefined && node.join !== 'auto') {
    notes.push(`join: ${node.join}${node.cancelOthers === true ? ' (cancels others)' : ''}`);
  }
  if (node.output === true) {
    marks.push('output');
    notes.push('output');
  }
  if (state !== undefined) marks.push(state);
  if (visits > 1) notes.push(`x${visits}`);
  if (state === 'failed' || state === 'cancelled' || state === 'running') notes.push(state);

  const lines = notes.length > 0 ? [shownText(node.name), notes.join(', ')] : [shownText(node.name)];
  if (node.nested === undefined) return { id, kind: node.kind, lines, marks };
  const inner: RunOverlay | undefined = state === 'unvisited' ? { visits: new Map() } : undefined;
  return { id, kind: 'workflow', lines, marks, inside: drawWorkflow(node.nested, `${id}_`, inner) };
}

// Texts.

const LONGEST_TEXT = 80;

/**
 * A name or key as a diagram shows it (invariant C): cut at 80 characters, control characters as their pictures
 * (`␊`), what no document may hold as `\uFFFD`, and an empty or blank text in quotes, so that there is something to see.
 */
export function shownText(text: string): string {
  // A character is at most two units long, so there is no need to take a long text apart.
  const characters = Array.from(text.slice(0, 2 * LONGEST_TEXT + 2));
  const cut = characters.length > LONGEST_TEXT ? `${characters.slice(0, LONGEST_TEXT - 1).join('')}…` : text;
  // Surrogates without a partner, line separators and non-characters make a document ill-formed. Embeddings, overrides
  // and isolates would reorder what stands around the label, in the picture and in its source.
  const illFormed = String.raw`[\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u202A-\u202E\u2066-\u2069\uFEFF]`;
  const visible = cut
    .replace(new RegExp(String.raw`\p{Cc}`, 'gu'), controlPicture)
    .replace(new RegExp(illFormed, 'gu'), '\uFFFD');
  return visible.trim() === '' ? `"${visible}"` : visible;
}

function controlPicture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\uFFFD';
}
