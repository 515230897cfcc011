import { isError } from '../errors/format-message.js';
import { factsOf } from '../errors/kept-error.js';
import { type ActivationFacts, StepError } from '../errors/step-error.js';
import { WorkflowError } from '../errors/workflow-error.js';
import { isClassName } from './class-name.js';
import { putProperty } from './put-property.js';
import { StepFailure } from './step-failure.js';
import type { StoredTypes } from './stored-type.js';

/** What a writer needs to know of its codec. */
export interface TreeSettings {
  readonly types: StoredTypes;
  /** What tells built-in objects from others, of any realm, and proxies. */
  readonly kinds: typeof import('node:util').types;
  readonly maxDepth: number;
  readonly maxSize: number;
}

const UNDEFINED = Object.freeze({ $: 'undefined' });
const HOLE = Object.freeze({ $: 'hole' });

/** What JSON has no number for. */
const ODD_NUMBERS = {
  NaN: Object.freeze({ $: 'NaN' }),
  Infinity: Object.freeze({ $: 'Infinity' }),
  '-Infinity': Object.freeze({ $: '-Infinity' }),
} as const;
const MINUS_ZERO = Object.freeze({ $: '-0' });

/**
 * Writes one value as a tree of JSON, in which all that JSON lacks is tagged. What needs no tag is not copied: the tree
 * shares it with the value. That is sound because no code of a user's can run on a second look: proxies and
 * accessors are refused, and functions (`toJSON`) with them.
 */
export class TreeWriter {
  readonly #settings: TreeSettings;
  readonly #facts: ActivationFacts;
  readonly #role: string;
  /** Where the walk is, and the objects around that place: for errors alone. */
  readonly #path: (string | number)[] = [];
  readonly #around: object[] = [];
  /** How long the path is at each of those. */
  readonly #lengths: number[] = [];
  /** How many characters may still come. What is charged for is the least that a value takes. */
  #left: number;

  constructor(settings: TreeSettings, facts: ActivationFacts, role: string) {
    this.#settings = settings;
    this.#facts = facts;
    this.#role = role;
    this.#left = settings.maxSize;
  }

  /** @throws {@link StepError} VALUE_NOT_STORABLE */
  write(value: unknown): unknown {
    try {
      return this.#any(value);
    } catch (error) {
      if (error instanceof StepError && error.code === 'VALUE_NOT_STORABLE') throw error;
      if (error instanceof RangeError) throw this.#tooDeep('the stack allows');
      throw this.#refuse('it throws when it is looked at', 'an object', error);
    }
  }

  /** Says that the tree cannot become text: only its length, or its depth, can be the reason. */
  unwritable(error: unknown): StepError {
    this.#path.length = 0;
    return error instanceof RangeError && !/string length/.test(error.message)
      ? this.#tooDeep('the stack allows')
      : this.tooLarge();
  }

  tooLarge(): StepError {
    return this.#limit(`larger than maxSize (${this.#settings.maxSize} characters of JSON)`);
  }

