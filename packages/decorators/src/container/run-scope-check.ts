/**
 * Job. Refuses, when a workflow is first got from a container, a singleton that would keep what belongs to one run.
 *
 * Boundary. It reads the container's own plan of what an instance is made from, before anything is made. What a
 * `toDynamicValue` or a factory asks for on its own is in no plan.
 *
 * Invariants.
 * P1. Nothing is constructed by checking: the plan of a check begins with what stops its resolution.
 * P2. A container without the check does not run workflows: fail closed.
 */
import { DefinitionError, type Problem } from '@drawloom/core';
import { Plugin, type PluginApi } from '@inversifyjs/plugin';
import { Container as InversifyContainer, type ContainerOptions, type ResolutionContext } from 'inversify';
import { classProblems } from '../errors/class-problems.js';
import { findCaptured, type PlannedService } from './captured.js';

/** What resolving a check stops with. */
const STOP: unique symbol = Symbol('drawloom.stop');

/** The tokens of a workflow in a container. */
export interface WorkflowTokens {
  /** Makes an instance for a run. */
  readonly instance: symbol;
  /** Is planned like an instance, and never made. */
  readonly check: symbol;
}

/** Lets a container of your own find singletons that would keep a run: `container.register(RunScopeCheck)`. */
export class RunScopeCheck extends Plugin<InversifyContainer> {
  /** Resolves before everything else that a check is planned with. */
  static readonly stop: symbol = STOP;

  /** Token → its workflow: what is planned for these is looked at. */
  readonly #instances = new Map<unknown, string>();
  readonly #checks = new Map<unknown, string>();
  /** What was found, by the container that asked and the token of the check: a plan is made once and kept. */
  readonly #found = new WeakMap<ResolutionContext, Map<symbol, readonly Problem[]>>();
  #latest: readonly Problem[] | undefined;

  override load(api: PluginApi): void {
    this._container.bind(RunScopeCheck).toConstantValue(this);
    this._container
      .bind(STOP)
      .toDynamicValue(() => {
        throw STOP; // no error: it is what ends a check
      })
      .inTransientScope();
    api.onPlan(({ serviceIdentifier }, { tree }) => {
      const root = tree.root as PlannedService;
      const checked = this.#checks.get(serviceIdentifier);
      if (checked !== undefined) this.#latest = findCaptured(checked, root);
      // Planned anew: something was bound since the check.
      const made = this.#instances.get(serviceIdentifier);
      if (made !== undefined) DefinitionError.throwIfAny(findCaptured(made, root));
    });
  }

  /**
   * Checks what an instance of the workflow would be made from.
   *
   * @throws {@link DefinitionError} RUN_SCOPE_CAPTURED, CONTAINER_NOT_READY
   */
  static run(workflow: string, tokens: WorkflowTokens, resolution: ResolutionContext): void {
    const check = resolution.get(RunScopeCheck, { optional: true });
    const found = check === undefined ? undefined : check.#check(workflow, tokens, resolution);
    if (found !== undefined) return DefinitionError.throwIfAny(found);
    const what = 'the container does not look for singletons that would keep a run';
    const fix = 'create it with new Container() of @drawloom/decorators, or call container.register(RunScopeCheck)';
    throw new DefinitionError([classProblems.containerNotReady(workflow, what, fix)]);
  }

  /** What was found; `undefined` where the container that asks is not the one that this check is registered with. */
  #check(workflow: string, tokens: WorkflowTokens, resolution: ResolutionContext): readonly Problem[] | undefined {
    this.#instances.set(tokens.instance, workflow);
    this.#checks.set(tokens.check, workflow);
    this.#latest = undefined;
    try {
      resolution.get(tokens.check);
    } catch (reason) {
      if (reason !== STOP) throw reason;
    }
    const found = this.#found.get(resolution) ?? new Map<symbol, readonly Problem[]>();
    this.#found.set(resolution, found);
    if (this.#latest !== undefined) found.set(tokens.check, this.#latest);
    return found.get(tokens.check);
  }
}

/** An inversify container that checks, when a workflow is got from it, that no singleton would keep a run. */
export class Container extends InversifyContainer {
  constructor(options?: ContainerOptions) {
    super(options);
    this.register(RunScopeCheck);
  }
}
