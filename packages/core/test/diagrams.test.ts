import fc from 'fast-check';
import { END, START, type EdgeDefinition, type GraphDefinition, type NodeDefinition } from '../src/graph/definition.js';
import { drawGraph, shownText, type Arrow, type Box, type DiagramOptions, type Drawing } from '../src/graph/diagram.js';
import { toDot } from '../src/graph/to-dot.js';
import { toMermaid } from '../src/graph/to-mermaid.js';
import { arbitraryGraph } from './support/arbitrary-graph.js';
import { exampleGraphs, type ExampleGraph } from './support/example-graphs.js';
import { readDiagrams, type ReadArrow, type ReadDiagram } from './support/read-diagrams.js';

/** Names and keys that some stage of some program would act on, if it saw them as they are. */
const hostileNames = [
  '',
  ' ',
  '  two  spaces  ',
  'end',
  'subgraph',
  'graph',
  'node',
  'default',
  'START',
  'class',
  'click n0 callback',
  'click n0 href "https://example.com"',
  'style n0 fill:#f9f;',
  'style: x#35;y;z',
  'classDef a fill:#f9f;',
  'linkStyle 0 stroke:#fff',
  'direction TB',
  'direction  LR',
  'accTitle: title',
  'a"b',
  '"quoted"',
  "it's",
  'back\\slash',
  'trailing\\',
  '\\',
  '\\"',
  '\\N \\G \\l \\n',
  'line\nbreak',
  'line\r\nbreak\rand\ttab',
  'n0"] --> n1["x',
  'x"]; shape=plain; n1 [label="y',
  'a|b|c',
  '[a](b)[[c]]',
  '{a}{{b}}',
  '(a)((b))',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<b>bold</b> <br/> &lt;i&gt; &amp; &#35; &copy',
  '</text></svg>',
  '<<b>html label</b>>',
  '#35; #quot; #lt;b#gt; # ##',
  'ﬂ°°60¶ßbﬂ°°62¶ß Straße ﬂ 20° ¶',
  '`code` ```mermaid',
  '**bold** __bold__ *it* _it_ ~~gone~~',
  '1. list',
  '- list',
  '# heading',
  '[link](javascript:alert(1))',
  'https://example.com www.example.com a@example.com',
  'fa:fa-bolt fas:fa-bug',
  '$$x^2$$',
  '%%{init: {"theme":"dark"}}%%',
  '%% comment',
  '---',
  '--> ==> -.-> ~~~ --x --o',
  'n0@{ shape: circle }',
  'a:::b',
  'a & b ; c',
  'عربى (שלום) right to left',
  '\u202Eoverride\u202C \u2066isolate\u2069 \u200Fmark',
  '👩‍👩‍👧 🇩🇪 ☃',
  'e\u0301 ҈ Z̸͎̈',
  '\u0000\u0007\u001B[31mred\u007F\u0085',
  '\uD800 lone \uDC00',
  '\uFFFE\uFFFF\uFEFF\u2028\u2029',
  '\u3000wide\u00A0space\u3000',
  'x'.repeat(10_000),
  '😀'.repeat(10_000),
  '"'.repeat(10_000),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'a-b',
  'a_b',
];

/** A small graph with the name wherever a diagram shows a text: box, route, frame and missing node. */
function graphWith(name: string): GraphDefinition {
  const nested: GraphDefinition = { name, nodes: [{ name, kind: 'step' }], edges: [] };
  return {
    name,
    nodes: [
      { name, kind: 'router', shows: 'agent' },
      { name: `${name}'`, kind: 'step', nested },
    ],
    edges: [
      { kind: 'route', from: name, to: `${name}'`, key: name },
      { kind: 'default', from: `${name}'`, to: `${name}?` },
      { kind: 'route', from: `${name}'`, to: `${name}'`, key: `${name}!` },
    ],
  };
}

/** Any definition at all: names that clash or do not exist, routes out of steps, workflows in workflows. */
function arbitraryDefinition(depth = 1): fc.Arbitrary<GraphDefinition> {
  const name = fc.oneof(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.constantFrom(...hostileNames),
    fc.string({ unit: 'binary', maxLength: 12 }),
  );
  const source = fc.oneof(name, fc.constant(START));
  const target = fc.oneof(name, fc.constant(END));
  const node = fc.record(
    {
      name,
      kind: fc.constantFrom('step', 'map', 'router'),
      join: fc.constantFrom('auto', 'all', 'any', 'one', 'first'),
      cancelOthers: fc.boolean(),
      output: fc.boolean(),
      anonymousRouterOf: source,
      shows: fc.constantFrom('agent', 'workflow'),
      ...(depth > 0 ? { nested: fc.oneof(fc.constant(undefined), arbitraryDefinition(depth - 1)) } : {}),
    },
    { requiredKeys: ['name', 'kind'] },
  ) as fc.Arbitrary<NodeDefinition>;
  const edge = fc.oneof(
    fc.record({ kind: fc.constant('plain'), from: source, to: target }),
    fc.record({ kind: fc.constant('route'), from: name, to: target, key: name }),
    fc.record({ kind: fc.constant('default'), from: name, to: target }),
    fc.record({ kind: fc.constant('error'), from: name, to: name }),
  ) as fc.Arbitrary<EdgeDefinition>;
  return fc.record({ name, nodes: fc.array(node, { maxLength: 5 }), edges: fc.array(edge, { maxLength: 8 }) });
}

