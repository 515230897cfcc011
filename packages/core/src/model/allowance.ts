/**
 * Job. Bounds what models may be asked for over all runs, by each user or by all together, in each period.
 *
 * Boundary. It is told of calls; it makes none. What a single run may use is its budget's business.
 *
 * Invariants.
 * A1. A call is counted before it is made, so that a cap on calls holds however many are made at the same time. Tokens, dollars
 *     and time are known afterwards: calls that are under way together may exceed those caps together.
 * A2. A call that is not made after all is given back.
 * A3. Periods are counted from the epoch: every process, and a process that was restarted, agrees on when one begins.
 */
import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { RunError } from '../errors/run-error.js';
import { systemClock, type Clock } from '../values/clock.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { userKey } from './user-key.js';
import {
  breachOf,
  CAPS,
  capMistakes,
  goesByUsage,
  warningsOf,
  type Budget,
  type BudgetUse,
  type Spent,
} from './budget.js';

/** What models may be asked for over all runs; whatever is reached first stops. Each cap is 0 or more. */
export interface AllowanceOptions {
  /** What messages and events call it. */
  readonly name: string;
  /** Whether each user has an allowance, or all have one together. @defaultValue `'user'` */
  readonly per?: 'user' | 'all' | undefined;
  /** The length of a period, at whose end all of it is there again: with `'24h'` at midnight UTC. More than 0. @defaultValue never */
  readonly every?: Duration | undefined;
  /** US dollars. A model without a known price costs nothing. */
  readonly usd?: number | undefined;
  /** Of input and output together. */
  readonly tokens?: number | undefined;
  /** How often a model is asked. N allows exactly N. */
  readonly calls?: number | undefined;
  /** How long models have taken to answer, over all calls. */
  readonly time?: Duration | undefined;
  /**
   * Users that are known at a time; for a further one the user who has not asked for longest is forgotten, and has used
   * nothing. At least 1. @defaultValue 100,000
   */
  readonly maxUsers?: number | undefined;
}

/** What a claim goes by. */
export interface AllowanceCall {
  /** The organisation that the user belongs to. @defaultValue none */
  readonly tenant?: string | undefined;
  /** @defaultValue the machine's */
  readonly clock?: Clock | undefined;
  /** Who asks, for the error. @defaultValue the allowance's name */
  readonly where?: string | undefined;
  /** Told once in each period for each cap of which four fifths are used up. */
  readonly onWarning?: ((warning: BudgetUse) => void) | undefined;
}

/** A call that was let through. One of the two is called, once. */
export interface AllowedCall {
  /** It has ended. Nothing is said where nothing is known. */
  settle(used?: { readonly usd: number; readonly tokens: number }): void;
  /** It is not made. */
  giveBack(): void;
}

/** What one user, or all together, have used up in this period. */
export interface AllowanceUse {
  readonly calls: number;
  readonly tokens: number;
  readonly usd: number;
  /** Milliseconds. */
  readonly time: number;
  /** When the next period begins, in milliseconds since the epoch; `undefined` where there is none. */
  readonly resetsAt: number | undefined;
}

interface Account {
  readonly period: number;
  readonly spent: { -readonly [K in keyof Spent]: Spent[K] };
  readonly warned: Set<keyof Budget>;
}

/**
 * A budget that spans runs: give it to an agent, a workflow, a run, an executor or `drawloom()` in `allowances`. What shares it
 * shares what it allows, and those of every level hold. A call for which nothing is left fails its step, as a rate limit
 * does. It holds in this process; across several, extend the class and override `claim` and `used`.
 *
 * @example
 * const perUser = new Allowance({ name: 'daily', usd: 2, every: '24h' });
 * const ofAll = new Allowance({ name: 'service', per: 'all', usd: 500, every: '24h' });
 * const executor = new LocalExecutor({ allowances: [perUser, ofAll] });
 */
export class Allowance {
  readonly name: string;
  readonly #caps: Budget;
  readonly #everyMs: number | undefined;
  readonly #isShared: boolean;
  readonly #maxUsers: number;
  /** Who has asked last comes last. Runs without a user share one account. */
  readonly #accounts = new Map<string, Account>();

  /** @throws {@link DefinitionError} INVALID_OPTION with everything that is wrong. */
  constructor(options: AllowanceOptions) {
    DefinitionError.throwIfAny(problemsOf(options));
    const { name, per = 'user', every, usd, tokens, calls, time, maxUsers = 100_000 } = options;
    this.name = name;
    this.#caps = { usd, tokens, calls, time };
    this.#everyMs = every === undefined ? undefined : toMilliseconds(every);
    this.#isShared = per === 'all';
    this.#maxUsers = maxUsers;
  }

