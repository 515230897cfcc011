/**
 * Job. The builder: takes nodes and edges one by one, refuses what is wrong by itself at once, and compiles them when the
 * workflow is checked, drawn or run for the first time.
 *
 * Boundary. Whether the graph as a whole makes sense is `graph/`'s business, how it is run the executor's, the short forms are
 * in `sugar.ts`. One file, because each method adds to one draft, and to the type that knows the names of nodes so far.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { keptSurroundings } from '../context/check-surroundings.js';
import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { MapPolicy, Settled } from '../execution/map-items.js';
import { nodeBody } from '../execution/node-body.js';
import { checkPolicies, type StepPolicies } from '../execution/policies.js';
import type { Program } from '../execution/program.js';
import { isCount } from '../execution/run-options.js';
import { bodyOf, isStep, type Body, type RouteKey, type RouterFunction, type Step } from '../execution/step.js';
import { compileGraph } from '../graph/compile-graph.js';
import {
  type EdgeDefinition,
  type End,
  type GraphDefinition,
  isEnd,
  isStart,
  type JoinMode,
  type NodeDefinition,
  type Start,
  START,
} from '../graph/definition.js';
import { assembleProgram } from './assemble-program.js';
import type { ApprovalPolicy } from '../approval/approval-policy.js';
import type { ApprovalRequest } from '../approval/approval-request.js';
import type { ApprovalDecision } from '../approval/settled-outcome.js';
import {
  APPROVAL_OPTIONS,
  approvalNode,
  approvalProblems,
  delayNode,
  SIGNAL_OPTIONS,
  signalNode,
  signalProblems,
  type ApprovalRoutes,
  type SignalPolicy,
  type WaitNode,
  type WaitRoutes,
} from '../execution/wait-options.js';
import type { Waiting } from '../execution/waiting.js';
import type { Schema } from '../ports/schema.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { isStandardSchema, standardSchema } from '../schema/standard-schema.js';
import { checkWorkflowOptions, type WorkflowOptions } from './options.js';
import { Runnable } from './runnable.js';
import {
  buildChain,
  buildParallel,
  buildRoute,
  type ChainInput,
  type ChainOutput,
  type FitsChain,
  type CommonInput,
  type Outputs,
  type ParallelOptions,
  type SettledOutputs,
  type StepOutput,
  type Steps,
  type RouteOptions,
} from './sugar.js';
import type { FitsEdge, FitsRoutes, FitsWaitRoutes, KnownName, NodeTypes, OutputOf } from './typed-edges.js';

/** How a node waits, is called, and what becomes of it. */
export interface NodeOptions<J extends JoinMode = JoinMode> extends StepPolicies {
  /** How the node waits where it has several sources. @defaultValue `'auto'` */
  readonly join?: J | undefined;
  /** With `join: 'first'`: abort what could only have delivered to this join. @defaultValue `false` */
  readonly cancelOthers?: boolean | undefined;
  /** The node that takes over, with `{ error, input }`, when this one fails for good. @defaultValue the run fails */
  readonly onError?: string | undefined;
  /**
   * What the input (of a map: each item) has to look like; the node is given what the schema makes of it. Any library
   * that follows Standard Schema. @defaultValue anything
   */
  readonly input?: StandardSchemaV1 | undefined;
  /** The run's output is what this node returns. @defaultValue `false` */
  readonly output?: boolean | undefined;
}

/** A map node's options; `retry` and `timeout` hold for each item. */
export interface MapOptions<J extends JoinMode = JoinMode> extends NodeOptions<J>, MapPolicy {}

/** What a router does with other keys, and what it is called. */
export interface RouterOptions<D extends string | End = string | End> {
  /** Where keys without a route lead. @defaultValue an error that names the key */
  readonly default?: D | undefined;
  /**
   * Makes the router a node of its own: shown by this name, drawn as a diamond, and edges from further sources may lead
   * to it. @defaultValue it is known by its source, and drawn as labelled edges from it
   */
  readonly name?: string | undefined;
}