  #any(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
        this.#charge(value.length + 1);
        return value;
      case 'number':
        return this.#number(value);
      case 'object':
        return value === null ? null : this.#object(value);
      case 'boolean':
        return value;
      case 'undefined':
        return UNDEFINED;
      case 'bigint':
        return this.#bigint(value);
      default:
        throw this.#refuse('it has no form as data', `a ${typeof value}`);
    }
  }

  #number(value: number): unknown {
    if (value === 0) return Object.is(value, -0) ? MINUS_ZERO : value;
    return Number.isFinite(value) ? value : ODD_NUMBERS[String(value) as keyof typeof ODD_NUMBERS];
  }

  /** Hexadecimal, because decimal digits take more than linear time to read. */
  #bigint(value: bigint): unknown {
    const digits = value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
    this.#charge(digits.length);
    return { $bigint: digits };
  }

  #object(value: object): unknown {
    if (this.#settings.kinds.isProxy(value)) throw this.#refuse('what it holds may change with each look', 'a Proxy');
    if (this.#around.length >= this.#settings.maxDepth) throw this.#tooDeep(`maxDepth (${this.#settings.maxDepth})`);
    this.#around.push(value);
    this.#lengths.push(this.#path.length);
    const tree = Array.isArray(value) && isListPrototype(value) ? this.#list(value) : this.#keyed(value);
    this.#around.pop();
    this.#lengths.pop();
    return tree;
  }

  #list(list: readonly unknown[]): unknown {
    this.#charge(list.length * 2); // A list with holes may be far longer than what it holds.
    let copy: unknown[] | undefined;
    for (let index = 0; index < list.length; index++) {
      const slot = Object.getOwnPropertyDescriptor(list, index);
      let item: unknown = HOLE;
      this.#path.push(index);
      if (slot !== undefined) item = this.#any(this.#valueIn(slot));
      this.#path.pop();
      if (copy !== undefined) copy.push(item);
      else if (slot === undefined || item !== slot.value) (copy = list.slice(0, index)).push(item);
    }
    this.#checkListKeys(list);
    return copy ?? list;
  }

  /** A list may have properties, as what `match` of a text gives; JSON would lose them. */
  #checkListKeys(list: readonly unknown[]): void {
    const keys = Reflect.ownKeys(list);
    if (keys.length === list.length + 1) return;
    const extra = keys.find(
      (key) => key !== 'length' && (typeof key === 'symbol' || !Object.hasOwn(list, Number(key))),
    );
    if (extra === undefined) return; // Fewer keys than places: holes.
    throw this.#refuse('it is a property of a list', 'a property', undefined, extra);
  }

  #keyed(value: object): unknown {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.#properties(value);
    if (prototype === null) return { $bare: this.#properties(value) };
    const type = this.#settings.types.nameOf(prototype as object);
    if (type !== undefined) return { $class: [type, this.#instance(value, type)] };
    if (isForeignPlain(prototype as object)) return this.#properties(value);
    return this.#builtIn(value, prototype as object);
  }

  #properties(value: object): object {
    let copy: Record<string, unknown> | undefined;
    const keys = Reflect.ownKeys(value) as string[];
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index]!;
      if (typeof key !== 'string') throw this.#refuse('its key is a symbol', 'a property', undefined, key);
      const slot = Object.getOwnPropertyDescriptor(value, key)!;
      if (!slot.enumerable) throw this.#refuse('it is not enumerable', 'a property', undefined, key);
      this.#charge(key.length + 4);
      this.#path.push(key);
      const item = this.#any(this.#valueIn(slot));
      this.#path.pop();
      // The escape: in the tree, a key with one $ in front is a tag.
      const isEscaped = key.charCodeAt(0) === 36;
      if (copy === undefined && (isEscaped || item !== slot.value)) copy = firstOf(value, keys, index);
      if (copy !== undefined) putProperty(copy, isEscaped ? `$${key}` : key, item);
    }
    return copy ?? value;
  }

  #valueIn(slot: PropertyDescriptor): unknown {
    if (slot.get !== undefined || slot.set !== undefined) throw this.#refuse('it is code, not data', 'an accessor');
    return slot.value;
  }

  #instance(value: object, name: string): unknown {
    const stored = this.#settings.types.byName(name)!;
    if (stored.toPlain === undefined) return this.#properties(value);
    let plain: unknown;
    try {
      plain = stored.toPlain(value);
    } catch (error) {
      throw this.#refuse(`toPlain of "${name}" threw`, `an instance of ${className(value)}`, error);
    }
    return this.#any(plain);
  }

  #builtIn(value: object, prototype: object): unknown {
    const { kinds } = this.#settings;
    if (kinds.isNativeError(value) || isError(value) || value instanceof DOMException)
      return { $error: this.#error(value as Error) };
    if (value instanceof StepFailure) return { $failure: this.#failure(value) };
    if (kinds.isUint8Array(value) && isOwnBytes(prototype)) return this.#bytes(value);
    if (!isBuiltInPrototype(prototype) || Reflect.ownKeys(value).length > 0) throw this.#refuseClass(value);
    if (kinds.isDate(value)) return { $date: dateText(value) };
    if (kinds.isMap(value)) return { $map: this.#entries(value) };
    if (kinds.isSet(value)) return { $set: this.#members(value) };
    throw this.#refuseClass(value);
  }

  #bytes(value: Uint8Array): unknown {
    this.#charge((value.byteLength * 4) / 3);
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }

  #entries(map: ReadonlyMap<unknown, unknown>): unknown[] {
    const entries: unknown[] = [];
    for (const [key, value] of Map.prototype.entries.call(map) as IterableIterator<[unknown, unknown]>) {
      this.#charge(4);
      this.#path.push(entries.length, 'key');
      const left = this.#any(key);
      this.#path[this.#path.length - 1] = 'value';
      entries.push([left, this.#any(value)]);
      this.#path.length -= 2;
    }
    return entries;
  }

  #members(set: ReadonlySet<unknown>): unknown[] {
    const members: unknown[] = [];
    for (const member of Set.prototype.values.call(set) as IterableIterator<unknown>) {
      this.#charge(2);
      this.#path.push(members.length);
      members.push(this.#any(member));
      this.#path.pop();
    }
    return members;
  }

  /** The stack is left out: it differs between machines, and tells paths of theirs. So is what a class of a user's adds. */
  #error(error: Error & { readonly code?: unknown }): unknown {
    const { name, message, code } = error;
    return {
      name: this.#text('name', name),
      message: this.#text('message', message),
      ...(typeof code === 'string' || typeof code === 'number' ? { code: this.#any(code) } : {}),
      ...(WorkflowError.is(error) ? { facts: this.#at('facts', factsOf(error)) } : {}),
      ...(Object.hasOwn(error, 'cause') ? { cause: this.#at('cause', error.cause) } : {}),
    };
  }

  /** What an error edge delivers may itself be passed on. */
  #failure({ error, input }: StepFailure): unknown {
    return { error: this.#at('error', error), input: this.#at('input', input) };
  }

  #text(key: string, value: unknown): unknown {
    if (typeof value !== 'string') throw this.#refuse('it is no text', `a ${typeof value}`, undefined, key);
    return this.#any(value);
  }

  #at(key: string, value: unknown): unknown {
    this.#path.push(key);
    const tree = this.#any(value);
    this.#path.pop();
    return tree;
  }

  #charge(characters: number): void {
    this.#left -= characters;
    if (this.#left < 0) throw this.tooLarge();
  }

  #tooDeep(than: string): StepError {
    return this.#limit(`deeper than ${than}`);
  }

  /** A value that holds itself has no end, so it is a limit that finds it; looking before would cost every value. */
  #limit(limit: string): StepError {
    const seen = new Set<object>();
    const again = this.#around.findIndex((object) => seen.size === seen.add(object).size);
    if (again === -1) {
      this.#path.length = Math.min(this.#path.length, 12);
      return this.#refuse(`the value is ${limit}`, 'too much');
    }
    this.#path.length = this.#lengths[again]!;
    return this.#refuse('it holds itself', 'a cycle');
  }

  #refuseClass(value: object): StepError {
    return this.#refuse('its class is not declared as a stored type', `an instance of ${className(value)}`);
  }

  #refuse(why: string, received: string, cause?: unknown, key?: string | symbol): StepError {
    const last = key === undefined ? [] : [typeof key === 'symbol' ? '(symbol)' : key];
    const violation = Object.freeze({ path: [...this.#path, ...last], constraint: why, received });
    return StepError.valueNotStorable(this.#facts, this.#role, violation, cause);
  }
}

/** A list of no class of a user's; `Array.prototype` is a list itself, in any realm. */
function isListPrototype(list: readonly unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(list);
  return prototype === Array.prototype || Array.isArray(prototype);
}

/** The plain prototype of another realm: that of a test runner, a worker. */
function isForeignPlain(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');
}

/** That of a class of the language itself, of any realm: a class of a user's that extends it is one step further. */
function isBuiltInPrototype(prototype: object): boolean {
  const above: unknown = Object.getPrototypeOf(prototype);
  return above !== null && Object.getPrototypeOf(above) === null;
}

/** Bytes as the language or Node has them, of any realm. */
function isOwnBytes(prototype: object): boolean {
  return prototype === Buffer.prototype || Object.hasOwn(prototype, 'BYTES_PER_ELEMENT');
}

function dateText(date: Date): string | null {
  return Number.isNaN(Date.prototype.getTime.call(date)) ? null : Date.prototype.toISOString.call(date);
}

function firstOf(value: object, keys: readonly string[], count: number): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of keys.slice(0, count)) putProperty(copy, key, (value as Record<string, unknown>)[key]);
  return copy;
}

/** Asked of the prototype: an object may carry anything as its own `constructor`. */
function className(value: object): string {
  const { constructor } = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name?: unknown } };
  const name = constructor?.name;
  return isClassName(name) ? name : 'a class without a name';
}
