/** What goes to a model as text: text as it is, anything else as JSON. @throws TypeError where it cannot be written as JSON. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  return JSON.stringify(value, asJson) ?? '';
}

/** What JSON would leave out or write as an empty object. */
function asJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Set) return [...(value as Set<unknown>)];
  if (value instanceof Map) {
    const entries = [...(value as Map<unknown, unknown>)];
    return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries) : entries;
  }
  if (value instanceof Error) return { name: value.name, message: value.message };
  return value;
}
