import { accompanimentProblems, keptSurroundings, type Accompaniment } from '../context/check-surroundings.js';
import { openedMemory, type Surroundings } from '../context/surroundings.js';
import { isAble } from '../context/check-surroundings.js';
import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { RunError } from '../errors/run-error.js';
import type { Plan } from '../graph/plan.js';
import type { KnownActor } from '../approval/actor.js';
import { Approvals } from '../approval/approvals.js';
import type { AuthenticationOptions } from '../approval/authentication.js';
import type { ActedOn } from '../approval/judgement.js';
import type { WaitNotice } from '../approval/pass-time.js';
import { type EarlySignalOptions, earlySignalProblems, Signals } from '../approval/signals.js';
import type { Journal, RunKey, RunStatus, Wait } from '../ports/journal.js';
import { systemClock, type Clock } from '../values/clock.js';
import { ValueCodec, type ValueCodecOptions } from '../values/codec.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { DurableRuns, type ForkRequest, type ResumeReport, type ResumeRequest } from './durable-runs.js';
import type { EventQueue } from './event-queue.js';
import type { Program } from './program.js';
import { Run, type RunRequest, type RunResult } from './run.js';

/** A run that has not begun: what a handle and a stream need of it. */
export interface PreparedRun {
  readonly plan: Plan;
  readonly runId: string;
  readonly status: RunStatus;
  /** Runs the workflow to its end, or until it is suspended; called once. */
  execute(): Promise<RunResult<unknown>>;
  cancel(reason?: unknown): void;
  /** Sends the events of the run to a queue from now on. */
  observe(queue: EventQueue): void;
  /** Where people decide, and send signals, where the run has a journal. */
  readonly people?: People | undefined;
  /** Of a run with a journal: resolves when that has it, or it is known that the run does not begin. */
  readonly begun?: Promise<void> | undefined;
}

/** What people do for the runs of a journal. */
export interface People {
  readonly approvals: Approvals;
  readonly signals: Signals;
}

/** The same, as runs take it. */
export interface OpenedDefaults extends Surroundings {
  readonly clock?: Clock | undefined;
}

/** What accompanies runs whose workflow, and the runs around it, say nothing else; and where durable runs are kept. */
export interface ExecutorDefaults extends Accompaniment {
  readonly clock?: Clock | undefined;
  /**
   * Where runs are kept, so that they survive the end of the process and can wait for people. @defaultValue none: a run
   * lives as long as its process, and a workflow that waits is refused
   */
  readonly journal?: Journal | undefined;
  /** How durable runs are carried out. @defaultValue each option's own */
  readonly durability?: DurabilityOptions | undefined;
}

/** How durable runs are carried out. */
export interface DurabilityOptions {
  /** Which values may stand in a journal, beside the usual ones, and how large they may be. */
  readonly values?: ValueCodecOptions | undefined;
  /**
   * How long a run belongs to a process that is not heard of; afterwards another one may take it up. A process says so three
   * times in this while. More than 0. @defaultValue `'30s'`
   */
  readonly lease?: Duration | undefined;
  /**
   * How it is known who decides and who sends signals. @defaultValue it is not, so that whatever people do is refused
   */
  readonly authentication?: Omit<AuthenticationOptions, 'clock'> | undefined;
  /** How signals are kept that come before anything waits for them. @defaultValue 100 in a run, 7 days each */
  readonly signals?: EarlySignalOptions | undefined;
  /** Told of reminders, escalations and times that are over, by the process that has written it; once. @defaultValue nobody */
  readonly onNotice?: ((wait: Wait, notice: WaitNotice) => unknown) | undefined;
  /**
   * How soon is looked for runs that another process has let go of, or whose waits it has settled. It doubles, up to a minute,
   * while nothing goes on here; times that are known are kept exactly. More than 0. @defaultValue `'1s'`
   */
  readonly pollInterval?: Duration | undefined;
  /**
   * Told of what goes wrong with runs that are taken up again by themselves, and with looking for them. What a run fails
   * with is in its journal as well. @defaultValue nobody
   */
  readonly onBackgroundError?: ((error: unknown, run: RunKey | undefined) => void) | undefined;
}

/** A workflow that is to be known to an executor. */
export type Registered = Compilable | (() => Compilable);

/** A workflow, as an executor needs it: `Workflow`, and what is made of a class of `@drawloom/decorators`. */
export interface Compilable {
  compiled(): Program;
}

/** What carries out runs. A class, so that it is its own injection token. */
export abstract class Executor {
  abstract prepare(program: Program, request: RunRequest): PreparedRun;

  /**
   * Takes up a run that was begun earlier.
   *
   * @throws {@link RunError} NO_JOURNAL where this executor keeps no runs.
   */
  abstract prepareResume(program: Program, key: RunKey, request: ResumeRequest): PreparedRun;

