import { RunError } from '../errors/run-error.js';
import { StepError } from '../errors/step-error.js';
import type { Journal, Wait } from '../ports/journal.js';
import { type Clock, systemClock } from '../values/clock.js';
import { ValueCodec } from '../values/codec.js';
import { ownData } from '../values/own-data.js';
import { isId, type KnownActor } from './actor.js';
import { Authentication, type AuthenticationOptions } from './authentication.js';
import { type Judgement, type OnRefused, refused, tellRefused } from './judgement.js';
import { isMessageId, readSignalState, receive } from './signal-wait.js';
import { WaitsInLine } from './waits-in-line.js';

/** What {@link Signals} are made of. */
export interface SignalsOptions extends AuthenticationOptions {
  readonly journal: Journal;
  /** Writes payloads. @defaultValue one without stored types */
  readonly codec?: ValueCodec | undefined;
  /** The payload as the wait takes it, or a throw. @defaultValue every payload as it is */
  readonly validate?: ((wait: Wait, payload: unknown) => unknown) | undefined;
  /** Told of each wait that a signal has settled, so that its run goes on at once. What it throws changes nothing. */
  readonly onSettled?: ((wait: Wait) => unknown) | undefined;
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
}

/** What came of a signal. */
export interface SignalTaken {
  /** The wait that took it. */
  readonly waitId: string;
  readonly node: string;
  /** `false` where the same message had been taken before. */
  readonly isNew: boolean;
}

const WHERE = 'signals';
const FORM = 'allowed: { runId, signal, payload?, sender, id? }';
const KEYS = ['runId', 'signal', 'payload', 'sender', 'id'];

/**
 * Signals to the runs of a journal. Each goes to one wait: of those that are open for it in the run, the one that has waited
 * longest. One that nobody waits for is not kept.
 */
export class Signals {
  readonly #journal: Journal;
  readonly #codec: ValueCodec;
  readonly #validate: (wait: Wait, payload: unknown) => unknown;
  readonly #onSettled: (wait: Wait) => unknown;
  readonly #onRefused: OnRefused | undefined;
  readonly #authentication: Authentication;
  readonly #waits: WaitsInLine;

  /** @throws {@link DefinitionError} INVALID_OPTION when an option cannot be used. */
  constructor(options: SignalsOptions) {
    const { journal, codec = new ValueCodec(), validate = (_, payload) => payload, onSettled, onRefused } = options;
    const clock: Clock = options.clock ?? systemClock;
    this.#authentication = new Authentication(WHERE, options);
    this.#journal = journal;
    this.#codec = codec;
    this.#validate = validate;
    this.#onSettled = onSettled ?? (() => undefined);
    this.#onRefused = onRefused;
    this.#waits = new WaitsInLine(journal, clock);
  }

  /**
   * Sends a signal to a run.
   *
   * @throws {@link RunError} SIGNAL_REFUSED, with `reason`, when it is not taken; WAIT_NOT_FOUND when the run waits for none.
   * @throws {@link StepError} VALUE_NOT_STORABLE when the payload cannot be kept.
   * @throws {@link DefinitionError} NO_AUTHENTICATION when nothing says whom to believe.
   */
  async send(signal: Signal): Promise<SignalTaken> {
    const said = readSignal(signal);
    const sender = await this.#authentication.actorOf(said.sender, 'SIGNAL_REFUSED');
    let invalid: unknown;
    const { wait, judgement, hasSettled } = await this.#waits.act(
      { tenant: sender.tenant, id: said.runId },
      () => this.#find(said, sender),
      async (open, now): Promise<Judgement> => {
        const asIs = receive(open, { payload: null, sender, id: said.id }, now, this.#codec);
        if (asIs.kind !== 'counted') return asIs;
        try {
          const payload: unknown = await this.#validate(open, said.payload);
          return receive(open, { payload, sender, id: said.id }, now, this.#codec);
        } catch (error) {
          if (StepError.is(error) && error.code === 'VALUE_NOT_STORABLE') throw error;
          invalid = error;
          return refused('invalid');
        }
      },
    );
    if (wait === undefined) throw RunError.waitNotFound(WHERE);
    if (hasSettled) this.#tell(wait);
    if (judgement.kind !== 'refused') {
      return { waitId: wait.id, node: wait.node, isNew: judgement.kind === 'counted' };
    }
    const { reason } = judgement;
    await tellRefused(this.#onRefused, wait, sender, reason);
    throw RunError.refused('SIGNAL_REFUSED', wait, reason, reason === 'invalid' ? { cause: invalid } : {});
  }

  /** The wait that took this very message, else the one that has waited longest. */
  async #find({ runId, signal, id }: ReadSignal, { tenant }: KnownActor): Promise<Wait | undefined> {
    const about = { tenant, kind: 'signal', runId, signal } as const;
    for (const status of id === undefined ? [] : (['settled', 'closed'] as const)) {
      const taken = await this.#journal.waits({ ...about, status, limit: 1_000 });
      const same = taken.find((wait) => readSignalState(wait).received?.id === id);
      if (same !== undefined) return same;
    }
    const [longest] = await this.#journal.waits({ ...about, status: 'open', limit: 1 });
    return longest;
  }

  /** As in `Approvals`: the signal is durable, whatever comes of telling. */
  #tell(wait: Wait): void {
    void (async () => this.#onSettled(wait))().catch(() => undefined);
  }
}

type ReadSignal = Pick<Signal, 'runId' | 'signal' | 'payload' | 'sender' | 'id'>;

function readSignal(value: unknown): ReadSignal {
  const said = ownData(value);
  const { runId, signal, payload, sender, id } = Object.fromEntries(said ?? []);
  const isOne = said !== undefined && [...said.keys()].every((key) => KEYS.includes(key));
  if (isOne && isId(runId) && isId(signal) && isMessageId(id)) return { runId, signal, payload, sender, id };
  throw RunError.refused('SIGNAL_REFUSED', { workflow: WHERE }, 'malformed', { detail: FORM });
}
