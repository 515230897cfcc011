import type { RouteRecord, RunRecord } from '@drawloom/core';

/** What the tools of this package ask of a run, read once: the lists of a record are made anew at each look. */
export interface ReadRun {
  readonly workflow: string;
  readonly visited: readonly string[];
  readonly routes: readonly RouteRecord[];
  /** Every router of the workflow, by the name that `routes` has. */
  readonly routers: readonly string[];
  /** How many older entries of `visited` and `routes` are gone. */
  readonly dropped: number;
  /** Every step and map of the workflow, whether it ran or not. */
  readonly nodes: ReadonlySet<string>;
  /** Nodes that completed at least once; whole, also where the history was dropped. */
  readonly completed: ReadonlySet<string>;
  /** Nodes that failed for good at least once. */
  readonly failed: ReadonlySet<string>;
  /** Each node that did not run, with the reason; whole, also where the history was dropped. */
  readonly notRun: ReadonlyMap<string, string>;
  /** What a node that ran without completing came to. */
  readonly ended: ReadonlyMap<string, string>;
  /** The error that the run stopped with, on one line. */
  readonly failure: string | undefined;
}

/**
 * Reads what a test holds of a run: a result, a record, or whatever carries one as `partial` (the error that the run
 * rejected with, the outcome of a handle). `undefined` where it is none of these.
 */
export function readRun(received: unknown): ReadRun | undefined {
  try {
    const record = recordIn(received);
    return record === undefined ? undefined : factsOf(record, received);
  } catch {
    return undefined; // Anything can be given, also what throws when it is looked at.
  }
}

function recordIn(received: unknown): RunRecord | undefined {
  if (isRecord(received)) return received;
  const { partial } = (received ?? {}) as { readonly partial?: unknown };
  return isRecord(partial) ? partial : undefined;
}

function isRecord(value: unknown): value is RunRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { workflow, visited, routes, steps, explain } = value as Partial<RunRecord>;
  return typeof workflow === 'string' && [visited, routes, steps].every(Array.isArray) && typeof explain === 'function';
}

function factsOf(record: RunRecord, received: unknown): ReadRun {
  const { workflow, visited, routes, routers, steps, dropped } = record;
  const completed = new Set([...Object.keys(record.perStep), ...visited]);
  const notRun = new Map(record.explain().map(({ node, reason }) => [node, reason]));
  const ended = new Map(steps.map(({ node, outcome }) => [node, outcome]));
  const failed = new Set(steps.filter(({ outcome }) => outcome === 'failed').map(({ node }) => node));
  const nodes = new Set([...completed, ...ended.keys(), ...notRun.keys()]);
  const lists = { visited, routes, routers, dropped };
  return { workflow, ...lists, nodes, completed, failed, notRun, ended, failure: failureIn(received) };
}

function failureIn(received: unknown): string | undefined {
  const { error = received } = received as { readonly error?: unknown };
  return error instanceof Error ? error.message.split('\n')[0] : undefined;
}

/** What was given in place of a run, and what to give instead, for the end of a sentence. */
export function describeNoRun(received: unknown): string {
  try {
    return describe(received);
  } catch {
    return 'something that cannot be looked at';
  }
}

function describe(received: unknown): string {
  if (received === null || (typeof received !== 'object' && typeof received !== 'function')) {
    return typeof received === 'string' ? `the text ${JSON.stringify(received)}` : String(received);
  }
  const { then, result, run, runId } = received as Record<string, unknown>;
  if (typeof then === 'function') return 'a promise: await it first';
  if (typeof result === 'function' && typeof runId === 'string')
    return 'a handle: give what its result() resolves with';
  if (typeof run === 'function') return 'a workflow: give what its run() resolves or rejects with';
  if (received instanceof Error) return `an error without a partial result, so no run had begun: ${received.message}`;
  if (Array.isArray(received)) return `a list of ${received.length}`;
  return typeof received === 'function' ? 'a function' : `an object with the keys ${quoted(Object.keys(received))}`;
}

/** `"a", "b"`, cut after twelve; `none` where there is none. */
export function quoted(names: Iterable<string>): string {
  const all = [...names].map((name) => JSON.stringify(name));
  const shown = all.length > 12 ? [...all.slice(0, 12), `and ${all.length - 12} more`] : all;
  return shown.join(', ') || 'none';
}
