import type { RunUsage } from '../errors/run-record.js';

/**
 * Why an agent stopped before it had an answer: its turns were used up; the model's answer was cut at its greatest length,
 * or held back by the service; the model would not; a
 * guardrail blocked what it was asked, or its answer.
 */
export type InterruptReason = 'max_turns_exceeded' | 'length' | 'content_filter' | 'refusal' | 'guardrail';

/** One call of a tool. */
export interface ToolCallRecord {
  /** The model's id of it. */
  readonly id: string;
  readonly tool: string;
  /** Which call of the model wanted it, from 1. */
  readonly turn: number;
  /** What the tool got, as JSON values; where it did not run, the text that the model wrote. */
  readonly arguments: unknown;
  /** What the model wanted, where whoever approved the call has edited it. */
  readonly askedFor?: unknown;
  /** `failed`: it is unknown, got wrong arguments, threw, or took too long. */
  readonly outcome: 'returned' | 'failed' | 'denied';
  /** What the model was told. */
  readonly result: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What a run of an agent came to: frozen, and plain data where `output` is. */
export interface AgentResult<O = string> {
  readonly agent: string;
  /**
   * What flows on: the text of the answer, or with a schema the value that was made of it. (With a schema `undefined` where
   * the agent was interrupted.)
   */
  readonly output: O;
  /** What the model wrote last. */
  readonly text: string;
  /** How often the agent asked its model. */
  readonly turns: number;
  /** Of the agent and everything that its tools have run. */
  readonly usage: RunUsage;
  /** US dollars. */
  readonly cost: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly durationMs: number;
  /** Whether it stopped before it had an answer; `reason` says why. */
  readonly interrupted: boolean;
  readonly reason: InterruptReason | undefined;
  /** In the order in which the model wanted them. */
  readonly toolCalls: readonly ToolCallRecord[];
}
