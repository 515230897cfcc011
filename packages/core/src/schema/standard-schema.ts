import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { DefinitionError } from '../errors/definition-error.js';
import { problems as problem } from '../errors/problems.js';
import type { JsonSchema, Schema, Validated } from '../ports/schema.js';
import { couldNotJudge } from './received.js';
import { strictJsonSchema } from './strict-json-schema.js';
import { violationsOf } from './violations-of-issues.js';

/** The drafts that are asked for, the newer one first; the specification recommends both to every library. */
const TARGETS = ['draft-2020-12', 'draft-07'] as const;

/**
 * A schema of any library that follows Standard Schema (zod, valibot, arktype, ...), as Drawloom uses it.
 *
 * @param where Of whom messages speak: an agent's output, a tool. @defaultValue the library
 * @throws {@link DefinitionError} INVALID_SCHEMA when the value is no such schema.
 *
 * @example
 * const positive: StandardSchemaV1<number> = {
 *   '~standard': {
 *     version: 1,
 *     vendor: 'by hand',
 *     validate: (value) => (typeof value === 'number' && value > 0 ? { value } : { issues: [{ message: 'no' }] }),
 *   },
 * };
 * const judged = standardSchema(positive).validate(-1);
 */
export function standardSchema<T>(schema: StandardSchemaV1<unknown, T>, where?: string): Schema<T> {
  if (!isStandardSchema(schema)) DefinitionError.throwIfAny([problem.notASchema(where ?? 'standardSchema', schema)]);
  return new AdaptedSchema(schema, where);
}

/** Whether a value follows Standard Schema, version 1. Never throws. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  try {
    const properties = (value as Partial<StandardSchemaV1>)['~standard'];
    return properties?.version === 1 && typeof properties.validate === 'function';
  } catch {
    return false;
  }
}

class AdaptedSchema<T> implements Schema<T> {
  readonly #schema: StandardSchemaV1<unknown, T>;
  readonly #where: string | undefined;
  #plain: JsonSchema | undefined;
  #strict: JsonSchema | undefined;

  constructor(schema: StandardSchemaV1<unknown, T>, where: string | undefined) {
    this.#schema = schema;
    this.#where = where;
  }

  validate(value: unknown): Validated<T> | Promise<Validated<T>> {
    try {
      const result = this.#schema['~standard'].validate(value);
      // Asked by its method: a promise of another realm, taken for a result, would have no issues and pass as valid.
      if ('then' in result) {
        return Promise.resolve(result).then(
          (settled) => this.#judge(settled, value),
          (error: unknown) => couldNotJudge(value, error),
        );
      }
      return this.#judge(result, value);
    } catch (error) {
      return couldNotJudge(value, error);
    }
  }

  jsonSchema(form: 'strict' | 'plain' = 'strict'): JsonSchema {
    const plain = (this.#plain ??= this.#askLibrary());
    return form === 'plain' ? plain : (this.#strict ??= strictJsonSchema(plain, this.#where ?? this.#vendor));
  }

  #judge(result: StandardSchemaV1.Result<T>, value: unknown): Validated<T> {
    try {
      if (!result.issues) return { ok: true, value: result.value };
      return { ok: false, violations: violationsOf(result.issues, value, this.#vendor) };
    } catch (error) {
      return couldNotJudge(value, error);
    }
  }

  #askLibrary(): JsonSchema {
    const { jsonSchema } = (this.#schema as unknown as Partial<StandardJSONSchemaV1>)['~standard']!;
    let reason: unknown;
    for (const target of typeof jsonSchema?.input === 'function' ? TARGETS : []) {
      try {
        return jsonSchema!.input({ target });
      } catch (error) {
        reason ??= error;
      }
    }
    const found = problem.noJsonSchemaOfLibrary(this.#where ?? 'standardSchema', this.#vendor, reason);
    throw new DefinitionError([found]);
  }

  get #vendor(): string {
    return String(this.#schema['~standard'].vendor);
  }
}
