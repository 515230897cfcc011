import { AdapterError } from '../errors/adapter-error.js';
import { type ErrorFacts, restoredError } from '../errors/kept-error.js';
import { putProperty } from './put-property.js';
import { StepFailure } from './step-failure.js';
import type { TreeSettings } from './to-tree.js';

type Node = Readonly<Record<string, unknown>>;

/** Classes of errors that are made again as what they were. No other name in a text is looked up anywhere. */
const NATIVE_ERRORS = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError] as const;

const ODD_NUMBERS = new Map<unknown, number>([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

const BIGINT = /^-?0x(0|[1-9a-f][0-9a-f]*)$/;
const HOLE = Symbol('hole');

/** Makes the value again of a tree that was parsed for it. What has no tag in it is used as it is. */
export class TreeReader {
  readonly #settings: TreeSettings;
  readonly #where: string;
  readonly #path: (string | number)[] = [];
  #depth = 0;

  constructor(settings: TreeSettings, where: string) {
    this.#settings = settings;
    this.#where = where;
  }

  /** @throws {@link AdapterError} JOURNAL_VALUE_UNREADABLE */
  read(tree: unknown): unknown {
    try {
      return this.#any(tree);
    } catch (error) {
      if (error instanceof AdapterError) throw error;
      throw this.unreadable('it is deeper than the stack allows');
    }
  }

  unreadable(what: string, cause?: { readonly cause: unknown }): AdapterError {
    return AdapterError.valueUnreadable(this.#where, this.#path, what, cause);
  }

  #any(tree: unknown): unknown {
    const value = this.#anyOrHole(tree);
    if (value === HOLE) throw this.unreadable('a hole stands outside of a list');
    return value;
  }

  #anyOrHole(tree: unknown): unknown {
    if (typeof tree === 'number' && !Number.isFinite(tree)) throw this.unreadable('a number is out of range');
    if (typeof tree !== 'object' || tree === null) return tree;
    if (++this.#depth > this.#settings.maxDepth && !isLeaf(tree)) {
      throw this.unreadable(`it is deeper than maxDepth (${this.#settings.maxDepth})`);
    }
    const value = Array.isArray(tree) ? this.#list(tree) : this.#keyed(tree as Node);
    this.#depth--;
    return value;
  }

  #list(list: readonly unknown[]): unknown[] {
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index++) {
      this.#path.push(index);
      const item = this.#anyOrHole(list[index]);
      this.#path.pop();
      if (item !== list[index]) copy ??= list.slice(0, index);
      if (item === HOLE) copy!.length = index + 1;
      else copy?.push(item);
    }
    return copy ?? (list as unknown[]);
  }

  #keyed(node: Node): unknown {
    let copy: Record<string, unknown> | undefined;
    const keys = Object.keys(node);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!;
      const isEscaped = key.charCodeAt(0) === 36;
      if (isEscaped && key.charCodeAt(1) !== 36) return this.#tagged(node, key, keys.length);
      this.#path.push(key);
      const item = this.#any(node[key]);
      this.#path.pop();
      if (copy === undefined && (isEscaped || item !== node[key])) {
        copy = {};
        for (const before of keys.slice(0, index)) putProperty(copy, before, node[before]);
      }
      if (copy !== undefined) putProperty(copy, isEscaped ? key.slice(1) : key, item);
    }
    return copy ?? node;
  }

  #tagged(node: Node, tag: string, size: number): unknown {
    if (size !== 1) throw this.unreadable('a tag stands beside other keys');
    const content = node[tag];
    switch (tag) {
      case '$':
        return this.#constant(content);
      case '$bigint':
        return this.#bigint(content);
      case '$date':
        return this.#date(content);
      case '$bytes':
        return this.#bytes(content);
      case '$map':
        return this.#map(this.#listIn(content));
      case '$set':
        return this.#set(this.#listIn(content));
      case '$bare':
        return Object.setPrototypeOf({ ...this.#fields(content) }, null);
      case '$error':
        return this.#error(content);
      case '$failure':
        return this.#failure(content);
      case '$class':
        return this.#instance(this.#listIn(content));
      default:
        throw this.unreadable('it has a tag that is not known');
    }
  }

  #constant(content: unknown): unknown {
    if (content === 'undefined') return undefined;
    if (content === 'hole') return HOLE;
    const number = ODD_NUMBERS.get(content);
    if (number === undefined) throw this.unreadable('it has a tag that is not known');
    return number;
  }

  #bigint(content: unknown): bigint {
    const isRight = typeof content === 'string' && BIGINT.test(content) && content !== '-0x0';
    if (!isRight) throw this.unreadable('a BigInt is damaged');
    return content.startsWith('-') ? -BigInt(content.slice(1)) : BigInt(content);
  }

  #date(content: unknown): Date {
    if (content === null) return new Date(NaN);
    const date = typeof content === 'string' ? new Date(content) : undefined;
    if (date === undefined || Number.isNaN(date.getTime()) || date.toISOString() !== content) {
      throw this.unreadable('a date is damaged');
    }
    return date;
  }

  /** A copy: small buffers of Node are pieces of a shared one. */
  #bytes(content: unknown): Uint8Array {
    const buffer = typeof content === 'string' ? Buffer.from(content, 'base64') : undefined;
    if (buffer === undefined || buffer.toString('base64') !== content) throw this.unreadable('bytes are damaged');
    return new Uint8Array(buffer);
  }

  #listIn(content: unknown): readonly unknown[] {
    if (!Array.isArray(content)) throw this.unreadable('a tag lacks its list');
    return content;
  }

  #map(entries: readonly unknown[]): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>();
    for (const [index, entry] of entries.entries()) {
      if (!Array.isArray(entry) || entry.length !== 2) throw this.unreadable('a Map has an entry that is no pair');
      this.#path.push(index, 'key');
      const key = this.#any(entry[0]);
      this.#path[this.#path.length - 1] = 'value';
      map.set(key, this.#any(entry[1]));
      this.#path.length -= 2;
    }
    if (map.size !== entries.length) throw this.unreadable('a Map has a key twice');
    return map;
  }

  #set(members: readonly unknown[]): Set<unknown> {
    const set = new Set<unknown>();
    for (const [index, member] of members.entries()) {
      this.#path.push(index);
      set.add(this.#any(member));
      this.#path.pop();
    }
    if (set.size !== members.length) throw this.unreadable('a Set has a member twice');
    return set;
  }

  /** The object that a tag holds; it is of the same level as its tag. */
  #fields(content: unknown): Node {
    const isObject = typeof content === 'object' && content !== null && !Array.isArray(content);
    const value = isObject ? this.#keyed(content as Node) : undefined;
    const isPlain = isObject && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype;
    if (!isPlain) throw this.unreadable('a tag lacks its object');
    return value as Node;
  }

  #error(content: unknown): Error {
    const { name, message, code, facts, ...rest } = this.#fields(content);
    const isRight = typeof name === 'string' && typeof message === 'string';
    const hasCode = Object.hasOwn(content as object, 'code');
    const isKnown = Object.keys(rest).every((key) => key === 'cause');
    if (!isRight || !isKnown || (hasCode && typeof code !== 'string' && typeof code !== 'number')) {
      throw this.unreadable('an Error is damaged');
    }
    if (facts === undefined) return makeError(name, message, { ...(hasCode ? { code } : {}), ...rest });
    const isObject = typeof facts === 'object' && facts !== null;
    const error = isObject ? restoredError({ name, message, code, facts: facts as ErrorFacts, ...rest }) : undefined;
    if (error === undefined) throw this.unreadable('an Error of Drawloom is damaged');
    return withoutStack(error);
  }

  #failure(content: unknown): StepFailure {
    const fields = this.#fields(content);
    if (Object.keys(fields).join() !== 'error,input') throw this.unreadable('a StepFailure is damaged');
    return new StepFailure(fields.error, fields.input);
  }

  #instance(content: readonly unknown[]): unknown {
    const [name, plain] = content;
    if (content.length !== 2 || typeof name !== 'string') throw this.unreadable('an instance of a class is damaged');
    const stored = this.#settings.types.byName(name);
    if (stored === undefined) throw AdapterError.storedTypeUnknown(this.#where, this.#path, name);
    this.#depth--; // Of the same level as its tag.
    const value = this.#any(plain);
    this.#depth++;
    let revived: unknown;
    try {
      revived = stored.revive(value);
    } catch (error) {
      throw this.unreadable(`revive of stored type "${name}" threw`, { cause: error });
    }
    if (typeof revived === 'object' && revived !== null) {
      if (Object.getPrototypeOf(revived) === stored.type.prototype) return revived;
    }
    throw this.unreadable(`revive of stored type "${name}" gave no instance of its class`);
  }
}

/** What is no object as a value, though it is one in the tree. */
function isLeaf(tree: object): boolean {
  return Object.hasOwn(tree, '$') || Object.hasOwn(tree, '$bigint');
}

function makeError(name: string, message: string, rest: { readonly code?: unknown; readonly cause?: unknown }): Error {
  const type: ErrorConstructor = NATIVE_ERRORS.find((native) => native.name === name) ?? Error;
  const error = new type(message);
  const hidden = { writable: true, configurable: true, enumerable: false };
  if (error.name !== name) Object.defineProperty(error, 'name', { ...hidden, value: name });
  if ('cause' in rest) Object.defineProperty(error, 'cause', { ...hidden, value: rest.cause });
  withoutStack(error);
  return 'code' in rest ? Object.assign(error, { code: rest.code }) : error;
}

/** Its stack is the first line alone: the place where it was read says nothing of where it was thrown. */
function withoutStack(error: Error): Error {
  const { name, message } = error;
  const value = message === '' ? name : `${name}: ${message}`;
  return Object.defineProperty(error, 'stack', { writable: true, configurable: true, enumerable: false, value });
}
