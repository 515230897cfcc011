import 'reflect-metadata';
import {
  Clock,
  DefinitionError,
  Executor,
  Journal,
  LocalExecutor,
  Memory,
  MemoryRegistry,
  ModelRegistry,
  PersonalData,
  RateLimiter,
  RunContext,
  systemClock,
  Telemetry,
  type Allowance,
  type AuditGiven,
  type AuditLog,
  type AuditPolicy,
  type DurabilityOptions,
  type ExecutorDefaults,
  type Guardrails,
  type MemoriesGiven,
  type MemoryGiven,
  type ModelsGiven,
  type Problem,
  type Tone,
} from '@drawloom/core';
import {
  accompanimentProblems,
  durabilityProblems,
  isAble,
  memoryRegistry,
  modelRegistry,
  problems as problem,
} from '@drawloom/core/front-end';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { RunScope } from './run-scope.js';

/** The token of the tone, which is text and has no class. */
export const TONE: ServiceIdentifier<Tone> = Symbol.for('drawloom.tone');
/** The token of the guardrails, which are a plain object. */
export const GUARDRAILS: ServiceIdentifier<Guardrails> = Symbol.for('drawloom.guardrails');
/** The token of the allowances, which are a list. */
export const ALLOWANCES: ServiceIdentifier<readonly Allowance[]> = Symbol.for('drawloom.allowances');
/** The token of how runs are recorded: a log, or a policy. */
export const AUDIT: ServiceIdentifier<AuditGiven> = Symbol.for('drawloom.audit');
/** The token of how durable runs are carried out, which is a plain object. */
export const DURABILITY: ServiceIdentifier<DurabilityOptions> = Symbol.for('drawloom.durability');

/** What workflows of a container are run with. */
export interface DrawloomOptions {
  /** Carries out runs. @defaultValue in this process */
  readonly executor?: Executor | undefined;
  /** Where spans go. @defaultValue nowhere */
  readonly telemetry?: Telemetry | undefined;
  /** The models that agents may ask for by name: providers, single models, or a registry. @defaultValue none */
  readonly models?: ModelsGiven | undefined;
  /** What opens memories by text: providers, or a registry. @defaultValue nothing; `in-memory` needs nothing */
  readonly memories?: MemoriesGiven | undefined;
  /** What agents remember with: a memory, or its text. @defaultValue nothing */
  readonly memory?: MemoryGiven | null | undefined;
  /** How agents sound that nobody tells otherwise: a preset or a sentence. @defaultValue as they please */
  readonly tone?: Tone | null | undefined;
  /** How often each user's agents may ask their models. @defaultValue as often as they please */
  readonly rateLimit?: RateLimiter | null | undefined;
  /** What looks at the texts of all agents. @defaultValue nothing */
  readonly guardrails?: Guardrails | undefined;
  /** Budgets that span runs. @defaultValue none */
  readonly allowances?: readonly Allowance[] | undefined;
  /** How runs are recorded: a log, or a policy. @defaultValue no record */
  readonly audit?: AuditGiven | undefined;
  /** Where runs are kept, so that they survive the process and can wait for people. @defaultValue nowhere */
  readonly journal?: Journal | undefined;
  /** How durable runs are carried out. @defaultValue each option's own */
  readonly durability?: DurabilityOptions | undefined;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined;
}

/**
 * What a container needs to run workflows. Every part has its class as its token (`TONE`, `GUARDRAILS`, `ALLOWANCES`, `AUDIT` and `DURABILITY` for those) and can be bound anew:
 * `container.rebind(Clock).toConstantValue(...)`. `RunContext` can be injected by whatever is made for a run.
 *
 * @example
 * const container = new Container();
 * container.load(drawloom(), workflows(Triage));
 * const { output } = await container.get(Triage).run('I want a refund', { userId: 'alice' });
 *
 * @throws {@link DefinitionError} INVALID_OPTION
 */
