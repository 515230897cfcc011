import type { JoinName } from '../typing/sources.js';

/**
 * How a step waits where it has several sources. Plain data, so that a second installed copy of the package reads it.
 * `S` are the names of the sources.
 */
export interface Join<M extends JoinName, S extends string = string> {
  readonly join: M;
  readonly sources: readonly S[];
}

/**
 * Waits for all sources and receives `{ a, b }`. If one of them is skipped, so is the step.
 *
 * @example
 * class Report extends WorkflowBase<string, string> {
 *   \@Start() facts(topic: string) { return [topic]; }
 *   \@Start() tone(topic: string) { return topic.length > 10 ? 'formal' : 'plain'; }
 *   \@End({ after: allOf('facts', 'tone') }) write(found: { facts: string[]; tone: string }) { return found.facts.join(); }
 * }
 */
export function allOf<const S extends string>(...sources: S[]): Join<'all', S> {
  return join('all', sources);
}

/** Waits for all sources and receives those that delivered, `{ a?, b? }`. Skipped only if none did. */
export function anyOf<const S extends string>(...sources: S[]): Join<'any', S> {
  return join('any', sources);
}

/** Waits for all sources, of which exactly one delivers, and receives the bare value. Several are an error. */
export function oneOf<const S extends string>(...sources: S[]): Join<'one', S> {
  return join('one', sources);
}

/** Receives the bare value of the source that delivers first; later ones are dropped, or with `cancelOthers` aborted. */
export function firstOf<const S extends string>(...sources: S[]): Join<'first', S> {
  return join('first', sources);
}

function join<M extends JoinName, S extends string>(mode: M, sources: S[]): Join<M, S> {
  return Object.freeze({ join: mode, sources: Object.freeze([...sources]) });
}
