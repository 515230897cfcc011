import {
  DefinitionError,
  LanguageModel,
  systemClock,
  toMilliseconds,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelCapabilities,
  type ModelRequest,
} from '@drawloom/core';
import { problems } from '@drawloom/core/front-end';
import type OpenAI from 'openai';
import { AnswerReader } from './answer-reader.js';
import { CallLimits } from './call-limits.js';
import { chatRequest } from './chat-request.js';
import { optionProblems } from './check-options.js';
import { Connection, type OpenAIOptions } from './connection.js';
import { failureBeforeAnswer, failureDuringAnswer } from './failures.js';
import { isWrapped } from './wrapped-output.js';

const EVERYTHING: ModelCapabilities = Object.freeze({
  tools: true,
  parallelToolCalls: true,
  structuredOutput: true,
  streaming: true,
});

/** The client waits no longer than it is told; ours is the limit that counts. */
const NO_LIMIT = 2 ** 31 - 1;

/**
 * A model of OpenAI, or of another server that speaks chat completions. It streams when somebody listens. It does not try
 * again by itself: put a `RetryingModel` around it, or take it from `openai()`, which does.
 *
 * @example
 * const model = new OpenAIModel('gpt-4.1-mini');
 * const { message } = await model.answer({ messages: [{ role: 'user', content: 'Hello' }] });
 */
export class OpenAIModel extends LanguageModel {
  readonly name: string;
  override readonly provider = 'openai';
  readonly capabilities: ModelCapabilities;
  readonly #service: string;
  readonly #timeoutMs: number;
  #connection: Connection;

  /** @throws {@link DefinitionError} INVALID_OPTION with everything that is wrong. */
  constructor(name: string, options: OpenAIOptions = {}) {
    super();
    const isNamed = typeof name === 'string' && name !== '';
    const allowed = 'the name of a model such as "gpt-4.1-mini"';
    DefinitionError.throwIfAny([
      ...(isNamed ? [] : [problems.invalidOption('OpenAIModel', 'name', name, allowed, true)]),
      ...optionProblems('OpenAIModel', options),
    ]);
    const { timeout = '10m', capabilities } = options;
    const timeoutMs = toMilliseconds(timeout)!;
    this.name = name;
    this.capabilities = Object.freeze({ ...EVERYTHING, ...capabilities });
    this.#service = `openai/${name}`;
    this.#timeoutMs = timeoutMs;
    this.#connection = new Connection(options);
  }

  /** @internal A model that shares its client with others. */
  static over(connection: Connection, name: string, options: OpenAIOptions): OpenAIModel {
    const model = new OpenAIModel(name, options);
    model.#connection = connection;
    return model;
  }

  /**
   * @throws {@link AdapterError} when the service fails, MODEL_AUTHENTICATION also when there is no key.
   * @throws the reason of the signal when the call is given up.
   */
  async answer(request: ModelRequest, options: ModelCallOptions = {}): Promise<ModelAnswer> {
    const { signal, onDelta, clock = systemClock } = options;
    signal?.throwIfAborted();
    const client = await this.#connection.client(this.#service);
    const limits = new CallLimits(this.#service, this.#timeoutMs, clock, signal);
    try {
      const reader = new AnswerReader(this.#service, this.name, isWrapped(request.output), (delta) => {
        onDelta?.(delta);
        signal?.throwIfAborted();
      });
      if (onDelta === undefined) reader.readWhole(await this.#whole(client, request, limits));
      else for await (const chunk of this.#chunks(client, request, limits)) reader.readChunk(chunk);
      return reader.answer();
    } finally {
      limits.end();
    }
  }

  async #whole(client: OpenAI, request: ModelRequest, limits: CallLimits): Promise<OpenAI.ChatCompletion> {
    const call = client.chat.completions.create(chatRequest(this.name, request), this.#callOptions(limits));
    await call.asResponse().catch((error: unknown): never => {
      throw limits.exceeded() ?? failureBeforeAnswer(this.#service, error);
    });
    return call.catch((error: unknown): never => {
      throw limits.exceeded() ?? failureDuringAnswer(this.#service, error);
    });
  }

  /** The pieces as they arrive. Only what the client throws is translated: what their reader throws never comes by here. */
  async *#chunks(
    client: OpenAI,
    request: ModelRequest,
    limits: CallLimits,
  ): AsyncGenerator<OpenAI.ChatCompletionChunk> {
    const body = chatRequest(this.name, request);
    const streaming = { ...body, stream: true, stream_options: { include_usage: true } } as const;
    const stream = await client.chat.completions
      .create(streaming, this.#callOptions(limits))
      .catch((error: unknown): never => {
        throw limits.exceeded() ?? failureBeforeAnswer(this.#service, error);
      });
    try {
      for await (const chunk of stream) {
        limits.signOfLife();
        yield chunk;
      }
    } catch (error) {
      throw limits.exceeded() ?? failureDuringAnswer(this.#service, error);
    }
    limits.check(); // The client ends a stream that is given up as if it were complete.
  }

  #callOptions(limits: CallLimits): OpenAI.RequestOptions {
    return { signal: limits.signal, maxRetries: 0, timeout: NO_LIMIT };
  }
}
