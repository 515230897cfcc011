import { DefinitionError, strictJsonSchema, type JsonSchema, type Schema, type Validated } from '@drawloom/core';
import { couldNotJudge, isThenable } from '@drawloom/core/front-end';
import { classJsonSchema } from './class-json-schema.js';
import {
  hasDecorators,
  loadClassPackages,
  loadSchemaWriter,
  type AnyClass,
  type ClassPackages,
  type ValidationError,
} from './class-packages.js';
import { fieldClasses } from './field-classes.js';
import type { SchemaClass, SchemaReading } from './input-schema.js';
import { toInstance } from './to-instance.js';
import { violationsOf } from './violations-of-errors.js';

/** What is not declared is refused, at every level. */
const OPTIONS = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true };

/** A class-validator class as a schema, or what is wrong with it. */
export function classSchema<T>(source: SchemaClass<T>, where: string): SchemaReading<T> {
  const type = source as unknown as AnyClass;
  const packages = hasDecorators() ? loadClassPackages(where) : undefined;
  if (packages !== undefined && 'code' in packages) return { problem: packages };
  const bare = packages === undefined ? { type, at: '' } : findBareClass(type, packages);
  if (packages !== undefined && bare === undefined) return { schema: new ClassSchema<T>(type, packages) };
  const { type: named, at } = bare!;
  return {
    problem: {
      code: 'INVALID_SCHEMA',
      where,
      what: `the class ${nameOf(named)}${at} has no class-validator decorator, so nothing would be checked`,
      fix: 'decorate its fields (@IsString(), @IsInt(), ...; @Allow() for one that takes anything), or use a Standard Schema',
    },
  };
}

/** The first class among this one and those of its fields that nobody decorated: validation would refuse all its values. */
function findBareClass(root: AnyClass, packages: ClassPackages): { type: AnyClass; at: string } | undefined {
  const waiting = [{ type: root, at: '' }];
  const seen = new Set<AnyClass>();
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { type } = next;
    if (seen.has(type)) continue;
    seen.add(type);
    const metadatas = packages.metadata.getTargetValidationMetadatas(type, '', true, false);
    if (metadatas.length === 0) return next;
    for (const { property, type: field } of fieldClasses(type, metadatas, packages)) {
      waiting.push({ type: field, at: ` (of ${nameOf(type)}.${property})` });
    }
  }
  return undefined;
}

class ClassSchema<T> implements Schema<T> {
  readonly #type: AnyClass;
  readonly #packages: ClassPackages;
  #plain: JsonSchema | undefined;
  #strict: JsonSchema | undefined;

  constructor(type: AnyClass, packages: ClassPackages) {
    this.#type = type;
    this.#packages = packages;
  }

  validate(value: unknown): Validated<T> | Promise<Validated<T>> {
    try {
      const judged = this.#judge(value);
      return isThenable(judged) ? judged.then(undefined, (error: unknown) => couldNotJudge(value, error)) : judged;
    } catch (error) {
      return couldNotJudge(value, error);
    }
  }

  jsonSchema(form: 'strict' | 'plain' = 'strict'): JsonSchema {
    const name = nameOf(this.#type);
    if (this.#plain === undefined) {
      const write = loadSchemaWriter(name);
      if (typeof write !== 'function') throw new DefinitionError([write]);
      this.#plain = classJsonSchema(this.#type, this.#packages, write);
    }
    return form === 'plain' ? this.#plain : (this.#strict ??= strictJsonSchema(this.#plain, name));
  }

  #judge(value: unknown): Validated<T> | Promise<Validated<T>> {
    const made = toInstance(value, this.#type, this.#packages);
    if (made.instance === undefined) return { ok: false, violations: made.violations };
    const errors: ValidationError[] = [];
    let late: Promise<unknown>;
    // The executor itself: `validateSync` passes whatever a validation that waits would refuse.
    const executor = new this.#packages.Executor(undefined, OPTIONS);
    const conclude = (): Validated<T> => {
      const found = violationsOf(executor.stripEmptyErrors(errors), value, this.#packages);
      const violations = [...made.violations, ...found];
      return violations.length === 0 ? { ok: true, value: made.instance as T } : { ok: false, violations };
    };
    try {
      executor.execute(made.instance, '', errors);
    } finally {
      // All of them are watched, also where another validation has thrown meanwhile.
      late = Promise.all(executor.awaitingPromises);
      late.catch(() => undefined);
    }
    return executor.awaitingPromises.length === 0 ? conclude() : late.then(conclude);
  }
}

function nameOf(type: AnyClass): string {
  return type.name || '(without a name)';
}
