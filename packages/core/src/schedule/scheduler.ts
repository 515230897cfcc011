/**
 * Job. Decides which node runs next in one run: a synchronous state machine over a plan (tagged-token dataflow with
 * skip propagation). It never waits, reads no clock, draws no random number and does no I/O, so the same calls in the
 * same order give the same run: that is what makes a journal replayable.
 *
 * Boundary. It is told what came of each activation (`complete`, `route`, `fail`, `skip`) and says what may start
 * (`take`). Bodies, time, events and cancellation belong to `execution/`. It is one long file because it is one state
 * machine: first what is told to it, then, from `#finish` on, how an edge goes on its way through joins and loops.
 *
 * Invariants.
 * S1. Within a scope every in-edge of a node that belongs to the scope is resolved exactly once: delivered or skipped.
 * S2. A node never runs concurrently with itself; at most `maxConcurrency` activations run at a time.
 * S3. Ready activations start in the order of tag, then declaration.
 * S4. A cap of N allows exactly N: the next activation is refused before it starts.
 * S5. The order in which activations end changes neither what any of them receives nor the outcome (but for `first`).
 * S6. What a completion costs depends on the node's out-edges only, not on what the run did before.
 */
import { RunError } from '../errors/run-error.js';
import { StepError } from '../errors/step-error.js';
import { SKIP_ENDS, SKIP_SPREADS, TO_END, type Loop, type Plan, type RouteChoice } from '../graph/plan.js';
import { routerLabel } from '../graph/router-label.js';
import { Activation } from './activation.js';
import { capFacts, outputOf, type Ending } from './outcome.js';
import { StepFailure } from '../values/step-failure.js';
import { joinedValue, JoinState, NOTHING } from './join-state.js';
import { compareActivations, ReadyQueue } from './ready-queue.js';
import { compareTags, LoopInstance, Scope } from './tag.js';

/** What bounds a run; each at least 1. */
export interface SchedulerLimits {
  readonly maxConcurrency: number;
  readonly maxSteps: number;
  readonly maxVisitsPerNode: number;
}

/** A bound on step activations over a run and all that is nested in it. */
export interface StepBudget {
  readonly cap: number;
  used: number;
  /** That of the run around, which is used up too. */
  readonly outer?: StepBudget | undefined;
}

export class Scheduler {
  /** Called for a running activation that lost a `first` join with `cancelOthers`; it is then to be skipped. */
  onLost: ((activation: Activation) => void) | undefined;
  /** Told of each activation that waits for its turn from now on; set where somebody measures that. */
  onReady: ((activation: Activation) => void) | undefined;

  readonly #plan: Plan;
  readonly #limits: SchedulerLimits;
  readonly #budget: StepBudget | undefined;
  readonly #ready = new ReadyQueue();
  /** Skips that are still to be propagated: pairs of edge and scope. */
  #skips: (number | Scope)[] | undefined;
  readonly #root = new Scope(0, 0, undefined, undefined, 0);
  #running = 0;
  /** What waits for the world outside, and holds no slot. */
  #waiting: Set<Activation> | undefined;
  #steps = 0;
  #openJoins = 0;
  #input: unknown;

  /** By node: activations so far, and the value of the last one by tag. */
  readonly #visits: number[];
  readonly #values: unknown[];
  /** By step: the last value that went nowhere, because its branch ended. */
  #endings: Map<number, Ending> | undefined;

  /** Only graphs with loops need these: the scope of the last value, who is running, and who waits for its turn. */
  readonly #valueScopes: (Scope | undefined)[] | undefined;
  readonly #busy: boolean[] | undefined;
  #parked: Map<number, Activation[]> | undefined;
  /** By router: the keys of its last choice. */
  #lastKeys: (readonly string[] | undefined)[] | undefined;
  /** Only graphs with `cancelOthers` need to know who is running. */
  readonly #started: Set<Activation> | undefined;

