import { ownData, ownItems } from '../values/own-data.js';

/** Who acts, as somebody has made sure of it. */
export interface Actor {
  /** Whose approvals they may see at all. @defaultValue `''` */
  readonly tenant?: string | undefined;
  readonly userId: string;
  /** @defaultValue none */
  readonly groups?: readonly string[] | undefined;
}

/** An actor with the defaults in their places; detached from what it was read of. */
export type KnownActor = Required<{ readonly [Key in keyof Actor]: NonNullable<Actor[Key]> }>;

/** What an actor looks like, for messages. */
export const ACTOR_FORM = '{ userId, groups?, tenant? }';

const KEYS = ['tenant', 'userId', 'groups'];

/** Takes nothing for an actor but a plain object with nothing else in it. */
export function readActor(value: unknown): KnownActor | undefined {
  const said = ownData(value);
  if (said === undefined || [...said.keys()].some((key) => !KEYS.includes(key))) return undefined;
  const { tenant = '', userId, groups = [] } = Object.fromEntries(said); // undefined counts as left out, null does not
  if ((tenant !== '' && !isId(tenant)) || !isId(userId)) return undefined;
  const items = ownItems(groups);
  return items?.every(isId) ? Object.freeze({ tenant, userId, groups: Object.freeze(items) }) : undefined;
}

/**
 * An id of a user, a group, a wait. Half a surrogate pair is refused: stored as UTF-8, two such ids would become the same
 * one.
 */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 1_000 && !/[\uD800-\uDFFF]/u.test(value);
}

export function isListOfIds(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isId) && new Set(value).size === value.length;
}
