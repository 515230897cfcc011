import { describeValue } from './format-message.js';
import { describePath, type Violation } from './violation.js';
import { WorkflowError, type WorkflowErrorParts } from './workflow-error.js';

/** What is known of a call of a language model that came to nothing. None of it may quote the prompt, the answer or a key. */
export interface ModelFailure {
  /** The adapter and what it was asked for: `openai/gpt-4.1-mini`. */
  readonly model: string;
  /** What is wrong, where more is known than the code says. In one line, without a final period. */
  readonly what?: string | undefined;
  /** What to do, where it is not what the code stands for. */
  readonly fix?: string | undefined;
  /** The status of the HTTP answer. */
  readonly status?: number | undefined;
  /** How the service names the failure: `rate_limit_exceeded`. Shown only if it is one word. */
  readonly reason?: string | undefined;
  /** The part of the request that the service names: `messages[2].content`. Shown only if it is one word. */
  readonly parameter?: string | undefined;
  /** The service's own id of the call, for its support. */
  readonly requestId?: string | undefined;
  /** How long the service asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** What the service said, word for word. It may quote the request, so it is no part of the message. */
  readonly reply?: string | undefined;
  /** What was thrown, where that is known to quote nothing. */
  readonly cause?: unknown;
}

/** What a service answered with its failure. */
type ServiceAnswer = Pick<ModelFailure, 'status' | 'requestId' | 'retryAfterMs' | 'reply'>;

interface CodeFacts {
  readonly isTransient: boolean;
  readonly what: string;
  readonly fix: string;
}

const MODEL_CODES = {
  MODEL_RATE_LIMITED: {
    isTransient: true,
    what: 'the service takes no more requests for now',
    fix: 'put a RetryingModel around the model, send less at a time, or ask the service for a higher limit',
  },
  MODEL_UNAVAILABLE: {
    isTransient: true,
    what: 'the service could not be reached, or broke off its answer',
    fix: 'put a RetryingModel or a FallbackModel around the model; check the network and the base URL if it stays so',
  },
  MODEL_AUTHENTICATION: {
    isTransient: false,
    what: 'the service refused the API key',
    fix: 'check the key, and that it may use this model',
  },
  MODEL_INVALID_REQUEST: {
    isTransient: false,
    what: 'the service refused the request',
    fix: 'change what it names; what the service said is in "reply" of this error, which may quote the request',
  },
  MODEL_CONTENT_FILTERED: {
    isTransient: false,
    what: "the service's content filter blocked the request",
    fix: 'change what is sent to the model, or the rules of the filter',
  },
  MODEL_FAILED: {
    isTransient: false,
    what: 'the service failed in a way that another try would not mend',
    fix: 'look at "reply" of this error, which may quote the request; put a FallbackModel around the model to go on without it',
  },
} as const satisfies Record<string, CodeFacts>;

/** The codes of an {@link AdapterError} of a language model. */
export type ModelErrorCode = keyof typeof MODEL_CODES;

const STORE_CODES = {
  STORE_UNUSABLE: { isTransient: false, fix: 'give the path of a store, or of a file that does not exist yet' },
  STORE_BUSY: { isTransient: true, fix: 'find out which process keeps it locked, or raise busyTimeout' },
  STORE_FAILED: {
    isTransient: false,
    fix: 'look at the disk and at "cause"; what was acknowledged is in the file, and runs go on from it once it works again',
  },
} as const satisfies Record<string, Omit<CodeFacts, 'what'>>;

/** The codes of an {@link AdapterError} of a store: what durable runs, memories and logs are kept in. */
export type StoreErrorCode = keyof typeof STORE_CODES;

/** What is known of a store that does not work. */
export interface StoreFailure {
  /** Which store: its path. */
  readonly where: string;
  /** In one line, without a final period. It quotes nothing of what is kept. */
  readonly what: string;
  /** @defaultValue what the code stands for */
  readonly fix?: string | undefined;
  readonly cause?: unknown;
}

const ONE_WORD = /^[\w.[\]-]{1,60}$/;

/**
 * A service that an adapter stands for failed; its operator acts. The message never has a prompt, an answer or a key in
 * it; nor has anything else that is printed or serialised.
 */
export class AdapterError extends WorkflowError {
  /** Whether the same call may succeed later on. */
  readonly isTransient: boolean;
  /** How long the service asked to wait before another try. */
  readonly retryAfterMs: number | undefined;
  /** The status of the HTTP answer, where there was one. */
  readonly status: number | undefined;
  /** The service's own id of the call, for its support. */
  readonly requestId: string | undefined;
  readonly #reply: string | undefined;

  constructor(parts: WorkflowErrorParts, isTransient: boolean, answer: ServiceAnswer = {}) {
    super(parts);
    this.isTransient = isTransient;
    this.retryAfterMs = answer.retryAfterMs;
    this.status = answer.status;
    this.requestId = answer.requestId;
    this.#reply = answer.reply;
  }

