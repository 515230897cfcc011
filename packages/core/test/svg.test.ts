import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { END, overlayOfRun, START, toSvg, Workflow, type GraphDefinition } from '@drawloom/core';
import { drawGraph } from '../src/graph/diagram.js';
import { exampleGraphs } from './support/example-graphs.js';

interface ReadPicture {
  readonly error?: string;
  readonly texts: readonly string[];
  readonly elements: readonly string[];
  readonly paths: number;
}

function read(pictures: readonly string[]): ReadPicture[] {
  const input = JSON.stringify(pictures);
  const script = join(__dirname, 'support/parse-svg.mjs');
  return JSON.parse(execFileSync(process.execPath, [script], { input, encoding: 'utf8' })) as ReadPicture[];
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "it's & <b>bold</b> &lt;i&gt; &#35; &copy;",
  '</text></svg>',
  ']]>',
  '<!--',
  'line\nbreak',
  '  two  spaces  ',
  'Straße ﬂ 20° €',
];

/** Text as a reader sees it: white space is one space. */
const seen = (text: string): string => text.replace(/\s+/g, ' ').trim();

describe('A graph as SVG', () => {
  const triage: GraphDefinition = new Workflow<string>('triage')
    .addNode('read', (text: string) => text)
    .addNode('answer', (text: string) => text)
    .addNode('escalate', (text: string) => text)
    .addRouter('read', () => 'easy', { easy: 'answer', hard: 'escalate', again: 'read' })
    .setStart('read').graph;

  it('B. is well-formed, and shows any name as it is', () => {
    const graphs = HOSTILE.map((name): GraphDefinition => {
      const edges: GraphDefinition['edges'] = [
        { kind: 'plain', from: START, to: name },
        { kind: 'route', from: name, key: name, to: END },
        { kind: 'default', from: name, to: name },
      ];
      return { name, nodes: [{ name, kind: 'router' }], edges };
    });
    for (const [index, picture] of read(graphs.map((graph) => toSvg(graph))).entries()) {
      const name = seen(HOSTILE[index]!.replace('\n', '␊'));
      expect(picture.texts.map(seen)).toEqual(expect.arrayContaining(['START', 'END', name]));
      expect(picture.texts.map(seen).filter((text) => text === name)).toHaveLength(2); // the box, and the route's key
      expect(picture.elements).toEqual(expect.not.arrayContaining(['script', 'img', 'onerror', 'b', 'style', 'href']));
    }
  });

  it('has every box and every arrow of every example', () => {
    const drawn: readonly GraphDefinition[] = Object.values(exampleGraphs).map(({ definition }) => definition);
    const pictures = read(drawn.map((graph) => toSvg(graph)));
    for (const [index, picture] of pictures.entries()) {
      expect(picture.error).toBeUndefined();
      expect(picture.paths).toBe(drawGraph(drawn[index]!).arrows.length + 1); // the tip of them all
      for (const { name, anonymousRouterOf, nested } of drawn[index]!.nodes)
        if (anonymousRouterOf === undefined && nested === undefined)
          expect(picture.texts.map(seen)).toContain(seen(name));
    }
  });

  it('puts a box below whatever leads to it, and draws what leads back round the side', () => {
    const svg = toSvg(triage);
    const yOf = (text: string): number => Number(new RegExp(`y="([\\d.]+)"[^>]*>${text}<`).exec(svg)![1]);
    expect(yOf('START')).toBeLessThan(yOf('read'));
    expect(yOf('read')).toBeLessThan(yOf('answer'));
    expect(yOf('answer')).toBe(yOf('escalate'));
    expect(yOf('again')).toBe(yOf('read'));
  });

  it('A. is the same for the same graph and run, and marks what the run did', async () => {
    const overlay = overlayOfRun({
      steps: [
        { node: 'read', outcome: 'completed' },
        { node: 'answer', outcome: 'failed' },
      ],
      routes: [{ router: 'read', keys: ['easy'] }],
    });
    const svg = toSvg(triage, { overlay });
    expect(toSvg(triage, { overlay })).toBe(svg);
    expect(svg).not.toBe(toSvg(triage));
    const colorOf = (text: string): string | undefined =>
      new RegExp(`stroke="([^"]+)"[^>]*/><text[^>]*>${text}<`).exec(svg)?.[1];
    expect([colorOf('read'), colorOf('answer'), colorOf('escalate')]).toEqual(['#2e7d32', '#c62828', '#bdbdbd']);
    expect(svg.match(/stroke-width="3"[^>]*marker-end/g)).toHaveLength(1);
  });

  it('takes a graph of 2,000 nodes, and one without any', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `n${index}`);
    const nodes = names.map((name) => ({ name, kind: 'step' }) as const);
    const edges = names.map(
      (name, index) => ({ kind: 'plain', from: index === 0 ? START : names[index - 1]!, to: name }) as const,
    );
    expect(toSvg({ name: 'long', nodes, edges })).toContain('>n1999<');
    expect(toSvg({ name: 'empty', nodes: [], edges: [] })).toContain('This workflow is empty');
  });
});
