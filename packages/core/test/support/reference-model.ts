/**
 * Job: runs a graph as ARCHITECTURE.md says it, in the most obvious and slowest way: after each event it looks at everything
 * that is undecided and asks whether the page decides it now. No counters, no shortcuts; a tag is an array of numbers.
 * Boundary: shares nothing with the scheduler, of which it is the yardstick. The tests drive both step by step.
 */
import {
  END,
  START,
  isStart,
  type GraphDefinition,
  type NodeDefinition,
  type Start,
} from '../../src/graph/definition.js';
import { ReferenceStructure, type ReferenceEdge, type ReferenceLoop } from './reference-structure.js';

export type Tag = readonly number[];

type Status = 'waiting' | 'ready' | 'running' | 'returned' | 'routed' | 'failed' | 'skipped' | 'dropped';

/** A value on an edge, and the activation that put it there. */
interface Delivery {
  readonly edge: ReferenceEdge;
  readonly value: unknown;
  readonly by: ModelActivation | Start;
}

type EdgeState = 'open' | 'skipped' | Delivery;

export interface ModelActivation {
  readonly node: NodeDefinition;
  readonly tag: Tag;
  status: Status;
  /** Counts the node's activations in the order in which they start; 0 before. */
  visit: number;
  input: unknown;
  /** Where deliveries reach a `first` join within one event, the page does not say which of them arrives first. */
  possibleInputs: readonly unknown[];
  /** What the join took in. */
  taken: readonly Delivery[];
  /** What it returned or, failed, what its error edge carries; of a router, what it passes on. */
  value: unknown;
  chosen: readonly ReferenceEdge[];
}

export interface ModelOutcome {
  readonly output: unknown;
  readonly perStep: ReadonlyMap<string, unknown>;
}

export class ModelError extends Error {
  constructor(readonly code: 'AMBIGUOUS_JOIN' | 'NO_ROUTE' | 'MAX_STEPS' | 'MAX_VISITS') {
    super(code);
  }
}

export interface ModelLimits {
  readonly maxConcurrency: number;
  readonly maxSteps: number;
  readonly maxVisitsPerNode: number;
}

export class ReferenceModel {
  readonly structure: ReferenceStructure;
  readonly #limits: ModelLimits;
  readonly #activations: ModelActivation[] = [];
  /** Which iterations there are of a loop (or of the root, once), by tag. */
  readonly #instances = new Map<ReferenceLoop | 'root', Tag[]>();
  #input: unknown;
  #steps = 0;

