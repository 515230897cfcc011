import type { NewWait, Wait, WaitChange } from '../ports/journal.js';
import type { ActivationFacts } from '../errors/step-error.js';
import type { ValueCodec } from '../values/codec.js';
import type { KnownActor } from './actor.js';
import { readPart } from './approval-record.js';
import { type Judgement, refused } from './judgement.js';
import type { WaitFacts } from './open-approval.js';
import type { Tick } from './pass-time.js';

/** What a wait for a signal is opened with. */
export interface SignalOpening {
  readonly facts: WaitFacts;
  /** What it is called. */
  readonly signal: string;
  /** After how many milliseconds it is over without one; `undefined` for never. */
  readonly timeoutMs: number | undefined;
  /** Whether its node has a schema for the payload. @defaultValue false */
  readonly hasSchema?: boolean | undefined;
  /** Who may send it. @defaultValue anybody of the tenant */
  readonly users?: readonly string[] | undefined;
  readonly groups?: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface SignalAbout {
  readonly v: 1;
  readonly deadline: number | null;
  /** That of its node; files of older releases do not say it. */
  readonly hasSchema?: true;
}

interface SignalState {
  readonly v: 1;
  readonly received: ReceivedSignal | null;
  readonly expiredAt: number | null;
}

/** A signal as it is kept. */
export interface ReceivedSignal {
  /** As the codec wrote it. */
  readonly payload: string;
  readonly sender: string;
  /** Of the message, as its sender calls it. */
  readonly id?: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A signal on its way. */
export interface SentSignal {
  readonly payload: unknown;
  readonly sender: KnownActor;
  readonly id: string | undefined;
  /** Whether it is taken from those that are kept. @defaultValue `false` */
  readonly isKept?: boolean | undefined;
}

const NOTHING: SignalState = { v: 1, received: null, expiredAt: null };

/** The wait for a signal from outside. */
export function openSignal(opening: SignalOpening): NewWait {
  const { facts, signal, timeoutMs, hasSchema = false, users = [], groups = [], now } = opening;
  const deadline = timeoutMs === undefined ? null : now + timeoutMs;
  const about: SignalAbout = { v: 1, deadline, ...(hasSchema ? { hasSchema } : {}) };
  return {
    ...facts,
    kind: 'signal',
    signal,
    openedAt: now,
    dueAt: deadline ?? undefined,
    users,
    groups,
    about: JSON.stringify(about),
    state: JSON.stringify(NOTHING),
  };
}

/** The wait for a time. `dueAt`: milliseconds since the epoch. */
export function openTimer(facts: WaitFacts, dueAt: number, now: number): NewWait {
  return {
    ...facts,
    kind: 'timer',
    signal: undefined,
    openedAt: now,
    dueAt,
    users: [],
    groups: [],
    about: JSON.stringify({ v: 1, deadline: dueAt } satisfies SignalAbout),
    state: JSON.stringify(NOTHING),
  };
}

/**
 * Whether a signal is taken, and what becomes of the wait then. The payload has been validated before.
 *
 * @throws {@link StepError} VALUE_NOT_STORABLE when the payload cannot be kept.
 */
export function receive(wait: Wait, signal: SentSignal, now: number, codec: ValueCodec): Judgement {
  const { payload, sender, id, isKept = false } = signal;
  const { deadline } = readSignalAbout(wait);
  const { received } = readSignalState(wait);
  if (sender.tenant !== wait.tenant || !maySend(wait, sender)) return refused('not-entitled');
  if (id !== undefined && received?.id === id) return { kind: 'repeated' };
  if (wait.status !== 'open') return refused('settled');
  if (deadline !== null && now >= deadline) return refused('late', over(deadline));
  const where: ActivationFacts = { workflow: wait.workflow, node: wait.node, visit: wait.visit, attempt: 1 };
  const taken: ReceivedSignal = {
    payload: codec.encode(payload, where, 'payload'),
    sender: sender.userId,
    ...(id === undefined ? {} : { id }),
    at: now,
  };
  const state: SignalState = { ...NOTHING, received: taken };
  const takes = id === undefined ? undefined : { id, isKept };
  return { kind: 'counted', change: { state: JSON.stringify(state), status: 'settled', dueAt: null, takes } };
}

/** Without a word about it, whoever is of the tenant may. */
function maySend({ users, groups }: Wait, { userId, groups: own }: KnownActor): boolean {
  if (users.length === 0 && groups.length === 0) return true;
  return users.includes(userId) || own.some((group) => groups.includes(group));
}

/** The end of the time of a signal, or of a delay. */
export function tickSignal(wait: Wait, now: number): Tick | undefined {
  const { deadline } = readSignalAbout(wait);
  return deadline !== null && now >= deadline
    ? { change: over(deadline), notices: [{ type: 'time over' }] }
    : undefined;
}

function over(deadline: number): WaitChange {
  return { state: JSON.stringify({ ...NOTHING, expiredAt: deadline }), status: 'settled', dueAt: null };
}

export function readSignalState(wait: Wait): SignalState {
  return readPart<SignalState>(wait, 'state', ['received', 'expiredAt']);
}

/** Whether a payload has to fit more than the journal. */
export function hasSchema(wait: Wait): boolean {
  return readSignalAbout(wait).hasSchema === true;
}

function readSignalAbout(wait: Wait): SignalAbout {
  return readPart<SignalAbout>(wait, 'about', ['deadline']);
}
