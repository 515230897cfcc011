import 'reflect-metadata';
import { Clock, Executor, LocalExecutor, RunContext, systemClock, Telemetry } from '@drawloom/core';
import { ContainerModule } from 'inversify';
import { RunScope } from './run-scope.js';

/** What workflows of a container are run with. */
export interface DrawloomOptions {
  /** Carries out runs. @defaultValue in this process */
  readonly executor?: Executor | undefined;
  /** Where spans go. @defaultValue nowhere */
  readonly telemetry?: Telemetry | undefined;
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
export function drawloom({ executor, telemetry, clock = systemClock }: DrawloomOptions = {}): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(RunScope).toConstantValue(new RunScope());
    // Scopes are given each time: a container may have another default, and a run's context must never be kept.
    bind(RunContext)
      .toResolvedValue((scope: RunScope) => scope.context, [RunScope])
      .inTransientScope();
    bind(Clock).toConstantValue(clock);
    if (telemetry !== undefined) bind(Telemetry).toConstantValue(telemetry);
    if (executor !== undefined) bind(Executor).toConstantValue(executor);
    else {
      bind(Executor)
        .toResolvedValue(
          (time: Clock, spans?: Telemetry) => new LocalExecutor({ clock: time, telemetry: spans }),
          [Clock, { serviceIdentifier: Telemetry, optional: true }],
        )
        .inTransientScope(); // so that a clock that is bound anew counts from then on
    }
  });
}
