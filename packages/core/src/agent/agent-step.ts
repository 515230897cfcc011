import { accompanimentProblems } from '../context/check-surroundings.js';
import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { RunnableStep } from '../execution/step.js';
import type { StepContext } from '../execution/step-context.js';
import { ownMemory, type MemoryGiven } from '../memory/memory-registry.js';
import { settingsProblems } from '../model/check-settings.js';
import type { Tone } from '../tone/tone.js';
import type { Agent, AgentRunOptions } from './agent.js';
import type { AgentResult } from './agent-result.js';

/** An `Agent`, or one that is a class. */
export type AskableAgent<O> = Pick<Agent<O>, 'name' | 'runInStep'>;

/** How an agent is asked in one node of a workflow; what is not said is the agent's. */
export interface AgentStepOptions<I, O, R> extends Pick<
  AgentRunOptions<O>,
  'model' | 'output' | 'maxTurns' | 'settings' | 'tools'
> {
  /** What the agent is asked, made of what arrives: text, or anything that it sees as JSON. @defaultValue what arrives */
  readonly prompt?: ((input: I, context: StepContext) => unknown) | undefined;
  /** How it sounds here; `null` for no tone. @defaultValue the agent's */
  readonly tone?: Tone | null | undefined;
  /** What it remembers with here: a memory, or its text; `null` for nothing. @defaultValue the agent's */
  readonly memory?: MemoryGiven | null | undefined;
  /** What flows on of the result. @defaultValue its `output` */
  readonly select?: ((result: AgentResult<O>) => R) | undefined;
}

const OPTIONS = ['prompt', 'tone', 'memory', 'select', 'model', 'output', 'maxTurns', 'settings', 'tools'];

/**
 * An agent as a step that is asked in its own way: with a prompt made of what arrives, another output, another tone. The
 * same agent may stand in several nodes, each asked differently. Where it is asked with just what arrives, the agent
 * itself is the step.
 *
 * @throws {@link DefinitionError} INVALID_OPTION, INVALID_STEP
 *
 * @example
 * const review = new Workflow<{ title: string }>('review').addNode(
 *   'critique',
 *   agentStep(critic, { prompt: ({ title }: { title: string }) => `What is missing from "${title}"?`, tone: 'technical' }),
 * );
 */
export function agentStep<I = unknown, A = string, O = A, R = O>(
  agent: AskableAgent<A>,
  options: AgentStepOptions<I, O, R> = {},
): RunnableStep<I, R> {
  const where = `agentStep(${agent?.name})`;
  if (typeof agent?.runInStep !== 'function') throw new DefinitionError([problem.invalidStep('agentStep()', agent)]);
  const unknown = Object.keys(options).filter((option) => !OPTIONS.includes(option));
  const wrong = (['prompt', 'select'] as const).filter(
    (option) => options[option] !== undefined && typeof options[option] !== 'function',
  );
  DefinitionError.throwIfAny([
    ...unknown.map((option) => problem.unknownOption(where, option, OPTIONS)),
    ...wrong.map((option) => problem.invalidOption(where, option, options[option], 'a function')),
    ...settingsProblems(where, options.settings),
    ...accompanimentProblems(where, { tone: options.tone, memory: options.memory }),
  ]);
  const { prompt, select, ...said } = options;
  const instead = { ...said, memory: ownMemory(said.memory) };
  return Object.freeze({
    name: agent.name,
    shows: 'agent',
    runStep: async (input: I, context: StepContext): Promise<R> => {
      const asked = prompt === undefined ? input : await prompt(input, context);
      const result = await agent.runInStep(asked, context, instead);
      return select === undefined ? (result.output as unknown as R) : select(result);
    },
  });
}
