/**
 * Job: what the real Mermaid and the real Graphviz make of diagrams, drawn and not only parsed: a label is what a reader of
 * the picture sees. A process of its own, because jest cannot load Mermaid and its document (jsdom) on Node 20; one
 * process answers for many diagrams, since it takes more than a second to start.
 *
 * Standard input: JSON `{ mermaid: string[], dot: string[] }`. Standard output: JSON with, for each text, `{ error }` or a
 * `ReadDiagram` of `read-diagrams.ts`.
 */
import { instance } from '@viz-js/viz';
import { JSDOM } from 'jsdom';
import { readFileSync } from 'node:fs';

const { window } = new JSDOM('<!doctype html><body></body>');
const { document } = window;
for (const name of ['Element', 'SVGElement', 'HTMLElement', 'Node', 'DOMParser', 'XMLSerializer', 'CSSStyleSheet']) {
  globalThis[name] ??= window[name];
}
Object.assign(globalThis, { window, document });
// jsdom does no layout. Any size but none will do: it is the text that counts.
const size = { x: 0, y: 0, width: 80, height: 20 };
window.SVGElement.prototype.getBBox = () => size;
window.Element.prototype.getBoundingClientRect = () => size;
window.SVGElement.prototype.getComputedTextLength = () => size.width;

const { default: mermaid } = await import('mermaid');
// `loose` is the setting under which Mermaid itself does the least against HTML and scripts in labels.
mermaid.initialize({ startOnLoad: false, securityLevel: 'loose', maxEdges: 100_000, maxTextSize: 10_000_000 });
const graphviz = await instance();

const { mermaid: flowcharts, dot: digraphs } = JSON.parse(readFileSync(0, 'utf8'));
const answers = { mermaid: [], dot: [] };
for (const text of flowcharts) answers.mermaid.push(await answerTo(readMermaid, text));
for (const text of digraphs) answers.dot.push(await answerTo(readDot, text));
process.stdout.write(JSON.stringify(answers));

async function answerTo(read, text) {
  try {
    return await read(text);
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
}

// Mermaid.

async function readMermaid(text) {
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
  const { svg } = await mermaid.render('drawn', text);
  const page = document.createElement('div');
  page.innerHTML = svg;

  const drawn = new Map();
  for (const element of page.querySelectorAll('g.node, g.cluster, .edgeLabel [data-id]')) {
    drawn.set(element.getAttribute('data-id') ?? element.id, element);
  }
  const frames = db.getSubGraphs();
  const isFrame = new Set(frames.map(({ id }) => id));
  // An arrow to a frame leaves a node of the frame's id in the database, which is not drawn.
  const nodes = [...db.getVertices().values()].filter(({ id }) => !isFrame.has(id));
  return {
    boxes: [
      ...nodes.map(({ id, domId, type, classes }) => ({
        id,
        shape: type,
        classes,
        ...labelOf(drawn.get(`drawn-${domId}`)),
      })),
      ...frames.map(({ id, classes, nodes: members }) => {
        return { id, shape: 'frame', classes, members, ...labelOf(drawn.get(`drawn-${id}`)) };
      }),
    ],
    arrows: db.getEdges().map(({ id, start, end, stroke, style }) => ({
      from: start,
      to: end,
      line: stroke,
      style: (style ?? []).filter((part) => part !== 'fill:none').join(','),
      ...labelOf(drawn.get(id)),
    })),
    elements: elementsIn(page),
  };
}

function labelOf(drawn) {
  const text = drawn?.querySelector('foreignObject');
  if (!text) return { label: null };
  for (const lineBreak of text.querySelectorAll('br')) lineBreak.replaceWith('\n');
  return { label: text.textContent };
}

// Graphviz.

function readDot(text) {
  const { status, output, errors } = graphviz.render(text, { format: 'svg' });
  // A warning counts as well, because something is not drawn as it was meant; but for the one on fonts, of which this
  // Graphviz has none and guesses widths.
  const problems = errors
    .map(({ message }) => message)
    .filter((message) => !/^(Warning: )?no value for width of/.test(message));
  if (status !== 'success' || problems.length > 0) throw new Error(problems.join('; '));
  const svg = new window.DOMParser().parseFromString(output, 'image/svg+xml').documentElement;
  const groups = [...svg.querySelectorAll('g.node, g.cluster, g.edge')].map((group) => ({
    kind: group.classList[0],
    classes: [...group.classList].slice(1),
    title: group.querySelector('title').textContent,
    label: [...group.querySelectorAll('text')].map((line) => line.textContent).join('\n'),
    style: [...group.querySelectorAll('[stroke-dasharray]')].map((line) => line.getAttribute('stroke-dasharray'))[0],
    width: group.querySelector('path')?.getAttribute('stroke-width') ?? null,
  }));
  return {
    name: svg.querySelector('g.graph > title')?.textContent ?? null,
    boxes: groups
      .filter(({ kind }) => kind !== 'edge')
      .map(({ kind, classes, title, label }) => ({
        id: title.replace(/^cluster_/, ''),
        shape: kind === 'cluster' ? 'frame' : 'node',
        classes,
        label,
      })),
    arrows: groups
      .filter(({ kind }) => kind === 'edge')
      .map(({ title, label, style, width }) => {
        const [from, to] = title.split('->');
        return { from, to, label, line: style === undefined ? (width === null ? 'normal' : 'thick') : 'dotted' };
      }),
    elements: elementsIn(svg),
  };
}

/** The name of every element, and of every attribute that could act. */
function elementsIn(root) {
  const names = new Set();
  for (const element of root.querySelectorAll('*')) {
    names.add(element.localName);
    for (const { name } of element.attributes) if (/^on|href$|^formaction$/i.test(name)) names.add(`@${name}`);
  }
  return [...names].sort();
}
