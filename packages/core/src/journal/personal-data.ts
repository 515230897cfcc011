/**
 * Job. Erases what is kept of a person wherever it is kept, in one call, and reports what was erased where.
 *
 * Boundary. What a place erases is its own business; what is not given here is not reached. Runs that are in progress go on,
 * and may write again what was erased: cancel them first. The report says how many there were.
 *
 * Invariants.
 * E1. A place that fails keeps no other from being erased, and the report says so.
 * E2. Runs go before memories: what a run that was not in progress could still have brought back is gone.
 */
import { isAble } from '../context/check-surroundings.js';
import { DefinitionError, type Problem } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { ownedPart } from '../memory/memory-arguments.js';
import { isMemory } from '../memory/memory-registry.js';
import type { Journal } from '../ports/journal.js';
import type { Memory } from '../ports/memory.js';
import { systemClock, type Clock } from '../values/clock.js';

/** Whose data is meant. */
export interface Person {
  /** `undefined` is what belongs to nobody; it has to be said. */
  readonly userId: string | undefined;
  /** The organisation, of an application that serves several. @defaultValue none */
  readonly tenant?: string | undefined;
}

/** A place of your own from which a user can be erased; a `Journal` is one. */
export interface ForgetsUsers {
  /** Erases everything of a user, and counts it. */
  forgetUser(owner: { readonly tenant: string; readonly userId: string | undefined }): Promise<object>;
}

/** Whom an entry of a log is about, and which entries are asked for. */
interface Subject {
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
}

/** A log that nobody may change: what it has of a user stays, and is counted. An audit log is one. */
export interface KeepsUsers {
  entries(query: Subject): AsyncIterable<Subject>;
}

/** Where data of persons is kept, by the name that the report has for it. */
export type PersonalDataPlaces = Readonly<Record<string, Memory | ForgetsUsers | KeepsUsers | undefined>>;

/** What became of one place. */
export interface ForgottenPlace {
  readonly place: string;
  /** `kept`: it is a log that nobody may change. */
  readonly outcome: 'erased' | 'kept' | 'failed';
  /** What was erased, or is kept: episodes, facts, runs and so on. */
  readonly counts: Readonly<Record<string, number>>;
  /** Of a journal: runs in progress, which were not erased. */
  readonly runsInProgress?: number | undefined;
  /** Why it failed. */
  readonly error?: unknown;
}

/** What was erased of a person, and what was not. */
export interface ForgetReport extends Person {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly places: readonly ForgottenPlace[];
  /** Whether nothing is left but what logs keep: no place failed, and no run was in progress. */
  readonly isComplete: boolean;
}

/** How many runs in progress are looked for. */
const MOST_RUNS = 1_000;

/**
 * The data of persons, wherever it is kept. `drawloom()` binds one over memory, journal and audit log that are bound; make one
 * yourself where agents have memories of their own, or where there are stores of yours.
 *
 * @example
 * const data = new PersonalData({ memory, journal, crm: { forgetUser: async ({ userId }) => ({ contacts: await crm.erase(userId) }) } });
 * const report = await data.forget({ userId: 'alice' });
 * if (!report.isComplete) console.warn(report.places);
 */
export class PersonalData {
  readonly #places: readonly (readonly [string, Memory | ForgetsUsers | KeepsUsers])[];
  readonly #clock: Clock;

  /** @throws {@link DefinitionError} INVALID_OPTION for whatever could not be asked to forget. */
  constructor(places: PersonalDataPlaces, { clock = systemClock }: { readonly clock?: Clock | undefined } = {}) {
    this.#clock = clock;
    DefinitionError.throwIfAny(problemsOf(places));
    const given = Object.entries(places).flatMap(([name, place]) =>
      place === undefined ? [] : [[name, place] as const],
    );
    this.#places = given.sort(([, one], [, other]) => Number(isMemory(one)) - Number(isMemory(other))); // E2
  }

  /**
   * Erases a person from every place, one after the other. Resolves whatever fails: the report says it.
   *
   * @throws {@link DefinitionError} INVALID_MEMORY_ARGUMENT when nobody is named.
   */
  async forget(person: Person): Promise<ForgetReport> {
    const { userId } = ownedPart('PersonalData.forget', person);
    const { tenant = '' } = person;
    const places: ForgottenPlace[] = [];
    for (const [name, place] of this.#places) places.push(await forgetIn(name, place, { tenant, userId }));
    const isComplete = places.every(({ outcome, runsInProgress = 0 }) => outcome !== 'failed' && runsInProgress === 0);
    return Object.freeze({ userId, tenant, at: this.#clock.now(), places: Object.freeze(places), isComplete });
  }
}

type Owner = { readonly tenant: string; readonly userId: string | undefined };

async function forgetIn(
  place: string,
  store: Memory | ForgetsUsers | KeepsUsers,
  owner: Owner,
): Promise<ForgottenPlace> {
  try {
    if (isMemory(store)) return { place, outcome: 'erased', counts: { ...(await store.forget(owner)) } };
    if (!('forgetUser' in store)) return { place, outcome: 'kept', counts: { entries: await countOf(store, owner) } };
    const counts = Object.freeze({ ...(await store.forgetUser(owner)) }) as Readonly<Record<string, number>>;
    const erased = { place, outcome: 'erased', counts } as const;
    return isJournal(store) ? { ...erased, runsInProgress: await inProgress(store, owner) } : erased;
  } catch (error) {
    return { place, outcome: 'failed', counts: {}, error };
  }
}

async function countOf(log: KeepsUsers, { tenant, userId }: Owner): Promise<number> {
  let count = 0;
  const query = tenant === '' ? { user: userId } : { tenant, user: userId };
  for await (const about of log.entries(query)) {
    if (about.user === userId && (about.tenant ?? '') === tenant) count++; // what is left out does not narrow
  }
  return count;
}

async function inProgress(journal: Journal, { tenant, userId }: Owner): Promise<number> {
  const runs = await journal.runs({ tenant, userId, status: 'running', limit: MOST_RUNS });
  return runs.filter((run) => run.userId === userId).length; // for nobody the journal gives everybody's
}

function isJournal(store: object): store is Journal {
  return isAble(store, ['runs', 'records']);
}

function problemsOf(places: PersonalDataPlaces): Problem[] {
  const where = 'PersonalData';
  if (typeof places !== 'object' || places === null)
    return [problem.invalidOption(where, 'places', places, 'an object such as { memory, journal }')];
  return Object.entries(places)
    .filter(([, place]) => {
      if (place === undefined || isMemory(place)) return false;
      return !isAble(place, ['forgetUser']) && !isAble(place, ['entries']);
    })
    .map(([name, place]) =>
      problem.invalidOption(
        where,
        name,
        place,
        'a Memory, a Journal, an AuditLog, or an object with forgetUser(owner)',
      ),
    );
}
