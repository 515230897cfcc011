import type { AuditGiven } from '../audit/audit-policy.js';
import { accompanimentProblems, ACCOMPANIMENTS, keptSurroundings } from '../context/check-surroundings.js';
import type { Guardrails } from '../context/guardrails.js';
import type { Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { isCount } from '../execution/run-options.js';
import { isExecutor, type Executor } from '../execution/executor.js';
import type { Settings } from '../execution/program.js';
import type { Allowance } from '../model/allowance.js';
import { budgetMistakes, type Budget } from '../model/budget.js';
import type { ModelsGiven } from '../model/model-registry.js';
import type { RateLimiter } from '../model/rate-limiter.js';
import type { MemoriesGiven, MemoryGiven } from '../memory/memory-registry.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Tone } from '../tone/tone.js';
import type { Clock } from '../values/clock.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';

/** What bounds and accompanies every run of a workflow. */
export interface WorkflowOptions {
  /** Recorded with every run. @defaultValue none */
  readonly version?: string | undefined;
  /** Activations that run at a time. At least 1. @defaultValue 8 */
  readonly maxConcurrency?: number | undefined;
  /**
   * Activations of steps and maps in one run; the next one is refused before it starts. At least 1.
   * @defaultValue the larger of 100 and the number of nodes
   */
  readonly maxSteps?: number | undefined;
  /** Activations of one node in one run; the next one is refused before it starts. At least 1. @defaultValue 25 */
  readonly maxVisitsPerNode?: number | undefined;
  /**
   * Entries of `visited`, `steps` and `routes` that a result keeps; older ones are pushed out and counted in `dropped`.
   * 0 keeps none. @defaultValue 10,000
   */
  readonly history?: number | undefined;
  /** For a whole run. More than 0. @defaultValue none */
  readonly timeout?: Duration | undefined;
  /**
   * How long a run that is stopped waits for steps that do not react to their signal; then they are announced as
   * cancelled and abandoned. @defaultValue `'5s'`
   */
  readonly cancelGrace?: Duration | undefined;
  /**
   * Whether code inside a step finds its run without being handed it: `currentContext()`, functions decorated with
   * `step()`, and workflows that a step function runs. Without it they see no run, and trivial steps cost about
   * half: ambient context is entered for each step, and before Node 24 it makes every promise of the process dearer.
   * Nested workflows that are nodes inherit the context either way, and tools of agents find it.
   * @defaultValue `true`
   */
  readonly ambient?: boolean | undefined;
  /**
   * Deeply freezes what steps return, so that no branch changes what another one sees, and a result shows what each
   * step gave. Values are handed on by reference otherwise. @defaultValue `false`
   */
  readonly freeze?: boolean | undefined;
  /** Where spans go; `null` for nowhere. @defaultValue that of the run around it, else none */
  readonly telemetry?: Telemetry | null | undefined;
  /**
   * The models that agents may ask for by name: providers, single models, or a registry.
   * @defaultValue those of the run around it, else none
   */
  readonly models?: ModelsGiven | undefined;
  /** What opens memories by text: providers, or a registry. @defaultValue those of the run around it, else `in-memory` alone */
  readonly memories?: MemoriesGiven | undefined;
  /** What agents remember with: a memory, or its text; `null` for nothing. @defaultValue that of the run around it, else none */
  readonly memory?: MemoryGiven | null | undefined;
  /** How agents sound: a preset or a sentence; `null` clears. @defaultValue that of the run around it, else none */
  readonly tone?: Tone | null | undefined;
  /** What looks at the texts of agents, beside the guardrails of the run around it and of the agents. @defaultValue none */
  readonly guardrails?: Guardrails | undefined;
  /** How often each user's agents may ask their models; `null` for no bound. @defaultValue that of the run around it, else none */
  readonly rateLimit?: RateLimiter | null | undefined;
  /** Caps on what models are asked for in a run and everything nested in it. @defaultValue none */
  readonly budget?: Budget | undefined;
  /** Budgets that span runs, beside those of the run around it and of the agents. @defaultValue none */
  readonly allowances?: readonly Allowance[] | undefined;
  /** How runs are recorded: a log, or a policy; `null` for no record. @defaultValue that of the run around it, else no record */
  readonly audit?: AuditGiven | undefined;
  /** @defaultValue that of the run around it, else the machine's clock */
  readonly clock?: Clock | undefined;
  /**
   * What carries out its runs; one with a journal does so durably. Nested runs belong to that of the outermost one.
   * @defaultValue that of the container, else one without a journal
   */
  readonly executor?: Executor | undefined;
}

const OPTIONS: readonly (keyof WorkflowOptions)[] = [
  'version',
  'maxConcurrency',
  'maxSteps',
  'maxVisitsPerNode',
  'history',
  'timeout',
  'cancelGrace',
  'ambient',
  'freeze',
  'budget',
  ...ACCOMPANIMENTS,
  'executor',
];
const CAPS = ['maxConcurrency', 'maxSteps', 'maxVisitsPerNode'] as const;

/** Every mistake in a workflow's options. `known` names options of the caller's own. */
export function checkWorkflowOptions(
  where: string,
  options: WorkflowOptions,
  known: readonly string[] = [],
): Problem[] {
  if (typeof options !== 'object' || options === null)
    return [problem.invalidOption(where, 'options', options, 'an object')];
  const found: Problem[] = [];
  const all = [...OPTIONS, ...known];
  for (const key of Object.keys(options)) if (!all.includes(key)) found.push(problem.unknownOption(where, key, all));
  for (const cap of CAPS) {
    const value = options[cap];
    if (value !== undefined && !isCount(value))
      found.push(problem.invalidOption(where, cap, value, 'a whole number of 1 or more'));
  }
  const { version, history, timeout, cancelGrace, ambient, freeze } = options;
  const check = (isRight: boolean, option: string, value: unknown, allowed: string): void => {
    if (value !== undefined && !isRight) found.push(problem.invalidOption(where, option, value, allowed));
  };
  check(typeof version === 'string', 'version', version, 'text');
  check(history === 0 || isCount(history), 'history', history, 'a whole number of 0 or more');
  check((toMilliseconds(timeout) ?? 0) > 0, 'timeout', timeout, `more than 0; ${DURATION_FORMS}`);
  check(toMilliseconds(cancelGrace) !== undefined, 'cancelGrace', cancelGrace, DURATION_FORMS);
  check(typeof ambient === 'boolean', 'ambient', ambient, 'true, false');
  check(typeof freeze === 'boolean', 'freeze', freeze, 'true, false');
  found.push(
    ...problem.invalidOptions(where, budgetMistakes(options.budget)),
    ...accompanimentProblems(where, options),
  );
  const { executor } = options;
  check(isExecutor(executor), 'executor', executor, 'an Executor, such as new LocalExecutor()');
  return found;
}

/** Fills in the defaults. The options have been checked. */
export function settingsOf(options: WorkflowOptions, nodeCount: number): Settings {
  return {
    maxConcurrency: options.maxConcurrency ?? 8,
    maxSteps: options.maxSteps ?? Math.max(100, nodeCount),
    maxVisitsPerNode: options.maxVisitsPerNode ?? 25,
    history: options.history ?? 10_000,
    ambient: options.ambient ?? true,
    cancelGraceMs: toMilliseconds(options.cancelGrace ?? '5s')!,
    timeoutMs: options.timeout === undefined ? undefined : toMilliseconds(options.timeout),
    ...keptSurroundings(options),
    clock: options.clock,
    budget: options.budget,
  };
}
