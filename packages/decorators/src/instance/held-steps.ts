import { DefinitionError, Runnable, type Problem, type StepContext } from '@drawloom/core';
import { isStep, problems as problem } from '@drawloom/core/front-end';
import { AgentBase } from '../agent/agent-base.js';
import { classProblems } from '../errors/class-problems.js';

/** Everything that is wrong with what the properties of an instance hold that are steps. */
export function problemsOfHeld(instance: object, workflow: string, properties: readonly string[]): Problem[] {
  return properties.flatMap((property) => {
    const held = (instance as Readonly<Record<string, unknown>>)[property];
    if (!isStep(held)) return [classProblems.notRunnable(`${workflow}.${property}`, held)];
    if (held instanceof AgentBase) return problemsOfNested(() => held.validate());
    if (!(held instanceof Runnable)) return [];
    return held.constructor === instance.constructor
      ? [problem.nestsItself(workflow)]
      : problemsOfNested(() => held.compiled());
  });
}

function problemsOfNested(check: () => unknown): readonly Problem[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!DefinitionError.is(error)) throw error;
    return error.problems;
  }
}

/**
 * Refuses a run of a class that is a step of itself, directly or through others that properties hold: each run would
 * begin the next one. What a method runs is its own affair.
 *
 * @param propertiesOf gives a class's steps that are properties.
 * @throws {@link DefinitionError} NESTS_ITSELF
 */
export function refuseNesting(
  workflow: { readonly name: string },
  around: StepContext | undefined,
  propertiesOf: (instance: object) => readonly string[],
): void {
  for (let step = around; step?.instance !== undefined; step = step.around) {
    if (!propertiesOf(step.instance).includes(step.node)) return;
    if (step.instance.constructor === workflow.constructor)
      throw new DefinitionError([problem.nestsItself(workflow.name)]);
  }
}
