import { describeReason, describeValue, listNames } from './format-message.js';
import { REFUSALS, type RefusalReason } from './refusals.js';
import type { RunRecord } from './run-record.js';
import { suggestName } from './suggest-name.js';
import { WorkflowError, type WorkflowErrorParts } from './workflow-error.js';

/** A node that was about to be activated once more when a cap stopped it. */
export interface CapFacts {
  readonly workflow: string;
  readonly node: string;
  readonly cap: number;
  /** The nodes of the innermost cycle around the node with their activations so far; empty where there is none. */
  readonly cycle: readonly { readonly node: string; readonly visits: number }[];
  /** The keys that the cycle's routers returned last: what kept it turning. */
  readonly lastKeys: readonly { readonly router: string; readonly keys: readonly string[] }[];
}

/** A cap of a budget or of an allowance of which nothing is left. */
export interface SpentCap {
  readonly cap: 'calls' | 'tokens' | 'usd' | 'time';
  /** What it allows; milliseconds of `time`. */
  readonly limit: number;
  readonly used: number;
}

const UNITS = { calls: 'calls', tokens: 'tokens', usd: 'dollars', time: 'ms' } as const;

/** From where a run was to be forked, and what it has. */
export interface ForkPointFacts {
  readonly node: string;
  readonly visit: number | undefined;
  /** The nodes that the run has an outcome of, with the latest visit. */
  readonly visits: ReadonlyMap<string, number>;
  /** Where the node is one of a nested run: the node that this is nested in. */
  readonly within: string | undefined;
}

/** The run was stopped, or cannot be started as asked; its caller acts. */
export class RunError extends WorkflowError {
  readonly workflow: string;
  /** The node that was about to start, where there is one. */
  readonly node: string | undefined;
  /** With a cap: what is known of the cycle. */
  readonly cap: CapFacts | undefined;
  /** Errors of steps that failed while the run was being stopped, in order of arrival. */
  readonly furtherErrors: unknown[] = [];
  /** With RATE_LIMITED and ALLOWANCE_USED_UP: after how long a call can be let through; missing where that is never. */
  declare readonly retryAfterMs?: number;
  /** With BUDGET_EXCEEDED and ALLOWANCE_USED_UP: the cap, and what of it is used. */
  declare readonly spent?: SpentCap;
  /** With ALLOWANCE_USED_UP: the allowance. */
  declare readonly allowance?: string;
  /** With AUDIT_INCOMPLETE: what the run came to. */
  declare readonly output?: unknown;
  /** With DECISION_REFUSED and SIGNAL_REFUSED: why. */
  declare readonly reason?: RefusalReason;

  constructor(workflow: string, parts: Omit<WorkflowErrorParts, 'where'>, cap?: CapFacts, node = cap?.node) {
    super({ ...parts, where: node === undefined ? workflow : `${workflow}.${node}` });
    this.workflow = workflow;
    this.node = node;
    this.cap = cap;
  }

  static maxSteps(facts: CapFacts): RunError {
    const what = `maxSteps of ${facts.cap} is used up, and this node was about to run${describeCycle(facts)}`;
    const fix = 'let the cycle reach its exit, or raise maxSteps';
    return new RunError(facts.workflow, { code: 'MAX_STEPS', what, fix }, facts);
  }

  static maxVisits(facts: CapFacts): RunError {
    const what = `maxVisitsPerNode of ${facts.cap} is used up for this node${describeCycle(facts)}`;
    const fix = 'let the router pick its exit, or raise maxVisitsPerNode';
    return new RunError(facts.workflow, { code: 'MAX_VISITS', what, fix }, facts);
  }

  static maxTotalSteps(facts: CapFacts): RunError {
    const what = `maxTotalSteps of ${facts.cap} is used up over the run and all that is nested in it, and this node was about to run`;
    return new RunError(
      facts.workflow,
      { code: 'MAX_TOTAL_STEPS', what, fix: 'raise maxTotalSteps of the outermost run' },
      facts,
    );
  }

  static timedOut(workflow: string, timeoutMs: number): RunError {
    const what = `the run took longer than its timeout of ${timeoutMs} ms`;
    return new RunError(workflow, {
      code: 'RUN_TIMEOUT',
      what,
      fix: 'raise timeout, or give the slow steps a timeout',
    });
  }

