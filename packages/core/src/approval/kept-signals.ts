/**
 * Job. Signals that come before anything waits for them: keeps them with their run, and brings them to the waits that open later.
 *
 * Boundary. Who sends one has been made sure of before. What is kept where is the journal's business.
 *
 * Invariants.
 * S1. None stays kept beside a wait that would take it: whoever keeps one looks for open waits afterwards, and whoever opens a wait
 *     looks for kept signals afterwards. Where only the run knows what its wait takes, the journal wakes it.
 * S2. Of one name the first that came is brought first; each is taken by one wait (F of `Journal`).
 * S3. It is judged by the wait it comes to, as if it were sent then; only its time is that at which it was sent.
 * S4. None ends silently: of one that is let go of its sender's refusal is told, as of one that is refused at once.
 */
import { RunError } from '../errors/run-error.js';
import type { RefusalReason } from '../errors/refusals.js';
import type { Journal, KeptSignal, RunInfo, RunKey, Wait } from '../ports/journal.js';
import type { Clock } from '../values/clock.js';
import type { ValueCodec } from '../values/codec.js';
import type { KnownActor } from './actor.js';
import { readVersioned } from './approval-record.js';
import { type ActedOn, type Judgement, type OnRefused, refused, tellRefused } from './judgement.js';
import { judgeSignal, type PayloadJudge } from './judge-signal.js';
import { WaitsInLine } from './waits-in-line.js';

/** What is needed to keep signals. */
export interface SignalKeeping {
  readonly journal: Journal;
  readonly codec: ValueCodec;
  readonly clock: Clock;
  readonly judge: PayloadJudge;
  readonly onRefused: OnRefused | undefined;
  /** Told of each wait that a kept signal has settled. @defaultValue nobody */
  readonly onSettled?: ((wait: Wait) => void) | undefined;
}

/** A signal that is to be kept. */
export interface EarlySignal extends RunKey {
  readonly signal: string;
  readonly payload: unknown;
  readonly sender: KnownActor;
  readonly id: string;
  readonly keepForMs: number;
}

/** What came of it so far. */
export interface KeptAnswer {
  readonly isNew: boolean;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** A kept signal that was let go of, as its wait refused it. */
export interface Unfit {
  readonly id: string;
  readonly wait: Wait;
  readonly reason: RefusalReason;
  readonly cause: unknown;
}

interface KeptText {
  readonly v: 1;
  /** As the codec wrote it. */
  readonly payload: string;
  readonly sender: { readonly userId: string; readonly groups: readonly string[] };
  readonly until: number;
}

/** As many signals as can be kept for a run. */
export const MOST_KEPT = 1_000;

export class KeptSignals {
  readonly #keeping: SignalKeeping;
  readonly #waits: WaitsInLine;

  constructor(keeping: SignalKeeping) {
    this.#keeping = keeping;
    this.#waits = new WaitsInLine(keeping.journal, keeping.clock);
  }