const NODE_OPTIONS = ['join', 'cancelOthers', 'onError', 'input', 'output', 'retry', 'timeout'];
const MAP_OPTIONS = [...NODE_OPTIONS, 'concurrency', 'settled'];
const NO_OPTIONS: MapOptions<never> & { readonly settled?: undefined } = Object.freeze({});
const SWITCHES = ['output', 'cancelOthers', 'settled'] as const;
const ROUTER_OPTIONS = ['default', 'name'];
const ROUTED_OPTIONS = [...NODE_OPTIONS, 'routes'];
const COMPENSATION_OPTIONS = ['retry', 'timeout'];
/** An undoing that fails leaves something half done, so it is tried again by default. */
const TRY_AGAIN: StepPolicies = Object.freeze({ retry: Object.freeze({ maximumAttempts: 3 }) });

/** How a node that asks people waits; `retry` and `timeout` hold for the function that makes the request. */
export interface ApprovalNodeOptions<J extends JoinMode = JoinMode, R = ApprovalRoutes>
  extends NodeOptions<J>, ApprovalPolicy {
  /**
   * Where the run goes on; the input is passed on, and `context.decision(name)` has the decision. @defaultValue the node is
   * a step whose output is the decision
   */
  readonly routes?: R | undefined;
}

/** How a node that waits for a signal waits. */
export interface WaitNodeOptions<J extends JoinMode = JoinMode, R = WaitRoutes>
  extends Pick<NodeOptions<J>, 'join' | 'cancelOthers' | 'onError' | 'output'>, SignalPolicy {
  /** What the payload has to look like; a signal that does not fit is refused. @defaultValue anything that can be kept */
  readonly payload?: StandardSchemaV1 | undefined;
  /**
   * Where the run goes on; the input is passed on, and `context.decision(name)` has the payload. @defaultValue the node is a
   * step whose output is the payload
   */
  readonly routes?: R | undefined;
}

/** A node until the workflow is compiled: there may be thousands, so one object holds all of it and no function is made. */
interface BuiltNode {
  readonly definition: NodeDefinition;
  /** Of a router what it decides with. */
  readonly step: Step;
  readonly options: MapOptions;
  /** How it waits for the world outside. */
  readonly waiting?: Waiting;
}

/** What nodes that wait have in common. */
type RoutedOptions = NodeOptions & { readonly routes?: object | undefined };

const passOn = <T>(input: T): T => input;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * A workflow that is built step by step, without classes. (A long file for its overloads and their documentation: what
 * each method does is to check, then to append to the definition.)
 *
 * Names may be used before their nodes are added: what is missing is found by `validate()`, which the first run calls.
 * `I` is what a run takes, `O` what it gives; the nodes' own types accumulate as they are added, and an edge whose value
 * does not fit is a compile error. In signatures, name the type {@link Runnable}: a builder's own type has its nodes, so that edges can
 * be added to it, and none without them stands for it.
 *
 * @example
 * const triage = new Workflow<string>('triage')
 *   .addNode('classify', (text: string) => (text.includes('refund') ? 'billing' : 'other'))
 *   .addNode('billing', (label: string) => `to the ${label} team`)
 *   .setStart('classify')
 *   .addRouter('classify', (label) => label, { billing: 'billing' }, { default: END });
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-empty-object-type -- without type arguments any input may be given; at first no node is known
export class Workflow<I = any, O = any, N extends NodeTypes = {}> extends Runnable<I, O> {
  readonly name: string;
  readonly #options: WorkflowOptions;
  readonly #nodes = new Map<string, BuiltNode>();
  readonly #edges: EdgeDefinition[] = [];
  /** Node → what its input has to look like. */
  readonly #schemas = new Map<string, Schema>();
  /** Node → the workflow that it runs. */
  readonly #nested = new Map<string, Runnable<never, unknown>>();
  /** Node → what undoes it. */
  readonly #compensations = new Map<string, Body>();
  /** Source → what leads on from it: plain edges, or a router. */
  readonly #leads = new Map<string | Start, 'plain edges' | 'a router'>();
  #program: Program | undefined;
  #isCompiling = false;
  #isDrawing = false;
  readonly #activity = { runs: 0 };

  /**
   * @throws {@link DefinitionError} INVALID_NAME, INVALID_OPTION
   */
  constructor(name = 'workflow', options: WorkflowOptions = {}) {
    super();
    const found: Problem[] = [];
    if (typeof name !== 'string' || name === '') found.push(problem.invalidName('Workflow', 'the name', name));
    found.push(...checkWorkflowOptions(String(name), options));
    DefinitionError.throwIfAny(found);
    this.name = name;
    this.#options = { ...options, ...keptSurroundings(options) };
  }

