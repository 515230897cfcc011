/**
 * Job. Refuses, whenever a workflow is got from a container, a singleton that would keep what belongs to one run.
 *
 * Boundary. It reads the container's own plan of what an instance is made from, before anything is made. What a
 * `toDynamicValue` or a factory asks for on its own is in no plan.
 *
 * Invariants.
 * P1. Nothing is constructed by checking: the plan of a check begins with what stops its resolution.
 * P2. A container without the check does not run workflows: fail closed.
 */
import { DefinitionError } from '@drawloom/core';
import { Plugin, type PluginApi } from '@inversifyjs/plugin';
import { Container as InversifyContainer, type ContainerOptions, type ResolutionContext } from 'inversify';
import { classProblems } from '../errors/class-problems.js';
import { findCaptured, type PlannedService } from './captured.js';

/** What resolving a check stops with. */
const STOP: unique symbol = Symbol('drawloom.stop');

/** Lets a container of your own find singletons that would keep a run: `container.register(RunScopeCheck)`. */
export class RunScopeCheck extends Plugin<InversifyContainer> {
  /** Resolves before everything else that a check is planned with. */
  static readonly stop: symbol = STOP;

  readonly #tokens = new Set<unknown>();
  /**
   * What checks are planned with, by the container that asked: the container makes a plan once, and brings it up to date
   * in place when something is bound anew.
   */
  readonly #plans = new WeakMap<ResolutionContext, Map<symbol, PlannedService>>();
  #latest: PlannedService | undefined;

  override load(api: PluginApi): void {
    this._container.bind(RunScopeCheck).toConstantValue(this);
    this._container
      .bind(STOP)
      .toDynamicValue(() => {
        throw STOP; // no error: it is what ends a check
      })
      .inTransientScope();
    api.onPlan(({ serviceIdentifier }, { tree }) => {
      if (this.#tokens.has(serviceIdentifier)) this.#latest = tree.root as PlannedService;
    });
  }

  /**
   * Checks what an instance of the workflow would be made from, and gives the plan of it.
   *
   * @throws {@link DefinitionError} RUN_SCOPE_CAPTURED, CONTAINER_NOT_READY
   */
  static run(workflow: string, token: symbol, resolution: ResolutionContext): PlannedService {
    const check = resolution.get(RunScopeCheck, { optional: true });
    const planned = check === undefined ? undefined : check.#plan(workflow, token, resolution);
    if (planned !== undefined) {
      DefinitionError.throwIfAny(findCaptured(workflow, planned));
      return planned;
    }
    const what = 'the container does not look for singletons that would keep a run';
    const fix = 'create it with new Container() of @drawloom/decorators, or call container.register(RunScopeCheck)';
    throw new DefinitionError([classProblems.containerNotReady(workflow, what, fix)]);
  }

  /** `undefined` where the container that asks is not the one that this check is registered with. */
  #plan(workflow: string, token: symbol, resolution: ResolutionContext): PlannedService | undefined {
    this.#tokens.add(token);
    this.#latest = undefined;
    try {
      resolution.get(token);
    } catch (reason) {
      if (reason !== STOP) throw missingBinding(workflow, reason) ?? reason;
    }
    const plans = this.#plans.get(resolution) ?? new Map<symbol, PlannedService>();
    this.#plans.set(resolution, plans);
    if (this.#latest !== undefined) plans.set(token, this.#latest);
    return plans.get(token);
  }
}

/** What to do where nothing is bound for something that is injected: the container knows nothing of agents and workflows. */
function missingBinding(workflow: string, reason: unknown): DefinitionError | undefined {
  const message: unknown = typeof reason === 'object' && reason !== null && 'message' in reason ? reason.message : '';
  const service = /^No bindings found for service: "([^"]+)"/.exec(String(message))?.[1];
  if (service === undefined) return undefined;
  const what = `nothing is bound for ${service}, which is injected into it, or into what it is made from`;
  const fix = `bind it: agents(${service}) or workflows(${service}) for an agent or a workflow, else container.bind(${service}).toSelf()`;
  return new DefinitionError([classProblems.containerNotReady(workflow, what, fix)]);
}

/** An inversify container that checks, when a workflow is got from it, that no singleton would keep a run. */
export class Container extends InversifyContainer {
  constructor(options?: ContainerOptions) {
    super(options);
    this.register(RunScopeCheck);
  }
}