export function drawloom(options: DrawloomOptions = {}): ContainerModule {
  DefinitionError.throwIfAny(checkOptions(options));
  const { executor, models = [], memories = [], memory, clock = systemClock } = options;
  return new ContainerModule(({ bind }) => {
    bind(RunScope).toConstantValue(new RunScope());
    // Scopes are given each time: a container may have another default, and a run's context must never be kept.
    bind(RunContext)
      .toResolvedValue((scope: RunScope) => scope.context, [RunScope])
      .inTransientScope();
    bind(Clock).toConstantValue(clock);
    bind(ModelRegistry).toConstantValue(modelRegistry(models));
    bind(MemoryRegistry).toConstantValue(memoryRegistry(memories));
    if (typeof memory === 'string') {
      const open = (registry: MemoryRegistry): Memory => registry.resolve(memory, 'drawloom');
      bind(Memory).toResolvedValue(open, [MemoryRegistry]).inSingletonScope(); // so that it is opened when it is needed
    } else if (memory != null) bind(Memory).toConstantValue(memory);
    for (const part of PLAIN_PARTS) {
      if (options[part] != null) bind<unknown>(PARTS[part]).toConstantValue(options[part]);
    }
    bind(PersonalData)
      .toResolvedValue(
        (kept: Memory | undefined, journal: Journal | undefined, audited: unknown, given: Clock) => {
          const audit = isAble(audited, ['entries'])
            ? (audited as AuditLog)
            : ((audited as AuditPolicy | undefined)?.log ?? undefined);
          return new PersonalData({ memory: kept, journal, audit }, { clock: given });
        },
        [ifBound(Memory), ifBound(Journal), ifBound<unknown>(AUDIT), Clock],
      )
      .inTransientScope();
    if (executor !== undefined) bind(Executor).toConstantValue(executor);
    else {
      const names = Object.keys(PARTS);
      const tokens = Object.values(PARTS).map((token) => ifBound(token));
      let last: { readonly parts: readonly unknown[]; readonly executor: Executor } | undefined;
      bind(Executor)
        .toResolvedValue((...parts: unknown[]) => {
          // What is bound anew counts from then on; until then it is one executor, which knows all runs under way.
          if (last?.parts.every((part, index) => part === parts[index]) === true) return last.executor;
          const executor = new LocalExecutor(Object.fromEntries(parts.map((part, index) => [names[index]!, part])));
          last = { parts, executor };
          return executor;
        }, tokens)
        .inTransientScope();
    }
  });
}

function ifBound<T>(serviceIdentifier: ServiceIdentifier<T>) {
  return { serviceIdentifier, optional: true } as const;
}

/** What accompanies runs, and the token by which each part is bound. */
const PARTS: Readonly<Record<keyof ExecutorDefaults, ServiceIdentifier>> = {
  clock: Clock,
  telemetry: Telemetry,
  models: ModelRegistry,
  memories: MemoryRegistry,
  memory: Memory,
  tone: TONE,
  rateLimit: RateLimiter,
  guardrails: GUARDRAILS,
  allowances: ALLOWANCES,
  audit: AUDIT,
  journal: Journal,
  durability: DURABILITY,
};

/** Parts that are bound as they are given. */
const PLAIN_PARTS = [
  'telemetry',
  'tone',
  'rateLimit',
  'guardrails',
  'allowances',
  'audit',
  'journal',
  'durability',
] as const;

const OPTIONS = ['executor', ...Object.keys(PARTS)];

/** What a misspelt option was meant for would be missed in silence. */
function checkOptions(options: DrawloomOptions): Problem[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    return [problem.invalidOption('drawloom', 'options', options, 'an object')];
  const { executor, ...parts } = options;
  const unknown = Object.keys(options).filter((option) => !OPTIONS.includes(option));
  return [
    ...unknown.map((option) => problem.unknownOption('drawloom', option, OPTIONS)),
    ...(executor === undefined || isAble(executor, ['prepare'])
      ? []
      : [problem.invalidOption('drawloom', 'executor', executor, 'an Executor')]),
    ...accompanimentProblems('drawloom', parts),
    ...durabilityProblems('drawloom', parts),
  ];
}
