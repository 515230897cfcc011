// Writing workflows
export { WorkflowBase } from './instance/workflow-base.js';
export { allOf, anyOf, firstOf, oneOf, type Join } from './decorators/joins.js';
