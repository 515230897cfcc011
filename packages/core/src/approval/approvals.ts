import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { RunError } from '../errors/run-error.js';
import type { Journal, Wait } from '../ports/journal.js';
import { type Clock, systemClock } from '../values/clock.js';
import { ValueCodec } from '../values/codec.js';
import { isId, type KnownActor, readActor } from './actor.js';
import { type ApprovalView, approvalView } from './approval-view.js';
import { decisionBy, readApproval, standingOf } from './approval-record.js';
import { Authentication, type AuthenticationOptions } from './authentication.js';
import {
  DECISION_FORM,
  DELEGATION_FORM,
  judge,
  judgeDelegation,
  readDecision,
  readDelegation,
  type SpokenDecision,
  type SpokenDelegation,
} from './judge-decision.js';
import { type Judgement, type OnRefused, tellRefused } from './judgement.js';
import { WaitsInLine } from './waits-in-line.js';

/** What {@link Approvals} are made of. */
export interface ApprovalsOptions extends AuthenticationOptions {
  readonly journal: Journal;
  /** Reads the `data` of requests. @defaultValue one without stored types */
  readonly codec?: ValueCodec | undefined;
  /** Told of each approval that a decision has settled, so that its run goes on at once. What it throws changes nothing. */
  readonly onSettled?: ((wait: Wait) => unknown) | undefined;
  /** Told of what somebody was refused, before they hear of it: for the record. What it throws changes nothing. @defaultValue nobody */
  readonly onRefused?: OnRefused | undefined;
}

/** Whose inbox is meant. */
export interface InboxQuery {
  /** @defaultValue `''` */
  readonly tenant?: string | undefined;
  readonly user: string;
  /** What the person is in. @defaultValue none */
  readonly groups?: readonly string[] | undefined;
  /** @defaultValue all */
  readonly workflow?: string | undefined;
  /** From 1 to 1,000. @defaultValue 100 */
  readonly limit?: number | undefined;
  /** The last one of the page before. The order is that of opening, oldest first. */
  readonly after?: Pick<ApprovalView, 'id' | 'openedAt'> | undefined;
}

/** What came of a decision or a delegation. */
export interface Acknowledged {
  /** As it is from then on. */
  readonly approval: ApprovalView;
  /** `false` where the same person had done the same before: nothing was changed. */
  readonly isNew: boolean;
}

const WHERE = 'approvals';

/**
 * The approvals of a journal: what waits for whom, and what people decide. Any process that has the journal may decide; the
 * run goes on where it is carried out.
 *
 * @example
 * const approvals = new Approvals({ journal, authenticate: (token) => sessions.actorOf(token) });
 * const [first] = await approvals.list({ user: 'mia', groups: ['managers'] });
 * await approvals.decide(first.id, { actor: token, outcome: 'approved', digest: first.digest });
 */
export class Approvals {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #codec: ValueCodec;
  readonly #onSettled: (wait: Wait) => unknown;
  readonly #onRefused: OnRefused | undefined;
  readonly #authentication: Authentication;
  readonly #waits: WaitsInLine;

  /** @throws {@link DefinitionError} INVALID_OPTION when an option cannot be used. */
  constructor(options: ApprovalsOptions) {
    const { journal, clock = systemClock, codec = new ValueCodec(), onSettled = () => undefined, onRefused } = options;
    this.#authentication = new Authentication(WHERE, options);
    this.#journal = journal;
    this.#clock = clock;
    this.#codec = codec;
    this.#onSettled = onSettled;
    this.#onRefused = onRefused;
    this.#waits = new WaitsInLine(journal, clock);
  }

