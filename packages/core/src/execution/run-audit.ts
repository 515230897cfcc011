/**
 * Job. The record of one run: makes entries of what the run announces, as much of its content as the policy shows, and
 * gives them to the log.
 *
 * Boundary. What is announced is the run's business, what of it goes on record `auditedEvents`', numbering and proof the
 * log's. There is one of these only where a log is bound: without one, no event is made for it.
 *
 * Invariants.
 * Q1. Each event of the run itself is told once, when it happens; those of nested runs are told by these.
 * Q2. With `required`, no step begins before everything that was announced until then is on record, and the run does not
 *     end before all of it is. What is undone waits for its intent, too, and is undone also where that is refused.
 * Q3. Whatever becomes of the record, the outcome of a step stays as it is; a failure of the run stays the one that decided.
 * Q4. With `best-effort`, nothing waits for the log, and what it cannot take is counted, not kept.
 * Q5. Where the log is in the same place as the journal, the end of a step, or of the run, is on record in the transaction of its record.
 * Q6. Where it is required, what follows is decided before that transaction, so that its intent is in it, too; no step begins, and
 *     nothing is announced, before it is durable. A log in another place has it all before the journal has it.
 */
import type { AuditedValue, AuditPolicy } from '../audit/audit-policy.js';
import { shownContent } from '../audit/shown-content.js';
import type { RunContext } from '../context/run-context.js';
import { AdapterError } from '../errors/adapter-error.js';
import { RunError } from '../errors/run-error.js';
import type { RunRecord } from '../errors/run-record.js';
import { StepError } from '../errors/step-error.js';
import { definitionDigest } from '../graph/definition-json.js';
import type { Plan } from '../graph/plan.js';
import { structuralHash } from '../graph/structural-hash.js';
import type { AuditLog, AuditSubject, NewAuditEntry } from '../ports/audit-log.js';
import { ValueCodec } from '../values/codec.js';
import { auditedEvents, type AuditedEvent } from './audited-events.js';
import type { RunEvent } from './events.js';
import type { RunJournal } from './run-journal.js';
import { isThenable, type Body } from './step.js';

/** What is asked of the run that is recorded. */
export interface AuditedRun {
  readonly plan: Plan;
  readonly context: RunContext;
  /** Of a durable run. */
  readonly journal: RunJournal | undefined;
  /** How many entries earlier executions had told when they last wrote a record. */
  readonly auditedBefore: number;
  stop(error: unknown): void;
}

/** What nothing waits for may not gather without end: appends that a log has not taken yet. */
const MOST_OPEN = 10_000;

export class RunAudit {
  readonly isRequired: boolean;
  readonly #run: AuditedRun;
  readonly #log: AuditLog | undefined;
  readonly #policy: AuditPolicy;
  readonly #codec = new ValueCodec();
  #open = 0;
  /** Entries of the run so far: an excerpt that lacks one shows it. What earlier executions had told is known when the first is made. */
  #n: number | undefined;
  #lost = 0;
  #told: Promise<unknown> = Promise.resolve();
  #failure: { readonly cause: unknown } | undefined;
  #isCarried: boolean | undefined;
  /** How many entries the log has, as far as it has said so. */
  #confirmed: number | undefined;
  /** Resolves when everything is on record that was told to a log that is not where the journal is. */
  #onDisk: Promise<unknown> = Promise.resolve();
  /** What was put on record before it is announced. */
  readonly #ahead = new Set<string>();

  private constructor(run: AuditedRun, policy: AuditPolicy) {
    this.#run = run;
    this.#log = policy.log ?? undefined;
    this.#policy = policy;
    this.isRequired = policy.mode === 'required';
    if (this.#log === undefined)
      this.#failure = {
        cause: AdapterError.auditUnavailable(run.plan.definition.name, 'a record is required, and no log is bound'),
      };
  }

