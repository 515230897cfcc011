/**
 * Job. What decorators say of a class, kept on the class: one function writes it, one reads it.
 *
 * Boundary. Nothing is judged here. What was said is kept as it was said; `compile/` finds what is wrong with it, so that
 * all mistakes of a class are in one error.
 *
 * Invariants.
 * M1. A class is written to only by its own decorators: what it inherits is read from its parents, never copied or changed.
 * M2. Everything is plain data under a registered symbol, so that a second installed copy of the package finds it.
 * M3. What is written under `Symbol.metadata` is found as well: there standard decorators keep theirs.
 */

/** Which decorator was put on a member, and with what. */
export interface Mark {
  readonly decorator:
    | 'Start'
    | 'Step'
    | 'Router'
    | 'End'
    | 'ForEach'
    | 'Approval'
    | 'WaitFor'
    | 'Delay'
    | 'Compensate'
    | 'State'
    | 'Tool';
  /** What the decorator was given; not judged yet. */
  readonly options: unknown;
}

/** A member of a class with every decorator that was put on it. */
export interface MarkedMember {
  readonly name: string | symbol;
  readonly on: 'method' | 'property' | 'accessor' | 'static member';
  /** In the order in which they were applied: the one nearest to the member first. */
  readonly marks: readonly Mark[];
}

/** What is known of a class, its parents included. */
export interface ClassMetadata {
  /** What each `@Configure` was given, on the class itself and on each of its parents; the farthest parent first. */
  readonly configurations: readonly { readonly type: object; readonly options: unknown }[];
  /** Parents' members first; a member that a subclass decorates again keeps its place and has the subclass's marks. */
  readonly members: readonly MarkedMember[];
}

interface OwnMetadata {
  /** In the order in which they were applied. */
  readonly configurations: unknown[];
  readonly members: Map<string | symbol, OwnMember>;
  /** Static members; they may have the names of others. */
  readonly statics: Map<string | symbol, OwnMember>;
}

interface OwnMember {
  readonly on: MarkedMember['on'];
  readonly marks: Mark[];
}

const KEY: unique symbol = Symbol.for('drawloom.metadata') as never;
// Node 20 has no `Symbol.metadata`; compilers that emit standard decorators fall back to the same registered name.
const STANDARD_KEY = (Symbol as { metadata?: symbol }).metadata ?? Symbol.for('Symbol.metadata');

/** What holds metadata: a class, or the metadata object that standard decorators are handed. */
type Holder = object & { [KEY]?: OwnMetadata };

/**
 * Adds a mark to a member. The only writer, together with `configureClass`.
 *
 * @param key as the compiler gives it, which may be a number for a method with a number for a name.
 */
export function markMember(holder: object, key: string | symbol | number, on: MarkedMember['on'], mark: Mark): void {
  const { members, statics } = ownMetadata(holder);
  const name = typeof key === 'number' ? String(key) : key;
  const kept = on === 'static member' ? statics : members;
  const member = kept.get(name);
  if (member === undefined) kept.set(name, { on, marks: [mark] });
  else member.marks.push(mark);
}

/** Keeps what `@Configure` was given. */
export function configureClass(holder: object, options: unknown): void {
  ownMetadata(holder).configurations.push(options);
}

/** What decorators said of a class and its parents. */
export function readMetadata(type: object): ClassMetadata {
  const members = new Map<string | symbol, MarkedMember>();
  const statics = new Map<string | symbol, MarkedMember>();
  const configurations: { type: object; options: unknown }[] = [];
  for (const ancestor of lineage(type)) {
    for (const level of ownLevels(ancestor)) {
      for (const options of level.configurations) configurations.push({ type: ancestor, options });
      for (const [name, { on, marks }] of level.members) members.set(name, { name, on, marks });
      for (const [name, { on, marks }] of level.statics) statics.set(name, { name, on, marks });
    }
  }
  return { configurations, members: [...members.values(), ...statics.values()] };
}

/** The class and its parents, the farthest parent first. */
function lineage(type: object): object[] {
  const levels: object[] = [];
  for (let level: object | null = type; typeof level === 'function'; level = Object.getPrototypeOf(level) as object) {
    levels.unshift(level);
  }
  return levels;
}

/** Both places in which decorators keep what they say; own properties only (M1). */
function ownLevels(type: object): OwnMetadata[] {
  const standard: unknown = Object.hasOwn(type, STANDARD_KEY)
    ? (type as Record<symbol, unknown>)[STANDARD_KEY]
    : undefined;
  return [type, standard].flatMap((holder) => {
    const isHolder = (typeof holder === 'object' && holder !== null) || typeof holder === 'function';
    const own = isHolder && Object.hasOwn(holder, KEY) ? (holder as Holder)[KEY] : undefined;
    return own === undefined ? [] : [own];
  });
}

function ownMetadata(holder: Holder): OwnMetadata {
  if (Object.hasOwn(holder, KEY)) return holder[KEY]!;
  const own: OwnMetadata = { configurations: [], members: new Map(), statics: new Map() };
  Object.defineProperty(holder, KEY, { value: own });
  return own;
}