  /**
   * What somebody may decide and has not decided yet, with what is to be shown to them, oldest first. It authenticates nobody:
   * say what you know of the person.
   *
   * @throws {@link DefinitionError} INVALID_OPTION when the query cannot be meant.
   */
  async list(query: InboxQuery): Promise<readonly ApprovalView[]> {
    const { actor, limit } = checkQuery(query);
    const { tenant, userId, groups } = actor;
    const found: ApprovalView[] = [];
    const { workflow } = query;
    for (let { after } = query; ;) {
      const page = await this.#journal.waits({
        tenant,
        kind: 'approval',
        workflow,
        actor: { userId, groups },
        limit,
        after,
      });
      for (const wait of page) {
        if (this.#isOpenTo(wait, actor) && found.push(approvalView(wait, this.#codec)) === limit) return found;
      }
      if (page.length < limit) return found;
      after = page.at(-1);
    }
  }

  #isOpenTo(wait: Wait, actor: KnownActor): boolean {
    const parts = readApproval(wait);
    const now = this.#clock.now();
    const isLate = parts.about.deadline !== null && now >= parts.about.deadline;
    return !isLate && standingOf(parts, actor, now).may && decisionBy(parts.state, actor.userId) === undefined;
  }

  /**
   * One approval, with what has become of it.
   *
   * @throws {@link RunError} WAIT_NOT_FOUND where there is none of this tenant.
   */
  async get(id: string, { tenant = '' }: { readonly tenant?: string | undefined } = {}): Promise<ApprovalView> {
    return approvalView((await this.#find(tenant, id)) ?? notFound(), this.#codec);
  }

  /**
   * Decides. The same decision again counts once, and is no error.
   *
   * @throws {@link RunError} DECISION_REFUSED, with `reason`, when it does not count; WAIT_NOT_FOUND.
   * @throws {@link DefinitionError} NO_AUTHENTICATION when nothing says whom to believe.
   */
  async decide(id: string, decision: SpokenDecision): Promise<Acknowledged> {
    const said = readDecision(decision) ?? malformed(DECISION_FORM);
    const actor = await this.#authentication.actorOf(said.actor, 'DECISION_REFUSED');
    return this.#act(id, actor, (wait, now) => judge(wait, { ...said, actor }, now));
  }

  /**
   * Names somebody who decides in the actor's stead, where the policy allows it. Until that one has decided, another can be
   * named.
   *
   * @throws {@link RunError} DECISION_REFUSED, with `reason`, when it is not to be; WAIT_NOT_FOUND.
   * @throws {@link DefinitionError} NO_AUTHENTICATION when nothing says whom to believe.
   */
  async delegate(id: string, delegation: SpokenDelegation): Promise<Acknowledged> {
    const said = readDelegation(delegation) ?? malformed(DELEGATION_FORM);
    const actor = await this.#authentication.actorOf(said.actor, 'DECISION_REFUSED');
    return this.#act(id, actor, (wait, now) => judgeDelegation(wait, { ...said, actor }, now));
  }

  async #act(id: string, actor: KnownActor, judge: (wait: Wait, now: number) => Judgement): Promise<Acknowledged> {
    const { tenant } = actor;
    const { wait, judgement, hasSettled } = await this.#waits.act({ tenant, id }, () => this.#find(tenant, id), judge);
    if (wait === undefined) return notFound();
    if (hasSettled) this.#tell(wait);
    if (judgement.kind === 'refused') {
      await tellRefused(this.#onRefused, wait, actor, judgement.reason);
      throw RunError.refused('DECISION_REFUSED', wait, judgement.reason);
    }
    return { approval: approvalView(wait, this.#codec), isNew: judgement.kind === 'counted' };
  }

  async #find(tenant: string, id: string): Promise<Wait | undefined> {
    if (!isId(id) || typeof tenant !== 'string') return undefined;
    const wait = await this.#journal.wait({ tenant, id });
    return wait?.kind === 'approval' ? wait : undefined;
  }

  /** The decision is durable: what is told of it may fail, and the run is found by its time to wake all the same. */
  #tell(wait: Wait): void {
    void (async () => this.#onSettled(wait))().catch(() => undefined);
  }
}

function notFound(): never {
  throw RunError.waitNotFound(WHERE);
}

function malformed(form: string): never {
  throw RunError.refused('DECISION_REFUSED', { workflow: WHERE }, 'malformed', { detail: form });
}

function checkQuery({ tenant, user, groups, limit = 100 }: InboxQuery): { actor: KnownActor; limit: number } {
  const where = `${WHERE}.list`;
  const actor = readActor({ tenant, userId: user, groups });
  const found = [];
  if (actor === undefined) {
    found.push(
      problem.invalidOption(where, 'user', user, 'a user id, with groups as a list of ids, and tenant as text'),
    );
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 1_000) {
    found.push(problem.invalidOption(where, 'limit', limit, 'a whole number from 1 to 1,000'));
  }
  DefinitionError.throwIfAny(found);
  return { actor: actor!, limit };
}
