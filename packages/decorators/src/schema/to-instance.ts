/**
 * Job. Makes an instance of a class out of a plain value, before class-validator looks at it.
 *
 * Boundary. It judges only what would be lost on the way; what the decorators say is class-validator's.
 *
 * Invariants.
 * I1. The given value is not changed: class-transformer works on a copy (it deletes discriminators from what it reads).
 * I2. Each property is read once: what is validated is what the step gets.
 * I3. An object of a class stays the object it is, at every level, where it has the class that is asked for.
 * I4. No key is dropped in silence. class-transformer skips `__proto__`, `constructor` and the names of methods.
 */
import type { Violation } from '@drawloom/core';
import { isPlain, isPlainObject, isThenable, receivedAt } from '@drawloom/core/front-end';
import type { AnyClass, ClassPackages } from './class-packages.js';

/** An instance, as far as one could be made, and what was found on the way. */
export interface Made {
  readonly instance: object | undefined;
  readonly violations: readonly Violation[];
}

interface Copied {
  readonly copy: object;
  /** Where each copied object stands in the value. */
  readonly places: ReadonlyMap<object, Place | undefined>;
  readonly violations: Violation[];
}

/** Where an object stands. A chain, because paths of deep values would take memory by the square of their depth. */
interface Place {
  readonly key: string | number;
  readonly above: Place | undefined;
}

export function toInstance(value: unknown, type: AnyClass, packages: ClassPackages): Made {
  if (isInstance(value, type)) return { instance: value, violations: [] };
  if (typeof value !== 'object' || value === null || isCollection(value)) {
    return { instance: undefined, violations: [{ path: [], constraint: 'object', received: receivedAt(value) }] };
  }
  const { copy, places, violations } = copyPlain(value);
  if (violations.length > 0) return { instance: undefined, violations };
  const refuse = (object: object, key: string): void => {
    const path = [...pathTo(places.get(object)), key];
    violations.push({ path, constraint: 'unknown property', received: receivedAt(value, path) });
  };
  const transform = new (transformClass(packages, refuse))(packages.plainToClass, TRANSFORM_OPTIONS);
  return { instance: transform.transform(undefined, copy, type) as object, violations };
}

const MANY_KEYS = 100;

/** Those of class-transformer itself; its executor takes none for granted. */
const TRANSFORM_OPTIONS = {
  enableCircularCheck: false,
  enableImplicitConversion: false,
  excludeExtraneousValues: false,
  exposeDefaultValues: false,
  exposeUnsetFields: true,
  ignoreDecorators: false,
};

function transformClass(
  { Transform }: ClassPackages,
  refuse: (object: object, key: string) => void,
): ClassPackages['Transform'] {
  return class extends Transform {
    override transform(source: unknown, value: unknown, type: unknown, list?: unknown, isMap?: boolean): unknown {
      // It would call "then", of whatever has one, and leave a promise that nobody waits for.
      if (isInstance(value, type) || isThenable(value)) return value;
      // It would make a list of a set, and lose what is in a map.
      if (value instanceof Set) return new Set([...value].map((item) => this.transform(undefined, item, type)));
      if (value instanceof Map) {
        return new Map([...value].map(([key, item]) => [key, this.transform(undefined, item, type)] as const));
      }
      // Left to guess, it would make an instance of whatever stands in the value's `constructor`.
      const isUntyped = type === undefined && isMap !== true && typeof value === 'object' && value !== null;
      const known = isUntyped && isPlainObject(value) ? Object : type;
      return super.transform(source, value, known, list, isMap);
    }

    override getKeys(type: unknown, object: object, isMap?: boolean): string[] {
      // It compares each key with all others; in parts, many keys take no more time each than a few.
      const all = Object.keys(object);
      if (all.length > MANY_KEYS && !(object instanceof Map)) {
        const parts = Array.from({ length: Math.ceil(all.length / MANY_KEYS) }, (_, part) => {
          return Object.fromEntries(all.slice(part * MANY_KEYS, (part + 1) * MANY_KEYS).map((key) => [key, undefined]));
        });
        return [...new Set(parts.flatMap((part) => this.#readableKeys(type, object, part, isMap)))];
      }
      return this.#readableKeys(type, object, object, isMap);
    }

    #readableKeys(type: unknown, object: object, part: object, isMap: boolean | undefined): string[] {
      const keys = super.getKeys(type, part, isMap);
      if (isMap === true) return keys;
      const prototype: unknown = typeof type === 'function' ? type.prototype : Object.prototype;
      return keys.filter((key) => {
        if (!isSkipped(prototype as object | null, key)) return true;
        refuse(object, key);
        return false;
      });
    }
  };
}

/**
 * I3. Lists, sets and maps are made anew, for what is in them. An object with a `constructor` of its own is no instance
 * of anything: class-validator would take its word for the rules that hold.
 */
function isInstance(value: unknown, type: unknown): value is object {
  if (typeof value !== 'object' || value === null || isCollection(value) || isPlainObject(value)) return false;
  return !Object.hasOwn(value, 'constructor') && (typeof type !== 'function' || value instanceof type);
}

/** Whether class-transformer would not set this key: `__proto__`, or what the class has and nobody can set. */
function isSkipped(prototype: object | null, key: string): boolean {
  if (key === '__proto__') return true;
  for (let level = prototype; level !== null; level = Object.getPrototypeOf(level) as object | null) {
    const descriptor = Object.getOwnPropertyDescriptor(level, key);
    if (descriptor !== undefined) return descriptor.set === undefined;
  }
  return false;
}

/** Copies plain objects and lists, and refuses those that contain themselves. Works off a list: values may be deep. */
function copyPlain(root: object): Copied {
  const places = new Map<object, Place | undefined>();
  const copies = new Map<object, object>();
  const violations: Violation[] = [];
  const open: { readonly value: object; readonly copy: object; readonly rest: Iterator<[string, unknown]> }[] = [];
  const inside = new Set<object>();
  const enter = (value: object, place: Place | undefined): object => {
    const copy = Array.isArray(value) ? new Array<unknown>(value.length) : {};
    copies.set(value, copy);
    places.set(copy, place);
    inside.add(value);
    open.push({ value, copy, rest: Object.entries(value)[Symbol.iterator]() });
    return copy;
  };
  const copyOf = (value: unknown, place: Place): unknown => {
    if (!isPlain(value)) return value;
    if (!inside.has(value)) return copies.get(value) ?? enter(value, place);
    violations.push({ path: pathTo(place), constraint: 'contains itself', received: receivedAt(value) });
    return undefined;
  };
  const copy = enter(root, undefined);
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.rest.next();
    if (next.done === true) {
      inside.delete(top.value);
      open.pop();
      continue;
    }
    const [name, member] = next.value;
    const key = Array.isArray(top.value) ? Number(name) : name;
    const value = copyOf(member, { key, above: places.get(top.copy) });
    Object.defineProperty(top.copy, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return { copy, places, violations };
}

function pathTo(place: Place | undefined): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = place; at !== undefined; at = at.above) path.push(at.key);
  return path.reverse();
}

function isCollection(value: object): boolean {
  return Array.isArray(value) || value instanceof Set || value instanceof Map;
}
