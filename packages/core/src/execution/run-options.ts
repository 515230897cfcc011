import type { RunIdentity } from '../context/run-context.js';
import type { AuditGiven } from '../audit/audit-policy.js';
import { accompanimentMistakes, keptSurroundings } from '../context/check-surroundings.js';
import type { Guardrails } from '../context/guardrails.js';
import { describeValue } from '../errors/format-message.js';
import { RunError } from '../errors/run-error.js';
import type { MemoryGiven } from '../memory/memory-registry.js';
import type { Allowance } from '../model/allowance.js';
import { budgetMistakes, type Budget } from '../model/budget.js';
import type { RateLimiter } from '../model/rate-limiter.js';
import type { Telemetry } from '../ports/telemetry.js';
import type { Tone } from '../tone/tone.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { isExecutor, type Executor } from './executor.js';
import type { Overflow } from './event-queue.js';
import type { RunRequest } from './run.js';

/** Who a run is for, and what ends it. Unset identity inherits from the run around it, `null` clears it. */
export interface RunOptions extends RunIdentity {
  /** Aborting it cancels the run and everything nested in it. */
  readonly signal?: AbortSignal | undefined;
  /** For the whole run. More than 0. @defaultValue the workflow's `timeout` */
  readonly timeout?: Duration | undefined;
  /** How agents of this run sound: a preset or a sentence; `null` clears. @defaultValue that of the workflow, or around it */
  readonly tone?: Tone | null | undefined;
  /** What agents of this run remember with: a memory, or its text; `null` for nothing. @defaultValue that of the workflow, or around it */
  readonly memory?: MemoryGiven | null | undefined;
  /** Where spans of this run go; `null` for nowhere. @defaultValue that of the workflow, or around it */
  readonly telemetry?: Telemetry | null | undefined;
  /** How often each user's agents may ask their models in this run; `null` for no bound. Durable runs take none. @defaultValue that of the workflow, or around it */
  readonly rateLimit?: RateLimiter | null | undefined;
  /** What looks at the texts of this run's agents, beside the guardrails of the workflow and around it. Durable runs take none. @defaultValue none */
  readonly guardrails?: Guardrails | undefined;
  /** Budgets that span runs, and bound this one beside those of the workflow and around it. Durable runs take none. @defaultValue none */
  readonly allowances?: readonly Allowance[] | undefined;
  /** How this run is recorded: a log, or a policy; `null` for no record. @defaultValue that of the workflow, or around it */
  readonly audit?: AuditGiven | undefined;
  /** Caps on what models are asked for in this run and everything nested in it. @defaultValue the workflow's `budget` */
  readonly budget?: Budget | undefined;
  /** What carries out this run. @defaultValue that of the workflow */
  readonly executor?: Executor | undefined;
  /** A bound on step activations of this run and everything nested in it. At least 1. @defaultValue none */
  readonly maxTotalSteps?: number | undefined;
}

/** Whose run is taken up again, and how. */
export interface ResumeOptions {
  /** That of the run. @defaultValue none */
  readonly tenant?: string | undefined;
  /** Only a run of this user is found; `null` for one of nobody. @defaultValue whoever's it is, for operators */
  readonly userId?: string | null | undefined;
  /** What carries out the run. @defaultValue that of the workflow */
  readonly executor?: Executor | undefined;
  /** Aborting it cancels the run. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the run is taken from a process whose lease has not ended: where that is known to be gone. @defaultValue `false` */
  readonly takeOver?: boolean | undefined;
}

/** From where a run is forked, and what the new run is like. */
export interface ForkOptions extends Omit<ResumeOptions, 'takeOver'> {
  /** The node that is done anew, with everything that comes after it: of the run itself, not of one nested in it. */
  readonly from: string;
  /** Which of its visits. At least 1. @defaultValue the latest of which the outcome is known */
  readonly visit?: number | undefined;
  /** What the node receives in that visit. @defaultValue what it has received */
  readonly input?: unknown;
  /** Of the new run. @defaultValue a new one */
  readonly runId?: string | undefined;
}

