/**
 * Job. Converts a JSON Schema to the form that a model can be held to. That form is the one of OpenAI's structured output
 * (the guide "Structured model outputs", section "Supported schemas"), which is the narrowest in use.
 *
 * Boundary. It reads the given schema and makes a new one; it never validates a value.
 *
 * Invariants.
 * J1. What only narrows may be left out, because validation still holds it; what declares values never is: it is
 *     converted, or refused by name.
 * J2. Each schema object is converted once, and each reference stays a reference: the work is linear, recursion is kept.
 * J3. The given schema is neither changed nor shared with the result.
 * J4. Names of properties are data: they are only ever set as own properties.
 */
import { deepFreeze } from '../values/freeze.js';
import type { JsonSchema } from '../ports/schema.js';
import { mergeSchemas } from './merge-schemas.js';
import { isNode, put, SchemaDocument, type SchemaNode } from './schema-document.js';
import { annotated, rulesOfText } from './strict-notes.js';

/** Keywords that hold in the strict form, by the type that they speak of. */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  number: ['multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  array: ['minItems', 'maxItems'],
};

/** Keywords from which a schema without `type` shows what it speaks of. */
const TELLING: readonly (readonly [type: string, keywords: readonly string[]])[] = [
  ['object', ['properties', 'additionalProperties', 'patternProperties', 'propertyNames', 'required']],
  ['array', ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems']],
  ['string', ['pattern', 'format', 'minLength', 'maxLength']],
  ['number', KEPT['number']!],
];
const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** Keywords of which a union's alternatives, or a reference's target, would lose something if they were left out. */
const DECLARING = ['properties', 'items', 'prefixItems', 'allOf', 'anyOf', 'oneOf'];
const NARROWING = ['type', 'enum', 'const', 'required', ...DECLARING];

const MAX_DEPTH = 200;

type Path = readonly string[];
type Strict = Record<string, unknown>;

export class StrictConversion {
  readonly result: JsonSchema;
  /** `properties` of the result → the names for which null stands for absence. */
  readonly #optional = new Map<unknown, ReadonlySet<string>>();
  readonly #document: SchemaDocument;
  readonly #done = new Map<SchemaNode, Strict>();
  readonly #open = new Set<SchemaNode>();
  readonly #definitions: Strict = {};
  readonly #names = new Map<unknown, string>();
  readonly #taken = new Set<string>();
  readonly #waiting: { readonly name: string; readonly target: unknown }[] = [];

  constructor(schema: JsonSchema, where: string) {
    this.#document = new SchemaDocument(schema, where);
    const root = this.#convert(this.#document.root, []);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      put(this.#definitions, next.name, this.#convert(next.target, ['$defs', next.name]));
    }
    const hasDefinitions = Object.keys(this.#definitions).length > 0;
    this.result = deepFreeze(hasDefinitions ? { ...root, $defs: this.#definitions } : root);
  }

  /** Whether null, as the value of this property of a converted object, stands for its absence. */
  isAbsence(properties: unknown, name: string): boolean {
    return this.#optional.get(properties)?.has(name) === true;
  }

  #convert(node: unknown, path: Path): Strict {
    if (!isNode(node)) {
      return node === false ? this.#refuse(path, 'takes no value', 'remove it') : this.#refuseAnything(path);
    }
    const done = this.#done.get(node);
    if (done !== undefined) return done;
    this.#document.spend(path);
    if (this.#open.has(node)) this.#refuse(path, 'contains itself as an object', 'use $ref for what is recursive');
    if (path.length > MAX_DEPTH) this.#refuse(path.slice(0, 3), `is more than ${MAX_DEPTH} levels deep`, 'flatten it');
    this.#open.add(node);
    const converted = this.#convertNew(node, path);
    const strict =
      node['nullable'] === true && !this.#takesNull({ ...node, nullable: false }) ? orNull(converted) : converted;
    this.#open.delete(node);
    this.#done.set(node, strict);
    return strict;
  }

  #convertNew(node: SchemaNode, path: Path): Strict {
    const { $ref, allOf } = node;
    if (typeof $ref === 'string' && !DECLARING.some((keyword) => keyword in node)) {
      return annotated({ $ref: this.#reference($ref, path) }, node, typesOf(node));
    }
    if (typeof $ref === 'string' || Array.isArray(allOf)) return this.#convertParts(node, path);
    if (Array.isArray(node['anyOf']) || Array.isArray(node['oneOf'])) return this.#convertUnion(node, path);
    return this.#convertTyped(node, path);
  }

  /** `allOf`, or a reference with more beside it. */
  #convertParts(node: SchemaNode, path: Path): Strict {
    const { allOf, ...beside } = node;
    const [only, ...others] = Array.isArray(allOf) ? (allOf as unknown[]) : [];
    // How many generators write a reference with a description.
    if (isNode(only) && others.length === 0 && !('$ref' in beside || NARROWING.some((keyword) => keyword in beside))) {
      return annotated(this.#convert(only, path), node, typesOf(node));
    }
    const merged = mergeSchemas([node], this.#document, path);
    return merged === undefined
      ? this.#refuse(path, 'has parts (allOf) that no value fits together', 'write them as one schema')
      : this.#convert(merged, path);
  }

  #convertUnion(node: SchemaNode, path: Path): Strict {
    const { anyOf, oneOf, ...beside } = node;
    if (anyOf !== undefined && oneOf !== undefined) mergeSchemas([node], this.#document, path);
    const isShared = NARROWING.some((keyword) => keyword in beside);
    const branches = ((anyOf ?? oneOf) as unknown[]).flatMap((branch, index) => {
      const { description: _, title: __, nullable: ___, ...shared } = beside;
      const whole = isShared ? mergeSchemas([shared, branch], this.#document, path) : branch;
      return whole === undefined || isNever(whole) ? [] : [this.#convert(whole, [...path, `anyOf[${index}]`])];
    });
    if (branches.length === 0) return this.#refuse(path, 'is a union without alternatives', 'give it one');
    return annotated({ anyOf: branches }, node, typesOf(node));
  }

  #convertTyped(node: SchemaNode, path: Path): Strict {
    const types = typesOf(node);
    const [first, ...more] = types;
    if (first === undefined) return this.#refuseAnything(path);
    const strict: Strict = { type: more.length === 0 ? first : types };
    if (Array.isArray(node['enum'])) strict['enum'] = structuredClone(node['enum']);
    if ('const' in node) strict['const'] = structuredClone(node['const']);
    for (const keyword of types.flatMap((type) => KEPT[type === 'integer' ? 'number' : type] ?? [])) {
      if (typeof node[keyword] === 'number') strict[keyword] = node[keyword];
    }
    if (types.includes('string')) Object.assign(strict, rulesOfText(node));
    if (types.includes('object')) Object.assign(strict, this.#convertObject(node, path));
    if (types.includes('array')) Object.assign(strict, this.#convertArray(node, path));
    return annotated(strict, node, types);
  }

  #convertObject(node: SchemaNode, path: Path): Strict {
    const declared = this.#declaredProperties(node, path);
    const required = new Set(Array.isArray(node['required']) ? (node['required'] as unknown[]) : []);
    const properties: Strict = {};
    const optional = new Set<string>();
    for (const [name, schema] of declared) {
      if (!required.has(name) && isNever(schema)) continue; // A property that must not be there.
      const strict = this.#convert(schema, [...path, name]);
      const isAbsence = !required.has(name) && !this.#takesNull(schema);
      if (isAbsence) optional.add(name);
      put(properties, name, isAbsence ? orNull(strict) : strict);
    }
    this.#optional.set(properties, optional);
    return { properties, required: Object.keys(properties), additionalProperties: false };
  }

  /** Closing an object that declares its properties loses nothing that somebody named; closing a table loses it all (J1). */
  #declaredProperties(
    { properties, additionalProperties, propertyNames }: SchemaNode,
    path: Path,
  ): [string, unknown][] {
    const declared = isNode(properties) ? Object.entries(properties) : [];
    if (declared.length > 0 || additionalProperties === false) return declared;
    const names =
      isNode(propertyNames) && Array.isArray(propertyNames['enum']) ? (propertyNames['enum'] as unknown[]) : [];
    if (names.length > 0 && isNode(additionalProperties))
      return names.map((name) => [String(name), additionalProperties]);
    if (isNode(properties) && additionalProperties === undefined) return declared;
    const fix = 'declare its properties, or make it a list of objects such as { key, value }';
    return this.#refuse(path, 'is an object with any properties (a table)', fix);
  }

  #convertArray(node: SchemaNode, path: Path): Strict {
    const { items, prefixItems, additionalItems } = node;
    const tuple = [prefixItems, items].find((list) => Array.isArray(list)) as unknown[] | undefined;
    if (tuple === undefined) return { items: this.#convert(items ?? true, [...path, 'items']) };
    // A tuple: each place takes what any of them takes, and validation holds the order.
    const rest = Array.isArray(items) ? additionalItems : items;
    const kinds = [...new Set(isNode(rest) ? [...tuple, rest] : tuple)];
    const converted = kinds.map((kind, index) => this.#convert(kind, [...path, `items[${index}]`]));
    const [only, ...others] = converted;
    if (only === undefined) return this.#refuseAnything([...path, 'items']);
    const limit = isNode(rest) || typeof node['maxItems'] === 'number' ? {} : { maxItems: tuple.length };
    return { items: others.length === 0 ? only : { anyOf: converted }, ...limit };
  }

  /** The same reference in the result. A target is converted later, in turn, so that recursion ends (J2). */
  #reference(reference: string, path: Path): string {
    const target = this.#document.resolve(reference, path);
    if (target === this.#document.source || target === this.#document.root) return '#';
    let name = this.#names.get(target);
    if (name === undefined) {
      name = this.#freeName(reference);
      this.#names.set(target, name);
      this.#waiting.push({ name, target });
    }
    return `#/$defs/${name}`;
  }

  #freeName(reference: string): string {
    const wanted =
      reference
        .split('/')
        .at(-1)!
        .replaceAll(/[^\w.-]+/g, '_') || 'schema';
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#taken.add(name);
    return name;
  }

  /** Whether the given schema itself has a use for null, so that null does not mean absence. */
  #takesNull(schema: unknown, passed: readonly unknown[] = []): boolean {
    if (!isNode(schema) || passed.includes(schema)) return false;
    const { $ref, anyOf, oneOf, allOf, type, nullable } = schema;
    const inside = [...passed, schema];
    if (nullable === true) return true;
    if (typeof $ref === 'string') return this.#takesNull(this.#document.resolve($ref, []), inside);
    if (Array.isArray(schema['enum']) && !(schema['enum'] as unknown[]).includes(null)) return false;
    if ('const' in schema) return schema['const'] === null;
    if (type !== undefined) return type === 'null' || (Array.isArray(type) && type.includes('null'));
    if (Array.isArray(allOf)) return allOf.every((part) => this.#takesNull(part, inside));
    const union = anyOf ?? oneOf;
    if (Array.isArray(union)) return union.some((branch) => this.#takesNull(branch, inside));
    return Array.isArray(schema['enum']);
  }

  #refuseAnything(path: Path): never {
    return this.#refuse(path, 'takes any value', 'say what it may be: give it a type');
  }

  #refuse(path: Path, what: string, fix: string): never {
    return this.#document.refuse(path, what, fix);
  }
}

function typesOf(node: SchemaNode): string[] {
  const given = Array.isArray(node['type']) ? (node['type'] as unknown[]) : [node['type']];
  const known = given.filter((type): type is string => TYPES.includes(type as string));
  if (known.length > 0) return known;
  const values = Array.isArray(node['enum']) ? (node['enum'] as unknown[]) : 'const' in node ? [node['const']] : [];
  if (values.length > 0) return [...new Set(values.map(typeOfValue))];
  const told = TELLING.find(([, keywords]) => keywords.some((keyword) => keyword in node));
  return told === undefined ? [] : [told[0]];
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** `false`, or what zod writes for it. */
function isNever(schema: unknown): boolean {
  if (!isNode(schema)) return schema === false;
  const { not } = schema;
  return not === true || (isNode(not) && Object.keys(not).length === 0);
}

/** The same, or null. What is said of it stays outside. */
function orNull(strict: Strict): Strict {
  const { type, description, title, ...rest } = strict;
  const isScalar = ['string', 'number', 'integer', 'boolean'].includes(type as string);
  if (isScalar && !('enum' in rest || 'const' in rest)) return { ...strict, type: [type, 'null'] };
  const notes = { ...(title === undefined ? {} : { title }), ...(description === undefined ? {} : { description }) };
  if (Array.isArray(rest['anyOf'])) return { anyOf: [...(rest['anyOf'] as unknown[]), { type: 'null' }], ...notes };
  return { anyOf: [type === undefined ? rest : { type, ...rest }, { type: 'null' }], ...notes };
}
