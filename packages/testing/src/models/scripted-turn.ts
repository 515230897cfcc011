import type { Duration, FinishReason, ModelErrorCode, ModelRequest, ModelUsage } from '@drawloom/core';

/** What a scripted model does when it is asked once. Text alone is an answer. */
export type ScriptedTurn = string | AnsweringTurn | FailingTurn;

/** What both kinds of turns can say. */
interface TurnBase {
  /** What the request must be like; otherwise the call fails. @defaultValue anything */
  readonly expect?: RequestPattern | ((request: ModelRequest) => boolean) | undefined;
  /** How long it takes, by the clock of the call. @defaultValue no time */
  readonly delay?: Duration | undefined;
}

/** An answer. */
export interface AnsweringTurn extends TurnBase {
  readonly content?: string | undefined;
  /** Instead of `content`: a value that becomes JSON, as a model answers that is held to an output schema. */
  readonly output?: unknown;
  readonly toolCalls?: readonly ScriptedToolCall[] | undefined;
  /** The pieces in which the text is streamed, instead of `content`. @defaultValue one piece */
  readonly pieces?: readonly string[] | undefined;
  /** @defaultValue `'tool_calls'` where there are any, else `'stop'` */
  readonly finishReason?: FinishReason | undefined;
  /** @defaultValue the service tells none */
  readonly usage?: Partial<ModelUsage> | undefined;
  /** The model that answered. @defaultValue the name of the scripted model */
  readonly model?: string | undefined;
}

/** The model wants a tool to be called. */
export interface ScriptedToolCall {
  readonly name: string;
  /** A value becomes JSON; text is given as it is. @defaultValue `{}` */
  readonly arguments?: unknown;
  /** @defaultValue `call_1`, `call_2`, … over the whole script */
  readonly id?: string | undefined;
}

/** A failure. */
export interface FailingTurn extends TurnBase {
  readonly error: ScriptedError | Error;
  /** What is streamed before it fails. @defaultValue nothing */
  readonly pieces?: readonly string[] | undefined;
}

/** A failure of the service, as an `AdapterError`. */
export interface ScriptedError {
  readonly code: ModelErrorCode;
  readonly retryAfterMs?: number | undefined;
  readonly status?: number | undefined;
}

/** What a request must be like: everything that is said must hold. */
export interface RequestPattern {
  /** The last message: equal to a text, or matched. */
  readonly lastMessage?: string | RegExp | undefined;
  /** The role of the last message. */
  readonly lastRole?: 'system' | 'user' | 'assistant' | 'tool' | undefined;
  /** All system messages together. */
  readonly system?: string | RegExp | undefined;
  /** How many messages there are. */
  readonly messages?: number | undefined;
  /** The names of all tools, in their order. */
  readonly tools?: readonly string[] | undefined;
  /** Whether there is an output schema. */
  readonly output?: boolean | undefined;
}

/** What of a request does not fit; `undefined` where all does. Nothing of the request is told: it may be anybody's data. */
export function mismatchOf(request: ModelRequest, turn: ScriptedTurn): string | undefined {
  const pattern = typeof turn === 'string' ? undefined : turn.expect;
  if (pattern === undefined) return undefined;
  if (typeof pattern === 'function') return pattern(request) ? undefined : 'what its function "expect" asks for';
  const last = request.messages.at(-1);
  const { messages, tools = [] } = request;
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const names = tools.map(({ name }) => name);
  const checks: [keyof RequestPattern, boolean][] = [
    ['lastMessage', fits(last?.content ?? '', pattern.lastMessage)],
    ['lastRole', last?.role === pattern.lastRole],
    ['system', fits(system.join('\n'), pattern.system)],
    ['messages', messages.length === pattern.messages],
    ['tools', JSON.stringify(names) === JSON.stringify(pattern.tools)],
    ['output', (request.output !== undefined) === pattern.output],
  ];
  const broken = checks.filter(([key, isRight]) => pattern[key] !== undefined && !isRight).map(([key]) => key);
  return broken.length === 0 ? undefined : broken.map((key) => `its "${key}"`).join(' and ');
}

function fits(text: string, wanted: string | RegExp | undefined): boolean {
  if (wanted instanceof RegExp) return text.search(wanted) !== -1; // `test` would remember its place
  return text === wanted;
}
