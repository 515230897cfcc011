/**
 * The rules of a graph, each a small function that adds its problems. They run on what could be indexed, so that one
 * look at the error shows every mistake.
 */
import type { Problem } from '../errors/definition-error.js';
import { listNames } from '../errors/format-message.js';
import { problems as problem } from '../errors/problems.js';
import { suggestName } from '../errors/suggest-name.js';
import type { Contexts } from './contexts.js';
import { type EdgeDefinition, type GraphDefinition, isEnd, isStart, JOIN_MODES } from './definition.js';
import { hasRoutes, type IndexedGraph } from './index-graph.js';
import type { LoopNesting } from './loop-nesting.js';
import { TO_END } from './plan.js';

/** Names, references and options: what can be told without the shape of the graph. */
export function checkDefinition(graph: IndexedGraph): Problem[] {
  const { definition, indexOf, nodeCount, doubtful } = graph;
  const { nodes, edges } = definition;
  const found: Problem[] = [];
  if (!isName(definition.name)) found.push(problem.invalidName('Workflow', 'the name', definition.name));
  if (nodeCount === 0) found.push(problem.emptyWorkflow(definition.name, 'it has no node'));
  const hasDuplicates = indexOf.size < nodeCount;
  for (let node = 0; node < nodeCount; node++) {
    const { name, join, cancelOthers } = nodes[node]!;
    if (!isName(name)) found.push(problem.invalidName(definition.name, 'the name of a node', name));
    if (hasDuplicates && indexOf.get(name) !== node) found.push(problem.duplicateNode(definition.name, name));
    if (join === undefined && cancelOthers !== true) continue;
    const where = `${definition.name}.${String(name)}`;
    if (join !== undefined && !JOIN_MODES.includes(join)) {
      found.push(problem.invalidOption(where, 'join', join, listNames(JOIN_MODES)));
    }
    if (cancelOthers === true && join !== 'first') {
      found.push(problem.invalidOption(where, 'cancelOthers', true, 'only together with join: "first"'));
    }
  }
  for (const { name, refersTo = [] } of nodes) {
    for (const other of refersTo) {
      if (!indexOf.has(other))
        found.push(problem.unknownNode(`${definition.name}.${name}`, 'a node in notBy', other, nameable(definition)));
    }
  }
  for (const edge of doubtful) checkEdge(graph, edge, found);
  checkRouters(graph, found);
  if (nodeCount > 0 && graph.out.count(nodeCount) === 0 && !edges.some((edge) => isStart(edge.from))) {
    found.push(problem.noStart(definition.name));
  }
  return found;
}

function checkRouters({ definition, routers }: IndexedGraph, found: Problem[]): void {
  if (routers.length === 0) return;
  const routed = new Set<unknown>();
  for (const { kind, from } of definition.edges) if (kind === 'route' || kind === 'default') routed.add(from);
  for (const router of routers) {
    const { name } = definition.nodes[router]!;
    if (!routed.has(name)) found.push(problem.emptyRoutes(whereOfRouter(definition, name)));
  }
}

/** Whether a value can name a workflow or a node. `__proto__` cannot: results have an entry by each name. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name !== '__proto__';
}

/** A router without a name of its own is known to its author by its source. */
function whereOfRouter(definition: GraphDefinition, name: string): string {
  const source = definition.nodes.find((node) => node.name === name)?.anonymousRouterOf ?? name;
  return isStart(source) ? definition.name : `${definition.name}.${source}`;
}

