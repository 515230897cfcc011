import 'reflect-metadata';
import {
  Clock,
  DefinitionError,
  Executor,
  LocalExecutor,
  Memory,
  ModelRegistry,
  RunContext,
  systemClock,
  Telemetry,
  type LanguageModel,
  type ModelProvider,
  type Problem,
  type Tone,
} from '@drawloom/core';
import { problems as problem } from '@drawloom/core/front-end';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { RunScope } from './run-scope.js';

/** The token of the tone, which is text and has no class. */
export const TONE: ServiceIdentifier<Tone> = Symbol.for('drawloom.tone');

/** Something that models can be asked of by name. */
type ModelSource = ModelProvider | LanguageModel;

/** What workflows of a container are run with. */
export interface DrawloomOptions {
  /** Carries out runs. @defaultValue in this process */
  readonly executor?: Executor | undefined;
  /** Where spans go. @defaultValue nowhere */
  readonly telemetry?: Telemetry | undefined;
  /** The models that agents may ask for by name: providers, or single models. @defaultValue none */
  readonly models?: ModelSource | readonly ModelSource[] | undefined;
  /** What agents remember with. @defaultValue nothing */
  readonly memory?: Memory | undefined;
  /** How agents sound that nobody tells otherwise: a preset or a sentence. @defaultValue as they please */
  readonly tone?: Tone | undefined;
  /** @defaultValue the machine's clock */
  readonly clock?: Clock | undefined;
}

/**
 * What a container needs to run workflows. Every part has its class as its token (`TONE` for the tone) and can be bound anew:
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
  const { executor, telemetry, models = [], memory, tone, clock = systemClock } = options;
  return new ContainerModule(({ bind }) => {
    bind(RunScope).toConstantValue(new RunScope());
    // Scopes are given each time: a container may have another default, and a run's context must never be kept.
    bind(RunContext)
      .toResolvedValue((scope: RunScope) => scope.context, [RunScope])
      .inTransientScope();
    bind(Clock).toConstantValue(clock);
    bind(ModelRegistry).toConstantValue(new ModelRegistry(Array.isArray(models) ? models : [models]));
    if (telemetry !== undefined) bind(Telemetry).toConstantValue(telemetry);
    if (memory !== undefined) bind(Memory).toConstantValue(memory);
    if (tone !== undefined) bind(TONE).toConstantValue(tone);
    if (executor !== undefined) bind(Executor).toConstantValue(executor);
    else {
      bind(Executor)
        .toResolvedValue(makeExecutor, [Clock, ModelRegistry, ifBound(Telemetry), ifBound(Memory), ifBound(TONE)])
        .inTransientScope(); // so that what is bound anew counts from then on
    }
  });
}

/** What each option has to be able to do; what a misspelt one was meant for would be missed in silence. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  executor: ['prepare'],
  telemetry: ['span'],
  memory: ['remember', 'recall', 'history'],
  clock: ['now', 'setTimer'],
};
const OPTIONS = [...Object.keys(NEEDED), 'models', 'tone'];

function checkOptions(options: DrawloomOptions): Problem[] {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    return [problem.invalidOption('drawloom', 'options', options, 'an object')];
  return Object.entries(options).flatMap(([option, value]: [string, unknown]) => {
    if (!OPTIONS.includes(option)) return [problem.unknownOption('drawloom', option, OPTIONS)];
    if (value === undefined) return [];
    if (option === 'tone')
      return typeof value === 'string' ? [] : [problem.invalidOption('drawloom', option, value, 'text')];
    if (option === 'models') return checkModels(value);
    const methods = NEEDED[option]!;
    const allowed = `an object with ${methods.map((name) => `${name}()`).join(', ')}`;
    return isAble(value, methods) ? [] : [problem.invalidOption('drawloom', option, value, allowed)];
  });
}

function checkModels(models: unknown): Problem[] {
  const isSource = (source: unknown): boolean => isAble(source, ['answer']) || isAble(source, ['model']);
  return (Array.isArray(models) ? (models as unknown[]) : [models])
    .filter((source) => !isSource(source))
    .map((source) =>
      problem.invalidOption('drawloom', 'models', source, 'a model, a provider of models, or a list of them'),
    );
}

function isAble(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return methods.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
}

function makeExecutor(
  clock: Clock,
  models: ModelRegistry,
  telemetry: Telemetry | undefined,
  memory: Memory | undefined,
  tone: Tone | undefined,
): Executor {
  return new LocalExecutor({ clock, models, telemetry, memory, tone });
}

function ifBound<T>(serviceIdentifier: ServiceIdentifier<T>) {
  return { serviceIdentifier, optional: true } as const;
}
