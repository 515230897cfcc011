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
 */
import { RunError } from '../errors/run-error.js';
import type { RunUsage, Usage } from '../errors/run-record.js';
import type { ModelUsage } from '../ports/language-model.js';
import type { Clock } from '../values/clock.js';
import { describeValue } from '../errors/format-message.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';

/**
 * Caps on what language models may be asked for; whatever is reached first stops. Each is 0 or more.
 *
 * They are checked before each call. What a call costs is known when it is over: dollars and tokens may be exceeded by the
 * calls that are under way at that moment (one for each agent that runs at the same time), and by no other.
 */
export interface Budget {
  /** US dollars. A model without a known price costs nothing. */
  readonly usd?: number | undefined;
  /** Of input and output together. */
  readonly tokens?: number | undefined;
  /** How often a model is asked. N allows exactly N. */
  readonly calls?: number | undefined;
  /** Since the run, or the agent's run, began. A call that is under way is not cut off: that is what `timeout` is for. */
  readonly time?: Duration | undefined;
}

const CAPS: readonly (keyof Budget)[] = ['usd', 'tokens', 'calls', 'time'];

/** What is wrong with a budget: each wrong option with what is allowed. */
export function budgetMistakes(budget: unknown): { option: string; value: unknown; allowed: string }[] {
  if (budget === undefined) return [];
  if (typeof budget !== 'object' || budget === null || Array.isArray(budget))
    return [{ option: 'budget', value: budget, allowed: 'an object such as { usd: 0.5, calls: 20 }' }];
  const given = budget as Readonly<Record<string, unknown>>;
  const isAmount = (value: unknown): boolean => typeof value === 'number' && value >= 0;
  return Object.keys(given).flatMap((key) => {
    const value = given[key];
    const option = `budget.${key}`;
    if (!CAPS.includes(key as keyof Budget)) {
      return [{ option, value, allowed: `only the caps ${CAPS.map((cap) => describeValue(cap)).join(', ')}` }];
    }
    if (value === undefined) return [];
    if (key === 'time') return toMilliseconds(value) === undefined ? [{ option, value, allowed: DURATION_FORMS }] : [];
    return isAmount(value) ? [] : [{ option, value, allowed: 'a number of 0 or more' }];
  });
}

/** What a meter belongs to. */
export interface Metered {
  /** The run's workflow, or the agent. */
  readonly where: string;
  readonly budget: Budget | undefined;
  readonly clock: Clock;
  readonly startedAt: number;
  /** What this one is part of. */
  readonly outer: UsageMeter | undefined;
  /** Told when the budget is used up, before the call is refused. */
  readonly onExceeded?: ((error: RunError) => void) | undefined;
  /** Told once for each cap of which four fifths are used up. */
  readonly onWarning?: ((warning: BudgetUse) => void) | undefined;
}

/** How much of a cap is used. */
export interface BudgetUse {
  readonly cap: keyof Budget;
  /** What the cap allows; milliseconds of `time`. */
  readonly limit: number;
  readonly used: number;
}

/** The part of a cap from which on it is warned of. */
const WARN_FROM = 0.8;

type Counted = { -readonly [K in keyof Usage]: Usage[K] };

export class UsageMeter {
  readonly #about: Metered;
  readonly #total = nothing();
  readonly #byModel = new Map<string, Counted>();
  readonly #warned = new Set<keyof Budget>();
  /** The activations that asked for something. */
  readonly #parts = new WeakMap<object, UsageMeter>();

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
    if (part === undefined) {
      const { where, clock, startedAt } = this.#about;
      part = new UsageMeter({ where, budget: undefined, clock, startedAt, outer: this });
      this.#parts.set(key, part);
    }
    return part;
  }

  /** What a part has used; `undefined` where it has asked for nothing. */
  usageOf(key: object): RunUsage | undefined {
    const part = this.#parts.get(key);
    return part === undefined || part.#total.calls === 0 ? undefined : part.usage;
  }

  /** Has what a part used be known by what came of it, too. */
  passOn(key: object, result: object): void {
    const part = this.#parts.get(key);
    if (part !== undefined) this.#parts.set(result, part);
  }

  /** What has been used so far. */
  get usage(): RunUsage {
    const entries = [...this.#byModel].map(([model, used]) => [model, Object.freeze({ ...used })] as const);
    return Object.freeze({ ...this.#total, byModel: Object.freeze(Object.fromEntries(entries)) });
  }

  /** Outermost first: whoever is used up altogether says so. */
  #check(isAside: boolean): void {
    const { budget, where, onExceeded, outer } = this.#about;
    if (outer !== undefined) outer.#check(isAside);
    const breach = budget === undefined ? undefined : this.#breachOf(budget);
    if (breach === undefined) return;
    const error = RunError.budgetExceeded(where, breach.cap, breach.used);
    if (!isAside) onExceeded?.(error);
    throw error;
  }

  #breachOf({ usd, tokens, calls, time }: Budget): { cap: string; used: string } | undefined {
    const { cost, totalTokens, calls: made } = this.#total;
    if (calls !== undefined && made >= calls) return { cap: `calls of ${calls}`, used: `${made} calls` };
    if (tokens !== undefined && totalTokens >= tokens)
      return { cap: `tokens of ${tokens}`, used: `${totalTokens} tokens` };
    if (usd !== undefined && cost >= usd)
      return { cap: `usd of ${usd}`, used: `${Number(cost.toPrecision(6))} dollars` };
    const timeMs = toMilliseconds(time);
    const passed = timeMs === undefined ? 0 : this.#about.clock.now() - this.#about.startedAt;
    return timeMs !== undefined && passed >= timeMs ? { cap: `time of ${timeMs} ms`, used: `${passed} ms` } : undefined;
  }

  #warn(): void {
    const { budget, onWarning, clock, startedAt } = this.#about;
    if (budget === undefined || onWarning === undefined) return;
    const { cost, totalTokens, calls } = this.#total;
    const time = budget.time === undefined ? 0 : clock.now() - startedAt;
    const used = { usd: cost, tokens: totalTokens, calls, time };
    for (const cap of CAPS) {
      const limit = cap === 'time' ? toMilliseconds(budget.time) : budget[cap];
      if (limit === undefined || this.#warned.has(cap) || used[cap] < limit * WARN_FROM) continue;
      this.#warned.add(cap);
      onWarning({ cap, limit, used: used[cap] });
    }
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
