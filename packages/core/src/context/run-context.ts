import type { Telemetry } from '../ports/telemetry.js';
import type { ModelRegistry } from '../model/model-registry.js';
import type { Memory } from '../ports/memory.js';
import { observedMemory } from './observed-memory.js';
import type { Tone } from '../tone/tone.js';
import { isPlain } from '../values/freeze.js';
import { newId } from '../values/ids.js';
import type { Surroundings } from './surroundings.js';

/** Facts about a run that its caller chooses. Unset inherits from the run around it; `null` clears. */
export interface RunIdentity {
  /**
   * The organisation that the run belongs to, of an application that serves several: it is part of every key under which
   * a journal keeps the run. Nested runs have that of the outermost one. @defaultValue none
   */
  readonly tenant?: string | undefined;
  readonly userId?: string | null | undefined;
  /** @defaultValue that of the run around it, else a new id */
  readonly sessionId?: string | null | undefined;
  /** Copied and deeply frozen. @defaultValue that of the run around it, else `{}` */
  readonly metadata?: Readonly<Record<string, unknown>> | null | undefined;
  /** @defaultValue a new id */
  readonly runId?: string | undefined;
}

const NO_SURROUNDINGS: Surroundings = Object.freeze({});
const NO_METADATA: Readonly<Record<string, unknown>> = Object.freeze({});

/**
 * Who a run belongs to. One immutable object per run: every step, nested workflow and decorated function of the run
 * reads the same one, and no other run does.
 */
export class RunContext {
  // Private, because a step must not be able to make itself another user's, not even in plain JavaScript.
  readonly #userId: string | undefined;
  readonly #tenant: string | undefined;
  readonly #metadata: Readonly<Record<string, unknown>>;
  readonly #parent: RunContext | undefined;
  // Ids are made when they are first asked for: most short runs never do, and one costs as much as several steps.
  #runId: string | undefined;
  #sessionId: string | undefined;
  #observed: Memory | undefined;
  readonly #surroundings: Surroundings;
  #abortion: { readonly reason: unknown } | undefined;
  #controller: AbortController | undefined;

  /** @internal The engine makes one for each run. */
  constructor(identity: RunIdentity = {}, parent?: RunContext, surroundings: Surroundings = NO_SURROUNDINGS) {
    this.#parent = parent;
    this.#surroundings = surroundings;
    this.#tenant = parent?.tenant ?? identity.tenant;
    this.#userId = identity.userId === undefined ? parent?.userId : (identity.userId ?? undefined);
    this.#metadata =
      identity.metadata === undefined
        ? (parent?.metadata ?? NO_METADATA)
        : identity.metadata === null
          ? NO_METADATA
          : frozenCopy(identity.metadata);
    this.#runId = identity.runId;
    this.#sessionId = identity.sessionId === undefined ? undefined : (identity.sessionId ?? newId());
  }

  get userId(): string | undefined {
    return this.#userId;
  }

  /** The organisation that it belongs to, of an application that serves several. */
  get tenant(): string | undefined {
    return this.#tenant;
  }

  get metadata(): Readonly<Record<string, unknown>> {
    return this.#metadata;
  }

  /** The id of this run; empty outside any run. */
  get runId(): string {
    return (this.#runId ??= newId());
  }

  /** The id of the run that this one is nested in. */
  get parentRunId(): string | undefined {
    return this.#parent?.runId;
  }

  /** The conversation or case that the run belongs to; shared by nested runs unless they are given their own. */
  get sessionId(): string {
    return (this.#sessionId ??= this.#parent?.sessionId ?? newId());
  }

  /** Where the run's spans go; `undefined` where nobody wants them, or it was cleared. */
  get telemetry(): Telemetry | undefined {
    return this.#surroundings.telemetry ?? undefined;
  }

  /** The models that agents may ask for by name. */
  get models(): ModelRegistry | undefined {
    return this.#surroundings.models;
  }

  /** What agents remember with; `undefined` where there is no memory, or it was cleared. */
  get memory(): Memory | undefined {
    const { memory, audit, telemetry } = this.#surroundings;
    if (memory == null || (audit?.log == null && telemetry == null)) return memory ?? undefined;
    return (this.#observed ??= observedMemory(memory)); // what is done with it has a span, and writes go on record
  }

  /** How agents sound that say nothing else themselves; `undefined` where nobody says it, or it was cleared. */
  get tone(): Tone | undefined {
    return this.#surroundings.tone ?? undefined;
  }

  /** @internal */
  get surroundings(): Surroundings {
    return this.#surroundings;
  }

  /**
   * Aborted when the run fails or is cancelled, for what lives as long as the run. Within a step use the step's own
   * signal: it is aborted when an attempt times out, too.
   */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortion !== undefined) this.#controller.abort(this.#abortion.reason);
    return this.#controller.signal;
  }

  /** @internal */
  static abort(context: RunContext, reason: unknown): void {
    context.#abortion ??= { reason };
    context.#controller?.abort(context.#abortion.reason);
  }

  /** One entry of the metadata, or `fallback` where there is none. */
  get<T = unknown>(key: string, fallback?: T): T | undefined {
    return Object.hasOwn(this.metadata, key) ? (this.metadata[key] as T) : fallback;
  }
}

/** What reading the context outside any run gives. */
export const EMPTY_CONTEXT = new RunContext({ runId: '', sessionId: '' });

/**
 * Copies plain objects and lists, frozen at every level; anything else (dates, class instances, functions) is taken as
 * it is. The caller's own object is neither kept nor changed.
 */
function frozenCopy<T>(value: T, copies = new Map<unknown, unknown>()): T {
  if (typeof value !== 'object' || value === null) return value;
  const known = copies.get(value);
  if (known !== undefined) return known as T;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    copies.set(value, copy);
    for (const item of value) copy.push(frozenCopy(item, copies));
    return Object.freeze(copy) as T;
  }
  if (!isPlain(value)) return value;
  const copy = Object.create(Object.getPrototypeOf(value) as object | null) as Record<string, unknown>;
  copies.set(value, copy);
  for (const [key, item] of Object.entries(value)) {
    Object.defineProperty(copy, key, { value: frozenCopy(item, copies), enumerable: true });
  }
  return Object.freeze(copy) as T;
}
