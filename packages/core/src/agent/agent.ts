import { joinGuardrails } from '../context/guardrails.js';
import { joinAllowances, openedMemory } from '../context/surroundings.js';
import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { StepError } from '../errors/step-error.js';
import type { RunEvent } from '../execution/events.js';
import { localExecutor, type PreparedRun } from '../execution/executor.js';
import type { Program } from '../execution/program.js';
import { followRun, RunHandle } from '../execution/run-handle.js';
import { readRunOptions, type EventOptions, type RunOptions } from '../execution/run-options.js';
import type { CallSurroundings } from '../execution/run.js';
import type { RunnableStep } from '../execution/step.js';
import { currentStep, type StepContext } from '../execution/step-context.js';
import { START } from '../graph/definition.js';
import { compileGraph } from '../graph/compile-graph.js';
import { settingsProblems } from '../model/check-settings.js';
import { ModelRegistry } from '../model/model-registry.js';
import type { LanguageModel, ModelSettings } from '../ports/language-model.js';
import { receivedAt } from '../schema/received.js';
import { effectiveTone } from '../tone/effective-tone.js';
import { effectiveSetting } from '../values/precedence.js';
import { runAgent } from './agent-loop.js';
import { agentSettings, joinedTools, type AgentOptions, type AgentSettings } from './agent-options.js';
import type { AgentResult } from './agent-result.js';
import { AgentRun } from './agent-run.js';
import { textOf } from './text-of.js';
import { runnableTool, type RunnableToolOptions } from './runnable-tool.js';
import { schemaFrom, type AnySchema, type Tool } from './tool.js';

/** How an agent is run once; `tone`, `memory` and the like go before the agent's own. */
export interface AgentRunOptions<O = string> extends RunOptions {
  /** @defaultValue the agent's */
  readonly model?: LanguageModel | string | undefined;
  /** @defaultValue the agent's */
  readonly output?: AnySchema<O> | undefined;
  /** @defaultValue the agent's */
  readonly maxTurns?: number | undefined;
  /** Each setting goes before the agent's. */
  readonly settings?: ModelSettings | undefined;
  /** What the model may call beside the agent's tools. @defaultValue none */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tools of any input stand in one list
  readonly tools?: readonly Tool<any>[] | undefined;
}

/** What may be said in place of the agent's own. */
type AgentOverrides<O> = Pick<AgentRunOptions<O>, 'model' | 'output' | 'maxTurns' | 'settings' | 'tools'>;

/** How an agent is given to another one. */
export type AgentToolOptions = RunnableToolOptions<unknown>;

/**
 * A language model with instructions and tools, that answers an input: with text, or with a value that fits a schema. It
 * is a step: a node of a workflow gets the answer's value, and what an agent does in a step belongs to that step's run
 * (user, session, cancellation, events, budget). It keeps nothing between runs; that is what a memory is for.
 *
 * @example
 * const writer = new Agent({ name: 'writer', model: new EchoModel(), instructions: 'Answer in one sentence.' });
 * const { output } = await writer.run('Why is the sky blue?');
 */
export class Agent<O = string> implements RunnableStep<unknown, O> {
  readonly name: string;
  readonly shows = 'agent';
  readonly #settings: AgentSettings;
  /** What carries out its runs by itself, but for what one call says instead. */
  #program: Program | undefined;

  /** @throws {@link DefinitionError} with everything that is wrong: INVALID_OPTION, INVALID_NAME, NO_MODEL. */
  constructor(options: AgentOptions<O>) {
    this.#settings = agentSettings(options);
    this.name = options.name;
  }

