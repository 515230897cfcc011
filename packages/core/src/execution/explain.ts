import { routerLabel } from '../graph/router-label.js';
import type { NotRun } from '../errors/run-record.js';
import { listNames } from '../errors/format-message.js';
import type { Plan } from '../graph/plan.js';

/** What is known of a run when it is asked why a node did not run. */
export interface Explained {
  visitsOf(node: number): number;
  lastKeysOf(router: number): readonly string[] | undefined;
  /** Whether the run was stopped before it was complete. */
  readonly isStopping: boolean;
}

/** Each step that did not run, and why. */
export function explainPlan(plan: Plan, run: Explained): NotRun[] {
  const found: NotRun[] = [];
  for (let node = 0; node < plan.nodeCount; node++) {
    if (plan.isRouter[node] === 1 || run.visitsOf(node) > 0) continue;
    found.push({ node: plan.names[node]!, reason: reasonFor(plan, run, node) });
  }
  return found;
}

function reasonFor(plan: Plan, run: Explained, node: number): string {
  const reasons = Array.from(plan.entries.of(node), (edge) => whyNotDelivered(plan, run, edge)).filter(
    (reason) => reason !== undefined,
  );
  const delivered = plan.entries.count(node) - reasons.length;
  if (reasons.length === 0) {
    return run.isStopping ? 'the run ended before it could start' : 'what its sources delivered did not reach it';
  }
  const mode = plan.joins[node]!;
  if (plan.entries.count(node) > 1 && mode === 'all' && delivered > 0)
    return `its join "all" was not complete: ${reasons.join('; ')}`;
  return reasons.join('; ');
}

function whyNotDelivered(plan: Plan, run: Explained, edge: number): string | undefined {
  const source = plan.edgeFrom[edge]!;
  if (source === plan.nodeCount) return undefined;
  const name = routerLabel(plan, source);
  if (plan.errorEdge[source] === edge) {
    return run.visitsOf(source) === 0 ? `"${name}" did not run` : `"${name}" did not fail`;
  }
  if (run.visitsOf(source) === 0) {
    return plan.isRouter[source] === 1 ? `the router of "${name}" did not run` : `"${name}" did not run`;
  }
  if (plan.passesOn[source] === 0) return undefined;
  const who = plan.isRouter[source] === 1 ? `the router of "${name}"` : `"${name}"`;
  const keys = run.lastKeysOf(source);
  if (keys === undefined) return `${who} did not choose`;
  return edgeTaken(plan, source, keys, edge)
    ? undefined
    : `${who} returned ${listNames(keys)}, which does not lead here`;
}

function edgeTaken(plan: Plan, router: number, keys: readonly string[], edge: number): boolean {
  const routes = plan.routes[router]!;
  return keys.some((key) => (routes.get(key)?.taken[0] ?? plan.defaultRoute[router]) === edge);
}
