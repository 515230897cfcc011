/**
 * Job. Whether a call of a tool may be made, and with which arguments: hooks and whoever approves are asked, in this order.
 *
 * Invariant Q. What was said is recorded before the tool runs: a step that runs again asks no person twice, and tells the
 * model of the call what it was told before. What was said because the run was being stopped is no answer.
 */
import { listViolations } from '../errors/violation.js';
import { noteEvent } from '../execution/spans.js';
import { DRAWLOOM, GEN_AI } from '../telemetry/semantic-conventions.js';
import type { AgentRun } from './agent-run.js';
import type { PendingToolCall, Verdict } from './approval.js';
import type { RecordedCall } from './recorded-call.js';
import { judgeArguments } from './tool-arguments.js';
import { objectionTo } from './tool-hooks.js';
import type { Tool } from './tool.js';

/** What was said of a call: plain data. `isAsked`: by whoever approves, and not by hooks alone. */
export type Passage = Verdict & { readonly isAsked: boolean; readonly remember?: boolean };

/** What a call may do. Nobody is asked about one that nobody judges. */
export async function passageOf(
  run: AgentRun,
  tool: Tool,
  pending: PendingToolCall,
  record: RecordedCall,
): Promise<Passage> {
  const { signal } = run.step;
  const isAsked = run.approvals.concerns(tool.approval);
  if (!isAsked && (run.settings.beforeTool ?? []).length === 0) return { kind: 'allow', isAsked };
  try {
    const passage = await record.keep(pending.arguments, async () => {
      const said = await judge(run, tool, pending, isAsked);
      signal.throwIfAborted(); // Q.
      return said;
    });
    if (passage.remember === true) run.approvals.remember(pending.tool, passage);
    return passage;
  } catch (error) {
    if (signal.aborted) return { kind: 'deny', reason: 'the run was stopped', isAsked };
    throw error;
  }
}

async function judge(run: AgentRun, tool: Tool, pending: PendingToolCall, isAsked: boolean): Promise<Passage> {
  const denied = (reason: string): Passage => ({ kind: 'deny', reason, isAsked });
  const objection = await objectionTo(run, pending);
  if (objection !== undefined) return denied(objection);
  if (!isAsked) return { kind: 'allow', isAsked };
  const { verdict, remember } = await run.approvals.ask(pending, run.context, run.step.signal);
  noteEvent(run.telemetry, DRAWLOOM.approvalDecided, {
    [DRAWLOOM.approvalSubject]: pending.tool,
    [DRAWLOOM.approvalDecision]: verdict.kind,
    [GEN_AI.toolCallId]: pending.id,
  });
  if (verdict.kind !== 'edit') return { ...verdict, isAsked, ...(remember ? { remember } : {}) };
  const edited = await plainOf(verdict.arguments)
    .then((given) => judgeArguments(tool, given))
    .catch(() => undefined);
  if (edited === undefined) return denied('the edited arguments cannot be read');
  if (!edited.ok) return denied(`the edited arguments do not fit: ${listViolations(edited.violations)}`);
  const late = await objectionTo(run, Object.freeze({ ...pending, arguments: edited.json }));
  return late === undefined ? { kind: 'edit', arguments: edited.json, isAsked } : denied(late);
}

/** As JSON has it: what is recorded, and read only once. Rejects where there is nothing that JSON could have. */
async function plainOf(given: unknown): Promise<unknown> {
  return JSON.parse(JSON.stringify(given));
}