/** An overlay that mentions nodes of the graph and others. */
function arbitraryOptions({ nodes, edges }: GraphDefinition): fc.Arbitrary<DiagramOptions> {
  const name = fc.constantFrom('START', 'ghost', ...nodes.map((node) => node.name));
  const names = fc.array(name, { maxLength: 2 });
  const key = fc.constantFrom('ghost', ...edges.flatMap((edge) => (edge.kind === 'route' ? [edge.key] : [])));
  const overlay = fc.record(
    {
      visits: fc.array(fc.tuple(name, fc.nat(4))).map((entries) => new Map(entries)),
      failed: names,
      cancelled: names,
      running: names,
      routes: fc.array(fc.record({ router: name, key, count: fc.nat(4) })),
    },
    { requiredKeys: ['visits'] },
  );
  return fc.record(
    { direction: fc.constantFrom('TB', 'LR'), overlay },
    { requiredKeys: [] },
  ) as fc.Arbitrary<DiagramOptions>;
}

const withOptions = (definitions: fc.Arbitrary<GraphDefinition>): fc.Arbitrary<ExampleGraph> =>
  definitions.chain((definition) => arbitraryOptions(definition).map((options) => ({ definition, options })));

const random = { seed: 1, numRuns: 12 };
const cases: Record<string, readonly ExampleGraph[]> = {
  'the graphs of the other tests': Object.values<ExampleGraph>(exampleGraphs),
  'hostile names': hostileNames.map((name) => ({ definition: graphWith(name) })),
  'random names': fc.sample(
    fc.string({ unit: 'binary', maxLength: 100, size: 'max' }).map((name) => ({ definition: graphWith(name) })),
    random,
  ),
  'random graphs': fc.sample(withOptions(arbitraryGraph().map(({ definition }) => definition)), random),
  'random definitions, faulty ones too': fc.sample(withOptions(arbitraryDefinition()), { ...random, numRuns: 30 }),
};

// One process for the whole file.
const all = Object.values(cases).flat();
const mermaidTexts = all.map(({ definition, options }) => toMermaid(definition, options));
const dotTexts = all.map(({ definition, options }) => toDot(definition, options));
let read: { mermaid: ReadDiagram[]; dot: ReadDiagram[] };
beforeAll(() => {
  read = readDiagrams({ mermaid: mermaidTexts, dot: dotTexts });
}, 120_000);

const allBoxes = ({ boxes }: Drawing): Box[] =>
  boxes.flatMap((box) => [box, ...(box.inside ? allBoxes(box.inside) : [])]);
const allArrows = ({ boxes, arrows }: Drawing): Arrow[] => [
  ...boxes.flatMap(({ inside }) => (inside ? allArrows(inside) : [])),
  ...arrows,
];
/** No-break spaces stand where HTML and SVG would fold spaces, and word joiners (not seen) keep Mermaid off some letters. */
const spaced = (label: string | null) => label?.replaceAll('\u00A0', ' ').replaceAll('\u2060', '');
const seen = (lines: readonly string[]) => spaced(lines.join('\n'));

