import type { AdapterError } from '../errors/adapter-error.js';
import type { Clock } from '../values/clock.js';
import type { JsonSchema } from './schema.js';

/**
 * A model that answers conversations: from a vendor, from a script, or around another model. A class, so that it is its
 * own injection token.
 *
 * There is one method, and its promise is the answer: that is what an agent goes on with and what a journal records. Who
 * wants to follow the answer while it is being made gives `onDelta`. So what stands around a model (retries, fallback,
 * recording) is a `try` around a call, and nothing has to be drained or closed.
 *
 * An implementation
 * - changes neither request nor options, and serves any number of calls at the same time;
 * - rejects with `signal.reason` as soon as the signal is aborted, and calls `onDelta` no more;
 * - rejects with an {@link AdapterError} where the service fails. A refusal, or an answer that is too long, is an answer;
 * - does not try again by itself: that is what a `RetryingModel` is for;
 * - gives an answer that is frozen and JSON-able ({@link modelAnswer} makes one).
 */
export abstract class LanguageModel {
  /** What messages, spans and prices call it: `gpt-4.1-mini`. */
  abstract readonly name: string;
  /** Whose model it is, for spans, in OpenTelemetry's words: `openai`, `anthropic`. @defaultValue told by the name, if it can be */
  readonly provider?: string | undefined;
  abstract readonly capabilities: ModelCapabilities;

  /** Answers a conversation once. */
  abstract answer(request: ModelRequest, options?: ModelCallOptions): Promise<ModelAnswer>;
}

/** What a model can be asked for. */
export interface ModelCapabilities {
  /** It may answer with calls of the tools that a request names. */
  readonly tools: boolean;
  /** It may ask for several of them in one answer. */
  readonly parallelToolCalls: boolean;
  /** It can be held to the `output` of a request. Otherwise the prompt has to say what is wanted. */
  readonly structuredOutput: boolean;
  /** It gives an answer in pieces. Otherwise `onDelta` gets it as one. */
  readonly streaming: boolean;
}

/** What a model is asked: JSON-able data, so that it can be recorded and compared. */
export interface ModelRequest {
  /** The conversation so far; at least one message. */
  readonly messages: readonly ModelMessage[];
  /** What the model may call. Their names differ. */
  readonly tools?: readonly ToolDefinition[] | undefined;
  /** What the text of the answer must look like: its `content` is then JSON. */
  readonly output?: OutputDefinition | undefined;
  readonly settings?: ModelSettings | undefined;
}

/** What goes with a call and is no data. */
export interface ModelCallOptions {
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Hears of the answer piece by piece, in order. It is called synchronously, and what it throws ends the call. Without
   * it an adapter need not stream.
   */
  readonly onDelta?: ((delta: ModelDelta) => void) | undefined;
  /** Hears of each failed call that another one follows, in a `RetryingModel` or a `FallbackModel`. */
  readonly onRetry?: ((retry: ModelRetry) => void) | undefined;
  /** What waits and time limits go by; that of the run. @defaultValue the machine's clock */
  readonly clock?: Clock | undefined;
}

/** A failed call that is followed by another one. */
export interface ModelRetry {
  /** The model that failed. */
  readonly model: string;
  readonly error: AdapterError;
  /** The model that is asked next; the same one in a `RetryingModel`. */
  readonly next: string;
  /** How long it is waited before. */
  readonly delayMs: number;
}

/** One turn of a conversation. */
export type ModelMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** What the model is and how it shall behave. */
export interface SystemMessage {
  readonly role: 'system';
  readonly content: string;
}
export interface UserMessage {
  readonly role: 'user';
  readonly content: string;
  /** Who speaks, where several do. */
  readonly name?: string | undefined;
}
export interface AssistantMessage {
  readonly role: 'assistant';
  /** Empty where it only calls tools. */
  readonly content: string;
  /** In the order in which they are to be answered. Their ids differ within a conversation. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** Which agent spoke, where several do. */
  readonly name?: string | undefined;
}
/** What a tool gave, one message for each call, after the message that has the calls. */
export interface ToolMessage {
  readonly role: 'tool';
  /** The `id` of the call. */
  readonly callId: string;
  /** The tool. */
  readonly name: string;
  readonly content: string;
}