  /** The record of a run; `undefined` where nobody asked for one. */
  static of(run: AuditedRun, policy: AuditPolicy | null | undefined): RunAudit | undefined {
    if (policy == null || (policy.log == null && policy.mode !== 'required')) return undefined;
    return new RunAudit(run, policy);
  }

  /** Q2. Resolves when everything that was told is on record, or was refused. */
  get told(): Promise<unknown> {
    return this.#told;
  }

  get #workflow(): string {
    return this.#run.plan.definition.name;
  }

  /** How many entries the log has when it has what is recorded now: those that whoever goes on may count on. */
  get entries(): number {
    if (this.isRequired || this.#isInJournal) return this.#count;
    return this.#confirmed ?? this.#run.auditedBefore;
  }

  /** How many entries were told, those of earlier executions included that the journal knows of. */
  get #count(): number {
    return this.#n ?? this.#run.auditedBefore;
  }

  get #isInJournal(): boolean {
    return (this.#isCarried ??= this.#log !== undefined && this.#run.journal?.carries(this.#log) === true);
  }

  /** Q6. Whether all that a step may depend on is waited for by itself, so that what follows an outcome may be decided with it. */
  get guardsRecords(): boolean {
    return this.isRequired && this.#log !== undefined && this.#run.journal !== undefined;
  }

  /** Q6. What a record has to wait for; `undefined` where it need not wait, or its entries are in its transaction. */
  get beforeRecords(): (() => Promise<unknown>) | undefined {
    return this.guardsRecords && !this.#isInJournal ? this.#untilOnDisk : undefined;
  }

  readonly #untilOnDisk = (): Promise<unknown> => this.#onDisk;

  /** Q6. What follows is not to begin before this is durable. Where that fails, the journal stops the run. */
  waitFor(record: Promise<void>): void {
    const known = record.catch(() => undefined);
    this.#told = Promise.all([this.#told, known]);
  }

  /** Q5. What will be announced when it is durable, and is put on record with what makes it so. */
  recordAhead(event: RunEvent): void {
    this.record(event);
    this.#ahead.add(placeOf(event));
  }

  /** Q1. */
  record(event: RunEvent): void {
    if (this.#ahead.size > 0 && this.#ahead.delete(placeOf(event))) return;
    const recorded = auditedEvents(event);
    if (recorded.length === 0) return;
    const { visit } = 'visit' in event ? event : { visit: undefined };
    const node = 'node' in event ? event.node : undefined;
    const about = { time: event.time, path: event.path, node, visit };
    this.#tell(recorded.map((one) => this.#entry(about, one)));
  }

  /** What is known of a wait, of which no event tells: who is asked, who decided. */
  recordWait(recorded: readonly AuditedEvent[], about: Omit<EntryPlace, 'node'>): void {
    if (recorded.length > 0) this.#tell(recorded.map((one) => this.#entry({ ...about, node: undefined }, one)));
  }

  /** Q2. A step that begins only when its intent is on record. */
  guarded(body: Body): Body {
    return async (input, context) => {
      await this.#told;
      if (this.#failure !== undefined) {
        const refusal = RunError.auditRequired(this.#workflow, context.node, this.#failure.cause);
        this.#run.stop(refusal);
        throw refusal;
      }
      if (context.isAborted) throw context.abortReason as Error; // while the intent was being written
      return body(input, context);
    };
  }

  /** Q2, Q3. The outcome of the run, when all of it is on record. */
  async concluded<T extends RunRecord & { readonly output?: unknown }>(outcome: Promise<T>): Promise<T> {
    let result: T;
    try {
      result = await outcome;
    } catch (error) {
      await this.#told;
      const isOurs = RunError.is(error) && error.code === 'AUDIT_REQUIRED';
      if (this.#failure !== undefined && !isOurs && (RunError.is(error) || StepError.is(error)))
        error.furtherErrors.push(this.#failure.cause);
      throw error;
    }
    await this.#told;
    if (this.#failure !== undefined) throw RunError.auditIncomplete(this.#workflow, result, this.#failure.cause);
    return result;
  }

  #entry(about: EntryPlace, { action, actor = 'workflow', facts, content, ...event }: AuditedEvent): NewAuditEntry {
    const { context } = this.#run;
    const workflow = this.#workflow;
    const place = { node: about.node ?? event.node, visit: about.visit };
    const subject: AuditSubject = {
      tenant: context.tenant,
      user: context.userId,
      session: context.sessionId,
      run: context.runId,
      workflow,
      ...place,
    };
    const path = about.path.length > 0 ? { path: about.path } : {};
    const own = action === 'run.started' || action === 'run.forked' ? this.#factsOfStart() : {};
    const shown = content === undefined ? {} : this.#shown(content.value, { ...content, action, ...place, workflow });
    const all = { n: (this.#n = this.#count + 1), ...path, ...own, ...facts, ...shown.facts };
    const { digest, content: seen } = shown;
    return { action, actor, time: event.time ?? about.time, ...subject, facts: all, digest, content: seen };
  }

  #factsOfStart(): Readonly<Record<string, unknown>> {
    const { definition } = this.#run.plan;
    const { content = 'digest', mode = 'best-effort' } = this.#policy;
    return {
      graphHash: structuralHash(definition),
      graphDigest: definitionDigest(definition),
      version: definition.version,
      mode,
      content: typeof content === 'function' ? 'redacted' : content,
    };
  }

  /** As much of a value as the policy shows, as it is now: it may be changed later. */
  #shown(
    value: unknown,
    {
      action,
      role,
      workflow,
      node,
    }: Pick<AuditedValue, 'action' | 'role' | 'workflow'> & { node?: string | undefined },
  ): Pick<NewAuditEntry, 'digest' | 'content' | 'facts'> {
    const about = { action, role, workflow, node, userId: this.#run.context.userId };
    return shownContent(this.#codec, this.#policy.content, value, about);
  }

  #tell(entries: readonly NewAuditEntry[]): void {
    if (this.#log === undefined) return;
    if (!this.isRequired && this.#open >= MOST_OPEN) {
      this.#lost += entries.length; // Q4
      return;
    }
    const all = this.#lost === 0 ? entries : [this.#lostEntry(entries[0]!), ...entries];
    this.#lost = 0;
    this.#open++;
    const upTo = this.#count;
    const ended = (): void => {
      this.#open--;
      this.#confirmed = upTo;
    };
    const refused = (cause: unknown): void => {
      this.#open--;
      this.#failure ??= { cause };
    };
    let appended: unknown;
    try {
      const { journal } = this.#run;
      const audit = { log: this.#log, entries: all, isRequired: this.isRequired };
      appended = journal?.tell(audit) ?? this.#log.append(all); // Q5
    } catch (error) {
      appended = Promise.reject(error as Error); // of a log that is not ours
    }
    const told = (isThenable(appended) ? Promise.resolve(appended) : Promise.resolve()).then(ended, refused);
    if (!this.isRequired) return;
    this.#told = Promise.all([this.#told, told]);
    if (!this.#isInJournal) this.#onDisk = Promise.all([this.#onDisk, told]);
  }

  #lostEntry({ time, tenant, user, session, run, workflow }: NewAuditEntry): NewAuditEntry {
    const about = { time, tenant, user, session, run, workflow };
    return {
      action: 'audit.lost',
      actor: 'audit',
      ...about,
      facts: { n: (this.#n = this.#count + 1), entries: this.#lost },
    };
  }
}

/** When and where something happened. */
interface EntryPlace {
  readonly time: number;
  readonly path: readonly string[];
  readonly node: string | undefined;
  readonly visit: number | undefined;
}

/** What an event is about: there is one of its type for each activation, and one for the run. */
function placeOf(event: RunEvent): string {
  return 'node' in event && 'visit' in event ? `${event.type} ${event.visit} ${event.node}` : event.type;
}