  /**
   * Cancels a run, wherever it is: one that is under way here at once, one that is suspended by taking it up first.
   *
   * @throws {@link RunError} RUN_NOT_FOUND, RUN_ELSEWHERE, NO_JOURNAL.
   */
  abstract cancelRun(program: Program, key: RunKey, request: ResumeRequest, reason: unknown): Promise<void>;

  /**
   * Makes a run that begins with what another one has done.
   *
   * @param key - of the run that is forked.
   * @throws {@link RunError} NO_JOURNAL where this executor keeps no runs.
   */
  abstract prepareFork(program: Program, key: RunKey, request: ForkRequest): PreparedRun;

  /**
   * Has runs of workflows be taken up again by themselves, also in a process that has not begun any: those of a container are
   * registered with its executor, others when they are first run. Without effect where this executor keeps no runs.
   *
   * @param workflows - each of them, or a function that gives it when runs are first looked for.
   * @throws {@link DefinitionError} INVALID_OPTION for what is no workflow, and whatever is wrong with one.
   */
  abstract register(...workflows: readonly Registered[]): void;

  /**
   * What people decide of the runs of this executor's journal: their inbox, decisions, delegations.
   *
   * @throws {@link RunError} NO_JOURNAL where this executor keeps no runs.
   */
  abstract get approvals(): Approvals;

  /**
   * Signals to the runs of this executor's journal.
   *
   * @throws {@link RunError} NO_JOURNAL where this executor keeps no runs.
   */
  abstract get signals(): Signals;

  /**
   * Takes up what an earlier process left: runs that were under way, and suspended ones whose time has come. Call it when
   * the process starts, with all workflows registered: those of a container are. From then on it happens by itself.
   *
   * @param options.takeOver - whether runs are taken from an owner whose lease has not ended yet: for an application that is
   * the only process of its journal.
   * @returns when each of them is under way; how they end is told to `onBackgroundError`, and to whoever resumes one by id.
   */
  abstract resumeAll(options?: { readonly takeOver?: boolean }): Promise<ResumeReport>;

  /**
   * Lets all durable runs come to rest, for a process that is about to stop: nothing more begins, steps that are in progress
   * may end. What has not ended by the deadline is given up, and runs again where the run is resumed.
   *
   * @param options.deadline - how long steps may go on. @defaultValue `'10s'`
   */
  abstract drain(options?: { readonly deadline?: Duration }): Promise<void>;
}

/** What bounds a run, and that no journal can keep: a run that is resumed would go on without it. */
const LIMITS = ['guardrails', 'rateLimit', 'allowances'] as const;

function refuseLimitsOfCall(workflow: string, request: RunRequest): void {
  const [option] = LIMITS.filter((limit) => request[limit] != null);
  if (option === undefined) return;
  const allowed =
    'nothing in a run that is kept in a journal, since that cannot keep it: the workflow, the agent and the executor can say it';
  throw RunError.invalidOption(workflow, option, request[option], allowed);
}

/** Runs workflows in this process; with a journal durably. */
export class LocalExecutor extends Executor {
  readonly #defaults: OpenedDefaults;
  readonly #durable: DurableRuns | undefined;

  /** @throws {@link DefinitionError} INVALID_OPTION with everything that is wrong, UNKNOWN_MEMORY. */
  constructor(options: ExecutorDefaults = {}) {
    super();
    const where = 'LocalExecutor';
    DefinitionError.throwIfAny([...accompanimentProblems(where, options), ...durabilityProblems(where, options)]);
    const kept = keptSurroundings(options);
    const { journal, durability = {}, clock } = options;
    const {
      values,
      lease = '30s',
      pollInterval = '1s',
      onBackgroundError,
      onNotice,
      authentication,
      signals,
    } = durability;
    this.#defaults = { ...kept, memory: openedMemory(kept.memory, kept.memories, where), clock };
    if (journal === undefined) return;
    const codec = new ValueCodec(values);
    const durable = new DurableRuns({
      store: journal,
      codec,
      clock: clock ?? systemClock,
      leaseMs: toMilliseconds(lease)!,
      pollMs: toMilliseconds(pollInterval)!,
      defaults: this.#defaults,
      onError: onBackgroundError ?? (() => undefined),
      onNotice,
    });
    this.#durable = durable;
    const shared = {
      ...authentication,
      journal,
      codec,
      clock,
      onSettled: (wait: Wait) => durable.settled(wait),
      onRefused: (about: ActedOn, actor: KnownActor, reason: string) => durable.refused(about, actor, reason),
    };
    durable.people = {
      approvals: new Approvals(shared),
      signals: new Signals({ ...shared, ...signals, judge: durable.judge, onKept: (run) => durable.settled(run) }),
    };
  }