  constructor(definition: GraphDefinition, limits: Partial<ModelLimits> = {}) {
    this.structure = new ReferenceStructure(definition);
    this.#limits = {
      maxConcurrency: Infinity,
      maxSteps: Infinity,
      maxVisitsPerNode: Infinity,
      ...limits,
    };
  }

  begin(input: unknown): void {
    this.#input = input;
    this.#open('root', []);
    this.#settle();
  }

  get running(): number {
    return this.#withStatus('running').length;
  }

  /** The next activation that may start: the lowest tag, then the first declared (rules 6 and 7). */
  take(): ModelActivation | undefined {
    if (this.running >= this.#limits.maxConcurrency) return undefined;
    const busy = this.#withStatus('running').map(({ node }) => node);
    const [next] = this.#withStatus('ready')
      .filter(({ node }) => !busy.includes(node))
      .sort((a, b) => compareTags(a.tag, b.tag) || this.#declared(a) - this.#declared(b));
    if (!next) return undefined;
    const visit = Math.max(0, ...this.#activations.filter(({ node }) => node === next.node).map((a) => a.visit)) + 1;
    if (next.node.kind !== 'router') {
      if (this.#steps >= this.#limits.maxSteps) throw new ModelError('MAX_STEPS');
      if (visit > this.#limits.maxVisitsPerNode) throw new ModelError('MAX_VISITS');
      this.#steps++;
    }
    next.visit = visit;
    next.status = 'running';
    return next;
  }

  complete(activation: ModelActivation, value: unknown): void {
    this.#finish(activation, 'returned', value);
  }

  route(activation: ModelActivation, keys: readonly string[]): void {
    const out = this.#edgesFrom(activation);
    const known = out.flatMap((edge) => edge.keys);
    const takesDefault = keys.length === 0 || keys.some((key) => !known.includes(key));
    if (takesDefault && !out.some(({ isDefault }) => isDefault)) throw new ModelError('NO_ROUTE');
    activation.chosen = out.filter(
      (edge) => edge.keys.some((key) => keys.includes(key)) || (takesDefault && edge.isDefault),
    );
    this.#finish(activation, 'routed', activation.input);
  }

  /** Whether an error edge took it; otherwise the run has failed, and nothing follows. */
  fail(activation: ModelActivation, error: unknown): boolean {
    if (!this.#edgesFrom(activation).some(({ isError }) => isError)) return false;
    this.#finish(activation, 'failed', { error, input: activation.input });
    return true;
  }

  /** An activation that was aborted because a `first` join no longer needs it. */
  skip(activation: ModelActivation): void {
    this.#finish(activation, 'dropped', undefined);
  }

  /** What runs although the `first` join that it leads to has fired, and asked to cancel the others. */
  lost(): readonly ModelActivation[] {
    return this.#losers().filter(({ status }) => status === 'running');
  }

  /** Joins that still wait; none once nothing is running or ready. */
  unresolved(): readonly ModelActivation[] {
    return this.#withStatus('waiting');
  }

  /** The caller saw which of the possible deliveries a `first` join took. */
  settleFirst(activation: ModelActivation, choice: number): void {
    activation.taken = [activation.taken[choice]!];
    activation.input = activation.taken[0]!.value;
  }

  outcome(): ModelOutcome {
    const returned = this.#withStatus('returned');
    const declared = returned.filter(({ node }) => node.output);
    if (this.structure.definition.nodes.some(({ output }) => output)) {
      return {
        output: keyedUnlessAlone(lastByNode(declared)),
        perStep: lastByNode(returned),
      };
    }
    const terminal = lastByNode([...this.#terminals()]);
    const output = terminal.size === 0 && returned.length === 0 ? this.#input : keyedUnlessAlone(terminal);
    return { output, perStep: lastByNode(returned) };
  }

  // Time passes: what the page decides by now.

  /** Adds one iteration of a loop, and with it the first iteration of the loops that have their context in it. */
  #open(loop: ReferenceLoop | 'root', tag: Tag): void {
    const { definition, loops } = this.structure;
    this.#instances.set(loop, [...this.#tagsOf(loop), tag]);
    const isHere = (context: readonly ReferenceLoop[]) => (context.at(-1) ?? 'root') === loop;
    for (const node of definition.nodes) {
      if (!isHere(this.structure.contextOf(node.name))) continue;
      const fresh = {
        status: 'waiting',
        visit: 0,
        input: undefined,
        possibleInputs: [],
        taken: [],
        value: undefined,
      } as const;
      this.#activations.push({ ...fresh, node, tag, chosen: [] });
    }
    for (const nested of loops) {
      if (isHere(this.structure.contextOfLoop(nested).slice(0, -1))) this.#open(nested, [...tag, 1]);
    }
  }

  #settle(): void {
    do {
      while (this.#startIterations() || this.#decideJoins());
      for (const waiting of this.#withStatus('waiting')) {
        const delivered = this.#inEdgeStates(waiting).filter(isDelivery);
        if (waiting.node.join === 'first' && delivered.length > 0) fire(waiting, delivered, delivered[0]!.value);
      }
    } while (this.#giveUpLosers());
  }

  /** What has not started and could only lead to a `first` join that has fired already never starts. */
  #giveUpLosers(): boolean {
    const givenUp = this.#losers().filter(({ status }) => status === 'waiting' || status === 'ready');
    for (const loser of givenUp) loser.status = 'dropped';
    return givenUp.length > 0;
  }

  #losers(): ModelActivation[] {
    return this.#activations.flatMap((join) => {
      if (!join.node.cancelOthers || join.taken.length === 0 || this.#joinedEdges(join).length === 1) return [];
      const isHead = this.structure.loopOfHead(join.node.name) !== undefined;
      const tag = isHead ? [...join.tag.slice(0, -1), join.tag.at(-1)! - 1] : join.tag;
      const names = this.structure.leadingOnlyTo(join.node.name);
      return this.#activations.filter((other) => names.has(other.node.name) && compareTags(other.tag, tag) === 0);
    });
  }

  #startIterations(): boolean {
    for (const loop of this.structure.loops) {
      for (const last of this.#lastIterations(loop)) {
        const states = loop.backEdges.map((edge) => this.#edgeState(edge, last));
        const joinsByFirst = this.#nodeOf(loop.head).join === 'first';
        if (!states.some(isDelivery) || (states.includes('open') && !joinsByFirst)) continue;
        this.#open(loop, [...last.slice(0, -1), last.at(-1)! + 1]);
        return true;
      }
    }
    return false;
  }

  #decideJoins(): boolean {
    let anything = false;
    for (const waiting of this.#withStatus('waiting')) {
      const states = this.#inEdgeStates(waiting);
      if (states.includes('open')) continue;
      const delivered = states.filter(isDelivery);
      const mode = waiting.node.join ?? 'auto';
      if (delivered.length === 0 || (mode === 'all' && delivered.length < states.length)) waiting.status = 'skipped';
      else if (mode === 'first') continue;
      else if (mode === 'one' && delivered.length > 1) throw new ModelError('AMBIGUOUS_JOIN');
      else fire(waiting, delivered, this.#joined(waiting.node, delivered));
      anything = true;
    }
    return anything;
  }

  #joined({ join = 'auto' }: NodeDefinition, delivered: readonly Delivery[]): unknown {
    if (join === 'all' || join === 'any') {
      return Object.fromEntries(delivered.map(({ edge, value }) => [this.#keyOf(edge.from), value]));
    }
    return delivered.length === 1 ? delivered[0]!.value : delivered.map(({ value }) => value);
  }

  /** Rule 5: after the first iteration a head waits for its back edges, and nothing waits for what enters from outside. */
  #inEdgeStates({ node, tag }: ModelActivation): EdgeState[] {
    const loop = this.structure.loopOfHead(node.name);
    if (loop && tag.at(-1)! > 1) {
      const previous = [...tag.slice(0, -1), tag.at(-1)! - 1];
      return loop.backEdges.map((edge) => this.#edgeState(edge, previous));
    }
    return this.structure.forwardEdgesTo(node.name).flatMap((edge) => {
      const { length } = this.structure.contextOfEdge(edge);
      const entersLater = tag.slice(length).some((iteration) => iteration > 1);
      return entersLater ? [] : [this.#edgeState(edge, tag.slice(0, length))];
    });
  }

  /** An edge in the context in which it is resolved. */
  #edgeState(edge: ReferenceEdge, tag: Tag): EdgeState {
    if (isStart(edge.from)) return { edge, value: this.#input, by: START };
    const left = this.structure.contextOf(edge.from).slice(tag.length);
    const turning = left.some((loop) =>
      this.#lastIterations(loop).some((last) => isWithin(last, tag) && !this.#isOver(loop, last)),
    );
    const sources = this.#activations.filter((source) => source.node.name === edge.from && isWithin(source.tag, tag));
    const ofSources = sources.sort((a, b) => compareTags(a.tag, b.tag)).map((source) => this.#outState(edge, source));
    if (turning || ofSources.includes('open')) return 'open';
    return ofSources.findLast(isDelivery) ?? 'skipped';
  }

  #outState(edge: ReferenceEdge, by: ModelActivation): EdgeState {
    const delivery = { edge, value: by.value, by };
    switch (by.status) {
      case 'returned':
        return edge.isError ? 'skipped' : delivery;
      case 'routed':
        return by.chosen.includes(edge) ? delivery : 'skipped';
      case 'failed':
        return edge.isError ? delivery : 'skipped';
      case 'skipped':
      case 'dropped':
        return 'skipped';
      default:
        return 'open';
    }
  }

  #isOver(loop: ReferenceLoop, last: Tag): boolean {
    return loop.backEdges.every((edge) => this.#edgeState(edge, last) === 'skipped');
  }

  /** The highest iteration in each instance of a loop. */
  #lastIterations(loop: ReferenceLoop): Tag[] {
    const tags = this.#tagsOf(loop);
    return tags.filter(
      (tag) => !tags.some((other) => isWithin(other, tag.slice(0, -1)) && other.at(-1)! > tag.at(-1)!),
    );
  }

  // Where branches ended.

  *#terminals(): Iterable<ModelActivation> {
    for (const activation of this.#activations) {
      if (!['returned', 'routed', 'failed'].includes(activation.status)) continue;
      const deliveries = this.#edgesFrom(activation)
        .map((edge) => this.#outState(edge, activation))
        .filter(isDelivery);
      const ended = deliveries.length === 0 || deliveries.some((delivery) => this.#endsBranch(delivery, activation));
      const maker = this.#makerOf(activation);
      if (ended && maker) yield maker;
    }
  }

  /** Whether a delivery went to END, or to a join that was skipped; one superseded by a later iteration did neither. */
  #endsBranch({ edge }: Delivery, by: ModelActivation): boolean {
    if (edge.to === END) return true;
    const target = this.#activations.find(({ node, tag }) => {
      const states = node.name === edge.to ? this.#inEdgeStates({ node, tag } as ModelActivation) : [];
      return states.some((state) => isDelivery(state) && state.edge === edge && state.by === by);
    });
    return target?.status === 'skipped';
  }

  /** What an activation's join waits for; a single edge needs no join. */
  #joinedEdges({ node, tag }: ModelActivation): readonly ReferenceEdge[] {
    const loop = this.structure.loopOfHead(node.name);
    return loop && tag.at(-1)! > 1 ? loop.backEdges : this.structure.forwardEdgesTo(node.name);
  }

  /** Whose value it is: a router passes on what it received, but what its join put together is its own. */
  #makerOf(activation: ModelActivation): ModelActivation | undefined {
    const { node, taken } = activation;
    if (node.kind !== 'router') return activation;
    if (this.#joinedEdges(activation).length > 1 || node.join === 'all' || node.join === 'any') return activation;
    const { by } = taken[0]!;
    return isStart(by) ? undefined : this.#makerOf(by);
  }

  // Looking things up.

  #finish(activation: ModelActivation, status: Status, value: unknown): void {
    activation.status = status;
    activation.value = value;
    this.#settle();
  }

  #withStatus(status: Status): ModelActivation[] {
    return this.#activations.filter((activation) => activation.status === status);
  }

  #tagsOf(loop: ReferenceLoop | 'root'): readonly Tag[] {
    return this.#instances.get(loop) ?? [];
  }

  #edgesFrom({ node }: ModelActivation): readonly ReferenceEdge[] {
    return this.structure.edges.filter(({ from }) => from === node.name);
  }

  #declared({ node }: ModelActivation): number {
    return this.structure.definition.nodes.indexOf(node);
  }

  #nodeOf(name: string): NodeDefinition {
    return this.structure.definition.nodes.find((node) => node.name === name)!;
  }

  #keyOf(source: string | Start): string {
    if (isStart(source)) return 'START';
    const shownAs = this.#nodeOf(source).anonymousRouterOf ?? source;
    return isStart(shownAs) ? 'START' : shownAs;
  }
}

function fire(activation: ModelActivation, taken: readonly Delivery[], input: unknown): void {
  Object.assign(activation, { status: 'ready', taken, input });
  activation.possibleInputs = activation.node.join === 'first' ? taken.map(({ value }) => value) : [input];
}

function lastByNode(activations: readonly ModelActivation[]): Map<string, unknown> {
  const sorted = [...activations].sort((a, b) => compareTags(a.tag, b.tag));
  return new Map(sorted.map(({ node, value }) => [node.name, value]));
}

function keyedUnlessAlone(values: ReadonlyMap<string, unknown>): unknown {
  return values.size > 1 ? Object.fromEntries(values) : [...values.values()][0];
}

function isDelivery(state: EdgeState): state is Delivery {
  return typeof state === 'object';
}

function isWithin(tag: Tag, outer: Tag): boolean {
  return outer.every((iteration, depth) => tag[depth] === iteration);
}

/** An enclosing context comes before what is nested in it. */
function compareTags(a: Tag, b: Tag): number {
  for (let depth = 0; depth < Math.min(a.length, b.length); depth++) {
    if (a[depth] !== b[depth]) return a[depth]! - b[depth]!;
  }
  return a.length - b.length;
}