  static cancelled(workflow: string, reason: unknown): RunError {
    const why = reason === undefined ? '' : ` (reason: ${describeReason(reason)})`;
    const what = `the run was cancelled${why}`;
    const fix = 'nothing, if this was meant; the reason is the cause';
    return new RunError(workflow, { code: 'RUN_CANCELLED', what, fix, cause: reason });
  }

  static suspended(
    workflow: string,
    runId: string,
    waits: readonly { readonly id: string; readonly node: string }[],
  ): RunError {
    const open = waits.map(({ node, id }) => `${node} (${id})`);
    const what = open.length === 0 ? 'the process is about to stop' : `it waits in ${listNames(open)}`;
    return new RunError(workflow, {
      code: 'RUN_SUSPENDED',
      what: `run ${describeValue(runId)} has no output yet: ${what}`,
      fix: 'look at status before output; have the waits decided, then call resume(runId), or run it again under this runId',
    });
  }

  /** The same for a run that does not exist, and for one that is somebody else's. */
  static notFound(workflow: string, runId: string): RunError {
    return new RunError(workflow, {
      code: 'RUN_NOT_FOUND',
      what: `there is no run ${describeValue(runId)} of this workflow`,
      fix: 'check the run id, the tenant and the user id, and that this is the journal that the run was started with',
    });
  }

  static idTaken(workflow: string, runId: string, why: string): RunError {
    return new RunError(workflow, {
      code: 'RUN_ID_TAKEN',
      what: `run id ${describeValue(runId)} is taken: ${why}`,
      fix: 'give the run an id of its own; the same id means the same run',
    });
  }

  static forkPointUnknown(workflow: string, runId: string, { node, visit, visits, within }: ForkPointFacts): RunError {
    const which = visit === undefined ? describeValue(node) : `${describeValue(node)}, visit ${visit},`;
    const known = [...visits].map(([name, times]) => (times === 1 ? name : `${name} ×${times}`));
    const meant = visits.has(node) ? undefined : suggestName(node, visits.keys());
    const nested = `fork from ${describeValue(within)}, which it is nested in: a nested run begins anew with its node`;
    const fix =
      within !== undefined && !visits.has(node)
        ? nested
        : meant === undefined
          ? 'take a node that it has come through, and one of its visits; resume the run if it has not come there yet'
          : `change it to ${describeValue(meant)}`;
    return new RunError(workflow, {
      code: 'FORK_POINT_UNKNOWN',
      what: `run ${describeValue(runId)} has no outcome of ${which} to fork from (it has: ${listNames(known)})`,
      fix,
    });
  }

  /** @param undone - a node before the fork. */
  static forkRefused(workflow: string, runId: string, undone: string): RunError {
    return new RunError(workflow, {
      code: 'FORK_REFUSED',
      what: `run ${describeValue(runId)} has undone ${describeValue(undone)}, and a fork would go on as if that were still done`,
      fix: `fork from ${describeValue(undone)} or from a node before it, so that it is done again`,
    });
  }

  static elsewhere(workflow: string, runId: string): RunError {
    return new RunError(workflow, {
      code: 'RUN_ELSEWHERE',
      what: `run ${describeValue(runId)} is being carried out by another process`,
      fix: 'ask that process, or wait until it has ended or its lease has',
    });
  }

  /** @param changes - what differs between the two graphs, in words. */
  static graphChanged(workflow: string, runId: string, changes: readonly string[]): RunError {
    return new RunError(workflow, {
      code: 'GRAPH_CHANGED',
      what: `run ${describeValue(runId)} was started with another graph, and its records do not fit this one (${changes.join('; ')})`,
      fix: 'resume it with the graph that it was started with; give changed workflows a version, and let the old one finish its runs',
    });
  }

  static recordsDoNotFit(workflow: string, node: string, visit: number): RunError {
    return new RunError(workflow, {
      code: 'RECORDS_DO_NOT_FIT',
      what: `the journal says what came of ${describeValue(node)}, visit ${visit}, which would not have begun`,
      fix: 'resume the run with the release and the workflow that it was started with, or restore the journal',
    });
  }

