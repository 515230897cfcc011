import {
  currentContext,
  DefinitionError,
  RunError,
  Runnable,
  type Executor,
  type GraphDefinition,
  type RunContext,
  step,
} from '@drawloom/core';
import { isStep, type InstanceSource, type Program } from '@drawloom/core/front-end';
import { compileClass, workflowName, type ClassProgram, type WorkflowClass } from '../compile/compile-class.js';
import { classProblems } from '../errors/class-problems.js';
import { keepState } from '../state/run-state.js';

/** Where a handle gets an instance for each run, and who runs it. */
export interface HandleParts {
  /** Makes a fresh instance; within the call the container gives the run's own objects. */
  readonly makeInstance: (context: RunContext) => WorkflowBase<never, unknown>;
  readonly executor: Executor;
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
  /** The run that this instance serves. */
  #context: RunContext | undefined;

  /** From `@Configure`, else the name of the class. */
  get name(): string {
    return workflowName(this.#type);
  }

  /** Who the run belongs to that this instance serves; an empty context outside of any run. */
  get context(): RunContext {
    return this.#context ?? currentContext();
  }

  get graph(): GraphDefinition {
    return this.#compiledClass.program.plan.definition;
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
    const executor = this.#parts?.executor;
    return Object.freeze({ ...type.program, executor, activity: { runs: 0 }, instances: this.#instances(type) });
  }

  #instances(type: ClassProgram): InstanceSource {
    return {
      acquire: (context) => {
        const instance = this.#parts?.makeInstance(context) ?? this;
        instance.#serve(context, type);
        return instance;
      },
      release: (instance) => {
        (instance as this).#context = undefined;
      },
    };
  }

  #serve(context: RunContext, { properties, inline, state, order }: ClassProgram): void {
    if (this.#context !== undefined) throw RunError.busy(this.name);
    DefinitionError.throwIfAny(
      properties
        .map((property) => [property, (this as Record<string, unknown>)[property]] as const)
        .filter(([, held]) => !isStep(held))
        .map(([property, held]) => classProblems.notRunnable(`${this.name}.${property}`, held)),
    );
    this.#context = context;
    for (const name of inline) recordCalls(this as Record<string, unknown>, name);
    if (order !== undefined) keepState(this, state, order);
  }

  /**
   * Makes a handle: an object of the class whose constructor was not run, because no step is ever called on it.
   *
   * @internal
   */
  static [MAKE_HANDLE](this: WorkflowClass, parts: HandleParts): object {
    const { nodes } = compileClass(this, isReserved);
    const guard = function Handle(): void {};
    guard.prototype = Object.create(
      this.prototype as object,
      Object.fromEntries(nodes.map((node) => [node, refusal(this, node)])),
    );
    const handle = Reflect.construct(WorkflowBase, [], guard) as WorkflowBase<never, unknown>;
    handle.#parts = parts;
    return handle;
  }
}

/**
 * The graph of a workflow class, of which no instance is needed: to draw it, or to look at it.
 *
 * @throws {@link DefinitionError} with every mistake of the class at once.
 */
export function graphOf(type: WorkflowClass): GraphDefinition {
  return compileClass(type, isReserved).program.plan.definition;
}

/** Lets calls of an inline step be recorded in the step that makes them; only once, where an instance serves again. */
function recordCalls(instance: Record<string, unknown>, name: string): void {
  if (Object.hasOwn(instance, name)) return;
  const method = instance[name] as (...args: unknown[]) => Promise<unknown>;
  Object.defineProperty(instance, name, { value: step(name, method.bind(instance)), configurable: true });
}

/** Stands in for a step of a handle. */
function refusal(type: WorkflowClass, node: string): PropertyDescriptor {
  return {
    get: () => () => {
      throw RunError.calledOnHandle(workflowName(type), node);
    },
  };
}

/** Names that every workflow has for itself. */
export function isReserved(name: string): boolean {
  return name in WorkflowBase.prototype;
}
