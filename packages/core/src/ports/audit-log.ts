/**
 * Job: the record that proves afterwards what happened. `ChainedAuditLog` of this package makes it over any store of lines;
 * `AuditStore` is what a store has to be able to do.
 *
 * Boundary: a log numbers, links, signs and keeps what it is told. What is worth an entry, and how much of a value it may
 * show, is decided by who tells it: a run by its policy.
 *
 * What every store holds, and `auditStoreContract` of @drawloom/testing checks:
 *
 * A. Lines come back byte for byte, in the order in which they were appended; none is ever changed.
 * B. What `append` has resolved is there after a crash. One that was rejected has left nothing, or the store takes no more.
 * C. One writer at a time: a store that is open refuses to be opened again, by this process and by any other.
 * D. What a crash has left of an unfinished append is taken off, and told, when the store is opened.
 */

/** What happened. Applications may add words of their own, in the same form. */
export type AuditAction =
  | 'run.started'
  | 'run.completed'
  | 'run.failed'
  | 'run.cancelled'
  | 'run.suspended'
  | 'run.resumed'
  | 'run.forked'
  | 'step.started'
  | 'step.completed'
  | 'step.failed'
  | 'step.retried'
  | 'step.cancelled'
  | 'item.failed'
  | 'route.taken'
  | 'route.failed'
  | 'function.started'
  | 'function.completed'
  | 'function.failed'
  | 'approval.requested'
  | 'approval.decided'
  | 'approval.delegated'
  | 'approval.expired'
  | 'signal.awaited'
  | 'signal.received'
  | 'signal.expired'
  /** Somebody who may not, or not any more, wanted to decide, to delegate or to send. */
  | 'approval.refused'
  | 'signal.refused'
  | 'agent.started'
  | 'agent.completed'
  | 'agent.failed'
  | 'model.called'
  | 'tool.called'
  | 'tool.returned'
  | 'tool.approved'
  | 'tool.denied'
  | 'guardrail.triggered'
  | 'memory.written'
  | 'memory.failed'
  | 'cap.hit'
  | 'compensation.started'
  | 'compensation.completed'
  | 'compensation.failed'
  /** Entries could not be written, and are missing before this one: `facts.entries` of them. */
  | 'audit.lost'
  /** What a crash had left of an unfinished entry was taken off: `facts.bytes` of it. */
  | 'audit.repaired'
  | (string & {});

/** Where an entry belongs. */
export interface AuditSubject {
  /** Empty or missing where the application has no tenants. */
  readonly tenant?: string | undefined;
  /** The user that the run belongs to. */
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  readonly run?: string | undefined;
  readonly workflow?: string | undefined;
  readonly node?: string | undefined;
  /** Which activation of the node, from 1. */
  readonly visit?: number | undefined;
}

/** What is told to a log. */
export interface NewAuditEntry extends AuditSubject {
  readonly action: AuditAction;
  /** Who did it: `workflow`, `agent:writer`, `user:alice`. At least one character. */
  readonly actor: string;
  /** Milliseconds since the epoch. @defaultValue now */
  readonly time?: number | undefined;
  /** What is known of it beside content: keys, targets, counts, codes. What JSON can hold. */
  readonly facts?: Readonly<Record<string, unknown>> | undefined;
  /** SHA-256 of the content, in hexadecimal digits, whether or not the content itself is here. */
  readonly digest?: string | undefined;
  /** As much of a value as may be shown. What JSON can hold. */
  readonly content?: unknown;
}

/** An entry as it is kept. */
export interface AuditEntry extends NewAuditEntry {
  /** From 1, without a gap. */
  readonly seq: number;
  /** Never before that of the entry before. */
  readonly time: number;
}

/** Which entries are asked for. What is left out does not narrow. */
export interface AuditQuery {
  /** `''` for what belongs to none. */
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  readonly run?: string | undefined;
  readonly action?: AuditAction | undefined;
}

/** What an append has become. */
export interface AuditReceipt {
  /** The number of its last entry. */
  readonly seq: number;
}

/** Where lines are read from. */
export interface AuditSource {
  /** All lines as they are stored, in their order, each with its line feed. */
  read(): AsyncIterable<Uint8Array>;
}

/**
 * Where audit entries go. A class, so that it is its own injection token; any object with the methods will do.
 *
 * Every method but `append` of a wrong entry rejects with an {@link AdapterError} when the log does not work.
 */
export abstract class AuditLog implements AuditSource {
  /**
   * Adds entries, in this order and with none of others between them. Resolves when they are durable. Concurrent calls
   * share one write.
   *
   * @throws {@link DefinitionError} INVALID_OPTION when an entry has something in it that JSON cannot hold.
   * @throws {@link AdapterError} AUDIT_UNAVAILABLE, AUDIT_LOCKED, AUDIT_DAMAGED when the log takes no entries.
   */
  abstract append(entries: NewAuditEntry | readonly NewAuditEntry[]): Promise<AuditReceipt>;

  /** Entries in their order, once everything that was told before is written. Nothing is verified: `verifyAuditLog` does. */
  abstract entries(query?: AuditQuery): AsyncIterable<AuditEntry>;

  abstract read(): AsyncIterable<Uint8Array>;

  /** Resolves when everything that was told before is written, or was refused. */
  abstract flush(): Promise<void>;

  /** Writes what is left, and lets another process write. After it, nothing may be told any more. */
  abstract close(): Promise<void>;
}

/** A line to be stored, and by what it may be found. */
export interface SealedLine {
  readonly seq: number;
  /** What is to be stored, exactly. */
  readonly bytes: Uint8Array;
  /** What a store may keep an index of. */
  readonly about: AuditSubject & Pick<NewAuditEntry, 'action'>;
}

/** What a store knows of itself when it is opened. */
export interface OpenedAuditStore {
  /** The last line, with its line feed; `undefined` where there is none. */
  readonly last: Uint8Array | undefined;
  /** What a crash had left of an unfinished append, and was taken off. */
  readonly torn?: Uint8Array | undefined;
}

/** Keeps lines in order. It knows nothing of what makes them a chain. */
export abstract class AuditStore implements AuditSource {
  /**
   * Claims the store for this writer; to be called once before `append`.
   *
   * @throws {@link AdapterError} AUDIT_LOCKED when it has a writer.
   */
  abstract open(): Promise<OpenedAuditStore>;

  /** Resolves when all of them are durable. Never called again before it has ended. */
  abstract append(lines: readonly SealedLine[]): Promise<void>;

  /** All lines, those of other writers included; also of a store that was never opened. What does not belong to `query` may be left out. */
  abstract read(query?: AuditQuery): AsyncIterable<Uint8Array>;

  /** Gives the claim back. */
  abstract close(): Promise<void>;
}

/** Where the head of a log is kept apart from it, so that a log that was cut shows. */
export abstract class AuditAnchors {
  /** What was kept last; `undefined` where there is nothing yet. */
  abstract read(): Promise<Uint8Array | undefined>;

  /** Replaces it, whole or not at all. */
  abstract write(anchor: Uint8Array): Promise<void>;
}
