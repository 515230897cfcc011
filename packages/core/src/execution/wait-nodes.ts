import type { ApprovalPolicy } from '../approval/approval-policy.js';
import { openApproval } from '../approval/open-approval.js';
import { settledApproval, settledSignal } from '../approval/settled-outcome.js';
import { openSignal, openTimer } from '../approval/signal-wait.js';
import { StepError, type ActivationFacts } from '../errors/step-error.js';
import type { Wait } from '../ports/journal.js';
import type { Schema } from '../ports/schema.js';
import { toMilliseconds } from '../values/duration.js';
import { WaitOutcome } from './run-host.js';
import type { SettledWait, Waiting } from './waiting.js';

/** How an approval waits: what the node's function gives is the request. The policy has been checked. */
export function approvalWaiting(policy: ApprovalPolicy): Waiting {
  return {
    open: (request, { graphHash, now, codec, actorsOf, ...facts }) =>
      openApproval({
        policy,
        request,
        facts: { ...facts, graphHash },
        excluded: (policy.notBy ?? []).flatMap((node) => actorsOf(node)),
        now,
        codec,
      }),
    outcomeOf: (wait, hasRoutes) => {
      const decision = settledApproval(wait)!;
      const { outcome, decisions } = decision;
      if (outcome === 'expired' && !hasRoutes) throw StepError.waitExpired(factsOf(wait), 'a decision');
      return {
        outcome: new WaitOutcome(outcome, { known: decision }),
        // Whoever let another decide has had a part in it, too.
        actors: [
          ...new Set(
            decisions.flatMap(({ userId, inPlaceOf }) => (inPlaceOf === undefined ? [userId] : [userId, inPlaceOf])),
          ),
        ],
      };
    },
  };
}

/** What a wait for a signal takes. */
export interface SignalTerms {
  readonly signal: string;
  readonly timeoutMs: number | undefined;
  readonly users?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly schema?: Schema | undefined;
}

/** How a node waits for a signal. */
export function signalWaiting({ signal, timeoutMs, users, groups, schema }: SignalTerms): Waiting {
  const judged = async (wait: Wait, payload: unknown): Promise<unknown> => {
    if (schema === undefined) return payload;
    const found = await schema.validate(payload);
    if (found.ok) return found.value;
    throw StepError.invalidInput(factsOf(wait), found.violations);
  };
  return {
    open: (_, { now, ...facts }) => {
      const { id, tenant, runId, workflow, node, visit, userId } = facts;
      const place = { id, tenant, runId, workflow, node, visit, userId };
      return openSignal({ facts: place, signal, timeoutMs, hasSchema: schema !== undefined, users, groups, now });
    },
    outcomeOf: async (wait, hasRoutes, codec): Promise<SettledWait> => {
      const settled = settledSignal(wait, codec)!;
      if (settled.outcome === 'received') {
        const known = await judged(wait, settled.payload);
        return { outcome: new WaitOutcome('received', { known }), actors: [settled.sender] };
      }
      if (!hasRoutes) throw StepError.waitExpired(factsOf(wait), `the signal "${signal}"`);
      return { outcome: new WaitOutcome('expired', { known: undefined }), actors: [] };
    },
    // What is kept is what was sent: a schema may make something of it that it would not take again.
    accept: async (wait, payload) => {
      await judged(wait, payload);
      return payload;
    },
  };
}

/** How a node waits for a time: what its function gives is for how long, or until when. What the node received goes on. */
export function delayWaiting(): Waiting {
  return {
    open: (length, { now, ...facts }) => {
      const { id, tenant, runId, workflow, node, visit, userId } = facts;
      const dueAt = length instanceof Date ? length.getTime() : now + (toMilliseconds(length) ?? NaN);
      if (!Number.isFinite(dueAt)) throw StepError.invalidDelay({ workflow, node, visit, attempt: 1 }, length);
      return openTimer({ id, tenant, runId, workflow, node, visit, userId }, dueAt, now);
    },
    outcomeOf: () => ({ outcome: new WaitOutcome('elapsed', undefined), actors: [] }),
  };
}

function factsOf({ workflow, node, visit }: Wait): ActivationFacts {
  return { workflow, node, visit, attempt: 1 };
}
