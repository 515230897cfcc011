import { describeValue } from '../errors/format-message.js';
import type { OptionMistake } from '../errors/problems.js';
import { isPlain } from '../values/freeze.js';
import type { RunContext } from './run-context.js';

/** Where text passes that guardrails look at: what an agent is asked, what it answers, what a tool gave it. */
export type GuardrailBoundary = 'input' | 'output' | 'toolResult';

/** What a guardrail is handed beside the text. */
export interface GuardrailContext {
  readonly run: RunContext;
  readonly agent: string;
  readonly boundary: GuardrailBoundary;
  /** Of a tool's result. */
  readonly tool: string | undefined;
  /** Aborted when the step is cancelled, and when the time for the verdict is over. */
  readonly signal: AbortSignal;
}

/** What a guardrail may answer; `true` is short for `allow`. */
export type GuardrailVerdict =
  | true
  | { readonly verdict: 'allow' }
  /** The text goes on as this one: with something taken out, or added. */
  | { readonly verdict: 'annotate'; readonly text: string }
  /** The text does not go on. */
  | {
      readonly verdict: 'block';
      /** Of a tool's result the model is told. */
      readonly reason?: string | undefined;
    };

/** Looks at text before it goes on. Whatever is no verdict, an error and a time-out block. */
export interface Guardrail {
  /** What events call it. */
  readonly name: string;
  check(text: string, context: GuardrailContext): GuardrailVerdict | PromiseLike<GuardrailVerdict>;
}

/** Guardrails by boundary; at each they run in order, and each sees the text of the one before. */
export type Guardrails = { readonly [B in GuardrailBoundary]?: readonly Guardrail[] | undefined };

const BOUNDARIES = ['input', 'output', 'toolResult'] as const;

/**
 * The guardrails of two levels. They add up, since what is set up around must not be undone within; the outer ones come
 * last, so that nothing that the inner ones write passes them by. What stands in both is run once, with the outer ones.
 */
export function joinGuardrails(inner: Guardrails | undefined, outer: Guardrails | undefined): Guardrails | undefined {
  if (inner === undefined || outer === undefined) return inner ?? outer;
  if (BOUNDARIES.every((at) => (outer[at] ?? []).every((guardrail) => inner[at]?.includes(guardrail)))) return inner;
  const joined = BOUNDARIES.map((at) => {
    const last = outer[at] ?? [];
    return [at, Object.freeze([...(inner[at] ?? []).filter((guardrail) => !last.includes(guardrail)), ...last])];
  });
  return Object.freeze(Object.fromEntries(joined) as Guardrails);
}

/** A copy, which nobody changes later. */
export function copyGuardrails(given: Guardrails | undefined): Guardrails | undefined {
  if (given === undefined) return undefined;
  const lists = BOUNDARIES.map((at) => [at, Object.freeze([...(given[at] ?? [])])]);
  return Object.freeze(Object.fromEntries(lists) as Guardrails);
}

/** What is wrong with an option `guardrails`, for whoever takes one. */
export function guardrailMistakes(given: unknown): OptionMistake[] {
  if (given === undefined) return [];
  if (!isPlain(given) || Array.isArray(given))
    return [{ option: 'guardrails', value: given, allowed: 'an object { input, output, toolResult }' }];
  return Object.entries(given).flatMap(([at, value]: [string, unknown]) => {
    const option = `guardrails.${at}`;
    if (!(BOUNDARIES as readonly string[]).includes(at))
      return [{ option, value, allowed: `only ${BOUNDARIES.map((known) => describeValue(known)).join(', ')}` }];
    const isRight = value === undefined || (Array.isArray(value) && value.every(isGuardrail));
    return isRight
      ? []
      : [{ option, value, allowed: 'a list of guardrails such as { name: "pii", check: (text) => true }' }];
  });
}

function isGuardrail(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, check } = value as Partial<Guardrail>;
  return typeof name === 'string' && name !== '' && typeof check === 'function';
}