  static callChanged(workflow: string, name: string, occurrence: number): RunError {
    return new RunError(workflow, {
      code: 'CALL_CHANGED',
      what: `call ${occurrence} of ${describeValue(name)} asks for something else than the recorded one, so its answer is not used`,
      fix: 'let a step ask for the same again when it runs again: take what differs (time, chance, order) from its input or from a step() of its own',
    });
  }

  static leaseLost(workflow: string): RunError {
    return new RunError(workflow, {
      code: 'LEASE_LOST',
      what: 'another process has taken over the run, so this one has stopped',
      fix: 'nothing, if this process was paused or cut off; else raise the lease of the executor',
    });
  }

  static draining(workflow: string): RunError {
    return new RunError(workflow, {
      code: 'EXECUTOR_DRAINING',
      what: 'the executor is being drained, because the process is about to stop',
      fix: 'nothing for a run that was under way: it is resumed by the next process; start new ones there',
    });
  }

  static noJournal(workflow: string, what: string): RunError {
    return new RunError(workflow, {
      code: 'NO_JOURNAL',
      what: `${what}, and no journal keeps its runs`,
      fix: 'give the executor a journal: new LocalExecutor({ journal: new InMemoryJournal() }), or drawloom({ journal })',
    });
  }

  static stalled(workflow: string, joins: number): RunError {
    const what = `nothing is left to run, but ${joins} joins still wait`;
    return new RunError(workflow, {
      code: 'RUN_STALLED',
      what,
      fix: 'report it with the graph: the engine is at fault',
    });
  }

  static busy(workflow: string): RunError {
    return new RunError(workflow, {
      code: 'WORKFLOW_BUSY',
      what: 'this instance serves a run already, and it can serve one at a time',
      fix: 'await the run first, or get the workflow from a container: then every run has an instance of its own',
    });
  }

  static calledOnHandle(workflow: string, member: string): RunError {
    return new RunError(workflow, {
      code: 'CALLED_ON_HANDLE',
      what: `${member}() was called on the handle that the container gives; steps exist on the instance of a run only`,
      fix: `call run(input), or construct the class by hand to test ${member}()`,
    });
  }

  static outsideRun(what: string): RunError {
    return new RunError(what, {
      code: 'OUTSIDE_RUN',
      what: 'it belongs to a run, and was asked for outside of any',
      fix: 'inject it into a workflow class or into what such a class injects, or call currentContext() within a step',
    });
  }

  static memoryNeedsUser(where: string): RunError {
    return new RunError(where, {
      code: 'MEMORY_NEEDS_USER',
      what: 'it was called without a user id, and this memory refuses that (withoutUser: "refuse")',
      fix: 'give the run a userId, or let the memory take those without one: withoutUser: "warn" or "allow"',
    });
  }

  static memoryFull(where: string, limit: string, allowed: number, needed: number): RunError {
    return new RunError(where, {
      code: 'MEMORY_FULL',
      what: `${limit} of ${allowed} would be exceeded: ${needed} are needed`,
      fix: `raise ${limit}, remember less at a time, or forget what is not needed any more`,
    });
  }

  static budgetExceeded(where: string, spent: SpentCap): RunError {
    const error = new RunError(where, {
      code: 'BUDGET_EXCEEDED',
      what: `nothing is left of the budget (${describeSpent(spent)}), so the model was not asked`,
      fix: 'raise the budget, ask for less, or take a cheaper model',
    });
    return Object.assign(error, { spent });
  }

  static rateLimited(where: string, retryAfterMs: number): RunError {
    const error = new RunError(where, {
      code: 'RATE_LIMITED',
      what: `the user asks models too often, and the next call would have to wait ${retryAfterMs} ms`,
      fix: 'try again after retryAfterMs, or raise maxWait, perMinute or burst of the RateLimiter',
    });
    return Object.assign(error, { retryAfterMs });
  }

