import type { Program } from '../execution/program.js';
import { withRouteSpan } from '../execution/route-span.js';
import type { Body } from '../execution/step.js';
import { TO_END, type Plan } from '../graph/plan.js';
import type { Waiting } from '../execution/waiting.js';
import { isWaiting } from '../graph/definition.js';
import type { Schema } from '../ports/schema.js';
import { settingsOf, type WorkflowOptions } from './options.js';

/** What a front end says of a workflow whose graph has been compiled. The options have been checked. */
export interface ProgramParts {
  readonly plan: Plan;
  readonly options: WorkflowOptions;
  /** Makes what a node does; called once for each node. */
  readonly bodyOf: (node: string) => Body;
  /** What the input of a node has to look like, where it says so. */
  readonly schemaOf?: (node: string) => Schema | undefined;
  /** How a node waits for the world outside, where it does. */
  readonly waitingOf?: (node: string) => Waiting | undefined;
  /** What undoes a node when the run fails, where something does. */
  readonly compensationOf?: (node: string) => Body | undefined;
  /** Counts the runs in progress. @defaultValue a counter of its own */
  readonly activity?: Program['activity'];
}

/** The one way from what a front end says to what runs. */
export function assembleProgram({
  plan,
  options,
  bodyOf,
  schemaOf,
  waitingOf,
  compensationOf,
  activity = { runs: 0 },
}: ProgramParts): Program {
  const steps = plan.isRouter.filter((isRouter) => isRouter === 0).length;
  const first = Array.from(plan.out.of(plan.nodeCount), (edge) => plan.edgeTo[edge]!);
  // Several steps that begin may want different things of one input.
  const input = first.length === 1 && first[0] !== TO_END ? schemaOf?.(plan.names[first[0]!]!) : undefined;
  const bodies = plan.names.map((name, node) =>
    plan.isRouter[node] === 1 ? withRouteSpan(bodyOf(name), plan, node) : bodyOf(name),
  );
  const { nodes } = plan.definition;
  const waiting = nodes.some(({ kind }) => isWaiting(kind)) ? plan.names.map((node) => waitingOf?.(node)) : undefined;
  const compensations = nodes.some(({ compensated }) => compensated === true)
    ? plan.names.map((node) => compensationOf?.(node))
    : undefined;
  const { executor } = options;
  return Object.freeze({
    plan,
    bodies,
    settings: settingsOf(options, steps),
    activity,
    input,
    executor,
    waiting,
    compensations,
  });
}
