import { RunContext, type Problem } from '@drawloom/core';
import { classProblems } from '../errors/class-problems.js';

/** A node of the container's plan: something that is asked for, with what is bound to it. */
export interface PlannedService {
  readonly serviceIdentifier: unknown;
  readonly bindings: PlannedBinding | readonly PlannedBinding[] | undefined;
}

/** A binding in the container's plan; which of the lists there are depends on its kind. */
interface PlannedBinding {
  readonly binding: { readonly scope?: string };
  readonly constructorParams?: readonly (PlannedService | { readonly isNoParam?: true })[];
  readonly propertyParams?: ReadonlyMap<unknown, PlannedService>;
  readonly params?: readonly PlannedService[];
  readonly redirection?: PlannedService;
}

/** What leads to a service, from the workflow on. */
interface Chain {
  readonly name: string;
  readonly isSingleton: boolean;
  readonly outer: Chain | undefined;
}

/**
 * Property → what is injected there, of the instance that a check is planned like.
 *
 * @param check see {@link findCaptured}
 */
export function injectedProperties(check: PlannedService): ReadonlyMap<string, unknown> {
  const injected = listed(check.bindings)
    .flatMap(requires)
    .flatMap(({ bindings }) => listed(bindings))
    .flatMap(({ propertyParams }) => [...(propertyParams ?? [])]);
  return new Map(injected.map(([property, { serviceIdentifier }]) => [String(property), serviceIdentifier]));
}

/**
 * Every singleton that would keep something of a run: its context, or what is made once per request.
 *
 * @param check what is planned like an instance of the workflow.
 */
export function findCaptured(workflow: string, check: PlannedService): readonly Problem[] {
  const found: Problem[] = [];
  // A service is looked at once below a singleton and once above any: what it leads to is the same each time.
  const seen = { inSingleton: new Set<unknown>(), elsewhere: new Set<unknown>() };

  const visit = (service: PlannedService, outer: Chain | undefined, singleton: Chain | undefined): void => {
    for (const planned of listed(service.bindings)) {
      const { binding } = planned;
      const isSingleton = binding.scope === 'Singleton' && service.serviceIdentifier !== RunContext;
      const here: Chain = { name: nameOf(service.serviceIdentifier), isSingleton, outer };
      const isOfRun = service.serviceIdentifier === RunContext || binding.scope === 'Request';
      if (isOfRun && singleton !== undefined) {
        found.push(classProblems.captured(workflow, chainOf(here), singleton.name, here.name));
        continue;
      }
      const within = singleton ?? (isSingleton ? here : undefined);
      const known = within === undefined ? seen.elsewhere : seen.inSingleton;
      if (known.has(binding)) continue;
      known.add(binding);
      for (const next of requires(planned)) visit(next, here, within);
    }
  };
  for (const planned of listed(check.bindings)) {
    for (const next of requires(planned)) visit(next, undefined, undefined);
  }
  return found;
}

function requires({ constructorParams, propertyParams, params, redirection }: PlannedBinding): PlannedService[] {
  const services = [...(constructorParams ?? []), ...(propertyParams?.values() ?? []), ...(params ?? [])];
  if (redirection !== undefined) services.push(redirection);
  return services.filter((service): service is PlannedService => 'serviceIdentifier' in service);
}

function listed(bindings: PlannedService['bindings']): readonly PlannedBinding[] {
  if (bindings === undefined) return [];
  return Array.isArray(bindings) ? (bindings as readonly PlannedBinding[]) : [bindings as PlannedBinding];
}

function chainOf(end: Chain): string[] {
  const names: string[] = [];
  for (let at: Chain | undefined = end; at !== undefined; at = at.outer) {
    names.unshift(at.isSingleton ? `${at.name} (singleton)` : at.name);
  }
  return names;
}

function nameOf(token: unknown): string {
  if (typeof token === 'function') return token.name === '' ? 'a class without a name' : token.name;
  return typeof token === 'symbol' ? (token.description ?? 'a symbol') : String(token);
}
