import type { JsonSchema } from '../ports/schema.js';
import { StrictConversion } from './strict-conversion.js';

/**
 * A JSON Schema (draft 2020-12 or draft-07) in the form that a model can be held to: OpenAI's structured output, and what
 * follows it.
 *
 * - Every object is closed (`additionalProperties: false`) and requires all its properties. An optional one becomes a
 *   union with null; {@link restoreAbsence} takes that back in what the model answers.
 * - Kept: `type`, `properties`, `items`, `anyOf`, `$ref`, `enum`, `const`, `title`, `description`, the known `format`s,
 *   `pattern` without looking around, limits of numbers and of the length of lists.
 * - Written otherwise: `definitions` as `$defs` (only those that are referred to), `oneOf` as `anyOf`, `allOf` as one
 *   schema, a tuple as a list of what any of its places takes, `nullable` as a union with null.
 * - Told in the `description`, because a model cannot be held to it: `minLength`, `maxLength`, `uniqueItems`, `default`,
 *   other formats and patterns.
 * - Left out, because it only narrows and validation still holds it: `not`, `if`, `dependentRequired`, `contains` and
 *   all other keywords.
 *
 * The root stays what it is; an API that takes nothing but objects there needs it put into one.
 *
 * @param where What messages call it. @defaultValue `'schema'`
 * @throws {@link DefinitionError} NO_JSON_SCHEMA when values would be lost: what takes anything, an object with any
 * properties, a reference to elsewhere.
 */
export function strictJsonSchema(schema: JsonSchema, where = 'schema'): JsonSchema {
  return new StrictConversion(schema, where).result;
}