  override prepare(program: Program, request: RunRequest): PreparedRun {
    // What is nested in a run with a journal stands in that; in one without, a run that has an executor with one is a run of its own.
    const isWithin = request.parent?.owner.journal !== undefined;
    if (this.#durable === undefined || isWithin) return new Run(program, request, this.#defaults);
    refuseLimitsOfCall(program.plan.definition.name, request);
    return this.#durable.prepare(program, request);
  }

  override prepareResume(program: Program, key: RunKey, request: ResumeRequest): PreparedRun {
    if (this.#durable === undefined)
      throw RunError.noJournal(program.plan.definition.name, 'a run of it is to be resumed');
    return this.#durable.prepareResume(program, key, request);
  }

  override async cancelRun(program: Program, key: RunKey, request: ResumeRequest, reason: unknown): Promise<void> {
    if (this.#durable === undefined)
      throw RunError.noJournal(program.plan.definition.name, 'a run of it is to be cancelled');
    await this.#durable.cancel(program, key, request, reason);
  }

  override prepareFork(program: Program, key: RunKey, request: ForkRequest): PreparedRun {
    if (this.#durable === undefined)
      throw RunError.noJournal(program.plan.definition.name, 'a run of it is to be forked');
    return this.#durable.prepareFork(program, key, request);
  }

  override register(...workflows: readonly Registered[]): void {
    for (const workflow of workflows) {
      if (typeof workflow === 'function' && !isClass(workflow))
        this.#durable?.registerLater(() => compiledOf(workflow()));
      else this.#durable?.register(compiledOf(workflow));
    }
  }

  override get approvals(): Approvals {
    return (this.#durable?.people ?? noJournal('approvals')).approvals;
  }

  override get signals(): Signals {
    return (this.#durable?.people ?? noJournal('signals')).signals;
  }

  override async resumeAll({ takeOver = false }: { readonly takeOver?: boolean } = {}): Promise<ResumeReport> {
    return (await this.#durable?.resumeAll(takeOver)) ?? { resumed: [] };
  }

  override async drain({ deadline = '10s' }: { readonly deadline?: Duration } = {}): Promise<void> {
    const deadlineMs = toMilliseconds(deadline);
    if (deadlineMs === undefined)
      throw new DefinitionError([problem.invalidOption('LocalExecutor', 'deadline', deadline, DURATION_FORMS)]);
    await this.#durable?.drain(deadlineMs);
  }
}

function compiledOf(workflow: unknown): Program {
  if (isAble(workflow, ['compiled'])) return (workflow as Compilable).compiled();
  const allowed = 'a workflow (new Workflow(…), or an instance of a class), or a function that gives one';
  throw new DefinitionError([problem.invalidOption('LocalExecutor', 'workflow', workflow, allowed)]);
}

/** It cannot be called, and an instance was meant. */
function isClass(value: object): boolean {
  return Object.getOwnPropertyDescriptor(value, 'prototype')?.writable === false;
}

function noJournal(what: string): never {
  throw RunError.noJournal('LocalExecutor', `${what} were asked for`);
}

/** What is wrong with how durable runs are to be kept. */
export function durabilityProblems(
  where: string,
  { journal, durability }: Pick<ExecutorDefaults, 'journal' | 'durability'>,
): Problem[] {
  const found: Problem[] = [];
  if (journal !== undefined && !isAble(journal, ['create', 'commit', 'claim', 'records', 'keepSignal']))
    found.push(
      problem.invalidOption(where, 'journal', journal, 'a Journal, such as sqlite(path) or new InMemoryJournal()'),
    );
  if (durability === undefined) return found;
  if (typeof durability !== 'object' || durability === null)
    return [...found, problem.invalidOption(where, 'durability', durability, 'an object')];
  for (const key of Object.keys(durability)) {
    if (!DURABILITY.includes(key)) found.push(problem.unknownOption(where, `durability.${key}`, DURABILITY));
  }
  for (const name of ['lease', 'pollInterval'] as const) {
    const value = durability[name];
    if (value !== undefined && !((toMilliseconds(value) ?? 0) > 0))
      found.push(problem.invalidOption(where, `durability.${name}`, value, `more than 0; ${DURATION_FORMS}`));
  }
  const { signals } = durability;
  if (typeof signals === 'object' && signals !== null)
    found.push(...earlySignalProblems(where, signals, 'durability.signals.'));
  else if (signals !== undefined)
    found.push(problem.invalidOption(where, 'durability.signals', signals, 'an object: { keepFor?, most? }'));
  for (const name of ['onBackgroundError', 'onNotice'] as const) {
    const value = durability[name];
    if (value !== undefined && typeof value !== 'function')
      found.push(problem.invalidOption(where, `durability.${name}`, value, 'a function'));
  }
  return found;
}

const DURABILITY: readonly string[] = [
  'values',
  'lease',
  'pollInterval',
  'authentication',
  'signals',
  'onNotice',
  'onBackgroundError',
];

/** By its shape: it may come from a second installed copy of the package. */
export function isExecutor(value: unknown): value is Executor {
  if (typeof value !== 'object' || value === null) return false;
  return ['prepare', 'prepareResume', 'register'].every(
    (name) => typeof (value as Record<string, unknown>)[name] === 'function',
  );
}

/** The executor of workflows that were given none. */
export const localExecutor: Executor = new LocalExecutor();