  static allowanceUsedUp(
    where: string,
    allowance: string,
    spent: SpentCap,
    retryAfterMs: number | undefined,
  ): RunError {
    const error = new RunError(where, {
      code: 'ALLOWANCE_USED_UP',
      what: `nothing is left of the allowance ${describeValue(allowance)} (${describeSpent(spent)}), so the model was not asked`,
      fix:
        retryAfterMs === undefined
          ? 'raise the allowance, or give it a period with every'
          : 'try again after retryAfterMs, when the next period begins, or raise the allowance',
    });
    Object.assign(error, { spent, allowance });
    return retryAfterMs === undefined ? error : Object.assign(error, { retryAfterMs });
  }

  static notRecorded(runId: string): RunError {
    return new RunError('evidence', {
      code: 'RUN_NOT_RECORDED',
      what: `the audit log has no entry of run ${describeValue(runId)}`,
      fix: 'check the id (runId of a result or an error), and that the run had this log',
    });
  }

  static auditRequired(workflow: string, node: string, cause: unknown): RunError {
    return new RunError(workflow, {
      code: 'AUDIT_REQUIRED',
      what: `its record is required and cannot be written, so ${describeValue(node)} was not begun`,
      fix: 'mend the audit log (its error is the cause), or let the run go on without: audit: { mode: "best-effort" }',
      cause,
    });
  }

  /** @param record - of the run, which has ended well. */
  static auditIncomplete(
    workflow: string,
    record: RunRecord & { readonly output?: unknown },
    cause: unknown,
  ): RunError {
    const error = new RunError(workflow, {
      code: 'AUDIT_INCOMPLETE',
      what: 'the run is done, and its record, which is required, lacks its end',
      fix: 'do not run it again: "output" of this error has what came of it; mend the audit log (its error is the cause)',
      cause,
    });
    error.partial = record;
    return Object.assign(error, { output: record.output });
  }

  /** The same for a wait of another tenant as for one that never was. */
  static waitNotFound(where: string): RunError {
    return new RunError(where, {
      code: 'WAIT_NOT_FOUND',
      what: 'there is no such wait',
      fix: 'take the id from the inbox of this tenant, and decide as an actor of it ({ userId, tenant }); a signal is for a run that has begun',
    });
  }

  /** @param detail - more than the reason says: what is allowed. */
  static refused(
    code: 'DECISION_REFUSED' | 'SIGNAL_REFUSED',
    { workflow, node }: { readonly workflow: string; readonly node?: string },
    reason: RefusalReason,
    { detail, ...thrown }: { readonly detail?: string | undefined; readonly cause?: unknown } = {},
  ): RunError {
    const { what, fix } = REFUSALS[reason];
    const parts = { code, what: detail === undefined ? what : `${what} (${detail})`, fix, ...thrown };
    return Object.assign(new RunError(workflow, parts, undefined, node), { reason });
  }

  static invalidOption(workflow: string, option: string, value: unknown, allowed: string): RunError {
    const what = `option ${option} is ${describeValue(value)} (allowed: ${allowed})`;
    return new RunError(workflow, { code: 'INVALID_RUN_OPTION', what, fix: `change ${option}, or leave it out` });
  }

  static unknownOption(workflow: string, option: string, known: readonly string[]): RunError {
    const meant = suggestName(option, known);
    const what = `there is no option ${describeValue(option)} (options: ${listNames(known)})`;
    const fix = meant === undefined ? 'remove it' : `change it to ${describeValue(meant)}`;
    return new RunError(workflow, { code: 'INVALID_RUN_OPTION', what, fix });
  }
}

/** `2.01 of 2 dollars` */
function describeSpent({ cap, limit, used }: SpentCap): string {
  const amount = cap === 'usd' ? Number(used.toPrecision(6)) : used;
  return `${amount} of ${limit} ${UNITS[cap]}`;
}

function describeCycle({ cycle, lastKeys }: CapFacts): string {
  if (cycle.length === 0) return '';
  const visits = cycle.slice(0, 12).map(({ node, visits }) => `${node} ×${visits}`);
  const keys = lastKeys.map(({ router, keys }) => `${router} returned ${listNames(keys)}`);
  return ` (cycle: ${visits.join(' → ')}${keys.length > 0 ? `; last ${keys.join(', ')}` : ''})`;
}
