import type { RouteRecord, StepRecord } from '../errors/run-record.js';
import type { RouteCount, RunOverlay } from './run-overlay.js';

/** What a diagram needs to know of a run: a result has it, and so has the `partial` of an error. */
export interface OverlaidRecord {
  readonly steps: readonly Pick<StepRecord, 'node' | 'outcome'>[];
  readonly routes: readonly Pick<RouteRecord, 'router' | 'keys'>[];
}

/** What a run did, as a diagram shows it: of a result, or of the `partial` of an error. */
export function overlayOfRun(run: OverlaidRecord): RunOverlay {
  const visits = new Map<string, number>();
  const named = { failed: new Set<string>(), cancelled: new Set<string>() };
  for (const { node, outcome } of run.steps) {
    visits.set(node, (visits.get(node) ?? 0) + 1);
    if (outcome === 'failed' || outcome === 'cancelled') named[outcome].add(node);
  }
  const counts = new Map<string, RouteCount>();
  for (const { router, keys } of run.routes) {
    for (const key of keys) {
      const name = JSON.stringify([router, key]);
      counts.set(name, { router, key, count: (counts.get(name)?.count ?? 0) + 1 });
    }
  }
  return { visits, failed: [...named.failed], cancelled: [...named.cancelled], routes: [...counts.values()] };
}
