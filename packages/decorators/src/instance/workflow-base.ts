import {
  Agent,
  currentContext,
  DefinitionError,
  RunError,
  Runnable,
  type Executor,
  type GraphDefinition,
  type NodeDefinition,
  type RunContext,
  step,
} from '@drawloom/core';
import { currentStepOf, DRAWN_GRAPH, isThenable, type InstanceSource, type Program } from '@drawloom/core/front-end';
import { AgentBase } from '../agent/agent-base.js';
import {
  compileClass,
  drawnGraph,
  workflowName,
  type ClassProgram,
  type WorkflowClass,
} from '../compile/compile-class.js';
import { classProblems } from '../errors/class-problems.js';
import { problemsOfHeld, refuseNesting } from './held-steps.js';
import { keepState, restoreWrites, writesOf } from '../state/run-state.js';

/** Where a handle gets an instance for each run, and who runs it. */
export interface HandleParts {
  /** Makes a fresh instance; within the call the container gives the run's own objects. */
  readonly makeInstance: (context: RunContext) => WorkflowBase<never, unknown>;
  readonly executor: Executor;
  /** Property → what the container would inject there: the class of a workflow. */
  readonly held: ReadonlyMap<string, unknown>;
}

/** By this a second installed copy of the package makes a handle of a class of this one. */
export const MAKE_HANDLE: unique symbol = Symbol.for('drawloom.makeHandle') as never;

/**
 * A workflow that is written as a class: `I` is what a run takes, `O` what it gives.
 *
 * Its decorated methods are the steps; a method is public, and takes the value that arrives and, if it wants, a
 * `StepContext`. From a container, `container.get(Triage)` is a handle: every run has an instance of its own, so that
 * `this.x = ...` is seen by no other run. Constructed by hand it runs, too, one run at a time.
 *
 * @example
 * class Greeting extends WorkflowBase<string, string> {
 *   \@Start() greet(name: string): string { return `Hello, ${name}`; }
 *   \@End({ after: 'greet' }) shout(text: string): string { return text.toUpperCase(); }
 * }
 * const { output } = await new Greeting().run('Ada');
 */
export abstract class WorkflowBase<I, O> extends Runnable<I, O> {
  /** Only a handle has them. */
  #parts: HandleParts | undefined;
  #program: Program | undefined;
  #isDrawing = false;
  /** The run that this instance serves. */
  #context: RunContext | undefined;

