import type { AnyClass, ClassPackages, ValidationMetadata } from './class-packages.js';

/** A field that is validated by the class of what it holds. */
export interface FieldClass {
  readonly property: string;
  readonly type: AnyClass;
  /** Where the class depends on what is in a property of the value: which one, and the text there for this class. */
  readonly discriminator?: { readonly property: string; readonly name: string } | undefined;
}

const NOT_OURS: readonly unknown[] = [Object, String, Number, Boolean, Date, Array, Map, Set];

/** The classes that `@ValidateNested` and `@Type` name together, in the order of the fields. */
export function fieldClasses(
  type: AnyClass,
  metadatas: readonly ValidationMetadata[],
  packages: ClassPackages,
): FieldClass[] {
  const nested = metadatas.filter((metadata) => metadata.type === 'nestedValidation');
  const names = [...new Set(nested.map(({ propertyName }) => propertyName))];
  return names.flatMap((property) => classesOfField(type, property, packages));
}

/** The class of a field, or each that its discriminator can choose. */
export function classesOfField(type: unknown, property: string, { types }: ClassPackages): FieldClass[] {
  // JSON Schemas are made of the names that the outside sees.
  const own = types.findExposeMetadataByCustomName(type, property)?.propertyName ?? property;
  const metadata = types.findTypeMetadata(type, own);
  const discriminator = metadata?.options?.discriminator;
  if (discriminator !== undefined) {
    return discriminator.subTypes.map(({ name, value }) => {
      return { property, type: value, discriminator: { property: discriminator.property, name } };
    });
  }
  const field = readType(metadata?.typeFunction);
  return isOwnClass(field) ? [{ property, type: field }] : [];
}

/** A class that is defined further down cannot be named yet; then it is looked at when a value comes. */
function readType(typeFunction: (() => unknown) | undefined): unknown {
  try {
    return typeFunction?.();
  } catch {
    return undefined;
  }
}

function isOwnClass(value: unknown): value is AnyClass {
  return typeof value === 'function' && !NOT_OURS.includes(value);
}
