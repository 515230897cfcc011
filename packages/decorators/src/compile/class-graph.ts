/**
 * Job. From the nodes of a class to the graph that both front ends write, and to the mistakes in what members say of
 * each other.
 *
 * Invariants.
 * G1. Each mistake is reported once, in the words of classes. An edge that cannot be drawn is left out, and what may
 *     follow from that alone is not reported: a step counts as reached where the author may have meant it to be.
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
import { describeValue, isEnd, isPlainObject, problems as problem, suggestName } from '@drawloom/core/front-end';
import { waitDefined } from './wait-node-of.js';
import { classProblems, roles, type KnownNames, type Role } from '../errors/class-problems.js';
import type { ClassNode, Compensation, ReadMembers, RefusedMember } from './read-members.js';

/** A class as a graph, with what is wrong about it. */
export interface ClassGraph {
  readonly definition: GraphDefinition;
  readonly problems: readonly Problem[];
  /** Whether edges had to be left out: what the graph's rules then say of its loops may not be the author's mistake. */
  readonly isIncomplete: boolean;
}

/** What a class is called, and the names that its members may be confused with. */
export interface ClassNames extends Pick<KnownNames, 'members' | 'reserved'> {
  readonly workflow: string;
  readonly version: string | undefined;
}

export function classGraph(read: ReadMembers, names: ClassNames): ClassGraph {
  const { nodes, refused } = read;
  const edges = new EdgeReader(read, names);
  nodes.forEach((node) => edges.read(node));
  refused.forEach((member) => edges.presumeTargets(member));
  read.compensations.forEach((compensation) => edges.readCompensation(compensation));
  const { workflow, version } = names;
  const { problems } = edges;
  if (nodes.length === 0 && refused.length === 0) problems.push(classProblems.noSteps(workflow));
  const begins = [...nodes, ...refused].some(({ isStart }) => isStart);
  if (nodes.length > 0 && !begins) problems.push(classProblems.noStart(workflow));
  const definition = Object.freeze({
    name: workflow,
    ...(version === undefined ? {} : { version }),
    nodes: Object.freeze(nodes.map((node) => edges.defined(node))),
    edges: Object.freeze(edges.edges),
  });
  if (begins) problems.push(...edges.unreachable().map((name) => classProblems.unreachable(`${workflow}.${name}`)));
  return { definition, problems, isIncomplete: edges.isIncomplete };
}

/** Collects the edges that the members of a class name. */
class EdgeReader {
  readonly edges: EdgeDefinition[] = [];
  readonly problems: Problem[] = [];
  isIncomplete = false;
  readonly #names: ClassNames;
  readonly #known: KnownNames;
  readonly #nodes: ReadonlyMap<string, ClassNode>;
  readonly #refused: ReadonlySet<string>;
  /** Node → the ways that lead to it besides what its own `after` names. */
  readonly #ways = new Map<string, string[]>();
  /** Step → the method that undoes it. */
  readonly #undone = new Map<string, string>();
  /** Nodes that would probably be reached if it were not for a mistake that is reported. */
  readonly #presumed = new Set<string>();
  /** Whether a mistake could be the reason for any node that nothing leads to. */
  #mayReachAny = false;

  constructor({ nodes, refused, inline, state }: ReadMembers, names: ClassNames) {
    this.#names = names;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#refused = new Set(refused.map(({ name }) => name));
    this.#known = { ...names, inline, nodes: [...this.#nodes.keys()], state: state.map(({ name }) => name) };
  }

