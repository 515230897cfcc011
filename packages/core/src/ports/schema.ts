import type { Violation } from '../errors/violation.js';

/** A JSON Schema, draft 2020-12 or draft-07, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a schema says of a value: the value as it goes on (parsed, with its defaults), or everything that is wrong. */
export type Validated<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly violations: readonly Violation[] };

/**
 * What a value must look like: validates it, and describes itself to a model, a form, a client.
 *
 * An implementation never throws because of a value, however odd, never changes it, and never puts anything of it into
 * a violation. It returns a promise only where it has to wait, so that a check at hand costs a step no turn of the
 * event loop.
 */
export interface Schema<T = unknown> {
  validate(value: unknown): Validated<T> | Promise<Validated<T>>;

  /**
   * What `validate` takes, as JSON Schema. `'strict'` is the form that a model can be held to (`strictJsonSchema`):
   * there a model writes null for what it leaves out, and `restoreAbsence` takes that back, before `validate`, given
   * the `'plain'` form.
   *
   * @defaultValue `'strict'`
   * @throws {@link DefinitionError} NO_JSON_SCHEMA when it cannot be said in that form.
   */
  jsonSchema(form?: 'strict' | 'plain'): JsonSchema;
}
