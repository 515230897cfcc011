// Writing workflows
export { Workflow, type MapOptions, type NodeOptions, type RouterOptions } from './workflow/workflow.js';
export { step, workflow } from './workflow/plain-functions.js';
export { Runnable, type DrawingOptions } from './workflow/runnable.js';
export { END, START, type End, type JoinMode, type Start } from './graph/definition.js';
export type { WorkflowOptions } from './workflow/options.js';
export type { ParallelOptions, RouteOptions } from './workflow/sugar.js';
export type { RouteKey, RouterFunction, RunnableStep, Step, StepFunction } from './execution/step.js';
export type { RetryPolicy, StepPolicies } from './execution/policies.js';
export type { MapPolicy, Settled } from './execution/map-items.js';
export { StepFailure } from './schedule/step-failure.js';

// Running them
export type { EventOptions, RunOptions } from './execution/run-options.js';
export type { CancelledRun, FailedRun, RunHandle, RunOutcome } from './execution/run-handle.js';
export type { WorkflowResult } from './execution/run-result.js';
export type { NotRun, RouteRecord, RunRecord, StepRecord } from './errors/run-record.js';
export type { ErrorInfo, RunEvent } from './execution/events.js';
export type { Overflow } from './execution/event-queue.js';

// Where they run
export { Executor, LocalExecutor, type ExecutorDefaults, type PreparedRun } from './execution/executor.js';

// Inside a run
export { currentContext } from './context/ambient.js';
export { RunContext, type RunIdentity } from './context/run-context.js';
export type { StepContext } from './execution/step-context.js';

// The graph as data
export type { EdgeDefinition, GraphDefinition, NodeDefinition, NodeKind } from './graph/definition.js';
export { toDot } from './graph/to-dot.js';
export { toMermaid } from './graph/to-mermaid.js';
export type { DiagramOptions } from './graph/diagram.js';
export { overlayOfRun } from './graph/overlay-of-run.js';
export type { RouteCount, RunOverlay } from './graph/run-overlay.js';

// Ports and values
export { Telemetry, type SpanInfo } from './ports/telemetry.js';
export type { JsonSchema, Schema, Validated } from './ports/schema.js';
export type { Violation } from './errors/violation.js';
export { standardSchema } from './schema/standard-schema.js';
export { strictJsonSchema } from './schema/strict-json-schema.js';
export { restoreAbsence } from './schema/restore-absence.js';
export { Clock, systemClock } from './values/clock.js';
export { DURATION_FORMS, toMilliseconds, type Duration, type DurationUnit } from './values/duration.js';

// Errors
export { ERROR_CODES, type ErrorCode } from './errors/error-codes.js';
export { WorkflowError } from './errors/workflow-error.js';
export { DefinitionError, type Problem } from './errors/definition-error.js';
export { StepError, type ActivationFacts } from './errors/step-error.js';
export { RunError, type CapFacts } from './errors/run-error.js';