  /**
   * Runs the agent by itself, or as part of the step that the caller is in. An agent that was interrupted is no error: the
   * result says so. Input that is no text is given to the model as JSON.
   *
   * @throws {@link StepError} when the model fails (its error is the `cause`); INVALID_OUTPUT when no answer fits the schema.
   * @throws {@link RunError} BUDGET_EXCEEDED, RUN_TIMEOUT, RUN_CANCELLED; INVALID_RUN_OPTION
   */
  run<P = O>(input: unknown, options: AgentRunOptions<P> = {}): Promise<AgentResult<P>> {
    try {
      return this.#prepare(input, options, false)
        .execute()
        .then(({ output }) => output as AgentResult<P>);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Runs the agent and gives its events; `run.completed` has the result as its output. Leaving the loop early cancels the
   * run. A run that fails ends with its `run.failed` event, then the loop throws the failure.
   *
   * @throws {@link RunError} INVALID_RUN_OPTION in the call itself.
   */
  stream<P = O>(input: unknown, options: AgentRunOptions<P> & EventOptions = {}): AsyncIterableIterator<RunEvent> {
    const { buffer, overflow, depth, ...rest } = options;
    const run = this.#prepare(input, rest, true);
    const events = followRun(
      run,
      { buffer, overflow, depth },
      () => run.cancel('the consumer of its events stopped'),
      true,
    );
    new RunHandle(run);
    return events;
  }

  /**
   * Called by the engine where the agent is a node of a workflow.
   *
   * @throws {@link StepError} AGENT_INTERRUPTED unless `whenInterrupted` is `'continue'`.
   */
  async runStep(input: unknown, context: StepContext): Promise<O> {
    return (await this.runInStep(input, context, {})).output;
  }

  /** The same, with what the step says instead, and the whole result. @internal */
  async runInStep<P = O>(
    input: unknown,
    context: StepContext,
    { tone, memory, ...instead }: AgentOverrides<P> & Pick<CallSurroundings, 'tone' | 'memory'>,
  ): Promise<AgentResult<P>> {
    const own = this.#settingsOf(instead);
    const said = { tone: tone === undefined ? own.tone : tone, memory: memory === undefined ? own.memory : memory };
    const result = await this.#perform({ ...own, ...said }, input, context, undefined);
    this.#refuseInterrupted(result, context);
    return result as AgentResult<P>;
  }

  /** The agent as a tool of another one: a run of its own within that one's step. */
  asTool(options: AgentToolOptions = {}): Tool {
    const { name } = this;
    const run = async (input: unknown, signal: AbortSignal): Promise<unknown> => {
      const result = await this.run(input, { signal });
      this.#refuseInterrupted(result);
      return result.output;
    };
    return runnableTool({ name, description: `Asks the agent ${name}.`, takes: undefined, run }, options);
  }

  #refuseInterrupted({ reason, text }: AgentResult<unknown>, step?: StepContext): void {
    if (reason === undefined || this.#settings.whenInterrupted === 'continue') return;
    const facts = step?.facts ?? { workflow: this.name, node: this.name, visit: 1, attempt: 1 };
    throw StepError.agentInterrupted(facts, this.name, reason, text);
  }

  #prepare(input: unknown, given: AgentRunOptions<unknown>, hasHandle: boolean): PreparedRun {
    const { model, output, maxTurns, settings, tools, ...options } = given;
    const own = this.#settingsOf({ model, output, maxTurns, settings, tools });
    const asked = readRunOptions(this.name, options);
    this.#program ??= this.#programOf(this.#settings);
    const program = own === this.#settings ? this.#program : this.#programOf(own, this.#program);
    const request = { ...asked, input, parent: currentStep(), hasHandle };
    return (options.executor ?? own.executor ?? localExecutor).prepare(program, request);
  }

  /** With what a call says instead. */
  #settingsOf(instead: AgentOverrides<unknown>): AgentSettings {
    const own = this.#settings;
    if (Object.values(instead).every((value) => value === undefined)) return own;
    const { model, output, maxTurns, settings, tools } = instead;
    if (maxTurns !== undefined && !(Number.isSafeInteger(maxTurns) && maxTurns >= 1)) {
      const wrong = problem.invalidOption(this.name, 'maxTurns', maxTurns, 'a whole number of 1 or more');
      throw new DefinitionError([wrong]);
    }
    DefinitionError.throwIfAny(settingsProblems(this.name, settings));
    return {
      ...own,
      model: model ?? own.model,
      output: output === undefined ? own.output : schemaFrom<unknown>(output, `${this.name}.output`),
      maxTurns: maxTurns ?? own.maxTurns,
      tools: tools === undefined ? own.tools : joinedTools(this.name, own.tools, tools),
      settings: settings === undefined ? own.settings : { ...own.settings, ...settings },
    };
  }