/** The model wants a tool to be called. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** As the model wrote them: JSON if all went well, but nothing is sure. */
  readonly arguments: string;
}

/** A tool as a model sees it. */
export interface ToolDefinition {
  /** Letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** What it does and when to use it, for the model. */
  readonly description?: string | undefined;
  /** Its arguments: an object. */
  readonly parameters: JsonSchema;
  /** Whether `parameters` is in the strict form (`strictJsonSchema`) and the model is to be held to it. @defaultValue false */
  readonly strict?: boolean | undefined;
}

/** What the text of an answer must look like. */
export interface OutputDefinition {
  /** What the model is told that it writes. @defaultValue `'answer'` */
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  /** In the strict form (`strictJsonSchema`), of any type: where a service takes only objects, its adapter sees to it. */
  readonly schema: JsonSchema;
}

/** How the model shall answer. What is left out is up to the service. */
export interface ModelSettings {
  /** From 0, the likeliest words, to 2. */
  readonly temperature?: number | undefined;
  /** The part of the likeliest words to choose from: more than 0, at most 1. */
  readonly topP?: number | undefined;
  /** What it thinks counts too. An answer that is cut there has the finish reason `length`. */
  readonly maxOutputTokens?: number | undefined;
  /** Texts at which the answer ends. They are no part of it. */
  readonly stop?: readonly string[] | undefined;
  /** For answers that are alike, as far as the service can. */
  readonly seed?: number | undefined;
  /** Whether it may call tools, must, or must call a certain one. @defaultValue `'auto'` */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly tool: string } | undefined;
  /** Whether it may ask for several tools at once. */
  readonly parallelToolCalls?: boolean | undefined;
  /** How much it thinks first, in the words of the service: `low`, `medium`, `high`. */
  readonly reasoningEffort?: string | undefined;
  /**
   * What only one vendor knows, by the name of its adapter: `{ openai: { service_tier: 'flex' } }`. The others do not see
   * it. It cannot replace what the request says.
   */
  readonly vendor?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** A piece of an answer. All text pieces together are the `content`, all pieces of a call are its `arguments`. */
export type ModelDelta = TextDelta | ToolCallDelta;
export interface TextDelta {
  readonly type: 'text';
  readonly text: string;
}
export interface ToolCallDelta {
  readonly type: 'tool_call';
  /** Which call of the answer, from 0. */
  readonly index: number;
  readonly id: string;
  readonly name: string;
  /** The next piece; empty where the call only begins. */
  readonly arguments: string;
}

/** What a model answered: frozen, JSON-able. */
export interface ModelAnswer {
  /** As it goes into the conversation. */
  readonly message: AssistantMessage;
  readonly finishReason: FinishReason;
  /** `undefined` where the service tells nothing: that is not zero. */
  readonly usage?: ModelUsage | undefined;
  /** The model that answered, as its service names it: `gpt-4.1-mini-2025-04-14`. */
  readonly model: string;
  /** The service's own id of the answer. */
  readonly id?: string | undefined;
}

/**
 * Why an answer ended, in the words of OpenTelemetry. `stop`: it is complete. `length`: it was cut, the last tool call
 * perhaps in the middle. `tool_calls`: the tools are to be called. `content_filter`: the service held back the rest.
 * `refusal`: the model would not; `content` says so in its words, also where an output schema was given.
 */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal';

/** The tokens of an answer; whole numbers of 0 or more. */
export interface ModelUsage {
  /** All that was read. */
  readonly inputTokens: number;
  /** The part of the input that came from the service's cache. */
  readonly cachedTokens: number;
  /** The part of the input that was written to the service's cache. */
  readonly cacheWrittenTokens: number;
  /** All that was written. */
  readonly outputTokens: number;
  /** The part of the output that the model only thought. */
  readonly reasoningTokens: number;
}
