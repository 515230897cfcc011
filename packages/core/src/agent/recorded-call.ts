/**
 * Job. The one gate through which every call of a model and of a tool goes: it numbers the call and puts the span around
 * it. Whatever has to know of each call belongs here: a call is found by activation, name and occurrence.
 *
 * Invariant K. Calls are numbered synchronously, in the order in which the agent's loop comes to them, which is that of
 * the model's answers. So a replay that answers alike numbers alike, whatever ends first.
 */
import { isRecordedCall, journaledCall } from '../execution/journaled-call.js';
import type { StepContext } from '../execution/step-context.js';
import { endingOf, inSpan } from '../execution/spans.js';
import type { SpanAttributes, SpanInfo } from '../ports/telemetry.js';
import { DRAWLOOM, GEN_AI } from '../telemetry/semantic-conventions.js';
import { toneName } from '../tone/tone.js';
import type { AgentRun } from './agent-run.js';

/** One call, from its number on. */
export class RecordedCall {
  readonly #run: AgentRun;
  readonly #name: string;
  /** Which call of this name in the activation, from 1. */
  readonly occurrence: number;

  constructor(run: AgentRun, name: string) {
    this.#run = run;
    this.#name = name;
    this.occurrence = run.step.nextOccurrence(name);
  }

  /** Whether an earlier execution of the step has made it: then it costs nothing, and waits for nothing. */
  get isRecorded(): boolean {
    return isRecordedCall(this.#run.step, { name: this.#name, occurrence: this.occurrence });
  }

  /**
   * Makes the call, or gives what an earlier execution of the step has recorded of it. What it gives is JSON-able.
   *
   * @param request - what is asked: an answer is given again only to the same.
   * @param call - is handed the step as what is begun in the call sees it.
   * @throws {@link RunError} CALL_CHANGED when something else is asked than what was recorded.
   */
  make<T>(info: SpanInfo, request: unknown, call: (own: StepContext) => Promise<T>): Promise<T> {
    const about = { ...info, attributes: { ...info.attributes, [DRAWLOOM.occurrence]: this.occurrence } };
    return this.keep(request, (own) => withinAgent(this.#run, about, () => call(own)));
  }

  /** The same without a span of its own. */
  keep<T>(request: unknown, call: (own: StepContext) => Promise<T>): Promise<T> {
    const { step, meter } = this.#run;
    const about = { name: this.#name, occurrence: this.occurrence, request, meter };
    return journaledCall(step, about, call) as Promise<T>;
  }
}

/** Puts a span around something that an agent does. */
export function withinAgent<T>(run: AgentRun, info: SpanInfo, body: () => Promise<T>): Promise<T> {
  const { telemetry, step } = run;
  if (telemetry === undefined) return body();
  const attributes = {
    ...step.owner.spanAttributes,
    [DRAWLOOM.pattern]: 'agent',
    [DRAWLOOM.stepName]: step.node,
    [DRAWLOOM.visit]: step.visit,
    [DRAWLOOM.attempt]: step.attempt,
    [DRAWLOOM.item]: step.item,
    [DRAWLOOM.tone]: toneName(run.surroundings.tone),
    [GEN_AI.operation]: info.operation,
    [GEN_AI.agent]: run.name,
    ...info.attributes,
  };
  const ending = endingOf(step);
  const endAttributes = (error?: unknown): SpanAttributes => ({ ...info.endAttributes?.(error), ...ending(error) });
  return inSpan(telemetry, { ...info, attributes, endAttributes }, body);
}
