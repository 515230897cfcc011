import { describeValue, isError, listNames } from './format-message.js';
import { suggestName } from './suggest-name.js';
import { describePath, listViolations, type Violation } from './violation.js';
import { WorkflowError, type WorkflowErrorParts } from './workflow-error.js';

/** Where in a run a step or router failed. */
export interface ActivationFacts {
  readonly workflow: string;
  /** The node, or for a router without a name of its own the node that it belongs to. */
  readonly node: string;
  /** Which activation of the node, from 1. */
  readonly visit: number;
  /** Which try of the activation, from 1. */
  readonly attempt: number;
}

/**
 * A step or a router went wrong; its author acts. What it threw is the `cause`, untouched. A run that fails rejects
 * with it, and then it carries the partial result and whatever else went wrong while the run was being stopped.
 */
export class StepError extends WorkflowError {
  readonly workflow: string;
  readonly node: string;
  readonly visit: number;
  readonly attempt: number;
  /** Errors of other steps that failed while the run was being stopped, in order of arrival. */
  readonly furtherErrors: unknown[] = [];
  /** With INVALID_INPUT and INVALID_OUTPUT everything that does not fit, of which the message has the first twelve; with VALUE_NOT_STORABLE what was found first. */
  readonly violations: readonly Violation[] | undefined;
  #answer: string | undefined;

  constructor(
    facts: ActivationFacts,
    parts: Omit<WorkflowErrorParts, 'where'>,
    violations?: readonly Violation[] | undefined,
  ) {
    super({ ...parts, where: `${facts.workflow}.${facts.node}` });
    this.workflow = facts.workflow;
    this.node = facts.node;
    this.visit = facts.visit;
    this.attempt = facts.attempt;
    this.violations = violations;
  }

  static failed(facts: ActivationFacts, cause: unknown): StepError {
    const what = `${ordinals(facts)} threw ${describeThrown(cause)}`;
    return new StepError(facts, {
      code: 'STEP_FAILED',
      what,
      fix: fixOf(cause) ?? 'mend the step (its error is the cause), or give it retry or onError',
      cause,
    });
  }

  static invalidInput(facts: ActivationFacts, violations: readonly Violation[]): StepError {
    return new StepError(
      facts,
      {
        code: 'INVALID_INPUT',
        what: `the input does not fit its schema: ${listViolations(violations)}`,
        fix: 'change what delivers to this step, or the schema; "violations" of this error has the whole list',
      },
      Object.freeze([...violations]),
    );
  }

  /** @param answer - what the model wrote; kept out of the message. */
  static invalidOutput(
    facts: ActivationFacts,
    agent: string,
    violations: readonly Violation[],
    answer: string,
  ): StepError {
    const error = new StepError(
      facts,
      {
        code: 'INVALID_OUTPUT',
        what: `the answer of agent ${describeValue(agent)} does not fit its schema: ${listViolations(violations)}`,
        fix: 'say in the instructions what is missing, raise corrections, or take a better model; "answer" of this error has the text',
      },
      Object.freeze([...violations]),
    );
    error.#answer = answer;
    return error;
  }

  /** @param answer - what the model wrote last; kept out of the message. */
  static agentInterrupted(facts: ActivationFacts, agent: string, reason: string, answer: string): StepError {
    const error = new StepError(facts, {
      code: 'AGENT_INTERRUPTED',
      what: `agent ${describeValue(agent)} stopped before it had an answer: ${reason}`,
      fix: 'remove the cause (raise maxTurns or maxOutputTokens, change what is asked), or set whenInterrupted: "continue"',
    });
    error.#answer = answer;
    return error;
  }

  /**
   * With INVALID_OUTPUT and AGENT_INTERRUPTED: what the model wrote last. It may be a person's data: it is no part of the
   * message, and not serialised with the error.
   */
  get answer(): string | undefined {
    return this.#answer;
  }

  static noInstance(workflow: string, cause: unknown): StepError {
    return new StepError(
      { workflow, node: 'constructor', visit: 1, attempt: 1 },
      {
        code: 'INSTANCE_FAILED',
        what: `no instance could be made for the run: ${describeThrown(cause)}`,
        fix: 'mend the constructor, or bind what the container says is missing (its error is the cause)',
        cause,
      },
    );
  }

  static stateConflict(facts: ActivationFacts, field: string, writers: readonly [string, string]): StepError {
    return new StepError(facts, {
      code: 'STATE_CONFLICT',
      what: `${listNames(writers)} run in parallel, and both wrote the state field ${describeValue(field)}`,
      fix: 'say how to merge: @State({ merge: "last" }), "append" or a function; or let only one of them write it',
    });
  }

  static stateWrittenLate(facts: ActivationFacts, field: string): StepError {
    return new StepError(facts, {
      code: 'STATE_WRITTEN_LATE',
      what: `the state field ${describeValue(field)} was written after ${ordinals(facts)} had ended`,
      fix: 'await everything that the step begins before it returns',
    });
  }

