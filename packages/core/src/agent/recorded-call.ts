/**
 * Job. The one gate through which every call of a model and of a tool goes: it numbers the call and puts the span around
 * it. Whatever has to know of each call belongs here: a call is found by activation, name and occurrence.
 *
 * Invariant K. Calls are numbered synchronously, in the order in which the agent's loop comes to them, which is that of
 * the model's answers. So a replay that answers alike numbers alike, whatever ends first.
 */
import { inSpan } from '../execution/spans.js';
import type { StepContext } from '../execution/step-context.js';
import type { SpanAttributes, SpanInfo } from '../ports/telemetry.js';

/** One call, from its number on. */
export class RecordedCall {
  readonly #step: StepContext;
  /** Which call of this name in the activation, from 1. */
  readonly occurrence: number;

  constructor(step: StepContext, name: string) {
    this.#step = step;
    this.occurrence = step.nextOccurrence(name);
  }

  /** Makes the call. What it gives is JSON-able. */
  make<T>(info: Omit<SpanInfo, 'attributes'> & { attributes: SpanAttributes }, call: () => Promise<T>): Promise<T> {
    const { telemetry } = this.#step.owner;
    if (telemetry === undefined) return call();
    const attributes = {
      ...agentAttributes(this.#step),
      ...info.attributes,
      'drawloom.occurrence': this.occurrence,
    };
    return inSpan(telemetry, { ...info, attributes }, call);
  }
}

/** What every span of an agent says of its run. */
export function agentAttributes(step: StepContext): SpanAttributes {
  return {
    ...step.owner.spanAttributes,
    'drawloom.pattern': 'agent',
    'drawloom.step': step.node,
    'drawloom.visit': step.visit,
  };
}