  /** From `@Configure`, else the name of the class. */
  get name(): string {
    return workflowName(this.#type);
  }

  /** Who the run belongs to that this instance serves; an empty context outside of any run. */
  get context(): RunContext {
    // The step first: one that an earlier run gave up still belongs to that run's user.
    return currentStepOf(this)?.run ?? this.#context ?? currentContext();
  }

  get graph(): GraphDefinition {
    return drawnGraph(this.#type, isReserved);
  }

  /** With what properties hold that are steps: the graph of the class knows only that there are such. @internal */
  override get [DRAWN_GRAPH](): GraphDefinition {
    const definition = this.graph;
    const isOutermost = !this.#isDrawing; // one that contains itself is drawn once; running refuses it
    if (!isOutermost) return definition;
    this.#isDrawing = true;
    try {
      const nodes = definition.nodes.map((node) => withNested(node, this.#heldBy(node.name)));
      return Object.freeze({ ...definition, nodes: Object.freeze(nodes) });
    } finally {
      this.#isDrawing = false;
    }
  }

  /** What a property holds that is a step; of a handle, which has no properties, what the container would inject. */
  #heldBy(property: string): unknown {
    return this.#parts === undefined ? (this as Record<string, unknown>)[property] : this.#parts.held.get(property);
  }

  /** @internal */
  compiled(): Program {
    return (this.#program ??= this.#programOf(this.#compiledClass));
  }

  get #type(): WorkflowClass {
    return this.constructor as WorkflowClass;
  }

  get #compiledClass(): ClassProgram {
    return compileClass(this.#type, isReserved);
  }

  #programOf(type: ClassProgram): Program {
    const executor = type.program.executor ?? this.#parts?.executor;
    return Object.freeze({ ...type.program, executor, activity: { runs: 0 }, instances: this.#instances(type) });
  }

  #instances(type: ClassProgram): InstanceSource {
    return {
      acquire: (context, around) => {
        refuseNesting(
          this,
          around,
          ({ constructor }) => compileClass(constructor as WorkflowClass, isReserved).properties,
        );
        const instance = this.#parts?.makeInstance(context) ?? this;
        instance.#serve(context, type);
        return instance;
      },
      release: (instance) => {
        (instance as this).#context = undefined;
      },
      writesOf,
      restoreWrites,
    };
  }

  #serve(context: RunContext, { program, properties, inline, state }: ClassProgram): void {
    const { name } = program.plan.definition;
    if (this.#context !== undefined) throw RunError.busy(name);
    DefinitionError.throwIfAny(problemsOfHeld(this, name, properties));
    for (const method of inline) recordCalls(this as Record<string, unknown>, method);
    if (state !== undefined) keepState(this, state);
    this.#context = context; // last: an instance that could not be made ready is not released, and would stay busy
  }

  /**
   * Makes a handle: an object of the class whose constructor was not run, because no step is ever called on it.
   *
   * @internal
   */
  static [MAKE_HANDLE](this: WorkflowClass, parts: HandleParts): object {
    const { nodes, inline } = compileClass(this, isReserved);
    const guard = function Handle(): void {};
    guard.prototype = Object.create(
      this.prototype as object,
      Object.fromEntries([...nodes, ...inline].map((step) => [step, refusal(this, step)])),
    );
    const handle = Reflect.construct(WorkflowBase, [], guard) as WorkflowBase<never, unknown>;
    handle.#parts = parts;
    return handle;
  }
}

/** The graph of a workflow class as plain data, of which no instance is needed: to draw it, or to look at it. */
export function graphOf(type: WorkflowClass): GraphDefinition {
  return drawnGraph(type, isReserved);
}

/** A node with the graph of the workflow that it runs. */
function withNested(node: NodeDefinition, held: unknown): NodeDefinition {
  const isAgentClass = typeof held === 'function' && held.prototype instanceof AgentBase;
  if (isAgentClass || held instanceof Agent || held instanceof AgentBase)
    return Object.freeze({ ...node, shows: 'agent' });
  if (held instanceof Runnable) return Object.freeze({ ...node, shows: 'workflow', nested: held[DRAWN_GRAPH] });
  if (typeof held === 'function' && MAKE_HANDLE in held)
    return Object.freeze({ ...node, shows: 'workflow', nested: graphOf(held as unknown as WorkflowClass) });
  return node;
}

/** Lets calls of an inline step be recorded in the step that makes them; only once, where an instance serves again. */
function recordCalls(instance: Record<string, unknown>, name: string): void {
  if (Object.hasOwn(instance, name)) return;
  const method = instance[name] as (...args: unknown[]) => Promise<unknown>;
  const call = (...args: unknown[]): Promise<unknown> => {
    const result = method.apply(instance, args);
    if (currentStepOf(instance) === undefined || isThenable(result)) return result;
    throw new DefinitionError([
      classProblems.synchronousInline(`${workflowName(instance.constructor as WorkflowClass)}.${name}`),
    ]);
  };
  Object.defineProperty(instance, name, { value: step(name, call), configurable: true });
}

/** Stands in for a step of a handle. */
function refusal(type: WorkflowClass, name: string): PropertyDescriptor {
  return {
    get: () => () => {
      throw RunError.calledOnHandle(workflowName(type), name);
    },
  };
}

/** Names that every workflow has for itself. */
export function isReserved(name: string): boolean {
  return name in WorkflowBase.prototype;
}