describe.each(Object.entries(cases))('%s', (_title, graphs) => {
  const drawings = graphs.map((graph) => ({
    graph,
    drawing: drawGraph(graph.definition, graph.options?.overlay),
    index: all.indexOf(graph),
  }));

  it('are drawn by Mermaid, with the boxes, arrows and texts that were meant and nothing else', () => {
    const shapes = { start: 'stadium', end: 'stadium', step: 'square', map: 'subroutine', router: 'diamond', approval: 'trap_b', wait: 'lean_r', delay: 'lean_r', workflow: 'frame', dot: 'circle', missing: 'square', remark: 'square' }; // prettier-ignore
    for (const { drawing, index } of drawings) {
      const { error, boxes, arrows, elements } = read.mermaid[index]!;
      expect({ error, text: mermaidTexts[index] }).toEqual({ error: undefined, text: mermaidTexts[index] });
      expect(byId(boxes.map(({ id, shape, label }) => ({ id, shape, label: spaced(label) })))).toEqual(
        byId(
          allBoxes(drawing).map(({ id, kind, lines, marks }) => ({
            id,
            shape: kind === 'step' && marks.includes('agent') ? 'hexagon' : shapes[kind],
            label: kind === 'dot' ? ' ' : seen(lines),
          })),
        ),
      );
      expect(arrows.map(({ from, to, label, line }) => ({ from, to, label: spaced(label), line }))).toEqual(
        allArrows(drawing).map(({ from, to, kind, lines, emphasis }) => ({
          from,
          to,
          label: seen(lines),
          line: kind === 'default' || kind === 'error' ? 'dotted' : emphasis === 'taken' ? 'thick' : 'normal',
        })),
      );
      expect(elements).toEqual(elements.filter((element) => mermaidElements.includes(element)));
    }
  });

  it('keep nested workflows in their frames, in Mermaid', () => {
    for (const { drawing, index } of drawings) {
      const frames = read.mermaid[index]!.boxes.filter(({ shape }) => shape === 'frame');
      const members = frames.map(({ id, members: inside }) => ({ id, members: [...inside!].sort() }));
      const expected = allBoxes(drawing).flatMap(({ id, inside }) =>
        inside === undefined ? [] : [{ id, members: inside.boxes.map((box) => box.id).sort() }],
      );
      expect(byId(members)).toEqual(byId(expected));
    }
  });

  it('mark boxes and arrows in Mermaid as they were meant', () => {
    for (const { drawing, index } of drawings) {
      const { boxes, arrows } = read.mermaid[index]!;
      const classes = ({ kind, marks }: Box) =>
        ['dot', 'missing', 'remark'].includes(kind) ? [kind, ...marks] : [...marks];
      expect(byId(boxes.map((box) => ({ id: box.id, classes: [...box.classes].sort() })))).toEqual(
        byId(allBoxes(drawing).map((box) => ({ id: box.id, classes: classes(box).sort() }))),
      );
      expect(
        arrows.map(({ style }) => ({ error: style!.includes('#c62828'), faded: style!.includes('opacity') })),
      ).toEqual(
        allArrows(drawing).map(({ kind, emphasis }) => ({ error: kind === 'error', faded: emphasis === 'faded' })),
      );
    }
  });

  it('are drawn by Graphviz without a warning, with the boxes, arrows and texts that were meant and nothing else', () => {
    for (const { graph, drawing, index } of drawings) {
      const { error, name, boxes, arrows, elements } = read.dot[index]!;
      expect({ error, text: dotTexts[index] }).toEqual({ error: undefined, text: dotTexts[index] });
      // Graphviz keeps both backslashes in a name, which it does not in a label, and shows no name that begins with `%`.
      const shownName = shownText(graph.definition.name);
      if (!shownName.startsWith('%')) expect(spaced(name!.replaceAll('\\\\', '\\'))).toBe(spaced(shownName));
      const drawn = boxes.filter(({ id }) => !bend.test(id)).map(({ id, label }) => ({ id, label: spaced(label) }));
      expect(byId(drawn)).toEqual(byId(allBoxes(drawing).map(({ id, lines }) => ({ id, label: seen(lines) }))));
      expect(unmatched(allArrows(drawing), arrows)).toEqual({ meant: [], drawn: [] });
      expect(elements).toEqual(elements.filter((element) => graphvizElements.includes(element)));
    }
  });
});

/** A point that leads an arrow from a frame to itself. */
const bend = /_b\d+$/;

/** What differs between the arrows that were meant and those that Graphviz drew, which end at a node within a frame. */
function unmatched(meant: readonly Arrow[], drawn: readonly ReadArrow[]): { meant: Arrow[]; drawn: ReadArrow[] } {
  const rest = drawn
    .filter(({ from }) => !bend.test(from))
    .map((arrow) => ({ ...arrow, to: arrow.to.replace(bend, '') }));
  const isAt = (node: string, box: string) => node === box || node.startsWith(`${box}_`);
  const notDrawn = meant.filter(({ from, to, kind, lines, emphasis }) => {
    const isDashed = kind === 'default' || kind === 'error';
    const line = isDashed ? 'dotted' : emphasis === 'taken' ? 'thick' : 'normal';
    const index = rest.findIndex(
      (arrow) =>
        arrow.line === line && spaced(arrow.label) === seen(lines) && isAt(arrow.from, from) && isAt(arrow.to, to),
    );
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
  return { meant: notDrawn, drawn: rest };
}

const mermaidElements = ['circle', 'defs', 'div', 'fedropshadow', 'filter', 'foreignObject', 'g', 'marker', 'p', 'path', 'polygon', 'rect', 'span', 'style', 'svg']; // prettier-ignore
const graphvizElements = ['ellipse', 'g', 'path', 'polygon', 'polyline', 'text', 'title'];

function byId<T extends { readonly id: string }>(boxes: readonly T[]): T[] {
  return [...boxes].sort((a, b) => (a.id < b.id ? -1 : 1));
}
