/**
 * Job. Calls what the developer has put before and after tools.
 *
 * Invariants.
 * H1. A hook before a tool can only object: whatever it answers that is not `undefined`, an error and a time-out deny.
 * H2. Nothing that a hook after a tool does reaches the model or ends the run.
 */
import { errorInfo } from '../execution/events.js';
import { deepFreeze } from '../values/freeze.js';
import type { ToolCallRecord } from './agent-result.js';
import type { AgentRun } from './agent-run.js';
import type { ApprovalContext, PendingToolCall } from './approval.js';
import { checkWithin } from '../values/bounded-check.js';

/** What a hook is handed beside the call. */
export type ToolHookContext = ApprovalContext;

/** Called before a tool runs: `undefined` has no objection; text denies the call and is told the model. */
export type BeforeTool = (
  call: PendingToolCall,
  context: ToolHookContext,
) => string | undefined | PromiseLike<string | undefined>;

/** Called with what came of a call of a tool, also of one that was denied. */
export type AfterTool = (record: ToolCallRecord, context: ToolHookContext) => unknown;

/** H1. The first objection, in the order of the hooks. */
export async function objectionTo(run: AgentRun, call: PendingToolCall): Promise<string | undefined> {
  for (const hook of run.settings.beforeTool ?? []) {
    if (run.step.signal.aborted) return 'the run was stopped';
    const checked = await checkWithin<unknown>(run.checkBounds, (signal) => hook(call, { run: run.context, signal }));
    if (checked.kind === 'stopped') return 'the run was stopped';
    if (checked.kind === 'too late') return 'a hook did not answer in time';
    if (checked.kind === 'failed') return 'a hook failed';
    if (checked.answer === undefined) continue;
    return typeof checked.answer === 'string' && checked.answer !== '' ? checked.answer : 'a hook objects';
  }
  return undefined;
}

/** H2. One after the other. */
export async function tellAfterTool(run: AgentRun, record: ToolCallRecord): Promise<void> {
  const { afterTool = [] } = run.settings;
  if (afterTool.length === 0) return;
  deepFreeze(record);
  for (const hook of afterTool) {
    const checked = await checkWithin(run.checkBounds, (signal) => hook(record, { run: run.context, signal }));
    if (checked.kind === 'answered' || checked.kind === 'stopped') continue;
    const error =
      checked.kind === 'failed'
        ? errorInfo(checked.error)
        : { name: 'TimeoutError', message: `it took longer than ${run.settings.checkTimeoutMs} ms` };
    run.announce({ type: 'hook.failed', turn: record.turn, callId: record.id, tool: record.tool, error });
  }
}
