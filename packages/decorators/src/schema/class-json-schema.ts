import type { JsonSchema } from '@drawloom/core';
import type { AnyClass, ClassPackages, ValidationMetadata, WriteSchemas } from './class-packages.js';
import { classesOfField, type FieldClass } from './field-classes.js';

/** Constraints that speak of a list. */
const OF_LISTS = /^(isArray|array[A-Z]\w*)$/;

/**
 * The JSON Schema of a class: its fields closed to others, and the classes of its fields as `$defs`. Classes are told
 * apart by themselves, not by their names, and only those that are reached are in it.
 */
export function classJsonSchema(root: AnyClass, packages: ClassPackages, write: WriteSchemas): JsonSchema {
  return new ClassJsonSchema(packages, write).of(root);
}

class ClassJsonSchema {
  readonly #packages: ClassPackages;
  readonly #write: WriteSchemas;
  /** Name in `$defs` → what stands there. */
  readonly #fields = new Map<string, FieldClass>();

  constructor(packages: ClassPackages, write: WriteSchemas) {
    this.#packages = packages;
    this.#write = write;
  }

  of(root: AnyClass): JsonSchema {
    const definitions: Record<string, JsonSchema> = {};
    const schema = this.#schemaOf(root, root);
    // Grows while it is read: a class that is written may name further ones.
    for (const [name, field] of this.#fields)
      definitions[name] = withDiscriminator(this.#schemaOf(field.type, root), field);
    return this.#fields.size === 0 ? schema : { ...schema, $defs: definitions };
  }

  #schemaOf(type: AnyClass, root: AnyClass): JsonSchema {
    const { metadata } = this.#packages;
    const found = metadata.getTargetValidationMetadatas(type, '', true, false).map((one) => {
      const [constraint] = metadata.getTargetValidatorConstraints(one.constraintCls);
      return { ...one, type: constraint?.name ?? one.type };
    });
    const schemas = this.#write(found, {
      classTransformerMetadataStorage: this.#packages.types,
      additionalConverters: this.#converters(type, found, root),
    });
    // A class without decorators of its own has those of the nearest parent.
    let owner: { readonly name: string } = type;
    while (!found.some(({ target }) => target === owner)) owner = Object.getPrototypeOf(owner) as { name: string };
    return { ...schemas[owner.name], additionalProperties: false };
  }

  /** Where the package's own say too much, or not enough. */
  #converters(type: AnyClass, found: readonly ValidationMetadata[], root: AnyClass): object {
    type Convert = (metadata: ValidationMetadata) => object;
    const limit =
      (keyword: string): Convert =>
      ({ constraints }) => ({ [keyword]: constraints![0] });
    const nested: Convert = ({ propertyName, each }) => {
      const references = classesOfField(type, propertyName, this.#packages).map((field) =>
        this.#reference(field, root),
      );
      const [only, ...others] = references;
      const schema = only === undefined ? {} : others.length === 0 ? only : { anyOf: references };
      // Without `each` a list is validated item by item as well.
      const isList = found.some((one) => one.propertyName === propertyName && (one.each || OF_LISTS.test(one.type)));
      return isList && each !== true ? { type: 'array', items: schema } : schema;
    };
    return {
      nestedValidation: nested,
      // Theirs name a type, which would replace a more exact one (`integer`) by the order of the decorators.
      isNotEmpty: { minLength: 1 },
      min: limit('minimum'),
      max: limit('maximum'),
      isPositive: { exclusiveMinimum: 0 },
      isNegative: { exclusiveMaximum: 0 },
      isDivisibleBy: limit('multipleOf'),
      isDefined: {},
      isIn: ({ constraints }: ValidationMetadata) => ({ enum: constraints![0] }),
      // Theirs calls all values texts.
      isEnum: ({ constraints }: ValidationMetadata) => ({ enum: enumValues(constraints![0] as object) }),
    };
  }

  #reference(field: FieldClass, root: AnyClass): object {
    if (field.type === root && field.discriminator === undefined) return { $ref: '#' };
    const choice = field.discriminator === undefined ? '' : `_${field.discriminator.name}`;
    const wanted = `${field.type.name || 'Class'}${choice}`.replaceAll(/[^\w.-]+/g, '_');
    let name = wanted;
    for (let count = 2; !isSame(this.#fields.get(name) ?? field, field); count++) name = `${wanted}_${count}`;
    this.#fields.set(name, this.#fields.get(name) ?? field);
    return { $ref: `#/$defs/${name}` };
  }
}

function isSame(one: FieldClass, other: FieldClass): boolean {
  const [left, right] = [one.discriminator, other.discriminator];
  return one.type === other.type && left?.property === right?.property && left?.name === right?.name;
}

/** The class does not have its discriminator as a field; who writes such a value must. */
function withDiscriminator(schema: JsonSchema, { discriminator }: FieldClass): JsonSchema {
  if (discriminator === undefined) return schema;
  const { property, name } = discriminator;
  const required = (schema['required'] as readonly string[] | undefined) ?? [];
  return {
    ...schema,
    properties: {
      [property]: { type: 'string', const: name },
      ...withoutKey(schema['properties'] as object, property),
    },
    required: [property, ...required.filter((one) => one !== property)],
  };
}

function withoutKey(object: object, key: string): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

/** TypeScript gives an enum of numbers a key for each number as well. */
function enumValues(values: object): unknown[] {
  const isReverse = (key: string): boolean => /^-?\d+(\.\d+)?$/.test(key);
  return Object.entries(values).flatMap(([key, value]) => (isReverse(key) ? [] : [value as unknown]));
}
