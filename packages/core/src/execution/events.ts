import type { Usage } from '../errors/run-record.js';
import type { MemoryWrite } from '../context/observed-memory.js';
import type { NewEpisode, NewFact } from '../ports/memory.js';
import type { FinishReason, ModelDelta, ModelUsage } from '../ports/language-model.js';
import type { BudgetUse } from '../model/budget.js';
import type { ErrorInfo } from '../errors/error-info.js';
import type { OpenWait } from './suspended-run.js';

/** What every event has. */
export interface EventBase {
  /** The run that it is about; a nested run has its own. */
  readonly runId: string;
  readonly sessionId: string;
  /** From 1, without gaps, for each run: (`runId`, `seq`) names an event, and a gap shows what was missed. */
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly workflow: string;
  /** The nodes of the outer runs that lead here, outermost first; empty for the run that was started. */
  readonly path: readonly string[];
}

/** What an event about one activation has. */
export interface ActivationEventBase extends EventBase {
  readonly node: string;
  /** From 1. */
  readonly visit: number;
}

export interface RunStarted extends EventBase {
  readonly type: 'run.started';
  readonly input: unknown;
  readonly userId: string | undefined;
  readonly parentRunId: string | undefined;
}
/** The node has its slot and is about to be called. */
export interface StepStarted extends ActivationEventBase {
  readonly type: 'step.started';
  readonly input: unknown;
}
export interface StepCompleted extends ActivationEventBase {
  readonly type: 'step.completed';
  readonly output: unknown;
  readonly attempts: number;
}
/** The activation waits for the world outside; it holds no slot, and its end may come in another process. */
export interface StepWaiting extends ActivationEventBase {
  readonly type: 'step.waiting';
}
/** An attempt failed and another one follows. */
export interface StepRetrying extends ActivationEventBase {
  readonly type: 'step.retrying';
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: ErrorInfo;
}
export interface StepFailed extends ActivationEventBase {
  readonly type: 'step.failed';
  readonly attempts: number;
  readonly error: ErrorInfo;
  /** Whether an error edge takes the failure, so that the run goes on. */
  readonly isHandled: boolean;
}
export interface StepCancelled extends ActivationEventBase {
  readonly type: 'step.cancelled';
  readonly attempts: number;
  /** Whether the step did not react to its signal in time, so that it may still be doing something. */
  readonly isAbandoned: boolean;
}
/** An item of a map node is done. */
export interface ItemCompleted extends ActivationEventBase {
  readonly type: 'item.completed';
  readonly index: number;
  readonly total: number;
}
export interface ItemFailed extends ActivationEventBase {
  readonly type: 'item.failed';
  readonly index: number;
  readonly total: number;
  readonly error: ErrorInfo;
}
export interface RouteTaken extends EventBase {
  readonly type: 'route.taken';
  /** The router, or the source that it belongs to; `START` for a router at the entry. */
  readonly router: string;
  readonly keys: readonly string[];
  readonly targets: readonly string[];
  /** Whether a branch ended here. */
  readonly ends: boolean;
}
export interface RouteFailed extends EventBase {
  readonly type: 'route.failed';
  readonly router: string;
  readonly error: ErrorInfo;
}
/** A call of a function decorated with `step()`. */
export interface FunctionStarted extends ActivationEventBase {
  readonly type: 'function.started';
  readonly function: string;
  /** Which call of this function within the activation, from 1. */
  readonly occurrence: number;
}
export interface FunctionCompleted extends ActivationEventBase {
  readonly type: 'function.completed';
  readonly function: string;
  readonly occurrence: number;
}
export interface FunctionFailed extends ActivationEventBase {
  readonly type: 'function.failed';
  readonly function: string;
  readonly occurrence: number;
  readonly error: ErrorInfo;
}
/** What a step says of itself with `context.emit`. */
export interface StepEmitted extends ActivationEventBase {
  readonly type: 'step.emitted';
  readonly name: string;
  readonly data: unknown;
}
/** What an event about an agent's run has. */
export interface AgentEventBase extends ActivationEventBase {
  readonly agent: string;
}
export interface AgentStarted extends AgentEventBase {
  readonly type: 'agent.started';
  readonly model: string;
  /** What its tools are called. */
  readonly tools: readonly string[];
  /** The tone that holds; `undefined` where there is none. */
  readonly tone: string | undefined;
  /** The session that its memory knows the conversation by; `undefined` without a memory. */
  readonly memorySession: string | undefined;
}
/** A piece of a model's answer, as it arrives. */
export interface ModelDelivered extends AgentEventBase {
  readonly type: 'model.delta';
  /** Which call of the model in this run of the agent, from 1. */
  readonly turn: number;
  readonly delta: ModelDelta;
}
/** A model has answered. */
export interface ModelCalled extends AgentEventBase {
  readonly type: 'model.called';
  readonly turn: number;
  /** The model that answered, as its service names it. */
  readonly model: string;
  /** `undefined` where the service tells nothing. */
  readonly usage: ModelUsage | undefined;
  /** US dollars. */
  readonly cost: number;
  readonly finishReason: FinishReason;
}
/** A call of a model failed, and another one follows. */
export interface ModelRetrying extends AgentEventBase {
  readonly type: 'model.retrying';
  readonly turn: number;
  readonly model: string;
  /** The model that is asked next. */
  readonly next: string;
  readonly delayMs: number;
  readonly error: ErrorInfo;
}
/** The model wants a tool. Each is followed by one `tool.returned` or `tool.denied` with the same `callId`, perhaps after `tool.approved`. */
export interface ToolCalled extends AgentEventBase {
  readonly type: 'tool.called';
  readonly turn: number;
  readonly callId: string;
  readonly tool: string;
  /** As the model wrote them: JSON, as a rule. */
  readonly arguments: string;
}
export interface ToolReturned extends AgentEventBase {
  readonly type: 'tool.returned';
  readonly turn: number;
  readonly callId: string;
  readonly tool: string;
  /** What the model is told: as guardrails leave it. */
  readonly result: string;
  /** Whether the model is told of an error: the tool is unknown, its arguments do not fit, it threw, it took too long. */
  readonly isError: boolean;
  readonly durationMs: number;
}
/** Whoever approves has let a call pass, or the rules that stand for them. */
export interface ToolApproved extends AgentEventBase {
  readonly type: 'tool.approved';
  readonly turn: number;
  readonly callId: string;
  readonly tool: string;
  /** `edit`: with other arguments than the model wanted. */
  readonly decision: 'allow' | 'edit';
  /** What the tool gets, as JSON values. */
  readonly arguments: unknown;
}
/** A call was not approved, so the tool did not run. */
export interface ToolDenied extends AgentEventBase {
  readonly type: 'tool.denied';
  readonly turn: number;
  readonly callId: string;
  readonly tool: string;
  readonly reason: string;
}
/** A guardrail has changed a text or held it back. What the text was is not said. */
export interface GuardrailTriggered extends AgentEventBase {
  readonly type: 'guardrail.triggered';
  readonly guardrail: string;
  readonly boundary: 'input' | 'output' | 'toolResult';
  readonly verdict: 'annotate' | 'block';
  /** Where it blocks without a verdict: it threw, did not answer in time, or answered something else. */
  readonly failure: 'error' | 'timeout' | 'no verdict' | undefined;
  /** Of a tool's result. */
  readonly tool: string | undefined;
  readonly callId: string | undefined;
}
/** What was to be called after a tool did not work, and the agent goes on without. */
export interface HookFailed extends AgentEventBase {
  readonly type: 'hook.failed';
  readonly turn: number;
  readonly callId: string;
  readonly tool: string;
  readonly error: ErrorInfo;
}
/** The agent has left something in its memory. */
export interface MemoryWritten extends AgentEventBase {
  readonly type: 'memory.written';
  readonly operation: 'remember' | 'learn';
  /** The episode, or the fact. */
  readonly written: NewEpisode | NewFact;
}
/** The code of a step, or of a tool, has written to the memory of its run. Heard of where an audit log is bound. */
export interface MemoryWrittenByCode extends ActivationEventBase, MemoryWrite {
  readonly type: 'memory.written';
  readonly agent: undefined;
}
/** Something around the agent did not work, and it goes on without: what it would have remembered or recalled. */
export interface MemoryFailed extends AgentEventBase {
  readonly type: 'memory.failed';
  readonly operation: 'history' | 'recall' | 'facts' | 'blocks' | 'remember' | 'learn';
  readonly error: ErrorInfo;
}
/** Four fifths of a cap are used up; once for each cap of a run, of an agent's run, and of a period of an allowance. */
export interface BudgetWarning extends EventBase, BudgetUse {
  readonly type: 'budget.warning';
  /** Whose budget it is, or who has asked; `undefined` where it is the run's. */
  readonly agent: string | undefined;
  /** Of an allowance, which spans runs. */
  readonly allowance: string | undefined;
}
/**
 * Nothing is left of a cap, and a call of a model was refused for it: once for each budget of a run and of an agent's run, and for each
 * call that an allowance refuses. What fails because of it comes after it.
 */
