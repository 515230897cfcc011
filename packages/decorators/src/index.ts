// Writing workflows
export { graphOf, WorkflowBase } from './instance/workflow-base.js';
export { Configure, type Configuration } from './decorators/configure.js';
export { Start, type StartOptions } from './decorators/start.js';
export { Step, type StepOptions } from './decorators/step.js';
export { Router, type RouterOptions } from './decorators/router.js';
export { ForEach, type ForEachOptions } from './decorators/for-each.js';
export { End, type EndOptions } from './decorators/end.js';
export { Approval, type ApprovalOptions } from './decorators/approval.js';
export { WaitFor, type WaitForOptions } from './decorators/wait-for.js';
export { Delay, type DelayOptions } from './decorators/delay.js';
export { Compensate } from './decorators/compensate.js';
export { State, type StateMerge, type StateOptions } from './decorators/state.js';
export type { AfterOption, NodeOptions, SourceOptions } from './decorators/step-options.js';
export { allOf, anyOf, firstOf, oneOf, type Join } from './decorators/joins.js';

// What steps are given and name
export {
  END,
  RunContext,
  START,
  StepFailure,
  type ApprovalDecision,
  type Settled,
  type StepContext,
} from '@drawloom/core';

// Writing agents
export { AgentBase, type AgentConfiguration } from './agent/agent-base.js';
export { Tool, type ToolMethodOptions } from './decorators/tool.js';

// What the compiler knows of steps
export type { PerItem } from './typing/per-item.js';
export type { ApprovalRequest, Later } from './typing/later.js';
export type { After } from './typing/sources.js';
export type { Routes } from './typing/check-routes.js';
export type { EdgeError } from './typing/edge-error.js';

// Running them from a container
export {
  ALLOWANCES,
  AUDIT,
  DURABILITY,
  drawloom,
  GUARDRAILS,
  TONE,
  type DrawloomOptions,
} from './container/drawloom-module.js';
export { agents, type AgentClass } from './container/agents-module.js';
export { workflows, type RegisteredClass } from './container/workflows-module.js';
export { Container, RunScopeCheck } from './container/run-scope-check.js';
export { inject, injectable, multiInject, named, optional, tagged, unmanaged } from './container/inject.js';
