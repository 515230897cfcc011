import type { SpanInfo, Telemetry } from '../ports/telemetry.js';
import type { Body } from './step.js';

/** Puts a span around each call of a body: each attempt, and each item of a map. */
export function withSpan(body: Body): Body {
  return (input, context) => {
    const { telemetry } = context.owner;
    if (telemetry === undefined) return body(input, context);
    const { node, visit, attempt, item } = context;
    const attributes = {
      ...context.owner.spanAttributes,
      'drawloom.visit': visit,
      'drawloom.attempt': attempt,
      'drawloom.item': item,
    };
    return inSpan(telemetry, { operation: 'step', name: node, attributes }, () => body(input, context));
  };
}

/** Calls `body` within a span; whatever the telemetry does, `body` is called once and its outcome is the outcome. */
export function inSpan<T>(telemetry: Telemetry, info: SpanInfo, body: () => T): T {
  let outcome: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown } | undefined;
  const once = (): T => {
    if (outcome?.ok === true) return outcome.value;
    if (outcome !== undefined) throw outcome.error;
    try {
      const value = body();
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
