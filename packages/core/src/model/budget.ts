import { describeValue } from '../errors/format-message.js';
import type { SpentCap } from '../errors/run-error.js';
import type { OptionMistake } from '../errors/problems.js';
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

/** What has been used up of each cap; milliseconds of `time`. */
export type Spent = Readonly<Record<keyof Budget, number>>;

/** How much of a cap is used. */
export type BudgetUse = SpentCap;

/** In the order in which a breach is told. */
export const CAPS: readonly (keyof Budget)[] = ['calls', 'tokens', 'usd', 'time'];

/** Whether a budget has caps that only what models tell of their usage can use up. */
export function goesByUsage(budget: Budget | undefined): boolean {
  return budget?.tokens !== undefined || budget?.usd !== undefined;
}

/** The part of a cap from which on it is warned of. */
const WARN_FROM = 0.8;

/** The cap of which nothing is left. */
export function breachOf(budget: Budget, spent: Spent): BudgetUse | undefined {
  return usesOf(budget, spent).find(({ limit, used }) => used >= limit);
}

/** The caps of which four fifths are used, and that were not warned of; from now on they were. */
export function warningsOf(budget: Budget, spent: Spent, warned: Set<keyof Budget>): readonly BudgetUse[] {
  const due = usesOf(budget, spent).filter(({ cap, limit, used }) => used >= limit * WARN_FROM && !warned.has(cap));
  for (const { cap } of due) warned.add(cap);
  return due;
}

function usesOf(budget: Budget, spent: Spent): BudgetUse[] {
  return CAPS.flatMap((cap) => {
    const limit = cap === 'time' ? toMilliseconds(budget.time) : budget[cap];
    return limit === undefined ? [] : [{ cap, limit, used: spent[cap] }];
  });
}

/** What is wrong with a budget: each wrong option with what is allowed. */
export function budgetMistakes(budget: unknown): OptionMistake[] {
  if (budget === undefined) return [];
  if (typeof budget !== 'object' || budget === null || Array.isArray(budget))
    return [{ option: 'budget', value: budget, allowed: 'an object such as { usd: 0.5, calls: 20 }' }];
  return Object.entries(budget).flatMap(([key, value]: [string, unknown]) => {
    const option = `budget.${key}`;
    if ((CAPS as readonly string[]).includes(key)) return capMistakes(option, key as keyof Budget, value);
    return [{ option, value, allowed: `only the caps ${CAPS.map((cap) => describeValue(cap)).join(', ')}` }];
  });
}

/** What is wrong with one cap. */
export function capMistakes(option: string, cap: keyof Budget, value: unknown): OptionMistake[] {
  if (value === undefined) return [];
  if (cap === 'time') return toMilliseconds(value) === undefined ? [{ option, value, allowed: DURATION_FORMS }] : [];
  const isAmount = typeof value === 'number' && value >= 0;
  return isAmount ? [] : [{ option, value, allowed: 'a number of 0 or more' }];
}