  /** Steps one after the other: each is given what the one before returned. Takes a list, or steps by name. */
  static chain<const S extends readonly Step[] | Readonly<Record<string, Step>>>(
    steps: S & FitsChain<S>,
    options?: WorkflowOptions & { readonly name?: string },
  ): Workflow<ChainInput<S>, ChainOutput<S>> {
    return buildChain(steps as readonly Step[] | Record<string, Step>, options) as never;
  }

  /**
   * A classifier chooses one of several handlers, each of which is given the original input. The label is compared as
   * text, without surrounding white space.
   */
  static route<I, O>(
    classifier: Step<I, RouteKey>,
    handlers: Readonly<Record<string, Step<I, O>>>,
    options?: RouteOptions<Step<I, O>>,
  ): Workflow<I, O>;
  static route<I, const H extends Readonly<Record<string, Step>>, const D extends Step = never>(
    classifier: Step<I, RouteKey>,
    handlers: H & Readonly<Record<string, Step<I>>>,
    options?: RouteOptions<D & Step<I>>,
  ): Workflow<I, StepOutput<H[keyof H] | D>>;
  static route(
    classifier: Step<never, RouteKey>,
    handlers: Readonly<Record<string, Step>>,
    options?: RouteOptions,
  ): Workflow {
    return buildRoute(classifier, handlers, options);
  }

  /**
   * Branches that all get the same input, at the same time. Gives their results in declared order, or what `merge` makes
   * of them.
   */
  static parallel<const S extends Steps, M = SettledOutputs<S>>(
    branches: S,
    options: ParallelOptions<SettledOutputs<S>, M> & { readonly settled: true },
  ): Workflow<CommonInput<S>, M>;
  static parallel<const S extends Steps, M = Outputs<S>>(
    branches: S,
    options?: ParallelOptions<Outputs<S>, M> & { readonly settled?: false },
  ): Workflow<CommonInput<S>, M>;
  static parallel(branches: Steps, options: ParallelOptions<never> = {}): Workflow {
    return buildParallel(branches, options);
  }

  /**
   * Adds a step: a function, a Workflow, an agent.
   *
   * @throws {@link DefinitionError} DUPLICATE_NODE, INVALID_NAME, INVALID_STEP, INVALID_OPTION, EDIT_DURING_RUN
   */
  addNode<const Name extends string, In = unknown, Out = unknown, const J extends JoinMode = 'auto'>(
    name: Name,
    step: Step<In, Out>,
    options: NodeOptions<J> = NO_OPTIONS,
  ): Workflow<I, O, N & Record<Name, { input: In; output: Out; join: J }>> {
    this.#edit('addNode', this.#checkNode(name, step, options, NODE_OPTIONS));
    this.#addNode(name, 'step', options, step as Step);
    return this as never;
  }

  /**
   * Adds a map: the step runs once per item of the list that arrives; the results come in the list's order, and none
   * for an empty list.
   *
   * @throws {@link DefinitionError} DUPLICATE_NODE, INVALID_NAME, INVALID_STEP, INVALID_OPTION, EDIT_DURING_RUN
   */
  addMap<
    const Name extends string,
    In = unknown,
    Out = unknown,
    const J extends JoinMode = 'auto',
    const S extends boolean = false,
  >(
    name: Name,
    step: Step<In, Out>,
    options: MapOptions<J> & { readonly settled?: S | undefined } = NO_OPTIONS,
  ): Workflow<
    I,
    O,
    N & Record<Name, { input: readonly In[]; output: S extends true ? Settled<Out>[] : Out[]; join: J }>
  > {
    this.#edit('addMap', this.#checkNode(name, step, options, MAP_OPTIONS));
    this.#addNode(name, 'map', options, step as Step);
    return this as never;
  }

