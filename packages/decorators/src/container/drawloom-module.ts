import 'reflect-metadata';
import {
  Clock,
  Executor,
  LocalExecutor,
  Memory,
  ModelRegistry,
  RunContext,
  systemClock,
  Telemetry,
  type LanguageModel,
  type ModelProvider,
  type Tone,
} from '@drawloom/core';
import { ContainerModule, type ServiceIdentifier } from 'inversify';
import { RunScope } from './run-scope.js';

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
 * What a container needs to run workflows. Every part has its class as its token and can be bound anew:
 * `container.rebind(Clock).toConstantValue(...)`. `RunContext` can be injected by whatever is made for a run.
 *
 * @example
 * const container = new Container();
 * container.load(drawloom(), workflows(Triage));
 * const { output } = await container.get(Triage).run('I want a refund', { userId: 'alice' });
 */
export function drawloom(options: DrawloomOptions = {}): ContainerModule {
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
    if (executor !== undefined) bind(Executor).toConstantValue(executor);
    else {
      bind(Executor)
        .toResolvedValue(makeExecutor(tone), [Clock, ModelRegistry, ifBound(Telemetry), ifBound(Memory)])
        .inTransientScope(); // so that what is bound anew counts from then on
    }
  });
}

function makeExecutor(tone: Tone | undefined) {
  return (clock: Clock, models: ModelRegistry, telemetry?: Telemetry, memory?: Memory): Executor =>
    new LocalExecutor({ clock, models, telemetry, memory, tone });
}

function ifBound<T>(serviceIdentifier: ServiceIdentifier<T>) {
  return { serviceIdentifier, optional: true } as const;
}
