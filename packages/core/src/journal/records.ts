/**
 * Job: what stands in the journal of a run, record by record, as text and back.
 *
 * Boundary: which record is written when is the executor's business; how a value becomes text is the codec's. Everything
 * but the values is plain JSON. A record that has a `path` is about a run that is nested in the journal's own run.
 */
import type { ErrorInfo } from '../errors/error-info.js';
import type { RunUsage } from '../errors/run-record.js';
import type { JournalRecord, WaitKind } from '../ports/journal.js';

/** A value as the codec wrote it: JSON that goes into a record as it is. */
export class EncodedValue {
  constructor(readonly text: string) {}
}

/** Which activation a record is about. */
export interface OfActivation {
  /** Of a nested run: the activations that lead to it. */
  readonly path?: string | undefined;
  readonly node: string;
  readonly visit: number;
  /** How many entries an audit log had been told of the run by then, where there is one: those of whoever goes on follow these. */
  readonly audited?: number | undefined;
}

/** When an activation began, in milliseconds since the epoch, and how long it took. */
interface Timed {
  readonly at: number;
  readonly ms: number;
  readonly attempts: number;
}

/** What models were asked for in it. It is not asked for again when the run is resumed, and counts all the same. */
interface Using {
  readonly usage?: RunUsage | undefined;
}

/**
 * One record. `V` stands for the values in it: {@link EncodedValue} where it is written, the tree of JSON where it is
 * read, which the codec makes values of.
 */
export type RecordBody<V> =
  | {
      readonly type: 'run.started';
      readonly path?: string | undefined;
      readonly at: number;
      readonly workflow: string;
      readonly version?: string | undefined;
      readonly graphHash: string;
      readonly userId?: string | undefined;
      readonly sessionId: string;
      /** Of the run itself, not of a nested one: what its caller asked for. */
      readonly options?: StartedOptions | undefined;
      readonly metadata?: V | undefined;
      readonly input: V;
      /** By which its span is begun, here and elsewhere: what a telemetry calls a carrier. */
      readonly trace?: string | undefined;
    }
  | {
      readonly type: 'run.resumed';
      readonly at: number;
      readonly owner: string;
      readonly graphHash: string;
      /** By which its span is begun from here on, where the one before has ended. */
      readonly trace?: string | undefined;
    }
  | (OfActivation &
      Timed & {
        readonly type: 'step.completed';
        readonly output: V;
        /** It ended the whole run, with this output. */
        readonly finished?: V | undefined;
        /** What it wrote into the state of its run's instance. */
        readonly state?: V | undefined;
        readonly actors?: readonly string[] | undefined;
      } & Using)
  /** For good. Where nothing handles it, the end of the run follows. */
  | (OfActivation & Timed & Using & { readonly type: 'step.failed'; readonly error: V; readonly isHandled: boolean })
  | (OfActivation & Timed & Using & { readonly type: 'step.cancelled' })
  /** An attempt that another one follows. What is used is that of all attempts so far. */
  | (OfActivation &
      Using & {
        readonly type: 'attempt.failed';
        readonly item?: number | undefined;
        readonly attempt: number;
        readonly error: ErrorInfo;
      })
  | (OfActivation &
      Using & {
        readonly type: 'item.completed';
        readonly item: number;
        readonly output: V;
        readonly state?: V | undefined;
      })
  | (OfActivation &
      Using & {
        readonly type: 'route.taken';
        readonly keys: readonly string[];
        readonly at: number;
        /** The form that its schema gave what arrived, where that is another value: it is passed on. */
        readonly passes?: V | undefined;
      })
  /** A call of a model, a tool or a decorated function. `key` names it in the run. */
  | (OfActivation &
      Using & {
        readonly type: 'call.completed';
        readonly key: string;
        readonly name: string;
        /** SHA-256 over what was asked. */
        readonly request: string;
        readonly value: V;
      })
  | (OfActivation &
      Timed & {
        readonly type: 'wait.opened';
        readonly id: string;
        readonly kind: WaitKind;
        readonly dueAt?: number | undefined;
        readonly passes?: V | undefined;
      })
  | (OfActivation & {
      readonly type: 'wait.resolved';
      readonly id: string;
      readonly at: number;
      readonly key: string;
      /** Absent where what came of it is a failure. */
      readonly value?: V | undefined;
      readonly error?: V | undefined;
      readonly actors?: readonly string[] | undefined;
    })
  /** In place of what would arrive: a fork was given another input for one activation. */
  | (OfActivation & { readonly type: 'input.replaced'; readonly input: V })
  /** The run has failed, and what has been done is being undone. */
  | {
      readonly type: 'run.failing';
      readonly path?: string | undefined;
      readonly audited?: number | undefined;
      readonly at: number;
      readonly error: V;
    }
  | (OfActivation & { readonly type: 'compensation.completed'; readonly at: number })
  | (OfActivation & { readonly type: 'compensation.failed'; readonly at: number; readonly error: V })
  | { readonly type: 'run.completed'; readonly path?: string | undefined; readonly at: number; readonly output: V }
  | {
      readonly type: 'run.failed' | 'run.cancelled';
      readonly path?: string | undefined;
      readonly at: number;
      readonly error: V;
    };

/** What the caller of a run asked for, as far as it is data. */
export interface StartedOptions {
  readonly timeoutMs?: number | undefined;
  readonly maxTotalSteps?: number | undefined;
  readonly budget?: unknown;
  readonly tone?: string | null | undefined;
  /** A memory's name, or `null` where it was cleared. */
  readonly memory?: string | null | undefined;
}

export type RecordType = RecordBody<never>['type'];
/** The record of one type. */
export type RecordOf<T extends RecordType, V = unknown> = Extract<RecordBody<V>, { readonly type: T }>;

/** The text of a record, in one line. */
export function writeRecord(body: RecordBody<EncodedValue>): string {
  const fields = body as unknown as Readonly<Record<string, unknown>>;
  let text = '';
  for (const key in fields) {
    const value = fields[key];
    if (value === undefined) continue;
    text += `${text === '' ? '{' : ','}"${key}":${value instanceof EncodedValue ? value.text : JSON.stringify(value)}`;
  }
  return `${text}}`;
}

/** A record as it was written; `undefined` where its text is none. */
export function readRecord({ type, text }: JournalRecord): RecordBody<unknown> | undefined {
  try {
    const body = JSON.parse(text) as RecordBody<unknown>;
    return body.type === type ? body : undefined;
  } catch {
    return undefined; // The parser's message quotes the text.
  }
}

/** The name of an activation within its run; no two have one. */
export function activationKey(node: string, visit: number): string {
  return `${visit}#${node}`;
}

/** Where something stands that is begun in an attempt of an activation. */
export interface NestedPlace {
  readonly path: string | undefined;
  readonly node: string;
  readonly visit: number;
  readonly item: number | undefined;
  readonly attempt: number;
}

/** The same as a text. Whatever names hold, no two places have one: what separates is escaped. */
export function placeKey({ path, node, visit, item, attempt }: NestedPlace): string {
  const here = `${visit}#${encodeURIComponent(node)}`;
  const ofItem = item === undefined ? '' : `[${item}]`;
  const ofAttempt = attempt === 1 ? '' : `:${attempt}`;
  return `${path === undefined ? '' : `${path}/`}${here}${ofItem}${ofAttempt}`;
}

/** The name of a call, or of a nested run that a step begins by itself, in what stands at `place`. */
export function callKey(place: string, name: string, occurrence: number): string {
  return `${place}|${encodeURIComponent(name)}.${occurrence}`;
}