  /**
   * Adds a node that asks people: the step makes the request, the run is suspended until it is decided. Needs an executor with
   * a journal.
   *
   * @throws {@link DefinitionError} DUPLICATE_NODE, INVALID_NAME, INVALID_STEP, INVALID_OPTION, EDIT_DURING_RUN
   */
  addApproval<
    const Name extends string,
    In = unknown,
    const J extends JoinMode = 'auto',
    const R extends ApprovalRoutes | undefined = undefined,
  >(
    name: Name,
    request: Step<In, ApprovalRequest>,
    options: ApprovalNodeOptions<J, R & FitsWaitRoutes<N, I, Name, In, R>>,
  ): Workflow<I, O, N & Record<Name, { input: In; output: R extends undefined ? ApprovalDecision : In; join: J }>> {
    const where = this.#where(name);
    const found = this.#checkNode(name, request, options, [...ROUTED_OPTIONS, ...APPROVAL_OPTIONS]);
    if (typeof options === 'object' && options !== null)
      found.push(...approvalProblems(where, options, options.routes));
    this.#edit('addApproval', found);
    this.#addWaiting(name, approvalNode(options), options, request as Step);
    return this as never;
  }

  /**
   * Adds a node that waits for a signal from outside: the run is suspended until it has come. Needs an executor with a journal.
   *
   * @throws {@link DefinitionError} DUPLICATE_NODE, INVALID_NAME, INVALID_OPTION, EDIT_DURING_RUN
   */
  addWait<
    const Name extends string,
    In = unknown,
    Payload = unknown,
    const J extends JoinMode = 'auto',
    const R extends WaitRoutes | undefined = undefined,
  >(
    name: Name,
    options: WaitNodeOptions<J, R & FitsWaitRoutes<N, I, Name, In, R>> = {},
  ): Workflow<I, O, N & Record<Name, { input: In; output: R extends undefined ? Payload : In; join: J }>> {
    const where = this.#where(name);
    const known = ['join', 'cancelOthers', 'onError', 'output', 'payload', 'routes', ...SIGNAL_OPTIONS];
    const found = this.#checkNode(name, passOn, options, known);
    const { payload, routes } = options ?? {};
    if (payload !== undefined && !isStandardSchema(payload)) found.push(problem.notASchema(where, payload));
    if (typeof options === 'object' && options !== null) found.push(...signalProblems(where, options, routes));
    this.#edit('addWait', found);
    const schema = payload === undefined ? undefined : standardSchema(payload);
    this.#addWaiting(name, signalNode(name, options, schema), options, passOn);
    return this as never;
  }

