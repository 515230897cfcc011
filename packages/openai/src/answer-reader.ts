import {
  AdapterError,
  modelAnswer,
  type FinishReason,
  type ModelAnswer,
  type ModelDelta,
  type ModelUsage,
  type ToolCall,
} from '@drawloom/core';
import type OpenAI from 'openai';
import { Unwrapping } from './wrapped-output.js';

/** A tool call that is being read. */
interface OpenCall {
  id: string;
  name: string;
  arguments: string;
}

type CallPiece = OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall;

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
};

/**
 * Puts an answer together from what the service sends, whole or in pieces, and tells of the pieces. Servers differ: ids of
 * calls that are missing or the same are replaced, pieces without a place belong to the call before.
 */
export class AnswerReader {
  readonly #service: string;
  readonly #tell: (delta: ModelDelta) => void;
  readonly #unwrapping: Unwrapping | undefined;
  readonly #calls: OpenCall[] = [];
  /** Place as the service gives it → place in `#calls`. */
  readonly #places = new Map<number, number>();
  #content = '';
  #isRefused = false;
  #finish: string | undefined;
  #usage: Partial<ModelUsage> | undefined;
  #model: string;
  #id: string | undefined;

  constructor(service: string, model: string, isWrapped: boolean, tell: (delta: ModelDelta) => void) {
    this.#service = service;
    this.#model = model;
    this.#tell = tell;
    this.#unwrapping = isWrapped ? new Unwrapping() : undefined;
  }

  readWhole(completion: OpenAI.ChatCompletion): void {
    const choice = completion?.choices?.[0];
    if (choice?.message == null) throw this.#unreadable('the answer has no choice in it');
    const { content, refusal, tool_calls: calls = [] } = choice.message;
    this.#readHead(completion);
    this.#readText(content, refusal);
    for (const [index, call] of (calls ?? []).entries()) {
      if ('function' in call) this.#readCall({ index, id: call.id, function: call.function });
    }
    this.#finish = choice.finish_reason ?? 'stop';
  }

  readChunk(chunk: OpenAI.ChatCompletionChunk): void {
    if (typeof chunk !== 'object' || chunk === null) throw this.#unreadable('a piece of the answer is no object');
    this.#readHead(chunk);
    const choice = chunk.choices?.[0]; // None in the piece that has the usage.
    if (choice === undefined) return;
    const { content, refusal, tool_calls: calls } = choice.delta ?? {};
    this.#readText(content, refusal);
    for (const call of calls ?? []) this.#readCall(call);
    if (choice.finish_reason != null) this.#finish = choice.finish_reason;
  }

  /** @throws {@link AdapterError} MODEL_UNAVAILABLE when the answer broke off. */
  answer(): ModelAnswer {
    if (this.#finish === undefined) throw this.#unreadable('the service broke off its answer before the end');
    if (!this.#isRefused) this.#addText(this.#unwrapping?.end());
    const toolCalls: readonly ToolCall[] = this.#calls;
    return modelAnswer({
      model: this.#model,
      content: this.#content,
      toolCalls,
      finishReason: this.#finishReason(),
      usage: this.#usage,
      id: this.#id,
    });
  }

  /** A service that is made to call one tool says `stop`; a call that was cut is no call to answer. */
  #finishReason(): FinishReason {
    if (this.#isRefused) return 'refusal';
    const said = FINISH_REASONS[this.#finish!] ?? 'stop';
    return said === 'stop' && this.#calls.length > 0 ? 'tool_calls' : said;
  }

  #readHead({ id, model, usage }: OpenAI.ChatCompletion | OpenAI.ChatCompletionChunk): void {
    if (typeof id === 'string' && id !== '') this.#id = id;
    if (typeof model === 'string' && model !== '') this.#model = model;
    if (usage != null) this.#usage = usageOf(usage);
  }

  #readText(content: string | null | undefined, refusal: string | null | undefined): void {
    if (typeof refusal === 'string' && refusal !== '') {
      this.#isRefused = true;
      this.#addText(refusal);
    } else if (typeof content === 'string') {
      this.#addText(this.#unwrapping === undefined ? content : this.#unwrapping.push(content));
    }
  }

  #addText(text: string | undefined): void {
    if (text === undefined || text === '') return;
    this.#content += text;
    this.#tell({ type: 'text', text });
  }

  #readCall({ index, id, function: called }: CallPiece): void {
    const place = this.#placeOf(index, id);
    const call = this.#calls[place]!;
    if (call.name === '' && typeof called?.name === 'string') call.name = called.name;
    const piece = typeof called?.arguments === 'string' ? called.arguments : '';
    call.arguments += piece;
    this.#tell({ type: 'tool_call', index: place, id: call.id, name: call.name, arguments: piece });
  }

  #placeOf(index: number | undefined, id: string | undefined): number {
    const last = this.#calls.length - 1;
    const known = typeof index === 'number' ? this.#places.get(index) : undefined;
    if (known !== undefined) return known;
    if (typeof index !== 'number' && last >= 0 && (!id || this.#calls[last]!.id === id)) return last;
    const isFree = typeof id === 'string' && id !== '' && this.#calls.every((call) => call.id !== id);
    const place = this.#calls.push({ id: isFree ? id : `call_${crypto.randomUUID()}`, name: '', arguments: '' }) - 1;
    if (typeof index === 'number') this.#places.set(index, place);
    return place;
  }

  #unreadable(what: string): AdapterError {
    return AdapterError.model('MODEL_UNAVAILABLE', { model: this.#service, what });
  }
}

function usageOf(usage: OpenAI.CompletionUsage): Partial<ModelUsage> {
  const { prompt_tokens_details: input, completion_tokens_details: output } = usage;
  const written = input?.cache_write_tokens;
  return {
    inputTokens: usage.prompt_tokens,
    cachedTokens: input?.cached_tokens ?? 0,
    cacheWrittenTokens: written ?? 0,
    outputTokens: usage.completion_tokens,
    reasoningTokens: output?.reasoning_tokens ?? 0,
  };
}
