/**
 * What stands in an object of somebody else's, read once, without running any of their code: its own properties that are
 * data. `undefined` where it is anything but a plain object: a list, an instance of a class, a proxy, an object with
 * accessors, symbols or hidden properties.
 */
import { isPlainObject } from './freeze.js';

export function ownData(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (isProxy(value) || !isPlainObject(value)) return undefined;
  const data = new Map<string, unknown>();
  for (const key of Reflect.ownKeys(value)) {
    const slot = Object.getOwnPropertyDescriptor(value, key);
    if (typeof key === 'symbol' || slot === undefined || !isData(slot) || !slot.enumerable) return undefined;
    data.set(key, slot.value);
  }
  return data;
}

/** The same for a list without holes or properties of its own. */
export function ownItems(value: unknown): readonly unknown[] | undefined {
  if (isProxy(value) || !Array.isArray(value)) return undefined;
  const items: unknown[] = [];
  for (let index = 0; index < value.length; index++) {
    const slot = Object.getOwnPropertyDescriptor(value, index);
    if (slot === undefined || !isData(slot)) return undefined;
    items.push(slot.value);
  }
  return Reflect.ownKeys(value).length === items.length + 1 ? items : undefined;
}

/** Looking at a proxy would run its traps. */
function isProxy(value: unknown): boolean {
  return process.getBuiltinModule('node:util').types.isProxy(value);
}

function isData({ get, set }: PropertyDescriptor): boolean {
  return get === undefined && set === undefined;
}