  /** A call of a language model came to nothing. What to do about it, and whether to try again, goes by the code. */
  static model(code: ModelErrorCode, failure: ModelFailure): AdapterError {
    const facts = MODEL_CODES[code];
    const what = (failure.what ?? facts.what) + details(failure);
    const parts = { code, where: failure.model, what, fix: failure.fix ?? facts.fix };
    return new AdapterError(
      'cause' in failure ? { ...parts, cause: failure.cause } : parts,
      facts.isTransient,
      failure,
    );
  }

  /**
   * @param where - whose value it is: `Workflow.node`.
   * @param path - the place within the value, as far as it could be read.
   * @param thrown - what `revive` of a stored type threw.
   */
  static valueUnreadable(
    where: string,
    path: Violation['path'],
    what: string,
    thrown?: { readonly cause: unknown },
  ): AdapterError {
    const parts = {
      code: 'JOURNAL_VALUE_UNREADABLE',
      where,
      what: `a journaled value cannot be read (${describePath(path)}): ${what}`,
      fix: 'restore the journal from a backup if it is damaged; else read it with the release, the stored types and the limits that wrote it',
    } as const;
    return new AdapterError({ ...parts, ...thrown }, false);
  }

  static recordUnreadable(workflow: string, seq: number): AdapterError {
    return new AdapterError(
      {
        code: 'JOURNAL_RECORD_UNREADABLE',
        where: workflow,
        what: `record ${seq} of the run is damaged`,
        fix: 'restore the journal from a backup',
      },
      false,
    );
  }

  /** @param type - its name in the journal; shown only if it is one word. */
  static storedTypeUnknown(where: string, path: Violation['path'], type: string): AdapterError {
    const name = ONE_WORD.test(type) ? describeValue(type) : 'that is named there';
    return AdapterError.valueUnreadable(where, path, `the stored type ${name} is not declared`);
  }

  /** @param what - what does not work, without a final period. It quotes no entry. */
  static auditUnavailable(where: string, what: string, cause?: unknown): AdapterError {
    const fix =
      'mend what the store stands on (disk, permissions, connection); entries that were refused are not in the log';
    const parts = { code: 'AUDIT_UNAVAILABLE', where, what, fix } as const;
    return new AdapterError(cause === undefined ? parts : { ...parts, cause }, true);
  }

  /** @param holder - who writes: `process 4711 on host-a, since 2026-01-31T12:00:00.000Z`. */
  static auditLocked(where: string, holder: string): AdapterError {
    return new AdapterError(
      {
        code: 'AUDIT_LOCKED',
        where,
        what: `it has a writer already: ${holder}`,
        fix: 'let one process write each log: give this one a log of its own, or close the other',
      },
      true,
    );
  }

  static auditDamaged(where: string, what: string): AdapterError {
    const fix = 'find out with verifyAuditLog() what happened; then keep the log as it is, and begin a new one';
    return new AdapterError({ code: 'AUDIT_DAMAGED', where, what: `the log cannot be continued: ${what}`, fix }, false);
  }

  /** Records or waits do not fit what a journal has of the run: their writer was mistaken, or wrote twice. */
  static journalMismatch(where: string, what: string): AdapterError {
    const fix =
      'number records on from those of the run, and give every wait an id of its own; look for a second writer';
    return new AdapterError({ code: 'JOURNAL_MISMATCH', where, what, fix }, false);
  }

  /** A store does not work. What to do about it, and whether to try again, goes by the code. */
  static store(code: StoreErrorCode, { where, what, fix, ...rest }: StoreFailure): AdapterError {
    const { isTransient, fix: usual } = STORE_CODES[code];
    return new AdapterError({ code, where, what, fix: fix ?? usual, ...rest }, isTransient);
  }

  /** Whether a text is a code of this class, as a script of a test has it. */
  static isModelCode(code: string): code is ModelErrorCode {
    return Object.hasOwn(MODEL_CODES, code);
  }

  /** What the service said, word for word. It may quote the request: show it to an operator, and do not log it. */
  get reply(): string | undefined {
    return this.#reply;
  }
}

/** ` (status 429, rate_limit_exceeded, asks to wait 2000 ms)` */
function details({ status, reason, parameter, retryAfterMs }: ModelFailure): string {
  const known = [
    ...(status === undefined ? [] : [`status ${describeValue(status)}`]),
    ...(reason !== undefined && ONE_WORD.test(reason) ? [reason] : []),
    ...(parameter !== undefined && ONE_WORD.test(parameter) ? [`at ${parameter}`] : []),
    ...(retryAfterMs === undefined ? [] : [`asks to wait ${describeValue(retryAfterMs)} ms`]),
  ];
  return known.length === 0 ? '' : ` (${known.join(', ')})`;
}