export interface BudgetExceeded extends EventBase, BudgetUse {
  readonly type: 'budget.exceeded';
  /** Whose budget it is, or who has asked; `undefined` where it is the run's. */
  readonly agent: string | undefined;
  /** Of an allowance, which spans runs. */
  readonly allowance: string | undefined;
}
export interface AgentCompleted extends AgentEventBase {
  readonly type: 'agent.completed';
  readonly turns: number;
  readonly usage: Usage;
  /** Why it stopped before it had an answer; `undefined` where it has one. */
  readonly reason: string | undefined;
}
export interface AgentFailed extends AgentEventBase {
  readonly type: 'agent.failed';
  readonly error: ErrorInfo;
}
/** What a step had done is about to be undone, because the run has failed or was cancelled. */
export interface CompensationStarted extends ActivationEventBase {
  readonly type: 'compensation.started';
}
/** It is undone. */
export interface CompensationCompleted extends ActivationEventBase {
  readonly type: 'compensation.completed';
}
/** It could not be undone; the others are undone all the same. */
export interface CompensationFailed extends ActivationEventBase {
  readonly type: 'compensation.failed';
  readonly error: ErrorInfo;
}
/** A run that an earlier execution has begun goes on, in place of `run.started`. */
export interface RunResumed extends EventBase {
  readonly type: 'run.resumed';
  readonly userId: string | undefined;
}
/** A run begins with what another one has done, in place of `run.started`. */
export interface RunForked extends EventBase {
  readonly type: 'run.forked';
  /** What the run received that it is made of. */
  readonly input: unknown;
  readonly userId: string | undefined;
  /** The run that it is made of. */
  readonly sourceRunId: string;
  /** What is done anew, with everything that comes after it. */
  readonly from: { readonly node: string; readonly visit: number };
}
/** The run cannot go on before something has come; what follows is seen by whoever resumes it. */
export interface RunSuspended extends EventBase {
  readonly type: 'run.suspended';
  readonly waits: readonly OpenWait[];
}
export interface RunCompleted extends EventBase {
  readonly type: 'run.completed';
  readonly output: unknown;
}
export interface RunFailed extends EventBase {
  readonly type: 'run.failed';
  readonly error: ErrorInfo;
}
export interface RunCancelled extends EventBase {
  readonly type: 'run.cancelled';
  readonly error: ErrorInfo;
}

