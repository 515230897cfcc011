import { RunError } from '../errors/run-error.js';
import { announceExceeded } from '../execution/exceeded-budget.js';
import type { MemoryOwner } from '../ports/memory.js';
import type { AllowedCall } from '../model/allowance.js';
import type { AgentRun } from './agent-run.js';

/**
 * Waits until rate limit and allowances let a call of a model through. What it gives is told how the call ended, or that it
 * is not made.
 *
 * @param isAside Whether the call can be done without: then nobody is told that it was refused.
 * @throws {@link RunError} RATE_LIMITED, ALLOWANCE_USED_UP; then nothing was taken from any allowance.
 */
export async function admit(run: AgentRun, isAside = false): Promise<AllowedCall> {
  const { rateLimit, allowances = [] } = run.surroundings;
  const { clock, signal } = run.step;
  const { tenant, userId }: MemoryOwner = run.step.run;
  const where = run.name;
  if (rateLimit != null) await rateLimit.acquire(userId, { tenant, clock, signal, where });
  const claims: AllowedCall[] = [];
  const giveBack = (): void => claims.forEach((claim) => claim.giveBack());
  try {
    for (const allowance of allowances) {
      const { name } = allowance;
      claims.push(
        await allowance.claim(userId, {
          tenant,
          clock,
          where,
          onWarning: (warning) => {
            if (run.isObserved)
              run.step.announce({ type: 'budget.warning', agent: run.name, allowance: name, ...warning });
          },
        }),
      );
    }
    signal.throwIfAborted();
  } catch (error) {
    giveBack();
    if (!isAside && RunError.is(error) && error.code === 'ALLOWANCE_USED_UP' && error.spent !== undefined)
      announceExceeded(run.step.owner, run.telemetry, { agent: run.name, allowance: error.allowance, ...error.spent });
    throw error;
  }
  return { giveBack, settle: (used) => claims.forEach((claim) => claim.settle(used)) };
}
