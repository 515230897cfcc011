/**
 * Job. What one process writes down about the span of a run, so that another one can go on with that span.
 *
 * A span is exported by whoever ends it, and a process that is killed ends none. If the next process began a span of its
 * own, what was exported before would hang from one that nobody ever saw. So it begins the same span again, under the same
 * ids and from the same moment: a run has one root, and that is exported once, by the process in which the run ends.
 *
 * The API of OpenTelemetry has no way to choose ids, an SDK has: its generator of ids, which is asked while a span is being
 * started. What the next span is to have is left for it in a slot; `@drawloom/otel` has a generator that looks there.
 */

/** The span of a run as another process gets to know it. */
export interface CarriedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  /** When it began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** The span around it. */
  readonly parentId?: string | undefined;
  /** Whether it began within a span of another run: then it ends before that does, also when its run is suspended. */
  readonly isWithin?: boolean | undefined;
}

const FORM = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2});t=(\d+)(?:;p=([0-9a-f]{16}))?(;w)?$/;

/** As text: a W3C `traceparent`, and behind it what that has no place for. */
export function writeCarrier({ traceId, spanId, traceFlags, startedAt, parentId, isWithin }: CarriedSpan): string {
  const flags = traceFlags.toString(16).padStart(2, '0');
  const rest = parentId === undefined ? '' : `;p=${parentId}`;
  return `00-${traceId}-${spanId}-${flags};t=${Math.floor(startedAt)}${rest}${isWithin === true ? ';w' : ''}`;
}

/** Of a span that is about to begin below the given one: under ids that are made now. */
export function plannedCarrier(
  around: { readonly traceId: string; readonly spanId: string } | undefined,
  isWithin: boolean,
): string {
  return writeCarrier({
    traceId: around?.traceId ?? random(16),
    spanId: random(8),
    traceFlags: 1,
    startedAt: Date.now(),
    parentId: around?.spanId,
    isWithin,
  });
}

/**
 * Of a run that was suspended and goes on. What began within a span of another run has ended with it, as that may never be heard
 * of again; so what comes now is another span, below that one.
 */
export function nextCarrier(carrier: string): string | undefined {
  const before = readCarrier(carrier);
  if (before?.isWithin !== true) return before && carrier;
  return writeCarrier({ ...before, spanId: random(8), startedAt: Date.now(), parentId: before.spanId });
}

function random(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex');
}

/** Reads what `writeCarrier` wrote; `undefined` where it did not. */
export function readCarrier(text: string): CarriedSpan | undefined {
  const found = FORM.exec(text);
  if (found === null) return undefined;
  const [, traceId, spanId, flags, startedAt, parentId, within] = found;
  return {
    traceId: traceId!,
    spanId: spanId!,
    traceFlags: Number.parseInt(flags!, 16),
    startedAt: Number(startedAt),
    parentId,
    isWithin: within !== undefined,
  };
}

/** The ids that the span which is being started is to have; without any, those that chance gives. */
export interface WantedIds {
  readonly traceId?: string | undefined;
  readonly spanId?: string | undefined;
  /** Set by a generator that looked: spans of its provider can be continued by another process. */
  isHeeded: boolean;
}

/** Shared by all installed copies of the package. */
const SLOT = Symbol.for('drawloom.wanted-ids/1');
const slot = globalThis as { [SLOT]?: WantedIds | undefined };

/** Starts a span that is to have the given ids. Starting is synchronous, so nothing else comes between. */
export function withWantedIds<T>(ids: WantedIds, start: () => T): T {
  slot[SLOT] = ids;
  try {
    return start();
  } finally {
    slot[SLOT] = undefined;
  }
}

/** For generators of ids: what the span that is being started is to have. `undefined` where nobody wants anything. */
export function wantedIds(): WantedIds | undefined {
  return slot[SLOT];
}
