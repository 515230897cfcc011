import {
  AdapterError,
  LanguageModel,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelErrorCode,
  type ModelRequest,
} from '@drawloom/core';
import type { AnsweringTurn, FailingTurn, RequestPattern, ScriptedTurn } from './scripted-turn.js';

/** What {@link recordModel} writes down. */
export interface RecordOptions {
  /**
   * What must not be in the script: texts and patterns, replaced by `[redacted]` wherever they are. What looks like a key or
   * a bearer token is always replaced.
   */
  readonly redact?: readonly (string | RegExp)[] | undefined;
  /** Whether each turn expects the request that it was recorded with. @defaultValue true */
  readonly expect?: boolean | undefined;
}

/** A live model that takes down what it is asked and answers; made by {@link recordModel}. */
export interface RecordedModel extends LanguageModel {
  /** What happened so far, in the order of the calls: JSON-able, ready for `new ScriptedModel(...)`. */
  script(): readonly ScriptedTurn[];
}

/**
 * Turns a live conversation into a script, so that the test that was written against a real model runs without one.
 *
 * @example
 * const live = recordModel(new OpenAIModel('gpt-4.1-mini'));
 * await agentUnderTest(live);
 * writeFileSync('conversation.json', JSON.stringify(live.script(), null, 2));
 */
export function recordModel(model: LanguageModel, options: RecordOptions = {}): RecordedModel {
  return new Recorder(model, options);
}

/** A turn as the recorder writes it: only data. */
type RecordedTurn = (Omit<AnsweringTurn, 'expect'> | Omit<FailingTurn, 'expect'>) & {
  readonly expect?: RequestPattern | undefined;
};

class Recorder extends LanguageModel implements RecordedModel {
  readonly name: string;
  override readonly provider: string | undefined;
  readonly capabilities: LanguageModel['capabilities'];
  readonly #model: LanguageModel;
  readonly #options: RecordOptions;
  /** One place for each call, so that calls that overlap keep their order. */
  readonly #turns: (RecordedTurn | undefined)[] = [];

  constructor(model: LanguageModel, options: RecordOptions) {
    super();
    this.name = model.name;
    this.provider = model.provider;
    this.capabilities = model.capabilities;
    this.#model = model;
    this.#options = options;
  }

  async answer(request: ModelRequest, options: ModelCallOptions = {}): Promise<ModelAnswer> {
    const place = this.#turns.push(undefined) - 1;
    const pieces: string[] = [];
    const { onDelta } = options;
    const heard: ModelCallOptions =
      onDelta === undefined
        ? options
        : {
            ...options,
            onDelta: (delta) => {
              if (delta.type === 'text') pieces.push(delta.text);
              onDelta(delta);
            },
          };
    const expected = this.#options.expect === false ? {} : { expect: patternOf(request) };
    try {
      const answer = await this.#model.answer(request, heard);
      this.#turns[place] = { ...expected, ...turnOf(answer, pieces) };
      return answer;
    } catch (error) {
      // A call that was given up, or that our side broke, says nothing of the model.
      if (AdapterError.is(error)) {
        this.#turns[place] = { ...expected, error: errorOf(error), ...(pieces.length > 0 ? { pieces } : {}) };
      }
      throw error;
    }
  }

  script(): readonly ScriptedTurn[] {
    const secrets = [...(this.#options.redact ?? []), ...SECRETS];
    return this.#turns.filter((turn) => turn !== undefined).map((turn) => redactedTurn(turn, secrets));
  }
}

/** Keys of services, bearer tokens, JSON Web Tokens. */
const SECRETS = [
  /\b(?:sk|pk|rk|xox[abp]|gh[opsu]|hf|AIza|AKIA)[-_]?[A-Za-z0-9_-]{16,}/g,
  /\bBearer\s+[\w.~+/-]{8,}=*/gi,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
] as const;

function patternOf({ messages, tools, output }: ModelRequest): RequestPattern {
  const last = messages.at(-1);
  return {
    ...(last === undefined ? {} : { lastRole: last.role, lastMessage: last.content }),
    messages: messages.length,
    tools: (tools ?? []).map(({ name }) => name),
    output: output !== undefined,
  };
}

function turnOf(
  { message, finishReason, usage, model }: ModelAnswer,
  pieces: readonly string[],
): Omit<AnsweringTurn, 'expect'> {
  const { content, toolCalls } = message;
  const isStreamed = pieces.length > 1 && pieces.join('') === content;
  return {
    ...(isStreamed ? { pieces } : content === '' ? {} : { content }),
    ...(toolCalls === undefined ? {} : { toolCalls }),
    finishReason,
    ...(usage === undefined ? {} : { usage }),
    model,
  };
}

function errorOf({ code, retryAfterMs, status }: AdapterError): {
  code: ModelErrorCode;
  retryAfterMs?: number;
  status?: number;
} {
  return {
    code: code as ModelErrorCode,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(status === undefined ? {} : { status }),
  };
}

function redactedTurn(turn: RecordedTurn, secrets: readonly (string | RegExp)[]): ScriptedTurn {
  const { pieces, expect, ...rest } = turn;
  const text = pieces?.join('');
  // A secret may be spread over several pieces.
  const isPublic = text === undefined || clean(text, secrets) === text;
  const { lastMessage, ...pattern } = expect ?? {};
  const last = typeof lastMessage === 'string' && clean(lastMessage, secrets) === lastMessage ? { lastMessage } : {};
  const copy = {
    ...(expect === undefined ? {} : { expect: { ...pattern, ...last } }), // what was redacted would fit no request
    ...rest,
    ...(pieces === undefined ? {} : { pieces: isPublic ? pieces : [text] }),
  };
  return redacted(copy, secrets) as ScriptedTurn;
}

/** A copy with secrets replaced in every text, keys of objects included. */
function redacted(value: unknown, secrets: readonly (string | RegExp)[]): unknown {
  if (typeof value === 'string') return clean(value, secrets);
  if (Array.isArray(value)) return value.map((one: unknown) => redacted(one, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [clean(key, secrets), redacted(one, secrets)]));
}

function clean(text: string, secrets: readonly (string | RegExp)[]): string {
  return secrets.reduce<string>((rest, secret) => {
    if (typeof secret === 'string') return secret === '' ? rest : rest.replaceAll(secret, '[redacted]');
    const everywhere = secret.global ? secret : new RegExp(secret.source, `${secret.flags}g`);
    return rest.replace(everywhere, '[redacted]');
  }, text);
}
