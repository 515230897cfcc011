import fc from 'fast-check';
import { graphOf } from '../../test/support/graph-text.js';
import { START, type GraphDefinition } from './definition.js';
import { drawGraph, shownText, type Drawing } from './diagram.js';

/** `a -> b` for every arrow, by the names in the boxes; with its label and emphasis where it has them. */
function arrowsOf({ boxes, arrows }: Drawing): string[] {
  const names = new Map(boxes.map(({ id, lines }) => [id, lines[0]]));
  return arrows.map(({ from, to, lines, emphasis }) =>
    [names.get(from), lines.length > 0 ? `-${lines.join(' ')}->` : '->', names.get(to), emphasis]
      .filter((word) => word !== undefined)
      .join(' '),
  );
}

const boxNames = ({ boxes }: Drawing) => boxes.map(({ lines }) => lines.join('; '));

describe('anonymous routers', () => {
  it('are arrows from their source, START included, and no box', () => {
    const drawing = drawGraph(
      graphOf('entry of:START; later of:a; START -> entry -x-> a -> later -y-> END; later -*-> a'),
    );
    expect(boxNames(drawing)).toEqual(['START', 'a', 'END']);
    expect(arrowsOf(drawing)).toEqual(['START -x-> a', 'a -y-> END', 'a -default-> a']);
  });

  it.each([
    ['of another node', 'r of:a; START -> a -> r -x-> END; b -> r'],
    ['of nothing', 'r of:a; START -> a; r -x-> END'],
    ['of its source when that fails', 'r of:a; START -> a -!-> r -x-> END'],
    ['of another anonymous router', 'r of:q; q of:q; START -> q -> r -x-> END; q -> q'],
  ])('are boxes where they take the output %s, since arrows from their source would say less', (_title, text) => {
    expect(boxNames(drawGraph(graphOf(text)))).toContain('r');
  });
});

describe('joins', () => {
  it('are noted where several sources meet and the mode is not the usual one', () => {
    const drawing = drawGraph(
      graphOf('a all; b any; c first cancelOthers; START -> a; START -> b; a -> b; a -> c; b -> c'),
    );
    expect(boxNames(drawing)).toEqual(['START', 'a', 'b; join: any', 'c; join: first (cancels others)']);
  });

  it('are not noted for two routes of one router, which are one source', () => {
    const drawing = drawGraph(graphOf('a all; START -> r -x-> a; r -y-> a'));
    expect(boxNames(drawing)).toContain('a');
  });
});

describe('nested workflows', () => {
  const outer = (nested: GraphDefinition): GraphDefinition => ({
    name: 'outer',
    nodes: [{ name: 'inner', kind: 'step', nested }],
    edges: [{ kind: 'plain', from: START, to: 'inner' }],
  });
  const insideOf = (nested: GraphDefinition) => drawGraph(outer(nested)).boxes[1]!.inside!;

  it('have no START and END: the frame stands for both', () => {
    const inside = insideOf(graphOf('START -> a -> b -> END'));
    expect(boxNames(inside)).toEqual(['a', 'b']);
    expect(arrowsOf(inside)).toEqual(['a -> b']);
  });

  it('have dots where a labelled arrow begins or ends at the frame', () => {
    const inside = insideOf(graphOf('entry of:START; START -> entry -x-> a -> END; entry -y-> END'));
    expect(inside.boxes.map(({ id, kind }) => [id, kind])).toEqual([
      ['c0_start', 'dot'],
      ['c0_n1', 'step'],
      ['c0_stop', 'dot'],
    ]);
    expect(inside.arrows.map(({ from, to, lines }) => [from, ...lines, to])).toEqual([
      ['c0_start', 'x', 'c0_n1'],
      ['c0_start', 'y', 'c0_stop'],
    ]);
  });

  it('are entered where they begin and left where they end', () => {
    const { entrance, exit } = insideOf(graphOf('b; START -> a -> b -> c -> END'));
    expect([entrance, exit]).toEqual(['c0_n1', 'c0_n2']);
  });

  it('say that they are empty, and have a box to tie arrows to', () => {
    const inside = insideOf(graphOf(''));
    expect(boxNames(inside)).toEqual(['This workflow is empty']);
    expect([inside.entrance, inside.exit]).toEqual(['c0_empty', 'c0_empty']);
  });

  it('have ids of their own at every depth', () => {
    const deep = drawGraph(outer(outer(outer(graphOf('START -> a')))));
    const ids = ({ boxes }: Drawing): string[] =>
      boxes.flatMap(({ id, inside }) => [id, ...(inside ? ids(inside) : [])]);
    expect(ids(deep)).toEqual(['start', 'c0', 'c0_c0', 'c0_c0_c0', 'c0_c0_c0_n0']);
  });
});