  /** A workflow of one node. What a call says of the surroundings is asked of the run: one that is resumed has its own. */
  #programOf(own: AgentSettings, standsFor?: Program): Program {
    const node = { name: this.name, kind: 'step', shows: 'agent' } as const;
    const edge = { kind: 'plain', from: START, to: this.name } as const;
    const plan = standsFor?.plan ?? compileGraph({ name: this.name, nodes: [node], edges: [edge] });
    const body = (value: unknown, step: StepContext): Promise<AgentResult<unknown>> =>
      this.#perform(own, value, step, step.owner.said);
    const settings = {
      maxConcurrency: 1,
      maxSteps: 1,
      maxVisitsPerNode: 1,
      history: 1,
      ambient: true,
      cancelGraceMs: 5_000,
      timeoutMs: undefined,
      clock: undefined,
      models: this.#settings.models,
      memories: this.#settings.memories,
      telemetry: this.#settings.telemetry,
      audit: this.#settings.audit,
    };
    return { plan, bodies: [body], settings, activity: { runs: 0 }, isLoneAgent: true, standsFor };
  }

  /** One run of the agent in a step. `call` is what the caller of `run` said; `undefined` where the agent is a node. */
  async #perform(
    settings: AgentSettings,
    input: unknown,
    step: StepContext,
    call: Pick<CallSurroundings, 'tone' | 'memory' | 'rateLimit' | 'telemetry'> | undefined,
  ): Promise<AgentResult<unknown>> {
    const { run, surroundings: around } = step;
    const models = settings.models ?? around.models ?? new ModelRegistry();
    const model = models.resolve(settings.model, this.name);
    const tone = effectiveTone({ call: call?.tone, agent: settings.tone, workflow: around.tone });
    const memories = settings.memories ?? around.memories;
    const said = effectiveSetting({ call: call?.memory, agent: settings.memory, workflow: around.memory });
    const memory = openedMemory(said, memories, this.name);
    // An agent that is run by itself has the session for its own.
    const isShared = settings.session === 'shared' || (call !== undefined && step.around === undefined);
    const sessionId = isShared ? run.sessionId : [run.sessionId, ...step.trail.map(asPart)].join('/');
    const conversation = {
      input: inputText(input, step),
      tone: tone ?? undefined,
      memory: memory == null ? undefined : { memory, sessionId },
    };
    const guardrails = joinGuardrails(settings.guardrails, around.guardrails);
    const allowances = joinAllowances(settings.allowances, around.allowances);
    const rateLimit = effectiveSetting({
      call: call?.rateLimit,
      agent: settings.rateLimit,
      workflow: around.rateLimit,
    });
    const telemetry = effectiveSetting({
      call: call?.telemetry,
      agent: settings.telemetry,
      workflow: around.telemetry,
    });
    const accompanied = { ...around, models, memories, memory, tone, guardrails, allowances, rateLimit };
    const surroundings = { ...accompanied, telemetry };
    return runAgent(new AgentRun(settings, model, step, surroundings), conversation);
  }
}

/** A name as a part of a path: no other node, and none within one, has the same path. */
function asPart(name: string | number): string {
  return String(name).replaceAll('%', '%25').replaceAll('/', '%2F');
}

function inputText(input: unknown, step: StepContext): string {
  try {
    return textOf(input);
  } catch {
    const message = 'expected what can be written as JSON';
    throw StepError.invalidInput(step.facts, [{ path: [], constraint: 'JSON', message, received: receivedAt(input) }]);
  }
}
