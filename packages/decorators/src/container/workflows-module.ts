import 'reflect-metadata';
import { DefinitionError, Executor, type Problem, type RunContext } from '@drawloom/core';
import { ContainerModule, type Newable, type ResolutionContext } from 'inversify';
import { compileClass, workflowName } from '../compile/compile-class.js';
import { classProblems } from '../errors/class-problems.js';
import { isReserved, MAKE_HANDLE, type HandleParts, type WorkflowBase } from '../instance/workflow-base.js';
import { injectedProperties } from './captured.js';
import { inheritConstructor } from './inherit-constructor.js';
import { RunScope } from './run-scope.js';
import { RunScopeCheck } from './run-scope-check.js';

/** A class of workflows that a container can make instances of. */
export type RegisteredClass<W extends WorkflowBase<never, unknown> = WorkflowBase<never, unknown>> = new (
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever a constructor takes is injected
  ...args: any[]
) => W;

type AnyWorkflow = WorkflowBase<never, unknown>;
type HandleMaker = { [MAKE_HANDLE](parts: HandleParts): AnyWorkflow };

/**
 * Registers workflow classes: `container.get(Triage)` is then a handle, and every run of it has an instance of its own,
 * made by the container. All classes are compiled here, so that a mistake in any of them is found at start-up.
 *
 * @throws {@link DefinitionError} with every mistake of all classes at once.
 */
export function workflows(...classes: RegisteredClass[]): ContainerModule {
  const found: Problem[] = [];
  const distinct = new Set(classes); // of two bindings of one class the container would choose none
  for (const type of distinct) found.push(...problemsOf(type));
  DefinitionError.throwIfAny(found);
  return new ContainerModule(({ bind, isBound, onActivation }) => {
    const knowing = new WeakSet<Executor>();
    onActivation(Executor, ({ get }, executor) => {
      if (knowing.has(executor)) return executor;
      knowing.add(executor);
      executor.register(...[...distinct].map((type) => () => get<AnyWorkflow>(type as Newable<AnyWorkflow>)));
      return executor;
    });
    for (const type of distinct) {
      if (isBound(type)) continue; // by another module
      const tokens = { instance: Symbol(workflowName(type)), check: Symbol('check'), injected: new WeakMap() };
      bind<AnyWorkflow>(tokens.instance)
        .to(type as Newable<AnyWorkflow>)
        .inTransientScope();
      bind(tokens.check)
        .toResolvedValue((stop: unknown, _instance: unknown) => stop, [RunScopeCheck.stop, tokens.instance])
        .inTransientScope();
      bind(type as Newable<AnyWorkflow>)
        .toDynamicValue((resolution) => makeHandle(type, tokens, resolution))
        .inTransientScope();
    }
  });
}

function problemsOf(type: RegisteredClass): readonly Problem[] {
  if (typeof type !== 'function' || !(MAKE_HANDLE in type)) return [classProblems.notAWorkflowClass(type)];
  try {
    compileClass(type, isReserved);
  } catch (error) {
    if (!DefinitionError.is(error)) throw error;
    return error.problems;
  }
  return inheritConstructor(type, workflowName(type));
}

interface Tokens {
  /** Makes an instance for a run. */
  readonly instance: symbol;
  /** Is planned like an instance, and never made. */
  readonly check: symbol;
  /** Handles that instances of other workflows are given, by the container that asks. */
  readonly injected: WeakMap<ResolutionContext, AnyWorkflow>;
}

function makeHandle(type: RegisteredClass, tokens: Tokens, resolution: ResolutionContext): AnyWorkflow {
  const workflow = workflowName(type);
  const scope = resolution.get(RunScope, { optional: true });
  if (scope === undefined) {
    const fix = 'load it: container.load(drawloom(), workflows(...)), both of the same installed copy';
    throw new DefinitionError([classProblems.containerNotReady(workflow, 'the module drawloom() is not loaded', fix)]);
  }
  // An instance of another workflow, made for each run, need not be given a new one each time: what it is made from was
  // checked when it was first injected, and who runs it is told by the run around it.
  const known = scope.isActive ? tokens.injected.get(resolution) : undefined;
  if (known !== undefined) return known;
  const planned = RunScopeCheck.run(workflow, tokens.check, resolution);
  const resolve = (): AnyWorkflow => resolution.get<AnyWorkflow>(tokens.instance);
  const makeInstance = (context: RunContext): AnyWorkflow => scope.enter(context, resolve);
  const parts = { makeInstance, executor: resolution.get(Executor), held: injectedProperties(planned) };
  const handle = (type as unknown as HandleMaker)[MAKE_HANDLE](parts);
  if (scope.isActive) tokens.injected.set(resolution, handle);
  return handle;
}
