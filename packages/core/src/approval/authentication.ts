import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import { RunError } from '../errors/run-error.js';
import { type Checked, checkWithin } from '../values/bounded-check.js';
import { type Clock, systemClock } from '../values/clock.js';
import { DURATION_FORMS, toMilliseconds, type Duration } from '../values/duration.js';
import { type Actor, ACTOR_FORM, type KnownActor, readActor } from './actor.js';

/**
 * Makes sure of who acts: of what the caller claims (a token, a session) it makes an actor, or gives `undefined` for nobody.
 * An error, a time-out and anything that is no {@link Actor} count as nobody. `signal` is aborted when nobody waits any more.
 */
export type Authenticate = (
  claimed: unknown,
  context: { readonly signal: AbortSignal },
) => Actor | undefined | PromiseLike<Actor | undefined>;

/** How it is known who acts. One of the first two; without either, whatever people do is refused. */
export interface AuthenticationOptions {
  readonly authenticate?: Authenticate | undefined;
  /** The caller has authenticated whom it names, and is believed. @defaultValue `false` */
  readonly trustedCaller?: boolean | undefined;
  /** How long `authenticate` may take. More than 0. @defaultValue `'10s'` */
  readonly authenticationTimeout?: Duration | undefined;
  /** @defaultValue the machine's */
  readonly clock?: Clock | undefined;
}

/** Finds out who acts; nobody is believed by default. */
export class Authentication {
  readonly #where: string;
  readonly #authenticate: Authenticate | undefined;
  readonly #isTrusted: boolean;
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  /** @throws {@link DefinitionError} INVALID_OPTION */
  constructor(where: string, options: AuthenticationOptions) {
    checkOptions(where, options);
    const { authenticate, trustedCaller = false, authenticationTimeout = '10s', clock = systemClock } = options;
    this.#where = where;
    this.#authenticate = authenticate;
    this.#isTrusted = trustedCaller;
    this.#timeoutMs = toMilliseconds(authenticationTimeout)!;
    this.#clock = clock;
  }

  /**
   * @throws {@link DefinitionError} NO_AUTHENTICATION when nothing says whom to believe.
   * @throws {@link RunError} with `code`: whoever it is, nobody has made sure of it.
   */
  async actorOf(claimed: unknown, code: 'DECISION_REFUSED' | 'SIGNAL_REFUSED'): Promise<KnownActor> {
    const place = { workflow: this.#where };
    const authenticate = this.#authenticate;
    if (authenticate === undefined) {
      if (!this.#isTrusted) throw new DefinitionError([problem.noAuthentication(this.#where)]);
      const actor = readActor(claimed);
      if (actor !== undefined) return actor;
      throw RunError.refused(code, place, 'malformed', { detail: `allowed as actor: ${ACTOR_FORM}` });
    }
    const bounds = { clock: this.#clock, timeoutMs: this.#timeoutMs, signal: new AbortController().signal };
    const checked = await checkWithin(bounds, async (signal) => {
      const given: unknown = await authenticate(claimed, { signal });
      return { actor: readActor(given), isNobody: given === undefined };
    });
    if (checked.kind === 'answered' && checked.answer.actor !== undefined) return checked.answer.actor;
    throw RunError.refused(code, place, 'unauthenticated', {
      detail: this.#whyNobody(checked),
      ...(checked.kind === 'failed' ? { cause: checked.error } : {}),
    });
  }

  #whyNobody(checked: Checked<{ readonly isNobody: boolean }>): string | undefined {
    if (checked.kind === 'too late') return `authenticate took longer than ${this.#timeoutMs} ms`;
    if (checked.kind === 'failed') return 'authenticate threw';
    return checked.kind === 'answered' && !checked.answer.isNobody
      ? `authenticate gave something else than ${ACTOR_FORM}`
      : undefined;
  }
}

function checkOptions(where: string, options: AuthenticationOptions): void {
  const { authenticate, trustedCaller, authenticationTimeout } = options;
  const found = [];
  if (authenticate !== undefined && typeof authenticate !== 'function') {
    found.push(problem.invalidOption(where, 'authenticate', authenticate, 'a function (claimed) that gives an actor'));
  }
  if (trustedCaller !== undefined && typeof trustedCaller !== 'boolean') {
    found.push(problem.invalidOption(where, 'trustedCaller', trustedCaller, 'true or false'));
  }
  if (trustedCaller === true && authenticate !== undefined) {
    found.push(problem.invalidOption(where, 'trustedCaller', true, 'false, or no authenticate: one of the two'));
  }
  if (authenticationTimeout !== undefined && !((toMilliseconds(authenticationTimeout) ?? 0) > 0)) {
    const allowed = `more than 0; ${DURATION_FORMS}`;
    found.push(problem.invalidOption(where, 'authenticationTimeout', authenticationTimeout, allowed));
  }
  DefinitionError.throwIfAny(found);
}
