import { TO_END, type Plan } from '../graph/plan.js';
import { routerLabel } from '../graph/router-label.js';
import type { SpanAttributes } from '../ports/telemetry.js';
import { DRAWLOOM, GENERAL } from '../telemetry/semantic-conventions.js';
import { keysOf } from './run-loop.js';
import { contentOf, endingOf, inSpan } from './spans.js';
import { isThenable, type Body } from './step.js';

/** Puts a span around the choice that a router makes. */
export function withRouteSpan(body: Body, plan: Plan, node: number): Body {
  const name = routerLabel(plan, node);
  return (input, context) => {
    const { telemetry } = context.owner;
    if (telemetry === undefined) return body(input, context);
    let returned: unknown;
    const choose = (): unknown => {
      const result = body(input, context);
      return isThenable(result) ? result.then((late) => (returned = late)) : (returned = result);
    };
    const attributes = {
      ...context.owner.spanAttributes,
      [DRAWLOOM.stepName]: name,
      [DRAWLOOM.stepKind]: 'router',
      [DRAWLOOM.visit]: context.visit,
    };
    const ending = endingOf(context);
    const endAttributes = (error?: unknown): SpanAttributes =>
      error === undefined ? choiceOf(plan, node, returned) : ending(error);
    const info = { operation: 'route', name, attributes, endAttributes, content: contentOf(input) } as const;
    return inSpan(telemetry, info, choose);
  };
}

/** Which routes are taken by what a router returned. Only their own keys are named: what matches none may be anything. */
function choiceOf(plan: Plan, node: number, returned: unknown): SpanAttributes {
  const routes = plan.routes[node]!;
  const fallback = plan.defaultRoute[node]!;
  const keys = keysOf(returned);
  const chosen = typeof keys === 'string' ? [keys] : keys;
  const edges = chosen.map((key) => routes.get(key)?.taken[0] ?? fallback);
  if (edges.length === 0) edges.push(fallback);
  const known = { [DRAWLOOM.routeKeys]: chosen.map((key) => (routes.has(key) ? key : 'default')) };
  if (edges.includes(-1)) return { [GENERAL.errorType]: 'NO_ROUTE' };
  return { ...known, [DRAWLOOM.routeTargets]: [...new Set(edges)].map((edge) => targetOf(plan, edge)) };
}

function targetOf(plan: Plan, edge: number): string {
  const target = plan.edgeTo[edge]!;
  return target === TO_END ? 'END' : routerLabel(plan, target);
}