  /** @param budget - shared with everything that is nested in the run */
  constructor(plan: Plan, limits: SchedulerLimits, budget?: StepBudget) {
    this.#plan = plan;
    this.#limits = limits;
    this.#budget = budget;
    this.#visits = new Array<number>(plan.nodeCount).fill(0);
    this.#values = new Array<unknown>(plan.nodeCount);
    if (plan.loops.length > 0) {
      this.#valueScopes = new Array<Scope | undefined>(plan.nodeCount);
      this.#busy = new Array<boolean>(plan.nodeCount).fill(false);
    }
    if (plan.losers.size > 0) this.#started = new Set();
  }

  /** Activations that were taken, have not ended, and are not parked. */
  get running(): number {
    return this.#running;
  }

  /** Whether anything could be taken, were there a free slot. */
  get hasReady(): boolean {
    return !this.#ready.isEmpty;
  }

  /** Activations that are parked. */
  get waiting(): number {
    return this.#waiting?.size ?? 0;
  }

  /** Whether a single activation runs and nothing else could start or end before it. */
  get isAlone(): boolean {
    return this.#running === 1 && this.#ready.isEmpty;
  }

  /** Joins that still wait. Must be 0 when nothing is running or ready. */
  get openJoins(): number {
    return this.#openJoins;
  }

  isRouter(node: number): boolean {
    return this.#plan.isRouter[node] === 1;
  }

  /** Whether what a node gives is a choice among routes. */
  passesOn(node: number): boolean {
    return this.#plan.passesOn[node] === 1;
  }

  /** Activations of a node so far. */
  visitsOf(node: number): number {
    return this.#visits[node]!;
  }

  /** The keys that a router returned last. */
  lastKeysOf(router: number): readonly string[] | undefined {
    return this.#lastKeys?.[router];
  }

