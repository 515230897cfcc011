// Apart from the package's main entry, because it needs @drawloom/decorators and inversify.
export { testWorkflow, WorkflowTest, type Fake } from './test-workflow.js';