  /**
   * Adds a node that lets time pass: for so long, or until when the function says. What it receives goes on. Needs an executor
   * with a journal.
   *
   * @throws {@link DefinitionError} DUPLICATE_NODE, INVALID_NAME, INVALID_OPTION, EDIT_DURING_RUN
   */
  addDelay<const Name extends string, In = unknown, const J extends JoinMode = 'auto'>(
    name: Name,
    length: Duration | Step<In, Duration | Date>,
    options: NodeOptions<J> = {},
  ): Workflow<I, O, N & Record<Name, { input: In; output: In; join: J }>> {
    const isFixed = !isStep(length);
    const found = this.#checkNode(name, isFixed ? passOn : length, options, NODE_OPTIONS);
    if (isFixed && toMilliseconds(length) === undefined)
      found.push(problem.invalidOption(this.#where(name), 'length', length, `a function, or ${DURATION_FORMS}`));
    this.#edit('addDelay', found);
    const step = (isFixed ? () => length : length) as Step;
    this.#addWaiting(name, delayNode(isFixed ? length : undefined), options, step);
    return this as never;
  }

  /**
   * Says what undoes a node: where a run fails or is cancelled, what completed nodes have done is undone, the last one first.
   * The function gets what the node gave. Without a `retry` it is tried three times.
   *
   * @throws {@link DefinitionError} INVALID_STEP, INVALID_OPTION, EDIT_DURING_RUN
   */
  addCompensation<const Name extends KnownName<N> | (string & {})>(
    node: Name,
    undo: Step<OutputOf<N, I, Name>, unknown>,
    policies: StepPolicies = TRY_AGAIN,
  ): this {
    const where = this.#where(node);
    const found: Problem[] = isStep(undo) ? [] : [problem.invalidStep(where, undo)];
    for (const key of Object.keys(policies ?? {}))
      if (!COMPENSATION_OPTIONS.includes(key)) found.push(problem.unknownOption(where, key, COMPENSATION_OPTIONS));
    found.push(...checkPolicies(where, policies ?? {}));
    if (this.#compensations.has(node)) found.push(problem.compensatedTwice(where));
    this.#edit('addCompensation', found);
    this.#compensations.set(node, nodeBody(bodyOf(undo as Step), { policies, undoes: true }));
    return this;
  }

  /**
   * Leads from a node (or START) to a node (or END). Several edges from one source are a fan-out; the same edge twice
   * counts once.
   *
   * @throws {@link DefinitionError} INVALID_EDGE, EDGES_AND_ROUTER, EDIT_DURING_RUN
   */
  addEdge<const From extends KnownName<N> | Start | (string & {}), const To extends KnownName<N> | End | (string & {})>(
    from: From,
    to: To & FitsEdge<N, I, From, To>,
  ): this {
    this.#edit('addEdge', this.#checkLead(from, 'plain edges'));
    if (!this.#leads.has(from)) this.#leads.set(from, 'plain edges');
    this.#edges.push({ kind: 'plain', from, to });
    return this;
  }

  /**
   * Chooses where a node's value (or with START the run's input) goes. `choose` returns the key of a route, or a list of
   * keys; the value itself is passed on along the chosen routes.
   *
   * @throws {@link DefinitionError} INVALID_EDGE, EDGES_AND_ROUTER, INVALID_STEP, INVALID_OPTION, EDIT_DURING_RUN
   */
  addRouter<
    const From extends KnownName<N> | Start | (string & {}),
    const R extends Readonly<Record<string, string | End>>,
    const D extends string | End = never,
  >(
    source: From,
    choose: RouterFunction<OutputOf<N, I, From>>,
    routes: R & FitsRoutes<N, I, From, R>,
    options: RouterOptions<D & FitsEdge<N, I, From, D>> = {},
  ): this {
    const where = isStart(source) ? this.name : this.#where(source as string);
    const found = this.#checkLead(source, 'a router');
    if (typeof options !== 'object' || options === null)
      found.push(problem.invalidOption(where, 'options', options, 'an object'));
    for (const key of Object.keys(options ?? {})) {
      if (!ROUTER_OPTIONS.includes(key)) found.push(problem.unknownOption(where, key, ROUTER_OPTIONS));
    }
    if (typeof choose !== 'function' && !isStep(choose)) found.push(problem.invalidStep(where, choose));
    if (typeof routes !== 'object' || routes === null) {
      found.push(problem.invalidOption(where, 'routes', routes, 'an object of keys and node names'));
    }
    const name: unknown = options?.name;
    if (name !== undefined) found.push(...this.#checkName(name));
    this.#edit('addRouter', found);
    this.#leads.set(source, 'a router');
    this.#addRouter(source as string | Start, choose as RouterFunction, routes, options as RouterOptions);
    return this;
  }

  /** Begins every run with a node; the same as `addEdge(START, node)`. */
  setStart<const To extends KnownName<N> | (string & {})>(to: To & FitsEdge<N, I, Start, To>): this {
    return this.addEdge(START as never, to as never);
  }

  /**
   * Compiles the workflow, as the first run does.
   *
   * @throws {@link DefinitionError} with every mistake of the graph at once.
   */
  validate(): this {
    this.compiled();
    return this;
  }

  get graph(): GraphDefinition {
    if (this.#program !== undefined) return this.#program.plan.definition;
    const { version } = this.#options;
    const isOutermost = !this.#isDrawing; // one that contains itself is drawn once; compiling refuses it
    this.#isDrawing = true;
    const nodes: NodeDefinition[] = [];
    for (const { definition } of this.#nodes.values()) {
      const nested = isOutermost ? this.#nested.get(definition.name) : undefined;
      const compensated = this.#compensations.has(definition.name);
      if (nested === undefined && !compensated) nodes.push(definition);
      else
        nodes.push({
          ...definition,
          ...(compensated ? { compensated } : {}),
          ...(nested === undefined ? {} : { shows: 'workflow', nested: nested.graph }),
        });
    }
    if (isOutermost) this.#isDrawing = false;
    return Object.freeze({
      name: this.name,
      ...(version === undefined ? {} : { version }),
      nodes: Object.freeze(nodes),
      edges: Object.freeze([...this.#edges]),
    });
  }

  /** @internal */
  compiled(): Program {
    if (this.#program !== undefined) return this.#program;
    if (this.#isCompiling) throw new DefinitionError([problem.nestsItself(this.name)]);
    const found: Problem[] = [];
    const attempt = <T>(compile: () => T): T | undefined => {
      try {
        return compile();
      } catch (error) {
        if (!DefinitionError.is(error)) throw error;
        found.push(...error.problems);
        return undefined;
      }
    };
    this.#isCompiling = true;
    for (const nested of new Set(this.#nested.values())) attempt(() => nested.compiled());
    const plan = attempt(() => compileGraph(this.graph));
    this.#isCompiling = false;
    for (const node of this.#compensations.keys()) {
      if (this.#nodes.has(node)) continue;
      found.push(problem.unknownNode(this.name, 'the node of a compensation', node, [...this.#nodes.keys()]));
    }
    DefinitionError.throwIfAny(found);
    this.#program = assembleProgram({
      plan: plan!,
      options: this.#options,
      bodyOf: (node) => this.#bodyOf(this.#nodes.get(node)!),
      schemaOf: (node) => this.#schemas.get(node),
      waitingOf: (node) => this.#nodes.get(node)!.waiting,
      compensationOf: (node) => this.#compensations.get(node),
      activity: this.#activity,
    });
    return this.#program;
  }

  #bodyOf({ definition: { name, kind }, step, options }: BuiltNode): Body {
    if (kind === 'router') return bodyOf(step);
    const body = step instanceof Runnable ? step.nestedBody() : bodyOf(step);
    const map = kind === 'map' ? options : undefined;
    const { freeze } = this.#options;
    return nodeBody(body, { policies: options, map, schema: this.#schemas.get(name), freeze });
  }

  /** Every edit goes through here: a mistake or a run in progress leaves the workflow as it was. */
  #edit(what: string, found: readonly Problem[]): void {
    const { runs } = this.#activity;
    DefinitionError.throwIfAny(runs > 0 ? [problem.editDuringRun(this.name, what, runs), ...found] : found);
    this.#program = undefined;
  }

  #addNode(name: string, kind: 'step' | 'map', options: MapOptions, step: Step): void {
    const { join, cancelOthers, output, onError, input } = options;
    const definition: Mutable<NodeDefinition> = { name, kind };
    if (typeof step === 'object' && step.shows === 'agent') definition.shows = step.shows;
    if (join !== undefined) definition.join = join;
    if (cancelOthers !== undefined) definition.cancelOthers = cancelOthers;
    if (output !== undefined) definition.output = output;
    this.#freeName(name);
    this.#nodes.set(name, { definition, step, options });
    if (step instanceof Runnable) this.#nested.set(name, step as Runnable<never, unknown>);
    if (input !== undefined) this.#schemas.set(name, standardSchema(input));
    if (onError !== undefined) this.#edges.push({ kind: 'error', from: name, to: onError });
  }

  #addWaiting(name: string, { waiting, defines }: WaitNode, options: RoutedOptions, step: Step): void {
    const { join, cancelOthers, output, onError, input, routes } = options;
    const definition: Mutable<NodeDefinition> = { name, ...defines };
    if (join !== undefined) definition.join = join;
    if (cancelOthers !== undefined) definition.cancelOthers = cancelOthers;
    if (output !== undefined) definition.output = output;
    this.#freeName(name);
    this.#nodes.set(name, { definition, step, options, waiting });
    if (input !== undefined) this.#schemas.set(name, standardSchema(input));
    if (onError !== undefined) this.#edges.push({ kind: 'error', from: name, to: onError });
    if (routes === undefined) return;
    this.#leads.set(name, 'a router');
    for (const [key, to] of Object.entries(routes) as [string, string | End | undefined][]) {
      if (to !== undefined) this.#edges.push({ kind: 'route', from: name, to, key });
    }
  }

  #addRouter(
    source: string | Start,
    choose: RouterFunction,
    routes: Readonly<Record<string, string | End>>,
    options: RouterOptions,
  ): void {
    const { name = this.#freshName(`${isStart(source) ? 'START' : source}?`) } = options;
    this.#freeName(name);
    const definition: Mutable<NodeDefinition> = { name, kind: 'router' };
    if (options.name === undefined) definition.anonymousRouterOf = source;
    this.#nodes.set(name, { definition, step: choose as Step, options: NO_OPTIONS });
    this.#edges.push({ kind: 'plain', from: source, to: name });
    for (const [key, to] of Object.entries(routes)) this.#edges.push({ kind: 'route', from: name, to, key });
    if (options.default !== undefined) this.#edges.push({ kind: 'default', from: name, to: options.default });
  }

  /** The name that the engine gave to a router gives way to the author's own names. */
  #freeName(name: string): void {
    const router = this.#nodes.get(name);
    if (router === undefined) return;
    const fresh = this.#freshName(name);
    const nodes = [...this.#nodes.values()];
    this.#nodes.clear(); // and filled again, because the order of the nodes has a meaning
    for (const node of nodes) {
      const { definition } = node;
      if (node === router) this.#nodes.set(fresh, { ...node, definition: { ...definition, name: fresh } });
      else this.#nodes.set(definition.name, node);
    }
    const source = router.definition.anonymousRouterOf;
    this.#edges.forEach((edge, index) => {
      if (edge.from === name) this.#edges[index] = { ...edge, from: fresh } as EdgeDefinition;
      else if (edge.to === name && edge.from === source) this.#edges[index] = { ...edge, to: fresh } as EdgeDefinition;
    });
  }

  #freshName(name: string): string {
    let fresh = name;
    while (this.#nodes.has(fresh)) fresh += '?';
    return fresh;
  }

  #checkNode(name: unknown, step: unknown, options: object, known: readonly string[]): Problem[] {
    const found = this.#checkName(name);
    if (!isStep(step)) found.push(problem.invalidStep(this.#where(name), step));
    return options === NO_OPTIONS ? found : [...found, ...checkNodeOptions(this.#where(name), options, known)];
  }

  #checkName(name: unknown): Problem[] {
    if (typeof name !== 'string' || name === '' || name === '__proto__') {
      return [problem.invalidName(this.name, 'the name of a node', name)];
    }
    const taken = this.#nodes.get(name)?.definition;
    return taken === undefined || taken.anonymousRouterOf !== undefined ? [] : [problem.duplicateNode(this.name, name)];
  }

  /** A source fans out or chooses, never both; what it has is not replaced in silence. */
  #checkLead(source: unknown, added: 'plain edges' | 'a router'): Problem[] {
    if (isEnd(source)) {
      const fix = 'begin at START with setStart("node"), or lead to END with addEdge("node", END)';
      return [problem.invalidEdge(this.name, 'END is the source of an edge', fix)];
    }
    if (!isStart(source) && typeof source !== 'string') {
      return [problem.unknownNode(this.name, 'the source of an edge', source, [...this.#nodes.keys()])];
    }
    const held = this.#leads.get(source as string | Start);
    if (held === undefined || (held === 'plain edges' && added === 'plain edges')) return [];
    const where = isStart(source) ? `${this.name}.START` : this.#where(source);
    return [
      problem.edgesAndRouter(
        where,
        held,
        added === 'a router' ? (held === 'a router' ? 'another one' : added) : 'a plain edge',
      ),
    ];
  }

  #where(name: unknown): string {
    return `${this.name}.${String(name)}`;
  }

  /** @internal Used by `route`, whose handlers take the run's input. */
  static takeRunInput(workflow: Workflow, names: readonly string[]): void {
    for (const name of names) {
      const node = workflow.#nodes.get(name)!;
      workflow.#nodes.set(name, { ...node, definition: { ...node.definition, takesRunInput: true } });
    }
  }
}

function checkNodeOptions(where: string, options: MapOptions, known: readonly string[]): Problem[] {
  if (typeof options !== 'object' || options === null)
    return [problem.invalidOption(where, 'options', options, 'an object')];
  const found: Problem[] = [];
  for (const key of Object.keys(options))
    if (!known.includes(key)) found.push(problem.unknownOption(where, key, known));
  const { onError, concurrency, input } = options;
  if (input !== undefined && !isStandardSchema(input)) found.push(problem.notASchema(where, input));
  if (onError !== undefined && typeof onError !== 'string')
    found.push(problem.invalidOption(where, 'onError', onError, 'the name of a node'));
  for (const option of SWITCHES) {
    const value: unknown = options[option];
    if (value !== undefined && typeof value !== 'boolean')
      found.push(problem.invalidOption(where, option, value, 'true, false'));
  }
  if (concurrency !== undefined && !isCount(concurrency)) {
    found.push(problem.invalidOption(where, 'concurrency', concurrency, 'a whole number of 1 or more'));
  }
  return [...found, ...checkPolicies(where, options)];
}