describe('B: a faulty definition', () => {
  it('is drawn with its missing nodes, each once', () => {
    const drawing = drawGraph({ ...graphOf('START -> a -> b -> END; b -> a'), nodes: [] });
    expect(boxNames(drawing)).toEqual(['START', 'a; missing', 'b; missing', 'END']);
    expect(arrowsOf(drawing)).toEqual(['START -> a', 'a -> b', 'b -> END', 'b -> a']);
  });

  it('is drawn with both nodes of one name, the arrows at the first', () => {
    const definition = graphOf('START -> a');
    const drawing = drawGraph({ ...definition, nodes: [...definition.nodes, ...definition.nodes] });
    expect(drawing.boxes.map(({ id }) => id)).toEqual(['start', 'n0', 'n1']);
    expect(drawing.arrows.map(({ to }) => to)).toEqual(['n0']);
  });
});

describe('with an overlay', () => {
  const definition = graphOf('pick of:judge; START -> write -> judge -> pick -again-> write; pick -good-> publish -> END; pick -*-> other; judge -!-> repair'); // prettier-ignore
  const visits = new Map([['write', 3], ['judge', 3], ['publish', 1]]); // prettier-ignore

  it('boxes tell how often a node ran and how it ended; the worst word wins', () => {
    const drawing = drawGraph(definition, { visits, failed: ['publish'], cancelled: ['publish', 'write'], running: ['other'] }); // prettier-ignore
    expect(boxNames(drawing)).toEqual(['START', 'write; x3, cancelled', 'judge; x3', 'publish; failed', 'other; running', 'repair', 'END']); // prettier-ignore
    expect(drawing.boxes.map(({ marks }) => marks.join())).toEqual(['', 'cancelled', 'visited', 'failed', 'running', 'unvisited', '']); // prettier-ignore
  });

  it('routes tell how often they were taken; an undeclared key is the default', () => {
    const routes = [
      { router: 'judge', key: 'again', count: 2 },
      { router: 'pick', key: 'neither', count: 1 },
    ];
    expect(arrowsOf(drawGraph(definition, { visits, routes }))).toEqual([
      'START -> write',
      'write -> judge',
      'judge -again x2-> write taken',
      'judge -good-> publish faded',
      'publish -> END',
      'judge -default-> other taken',
      'judge -error-> repair faded',
    ]);
  });

  it('arrows fade by visits alone where it has no routes', () => {
    expect(arrowsOf(drawGraph(definition, { visits })).filter((arrow) => arrow.endsWith('faded'))).toEqual([
      'judge -default-> other faded',
      'judge -error-> repair faded',
    ]);
  });

  it('a router at the entry is counted under START, a named one by its choices', () => {
    const entry = graphOf('entry of:START; START -> entry -x-> r -y-> a; r -z-> END');
    const routes = [
      { router: 'START', key: 'x', count: 1 },
      { router: 'r', key: 'y', count: 1 },
      { router: 'r', key: 'z', count: 1 },
    ];
    const drawing = drawGraph(entry, { visits: new Map(), routes });
    expect(arrowsOf(drawing)).toEqual(['START -x-> r taken', 'r -y-> a taken', 'r -z-> END taken']);
    expect(boxNames(drawing)).toContain('r; x2');
  });

  it('a nested workflow that was not reached fades as a whole, one that was reached stays as it is', () => {
    const nested = graphOf('a -> b');
    const nodes = [
      { name: 'reached', kind: 'step' as const, nested },
      { name: 'passed by', kind: 'step' as const, nested },
    ];
    const drawing = drawGraph({ name: 'outer', nodes, edges: [] }, { visits: new Map([['reached', 1]]) });
    expect(drawing.boxes.map(({ inside }) => arrowsOf(inside!))).toEqual([['a -> b'], ['a -> b faded']]);
  });

  it('names of prototypes are nodes like others', () => {
    const drawing = drawGraph(graphOf('START -> __proto__ -> constructor'), { visits: new Map([['__proto__', 2]]) });
    expect(boxNames(drawing)).toEqual(['START', '__proto__; x2', 'constructor']);
    expect(drawing.boxes[2]!.marks).toEqual(['unvisited']);
  });
});

describe('C: texts', () => {
  it.each([
    ['', '""'],
    ['  ', '"  "'],
    ['a\nb\tc\u007F', 'a␊b␉c␡'],
    ['\u0085\uD800\uFFFF\u202E\u2028', '�����'],
    ['<b> "x" \\', '<b> "x" \\'],
    ['x'.repeat(80), 'x'.repeat(80)],
    ['x'.repeat(81), `${'x'.repeat(79)}…`],
    ['😀'.repeat(81), `${'😀'.repeat(79)}…`],
    ['עברית 👩‍👩‍👧', 'עברית 👩‍👩‍👧'],
  ])('%j is shown as %j', (text, shown) => {
    expect(shownText(text)).toBe(shown);
  });

  it('are one line of well-formed, visible characters of bounded length, whatever the name', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
          maxLength: 200,
        }),
        (text) => {
          const shown = shownText(text);
          expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
          expect(shown.trim()).not.toBe('');
          expect([...shown].length).toBeLessThanOrEqual(82);
        },
      ),
    );
  });
});