  /**
   * Keeps a signal for a run that has not ended.
   *
   * @param most - how many may be kept for the run.
   * @throws {@link RunError} SIGNAL_REFUSED: `too-many`, `run-over`; WAIT_NOT_FOUND where there is no such run.
   * @throws {@link StepError} VALUE_NOT_STORABLE when the payload cannot be kept.
   */
  async keep(early: EarlySignal, most: number): Promise<KeptAnswer> {
    const { journal, codec, clock } = this.#keeping;
    const { tenant, runId, signal, payload, sender, id, keepForMs } = early;
    const run = await journal.run({ tenant, runId });
    if (run === undefined) throw RunError.waitNotFound('signals');
    const at = clock.now();
    const { userId, groups } = sender;
    const facts = { workflow: run.workflow, node: signal, visit: 1, attempt: 1 };
    const text: KeptText = {
      v: 1,
      payload: codec.encode(payload, facts, 'payload'),
      sender: { userId, groups },
      until: at + keepForMs,
    };
    const kept: KeptSignal = { tenant, runId, signal, id, at, text: JSON.stringify(text) };
    let result = await journal.keepSignal(kept, most);
    if (result === 'full' && (await this.#dropOld(run)) > 0) result = await journal.keepSignal(kept, most);
    if (result === 'kept') return { isNew: true, until: text.until };
    if (result === 'known') return { isNew: false, until: await this.#untilOf(kept, text.until) };
    const reason = result === 'full' ? 'too-many' : 'run-over';
    await tellRefused(this.#keeping.onRefused, ofRun(run, signal), sender, reason);
    throw RunError.refused('SIGNAL_REFUSED', run, reason);
  }

  async #untilOf(kept: KeptSignal, otherwise: number): Promise<number> {
    const known = await this.#keeping.journal.signal(kept);
    return known === undefined || known.waitId !== undefined ? otherwise : read(known).until;
  }

  /** Brings what is kept for a run to what waits in it (S1), as far as it is known what that takes. Gives those that were unfit. */
  async deliver({ tenant, runId }: RunKey, judge = this.#keeping.judge): Promise<readonly Unfit[]> {
    const { journal } = this.#keeping;
    const unfit: Unfit[] = [];
    const kept = await journal.keptSignals({ tenant, runId, limit: MOST_KEPT });
    for (const signal of new Set(kept.map((one) => one.signal))) {
      while (await this.#bringFirst({ tenant, runId, signal }, judge, unfit));
    }
    return unfit;
  }

  /** S2. Whether there may be another one that a wait would take. */
  async #bringFirst(
    about: RunKey & { readonly signal: string },
    judge: PayloadJudge,
    unfit: Unfit[],
  ): Promise<boolean> {
    const { journal, onSettled } = this.#keeping;
    let first: KeptSignal | undefined;
    const { wait, judgement, hasSettled } = await this.#waits.act(
      { tenant: about.tenant, id: about.runId },
      async () => {
        [first] = await journal.keptSignals({ ...about, limit: 1 });
        if (first === undefined) return undefined;
        const [longest] = await journal.waits({ ...about, kind: 'signal', status: 'open', limit: 1 });
        return longest;
      },
      (open, now) => this.#judge(open, first!, now, judge),
    );
    if (wait === undefined || judgement.kind === 'repeated' || judgement.kind === 'left') return false;
    if (hasSettled) onSettled?.(wait);
    if (judgement.kind === 'counted') return true;
    const { reason, cause } = judgement;
    if (reason === 'contended') return false;
    if (judgement.change !== undefined) return true; // the time of the wait is over: the signal stays for the next one
    if (await this.#letGo(first!, wait, reason)) unfit.push({ id: first!.id, wait, reason, cause });
    return true;
  }

  /** S3. */
  async #judge(wait: Wait, kept: KeptSignal, now: number, judge: PayloadJudge): Promise<Judgement> {
    const { codec } = this.#keeping;
    const { payload, sender, until } = read(kept);
    if (now >= until) return refused('kept-too-long');
    const signal = {
      payload: codec.decode(payload, `${wait.workflow}.${wait.node}`),
      sender: { ...sender, tenant: kept.tenant },
      id: kept.id,
      isKept: true,
    };
    try {
      return await judgeSignal(wait, signal, kept.at, { codec, judge });
    } catch (cause) {
      return { ...refused('invalid'), cause }; // what was validated cannot be kept
    }
  }

  /** The run has ended: nothing will wait for what is still kept. */
  async runOver(run: Pick<RunInfo, 'tenant' | 'runId' | 'workflow' | 'userId'>): Promise<void> {
    for (const kept of await this.list(run)) await this.#letGo(kept, ofRun(run, kept.signal), 'run-over');
  }

  /** How many had been kept too long. */
  async #dropOld(run: RunInfo): Promise<number> {
    const now = this.#keeping.clock.now();
    const old = (await this.list(run)).filter((kept) => now >= read(kept).until);
    for (const kept of old) await this.#letGo(kept, ofRun(run, kept.signal), 'kept-too-long');
    return old.length;
  }

  /** S4. Whether it was kept until now. */
  async #letGo(kept: KeptSignal, about: ActedOn, reason: RefusalReason): Promise<boolean> {
    const { journal, onRefused } = this.#keeping;
    const { sender } = read(kept);
    if (!(await journal.dropSignal(kept))) return false;
    await tellRefused(onRefused, about, { ...sender, tenant: kept.tenant }, reason);
    return true;
  }

  /** In the order in which they came. */
  list({ tenant, runId }: RunKey): Promise<readonly KeptSignal[]> {
    return this.#keeping.journal.keptSignals({ tenant, runId, limit: MOST_KEPT });
  }
}

function ofRun({ tenant, runId, workflow, userId }: Omit<ActedOn, 'kind'>, signal: string): ActedOn {
  return { tenant, runId, workflow, userId, kind: 'signal', signal };
}

function read({ runId, signal, text }: KeptSignal): KeptText {
  const where = { where: `${runId}.${signal}`, part: 'text', owner: 'a kept signal' };
  return readVersioned<KeptText>(text, where, ['payload', 'sender', 'until']);
}
