import type { Program } from '../execution/program.js';
import type { Body } from '../execution/step.js';
import type { Plan } from '../graph/plan.js';
import { settingsOf, type WorkflowOptions } from './options.js';

/** What a front end says of a workflow whose graph has been compiled. The options have been checked. */
export interface ProgramParts {
  readonly plan: Plan;
  readonly options: WorkflowOptions;
  /** Makes what a node does; called once for each node. */
  readonly bodyOf: (node: string) => Body;
  /** Counts the runs in progress. @defaultValue a counter of its own */
  readonly activity?: Program['activity'];
}

/** The one way from what a front end says to what runs. */
export function assembleProgram({ plan, options, bodyOf, activity = { runs: 0 } }: ProgramParts): Program {
  const steps = plan.kinds.filter((kind) => kind !== 'router').length;
  return Object.freeze({ plan, bodies: plan.names.map(bodyOf), settings: settingsOf(options, steps), activity });
}