function checkEdge(graph: IndexedGraph, edge: EdgeDefinition, found: Problem[]): void {
  const { definition, indexOf } = graph;
  const { name } = definition;
  if (isEnd(edge.from)) {
    const fix = 'begin the edge at START or at a node; an edge may only lead to END';
    found.push(problem.invalidEdge(name, 'END is the source of an edge', fix));
  } else if (!isStart(edge.from) && !indexOf.has(edge.from)) {
    found.push(problem.unknownNode(name, 'the source of an edge', edge.from, nameable(definition)));
  }

  if (isStart(edge.to)) {
    const fix = 'lead the edge to a node, or to END';
    found.push(problem.invalidEdge(whereOfEdge(definition, edge), 'START is the target of an edge', fix));
  } else if (isEnd(edge.to)) {
    if (isStart(edge.from) && edge.kind === 'plain') {
      const fix = 'lead it to a node: setStart("node"), or addEdge("node", END) to end a branch';
      found.push(problem.invalidEdge(whereOfEdge(definition, edge), 'an edge leads from START to END', fix));
    }
  } else if (!indexOf.has(edge.to)) {
    found.push(problem.unknownNode(whereOfEdge(definition, edge), roleOf(edge), edge.to, nameable(definition)));
  }

  if (edge.kind === 'plain' && !isStart(edge.from) && leadsByRoutes(graph, indexOf.get(edge.from))) {
    found.push(problem.edgesAndRouter(`${name}.${edge.from}`, 'routes', 'a plain edge'));
  }
}

function leadsByRoutes(graph: IndexedGraph, node: number | undefined): boolean {
  return node !== undefined && (isRouter(graph.definition, node) || hasRoutes(graph, node));
}

function isRouter(definition: GraphDefinition, node: number): boolean {
  return definition.nodes[node]!.kind === 'router';
}

/** Asked for a mistake only: looking a router up among all nodes for each edge would be quadratic. */
function whereOfEdge(definition: GraphDefinition, edge: EdgeDefinition): string {
  if (isStart(edge.from)) return definition.name;
  const isRoute = edge.kind === 'route' || edge.kind === 'default';
  return isRoute ? whereOfRouter(definition, edge.from) : `${definition.name}.${String(edge.from)}`;
}

function roleOf(edge: EdgeDefinition): string {
  if (edge.kind === 'route') return `the target of route ${JSON.stringify(edge.key)}`;
  if (edge.kind === 'default') return 'the target of the default route';
  return edge.kind === 'error' ? 'onError step' : 'next step';
}

/** Nodes that an author can name: all but the routers that have no name of their own. */
function nameable(definition: GraphDefinition): string[] {
  return definition.nodes.filter((node) => node.anonymousRouterOf === undefined).map((node) => node.name);
}

/** What needs the shape: reachability, joins that could never be complete, cycles that no cap could end. */
export function checkShape(graph: IndexedGraph, nesting: LoopNesting, places: Contexts): Problem[] {
  const found: Problem[] = [];
  checkReachability(graph, nesting, found);
  for (const node of graph.joins) checkJoin(graph, nesting, places, node, found);
  checkCycles(graph, nesting, found);
  return found;
}

function checkReachability(graph: IndexedGraph, nesting: LoopNesting, found: Problem[]): void {
  const { definition, indexOf } = graph;
  if (nesting.order.length === graph.nodeCount) return;
  if (!definition.edges.some((edge) => isStart(edge.from))) return; // NO_START says it for all of them
  const reached = new Set<number>();
  const open: number[] = [];
  const reach = (node: number | undefined): void => {
    if (node === undefined || reached.has(node)) return;
    reached.add(node);
    open.push(node);
  };
  for (let node = 0; node < graph.nodeCount; node++) if (nesting.place[node] !== -1) reach(node);
  // A misspelt target has been reported; what it probably meant is not reported again as unreachable.
  const misspelt = definition.edges.filter((edge) => typeof edge.to === 'string' && !indexOf.has(edge.to));
  for (const edge of misspelt) {
    const meant = suggestName(edge.to as string, indexOf.keys());
    if (meant !== undefined) reach(indexOf.get(meant));
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const edge of graph.out.of(node)) if (graph.to[edge] !== TO_END) reach(graph.to[edge]);
  }
  definition.nodes.forEach((node, index) => {
    if (reached.has(index) || node.anonymousRouterOf !== undefined || indexOf.get(node.name) !== index) return;
    found.push(problem.unreachableNode(definition.name, node.name));
  });
}

