import { runnableTool, type RunnableToolOptions } from '../agent/runnable-tool.js';
import type { Tool } from '../agent/tool.js';
import type { Schema } from '../ports/schema.js';
import type { GraphDefinition } from '../graph/definition.js';
import type { DiagramOptions } from '../graph/diagram.js';
import type { RunRecord } from '../errors/run-record.js';
import { overlayOfRun } from '../graph/overlay-of-run.js';
import { structuralHash } from '../graph/structural-hash.js';
import { toDot } from '../graph/to-dot.js';
import { toMermaid } from '../graph/to-mermaid.js';
import type { RunEvent } from '../execution/events.js';
import type { Program } from '../execution/program.js';
import { followRun, RunHandle } from '../execution/run-handle.js';
import {
  checkForkOptions,
  checkResumeOptions,
  readRunOptions,
  type EventOptions,
  type ForkOptions,
  type ResumeOptions,
  type RunOptions,
} from '../execution/run-options.js';
import { localExecutor, type Executor, type PreparedRun } from '../execution/executor.js';
import type { RunRequest, RunResult } from '../execution/run.js';
import type { Body, RunnableStep } from '../execution/step.js';
import { currentStep, type StepContext } from '../execution/step-context.js';

/** How a workflow is drawn. */
export interface DrawingOptions extends DiagramOptions {
  /** A result, or the `partial` of an error: marks visits, failures and the routes taken. */
  readonly run?: RunRecord | undefined;
}

function withOverlay({ run, ...options }: DrawingOptions): DiagramOptions {
  return run === undefined ? options : { overlay: overlayOfRun(run), ...options };
}

/** How a workflow is given to an agent. */
export type WorkflowToolOptions<I> = RunnableToolOptions<I>;

/** By this a workflow says how it is drawn, where pictures show more than its graph. */
export const DRAWN_GRAPH: unique symbol = Symbol.for('drawloom.drawnGraph') as never;
/** By this a JavaScript kernel of Jupyter finds out how a value wants to be shown. */
const JUPYTER_DISPLAY: unique symbol = Symbol.for('Jupyter.display') as never;
const NO_OPTIONS: RunOptions = Object.freeze({});

/** What every workflow can do, however it was written. A workflow is a step, too: nested, it inherits the context. */
export abstract class Runnable<I, O> implements RunnableStep<I, O> {
  abstract readonly name: string;

  /** The compiled workflow. @internal */
  abstract compiled(): Program;

  /** The graph as plain data: the one that is compiled, and that runs record the hash of. */
  abstract get graph(): GraphDefinition;

  /** The graph as it is drawn. @internal */
  get [DRAWN_GRAPH](): GraphDefinition {
    return this.graph;
  }

  /** SHA-256 over the structure, in hexadecimal: equal for the same graph, however it was written. */
  get hash(): string {
    return structuralHash(this.compiled().plan.definition);
  }

