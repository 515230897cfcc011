/**
 * Job: edges, loops and contexts of a graph, word for word as ARCHITECTURE.md defines them and as slowly as that takes.
 * Boundary: shares nothing with `compileGraph`, which must come to the same result in linear time.
 */
import { END, START, type End, type GraphDefinition, type Start } from '../../src/graph/definition.js';

export interface ReferenceEdge {
  readonly from: string | Start;
  readonly to: string | End;
  readonly isError: boolean;
  /** Of a router: what it returns to take this edge. */
  readonly keys: readonly string[];
  readonly isDefault: boolean;
}

export interface ReferenceLoop {
  readonly head: string;
  readonly body: ReadonlySet<string>;
  readonly backEdges: readonly ReferenceEdge[];
  /** The loop of whose body this one is a part. Its *context* may be nested deeper. */
  readonly enclosing: ReferenceLoop | undefined;
}

/** The loops that a tag counts iterations of, outermost first; START and everything outside of loops have none. */
export type ReferenceContext = readonly ReferenceLoop[];

export class ReferenceStructure {
  /** Routes of one router to one target are one edge, at the place of the first. */
  readonly edges: readonly ReferenceEdge[];
  readonly loops: readonly ReferenceLoop[];
  readonly #contexts = new Map<string | Start, ReferenceContext>([[START, []]]);
  readonly #loopContexts = new Map<ReferenceLoop, ReferenceContext>();

  constructor(readonly definition: GraphDefinition) {
    this.edges = mergeRoutes(definition);
    this.loops = findLoops(this.edges, START, undefined);
  }

  /** The loop of which an edge is a back edge. */
  loopOfBackEdge(edge: ReferenceEdge): ReferenceLoop | undefined {
    return this.loops.find((loop) => loop.backEdges.includes(edge));
  }

  loopOfHead(node: string): ReferenceLoop | undefined {
    return this.loops.find((loop) => loop.head === node);
  }

  /** In-edges but for back edges, in declaration order. */
  forwardEdgesTo(node: string): readonly ReferenceEdge[] {
    return this.edges.filter((edge) => edge.to === node && this.loopOfBackEdge(edge) === undefined);
  }

  contextOf(node: string | Start): ReferenceContext {
    const known = this.#contexts.get(node);
    if (known) return known;
    const context = this.#computeContext(node as string);
    this.#contexts.set(node, context);
    return context;
  }

  /** The context of a loop's head, which ends with the loop itself. */
  contextOfLoop(loop: ReferenceLoop): ReferenceContext {
    const known = this.#loopContexts.get(loop);
    if (known) return known;
    const entering = this.edges.filter(
      ({ from, to }) =>
        loop.body.has(to as string) &&
        !loop.body.has(from as string) &&
        (loop.enclosing === undefined || loop.enclosing.body.has(from as string)),
    );
    const context = [...commonContext(entering.map(({ from }) => this.contextOf(from))), loop];
    this.#loopContexts.set(loop, context);
    return context;
  }

  /** Where an edge is resolved: the lowest common context of its ends. */
  contextOfEdge(edge: ReferenceEdge): ReferenceContext {
    if (edge.to === END) return this.contextOf(edge.from);
    return commonContext([this.contextOf(edge.from), this.contextOf(edge.to as string)]);
  }

  /** The nodes in a join's own context from which every path leads to it, within one iteration, and which are no output. */
  leadingOnlyTo(join: string): ReadonlySet<string> {
    const found = new Set<string>();
    const place = this.contextOf(join);
    const isThere = (context: ReferenceContext) => context.length === place.length && context.at(-1) === place.at(-1);
    const leadsThere = (edge: ReferenceEdge) =>
      isThere(this.contextOfEdge(edge)) &&
      (edge.to === join || (found.has(edge.to as string) && this.loopOfBackEdge(edge) === undefined));
    for (let size = -1; size < found.size;) {
      size = found.size;
      for (const { name, output } of this.definition.nodes) {
        const out = this.edges.filter(({ from }) => from === name);
        if (!output && out.some(({ isError }) => !isError) && isThere(this.contextOf(name)) && out.every(leadsThere))
          found.add(name);
      }
    }
    return found;
  }

  #computeContext(node: string): ReferenceContext {
    const innermost = this.loops.findLast((loop) => loop.body.has(node));
    if (innermost?.head === node) return this.contextOfLoop(innermost);
    const sources = this.forwardEdgesTo(node)
      .map(({ from }) => from)
      .filter((from) => innermost === undefined || innermost.body.has(from as string));
    return commonContext(sources.map((source) => this.contextOf(source)));
  }
}

function mergeRoutes(definition: GraphDefinition): ReferenceEdge[] {
  const merged: ReferenceEdge[] = [];
  for (const edge of definition.edges) {
    const isRoute = edge.kind === 'route' || edge.kind === 'default';
    const keys = edge.kind === 'route' ? [edge.key] : [];
    const isDefault = edge.kind === 'default';
    const twin = merged.findIndex(({ from, to, isError }) => from === edge.from && to === edge.to && !isError);
    if (isRoute && twin >= 0) {
      const first = merged[twin]!;
      merged[twin] = {
        ...first,
        keys: [...first.keys, ...keys],
        isDefault: first.isDefault || isDefault,
      };
    } else {
      merged.push({
        from: edge.from,
        to: edge.to,
        isError: edge.kind === 'error',
        keys,
        isDefault,
      });
    }
  }
  return merged;
}

/** Outer loops come before those nested in them. */
function findLoops(
  edges: readonly ReferenceEdge[],
  start: string | Start,
  enclosing: ReferenceLoop | undefined,
): ReferenceLoop[] {
  const order = depthFirst(edges, start);
  const reached = new Map(order.map((node) => [node, reachableFrom(edges, node)]));
  const loops: ReferenceLoop[] = [];
  const placed = new Set<string | Start>();
  for (const head of order) {
    if (placed.has(head) || !reached.get(head)!.has(head)) continue;
    const body = new Set(
      order.filter((node) => reached.get(head)!.has(node) && reached.get(node)!.has(head)) as string[],
    );
    for (const node of body) placed.add(node);
    const inside = edges.filter(({ from, to }) => body.has(from as string) && body.has(to as string));
    const backEdges = inside.filter(({ to }) => to === head);
    const loop = { head: head as string, body, backEdges, enclosing };
    const forward = inside.filter((edge) => !backEdges.includes(edge));
    loops.push(loop, ...findLoops(forward, loop.head, loop));
  }
  return loops;
}

/** Nodes in the order in which a depth-first search first reaches them. */
function depthFirst(edges: readonly ReferenceEdge[], start: string | Start): (string | Start)[] {
  const order: (string | Start)[] = [];
  const visit = (node: string | Start) => {
    if (order.includes(node)) return;
    order.push(node);
    for (const { from, to } of edges) if (from === node && to !== END) visit(to as string);
  };
  visit(start);
  return order;
}

/** What paths of at least one edge lead to. */
function reachableFrom(edges: readonly ReferenceEdge[], node: string | Start): Set<string | Start> {
  const found = new Set<string | Start>();
  const visit = (source: string | Start) => {
    for (const { from, to } of edges) {
      if (from !== source || to === END || found.has(to as string)) continue;
      found.add(to as string);
      visit(to as string);
    }
  };
  visit(node);
  return found;
}

function commonContext(contexts: readonly ReferenceContext[]): ReferenceContext {
  const [first = [], ...others] = contexts;
  const differs = first.findIndex((loop, depth) => others.some((other) => other[depth] !== loop));
  return differs < 0 ? first : first.slice(0, differs);
}
