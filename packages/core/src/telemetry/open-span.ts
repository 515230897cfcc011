/**
 * Job. One span of the API, from its start to its one end: what it says when it begins, what it says when its body has
 * ended, and what is measured of it.
 *
 * Invariants.
 * E1. A span ends once, and at the latest with the run that it belongs to: a body that a run gave up may never settle, and a
 *     span that does not end is never exported, with everything below it hanging in the air.
 * E2. What the span itself does wrong is told to OpenTelemetry's own log, and to nobody else.
 * E3. What begins within a span of another run ends before that, as that may never be heard of again: a run that is suspended there
 *     has ended its span, and what goes on of it later has spans of its own, below that one.
 */
import type { Attributes, Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';
import type { SpanAttributes, SpanInfo, SpanOperation } from '../ports/telemetry.js';
import type { ContentWriter } from './captured-content.js';
import { readCarrier, withWantedIds, writeCarrier, type CarriedSpan, type WantedIds } from './carrier.js';
import { errorType, exceptionAttributes } from './error-facts.js';
import type { Instruments } from './instruments.js';
import type { OpenTelemetryApi } from './load-api.js';
import { DRAWLOOM, GENERAL } from './semantic-conventions.js';

/** What spans are made with. */
export interface SpanMaker {
  readonly api: OpenTelemetryApi;
  readonly tracer: Tracer;
  /** `undefined` where nobody measures. */
  readonly instruments: Instruments | undefined;
  /** `undefined` where no content is kept. */
  readonly content: ContentWriter | undefined;
}

/** How a body ended. */
export type BodyEnd =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  /** It had not ended when its run did. */
  | { readonly kind: 'abandoned' }
  /** Neither, and it goes on elsewhere, or begins again there. */
  | { readonly kind: 'suspended' };

/** Under which a context has the run that it is in. */
const RUN = Symbol.for('drawloom.open-run/1');

/** CLIENT where something outside is asked, INTERNAL where the work is done here. */
const CLIENT: SpanOperation = 'chat';

export class OpenSpan {
  /** In which the body runs: with this span, and the run that it belongs to. */
  readonly context: Context;
  readonly #info: SpanInfo;
  readonly #maker: SpanMaker;
  readonly #span: Span;
  readonly #startedAt = performance.now();
  /** Where it is kept until it ends: the spans of its run that are open. */
  readonly #siblings: Set<OpenSpan> | undefined;
  /** Of a run: what is open in it. */
  readonly #open: Set<OpenSpan> | undefined;
  readonly #carried: CarriedSpan | undefined;
  readonly #parentId: string | undefined;
  /** Whether a span of another process could be this one. */
  readonly #isContinuable: boolean = false;
  #isEnded = false;

  constructor(maker: SpanMaker, info: SpanInfo, around: Context) {
    const { api } = maker;
    const outer = runOf(around);
    this.#maker = maker;
    this.#info = info;
    const carried = info.continues === undefined ? undefined : readCarrier(info.continues);
    const isElsewhere = carried !== undefined && carried.traceId !== api.trace.getSpanContext(around)?.traceId;
    this.#siblings = isElsewhere || outer === undefined ? undefined : outer.#open;
    const isRun = info.operation === 'invoke_workflow' || outer === undefined || carried !== undefined;
    this.#parentId = isRun ? api.trace.getSpanContext(around)?.spanId : undefined;
    this.#carried = isRun ? carried : undefined;
    if (isRun) {
      const ids: WantedIds = { isHeeded: false, spanId: carried?.spanId, traceId: carried?.traceId };
      this.#span = withWantedIds(ids, () => this.#begin(around, ids));
      this.#isContinuable = ids.isHeeded && carried?.isWithin !== true; // E3
    } else {
      this.#span = this.#start(around);
    }
    this.context = api.trace.setSpan(around, this.#span);
    if (isRun) {
      this.#open = new Set();
      this.context = this.context.setValue(RUN, this);
    }
    this.#siblings?.add(this);
    if (maker.content !== undefined && this.#span.isRecording()) this.#span.setAttributes(maker.content.inputOf(info));
  }

  /** What another process needs to go on with this span; `undefined` where it is none that is exported. */
  get carrier(): string | undefined {
    const context = this.#span.spanContext();
    if (!this.#maker.api.isSpanContextValid(context)) return undefined;
    const startedAt = this.#carried?.startedAt ?? performance.timeOrigin + this.#startedAt;
    return writeCarrier({ ...context, startedAt, parentId: this.#parentId });
  }

  /** E1: the second end, such as that of a body which was given up, is without effect. */
  end(end: BodyEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#siblings?.delete(this);
    try {
      const after = this.#after(end);
      const isSuspended = after[DRAWLOOM.outcome] === 'suspended';
      for (const span of this.#open ?? []) span.end({ kind: isSuspended ? 'suspended' : 'abandoned' });
      if (isSuspended && this.#isContinuable) return; // the process in which the run ends will end it
      this.#finish(end, after);
    } catch (error) {
      complain(this.#maker.api, error);
    }
  }

  /** The span of a run: a new one, or one that another process began. */
  #begin(around: Context, ids: WantedIds): Span {
    const carried = this.#carried;
    if (carried === undefined) return this.#start(around);
    const { trace } = this.#maker.api;
    const { traceId, traceFlags, parentId, startedAt } = carried;
    const isNested = this.#siblings !== undefined;
    const resumer = trace.getSpanContext(around);
    const links = isNested || resumer === undefined ? [] : [{ context: resumer }];
    const begun = { startTime: new Date(startedAt), links };
    const under = (spanId: string): Context =>
      trace.setSpanContext(around, { traceId, spanId, traceFlags, isRemote: true });
    const parent = isNested ? around : parentId === undefined ? trace.setSpanContext(around, NO_SPAN) : under(parentId);
    const same = this.#start(parent, begun);
    if (ids.isHeeded) return same;
    // Nothing here can give a span the ids that it is to have. So this one is not: it never ends, and nobody sees it.
    return this.#start(isNested ? around : under(parentId ?? carried.spanId), { links });
  }

  #start(around: Context, more?: SpanOptions): Span {
    const { api, tracer } = this.#maker;
    const { operation, name, attributes } = this.#info;
    const kind = operation === CLIENT ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL;
    return tracer.startSpan(spanName(operation, name), { kind, attributes: defined(attributes), ...more }, around);
  }

  /** What is known only now. */
  #after(end: BodyEnd): SpanAttributes {
    if (end.kind === 'abandoned') return ABANDONED;
    if (end.kind === 'suspended') return SUSPENDED;
    return this.#info.endAttributes?.(end.kind === 'threw' ? end.error : undefined) ?? {};
  }

  #finish(end: BodyEnd, after: SpanAttributes): void {
    const info = this.#info;
    const isFailed = end.kind === 'threw' || after[GENERAL.errorType] !== undefined;
    const outcome = (after[DRAWLOOM.outcome] as string | undefined) ?? (isFailed ? 'failed' : 'completed');
    const isWrong = outcome === 'failed' || outcome === 'cancelled';
    const type = isWrong
      ? (after[GENERAL.errorType] ?? (end.kind === 'threw' ? errorType(end.error) : outcome))
      : undefined;
    const come = { [DRAWLOOM.outcome]: outcome, [GENERAL.errorType]: type };
    if (this.#span.isRecording()) this.#tell(end, outcome, after, type);
    // No `...`: Node 20 takes microseconds for what is added to a copy that is made so.
    this.#maker.instruments?.record(info.operation, Object.assign({}, info.attributes, after, come), this.#seconds());
    this.#span.end();
  }

  #tell(end: BodyEnd, outcome: string, after: SpanAttributes, type: SpanAttributes[string]): void {
    const { api, content } = this.#maker;
    const span = this.#span;
    span.setAttributes(defined(after));
    span.setAttribute(DRAWLOOM.outcome, outcome);
    if (type !== undefined) span.setAttribute(GENERAL.errorType, type as string);
    if (content !== undefined && end.kind === 'returned') span.setAttributes(content.outputOf(this.#info, end.value));
    if (outcome === 'cancelled') span.setStatus({ code: api.SpanStatusCode.ERROR, message: outcome });
    if (outcome !== 'failed') return;
    span.setStatus({ code: api.SpanStatusCode.ERROR, message: String(type) });
    if (end.kind !== 'threw') return;
    const messageOf = (message: string): string | undefined =>
      content?.textOf(this.#info, GENERAL.exceptionMessage, message);
    span.addEvent(GENERAL.exceptionEvent, exceptionAttributes(end.error, messageOf));
  }

  #seconds(): number {
    const began = this.#carried?.startedAt;
    const ms =
      began === undefined ? performance.now() - this.#startedAt : performance.timeOrigin + performance.now() - began;
    return Math.max(0, ms) / 1000;
  }
}

/** The span of the run that a context is in. */
export function runOf(context: Context): OpenSpan | undefined {
  return context.getValue(RUN) as OpenSpan | undefined;
}

/** E2. */
export function complain(api: OpenTelemetryApi, error: unknown): void {
  try {
    api.diag.error('drawloom: a span could not be recorded', error);
  } catch {
    // The log itself is broken: then nobody can be told.
  }
}

/** What is known, without what is not: samplers see every key. */
export function defined(attributes: SpanAttributes): Attributes {
  if (!Object.values(attributes).includes(undefined)) return attributes as Attributes;
  const known: Record<string, string | number | boolean | string[]> = {};
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) known[name] = value as string;
  }
  return known;
}

/** `{operation} {name}`, as the conventions have it. A function that was decorated as a step is one. */
function spanName(operation: SpanOperation, name: string): string {
  return `${operation === 'function' ? 'step' : operation} ${name}`;
}

const SUSPENDED: SpanAttributes = Object.freeze({ [DRAWLOOM.outcome]: 'suspended' });
const ABANDONED: SpanAttributes = Object.freeze({ [DRAWLOOM.outcome]: 'cancelled', [DRAWLOOM.abandoned]: true });

/** In place of a parent: what begins there is the root of a trace. */
const NO_SPAN = Object.freeze({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 });