  /**
   * Runs the workflow to its end.
   *
   * Within a step of another run it is nested in that run: it inherits user, session and metadata, is cancelled with
   * it, and its events are seen there.
   *
   * @throws {@link DefinitionError} when the graph has mistakes: all of them in one error.
   * @throws {@link StepError} when a step or router fails; the original error is its `cause`, `partial` what was done.
   * @throws {@link RunError} when a cap, a timeout or a cancellation ends the run, or an option is wrong.
   */
  run(input: I, options: RunOptions = NO_OPTIONS): Promise<RunResult<O>> {
    try {
      return this.#prepare(input, options, false).execute() as Promise<RunResult<O>>;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Runs the workflow and gives its events; the run goes at its own pace. Leaving the loop early cancels the run. A run
   * that fails ends with its `run.failed` event, then the loop throws the failure.
   *
   * @throws {@link DefinitionError}, {@link RunError} in the call itself, as `run` rejects with them.
   */
  stream(input: I, options: RunOptions & EventOptions = NO_OPTIONS): AsyncIterableIterator<RunEvent> {
    const run = this.#prepare(input, options, true);
    const events = followRun(run, options, () => run.cancel('the consumer of its events stopped'), true);
    new RunHandle<O>(run);
    return events;
  }

  /**
   * Starts a run and gives a handle to it.
   *
   * @throws {@link DefinitionError}, {@link RunError} in the call itself, as `run` rejects with them.
   */
  start(input: I, options: RunOptions = NO_OPTIONS): RunHandle<O> {
    return new RunHandle(this.#prepare(input, options, true));
  }

  /**
   * Takes up a run that was begun earlier, in this process or another: what its journal has is not done again. A run that is
   * over gives what it came to, or the error with which it failed or was cancelled; one that is under way here is awaited.
   *
   * @throws {@link RunError} RUN_NOT_FOUND, RUN_ELSEWHERE, GRAPH_CHANGED, NO_JOURNAL.
   * @throws as `run` does, where the run goes on and fails.
   */
  resume(runId: string, options: ResumeOptions = {}): Promise<RunResult<O>> {
    try {
      return this.#prepareResume(runId, options, false).execute() as Promise<RunResult<O>>;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /**
   * Cancels a run that was begun earlier, also one that is suspended: what it has done is undone where something says how, its
   * waits are closed. Resolves when it has ended; one that had ended before stays as it is.
   *
   * @throws {@link RunError} RUN_NOT_FOUND, RUN_ELSEWHERE, NO_JOURNAL.
   */
  async cancel(
    runId: string,
    { reason, ...options }: ResumeOptions & { readonly reason?: unknown } = {},
  ): Promise<void> {
    const program = this.compiled();
    const { name } = program.plan.definition;
    const { tenant = '', userId, executor, takeOver } = checkResumeOptions(name, runId, options);
    const request = { userId, takesOver: takeOver };
    await (executor ?? program.executor ?? localExecutor).cancelRun(program, { tenant, runId }, request, reason);
  }

  /** Takes up a run with a handle, as `start` gives it. */
  startResume(runId: string, options: ResumeOptions = {}): RunHandle<O> {
    return new RunHandle(this.#prepareResume(runId, options, true));
  }

  /**
   * Makes a new run of what a run has done before a node: it shares the records that the run had before the outcome of that
   * visit, does the node anew, and goes on from there. The run it is made of stays as it is, and may be over. Waits that were
   * open then are opened anew; idempotency keys are those of the new run, so that what is done anew counts as new.
   *
   * @throws {@link RunError} RUN_NOT_FOUND, FORK_POINT_UNKNOWN, FORK_REFUSED, RUN_ID_TAKEN, GRAPH_CHANGED, NO_JOURNAL.
   * @throws as `run` does, where the new run fails.
   *
   * @example
   * await orders.fork('order-17', { from: 'ship', input: { to: 'the new address' } });
   */
  fork(runId: string, options: ForkOptions): Promise<RunResult<O>> {
    try {
      return this.#prepareFork(runId, options, false).execute() as Promise<RunResult<O>>;
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** The same with a handle, as `start` gives it. */
  startFork(runId: string, options: ForkOptions): RunHandle<O> {
    return new RunHandle(this.#prepareFork(runId, options, true));
  }

  /**
   * The workflow as a tool of an agent: each call is a run, nested in the agent's step, with the user, the budget and the
   * cancellation of that. What a run takes has to be an object, and is told to the model by the schema of the step that
   * it begins with; without one, the workflow is given a text.
   *
   * @throws {@link DefinitionError} when the graph has mistakes, or the schema is not one of an object.
   */
  asTool(options: WorkflowToolOptions<I> = {}): Tool<unknown, O> {
    const { name } = this;
    const run = async (input: I, signal: AbortSignal): Promise<O> => (await this.run(input, { signal })).output;
    const takes = (): Schema | undefined => this.compiled().input;
    return runnableTool({ name, description: `Runs the workflow ${name}.`, takes, run }, options);
  }

  /** Called by the engine where the workflow is a node of another one. @internal */
  runStep(input: I, context: StepContext): Promise<O> {
    return this.nestedBody()(input, context) as Promise<O>;
  }

  /** What runs this workflow, as it is now, as a step of another one. @internal */
  nestedBody(): Body {
    const program = this.compiled();
    return async (input, context) =>
      (await prepare(program, { input, parent: context, isNode: true }).execute()).output;
  }

  /** The graph in Mermaid's language; with `run` it shows what a run did. */
  toMermaid(options: DrawingOptions = {}): string {
    return toMermaid(this[DRAWN_GRAPH], withOverlay(options));
  }

  /** The graph in Graphviz's language; with `run` it shows what a run did. */
  toDot(options: DrawingOptions = {}): string {
    return toDot(this[DRAWN_GRAPH], withOverlay(options));
  }

  /** What a Jupyter kernel shows for the workflow as the value of a cell. */
  [JUPYTER_DISPLAY](): Record<string, string> {
    const text = this.toMermaid();
    return { 'text/markdown': `\`\`\`mermaid\n${text}\n\`\`\``, 'text/vnd.mermaid': text, 'text/plain': text };
  }

  /** Shows the graph in a tslab notebook; elsewhere it returns the Markdown that would be shown. */
  show(): string {
    const markdown = `\`\`\`mermaid\n${this.toMermaid()}\n\`\`\``;
    const { tslab } = globalThis as { tslab?: { display?: { markdown?: (text: string) => void } } };
    tslab?.display?.markdown?.(markdown);
    return markdown;
  }

  #prepareResume(runId: string, options: ResumeOptions, hasHandle: boolean): PreparedRun {
    const program = this.compiled();
    const { name } = program.plan.definition;
    const { tenant = '', userId, executor, signal, takeOver } = checkResumeOptions(name, runId, options);
    const key = { tenant, runId };
    const request = { userId, signal, hasHandle, takesOver: takeOver, around: currentStep()?.surroundings };
    return (executor ?? program.executor ?? localExecutor).prepareResume(program, key, request);
  }

  #prepareFork(runId: string, options: ForkOptions, hasHandle: boolean): PreparedRun {
    const program = this.compiled();
    const { name } = program.plan.definition;
    const checked = checkForkOptions(name, runId, options);
    const { from: node, visit, tenant = '', userId, signal, executor } = checked;
    const input = checked.input !== undefined ? { value: checked.input } : undefined;
    const around = currentStep()?.surroundings;
    const request = { point: { node, visit, input }, runId: checked.runId, userId, signal, hasHandle, around };
    return (executor ?? program.executor ?? localExecutor).prepareFork(program, { tenant, runId }, request);
  }

  #prepare(input: I, options: RunOptions, hasHandle: boolean): PreparedRun {
    const program = this.compiled();
    const parent = currentStep();
    if (options === NO_OPTIONS) return prepare(program, { input, parent, hasHandle });
    const asked = readRunOptions(program.plan.definition.name, options);
    // In this order: Node 20 takes microseconds for what is added to a copy.
    return prepare(program, { input, parent, hasHandle, ...asked }, options.executor);
  }
}

function prepare(program: Program, request: RunRequest, executor?: Executor): PreparedRun {
  return (executor ?? program.executor ?? localExecutor).prepare(program, request);
}
