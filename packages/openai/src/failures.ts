import { AdapterError, type ModelErrorCode, type ModelFailure } from '@drawloom/core';

/** What of an error of the client is looked at: by its shape, because a client that is given may be another copy. */
interface ClientError {
  readonly name?: unknown;
  readonly status?: unknown;
  readonly headers?: unknown;
  readonly requestID?: unknown;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly param?: unknown;
  readonly error?: unknown;
  readonly cause?: unknown;
}

/**
 * What the client threw before there was an answer. Neither its error nor its message goes further: services and runtimes
 * quote requests and keys in them.
 */
export function failureBeforeAnswer(model: string, thrown: unknown): AdapterError {
  const error = shapeOf(thrown);
  if (typeof error.status === 'number') return failureOfStatus(model, error.status, error);
  if ('requestID' in error) {
    const reason = systemCode(error);
    return AdapterError.model('MODEL_UNAVAILABLE', { model, what: 'the service could not be reached', reason });
  }
  return AdapterError.model('MODEL_FAILED', {
    model,
    what: 'the client could not send the request',
    fix: 'check the key, the base URL and the vendor settings: one of them cannot be sent as it is',
    reason: thrown instanceof Error ? thrown.constructor.name : undefined,
  });
}

/** What the client threw while the answer arrived, whole or in pieces. The service may say itself, in the stream, that it fails. */
export function failureDuringAnswer(model: string, thrown: unknown): AdapterError {
  const error = shapeOf(thrown);
  const said = 'requestID' in error ? error.error : undefined;
  const what = 'the service broke off its answer';
  if (said === undefined || said === null) {
    return AdapterError.model('MODEL_UNAVAILABLE', {
      model,
      what: error.name === 'SyntaxError' ? 'what the service sent is no JSON' : what,
      reason: systemCode(error),
    });
  }
  const { code = '', type = '' } = error;
  const words = `${String(code)} ${String(type)}`;
  const facts = { ...factsOf(model, error), what: `${what} and says that it failed` };
  if (isFiltered(error)) return AdapterError.model('MODEL_CONTENT_FILTERED', factsOf(model, error));
  if (/rate_limit/.test(words)) return AdapterError.model('MODEL_RATE_LIMITED', factsOf(model, error));
  if (/invalid_request|context_length/.test(words)) {
    return AdapterError.model('MODEL_INVALID_REQUEST', factsOf(model, error));
  }
  return AdapterError.model('MODEL_UNAVAILABLE', facts);
}

function failureOfStatus(model: string, status: number, error: ClientError): AdapterError {
  const facts: ModelFailure = { ...factsOf(model, error), status };
  if (status === 404) {
    return AdapterError.model('MODEL_FAILED', {
      ...facts,
      what: 'the service does not know the model, or there is no such service at the address',
      fix: 'check the name of the model, that the key may use it, and the base URL (OPENAI_BASE_URL)',
    });
  }
  if (status === 429 && isSpent(error)) {
    return AdapterError.model('MODEL_FAILED', {
      ...facts,
      what: 'the quota of the account is used up',
      fix: 'raise the quota, or pay the bill; waiting does not help',
    });
  }
  return AdapterError.model(codeOf(status, error), facts);
}

function codeOf(status: number, error: ClientError): ModelErrorCode {
  if (status === 429) return 'MODEL_RATE_LIMITED';
  if (status >= 500 || [408, 409, 425].includes(status)) return 'MODEL_UNAVAILABLE';
  if (isFiltered(error)) return 'MODEL_CONTENT_FILTERED';
  if (status === 401 || status === 403) return 'MODEL_AUTHENTICATION';
  return [400, 413, 414, 415, 422, 431].includes(status) ? 'MODEL_INVALID_REQUEST' : 'MODEL_FAILED';
}

function isFiltered({ code, type }: ClientError): boolean {
  return [code, type].some((word) => /content_filter|content_policy|moderation_blocked/.test(String(word)));
}

function isSpent({ code, type }: ClientError): boolean {
  return [code, type].some((word) => /insufficient_quota|billing/.test(String(word)));
}

function factsOf(model: string, error: ClientError): ModelFailure {
  const { code, type, param, requestID } = error;
  const reason = [code, type].find((word): word is string => typeof word === 'string' && word !== '');
  return {
    model,
    reason,
    parameter: typeof param === 'string' ? param : undefined,
    requestId: typeof requestID === 'string' ? requestID : undefined,
    retryAfterMs: retryAfterOf(error.headers),
    reply: replyOf(error.error),
  };
}

/** Of `retry-after-ms`, or `retry-after` in seconds or as a date. A date counts from the service's own. */
function retryAfterOf(headers: unknown): number | undefined {
  if (!isHeaders(headers)) return undefined;
  const ms = Number(headers.get('retry-after-ms') ?? Number.NaN);
  const text = headers.get('retry-after')?.trim() ?? '';
  const seconds = text === '' ? Number.NaN : Number(text);
  const now = Date.parse(headers.get('date') ?? '') || Date.now();
  const found = [ms, seconds * 1000, Date.parse(text) - now].find((wait) => Number.isFinite(wait));
  return found === undefined ? undefined : Math.max(0, Math.round(found));
}

/** By its shape: another `fetch` may have headers of another class. */
function isHeaders(headers: unknown): headers is Headers {
  return typeof headers === 'object' && headers !== null && 'get' in headers && typeof headers.get === 'function';
}

function replyOf(body: unknown): string | undefined {
  const message: unknown = typeof body === 'object' && body !== null && 'message' in body ? body.message : body;
  return typeof message === 'string' ? message.slice(0, 4_000) : undefined;
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`: the first one in the chain of causes. */
function systemCode(error: ClientError): string | undefined {
  let cause: unknown = error;
  for (let depth = 0; depth < 5 && typeof cause === 'object' && cause !== null; depth++) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z_]+$/.test(code)) return code;
    cause = (cause as { cause?: unknown }).cause;
  }
  return undefined;
}

function shapeOf(thrown: unknown): ClientError {
  return typeof thrown === 'object' && thrown !== null ? thrown : {};
}
