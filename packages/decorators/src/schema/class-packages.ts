/**
 * Job. The one file that loads class-validator, class-transformer and class-validator-jsonschema.
 *
 * Boundary. It says what of them is used, in the words of their own source, and nothing more. Two things that are used
 * are not in their entries and are loaded by path: the executors, because only they tell a validation that has to wait
 * from one that has not, and let instances pass; and the transformer's metadata, because it says of which class a field is.
 *
 * Invariants.
 * L1. Nothing is loaded before a class is used as a schema: they are optional, and class-validator alone takes 150 ms.
 *     Who uses such a class has loaded it already.
 * L2. They are loaded as the user's own `import` of them is: the same copy, with the same metadata.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Problem } from '@drawloom/core';

/** A class that somebody decorated. */
export type AnyClass = new (...args: never[]) => object;

/** What one decorator of class-validator said. */
export interface ValidationMetadata {
  readonly type: string;
  readonly name?: string | undefined;
  readonly target: unknown;
  readonly propertyName: string;
  readonly constraintCls: unknown;
  readonly constraints?: readonly unknown[] | undefined;
  readonly message?: unknown;
  readonly each?: boolean | undefined;
}

/** What class-validator found wrong with one property. */
export interface ValidationError {
  readonly target?: object | undefined;
  readonly property?: string | undefined;
  readonly value?: unknown;
  readonly constraints?: Readonly<Record<string, string>> | undefined;
  readonly children?: readonly ValidationError[] | undefined;
}

interface ValidationMetadatas {
  getTargetValidationMetadatas(
    type: unknown,
    schema: string,
    always: boolean,
    strictGroups: boolean,
  ): ValidationMetadata[];
  getTargetValidatorConstraints(type: unknown): readonly { readonly name: string }[];
}

/** Runs the validations of one object; those that wait stand in `awaitingPromises` afterwards. */
interface ValidationExecutor {
  readonly awaitingPromises: readonly PromiseLike<unknown>[];
  execute(object: object, schema: string, errors: ValidationError[]): void;
  stripEmptyErrors(errors: ValidationError[]): ValidationError[];
}

/** What `@Type` and `@Expose` said of one property. */
interface TypeMetadata {
  typeFunction?(): unknown;
  readonly options?: {
    readonly discriminator?: {
      readonly property: string;
      readonly subTypes: readonly { readonly name: string; readonly value: AnyClass }[];
    };
  };
}
interface TransformMetadatas {
  findTypeMetadata(type: unknown, property: string): TypeMetadata | undefined;
  findExposeMetadataByCustomName(type: unknown, name: string): { readonly propertyName: string } | undefined;
}

/** Makes instances of plain objects. A subclass sees every value on the way. */
export interface TransformExecutor {
  transform(source: unknown, value: unknown, type: unknown, list?: unknown, isMap?: boolean): unknown;
  getKeys(type: unknown, object: object, isMap?: boolean): string[];
}

/** What a class as a schema needs. */
export interface ClassPackages {
  readonly metadata: ValidationMetadatas;
  readonly Executor: new (validator: unknown, options: object) => ValidationExecutor;
  readonly types: TransformMetadatas;
  readonly Transform: new (kind: number, options: object) => TransformExecutor;
  readonly plainToClass: number;
}

/** Makes JSON Schemas of metadata. */
export type WriteSchemas = (
  metadatas: readonly ValidationMetadata[],
  options: object,
) => Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type Load = (name: string) => unknown;
// Where the package was bundled into CommonJS there is no such URL, and the program's own packages are meant.
const loadInstalled: Load = (name) => createRequire(import.meta.url ?? join(process.cwd(), 'package.json'))(name);

/** Whether any class-validator decorator was applied in this process; asked without loading anything (L1). */
export function hasDecorators(): boolean {
  return 'classValidatorMetadataStorage' in globalThis;
}

/** Loads what validates, or says what to install. */
export function loadClassPackages(where: string, load: Load = loadInstalled): ClassPackages | Problem {
  return loaded(where, ['class-validator', 'class-transformer'], () => {
    const validator = load('class-validator') as { getMetadataStorage(): ValidationMetadatas };
    const transformer = load('class-transformer') as { TransformationType: { PLAIN_TO_CLASS: number } };
    const inside = <T>(path: string): T => load(path) as T;
    return {
      metadata: validator.getMetadataStorage(),
      Executor: inside<{ ValidationExecutor: ClassPackages['Executor'] }>(
        'class-validator/cjs/validation/ValidationExecutor.js',
      ).ValidationExecutor,
      types: inside<{ defaultMetadataStorage: TransformMetadatas }>('class-transformer/cjs/storage.js')
        .defaultMetadataStorage,
      Transform: inside<{ TransformOperationExecutor: ClassPackages['Transform'] }>(
        'class-transformer/cjs/TransformOperationExecutor.js',
      ).TransformOperationExecutor,
      plainToClass: transformer.TransformationType.PLAIN_TO_CLASS,
    };
  });
}

/** Loads what writes JSON Schemas, or says what to install. */
export function loadSchemaWriter(where: string, load: Load = loadInstalled): WriteSchemas | Problem {
  return loaded(where, ['class-validator-jsonschema'], () => {
    const writer = load('class-validator-jsonschema') as { validationMetadataArrayToSchemas: WriteSchemas };
    return writer.validationMetadataArrayToSchemas;
  });
}

function loaded<T>(where: string, packages: readonly string[], load: () => T): T | Problem {
  try {
    return load();
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code !== 'MODULE_NOT_FOUND') throw error;
    const names = packages.join(' and ');
    return {
      code: 'MISSING_PACKAGE',
      where,
      what: `a class as a schema needs ${names}, and not all of that is installed in a version that fits`,
      fix: `run npm install ${packages.join(' ')}, or use a Standard Schema (zod, valibot) instead of a class`,
    };
  }
}