/** How a consumer follows a run. */
export interface EventOptions {
  /** Events that may wait for the consumer. At least 1. @defaultValue 10,000 */
  readonly buffer?: number | undefined;
  /**
   * What happens when the buffer is full: the run pauses before its next step (`wait`), or the oldest events are given
   * up, which shows as a gap in `seq` (`drop`). @defaultValue `'wait'` for `stream`, `'drop'` for a handle's `events`
   */
  readonly overflow?: Overflow | undefined;
  /** How many levels of nested runs to follow; 0 for the run itself only. @defaultValue all */
  readonly depth?: number | undefined;
}

const IDENTITY_KEYS = ['tenant', 'userId', 'sessionId', 'runId'] as const;
const RESUME_OPTIONS: readonly (keyof ResumeOptions)[] = ['tenant', 'userId', 'executor', 'signal', 'takeOver'];
const FORK_OPTIONS: readonly (keyof ForkOptions)[] = [
  'from',
  'visit',
  'input',
  'runId',
  'tenant',
  'userId',
  'executor',
  'signal',
];
const EVENT_OPTIONS: readonly (keyof EventOptions)[] = ['buffer', 'overflow', 'depth'];
const RUN_OPTIONS: readonly (keyof RunOptions)[] = [
  ...IDENTITY_KEYS,
  'metadata',
  'signal',
  'timeout',
  'maxTotalSteps',
  'budget',
  'tone',
  'memory',
  'telemetry',
  'rateLimit',
  'guardrails',
  'allowances',
  'audit',
  'executor',
];
const STREAM_OPTIONS: readonly string[] = [...RUN_OPTIONS, ...EVENT_OPTIONS];

/**
 * What a caller asks for, checked.
 *
 * @throws {@link RunError} INVALID_RUN_OPTION
 */
export function readRunOptions(
  workflow: string,
  options: RunOptions,
): Omit<RunRequest, 'input' | 'parent' | 'hasHandle'> {
  const invalid = (option: string, value: unknown, allowed: string): RunError =>
    RunError.invalidOption(workflow, option, value, allowed);
  if (typeof options !== 'object' || options === null) throw invalid('options', options, 'an object');
  refuseUnknown(workflow, options, STREAM_OPTIONS);
  for (const key of IDENTITY_KEYS) {
    const value: unknown = options[key];
    const canClear = key === 'userId' || key === 'sessionId';
    if (value === undefined || (typeof value === 'string' && value !== '') || (value === null && canClear)) continue;
    throw invalid(key, value, `text of at least one character${canClear ? ', or null' : ''}`);
  }
  const { tenant, userId, sessionId, runId, metadata, signal, timeout, maxTotalSteps, budget } = options;
  if (metadata !== undefined && (typeof metadata !== 'object' || Array.isArray(metadata))) {
    throw invalid('metadata', metadata, 'an object, or null');
  }
  const { executor } = options;
  if (executor !== undefined && !isExecutor(executor)) throw invalid('executor', executor, 'an Executor');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', signal, 'an AbortSignal');
  if (maxTotalSteps !== undefined && !isCount(maxTotalSteps)) {
    throw invalid('maxTotalSteps', maxTotalSteps, 'a whole number of 1 or more');
  }
  const [mistake] = [...budgetMistakes(budget), ...accompanimentMistakes(options)];
  if (mistake !== undefined) throw invalid(mistake.option, mistake.value, mistake.allowed);
  const timeoutMs = timeout === undefined ? undefined : (toMilliseconds(timeout) ?? 0);
  if (timeoutMs === 0) throw invalid('timeout', timeout, `more than 0; ${DURATION_FORMS}`);
  const { tone, memory, telemetry, rateLimit, guardrails, allowances, audit } = keptSurroundings(options);
  const said = { tone, memory, telemetry, rateLimit, guardrails, allowances, audit };
  return { tenant, userId, sessionId, runId, metadata, signal, timeoutMs, maxTotalSteps, budget, ...said };
}

