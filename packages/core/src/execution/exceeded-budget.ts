import type { BudgetUse } from '../model/budget.js';
import type { Telemetry } from '../ports/telemetry.js';
import { DRAWLOOM, GEN_AI } from '../telemetry/semantic-conventions.js';
import type { Run } from './run.js';
import { noteEvent } from './spans.js';

/** Whose cap it is of which nothing is left. */
export interface ExceededBudget extends BudgetUse {
  readonly agent?: string | undefined;
  readonly allowance?: string | undefined;
}

/** Tells of a call that was refused, because nothing is left for it: whoever follows the run, its audit log, and the span it is in. */
export function announceExceeded(
  run: Run,
  telemetry: Telemetry | undefined,
  { agent, allowance, cap, limit, used }: ExceededBudget,
): void {
  if (run.isObserved) run.announce({ type: 'budget.exceeded', agent, allowance, cap, limit, used });
  noteEvent(telemetry, DRAWLOOM.budgetExceeded, {
    [DRAWLOOM.workflowName]: run.plan.definition.name,
    [GEN_AI.agent]: agent,
    [DRAWLOOM.allowance]: allowance,
    [DRAWLOOM.cap]: cap,
    [DRAWLOOM.limit]: limit,
    [DRAWLOOM.used]: used,
  });
}