  /** Whether it goes by what models tell of their usage. */
  get needsUsage(): boolean {
    return goesByUsage(this.#caps);
  }

  /**
   * Takes a call out of the allowance.
   *
   * @throws {@link RunError} ALLOWANCE_USED_UP, with `retryAfterMs` where there is another period.
   */
  async claim(userId: string | undefined, call: AllowanceCall = {}): Promise<AllowedCall> {
    const { tenant, clock = systemClock, where = this.name, onWarning } = call;
    const user = this.#keyOf(tenant, userId);
    const startedAt = clock.now();
    const account = this.#accountOf(user, startedAt);
    const breach = breachOf(this.#caps, account.spent);
    if (breach !== undefined) {
      const resetsAt = this.#endOf(account.period);
      const retryAfterMs = resetsAt === undefined ? undefined : resetsAt - startedAt;
      throw RunError.allowanceUsedUp(where, this.name, breach, retryAfterMs);
    }
    const count = ({ spent, warned }: Account, more: Partial<Spent>): void => {
      for (const cap of CAPS) spent[cap] += more[cap] ?? 0;
      warningsOf(this.#caps, spent, warned).forEach((warning) => onWarning?.(warning));
    };
    count(account, { calls: 1 });
    return {
      giveBack: () => void account.spent.calls--,
      // In a later period than it began in, it is that one's.
      settle: (used) => {
        const now = clock.now();
        count(this.#accountOf(user, now), { ...used, time: now - startedAt });
      },
    };
  }

  /** What has been used up; of an allowance for all, whoever is named. */
  async used(
    userId: string | undefined,
    { tenant, clock = systemClock }: Pick<AllowanceCall, 'tenant' | 'clock'> = {},
  ): Promise<AllowanceUse> {
    const period = this.#periodAt(clock.now());
    const account = this.#accounts.get(this.#keyOf(tenant, userId));
    const spent = account?.period === period ? account.spent : NOTHING;
    return Object.freeze({ ...spent, resetsAt: this.#endOf(period) });
  }

  #keyOf(tenant: string | undefined, userId: string | undefined): string {
    return this.#isShared ? '' : userKey(tenant, userId);
  }

  #accountOf(key: string, now: number): Account {
    const period = this.#periodAt(now);
    const known = this.#accounts.get(key);
    const account =
      known?.period === period ? known : { period, spent: { ...NOTHING }, warned: new Set<keyof Budget>() };
    this.#accounts.delete(key);
    this.#accounts.set(key, account);
    if (this.#accounts.size > this.#maxUsers) this.#accounts.delete(this.#accounts.keys().next().value!);
    return account;
  }

  /** A3. */
  #periodAt(now: number): number {
    return this.#everyMs === undefined ? 0 : Math.floor(now / this.#everyMs);
  }

  #endOf(period: number): number | undefined {
    return this.#everyMs === undefined ? undefined : (period + 1) * this.#everyMs;
  }
}

const NOTHING: Spent = Object.freeze({ calls: 0, tokens: 0, usd: 0, time: 0 });
const OPTIONS: readonly string[] = ['name', 'per', 'every', ...CAPS, 'maxUsers'];

function problemsOf(options: AllowanceOptions): Problem[] {
  if (typeof options !== 'object' || options === null)
    return [problem.invalidOption('Allowance', 'options', options, 'an object { name, usd, every }')];
  const { name, per, every, maxUsers } = options;
  const isNamed = typeof name === 'string' && name !== '';
  const where = isNamed ? `Allowance(${name})` : 'Allowance';
  const given = CAPS.filter((cap) => options[cap] !== undefined);
  const isCount = Number.isSafeInteger(maxUsers) && maxUsers! >= 1;
  const rules: [boolean, string, unknown, string][] = [
    [isNamed, 'name', name, 'text of at least one character'],
    [given.length > 0, CAPS.join(', '), undefined, 'at least one of them'],
    [[undefined, 'user', 'all'].includes(per), 'per', per, '"user", "all"'],
    [every === undefined || (toMilliseconds(every) ?? 0) > 0, 'every', every, `more than 0; ${DURATION_FORMS}`],
    [maxUsers === undefined || isCount, 'maxUsers', maxUsers, 'a whole number of 1 or more'],
  ];
  return [
    ...Object.keys(options)
      .filter((key) => !OPTIONS.includes(key))
      .map((key) => problem.unknownOption(where, key, OPTIONS)),
    ...problem.invalidOptions(where, [
      ...rules.filter(([isRight]) => !isRight).map(([, option, value, allowed]) => ({ option, value, allowed })),
      ...CAPS.flatMap((cap) => capMistakes(cap, cap, options[cap])),
    ]),
  ];
}
