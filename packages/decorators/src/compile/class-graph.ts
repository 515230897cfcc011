/**
 * Job. From the nodes of a class to the graph that both front ends write, and to the mistakes in what members say of
 * each other.
 *
 * Invariants.
 * G1. A name that leads nowhere is reported in the words of classes and its edge left out, so that the rules of the
 *     graph judge the rest: each mistake is reported once.
 */
import {
  DefinitionError,
  START,
  type EdgeDefinition,
  type End,
  type GraphDefinition,
  type JoinMode,
  type NodeDefinition,
  type Problem,
} from '@drawloom/core';
import { describeValue, isEnd } from '@drawloom/core/front-end';
import { classProblems, type KnownNames } from '../errors/class-problems.js';
import type { ClassNode } from './read-members.js';

/** A class as a graph, with what is wrong about it. */
export interface ClassGraph {
  readonly definition: GraphDefinition;
  readonly problems: readonly Problem[];
  /** Whether edges had to be left out: what the graph's rules then say of reachability and joins is not the author's mistake. */
  readonly isIncomplete: boolean;
}

/** What a class is called, and the names that its members may be confused with. */
export interface ClassNames extends Omit<KnownNames, 'nodes'> {
  readonly workflow: string;
  readonly version: string | undefined;
}

export function classGraph(nodes: readonly ClassNode[], names: ClassNames): ClassGraph {
  const edges = new EdgeReader(nodes, names);
  nodes.forEach((node) => edges.read(node));
  const { workflow, version } = names;
  if (nodes.length > 0 && !nodes.some(({ isStart }) => isStart)) edges.problems.push(classProblems.noStart(workflow));
  const definition = Object.freeze({
    name: workflow,
    ...(version === undefined ? {} : { version }),
    nodes: Object.freeze(nodes.map((node) => edges.defined(node))),
    edges: Object.freeze(edges.edges),
  });
  return { definition, problems: edges.problems, isIncomplete: edges.isIncomplete };
}

/** Collects the edges that the members of a class name. */
class EdgeReader {
  readonly edges: EdgeDefinition[] = [];
  readonly problems: Problem[] = [];
  isIncomplete = false;
  readonly #names: ClassNames;
  readonly #nodes: ReadonlyMap<string, ClassNode>;
  /** Node → the ways that lead to it besides what its own `after` names. */
  readonly #ways = new Map<string, string[]>();

  constructor(nodes: readonly ClassNode[], names: ClassNames) {
    this.#names = names;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
  }

  read(node: ClassNode): void {
    const { name, options } = node;
    if (node.isStart) this.#add({ kind: 'plain', from: START, to: name }, '@Start');
    for (const source of node.sources) {
      const known = this.#known(name, 'the source', source);
      if (known?.kind === 'router') this.#refuse(classProblems.afterRouter(this.#where(name), source));
      else if (known !== undefined) this.edges.push({ kind: 'plain', from: source, to: name });
    }
    if (node.kind === 'router') this.#readRoutes(node);
    const { onError } = options;
    if (onError !== undefined && this.#known(name, 'the step of onError', onError) !== undefined) {
      this.#add({ kind: 'error', from: name, to: onError }, `onError of ${name}`);
    }
  }

  #readRoutes({ name, options: { routes, default: fallback } }: ClassNode): void {
    if (typeof routes === 'object' && routes !== null) {
      for (const [key, to] of Object.entries(routes)) {
        const role = `the target of route ${describeValue(key)}`;
        if (this.#isTarget(name, role, to))
          this.#add({ kind: 'route', from: name, to, key }, `route ${key} of ${name}`);
      }
    }
    if (fallback !== undefined && this.#isTarget(name, 'the default target', fallback)) {
      this.#add({ kind: 'default', from: name, to: fallback }, `the default of ${name}`);
    }
  }

  /** What the graph says of a node, once all edges have been read. */
  defined(node: ClassNode): NodeDefinition {
    const { name, kind, isOutput, options } = node;
    const join = this.#joinOf(node);
    return Object.freeze({
      name,
      kind,
      ...(join === undefined ? {} : { join }),
      ...(options.cancelOthers === true ? { cancelOthers: true } : {}),
      ...(isOutput ? { output: true } : {}),
    });
  }

  /** A step that several ways lead to takes the one that delivers; a named or a first join says of which it knows. */
  #joinOf({ name, join, sources }: ClassNode): JoinMode | undefined {
    const ways = this.#ways.get(name) ?? [];
    if (join === undefined) return sources.length + ways.length > 1 ? 'one' : undefined;
    if (join !== 'one' && ways.length > 0) {
      this.problems.push(classProblems.joinWithRoutes(this.#where(name), `${join}Of`, ways));
    }
    return join;
  }

  #add(edge: EdgeDefinition, way: string): void {
    this.edges.push(edge);
    if (isEnd(edge.to)) return;
    const ways = this.#ways.get(edge.to);
    if (ways === undefined) this.#ways.set(edge.to, [way]);
    else ways.push(way);
  }

  #isTarget(from: string, role: string, to: unknown): to is string | End {
    return isEnd(to) || this.#known(from, role, to) !== undefined;
  }

  #known(from: string, role: string, name: unknown): ClassNode | undefined {
    const known = this.#nodes.get(name as string);
    if (known !== undefined) return known;
    const { inline, members } = this.#names;
    this.#refuse(
      classProblems.unknownStep(this.#where(from), role, name, { nodes: [...this.#nodes.keys()], inline, members }),
    );
    return undefined;
  }

  #refuse(problem: Problem): void {
    this.problems.push(problem);
    this.isIncomplete = true;
  }

  #where(name: string): string {
    return `${this.#names.workflow}.${name}`;
  }
}

/** Codes of the graph's rules that follow from edges that had to be left out, or that were said in the words of classes. */
const CONSEQUENCES: readonly string[] = ['UNREACHABLE_NODE', 'IMPOSSIBLE_JOIN', 'EMPTY_ROUTES', 'CYCLE_WITHOUT_STEP'];

/** What the rules of the graph add to what is known already. */
export function furtherProblems(graph: ClassGraph, check: () => void): readonly Problem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!DefinitionError.is(error)) throw error;
    const isSaid = ({ code }: Problem): boolean =>
      code === 'NO_START' ||
      (graph.isIncomplete && CONSEQUENCES.includes(code)) ||
      (!hasStart(graph) && code === 'UNREACHABLE_NODE');
    return error.problems.filter((problem) => !isSaid(problem));
  }
}

function hasStart({ problems }: ClassGraph): boolean {
  return !problems.some(({ code }) => code === 'NO_START');
}
