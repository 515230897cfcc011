import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { JsonSchema } from '../ports/schema.js';

/** A JSON Schema as it was given, keywords unread. */
export type SchemaNode = Readonly<Record<string, unknown>>;

/** Steps of one conversion, so that a schema that unfolds without end is refused instead of followed. */
const MAX_WORK = 100_000;

/**
 * One JSON Schema that is being read: finds what its references mean, and says what cannot be read, with its place.
 * Nothing in it is changed.
 */
export class SchemaDocument {
  readonly source: SchemaNode;
  /** The schema behind the references that the document may begin with. */
  readonly root: SchemaNode;
  readonly #where: string;
  #work = 0;

  constructor(source: JsonSchema, where: string) {
    this.#where = where;
    if (!isNode(source)) this.refuse([], 'is no JSON Schema object', 'give the object that the schema library returns');
    this.source = source;
    this.root = this.#behindReferences(source);
  }

  /** What a reference within the document points at: `#`, or a JSON Pointer such as `#/$defs/Item`. */
  resolve(reference: string, path: readonly string[]): unknown {
    if (reference === '#' || reference === this.source['$id']) return this.source;
    let found: unknown = reference.startsWith('#/') ? this.source : undefined;
    for (const segment of reference.split('/').slice(1)) {
      found = typeof found === 'object' && found !== null ? ownValue(found, unescapePointer(segment)) : undefined;
    }
    if (found === undefined) {
      const fix = 'let every $ref point into the same schema, such as "#/$defs/Item"';
      return this.refuse(path, `refers to ${JSON.stringify(reference)}, which is not in the schema`, fix);
    }
    return found;
  }

  /** Counts work done, whatever kind. */
  spend(path: readonly string[]): void {
    if (++this.#work <= MAX_WORK) return;
    this.refuse(path, 'unfolds without end, or is too large', 'use $ref for what is recursive or repeated');
  }

  refuse(path: readonly string[], what: string, fix: string): never {
    throw new DefinitionError([problem.noJsonSchema(this.#where, path.join('.') || 'the schema itself', what, fix)]);
  }

  #behindReferences(source: SchemaNode): SchemaNode {
    const passed = new Set<unknown>();
    let node: unknown = source;
    while (isNode(node) && typeof node['$ref'] === 'string' && !passed.has(node)) {
      passed.add(node);
      node = this.resolve(node['$ref'], []);
    }
    return isNode(node) && !passed.has(node) ? node : this.refuse([], 'refers to itself', 'define what is referred to');
  }
}

/** Whether something is a schema in object form. */
export function isNode(value: unknown): value is SchemaNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets a property of that name and no other: assigning `__proto__` would change the object's prototype instead. */
export function put(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
}

/** An own property: what is inherited stands in no schema. */
function ownValue(holder: object, key: string): unknown {
  return Object.hasOwn(holder, key) ? (holder as Record<string, unknown>)[key] : undefined;
}

function unescapePointer(segment: string): string {
  let text = segment;
  try {
    text = decodeURIComponent(segment);
  } catch {
    // Not percent-encoded, then.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
