import type { AuditedValue } from '../audit/audit-policy.js';
import type { AuditAction } from '../ports/audit-log.js';
import type { ErrorInfo, RunEvent } from './events.js';

/** What of an event goes on record. */
export interface AuditedEvent {
  readonly action: AuditAction;
  /** @defaultValue the workflow */
  readonly actor?: string;
  readonly node?: string;
  /** @defaultValue that of the event */
  readonly time?: number | undefined;
  /** What is known beside content. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** What is shown by policy. */
  readonly content?: { readonly value: unknown; readonly role: AuditedValue['role'] };
}

type Recorders = { readonly [T in RunEvent['type']]?: (event: Extract<RunEvent, { type: T }>) => AuditedEvent };

/** Why a run was stopped by one of its limits. (A budget that is used up is an event of its own.) */
const CAPS: readonly (string | undefined)[] = [
  'MAX_STEPS',
  'MAX_VISITS',
  'MAX_TOTAL_STEPS',
  'RUN_TIMEOUT',
  'RATE_LIMITED',
];

/** What is not here is no fact that anybody would ask for later: pieces of answers, what a step says of itself. */
const RECORDERS: Recorders = {
  'run.started': ({ input, parentRunId }) => ({
    action: 'run.started',
    facts: { parentRun: parentRunId },
    content: { value: input, role: 'input' },
  }),
  'run.completed': ({ output }) => ({ action: 'run.completed', content: { value: output, role: 'output' } }),
  'run.failed': ({ error }) => ({ action: 'run.failed', ...failure(error) }),
  'run.cancelled': ({ error }) => ({ action: 'run.cancelled', ...failure(error) }),
  'run.resumed': () => ({ action: 'run.resumed' }),
  'run.forked': ({ input, sourceRunId, from }) => ({
    action: 'run.forked',
    facts: { sourceRun: sourceRunId, from },
    content: { value: input, role: 'input' },
  }),
  'run.suspended': ({ waits }) => ({ action: 'run.suspended', facts: { waits: waits.map(({ id }) => id) } }),
  'compensation.started': () => ({ action: 'compensation.started' }),
  'compensation.completed': () => ({ action: 'compensation.completed' }),
  'compensation.failed': ({ error }) => ({ action: 'compensation.failed', ...failure(error) }),
  'step.started': ({ input }) => ({ action: 'step.started', content: { value: input, role: 'input' } }),
  'step.completed': ({ output, attempts }) => ({
    action: 'step.completed',
    facts: { attempts },
    content: { value: output, role: 'output' },
  }),
  'step.retrying': ({ error, attempt, delayMs }) => ({
    action: 'step.retried',
    ...failure(error, { attempt, delayMs }),
  }),
  'step.failed': ({ error, attempts, isHandled }) => ({
    action: 'step.failed',
    ...failure(error, { attempts, isHandled }),
  }),
  'step.cancelled': ({ attempts, isAbandoned }) => ({ action: 'step.cancelled', facts: { attempts, isAbandoned } }),
  'item.failed': ({ error, index, total }) => ({ action: 'item.failed', ...failure(error, { index, total }) }),
  'route.taken': ({ router, keys, targets, ends }) => ({
    action: 'route.taken',
    node: router,
    facts: { keys, targets, ends },
  }),
  'route.failed': ({ router, error }) => ({ action: 'route.failed', node: router, ...failure(error) }),
  'function.started': ({ function: name, occurrence }) => ({
    action: 'function.started',
    facts: { function: name, occurrence },
  }),
  'function.completed': ({ function: name, occurrence }) => ({
    action: 'function.completed',
    facts: { function: name, occurrence },
  }),
  'function.failed': ({ function: name, occurrence, error }) => ({
    action: 'function.failed',
    ...failure(error, { function: name, occurrence }),
  }),
  'agent.started': ({ agent, model, tools, tone, memorySession }) => ({
    action: 'agent.started',
    actor: actorOf(agent),
    facts: { model, tools, tone, memorySession },
  }),
  'agent.completed': ({ agent, turns, usage, reason }) => ({
    action: 'agent.completed',
    actor: actorOf(agent),
    facts: { turns, usage, interruption: reason },
  }),
  'agent.failed': ({ agent, error }) => ({ action: 'agent.failed', actor: actorOf(agent), ...failure(error) }),
  'model.called': ({ agent, turn, model, usage, cost, finishReason }) => ({
    action: 'model.called',
    actor: actorOf(agent),
    facts: { turn, model, usage, cost, finishReason },
  }),
  'model.retrying': ({ agent, turn, model, next, error }) => ({
    action: 'model.retried',
    actor: actorOf(agent),
    ...failure(error, { turn, model, next }),
  }),
  'tool.called': ({ agent, turn, callId, tool, arguments: given }) => ({
    action: 'tool.called',
    actor: actorOf(agent),
    facts: { turn, callId, tool },
    content: { value: given, role: 'arguments' },
  }),
  'tool.returned': ({ agent, turn, callId, tool, isError, durationMs, result }) => ({
    action: 'tool.returned',
    actor: actorOf(agent),
    facts: { turn, callId, tool, isError, durationMs },
    content: { value: result, role: 'result' },
  }),
  'tool.approved': ({ agent, turn, callId, tool, decision, arguments: given }) => ({
    action: 'tool.approved',
    actor: actorOf(agent),
    facts: { turn, callId, tool, decision },
    content: { value: given, role: 'arguments' },
  }),
  'tool.denied': ({ agent, turn, callId, tool, reason }) => ({
    action: 'tool.denied',
    actor: actorOf(agent),
    facts: { turn, callId, tool },
    content: { value: reason, role: 'result' },
  }),
  'guardrail.triggered': ({ agent, guardrail, boundary, verdict, failure: why, tool, callId }) => ({
    action: 'guardrail.triggered',
    actor: actorOf(agent),
    facts: { guardrail, boundary, verdict, failure: why, tool, callId },
  }),
  'budget.exceeded': ({ agent, allowance, cap, limit, used }) => ({
    action: 'cap.hit',
    ...(agent === undefined ? {} : { actor: actorOf(agent) }),
    facts: { code: allowance === undefined ? 'BUDGET_EXCEEDED' : 'ALLOWANCE_USED_UP', cap, limit, used, allowance },
  }),
  'memory.written': ({ agent, operation, written }) => ({
    action: 'memory.written',
    ...(agent === undefined ? {} : { actor: actorOf(agent) }),
    facts: { operation },
    content: { value: written, role: 'input' },
  }),
  'memory.failed': ({ agent, operation, error }) => ({
    action: 'memory.failed',
    actor: actorOf(agent),
    ...failure(error, { operation }),
  }),
};

/** What of an event goes on record, in this order. */
export function auditedEvents(event: RunEvent): readonly AuditedEvent[] {
  const recorder = RECORDERS[event.type] as ((event: RunEvent) => AuditedEvent) | undefined;
  if (recorder === undefined) return [];
  const recorded = recorder(event);
  if (event.type !== 'run.failed' || !CAPS.includes(event.error.code)) return [recorded];
  return [{ action: 'cap.hit', facts: { code: event.error.code } }, recorded];
}

/** What an error is called is a fact; what it says may quote anything. */
function failure(error: ErrorInfo, facts: AuditedEvent['facts'] = {}): Pick<AuditedEvent, 'facts' | 'content'> {
  return {
    facts: { ...facts, error: error.name, code: error.code },
    content: { value: error.message, role: 'error' },
  };
}

function actorOf(agent: string): string {
  return `agent:${agent}`;
}
