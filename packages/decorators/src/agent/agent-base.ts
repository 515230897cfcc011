import {
  Agent,
  DefinitionError,
  type AgentOptions,
  type AgentResult,
  type AgentRunOptions,
  type AgentToolOptions,
  type EventOptions,
  type Executor,
  type Problem,
  type RunEvent,
  type RunnableStep,
  type Schema,
  type StepContext,
  type Tool,
} from '@drawloom/core';
import { problems as problem } from '@drawloom/core/front-end';
import { classProblems } from '../errors/class-problems.js';
import { readMetadata } from '../metadata/class-metadata.js';
import { isSchemaSource, schemaOf, type SchemaSource } from '../schema/input-schema.js';
import { readTools } from './read-tools.js';

/** What an agent class says of itself. */
export interface AgentConfiguration<O = string> extends Omit<AgentOptions<O>, 'name' | 'output'> {
  /** @defaultValue the name of the class */
  readonly name?: string | undefined;
  /** What the answer has to look like: a class-validator class, or any Standard Schema. @defaultValue text */
  readonly output?: SchemaSource<O> | undefined;
}

/**
 * An agent that is written as a class: its methods with `@Tool` are what the model may call, and what they need is
 * injected. It is a step like any agent: a property of a workflow class that holds one can carry `@Step`.
 *
 * `configure` is called once, when the agent is first run, so it may use what was injected. An agent keeps nothing of a
 * run, and may be a singleton, as long as what it injects may.
 *
 * @example
 * class Clerk extends AgentBase {
 *   constructor(@inject(Claims) private readonly claims: Claims) { super(); }
 *   configure() { return { model: 'gpt-4.1-mini', instructions: 'Answer questions about claims.' }; }
 *   \@Tool({ description: 'Finds a claim by its number.', input: z.object({ number: z.string() }) })
 *   find({ number }: { number: string }): Promise<Claim> { return this.claims.find(number); }
 * }
 * const { output } = await container.get(Clerk).run('Is claim 17 open?');
 */
export abstract class AgentBase<O = string> implements RunnableStep<unknown, O> {
  #agent: Agent<O> | undefined;
  #executor: Executor | undefined;

  /** What the agent is made of; `@Tool` methods are added to its `tools`. */
  abstract configure(): AgentConfiguration<O>;

  /**
   * From `configure`, else the name of the class.
   *
   * @throws {@link DefinitionError} as {@link AgentBase.validate} does: what the agent is called is known when it is made.
   */
  get name(): string {
    return this.#made().name;
  }

  /** @see {@link Agent.run}. Rejects with what {@link AgentBase.validate} throws, too. */
  run<P = O>(input: unknown, options?: AgentRunOptions<P>): Promise<AgentResult<P>> {
    try {
      return this.#made().run(input, options);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * @see {@link Agent.stream}
   * @throws {@link DefinitionError} as {@link AgentBase.validate} does.
   */
  stream<P = O>(input: unknown, options?: AgentRunOptions<P> & EventOptions): AsyncIterableIterator<RunEvent> {
    return this.#made().stream(input, options);
  }

  /**
   * @see {@link Agent.asTool}
   * @throws {@link DefinitionError} as {@link AgentBase.validate} does.
   */
  asTool(options?: AgentToolOptions): Tool {
    return this.#made().asTool(options);
  }

  /** Called by the engine where the agent is a step. @internal */
  runStep(input: unknown, context: StepContext): Promise<O> {
    return this.#made().runStep(input, context);
  }

  /** For `agentStep`. @internal */
  runInStep<P = O>(...asked: Parameters<Agent<O>['runInStep']>): Promise<AgentResult<P>> {
    return this.#made().runInStep(...asked) as Promise<AgentResult<P>>;
  }

  /**
   * Makes the agent, as its first run does.
   *
   * @throws {@link DefinitionError} with everything that is wrong with what it is made of and with its tools.
   */
  validate(): this {
    this.#made();
    return this;
  }

  /** What carries out its runs where `configure` says nothing: that of the container which made it. @internal */
  static useExecutor(agent: AgentBase<unknown>, executor: Executor | undefined): void {
    agent.#executor = executor;
  }

  #made(): Agent<O> {
    return (this.#agent ??= this.#make());
  }

  #make(): Agent<O> {
    const configured: unknown = typeof this.configure === 'function' ? this.configure() : undefined;
    if (typeof configured !== 'object' || configured === null || 'then' in configured)
      throw new DefinitionError([classProblems.notConfigured(this.constructor.name, configured)]);
    const { output, tools, executor = this.#executor, ...options } = configured as AgentConfiguration<O>;
    const { name = this.constructor.name } = options;
    const found: Problem[] = [];
    if (readMetadata(this.constructor).configurations.length > 0) found.push(classProblems.configuredAgent(name));
    const methods = readTools(this, name, found);
    const schema = output === undefined ? undefined : readOutput(output, name, found);
    const given = {
      ...options,
      executor,
      name,
      tools: Array.isArray(tools) ? [...(tools as Tool[]), ...methods] : (tools ?? methods),
    };
    let agent: Agent<O> | undefined;
    try {
      agent = new Agent<O>(schema === undefined ? given : { ...given, output: schema });
    } catch (error) {
      if (!DefinitionError.is(error)) throw error;
      found.push(...error.problems);
    }
    DefinitionError.throwIfAny(found);
    return agent!;
  }
}

function readOutput<O>(output: SchemaSource<O>, name: string, found: Problem[]): Schema<O> | undefined {
  const where = `${name}.output`;
  if (!isSchemaSource(output)) {
    found.push(problem.notASchema(where, output));
    return undefined;
  }
  const { schema, problem: unfit } = schemaOf(output, where);
  if (unfit !== undefined) found.push(unfit);
  return schema;
}