  read(node: ClassNode): void {
    const { name, options } = node;
    if (node.isStart) this.#add({ kind: 'plain', from: START, to: name }, '@Start');
    if (node.lacksSources) this.#presumed.add(name);
    for (const source of node.sources) {
      const known = this.#find(name, roles.source, source);
      const isRouted = known !== undefined && leadsByRoutes(known);
      if (isRouted) this.#refuse(classProblems.afterRouter(this.#where(name), source));
      if (known === undefined || isRouted) this.#presumed.add(name);
      else this.edges.push({ kind: 'plain', from: source, to: name });
    }
    if (node.kind === 'router') return this.#readRoutes(node);
    if (leadsByRoutes(node)) this.#readRoutes(node);
    if (Array.isArray(options.notBy)) options.notBy.forEach((step) => this.#find(name, roles.notBy, step));
    const { onError } = options;
    if (onError !== undefined && this.#leadsTo(name, roles.onError, onError)) {
      this.#add({ kind: 'error', from: name, to: onError }, `onError of ${name}`);
    }
  }

  #readRoutes({ name, kind, options: { routes, default: fallback } }: ClassNode): void {
    const entries = isPlainObject(routes) ? Object.entries(routes) : [];
    if (!isPlainObject(routes)) this.#mayReachAny = true;
    else if (entries.length === 0 && fallback === undefined && kind === 'router')
      this.problems.push(problem.emptyRoutes(this.#where(name)));
    for (const [key, to] of entries) {
      if (this.#leadsTo(name, roles.route(key), to))
        this.#add({ kind: 'route', from: name, to, key }, `route ${describeValue(key)} of ${name}`);
    }
    if (fallback !== undefined && this.#leadsTo(name, roles.default, fallback)) {
      this.#add({ kind: 'default', from: name, to: fallback }, `the default of ${name}`);
    }
  }

  /** What undoes a step leads nowhere: it is called when the run has failed. */
  readCompensation({ name, undoes }: Compensation): void {
    const step = this.#find(name, roles.undoes, undoes);
    if (step === undefined) return;
    const other = this.#undone.get(undoes);
    if (step.kind !== 'step' && step.kind !== 'map')
      this.problems.push(classProblems.nothingToUndo(this.#where(name), undoes));
    else if (other !== undefined) {
      const what = `${other}() undoes ${describeValue(undoes)} already`;
      this.problems.push(classProblems.conflict(this.#where(name), what, 'let one method undo it'));
    } else this.#undone.set(undoes, name);
  }

  /** A refused member leads nowhere; nor is it said of what it names that nothing leads there. */
  presumeTargets({ options: { routes, default: fallback, onError } }: RefusedMember): void {
    this.isIncomplete = true;
    const targets = [...(isPlainObject(routes) ? Object.values(routes) : []), fallback, onError];
    for (const target of targets) if (typeof target === 'string') this.#presumed.add(target);
  }

  /** What the graph says of a node, once all edges have been read. */
  defined(node: ClassNode): NodeDefinition {
    const { name, kind, isOutput, options } = node;
    const join = this.#joinOf(node);
    const cancelOthers = options.cancelOthers === true && join === 'first';
    return Object.freeze({
      name,
      kind,
      ...(join === undefined ? {} : { join }),
      ...(cancelOthers ? { cancelOthers } : {}),
      ...(isOutput ? { output: true } : {}),
      ...waitDefined(node, (step) => this.#nodes.has(step)),
      ...(this.#undone.has(name) ? { compensated: true } : {}),
    });
  }

  /** A step that several ways lead to takes the one that delivers; a named or a first join says of which it knows. */
  #joinOf({ name, join, sources }: ClassNode): JoinMode | undefined {
    const ways = this.#ways.get(name) ?? [];
    if (join === undefined) return sources.length + ways.length > 1 ? 'one' : undefined;
    if (join === 'one' || ways.length === 0) return join;
    this.problems.push(classProblems.joinWithRoutes(this.#where(name), `${join}Of`, ways));
    return 'one';
  }

  #add(edge: EdgeDefinition, way: string): void {
    this.edges.push(edge);
    if (isEnd(edge.to)) return;
    const ways = this.#ways.get(edge.to);
    if (ways === undefined) this.#ways.set(edge.to, [way]);
    else ways.push(way);
  }

  #leadsTo(from: string, role: Role, to: unknown): to is string | End {
    if (isEnd(to) && role.kind === 'target') return true;
    if (this.#find(from, role, to) !== undefined) return true;
    const meant = typeof to === 'string' ? suggestName(to, this.#known.nodes) : undefined;
    if (meant !== undefined) this.#presumed.add(meant);
    else if (!this.#isElsewhere(to)) this.#mayReachAny = true;
    return false;
  }

  /** Whether a name that is no step's is known: then it was not meant for one that nothing leads to. */
  #isElsewhere(name: unknown): boolean {
    if (typeof name !== 'string') return false;
    const { inline, state, members, reserved } = this.#known;
    return name === 'END' || reserved(name) || [...inline, ...state, ...members, ...this.#refused].includes(name);
  }

  /** The node of a name; `undefined` where there is none, which is reported, or where it has been refused. */
  #find(from: string, role: Role, name: unknown): ClassNode | undefined {
    const node = this.#nodes.get(name as string);
    if (node !== undefined) return node;
    if (this.#refused.has(name as string)) this.isIncomplete = true;
    else this.#refuse(classProblems.unknownStep(this.#where(from), role, name, this.#known));
    return undefined;
  }

  /** The nodes that nothing leads to; what such a node leads to is not named again. */
  unreachable(): string[] {
    if (this.#mayReachAny) return [];
    const names = [...this.#nodes.keys()];
    const targets = new Map<string, string[]>(names.map((name) => [name, []]));
    const begins = [...this.#presumed];
    for (const { from, to } of this.edges) {
      if (isEnd(to)) continue;
      if (typeof from === 'string') targets.get(from)!.push(to);
      else begins.push(to);
    }
    const reached = new Set<string>();
    follow(begins, targets, reached);
    const left = names.filter((name) => !reached.has(name));
    // What a walk through them leaves last, none of the others leads to, but where they go round in a circle.
    const first = new Set<string>();
    for (const name of follow(left, targets, new Set(reached)).reverse()) {
      if (reached.has(name)) continue;
      first.add(name);
      follow([name], targets, reached);
    }
    return left.filter((name) => first.has(name));
  }

  #refuse(problem: Problem): void {
    this.problems.push(problem);
    this.isIncomplete = true;
  }

  #where(name: string): string {
    return `${this.#names.workflow}.${name}`;
  }
}

/** Whether what a node gives is a choice among routes: of what waits, where it has some. */
function leadsByRoutes({ kind, options }: ClassNode): boolean {
  return kind === 'router' || ((kind === 'approval' || kind === 'wait') && options.routes !== undefined);
}

/** Marks what names lead to, and themselves; gives what is marked anew in the order in which a depth-first walk leaves it. */
function follow(names: readonly string[], targets: ReadonlyMap<string, string[]>, marked: Set<string>): string[] {
  const left: string[] = [];
  for (const start of names) {
    const open = [{ name: start, isLeaving: false }];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const { name, isLeaving } = at;
      if (isLeaving) left.push(name);
      else if (!marked.has(name)) {
        marked.add(name);
        open.push({ name, isLeaving: true });
        for (const target of targets.get(name) ?? []) open.push({ name: target, isLeaving: false });
      }
    }
  }
  return left;
}

/** Codes of the graph's rules that were checked in the words of classes. */
const SAID: readonly string[] = ['INVALID_NAME', 'EMPTY_WORKFLOW', 'NO_START', 'EMPTY_ROUTES', 'UNREACHABLE_NODE'];

/** What the rules of the graph add to what is known already. */
export function furtherProblems({ isIncomplete }: ClassGraph, check: () => void): readonly Problem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!DefinitionError.is(error)) throw error;
    return error.problems.filter(({ code }) => !SAID.includes(code) && !(isIncomplete && code === 'IMPOSSIBLE_JOIN'));
  }
}