function checkJoin(
  graph: IndexedGraph,
  { isBack, place }: LoopNesting,
  { edgeContext, nodeContext }: Contexts,
  node: number,
  found: Problem[],
): void {
  const { name, join } = graph.definition.nodes[node]!;
  if (join !== 'all' && join !== 'any') return;
  const where = `${graph.definition.name}.${name}`;
  const into = graph.into.of(node);
  const isHead = into.some((edge) => isBack[edge] === 1);
  const entering = into.filter((edge) => isBack[edge] === 0 && edgeContext[edge] !== nodeContext[node]);

  if (join === 'all' && place[node] !== -1 && entering.length > 0 && (isHead || entering.length < into.length)) {
    const names = listNames(Array.from(into, (edge) => sourceName(graph, edge)));
    const what = `join "all" waits for ${names}, but some of them enter a loop and others come round in it, so after the first iteration they never all deliver`;
    const fix = 'use join "one" or "any" (in a class oneOf or anyOf), or put a step that joins before the loop';
    found.push(problem.impossibleJoin(where, what, fix));
  }

  const bySource = new Set<number>();
  const keys = new Set<string>();
  for (const edge of into) {
    const from = graph.from[edge]!;
    if (join === 'all' && bySource.has(from)) {
      const what = `join "all" waits for ${sourceName(graph, edge)} to succeed and to fail`;
      found.push(problem.impossibleJoin(where, what, 'lead the error edge to a step of its own, or use join "one"'));
    } else if (bySource.has(from) ? edgeContext[edge] !== nodeContext[from] : keys.has(sourceName(graph, edge))) {
      // Two edges of one source, its error edge among them, exclude each other; but not where they leave a loop, since
      // one iteration may succeed and another fail.
      found.push(problem.ambiguousKey(where, sourceName(graph, edge)));
    }
    bySource.add(from);
    keys.add(sourceName(graph, edge));
  }
}

/** Cycles among routers alone: they are found in the graph without its steps. */
function checkCycles(graph: IndexedGraph, nesting: LoopNesting, found: Problem[]): void {
  const { definition, nodeCount, routers, from, to, into, out } = graph;
  const waiting = new Map<number, number>();
  for (const node of routers) {
    if (nesting.place[node] === -1) continue;
    const sources = into.of(node).filter((edge) => from[edge] !== nodeCount && isRouter(definition, from[edge]));
    waiting.set(node, sources.length);
  }
  const free = [...waiting.keys()].filter((node) => waiting.get(node) === 0);
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    waiting.delete(node);
    for (const edge of out.of(node)) {
      const left = waiting.get(to[edge]!);
      if (left === undefined) continue;
      waiting.set(to[edge]!, left - 1);
      if (left === 1) free.push(to[edge]!);
    }
  }
  if (waiting.size === 0) return;
  // What only hangs on a cycle is not on it.
  const onCycle = new Set(waiting.keys());
  for (let before = -1; before !== onCycle.size;) {
    before = onCycle.size;
    for (const node of onCycle) {
      if (!out.of(node).some((edge) => onCycle.has(to[edge]!))) onCycle.delete(node);
    }
  }
  const names = [...onCycle].map((node) => definition.nodes[node]!.name);
  found.push(problem.cycleWithoutStep(definition.name, names));
}

/** The name under which an edge's source is known to its target: the key of `all` and `any` joins. */
export function sourceName(graph: IndexedGraph, edge: number): string {
  const from = graph.from[edge]!;
  if (from === graph.nodeCount) return 'START';
  const node = graph.definition.nodes[from]!;
  if (isStart(node.anonymousRouterOf)) return 'START';
  return node.anonymousRouterOf ?? node.name;
}