  static timedOut(facts: ActivationFacts, timeoutMs: number): StepError {
    return new StepError(facts, {
      code: 'STEP_TIMEOUT',
      what: `${ordinals(facts)} took longer than its timeout of ${timeoutMs} ms`,
      fix: 'raise timeout, add retry, or let the step pass its signal to what it waits for',
    });
  }

  static routerFailed(facts: ActivationFacts, cause: unknown): StepError {
    return new StepError(facts, {
      code: 'ROUTER_FAILED',
      what: `its router threw ${describeThrown(cause)}`,
      fix: fixOf(cause) ?? 'mend the router (its error is the cause)',
      cause,
    });
  }

  static noRoute(facts: ActivationFacts, key: unknown, routes: readonly string[]): StepError {
    const meant = typeof key === 'string' ? suggestName(key, routes) : undefined;
    const hint = meant === undefined ? '' : ` (did you mean ${describeValue(meant)}?)`;
    return new StepError(facts, {
      code: 'NO_ROUTE',
      what: `its router returned ${describeValue(key)}: no matching route and no default (routes: ${listNames(routes)})${hint}`,
      fix: 'add a route for this key, or a default',
    });
  }

  static ambiguousJoin(facts: ActivationFacts, sources: readonly string[]): StepError {
    return new StepError(facts, {
      code: 'AMBIGUOUS_JOIN',
      what: `join "one" takes a single delivery, but ${listNames(sources)} delivered`,
      fix: 'make the sources exclude each other, or use join "any", "all" or "first" (in a class anyOf, allOf or firstOf)',
    });
  }

  /**
   * @param role - what the value is of the activation: `output`.
   * @param violation - the place, and why it cannot be stored.
   * @param cause - what code of the author's threw while the value was looked at.
   */
  static valueNotStorable(facts: ActivationFacts, role: string, violation: Violation, cause?: unknown): StepError {
    const { path, constraint, received } = violation;
    const parts = {
      code: 'VALUE_NOT_STORABLE',
      what: `the ${role} of ${ordinals(facts)} cannot be kept in a journal: ${describePath(path)}: ${constraint} (received ${received})`,
      fix: 'give plain data there (objects, lists, text, numbers, Date, Map, Set, BigInt, bytes, Error), or declare its class as a stored type',
    } as const;
    return new StepError(facts, cause === undefined ? parts : { ...parts, cause }, Object.freeze([violation]));
  }

  /** @param what - what is wrong with it; nothing of its content. */
  static invalidApprovalRequest(facts: ActivationFacts, what: string): StepError {
    return new StepError(facts, {
      code: 'INVALID_APPROVAL_REQUEST',
      what: `what it returned cannot be shown to those who decide: ${what}`,
      fix: 'return { title, body?, data? }: a short title, a text, and plain data',
    });
  }

  static approvalImpossible(facts: ActivationFacts, what: string, fix: string): StepError {
    return new StepError(facts, { code: 'APPROVAL_IMPOSSIBLE', what, fix });
  }

  static waitExpired(facts: ActivationFacts, awaited: string): StepError {
    return new StepError(facts, {
      code: 'WAIT_EXPIRED',
      what: `the time was over before ${awaited} came`,
      fix: 'give the node routes with one for "expired", an error edge, or more time',
    });
  }

  static invalidDelay(facts: ActivationFacts, length: unknown): StepError {
    return new StepError(facts, {
      code: 'INVALID_DELAY',
      what: `a delay was given ${describeValue(length)} (allowed: a Date, milliseconds, or text such as "30s", "48h")`,
      fix: 'let the function of the delay return for how long, or until when',
    });
  }

  static mapInputNotAList(facts: ActivationFacts, input: unknown): StepError {
    return new StepError(facts, {
      code: 'MAP_INPUT_NOT_A_LIST',
      what: `a map runs once per item, but it received ${describeValue(input)} (allowed: an array)`,
      fix: 'let the step before it return an array',
    });
  }
}

function ordinals({ visit, attempt }: ActivationFacts): string {
  return `visit ${visit}, attempt ${attempt}`;
}

/** Anything can be thrown, also what throws when it is looked at. */
/** What to do about an error of ours: what holds of the cause holds of the step. */
function fixOf(cause: unknown): string | undefined {
  try {
    return WorkflowError.is(cause) && typeof cause.fix === 'string' ? cause.fix : undefined;
  } catch {
    return undefined;
  }
}

function describeThrown(cause: unknown): string {
  try {
    // Of an error of ours the first line, of several mistakes the first of them: the fix is told below.
    if (WorkflowError.is(cause)) {
      const [first = '', , mistake] = cause.message.split('\n', 3);
      return `${cause.name}: ${/^\d+ problems$/.test(first) ? `${first}, first ${mistake}` : first}`;
    }
    if (isError(cause)) return `${cause.name}: ${cause.message}`;
    return `${describeValue(cause)} (not an Error)`;
  } catch {
    return 'something that cannot be shown';
  }
}