/**
 * Everything that a run announces. Each run, also a nested one, ends in exactly one of `run.completed`, `run.failed`
 * and `run.cancelled`, or the outermost one with `run.suspended`, and then nothing more is heard of what waits; each `step.started` is followed by exactly one of `step.completed`, `step.failed` and
 * `step.cancelled`; each `agent.started` by exactly one of `agent.completed` and `agent.failed`, each `compensation.started` by one of
 * `compensation.completed` and `compensation.failed`. Inputs and outputs are the live values, not copies.
 */
export type RunEvent =
  | RunStarted
  | StepStarted
  | StepCompleted
  | StepWaiting
  | StepRetrying
  | StepFailed
  | StepCancelled
  | ItemCompleted
  | ItemFailed
  | RouteTaken
  | RouteFailed
  | FunctionStarted
  | FunctionCompleted
  | FunctionFailed
  | StepEmitted
  | AgentStarted
  | ModelDelivered
  | ModelCalled
  | ModelRetrying
  | ToolCalled
  | ToolReturned
  | ToolApproved
  | ToolDenied
  | BudgetWarning
  | BudgetExceeded
  | GuardrailTriggered
  | HookFailed
  | MemoryWritten
  | MemoryWrittenByCode
  | MemoryFailed
  | AgentCompleted
  | AgentFailed
  | CompensationStarted
  | CompensationCompleted
  | CompensationFailed
  | RunResumed
  | RunForked
  | RunSuspended
  | RunCompleted
  | RunFailed
  | RunCancelled;

/** An event before the run adds what all of its events share. */
export type EventBody = RunEvent extends infer E ? (E extends EventBase ? Omit<E, keyof EventBase> : never) : never;

export { errorInfo, type ErrorInfo } from '../errors/error-info.js';
