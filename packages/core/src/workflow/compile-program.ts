import type { Program } from '../execution/program.js';
import type { Body } from '../execution/step.js';
import { compileGraph } from '../graph/compile-graph.js';
import type { GraphDefinition } from '../graph/definition.js';
import { settingsOf, type WorkflowOptions } from './options.js';

/** What a front end says of a workflow. The options have been checked. */
export interface ProgramParts {
  readonly definition: GraphDefinition;
  readonly options: WorkflowOptions;
  /** Makes what a node does; called once for each node, after the graph has been found right. */
  readonly bodyOf: (node: string) => Body;
  /** Counts the runs in progress. @defaultValue a counter of its own */
  readonly activity?: Program['activity'];
}

/**
 * The one way from what a front end says to what runs.
 *
 * @throws {@link DefinitionError} with every mistake of the graph at once.
 */
export function compileProgram({ definition, options, bodyOf, activity = { runs: 0 } }: ProgramParts): Program {
  const plan = compileGraph(definition);
  const steps = plan.kinds.filter((kind) => kind !== 'router').length;
  return Object.freeze({ plan, bodies: plan.names.map(bodyOf), settings: settingsOf(options, steps), activity });
}
