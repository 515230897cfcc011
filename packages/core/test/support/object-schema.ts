import type { StandardSchemaV1 } from '@standard-schema/spec';

/** A smallest Standard Schema of one's own: an object of exactly these fields, with what `typeof` says of each. */
export function objectSchema(
  fields: Readonly<Record<string, string>>,
  more: object = {},
): StandardSchemaV1<Record<string, unknown>> {
  const validate = (value: unknown): StandardSchemaV1.Result<Record<string, unknown>> => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { issues: [{ message: `not ${String(value)}` }] };
    const given = value as Record<string, unknown>;
    const issues = [...new Set([...Object.keys(fields), ...Object.keys(given)])]
      .filter((key) => typeof (Object.hasOwn(given, key) ? given[key] : undefined) !== fields[key])
      .map((key) => ({ message: `${key} is ${String(given[key])}`, path: [key] }));
    return issues.length > 0 ? { issues } : { value: { ...given } };
  };
  return { '~standard': { version: 1, vendor: 'by-hand', validate, ...more } };
}
