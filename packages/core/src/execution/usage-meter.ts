/**
 * Job. Counts what language models are asked for in one run, in one activation of it or by one agent, and refuses the call
 * for which a budget has nothing left.
 *
 * Boundary. It is told of calls; it makes none. Prices are the caller's.
 *
 * Invariants.
 * U1. What is counted here is counted in every meter around it, too.
 * U2. A call is counted before it is made, so that a cap on calls holds however many are made at the same time. Tokens and
 *     dollars are known afterwards: calls that are under way together may exceed those caps together.
 * U3. What an earlier execution of the run has used counts: `restore` is given it with each record that stands for something which is
 *     not done again.
 */
import { RunError } from '../errors/run-error.js';
import type { RunUsage, Usage } from '../errors/run-record.js';
import type { ModelUsage } from '../ports/language-model.js';
import type { Clock } from '../values/clock.js';
import { breachOf, goesByUsage, warningsOf, type Budget, type BudgetUse, type Spent } from '../model/budget.js';

/** What a meter belongs to. */
export interface Metered {
  /** The run's workflow, or the agent. */
  readonly where: string;
  readonly budget: Budget | undefined;
  readonly clock: Clock;
  readonly startedAt: number;
  /** What this one is part of. */
  readonly outer: UsageMeter | undefined;
  /** Told of each call that is refused because this budget is used up, before it is. */
  readonly onRefused?: ((error: RunError) => void) | undefined;
  /** Told once that the budget is used up, when a call is refused for it. */
  readonly onExceeded?: ((use: BudgetUse) => void) | undefined;
  /** Told once for each cap of which four fifths are used up. */
  readonly onWarning?: ((warning: BudgetUse) => void) | undefined;
}

type Counted = { -readonly [K in keyof Usage]: Usage[K] };

export class UsageMeter {
  readonly #about: Metered;
  readonly #total = nothing();
  readonly #byModel = new Map<string, Counted>();
  readonly #warned = new Set<keyof Budget>();
  #isExceeded = false;
  /** The activations that asked for something; of one, the calls that a journal keeps. */
  readonly #parts = new WeakMap<object, UsageMeter>();
  /** The items of a map that asked for something, until they have ended. */
  #items: Map<number, UsageMeter> | undefined;

  constructor(about: Metered) {
    this.#about = about;
  }

  /**
   * A call is about to be made.
   *
   * @param isAside Whether it is one that can be done without: then nobody is told that the budget is used up.
   * @throws {@link RunError} BUDGET_EXCEEDED when this meter, or one around it, has nothing left for it.
   */
  begin(isAside = false): void {
    this.#check(isAside);
    this.#count((total) => total.calls++);
  }

  /** It has ended; `usage` is undefined where nothing is known. */
  end(model: string, usage: ModelUsage | undefined, cost: number): void {
    this.#count((total, byModel) => {
      let own = byModel.get(model);
      if (own === undefined) byModel.set(model, (own = nothing()));
      own.calls++;
      add(own, usage, cost);
      add(total, usage, cost);
    });
  }

  /** What counts for one part of this, which has no budget of its own. */
  partOf(key: object): UsageMeter {
    let part = this.#parts.get(key);
    if (part === undefined) this.#parts.set(key, (part = this.#newPart()));
    return part;
  }

  /** The same for an item of a map, which `endItem` forgets. */
  itemOf(item: number): UsageMeter {
    const items = (this.#items ??= new Map());
    let part = items.get(item);
    if (part === undefined) items.set(item, (part = this.#newPart()));
    return part;
  }

  /** What an item has used; `undefined` where it has asked for nothing. */
  endItem(item: number): RunUsage | undefined {
    const part = this.#items?.get(item);
    this.#items?.delete(item);
    return part?.usageIfAny;
  }

  #newPart(): UsageMeter {
    const { where, clock, startedAt } = this.#about;
    return new UsageMeter({ where, budget: undefined, clock, startedAt, outer: this });
  }

  /** What a part has used; `undefined` where it has asked for nothing. */
  usageOf(key: object): RunUsage | undefined {
    return this.#parts.get(key)?.usageIfAny;
  }

  /** Has what a part used be known by what came of it, too. */
  passOn(key: object, result: object): void {
    const part = this.#parts.get(key);
    if (part !== undefined) this.#parts.set(result, part);
  }

  /** Takes over what was used in an earlier execution of the run. */
  restore(usage: RunUsage): void {
    this.#count((total, byModel) => {
      addUsage(total, usage);
      for (const [model, used] of Object.entries(usage.byModel)) {
        const own = byModel.get(model) ?? nothing();
        addUsage(own, used);
        byModel.set(model, own);
      }
    });
  }

  /** Whether a budget, its own or one around it, goes by what models tell of their usage. */
  get needsUsage(): boolean {
    const { budget, outer } = this.#about;
    return goesByUsage(budget) || outer?.needsUsage === true;
  }

  /** What has been used so far. */
  get usage(): RunUsage {
    const entries = [...this.#byModel].map(([model, used]) => [model, Object.freeze({ ...used })] as const);
    return Object.freeze({ ...this.#total, byModel: Object.freeze(Object.fromEntries(entries)) });
  }

  /** `undefined` where nothing was asked for. */
  get usageIfAny(): RunUsage | undefined {
    return this.#total.calls === 0 ? undefined : this.usage;
  }

  /** Outermost first: whoever is used up altogether says so. */
  #check(isAside: boolean): void {
    const { budget, where, onRefused, onExceeded, outer } = this.#about;
    if (outer !== undefined) outer.#check(isAside);
    const breach = budget === undefined ? undefined : breachOf(budget, this.#spent(budget));
    if (breach === undefined) return;
    const error = RunError.budgetExceeded(where, breach);
    if (isAside) throw error;
    if (!this.#isExceeded) onExceeded?.(breach);
    this.#isExceeded = true;
    onRefused?.(error);
    throw error;
  }

  #warn(): void {
    const { budget, onWarning } = this.#about;
    if (budget === undefined || onWarning === undefined) return;
    warningsOf(budget, this.#spent(budget), this.#warned).forEach(onWarning);
  }

  #spent({ time }: Budget): Spent {
    const { clock, startedAt } = this.#about;
    const { cost: usd, totalTokens: tokens, calls } = this.#total;
    return { usd, tokens, calls, time: time === undefined ? 0 : clock.now() - startedAt };
  }

  #count(count: (total: Counted, byModel: Map<string, Counted>) => void): void {
    count(this.#total, this.#byModel);
    this.#warn();
    const { outer } = this.#about;
    if (outer !== undefined) outer.#count(count);
  }
}

/** What a run without models has used. */
export const NO_USAGE: RunUsage = Object.freeze({ ...nothing(), byModel: Object.freeze({}) });

function nothing(): Counted {
  return {
    calls: 0,
    inputTokens: 0,
    cachedTokens: 0,
    cacheWrittenTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    totalTokens: 0,
    cost: 0,
  };
}

function add(sum: Counted, usage: ModelUsage | undefined, cost: number): void {
  sum.cost += cost;
  if (usage === undefined) return;
  sum.inputTokens += usage.inputTokens;
  sum.cachedTokens += usage.cachedTokens;
  sum.cacheWrittenTokens += usage.cacheWrittenTokens;
  sum.outputTokens += usage.outputTokens;
  sum.reasoningTokens += usage.reasoningTokens;
  sum.totalTokens += usage.inputTokens + usage.outputTokens;
}

function addUsage(sum: Counted, { calls, cost, ...tokens }: Usage): void {
  sum.calls += calls;
  add(sum, tokens, cost);
}
