import type { SpanAttributes, SpanContent, SpanInfo, Telemetry } from '../ports/telemetry.js';
import { DRAWLOOM } from '../telemetry/semantic-conventions.js';
import { isCancellation } from './cancellation.js';
import { isThenable, type Body } from './step.js';
import type { StepContext } from './step-context.js';

/** A telemetry that spans go to: not one that says of itself that nobody listens to it, nor one that fails at being asked. */
export function listening(telemetry: Telemetry | null | undefined): Telemetry | undefined {
  if (telemetry == null || telemetry.isActive === undefined) return telemetry ?? undefined;
  try {
    return telemetry.isActive() ? telemetry : undefined;
  } catch {
    return undefined;
  }
}

/** What another process needs to go on with the span of a run; of a telemetry that fails nothing. */
export function carrierOf(telemetry: Telemetry | undefined, run: 'this' | 'new'): string | undefined {
  try {
    return run === 'new' ? telemetry?.newCarrier?.() : telemetry?.carrier?.();
  } catch {
    return undefined;
  }
}

/** What a run that was suspended goes on with here; of a telemetry that cannot say, or fails, what it had. */
export function nextCarrierOf(telemetry: Telemetry | undefined, carrier: string): string {
  try {
    return telemetry?.nextCarrier?.(carrier) ?? carrier;
  } catch {
    return carrier;
  }
}

/** Notes something in the span that the calling code is in; a telemetry that fails has no note. */
export function noteEvent(
  telemetry: Telemetry | undefined,
  name: string,
  attributes: SpanAttributes,
  at?: number,
): void {
  try {
    telemetry?.event?.(name, attributes, at);
  } catch {
    // It must not change the outcome.
  }
}

/** Puts a span around each call of a body: each attempt, and each item of a map. */
export function withSpan(body: Body): Body {
  return (input, context) => {
    const { telemetry } = context.owner;
    if (telemetry === undefined) return body(input, context);
    const kind = context.item === undefined ? 'step' : 'item';
    return inSpan(telemetry, new StepSpan('step', kind, context, input), () => body(input, context));
  };
}

/** Puts a span around a map: those of its items are in it. */
export function withMapSpan(body: Body): Body {
  return (input, context) => {
    const { telemetry } = context.owner;
    if (telemetry === undefined) return body(input, context);
    return inSpan(telemetry, new StepSpan('map', 'map', context, input), () => body(input, context));
  };
}

/** Puts a span around each attempt to undo what a step has done. */
export function withUndoSpan(body: Body): Body {
  return (input, context) => {
    const { telemetry } = context.owner;
    if (telemetry === undefined) return body(input, context);
    return inSpan(telemetry, new StepSpan('compensate', 'compensation', context, input), () => body(input, context));
  };
}

/** What there is one of for each step: its parts are made when they are asked for. */
class StepSpan implements SpanInfo {
  readonly operation: 'step' | 'map' | 'compensate';
  readonly name: string;
  readonly attributes: SpanAttributes;
  readonly #context: StepContext;
  readonly #input: unknown;

  constructor(operation: StepSpan['operation'], kind: string, context: StepContext, input: unknown) {
    const { node, item } = context;
    const attributes: Record<string, SpanAttributes[string]> = { ...context.owner.spanAttributes };
    attributes[DRAWLOOM.stepName] = node;
    attributes[DRAWLOOM.stepKind] = kind;
    attributes[DRAWLOOM.visit] = context.visit;
    attributes[DRAWLOOM.attempt] = context.attempt;
    if (item !== undefined) attributes[DRAWLOOM.item] = item;
    else if (context.attempt === 1 && operation !== 'compensate') attributes[DRAWLOOM.queued] = context.queuedFor;
    this.operation = operation;
    this.name = node;
    this.attributes = attributes;
    this.#context = context;
    this.#input = input;
  }

  endAttributes(error?: unknown): SpanAttributes {
    return endOf(this.#context, error);
  }

  get content(): SpanContent {
    return contentOf(this.#input);
  }
}

/** What the end of something within a step says: that it was cancelled with it, if it was. */
export function endingOf(context: StepContext): (error?: unknown) => SpanAttributes {
  return (error) => endOf(context, error);
}

function endOf(context: StepContext, error: unknown): SpanAttributes {
  const isCancelled = error !== undefined && context.isAborted && isCancellation(error, context.abortReason);
  return isCancelled ? CANCELLED : NOTHING;
}

/** What flows into a step and out of it. */
export function contentOf(input: unknown): SpanContent {
  return {
    input: () => ({ [DRAWLOOM.input]: input }),
    output: (value) => ({ [DRAWLOOM.output]: value }),
  };
}

const CANCELLED: SpanAttributes = Object.freeze({ [DRAWLOOM.outcome]: 'cancelled' });
const NOTHING: SpanAttributes = Object.freeze({});

/** Calls `body` within a span; whatever the telemetry does, `body` is called once and its outcome is the outcome. */
export function inSpan<T>(telemetry: Telemetry, info: SpanInfo, body: () => T): T {
  let outcome: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown } | undefined;
  const once = (): T => {
    if (outcome?.ok === true) return outcome.value;
    if (outcome !== undefined) throw outcome.error;
    try {
      const value = settledOnce(body());
      outcome = { ok: true, value };
      return value;
    } catch (error) {
      outcome = { ok: false, error };
      throw error;
    }
  };
  try {
    const spanned = telemetry.span(info, once);
    // A promise that the telemetry derived from the body's may reject with nobody else looking at it.
    if (spanned instanceof Promise && outcome?.ok === true && spanned !== outcome.value) spanned.catch(() => undefined);
  } catch {
    // Either the body's own error, which follows, or the telemetry's, which must not change the outcome.
  }
  if (outcome === undefined) return body();
  if (outcome.ok) return outcome.value;
  throw outcome.error;
}

/** Some do their work when they are waited for, and do it again for the next one who waits: telemetry and engine both do. */
function settledOnce<T>(value: T): T {
  return isThenable(value) && !(value instanceof Promise) ? (Promise.resolve(value) as T) : value;
}
