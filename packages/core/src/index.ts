// Writing workflows
export { Workflow, type MapOptions, type NodeOptions, type RouterOptions } from './workflow/workflow.js';
export { step, workflow } from './workflow/plain-functions.js';
export { Runnable, type DrawingOptions, type WorkflowToolOptions } from './workflow/runnable.js';
export { END, START, type End, type JoinMode, type Start } from './graph/definition.js';
export type { WorkflowOptions } from './workflow/options.js';
export type { ParallelOptions, RouteOptions } from './workflow/sugar.js';
export type { RouteKey, RouterFunction, RunnableStep, Step, StepFunction } from './execution/step.js';
export type { RetryPolicy, StepPolicies } from './execution/policies.js';
export type { MapPolicy, Settled } from './execution/map-items.js';
export { StepFailure } from './values/step-failure.js';

// Running them
export type { EventOptions, RunOptions } from './execution/run-options.js';
export type { CancelledRun, FailedRun, RunHandle, RunOutcome } from './execution/run-handle.js';
export type { RunResult } from './execution/run.js';
export type { WorkflowResult } from './execution/run-result.js';
export type { OpenWait, SuspendedRun } from './execution/suspended-run.js';
export type { ForkOptions, ResumeOptions } from './execution/run-options.js';
export type { ForkPoint } from './execution/fork-records.js';
export type { ForkRequest, ResumeReport, ResumeRequest } from './execution/durable-runs.js';
export type { NotRun, RouteRecord, RunRecord, StepRecord } from './errors/run-record.js';
export type { ErrorInfo, RunEvent } from './execution/events.js';
export type { Overflow } from './execution/event-queue.js';

// Where they run
export {
  Executor,
  LocalExecutor,
  type Compilable,
  type DurabilityOptions,
  type ExecutorDefaults,
  type PreparedRun,
  type Registered,
} from './execution/executor.js';

// Inside a run
export { currentContext } from './context/ambient.js';
export { RunContext, type RunIdentity } from './context/run-context.js';
export type { StepContext } from './execution/step-context.js';

// The graph as data
export type { EdgeDefinition, GraphDefinition, NodeDefinition, NodeKind } from './graph/definition.js';
export { toDot } from './graph/to-dot.js';
export { toMermaid } from './graph/to-mermaid.js';
export { toSvg } from './graph/to-svg.js';
export type { DiagramOptions } from './graph/diagram.js';
export { overlayOfRun, type OverlaidRecord } from './graph/overlay-of-run.js';
export type { RouteCount, RunOverlay } from './graph/run-overlay.js';

// Agents
export { Agent, type AgentRunOptions, type AgentToolOptions } from './agent/agent.js';
export { agentStep, type AgentStepOptions } from './agent/agent-step.js';
export type { AgentOptions } from './agent/agent-options.js';
export type { AgentResult, InterruptReason, ToolCallRecord } from './agent/agent-result.js';
export {
  tool,
  type AnySchema,
  type Tool,
  type ToolContext,
  type ToolOptions,
  type ToolPolicies,
} from './agent/tool.js';
export type { RunnableToolOptions } from './agent/runnable-tool.js';
export type { ApprovalContext, ApproveToolCall, PendingToolCall, ToolDecision } from './agent/approval.js';
export { permissions, type PermissionOptions, type PermissionRules } from './agent/permissions.js';
export type {
  Guardrail,
  GuardrailBoundary,
  GuardrailContext,
  Guardrails,
  GuardrailVerdict,
} from './context/guardrails.js';
export type { ExtractFacts, LearnableExchange } from './agent/learn-facts.js';
export type { AfterTool, BeforeTool, ToolHookContext } from './agent/tool-hooks.js';
export type { Budget, BudgetUse } from './model/budget.js';
export type { RunUsage, Usage } from './errors/run-record.js';

// Language models
export {
  LanguageModel,
  type AssistantMessage,
  type FinishReason,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelCapabilities,
  type ModelDelta,
  type ModelMessage,
  type ModelRequest,
  type ModelRetry,
  type ModelSettings,
  type ModelUsage,
  type OutputDefinition,
  type SystemMessage,
  type TextDelta,
  type ToolCall,
  type ToolCallDelta,
  type ToolDefinition,
  type ToolMessage,
  type UserMessage,
} from './ports/language-model.js';
export type { ModelProvider } from './ports/model-provider.js';
export { ModelRegistry, type ModelsGiven, type ModelSource } from './model/model-registry.js';
export {
  Allowance,
  type AllowanceCall,
  type AllowanceOptions,
  type AllowanceUse,
  type AllowedCall,
} from './model/allowance.js';
export { RateLimiter, type RateLimitedCall, type RateLimiterOptions } from './model/rate-limiter.js';
export { EchoModel } from './model/echo-model.js';
export { RetryingModel, type ModelRetryPolicy, type RetryingModelOptions } from './model/retrying-model.js';
export { FallbackModel } from './model/fallback-model.js';
export { modelAnswer, sumUsage, type AnswerParts } from './model/model-answer.js';
export { PriceList, type PriceListOptions } from './model/price-list.js';
export { MODEL_PRICES, type ModelPrice, type PriceTable } from './model/model-prices.js';

