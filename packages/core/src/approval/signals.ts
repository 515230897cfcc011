import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { RunError } from '../errors/run-error.js';
import type { Journal, RunKey, Wait } from '../ports/journal.js';
import { type Clock, systemClock } from '../values/clock.js';
import { ValueCodec } from '../values/codec.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { newId } from '../values/ids.js';
import { ownData } from '../values/own-data.js';
import { isId, type KnownActor } from './actor.js';
import { Authentication, type AuthenticationOptions } from './authentication.js';
import { judgeSignal, type PayloadJudge, type ValidatePayload } from './judge-signal.js';
import { type OnRefused, tellRefused } from './judgement.js';
import { KeptSignals, MOST_KEPT } from './kept-signals.js';
import { hasSchema } from './signal-wait.js';
import { WaitsInLine } from './waits-in-line.js';

/** How signals are kept that come before anything waits for them. */
export interface EarlySignalOptions {
  /** For how long. With `0` none is kept, and one that nobody waits for is refused. @defaultValue `'7d'` */
  readonly keepFor?: Duration | undefined;
  /** How many in a run: from 1 to 1000. @defaultValue 100 */
  readonly most?: number | undefined;
}

/** What {@link Signals} are made of. */
export interface SignalsOptions extends AuthenticationOptions, EarlySignalOptions {
  readonly journal: Journal;
  /** Writes payloads. @defaultValue one without stored types */
  readonly codec?: ValueCodec | undefined;
  /**
   * The payload as the wait takes it, or a throw. Without it, a payload that has to fit the schema of a node is kept until whoever
   * carries out the run has judged it. @defaultValue nobody knows the schemas of nodes here
   */
  readonly validate?: ValidatePayload | undefined;
  /** The same, where it is known of some waits only. @internal */
  readonly judge?: PayloadJudge | undefined;
  /** Told of each wait that a signal has settled, so that its run goes on at once. What it throws changes nothing. */
  readonly onSettled?: ((wait: Wait) => unknown) | undefined;
  /** Told of each run that a signal is kept for, so that whoever carries it out here looks. What it throws changes nothing. */
  readonly onKept?: ((run: RunKey) => unknown) | undefined;
  /** Told of what somebody was refused, before they hear of it: for the record. What it throws changes nothing. @defaultValue nobody */
  readonly onRefused?: OnRefused | undefined;
}

/** A signal to a run. */
export interface Signal {
  readonly runId: string;
  /** What it is called. */
  readonly signal: string;
  /** What can be journaled. */
  readonly payload?: unknown;
  /** Who sends it: {@link Actor}. */
  readonly sender: unknown;
  /** Of the message: the same one again is taken once. @defaultValue each is a message of its own */
  readonly id?: string | undefined;
  /** How long it is kept where nothing waits for it yet. @defaultValue what the options say */
  readonly keepFor?: Duration | undefined;
}

/** What came of a signal. */
export type SignalReceipt =
  /** A wait has taken it, and its run goes on. */
  | {
      readonly status: 'taken';
      readonly waitId: string;
      readonly node: string;
      /** `false` where the same message had come before. */
      readonly isNew: boolean;
    }
  /** Nothing waits for it yet: the next wait for it in the run will take it. */
  | {
      readonly status: 'kept';
      /** Milliseconds since the epoch. */
      readonly until: number;
      readonly isNew: boolean;
    };

/** A signal that is kept, as it is looked at from outside. */
export interface WaitingSignal {
  readonly signal: string;
  /** Of the message: as its sender calls it, else one that it was given. */
  readonly id: string;
  /** When it was sent. Milliseconds since the epoch. */
  readonly at: number;
}

const WHERE = 'signals';
const FORM = 'allowed: { runId, signal, payload?, sender, id?, keepFor? }';
const KEYS = ['runId', 'signal', 'payload', 'sender', 'id', 'keepFor'];

/**
 * Signals to the runs of a journal. Each goes to one wait: of those that are open for it in the run, the one that has waited
 * longest. One that comes before is kept for the next wait that opens for it, behind those of its name that came earlier.
 */
export class Signals {
  readonly #journal: Journal;
  readonly #codec: ValueCodec;
  readonly #judge: PayloadJudge;
  readonly #onSettled: ((wait: Wait) => unknown) | undefined;
  readonly #onKept: ((run: RunKey) => unknown) | undefined;
  readonly #onRefused: OnRefused | undefined;
  readonly #keepForMs: number;
  readonly #most: number;
  readonly #authentication: Authentication;
  readonly #waits: WaitsInLine;
  readonly #kept: KeptSignals;