/**
 * Checks how a run is to be taken up again.
 *
 * @throws {@link RunError} INVALID_RUN_OPTION
 */
export function checkResumeOptions(workflow: string, runId: unknown, options: ResumeOptions): ResumeOptions {
  checkOptionsOfRun(workflow, runId, options, RESUME_OPTIONS);
  const { takeOver } = options;
  if (takeOver !== undefined && typeof takeOver !== 'boolean')
    throw RunError.invalidOption(workflow, 'takeOver', takeOver, 'true, false');
  return options;
}

/**
 * Checks how a run is to be forked.
 *
 * @throws {@link RunError} INVALID_RUN_OPTION
 */
export function checkForkOptions(workflow: string, runId: unknown, options: ForkOptions): ForkOptions {
  checkOptionsOfRun(workflow, runId, options, FORK_OPTIONS);
  const { from, visit, runId: own } = options;
  if (!isText(from)) throw RunError.invalidOption(workflow, 'from', from, 'the name of a node');
  if (visit !== undefined && !(Number.isSafeInteger(visit) && visit >= 1))
    throw RunError.invalidOption(workflow, 'visit', visit, 'a whole number of 1 or more');
  if (own !== undefined && !isText(own))
    throw RunError.invalidOption(workflow, 'runId', own, 'text of at least one character');
  return options;
}

function checkOptionsOfRun(
  workflow: string,
  runId: unknown,
  options: Omit<ResumeOptions, 'takeOver'>,
  known: readonly string[],
): void {
  const invalid = (option: string, value: unknown, allowed: string): RunError =>
    RunError.invalidOption(workflow, option, value, allowed);
  if (!isText(runId)) throw invalid('runId', runId, 'text of at least one character');
  if (typeof options !== 'object' || options === null) throw invalid('options', options, 'an object');
  refuseUnknown(workflow, options, known);
  const { tenant, userId, executor, signal } = options;
  if (executor !== undefined && !isExecutor(executor)) throw invalid('executor', executor, 'an Executor');
  if (tenant !== undefined && !isText(tenant)) throw invalid('tenant', tenant, 'text of at least one character');
  if (userId != null && !isText(userId)) throw invalid('userId', userId, 'text of at least one character, or null');
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', signal, 'an AbortSignal');
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/**
 * Checks how a consumer wants to follow a run.
 *
 * @throws {@link RunError} INVALID_RUN_OPTION
 */
export function checkEventOptions(workflow: string, options: EventOptions): void {
  if (typeof options !== 'object' || options === null)
    throw RunError.invalidOption(workflow, 'options', options, 'an object');
  refuseUnknown(workflow, options, STREAM_OPTIONS);
  const { buffer, overflow, depth } = options;
  if (buffer !== undefined && !isCount(buffer)) {
    throw RunError.invalidOption(workflow, 'buffer', buffer, 'a whole number of 1 or more');
  }
  if (overflow !== undefined && overflow !== 'wait' && overflow !== 'drop') {
    throw RunError.invalidOption(workflow, 'overflow', overflow, `${describeValue('wait')}, ${describeValue('drop')}`);
  }
  if (depth !== undefined && !(typeof depth === 'number' && depth >= 0))
    throw RunError.invalidOption(workflow, 'depth', depth, 'a number of 0 or more');
}

/** A misspelt option would be without effect in silence; with `userId` that is another tenant's run. */
function refuseUnknown(workflow: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) if (!known.includes(key)) throw RunError.unknownOption(workflow, key, known);
}

/** Whether a value can be a cap: a whole number of 1 or more, or Infinity. */
export function isCount(value: unknown): value is number {
  return value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 1);
}