  begin(input: unknown): void {
    const start = this.#plan.nodeCount;
    this.#input = input;
    for (const edge of this.#plan.out.of(start)) this.#deliver(edge, this.#root, input, start, this.#root);
    this.#propagate();
  }

  /**
   * The next activation that may start, which then counts as running; `undefined` where none may.
   *
   * @throws {@link RunError} MAX_STEPS, MAX_VISITS when a cap refuses the activation.
   */
  take(): Activation | undefined {
    if (this.#running >= this.#limits.maxConcurrency) return undefined;
    let activation = this.#ready.pop();
    while (activation !== undefined && this.#busy !== undefined && this.#busy[activation.node] === true) {
      this.#park(activation);
      activation = this.#ready.pop();
    }
    if (activation === undefined) return undefined;
    const { node } = activation;
    const visit = this.#visits[node]! + 1;
    if (this.#plan.isRouter[node] === 0) {
      if (this.#steps >= this.#limits.maxSteps)
        throw RunError.maxSteps(capFacts(this.#plan, this, node, this.#limits.maxSteps));
      if (visit > this.#limits.maxVisitsPerNode) {
        throw RunError.maxVisits(capFacts(this.#plan, this, node, this.#limits.maxVisitsPerNode));
      }
      if (this.#budget !== undefined) this.#charge(node, this.#budget);
      this.#steps++;
    }
    if (this.#plan.takesRunInput?.[node] === 1) activation.input = this.#input;
    this.#visits[node] = visit;
    activation.visit = visit;
    this.#running++;
    if (this.#busy !== undefined) this.#busy[node] = true;
    this.#started?.add(activation);
    return activation;
  }

  /** An activation waits for the world outside: it holds its node, and no slot. */
  park(activation: Activation): void {
    this.#running--;
    (this.#waiting ??= new Set()).add(activation);
  }

  /** A step or map returned. */
  complete(activation: Activation, value: unknown): void {
    const { node } = activation;
    const scope = this.#finish(activation);
    this.#remember(node, scope, value);
    const next = this.#plan.straightTo[node]!;
    if (next !== -1) {
      this.#activate(next, scope, value, node, scope);
      this.#propagate();
      return;
    }
    const { starts, edges } = this.#plan.out;
    const end = starts[node + 1]!;
    for (let at = starts[node]!; at < end; at++) {
      const edge = edges[at]!;
      if (this.#plan.edgeTo[edge] === TO_END) this.#end(node, scope, value);
      else this.#deliver(edge, scope, value, node, scope);
    }
    if (starts[node] === end) this.#end(node, scope, value);
    this.#skipEdge(this.#plan.errorEdge[node]!, scope);
    this.#propagate();
  }

  /**
   * A router returned a key, or several; or it is known what came of a wait with routes. Returns what was chosen.
   *
   * @param value - what came of the wait.
   * @throws {@link StepError} NO_ROUTE when a key has no route and there is no default.
   */
  route(activation: Activation, keys: string | readonly string[], value?: unknown): RouteChoice {
    const { node, input, origin } = activation;
    const madeIn = activation.madeIn!;
    const choice = this.#choose(activation, keys);
    const scope = this.#finish(activation);
    if (this.#plan.isRouter[node] === 0) this.#remember(node, scope, value);
    (this.#lastKeys ??= [])[node] = choice.keys;
    const { taken } = choice;
    const only = taken.length === 1 ? taken[0]! : -1;
    const { starts, edges } = this.#plan.out;
    for (let at = starts[node]!; at < starts[node + 1]!; at++) {
      const edge = edges[at]!;
      if (only === -1 ? !taken.includes(edge) : edge !== only) this.#skipEdge(edge, scope);
      else if (this.#plan.edgeTo[edge] === TO_END) this.#end(origin, madeIn, input);
      else this.#deliver(edge, scope, input, origin, madeIn);
    }
    this.#skipEdge(this.#plan.errorEdge[node]!, scope);
    this.#propagate();
    return choice;
  }

  /** An activation failed for good. Returns whether its error edge took the failure; otherwise the run has failed. */
  fail(activation: Activation, error: unknown): boolean {
    const { node, input } = activation;
    const scope = this.#finish(activation);
    const errorEdge = this.#plan.errorEdge[node]!;
    if (errorEdge === -1) return false;
    for (const edge of this.#plan.out.of(node)) this.#skipEdge(edge, scope);
    this.#deliver(errorEdge, scope, new StepFailure(error, input), node, scope);
    this.#propagate();
    return true;
  }

  /** An activation was given up, so it delivers nothing. */
  skip(activation: Activation): void {
    this.#skipNode(activation.node, this.#finish(activation));
    this.#propagate();
  }

  /** Values by node index: the last one of each step by tag; a hole where a node has none. */
  get values(): readonly unknown[] {
    return this.#values;
  }

  /** What the run came to; meaningful when nothing is running or ready. */
  output(): unknown {
    return outputOf(this.#plan, this.#values, this.#endings, this.#input);
  }

  /** An activation is over: frees its slot and its node, and lets go of what it held. Returns its scope. */
  #finish(activation: Activation): Scope {
    const { node } = activation;
    const scope = activation.scope!;
    activation.scope = undefined;
    activation.madeIn = undefined;
    activation.input = undefined;
    if (this.#waiting?.delete(activation) !== true) this.#running--;
    this.#started?.delete(activation);
    if (this.#busy === undefined) return scope;
    this.#busy[node] = false;
    const parked = this.#parked?.get(node);
    if (parked === undefined) return scope;
    this.#ready.push(parked.shift()!);
    if (parked.length === 0) this.#parked!.delete(node);
    return scope;
  }

  /** All budgets around the run have to have room; then each is charged. */
  #charge(node: number, innermost: StepBudget): void {
    for (let budget: StepBudget | undefined = innermost; budget !== undefined; budget = budget.outer) {
      if (budget.used >= budget.cap) throw RunError.maxTotalSteps(capFacts(this.#plan, this, node, budget.cap));
    }
    for (let budget: StepBudget | undefined = innermost; budget !== undefined; budget = budget.outer) budget.used++;
  }

  #park(activation: Activation): void {
    this.#parked ??= new Map();
    const parked = this.#parked.get(activation.node);
    if (parked === undefined) {
      this.#parked.set(activation.node, [activation]);
      return;
    }
    let at = parked.length;
    while (at > 0 && compareActivations(parked[at - 1]!, activation) > 0) at--;
    parked.splice(at, 0, activation);
  }

  #remember(node: number, scope: Scope, value: unknown): void {
    const scopes = this.#valueScopes;
    if (scopes !== undefined) {
      const last = scopes[node];
      if (last !== undefined && compareTags(last, scope) > 0) return;
      scopes[node] = scope;
    }
    this.#values[node] = value;
  }

  /** A branch ended, here or further out, with a value that `origin` made. The input of the run is nobody's. */
  #end(origin: number, madeIn: Scope, value: unknown): void {
    if (origin === this.#plan.nodeCount) return;
    this.#endings ??= new Map();
    const last = this.#endings.get(origin);
    if (last === undefined || compareTags(last.madeIn, madeIn) <= 0) this.#endings.set(origin, { madeIn, value });
  }

  #choose(activation: Activation, keys: string | readonly string[]): RouteChoice {
    const routes = this.#plan.routes[activation.node]!;
    if (typeof keys === 'string') return routes.get(keys) ?? this.#chooseAll(activation, [keys]);
    return this.#chooseAll(activation, keys);
  }

  #chooseAll(activation: Activation, keys: readonly string[]): RouteChoice {
    const router = activation.node;
    const fallback = this.#plan.defaultRoute[router]!;
    const taken = new Set<number>();
    for (const key of keys) {
      const edge = this.#plan.routes[router]!.get(key)?.taken[0] ?? fallback;
      if (edge === -1) throw this.#noRoute(activation, key);
      taken.add(edge);
    }
    if (taken.size === 0) {
      if (fallback === -1) throw this.#noRoute(activation, []);
      taken.add(fallback);
    }
    return { router, keys, taken: [...taken] };
  }

  #noRoute({ node, visit }: Activation, key: unknown): StepError {
    const facts = { workflow: this.#plan.definition.name, node: routerLabel(this.#plan, node), visit, attempt: 1 };
    return StepError.noRoute(facts, key, [...this.#plan.routes[node]!.keys()]);
  }

  #activate(node: number, scope: Scope, value: unknown, origin: number, madeIn: Scope): void {
    if (scope.givenUp?.has(node) === true) {
      this.#skipNode(node, scope);
      return;
    }
    const passesOn = this.#plan.passesOn[node] === 1;
    const activation = new Activation(node, scope, value, passesOn ? origin : node, passesOn ? madeIn : scope);
    this.#ready.push(activation);
    this.onReady?.(activation);
  }

  #deliver(edge: number, scope: Scope, value: unknown, origin: number, madeIn: Scope): void {
    if (this.#plan.edgeIsPlain[edge] === 1) this.#arrive(edge, scope, value, origin, madeIn);
    else this.#travel(edge, scope, value, origin, madeIn);
  }

  /** An edge is delivered in the scope of its target. */
  #arrive(edge: number, scope: Scope, value: unknown, origin: number, madeIn: Scope): void {
    const { edgeTo, isDirect } = this.#plan;
    const node = edgeTo[edge]!;
    if (isDirect[node] === 1) this.#activate(node, scope, value, origin, madeIn);
    else this.#join(edge, node, scope, value, origin, madeIn);
  }

  /** An edge into a join is resolved in the scope of its target: delivered, or skipped with `NOTHING`. */
  #join(edge: number, node: number, scope: Scope, value: unknown, origin: number, madeIn: Scope): void {
    const { joinSlot, joins, edgePosition, sourceNames } = this.#plan;
    const slot = joinSlot[node]!;
    const states = (scope.joins ??= new Array<JoinState | undefined>(this.#plan.slotCount[scope.context]));
    let state = states[slot];
    if (state === undefined) {
      state = states[slot] = new JoinState(this.#expected(node, scope));
      this.#openJoins++;
    }
    state.waiting--;
    const mode = joins[node]!;
    if (value !== NOTHING) {
      state.receive(edgePosition[edge]!, value);
      if (mode === 'all') (state.sources ??= [])[edgePosition[edge]!] = { origin, madeIn };
      if (mode === 'first' && !state.isFired) {
        state.isFired = true;
        this.#activate(node, scope, value, node, scope);
        if (this.#plan.loops[this.#plan.contexts[scope.context]!.loop]?.head !== node) this.#dropLosers(node, scope);
      }
    }
    if (state.waiting > 0) return;
    states[slot] = undefined;
    this.#openJoins--;
    if (!state.isFired) this.#decide(node, scope, state, sourceNames[node]!);
  }

  /** Edges that enter a loop from outside belong to its first iteration only. */
  #expected(node: number, scope: Scope): number {
    const { entries, edgeContext, contexts, nodeContext } = this.#plan;
    const depth = contexts[nodeContext[node]!]!.depth;
    let expected = 0;
    for (let at = entries.starts[node]!; at < entries.starts[node + 1]!; at++) {
      if (depth - contexts[edgeContext[entries.edges[at]!]!]!.depth <= scope.firsts) expected++;
    }
    return expected;
  }

  /** All edges of a join are resolved: it fires, or is skipped. */
  #decide(node: number, scope: Scope, state: JoinState, names: readonly string[]): void {
    const mode = this.#plan.joins[node]!;
    if (scope.givenUp?.has(node) === true) {
      this.#skipNode(node, scope);
      return;
    }
    if (mode === 'one' && state.delivered > 1) throw this.#ambiguous(node, state, names);
    const value = joinedValue(mode, state, names);
    if (value !== NOTHING) {
      this.#activate(node, scope, value, node, scope);
      return;
    }
    state.sources?.forEach(({ origin, madeIn }, position) => this.#end(origin, madeIn, state.values[position]));
    this.#skipNode(node, scope);
  }

  #ambiguous(node: number, state: JoinState, names: readonly string[]): StepError {
    const { definition } = this.#plan;
    const facts = {
      workflow: definition.name,
      node: routerLabel(this.#plan, node),
      visit: this.#visits[node]! + 1,
      attempt: 1,
    };
    return StepError.ambiguousJoin(
      facts,
      names.filter((_, position) => position in state.values),
    );
  }

  /**
   * A `first` join with `cancelOthers` fired: what could only have delivered to it is given up, now and later. `scope`
   * is where that is: for a loop's head the iteration that brought it round.
   */
  #dropLosers(node: number, scope: Scope): void {
    const losers = this.#plan.losers.get(node);
    if (losers === undefined) return;
    scope.givenUp ??= new Set();
    for (const loser of losers) scope.givenUp.add(loser);
    const loses = (activation: Activation): boolean => activation.scope === scope && losers.has(activation.node);
    for (const activation of this.#ready.drain(loses)) this.#skipNode(activation.node, scope);
    for (const [parkedAt, parked] of this.#parked ?? []) {
      for (const activation of parked.filter(loses)) this.#skipNode(activation.node, scope);
      const left = parked.filter((activation) => !loses(activation));
      if (left.length > 0) this.#parked!.set(parkedAt, left);
      else this.#parked!.delete(parkedAt);
    }
    for (const activation of this.#started!) if (loses(activation)) this.onLost?.(activation);
  }

  /** An edge that crosses contexts is resolved: it leaves loops first, then comes round or enters. */
  #travel(edge: number, scope: Scope, value: unknown, origin: number, madeIn: Scope): void {
    const { edgeContext, edgeIsBack, edgeTo, nodeContext } = this.#plan;
    if (scope.context !== edgeContext[edge]) {
      this.#leave(edge, scope, value, origin, madeIn);
    } else if (edgeIsBack[edge] === 1) {
      this.#comeRound(edge, scope, value, origin, madeIn);
    } else {
      const target = this.#enter(scope, nodeContext[edgeTo[edge]!]!);
      if (value === NOTHING) this.#skipArrival(edge, target);
      else this.#arrive(edge, target, value, origin, madeIn);
    }
  }

  #leave(edge: number, scope: Scope, value: unknown, origin: number, madeIn: Scope): void {
    const instance = scope.instance!;
    let leaving = instance.leaving.get(edge);
    if (leaving === undefined) {
      leaving = { resolved: 0, iteration: 0, value: NOTHING, origin, madeIn };
      instance.leaving.set(edge, leaving);
    }
    leaving.resolved++;
    if (value !== NOTHING && scope.iteration > leaving.iteration) {
      leaving.iteration = scope.iteration;
      leaving.value = value;
      leaving.origin = origin;
      leaving.madeIn = madeIn;
    }
    if (instance.isOver) this.#settle(edge, instance);
  }

  /** A loop that is over resolves an edge that leaves it once no iteration can deliver on it any more. */
  #settle(edge: number, instance: LoopInstance): void {
    const leaving = instance.leaving.get(edge);
    if (leaving === undefined || leaving.resolved < instance.iterations) return;
    this.#travel(edge, instance.outer, leaving.value, leaving.origin, leaving.madeIn);
  }

  /** The first iteration of a context within a scope; loops on the way are begun where they are not. */
  #enter(scope: Scope, context: number): Scope {
    if (scope.context === context) return scope;
    const { parent, loop } = this.#plan.contexts[context]!;
    const outer = this.#enter(scope, parent);
    const loops = (outer.loops ??= new Map());
    let instance = loops.get(context);
    if (instance === undefined) {
      instance = new LoopInstance(loop, outer, context);
      loops.set(context, instance);
    }
    return instance.first;
  }

  /** A back edge is resolved. When all of an iteration are, the loop goes on or is over. */
  #comeRound(edge: number, scope: Scope, value: unknown, origin: number, madeIn: Scope): void {
    const { contexts, loops, joins, edgePosition } = this.#plan;
    const loop = loops[contexts[scope.context]!.loop]!;
    const { head, backEdges, backNames } = loop;
    if (backEdges.length === 1 && joins[head] !== 'any') {
      if (value === NOTHING) this.#endLoop(loop, scope);
      else this.#activate(head, this.#nextIteration(scope), value, origin, madeIn);
      return;
    }
    let state = scope.back;
    if (state === undefined) {
      state = scope.back = new JoinState(backEdges.length);
      this.#openJoins++;
    }
    state.waiting--;
    if (value !== NOTHING) {
      state.receive(edgePosition[edge]!, value);
      if (joins[head] === 'first' && !state.isFired) {
        state.isFired = true;
        const next = this.#nextIteration(scope);
        this.#activate(head, next, value, head, next);
        this.#dropLosers(head, scope);
      }
    }
    if (state.waiting > 0) return;
    scope.back = undefined;
    this.#openJoins--;
    if (state.isFired) return;
    if (state.delivered > 0) this.#decide(head, this.#nextIteration(scope), state, backNames);
    else this.#endLoop(loop, scope);
  }

  #endLoop(loop: Loop, scope: Scope): void {
    const instance = scope.instance!;
    instance.isOver = true;
    for (const edge of loop.leaving) this.#settle(edge, instance);
  }

  #nextIteration(scope: Scope): Scope {
    const instance = scope.instance!;
    instance.iterations++;
    return new Scope(scope.context, scope.iteration + 1, scope.parent, instance, 0);
  }

  #skipNode(node: number, scope: Scope): void {
    const { skipTo, out, errorEdge } = this.#plan;
    const target = skipTo[node]!;
    if (target === SKIP_ENDS) return;
    if (target !== SKIP_SPREADS) {
      this.#skipEdge(target, scope);
      return;
    }
    for (let at = out.starts[node]!; at < out.starts[node + 1]!; at++) this.#skipEdge(out.edges[at]!, scope);
    this.#skipEdge(errorEdge[node]!, scope);
  }

  /** Skips are collected and propagated one by one: a long branch must not become a deep recursion. */
  #skipEdge(edge: number, scope: Scope): void {
    if (edge !== -1 && this.#plan.edgeTo[edge] !== TO_END) (this.#skips ??= []).push(edge, scope);
  }

  #propagate(): void {
    const skips = this.#skips;
    if (skips === undefined) return;
    while (skips.length > 0) {
      const scope = skips.pop() as Scope;
      const edge = skips.pop() as number;
      if (this.#plan.edgeIsPlain[edge] === 1) this.#skipArrival(edge, scope);
      else this.#travel(edge, scope, NOTHING, -1, scope);
    }
  }

  #skipArrival(edge: number, scope: Scope): void {
    const node = this.#plan.edgeTo[edge]!;
    if (this.#plan.isDirect[node] === 1) this.#skipNode(node, scope);
    else this.#join(edge, node, scope, NOTHING, -1, scope);
  }
}
