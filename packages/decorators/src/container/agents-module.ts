import 'reflect-metadata';
import { DefinitionError, Executor, type Problem } from '@drawloom/core';
import { ContainerModule } from 'inversify';
import { AgentBase } from '../agent/agent-base.js';
import { classProblems } from '../errors/class-problems.js';
import { inheritConstructor } from './inherit-constructor.js';

/** A class of agents that a container can make instances of. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever a constructor takes is injected, whatever it answers
export type AgentClass = new (...args: any[]) => AgentBase<any>;

/**
 * Registers agent classes: whoever asks for one is given a new instance, and a run of it by itself has the models, the
 * memory, the tone and the telemetry of the container. (`container.bind(Clerk).toSelf()` will do for an agent that is only
 * a step, and whose class has a constructor of its own: an inherited one would be called with nothing.)
 *
 * @throws {@link DefinitionError} NOT_AN_AGENT_CLASS, CONTAINER_NOT_READY, for all classes at once.
 */
export function agents(...classes: AgentClass[]): ContainerModule {
  const distinct = new Set(classes);
  DefinitionError.throwIfAny([...distinct].flatMap(problemsOf));
  return new ContainerModule(({ bind, isBound }) => {
    for (const type of distinct) {
      if (isBound(type)) continue; // by another module
      bind(type)
        .toSelf()
        .inTransientScope()
        .onActivation(({ get }, agent) => {
          AgentBase.useExecutor(agent, get(Executor, { optional: true }));
          return agent;
        });
    }
  });
}

function problemsOf(type: AgentClass): Problem[] {
  const isAgent = typeof type === 'function' && type.prototype instanceof AgentBase;
  return isAgent ? inheritConstructor(type, type.name) : [classProblems.notAnAgentClass(type)];
}
