/**
 * For packages that give workflows another way to be written or run. Applications have no use for it, and it may
 * change with any release.
 */

// What is the same for all of them
export { isEnd, isStart } from './graph/definition.js';

// From what a front end says to what runs
export { compileGraph } from './graph/compile-graph.js';
export type { Plan } from './graph/plan.js';
export { assembleProgram, type ProgramParts } from './workflow/assemble-program.js';
export type { InstanceSource, Program } from './execution/program.js';
export { nodeBody, type NodeBodyOptions } from './execution/node-body.js';
export { bodyOf, isStep, isThenable, type Body } from './execution/step.js';

// What is checked, and how mistakes are said
export { checkPolicies } from './execution/policies.js';
export { isCount } from './execution/run-options.js';
export { checkWorkflowOptions } from './workflow/options.js';
export { problems } from './errors/problems.js';
export { describeReason, describeValue, listNames } from './errors/format-message.js';
export { suggestName } from './errors/suggest-name.js';

// What validates an input
export { validated } from './execution/validated.js';
export { isStandardSchema } from './schema/standard-schema.js';
export { couldNotJudge, receivedAt } from './schema/received.js';

// Inside a run
export { NodeOrder, type Place } from './graph/node-order.js';
export { deepFreeze } from './values/freeze.js';
export { currentStepOf } from './execution/step-context.js';