  /** @throws {@link DefinitionError} INVALID_OPTION when an option cannot be used. */
  constructor(options: SignalsOptions) {
    const { journal, codec = new ValueCodec(), onSettled, onKept, onRefused } = options;
    const { keepFor = '7d', most = 100 } = options;
    const clock: Clock = options.clock ?? systemClock;
    DefinitionError.throwIfAny(earlySignalProblems(WHERE, options));
    this.#authentication = new Authentication(WHERE, options);
    this.#journal = journal;
    this.#codec = codec;
    this.#judge = judgeOf(options);
    this.#onSettled = onSettled;
    this.#onKept = onKept;
    this.#onRefused = onRefused;
    this.#keepForMs = toMilliseconds(keepFor)!;
    this.#most = most;
    this.#waits = new WaitsInLine(journal, clock);
    const tell = (wait: Wait): void => told(() => this.#onSettled?.(wait));
    this.#kept = new KeptSignals({ journal, codec, clock, judge: this.#judge, onRefused, onSettled: tell });
  }

  /**
   * Sends a signal to a run.
   *
   * @throws {@link RunError} SIGNAL_REFUSED, with `reason`, when it is neither taken nor kept; WAIT_NOT_FOUND when there is no such
   * run, or nothing waits for it and it is not to be kept.
   * @throws {@link StepError} VALUE_NOT_STORABLE when the payload cannot be kept.
   * @throws {@link DefinitionError} NO_AUTHENTICATION when nothing says whom to believe.
   */
  async send(signal: Signal): Promise<SignalReceipt> {
    const said = readSignal(signal);
    const sender = await this.#authentication.actorOf(said.sender, 'SIGNAL_REFUSED');
    const { payload, id } = said;
    const { wait, judgement, hasSettled } = await this.#waits.act(
      { tenant: sender.tenant, id: said.runId },
      () => this.#find(said, sender),
      (found, now) => judgeSignal(found, { payload, sender, id }, now, { codec: this.#codec, judge: this.#judge }),
    );
    if (wait === undefined || judgement.kind === 'left') return this.#keep(said, sender);
    if (hasSettled) told(() => this.#onSettled?.(wait));
    if (judgement.kind !== 'refused') {
      return { status: 'taken', waitId: wait.id, node: wait.node, isNew: judgement.kind === 'counted' };
    }
    const { reason, cause } = judgement;
    await tellRefused(this.#onRefused, wait, sender, reason);
    throw RunError.refused('SIGNAL_REFUSED', wait, reason, reason === 'invalid' ? { cause } : {});
  }

  /** The signals that are kept for a run, in the order in which they came. Whoever may call this sees those of the tenant, by default `''`. */
  async kept({
    tenant = '',
    runId,
  }: {
    readonly tenant?: string | undefined;
    readonly runId: string;
  }): Promise<WaitingSignal[]> {
    const kept = await this.#kept.list({ tenant, runId });
    return kept.map(({ signal, id, at }) => ({ signal, id, at }));
  }

  /**
   * The wait that took this very message, else the one that has waited longest, if none came before. In this order, so that a
   * message that another process takes meanwhile is found in one place or the other.
   */
  async #find({ runId, signal, id }: ReadSignal, { tenant }: KnownActor): Promise<Wait | undefined> {
    const about = { tenant, runId, signal };
    const [longest] = await this.#journal.waits({ ...about, kind: 'signal', status: 'open', limit: 1 });
    const [before] = await this.#journal.keptSignals({ ...about, limit: 1 });
    const known = id === undefined ? undefined : await this.#journal.signal({ ...about, id });
    if (known?.waitId !== undefined) return this.#journal.wait({ tenant, id: known.waitId });
    return before === undefined ? longest : undefined;
  }

  async #keep(said: ReadSignal, sender: KnownActor): Promise<SignalReceipt> {
    const { runId, signal, payload, id = newId(), keepForMs = this.#keepForMs } = said;
    const { tenant } = sender;
    if (keepForMs === 0) throw RunError.waitNotFound(WHERE);
    const { isNew, until } = await this.#kept.keep(
      { tenant, runId, signal, payload, sender, id, keepForMs },
      this.#most,
    );
    const unfit = (await this.#kept.deliver({ tenant, runId })).find((one) => one.id === id);
    if (unfit !== undefined) throw RunError.refused('SIGNAL_REFUSED', unfit.wait, unfit.reason, { cause: unfit.cause });
    const waitId = (await this.#journal.signal({ tenant, runId, signal, id }))?.waitId;
    const wait = waitId === undefined ? undefined : await this.#journal.wait({ tenant, id: waitId });
    if (wait !== undefined) return { status: 'taken', waitId: wait.id, node: wait.node, isNew };
    told(() => this.#onKept?.({ tenant, runId }));
    return { status: 'kept', until, isNew };
  }
}

/** As in `Approvals`: the signal is durable, whatever comes of telling. */
function told(tell: () => unknown): void {
  void (async () => tell())().catch(() => undefined);
}

function judgeOf({ judge, validate }: SignalsOptions): PayloadJudge {
  if (judge !== undefined) return judge;
  if (validate !== undefined) return { knows: () => true, validate };
  return { knows: (wait) => !hasSchema(wait), validate: (_, payload) => payload };
}

interface ReadSignal extends Pick<Signal, 'runId' | 'signal' | 'payload' | 'sender' | 'id'> {
  readonly keepForMs: number | undefined;
}

function readSignal(value: unknown): ReadSignal {
  const said = ownData(value);
  const { runId, signal, payload, sender, id, keepFor } = Object.fromEntries(said ?? []);
  const isOne = said !== undefined && [...said.keys()].every((key) => KEYS.includes(key));
  const keepForMs = toMilliseconds(keepFor);
  const isMessage = (id === undefined || isId(id)) && (keepFor === undefined || keepForMs !== undefined);
  if (isOne && isId(runId) && isId(signal) && isMessage) return { runId, signal, payload, sender, id, keepForMs };
  throw RunError.refused('SIGNAL_REFUSED', { workflow: WHERE }, 'malformed', { detail: FORM });
}

/** What is wrong with how signals are to be kept. `within`: the option that they are part of, with a dot. */
export function earlySignalProblems(where: string, { keepFor, most }: EarlySignalOptions, within = ''): Problem[] {
  const found: Problem[] = [];
  if (keepFor !== undefined && toMilliseconds(keepFor) === undefined)
    found.push(problem.invalidOption(where, `${within}keepFor`, keepFor, DURATION_FORMS));
  if (most !== undefined && !(Number.isInteger(most) && most >= 1 && most <= MOST_KEPT))
    found.push(problem.invalidOption(where, `${within}most`, most, `a whole number from 1 to ${MOST_KEPT}`));
  return found;
}