// Memory
export {
  Memory,
  type Episode,
  type Fact,
  type FactQuery,
  type ForgetScope,
  type HistoryMessage,
  type HistoryOptions,
  type MemoryBlock,
  type MemoryExport,
  type MemoryLimits,
  type MemoryOwner,
  type MemoryProfile,
  type NewEpisode,
  type NewFact,
  type RecalledEpisode,
  type RecallOptions,
  type SessionSummary,
  type Stored,
  type TierCounts,
  type ToolExchange,
} from './ports/memory.js';
export { Embedder, type EmbedOptions } from './ports/embedder.js';
export type { MemoryProvider } from './ports/memory-provider.js';
export { MemoryRegistry, type MemoriesGiven, type MemoryGiven } from './memory/memory-registry.js';
export { InMemoryMemory, type InMemoryMemoryOptions } from './memory/in-memory-memory.js';
export type { MemoryNotice, MemoryNoticeOptions } from './memory/memory-notices.js';

// Tone
export { toneInstruction, withTone, type Tone } from './tone/tone.js';
export { TONE_PRESETS, type TonePreset } from './tone/tone-presets.js';
export { effectiveTone } from './tone/effective-tone.js';
export type { Levels } from './values/precedence.js';

// The audit log
export {
  AuditAnchors,
  AuditLog,
  AuditStore,
  type AuditAction,
  type AuditEntry,
  type AuditQuery,
  type AuditReceipt,
  type AuditSource,
  type AuditSubject,
  type NewAuditEntry,
  type OpenedAuditStore,
  type SealedLine,
} from './ports/audit-log.js';
export {
  ChainedAuditLog,
  type AuditNotice,
  type ChainedAuditLogOptions,
  type SealEntries,
} from './audit/chained-audit-log.js';
export {
  ed25519Key,
  ed25519Verifier,
  hmacKey,
  unsigned,
  type AuditKey,
  type AuditVerifier,
} from './audit/audit-key.js';
export type { AuditContent, AuditedValue, AuditGiven, AuditPolicy } from './audit/audit-policy.js';
export { contentDigest } from './audit/shown-content.js';
export { JsonlAuditStore } from './audit/jsonl-audit-store.js';
export { InMemoryAuditStore } from './audit/in-memory-audit-store.js';
export { FileAuditAnchors } from './audit/file-audit-anchors.js';
export { InMemoryAuditAnchors } from './audit/audit-anchor.js';
export { verifyAuditLog, type AuditVerdict, type VerifyOptions } from './audit/verify-audit-log.js';
export type { AuditBreak, AuditBreakKind } from './audit/chain-verifier.js';

// Evidence of a run
export {
  evidence,
  verifyEvidence,
  type Evidence,
  type EvidenceFiles,
  type EvidenceSources,
  type EvidenceVerdict,
} from './evidence/evidence.js';
export type {
  EvidencedAgent,
  EvidencedDecision,
  EvidencedRoute,
  EvidencedRun,
  EvidencedStep,
  EvidencedValue,
} from './evidence/run-report.js';

// Telemetry
export {
  Telemetry,
  type SpanAttributes,
  type SpanContent,
  type SpanInfo,
  type SpanOperation,
} from './ports/telemetry.js';
export { openTelemetry, type OpenTelemetryOptions } from './telemetry/open-telemetry.js';
export type { CapturedContent, RedactContent } from './telemetry/captured-content.js';

// Where durable runs are kept
export {
  Journal,
  type AuditedCommit,
  type Commit,
  type Created,
  type DueQuery,
  type ForgottenRuns,
  type JournalRecord,
  type KeepResult,
  type KeptSignalQuery,
  type KeptSignal,
  type Lease,
  type KnownSignal,
  type SignalKey,
  type NewRun,
  type NewWait,
  type RunFacts,
  type RunInfo,
  type RunKey,
  type RunQuery,
  type RunStatus,
  type Wait,
  type WaitChange,
  type WaitKind,
  type WaitQuery,
  type WaitStatus,
} from './ports/journal.js';
export { InMemoryJournal } from './journal/in-memory-journal.js';
export {
  PersonalData,
  type ForgetReport,
  type ForgetsUsers,
  type ForgottenPlace,
  type KeepsUsers,
  type Person,
  type PersonalDataPlaces,
} from './journal/personal-data.js';

// Waiting for people and events
export { Approvals, type Acknowledged, type ApprovalsOptions, type InboxQuery } from './approval/approvals.js';
export type { ApprovalPolicy, Escalation, Reminder } from './approval/approval-policy.js';
export type { ApprovalRequest } from './approval/approval-request.js';
export type { ApprovalRoutes, SignalPolicy, WaitRoutes } from './execution/wait-options.js';
export type { ApprovalOutcome, Decision, Delegation } from './approval/approval-record.js';
export type { ApprovalView } from './approval/approval-view.js';
export type { ApprovalDecision, SignalOutcome } from './approval/settled-outcome.js';
export type { SpokenDecision, SpokenDelegation } from './approval/judge-decision.js';
export {
  Signals,
  type EarlySignalOptions,
  type Signal,
  type SignalReceipt,
  type SignalsOptions,
  type WaitingSignal,
} from './approval/signals.js';
export type { Actor } from './approval/actor.js';
export type { Authenticate, AuthenticationOptions } from './approval/authentication.js';
export type { WaitNotice } from './approval/pass-time.js';
export type { RefusalReason } from './errors/refusals.js';

// Schemas and values
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
export { RunError, type CapFacts, type SpentCap } from './errors/run-error.js';
export {
  AdapterError,
  type ModelErrorCode,
  type ModelFailure,
  type StoreErrorCode,
  type StoreFailure,
} from './errors/adapter-error.js';
